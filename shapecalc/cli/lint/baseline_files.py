"""`--baseline` and `--write-baseline` of `shapecalc lint`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import click

from shapecalc.cli.output import write
from shapecalc.linting.baseline import DEFAULT, BadBaseline, Baseline, dump, load, relative
from shapecalc.linting.run import LintResult, Report, Settings
from shapecalc.text.source import os_error_text


def path_of(result: LintResult, settings: Settings, given: str | None) -> str | None:
    """The baseline of a file: the one given, else that of its configuration."""
    return given if given is not None else settings.configs.of(result.path).baseline


def hold_back(report: Report, settings: Settings, given: str | None) -> list[str]:
    """Takes out of the report what the baselines know; a remark for each baseline with findings that are gone."""
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
        hint = "" if os.path.exists(path) else "; --write-baseline makes one"
        raise click.UsageError(os_error_text(error, path) + hint) from None
    except BadBaseline as error:
        raise click.UsageError(str(error)) from None


def gone(known: Baseline, report: Report) -> str:
    count = known.gone(result.path for result in report.files)
    if not count:
        return ""
    are = "finding of the baseline is" if count == 1 else "findings of the baseline are"
    return f"{count:,} {are} gone; --write-baseline takes them out of {known.path}"


def write_baselines(report: Report, settings: Settings, given: str | None) -> None:
    """Writes the findings of the report to their baselines, and says so."""
    groups: dict[str, list[LintResult]] = {}
    for result in report.files:
        groups.setdefault(path_of(result, settings, given) or DEFAULT, []).append(result)
    if not groups:
        raise click.UsageError("no specs found: there is no baseline to write")
    for path, results in groups.items():
        text, count = dump(path, [(r.path, r.diagnostics) for r in results], kept(path, results))
        write(text, path)
        hint = "" if given is not None or path != DEFAULT else f"; use it with --baseline {DEFAULT}"
        findings = "1 finding" if count == 1 else f"{count:,} findings"
        click.echo(f"wrote {findings} to {path}{hint}")


def kept(path: str, results: Sequence[LintResult]) -> Mapping[tuple[str, str, str], int]:
    """What an older baseline says of files that were not looked at now and are still there."""
    if not os.path.exists(path):
        return {}
    looked_at = {relative(result.path, path) for result in results}
    folder = os.path.dirname(os.path.abspath(path))
    return {
        key: count for key, count in opened(path).counts.items()
        if key[0] not in looked_at and os.path.exists(os.path.join(folder, key[0]))
    }  # fmt: skip
