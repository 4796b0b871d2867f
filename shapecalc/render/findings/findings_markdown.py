"""Findings as GitHub-flavoured Markdown: for the comment on a pull request or a job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.findings.one_line import place, sentences, summary
from shapecalc.render.layout import printable
from shapecalc.render.markdown import escaped, row_line, table_lines
from shapecalc.render.page import Page
from shapecalc.text.english import counted

if TYPE_CHECKING:
    from shapecalc.linting.results import Report
    from shapecalc.text.findings import Finding


def render(report: Report, page: Page) -> str:
    """A heading with the counts, and a table with a row for each finding."""
    files = counted(len(report.files), "file")
    if not report.findings:
        return f"**shapecalc**: no findings in {files}\n"
    head = f"**shapecalc**: {summary(report.findings)} in {files}"
    table = table_lines(["place", "severity", "rule", "finding"], [False] * 4, [])
    return "\n".join([head, "", *table, *(row_line(cells(d)) for d in report.findings)]) + "\n"


def cells(finding: Finding) -> list[str]:
    """The cells of one finding; its message, notes and help share one, a line each."""
    lines = [escaped(printable(line)) for text in sentences(finding) for line in text.splitlines()]
    return [escaped(place(finding)), finding.severity, escaped(finding.rule), "<br>".join(lines)]
