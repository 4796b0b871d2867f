"""`shapecalc lint PATH...`: findings only, for CI."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from shapecalc.cli import lint_formats, options
from shapecalc.cli.output import write, write_error
from shapecalc.cli.rule_options import Chosen, rules
from shapecalc.diagnostics import Severity

if TYPE_CHECKING:
    from shapecalc.files import Target
    from shapecalc.linter import Report, Settings

EPILOG = """\b
Examples:
  shapecalc lint specs/
  shapecalc lint net.yaml "models/**/*.yaml" --format concise
  shapecalc lint models/ --format full --format sarif:findings.sarif
  shapecalc lint net.yaml --fix
  shapecalc lint models/ --write-baseline; shapecalc lint models/ --baseline .shapecalc-baseline.json
  shapecalc lint - --stdin-filename net.yaml --format json < net.yaml
"""


def jobs_of(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    """The value of `-j`; None: as many as pay."""
    if value == "auto":
        return None
    if value.isdecimal() and 0 < int(value) <= 1024:
        return int(value)
    raise click.BadParameter(f"`{value[:20]}` is no number of processes: 1 or more, or auto", ctx, param)


@click.command("lint", epilog=EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, shell_complete=options.complete_specs(names=False))
@rules
@options.train
@click.option("--variant", metavar="NAME", default=None, help="Which variant, in specs that have it; all: every one.")
@click.option("--fix", is_flag=True, help="Put right what is mechanical and certain, in the files.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may not be what was meant.")
@click.option("--baseline", metavar="FILE", default=None, help="Only findings that FILE does not know.")
@click.option("--write-baseline", is_flag=True, help="Make all findings known: write them to the baseline.")
@click.option(
    "--format", "formats", metavar="FORMAT[:FILE]", multiple=True, callback=lint_formats.parsed,
    shell_complete=lint_formats.complete, help=f"{', '.join(lint_formats.FORMATS)}. Once or more.  [default: full]",
)  # fmt: skip
@options.output
@options.fail_on
@click.option("--max-warnings", metavar="N", type=click.IntRange(min=0), default=None, help="Exit with 1 for more.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option("--specs-only", is_flag=True, help="Skip other YAML and what is excluded also where it is named.")
@click.option("--show-config", is_flag=True, help="Show the configuration of each file and how each rule counts.")
@click.option("--watch", is_flag=True, help="Lint again whenever a file changes.")
@click.option("-j", "--jobs", metavar="N", default="auto", callback=jobs_of, help="Processes.  [default: auto]")
@options.stdin_filename
@options.color
def command(
    paths: tuple[str, ...],
    chosen: Chosen,
    train: bool,
    variant: str | None,
    fix: bool,
    diff: bool,
    unsafe_fixes: bool,
    baseline: str | None,
    write_baseline: bool,
    formats: list[lint_formats.Target],
    output: str | None,
    fail_on: str | None,
    max_warnings: int | None,
    exit_zero: bool,
    specs_only: bool,
    show_config: bool,
    watch: bool,
    jobs: int | None,
    stdin_filename: str,
    color: str,
) -> int:
    """What is wrong in the specs at PATH: files, directories, globs, or - for standard input."""
    targets = lint_formats.destinations(formats, output)
    if not paths and not show_config:
        raise click.UsageError("no PATH is given; `shapecalc lint .` lints every spec below this folder")
    if unsafe_fixes and not (fix or diff):
        raise click.UsageError("--unsafe-fixes goes with --fix or --diff")
    if diff and (formats or output is not None):
        raise click.UsageError("--diff shows the changes alone; --format and -o go with --fix")
    if write_baseline and (fix or diff):
        raise click.UsageError("--write-baseline does not go with --fix or --diff")
    if watch and "-" in paths:
        raise click.UsageError("--watch cannot watch standard input")
    run = partial(
        lint_once, paths, chosen, Limits(fail_on, max_warnings, exit_zero), targets, color,
        train=train, variant=variant, stdin_filename=stdin_filename, specs_only=specs_only,
        show_config=show_config, jobs=jobs, baseline=baseline, write_baseline=write_baseline,
        fix=fix, diff=diff, unsafe=unsafe_fixes,
    )  # fmt: skip
    if not watch:
        return run()
    from shapecalc.cli.lint_watch import watch as watched

    return watched(paths, run)


class Limits:
    """From where on a run fails; None: as the configuration of each file says."""

    __slots__ = ("exit_zero", "fail_on", "max_warnings")

    def __init__(self, fail_on: str | None, max_warnings: int | None, exit_zero: bool) -> None:
        self.fail_on, self.max_warnings, self.exit_zero = fail_on, max_warnings, exit_zero

    def status(self, report: Report, settings: Settings) -> int:
        """2 where something could not be read or the configuration is wrong, 1 for findings that count, else 0."""
        if not report.readable or any(config.diagnostics for config in settings.configs.loaded):
            return 2
        return int(not self.exit_zero and self.exceeded(report, settings))

    def exceeded(self, report: Report, settings: Settings) -> bool:
        """Is there a finding at or above the threshold of its file, or are there more warnings than allowed?"""
        warnings: dict[int | None, int] = {}
        for result in report.files:
            config = settings.configs.of(result.path)
            severities = [d.severity for d in result.diagnostics]
            if options.failed(severities, self.fail_on or config.fail_on or Severity.ERROR):
                return True
            most = self.max_warnings if self.max_warnings is not None else config.max_warnings
            warnings[most] = warnings.get(most, 0) + severities.count(Severity.WARNING)
        return any(most is not None and count > most for most, count in warnings.items())


def lint_once(
    paths: Sequence[str],
    chosen: Chosen,
    limits: Limits,
    formats: Sequence[lint_formats.Target],
    color: str,
    *,
    train: bool,
    variant: str | None,
    stdin_filename: str,
    specs_only: bool,
    show_config: bool,
    jobs: int | None,
    baseline: str | None,
    write_baseline: bool,
    fix: bool,
    diff: bool,
    unsafe: bool,
) -> int:
    """One run over all files; its exit status."""
    document = any(name == "json" for name, _ in formats)
    settings = chosen.settings(train=train, variant=variant, stdin_name=stdin_filename, document=document)
    targets = found(paths or [os.curdir], specs_only)
    if show_config:
        from shapecalc.cli.lint_config import config_text

        write(config_text(targets, settings))
        return limits.status(no_report(), settings)
    if fix or diff:
        from shapecalc.cli.lint_fix import fixed

        after = fixed(targets, settings, unsafe=unsafe, diff=diff, color=color)
        if diff:
            return limits.status(no_report(), settings) or int(bool(after.changed) and not limits.exit_zero)
        piped = any(target.path == "-" for target in targets)  # the fixed text has gone to standard output
        return finish(after, settings, limits, formats, color, baseline, write_baseline, to_error=piped)
    from shapecalc.pool import lint_many

    report = lint_many(targets, settings, jobs)
    return finish(report, settings, limits, formats, color, baseline, write_baseline)


def finish(
    report: Report,
    settings: Settings,
    limits: Limits,
    formats: Sequence[lint_formats.Target],
    color: str,
    baseline: str | None,
    write_baseline: bool,
    to_error: bool = False,
) -> int:
    """Takes out what the baseline knows, writes the report, and gives the exit status."""
    from shapecalc.linter import config_results

    for result in report.files:  # what the processes of a pool have read is not known here
        settings.configs.of(result.path)
    if write_baseline or baseline is not None or any(c.baseline for c in settings.configs.loaded):
        from shapecalc.cli import lint_baseline

        if write_baseline:
            lint_baseline.write_baselines(report, settings, baseline)
            return limits.status(no_report(), settings)
        for remark in lint_baseline.hold_back(report, settings, baseline):
            write_error(remark + "\n")
    report.files[:0] = config_results(settings.configs)
    lint_formats.write_all(report, formats, color, limits.fail_on or Severity.ERROR, to_error)
    return limits.status(report, settings)


def no_report() -> Report:
    from shapecalc.linter import Report

    return Report(())


def found(paths: Sequence[str], specs_only: bool) -> list[Target]:
    """The files that are meant; with `specs_only` none of them counts as named."""
    from shapecalc.files import NoMatch, targets

    try:
        made = targets(paths)
    except NoMatch as error:
        raise click.UsageError(str(error)) from None
    for target in made:
        target.named = target.named and not specs_only
    return made
