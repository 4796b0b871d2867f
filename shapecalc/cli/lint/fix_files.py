"""`--fix` and `--diff` of `shapecalc lint`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from shapecalc.cli.output import Screen, write, write_error
from shapecalc.linting.fix import Fixed, fix_targets
from shapecalc.linting.run import Settings
from shapecalc.linting.targets import Target
from shapecalc.text import edits as fixes
from shapecalc.text.english import plural
from shapecalc.text.source import os_error_text

COLORS = {"+": "32", "-": "31", "@": "36"}


def fixed(targets: Sequence[Target], settings: Settings, *, unsafe: bool, diff: bool, color: str) -> Fixed:
    """Fixes the files, or shows what would change. The fixed text of standard input goes to standard output."""
    try:
        report = fix_targets(targets, settings, unsafe=unsafe, write=not diff)
    except OSError as error:
        raise click.UsageError(os_error_text(error, str(error.filename)).replace("read", "write", 1)) from None
    if diff:
        show_diffs(report, Screen(color))
    elif any(target.path == "-" for target in targets):
        name = settings.stdin_name
        texts = [r.source.text for r in report.files if r.path == name]
        write(report.changed[name][1] if name in report.changed else "".join(texts))
    return report


def show_diffs(report: Fixed, screen: Screen) -> None:
    for path, (before, after) in report.changed.items():
        text = fixes.diff(path, before, after)
        write("".join(map(painted, text.splitlines(keepends=True))) if screen.color else text)
    files = plural(len(report.changed), "file")
    count = plural(report.fixed, "finding")
    write_error(f"would fix {count} in {files}\n" if report.changed else "nothing to fix\n")


def painted(line: str) -> str:
    code = COLORS.get(line[:1])
    bare = line.rstrip("\n")
    return f"\x1b[{code}m{bare}\x1b[0m{line[len(bare) :]}" if code else line
