"""`--fix` and `--diff` of `shapecalc lint`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from shapecalc.cli.output import page, write, write_error
from shapecalc.linting.fix import Fixed, fix_targets
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import Target
from shapecalc.render.paint import Painter
from shapecalc.text.edits import diff as diff_text
from shapecalc.text.english import counted
from shapecalc.text.source import os_error_text

STYLES = {"+": "added", "-": "removed", "@": "place"}


def fixed(targets: Sequence[Target], settings: Settings, *, unsafe: bool, diff: bool, color: str) -> Fixed:
    """Fixes the files, or shows what would change. The fixed text of standard input goes to standard output."""
    try:
        report = fix_targets(targets, settings, unsafe=unsafe, write=not diff)
    except OSError as error:
        raise click.UsageError(os_error_text(error, str(error.filename)).replace("read", "write", 1)) from None
    if diff:
        show_diffs(report, Painter(page(color, sys.stdout).color))
    elif any(target.path == "-" for target in targets):
        name = settings.stdin_name
        texts = [r.source.text for r in report.files if r.path == name]
        write(report.changed[name][1] if name in report.changed else "".join(texts))
    return report


def show_diffs(report: Fixed, paint: Painter) -> None:
    for path, (before, after) in report.changed.items():
        write("".join(painted(line, paint) for line in diff_text(path, before, after).splitlines(keepends=True)))
    what = f"{counted(report.fixed, 'finding')} in {counted(len(report.changed), 'file')}"
    write_error(f"would fix {what}\n" if report.changed else "nothing to fix\n")


def painted(line: str, paint: Painter) -> str:
    style = STYLES.get(line[:1])
    bare = line.rstrip("\n")
    return paint(bare, style) + line[len(bare) :] if style else line
