"""Findings as GitHub-flavoured Markdown: for the comment on a pull request or a job's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.findings.carets import place, summary
from shapecalc.render.plan.plan_markdown import escaped, row_lines
from shapecalc.render.text import printable
from shapecalc.text.english import plural

if TYPE_CHECKING:
    from shapecalc.linting.run import Report
    from shapecalc.text.findings import Finding


def render(report: Report) -> str:
    """A heading with the counts, and a table with a row for each finding."""
    found = report.findings
    count = plural(len(report.files), "file")
    if not found:
        return f"**shapecalc**: no findings in {count}\n"
    rows = [cells(d) for d in found]
    table = row_lines(["place", "severity", "rule", "finding"], [False] * 4, [[""] * 4])[:2]
    table += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([f"**shapecalc**: {summary(found)} in {count}", "", *table]) + "\n"


def cells(finding: Finding) -> list[str]:
    text = [finding.message, *(f"note: {note}" for note in finding.notes)]
    if finding.help:
        text.append(f"help: {finding.help}")
    lines = [escaped(printable(line)) for part in text for line in part.splitlines()]
    return [
        escaped(place(finding)), finding.severity, escaped(finding.rule), "<br>".join(lines),
    ]  # fmt: skip
