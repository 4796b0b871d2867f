"""What `shapecalc lint` shows, as a whole: tabs, wide characters, long lines, 60 columns, colours.

`python -m tests.test_lint_look` writes the pictures anew; read the difference before you commit it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from shapecalc.linting import targets as files
from shapecalc.linting.config_files import Configs
from shapecalc.linting.results import Report
from shapecalc.linting.run import lint_targets
from shapecalc.linting.settings import Settings
from shapecalc.render.findings.full_report import render
from shapecalc.render.layout import width_of
from shapecalc.render.page import Page

LOOK = Path(__file__).parent / "look"


PICTURES: dict[str, Callable[[Report], str]] = {
    "pipe": lambda report: render(report, Page()),
    "terminal-100": lambda report: render(report, Page(100, terminal=True)),
    "terminal-60": lambda report: render(report, Page(60, terminal=True)),
    "color": lambda report: render(report, Page(100, terminal=True, color=True)).replace("\x1b", "ESC"),
}


def report() -> Report:
    """The findings of the spec, found from its own folder."""
    here = os.getcwd()
    os.chdir(LOOK)
    try:
        return lint_targets(files.targets(["net.yaml", "missing.yaml"]), Settings(Configs(isolated=True)))
    finally:
        os.chdir(here)


@pytest.mark.parametrize("name", PICTURES)
def test_picture(name: str) -> None:
    assert PICTURES[name](report()) == (LOOK / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [40, 60, 79, 100, 200])
def test_carets_stand_under_their_text(width: int) -> None:
    """Whatever the width: the columns of the carets are those of the text that is marked."""
    for finding in report().findings:
        lines = render(Report([one(finding)]), Page(width, terminal=True)).split("\n")
        marks = next((i for i, line in enumerate(lines) if "^" in line and line.lstrip().startswith("|")), None)
        if marks is None or not finding.span.text:
            continue
        start = lines[marks].index("^")
        text = at_column(lines[marks - 1], start, lines[marks].count("^"))
        assert text in (finding.span.text, finding.span.text[: len(text)]) and text


def one(finding: object) -> object:
    from shapecalc.linting.results import LintResult

    return LintResult(finding.path, [finding], finding.span.source)  # type: ignore[attr-defined]


def at_column(line: str, start: int, count: int) -> str:
    """The characters that stand in `count` columns from `start` on."""
    found, column = "", 0
    for char in line:
        if start <= column < start + count:
            found += char
        column += width_of(char)
    return found


@pytest.mark.parametrize("width", [40, 60, 100])
def test_source_lines_fit_the_screen(width: int) -> None:
    lines = render(report(), Page(width, terminal=True)).split("\n")
    sources = [line for line in lines if line.lstrip().partition(" ")[0].isdigit()]
    assert sources and max(map(width_of, sources)) <= width


def test_nothing_drives_the_terminal() -> None:
    assert "\x1b" not in render(report(), Page(100, terminal=True))


def main() -> None:
    for name, draw in PICTURES.items():
        (LOOK / f"{name}.txt").write_text(draw(report()), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
