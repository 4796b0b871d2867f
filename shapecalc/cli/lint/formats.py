"""`--format FORMAT[:FILE]` of `shapecalc lint`: which text goes where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli.output import Screen, write, write_error
from shapecalc.text.spelling import nearest

if TYPE_CHECKING:
    from shapecalc.linting.run import LintResult, Report

FORMATS = ("full", "concise", "json", "jsonl", "github", "sarif", "junit", "markdown")
Target = tuple[str, str | None]  # a format and its file; None: standard output
Threshold = Callable[["LintResult"], str]  # the severity from which on findings in a file fail the run


def parsed(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[Target]:
    """The values of `--format`."""
    targets: list[Target] = []
    for value in values:
        name, colon, path = value.partition(":")
        if name not in FORMATS:
            near = nearest(name, FORMATS)
            hint = f"did you mean `{near}`?" if near else f"there are {', '.join(FORMATS)}"
            if "," in name:
                hint = "give --format once for each"
            raise click.BadParameter(f"no format `{name}`; {hint}", ctx, param)
        if colon and not path:
            raise click.BadParameter(f"`{value}` names no file; write {name}:FILE", ctx, param)
        targets.append((name, path if path != "-" and path else None))
    return targets


def destinations(targets: Sequence[Target], output: str | None) -> list[Target]:
    """Where each format goes: `-o` is the file of the one that names none. UsageError where two go to one place."""
    made = [(name, path if path is not None else output) for name, path in targets or [("full", None)]]
    places = [path for _, path in made]
    for path in places:
        if places.count(path) > 1:
            where = "standard output" if path is None else path
            raise click.UsageError(f"two formats for {where}; give each its file, as in --format sarif:findings.sarif")
    if output is not None and output not in places:
        raise click.UsageError("-o has no format to write: every --format names its own file")
    return made


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[Any]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in FORMATS if name.startswith(incomplete)]


def write_all(
    report: Report, targets: Sequence[Target], color: str, threshold: Threshold, to_error: bool = False
) -> None:
    """Writes every format to its place. With `to_error` standard output is taken by something else."""
    for name, path in targets:
        text = text_of(report, name, Screen(color, to_file=path is not None), threshold)
        if to_error and path is None:
            write_error(text)
        else:
            write(text, path)


def text_of(report: Report, name: str, screen: Screen, threshold: Threshold) -> str:
    """The report in one format."""
    if name == "full":
        return full(report, screen)
    if name == "concise":
        from shapecalc.render.findings.carets import concise

        return concise(report.findings, color=screen.color)
    return renderer(name, threshold)(report)


def renderer(name: str, threshold: Threshold) -> Callable[[Report], str]:
    """The machine formats, each imported when it is asked for."""
    from importlib import import_module

    if name == "json":
        return json_text
    module = import_module("shapecalc.render.findings." + ("findings_markdown" if name == "markdown" else name))
    render: Callable[..., str] = module.render
    return (lambda report: render(report, threshold)) if name == "junit" else render


def json_text(report: Report) -> str:
    from shapecalc.network.plain_data import heading
    from shapecalc.render import json_text as json

    documents = [
        {
            **(result.document or heading(result.path)),
            "ok": result.ok,
            "diagnostics": [d.to_dict() for d in result.diagnostics],
        }
        for result in report.files
    ]
    return json.render({"version": 1, "files": documents})


def full(report: Report, screen: Screen) -> str:
    """For people: every finding with its lines, and the count."""
    from shapecalc.render.findings.full_report import summary
    from shapecalc.render.text import wrap

    width = screen.width if screen.terminal else None
    count = summary(report, color=screen.color).rstrip("\n")
    return shown(report, screen, width) + wrap(count, None if screen.color else width, hang=2) + "\n"


def shown(report: Report, screen: Screen, width: int | None) -> str:
    """The findings and a blank line; nothing where there are none."""
    if not report.findings:
        return ""
    from shapecalc.render.findings.carets import render

    return render(report.findings, width=width, color=screen.color) + "\n"
