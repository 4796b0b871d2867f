"""One run of `shapecalc lint`: from what was asked for to the exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli import options
from shapecalc.cli.lint import formats as lint_formats
from shapecalc.cli.output import write, write_error
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from shapecalc.cli.rule_options import Chosen
    from shapecalc.linting.run import LintResult, Report, Settings
    from shapecalc.linting.targets import Target


class Request:
    """The arguments and options of one call, under the names that the command gives them."""

    paths: tuple[str, ...]
    chosen: Chosen
    train: bool
    variant: str | None
    fix: bool
    diff: bool
    unsafe_fixes: bool
    baseline: str | None
    write_baseline: bool
    formats: list[lint_formats.Target]
    output: str | None
    fail_on: str | None
    max_warnings: int | None
    exit_zero: bool
    specs_only: bool
    show_config: bool
    watch: bool
    jobs: int | None
    stdin_filename: str
    color: str

    def __init__(self, **given: Any) -> None:
        self.__dict__.update(given)

    def settings(self, formats: Sequence[lint_formats.Target]) -> Settings:
        document = any(name == "json" for name, _ in formats)
        return self.chosen.settings(
            train=self.train, variant=self.variant, stdin_name=self.stdin_filename, document=document
        )


def lint_once(request: Request, formats: Sequence[lint_formats.Target]) -> int:
    """One run over all files; its exit status."""
    settings = request.settings(formats)
    targets = found(request.paths or [os.curdir], request.specs_only)
    limits = Limits(request, settings)
    if request.show_config:
        from shapecalc.cli.lint.show_config import config_text

        write(config_text(targets, settings))
        return limits.trouble()
    if request.fix or request.diff:
        from shapecalc.cli.lint.fix_files import fixed

        after = fixed(targets, settings, unsafe=request.unsafe_fixes, diff=request.diff, color=request.color)
        if request.diff:
            return limits.trouble(after) or int(bool(after.changed) and not request.exit_zero)
        piped = any(target.path == "-" for target in targets)  # the fixed text has gone to standard output
        return finish(request, after, settings, limits, formats, to_error=piped)
    from shapecalc.linting.workers import lint_many

    return finish(request, lint_many(targets, settings, request.jobs), settings, limits, formats)


def found(paths: Sequence[str], specs_only: bool) -> list[Target]:
    """The files that are meant; with `specs_only` none of them counts as named."""
    from shapecalc.linting.targets import NoMatch, targets

    try:
        made = targets(paths)
    except NoMatch as error:
        raise click.UsageError(str(error)) from None
    for target in made:
        target.named = target.named and not specs_only
    return made


def finish(
    request: Request,
    report: Report,
    settings: Settings,
    limits: Limits,
    formats: Sequence[lint_formats.Target],
    to_error: bool = False,
) -> int:
    """Takes out what the baselines know, writes the report, and gives the exit status."""
    from shapecalc.linting.run import config_results

    for result in report.files:  # what the processes of a pool have read is not known here
        settings.configs.of(result.path)
    if request.write_baseline or request.baseline is not None or any(c.baseline for c in settings.configs.loaded):
        from shapecalc.cli.lint import baseline_files as lint_baseline

        if request.write_baseline:
            lint_baseline.write_baselines(report, settings, request.baseline)
            return limits.trouble(report)
        for remark in lint_baseline.hold_back(report, settings, request.baseline):
            write_error(remark + "\n")
    report.files[:0] = config_results(settings.configs)
    lint_formats.write_all(report, formats, request.color, limits.threshold, to_error)
    return limits.status(report)


class Limits:
    """From where on a run fails: as the options say, else as the configuration of each file does."""

    __slots__ = ("request", "settings")

    def __init__(self, request: Request, settings: Settings) -> None:
        self.request, self.settings = request, settings

    def threshold(self, result: LintResult) -> str:
        """The severity from which on a finding in this file counts."""
        return self.request.fail_on or self.settings.configs.of(result.path).fail_on or Severity.ERROR

    def trouble(self, report: Report | None = None) -> int:
        """2 where something could not be read or a configuration is wrong, else 0."""
        unread = report is not None and not report.readable
        return 2 if unread or any(config.findings for config in self.settings.configs.loaded) else 0

    def status(self, report: Report) -> int:
        """2 for trouble, 1 for findings that count, else 0."""
        return self.trouble(report) or int(not self.request.exit_zero and self.exceeded(report))

    def exceeded(self, report: Report) -> bool:
        """Is there a finding at or above the threshold of its file, or are there more warnings than allowed?"""
        given = self.request.max_warnings
        warnings: dict[int | None, int] = {}
        for result in report.files:
            severities = [d.severity for d in result.diagnostics]
            if options.failed(severities, self.threshold(result)):
                return True
            most = given if given is not None else self.settings.configs.of(result.path).max_warnings
            warnings[most] = warnings.get(most, 0) + severities.count(Severity.WARNING)
        return any(most is not None and count > most for most, count in warnings.items())
