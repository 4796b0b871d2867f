"""One run of `shapecalc lint`: from the options to the exit status."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shapecalc.cli.output import write, write_error
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from shapecalc.cli.destinations import Output
    from shapecalc.cli.rule_options import Chosen
    from shapecalc.linting.results import Report
    from shapecalc.linting.settings import Settings
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
    output: Output[Report]
    fail_on: str | None
    max_warnings: int | None
    exit_zero: bool
    specs_only: bool
    show_config: bool
    watch: bool
    jobs: int | None
    stdin_filename: str

    def __init__(self, **given: object) -> None:
        self.__dict__.update(given)

    def settings(self) -> Settings:
        return self.chosen.settings(
            train=self.train,
            variant=self.variant,
            stdin_name=self.stdin_filename,
            document=self.output.writes("json"),
        )


def lint_once(request: Request) -> int:
    """One run over all files; its exit status."""
    settings = request.settings()
    targets = targets_of(request.paths or [os.curdir], request.specs_only)
    limits = Limits(request, settings)
    if request.show_config:
        from shapecalc.cli.lint.show_config import config_text

        write(config_text(targets, settings))
        return limits.trouble()
    if request.fix or request.diff:
        from shapecalc.cli.lint.fix_files import fixed

        color = request.output.color
        after = fixed(targets, settings, unsafe=request.unsafe_fixes, diff=request.diff, color=color)
        if request.diff:
            return limits.trouble(after) or int(bool(after.changed) and not request.exit_zero)
        piped = any(target.path == "-" for target in targets)  # the fixed text has gone to standard output
        return finish(request, after, limits, to_error=piped)
    from shapecalc.linting.workers import lint_many

    return finish(request, lint_many(targets, settings, request.jobs), limits)


def targets_of(paths: Sequence[str], specs_only: bool) -> list[Target]:
    """The files to lint; with `specs_only` none of them counts as named."""
    from shapecalc.linting.targets import NoMatch, targets

    try:
        files = targets(paths)
    except NoMatch as error:
        raise click.UsageError(str(error)) from None
    for target in files:
        target.named = target.named and not specs_only
    return files


def finish(request: Request, report: Report, limits: Limits, to_error: bool = False) -> int:
    """Takes out the findings that are in the baselines, writes the report, and gives the exit status."""
    from shapecalc.linting.run import config_results

    configs = limits.settings.configs
    limits.set_on(report)
    if request.write_baseline or request.baseline is not None or any(config.baseline for config in configs.loaded):
        from shapecalc.cli.lint import baseline_files

        if request.write_baseline:
            baseline_files.write_baselines(report, limits.settings, request.baseline)
            return limits.trouble(report)
        for remark in baseline_files.hold_back(report, limits.settings, request.baseline):
            write_error(remark + "\n")
    report.files[:0] = config_results(configs)
    request.output.write(report, to_error=to_error)
    return limits.status(report)


class Limits:
    """When a run fails: as the options say, else as the configuration of each file does."""

    __slots__ = ("request", "settings")

    def __init__(self, request: Request, settings: Settings) -> None:
        self.request, self.settings = request, settings

    def set_on(self, report: Report) -> None:
        """Tells each file from which severity on its findings count. (Its configuration may have been read in another
        process.)"""
        for result in report.files:
            config = self.settings.configs.of(result.path)
            result.fail_on = self.request.fail_on or config.fail_on or Severity.ERROR

    def trouble(self, report: Report | None = None) -> int:
        """2 where something could not be read or a configuration is wrong, else 0."""
        unread = report is not None and not report.readable
        return 2 if unread or any(config.findings for config in self.settings.configs.loaded) else 0

    def status(self, report: Report) -> int:
        """2 for trouble, 1 for findings that count, else 0."""
        return self.trouble(report) or int(not self.request.exit_zero and self.exceeded(report))

    def exceeded(self, report: Report) -> bool:
        """Is there a finding at or above the severity of its file, or are there more warnings than allowed?"""
        given = self.request.max_warnings
        warnings: dict[int | None, int] = {}
        for result in report.files:
            most = given if given is not None else self.settings.configs.of(result.path).max_warnings
            count = sum(finding.severity == Severity.WARNING for finding in result.diagnostics)
            warnings[most] = warnings.get(most, 0) + count
        too_many = any(most is not None and count > most for most, count in warnings.items())
        return too_many or any(result.failures for result in report.files)
