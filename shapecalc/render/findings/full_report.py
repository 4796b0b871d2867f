"""What `shapecalc lint` shows to people: every finding with its lines, and the counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.layout import wrap
from shapecalc.render.page import Page
from shapecalc.text.english import counted

if TYPE_CHECKING:
    from shapecalc.linting.results import Report


def render(report: Report, page: Page) -> str:
    """The findings, a blank line, and the last line, which is all there is without findings."""
    last = wrap(last_line(report, color=page.color), None if page.color else page.prose_width, hang=2) + "\n"
    if not report.findings:
        return last
    from shapecalc.render.findings.with_count import all_findings

    return f"{all_findings(report.findings, page)}\n{last}"


def last_line(report: Report, *, color: bool = False) -> str:
    """`2 errors, 1 warning in 3 files (1 fixable with --fix; 2 other YAML files skipped)`"""
    head = f"{counts(report, color)} in {counted(len(report.files), 'file')}" if report.files else "no specs found"
    remarks = [f"{report.fixed:,} fixed"] if report.fixed else []
    remarks += [*fixable(report), *left_out(report)]
    return head + (f" ({'; '.join(remarks)})" if remarks else "")


def counts(report: Report, color: bool) -> str:
    if not report.findings:
        return "no findings"
    from shapecalc.render.findings.one_line import summary

    return summary(report.findings, color=color)


def fixable(report: Report) -> list[str]:
    """How many findings `--fix` can fix, and how many more the unsafe fixes can."""
    fixes = [finding.fix for finding in report.findings if finding.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    remarks = [f"{safe:,} fixable with --fix"] if safe else []
    if len(fixes) > safe:
        remarks.append(f"{len(fixes) - safe:,} {'more ' if safe else 'fixable '}with --fix --unsafe-fixes")
    return remarks


def left_out(report: Report) -> list[str]:
    """What the counts leave out."""
    remarks = [f"{report.known:,} more in the baseline"] if report.known else []
    if report.skipped:
        remarks.append(f"{counted(len(report.skipped), 'other YAML file')} skipped")
    return remarks
