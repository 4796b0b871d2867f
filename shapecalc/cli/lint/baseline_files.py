"""`--baseline` and `--write-baseline` of `shapecalc lint`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click

from shapecalc.cli.output import write
from shapecalc.linting.baseline import DEFAULT, BadBaseline, Baseline, dump, load, relative
from shapecalc.linting.results import LintResult, Report
from shapecalc.linting.settings import Settings
from shapecalc.text.english import counted
from shapecalc.text.source import os_error_text


def path_of(result: LintResult, settings: Settings, given: str | None) -> str | None:
    """The baseline of a file: the one given, else that of its configuration."""
    return given if given is not None else settings.configs.of(result.path).baseline


def hold_back(report: Report, settings: Settings, given: str | None) -> list[str]:
    """Takes out of the report what is in the baselines; a remark for each baseline with findings that are gone."""
    baselines: dict[str, Baseline] = {}
    for result in report.files:
        path = path_of(result, settings, given)
        if path is None:
            continue
        known = baselines.get(path) or baselines.setdefault(path, opened(path))
        before = len(result.diagnostics)
        result.diagnostics = known.new(result.path, result.diagnostics)
        report.known += before - len(result.diagnostics)
    return [remark for known in baselines.values() if (remark := gone(known, report))]


def opened(path: str) -> Baseline:
    try:
        return load(path)
    except OSError as error:
        hint = "" if os.path.exists(path) else "; --write-baseline creates it"
        raise click.UsageError(os_error_text(error, path) + hint) from None
    except BadBaseline as error:
        raise click.UsageError(str(error)) from None


def gone(known: Baseline, report: Report) -> str:
    count = known.gone(result.path for result in report.files)
    if not count:
        return ""
    what = counted(count, "finding of the baseline is", "findings of the baseline are")
    return f"{what} gone; --write-baseline removes them from {known.path}"


def write_baselines(report: Report, settings: Settings, given: str | None) -> None:
    """Writes the findings of the report to their baselines, with a line for each."""
    groups: dict[str, list[LintResult]] = {}
    for result in report.files:
        groups.setdefault(path_of(result, settings, given) or DEFAULT, []).append(result)
    if not groups:
        raise click.UsageError("no specs found: there is no baseline to write")
    for path, results in groups.items():
        text, count = dump(path, [(r.path, r.diagnostics) for r in results], other_counts(path, results))
        write(text, path)
        hint = "" if given is not None or path != DEFAULT else f"; use it with --baseline {DEFAULT}"
        click.echo(f"wrote {counted(count, 'finding')} to {path}{hint}")


def other_counts(path: str, results: Sequence[LintResult]) -> Mapping[tuple[str, str, str], int]:
    """The counts of an older baseline for files that were not linted now and still exist."""
    if not os.path.exists(path):
        return {}
    linted = {relative(result.path, path) for result in results}
    folder = os.path.dirname(os.path.abspath(path))
    return {
        key: count for key, count in opened(path).counts.items()
        if key[0] not in linted and os.path.exists(os.path.join(folder, key[0]))
    }  # fmt: skip
