"""The last line of a lint: how many findings in how many files, and what else there is to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.text.english import plural

if TYPE_CHECKING:
    from shapecalc.linting.run import Report


def summary(report: Report, *, color: bool = False) -> str:
    """`2 errors, 1 warning in 3 files (1 fixable with --fix; 2 other YAML files skipped)`"""
    found = counted(report, color)
    head = f"{found} in {plural(len(report.files), 'file')}" if report.files else "no specs found"
    remarks = [f"{report.fixed:,} fixed"] if report.fixed else []
    remarks += [*fixable(report), *apart(report)]
    return head + (f" ({'; '.join(remarks)})" if remarks else "") + "\n"


def counted(report: Report, color: bool) -> str:
    if not report.findings:
        return "no findings"
    from shapecalc.render.findings.carets import summary

    return summary(report.findings, color=color)


def fixable(report: Report) -> list[str]:
    """How many findings `--fix` would put right, and how many more the unsafe fixes."""
    fixes = [d.fix for d in report.findings if d.fix is not None]
    safe = sum(fix.safe for fix in fixes)
    remarks = [f"{safe:,} fixable with --fix"] if safe else []
    if len(fixes) > safe:
        remarks.append(f"{len(fixes) - safe:,} {'more ' if safe else 'fixable '}with --fix --unsafe-fixes")
    return remarks


def apart(report: Report) -> list[str]:
    """What was left out of the count."""
    remarks = [f"{report.known:,} more in the baseline"] if report.known else []
    if report.skipped:
        remarks.append(f"{plural(len(report.skipped), 'other YAML file')} skipped")
    return remarks
