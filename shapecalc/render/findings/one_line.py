"""Findings in one line each, for lists and `grep`, and their count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shapecalc.render.layout import printable
from shapecalc.render.page import Page
from shapecalc.render.paint import Painter
from shapecalc.text.english import counted
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from shapecalc.linting.results import Report
    from shapecalc.text.findings import Finding


def render(report: Report, page: Page) -> str:
    return concise(report.findings, color=page.color)


def concise(findings: Iterable[Finding], *, color: bool = False) -> str:
    """One line per finding: `net.yaml:7:16: error[channel-mismatch]: message`."""
    paint = Painter(color)
    return "".join(f"{place(finding)}: {head(finding, paint)}\n" for finding in findings)


def place(finding: Finding) -> str:
    return f"{printable(finding.path)}:{finding.line}:{finding.column}"


def head(finding: Finding, paint: Painter) -> str:
    title = paint(f"{finding.severity}[{finding.rule}]", finding.severity)
    return f"{title}: {printable_lines(finding.message)}"


def sentences(finding: Finding, related: Sequence[str] = ()) -> list[str]:
    """The message, the notes, what is `related` and the help, for formats that show no source lines."""
    notes = [f"note: {note}" for note in finding.notes]
    return [finding.message, *notes, *related, *([f"help: {finding.help}"] if finding.help else [])]


def printable_lines(text: str) -> str:
    return text if text.isprintable() else "\n".join(printable(line) for line in text.split("\n"))


def summary(findings: Sequence[Finding], *, color: bool = False) -> str:
    """`2 errors, 1 warning`; empty without findings."""
    counts = Counter(finding.severity for finding in findings)
    paint = Painter(color)
    plurals = {Severity.ADVICE: "advice"}
    words = [word for word in Severity.ORDER if word in counts]
    return ", ".join(paint(counted(counts[word], word, plurals.get(word)), word) for word in words)
