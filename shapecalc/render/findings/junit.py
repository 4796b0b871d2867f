"""JUnit's XML: a suite for each file, a failed case for each finding that fails the run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from shapecalc.render.findings.carets import finding_text
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from shapecalc.linting.run import LintResult, Report
    from shapecalc.text.findings import Finding

# What XML 1.0 cannot hold, not even as a reference.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, threshold: Callable[[LintResult], str]) -> str:
    """The whole report. Findings below the threshold of their file are passed cases that say what was found."""
    suites = [line for result in report.files for line in suite(result, threshold(result))]
    failures = sum(count(result.diagnostics, threshold(result)) for result in report.files)
    cases = sum(max(1, len(result.diagnostics)) for result in report.files)
    head = f'<testsuites name="shapecalc" tests="{cases}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *suites, "</testsuites>"]) + "\n"


def suite(result: LintResult, fail_on: str) -> Iterator[str]:
    found = result.diagnostics
    tests, failures = max(1, len(found)), count(found, fail_on)
    yield (
        f'  <testsuite name={attribute(result.path)} tests="{tests}" failures="{failures}" errors="0" skipped="0"'
        ' time="0">'
    )
    if not found:
        yield f'    <testcase name="shapecalc" classname={attribute(result.path)} time="0"/>'
    for finding in found:
        yield from case(result, finding, fail_on)
    yield "  </testsuite>"


def case(result: LintResult, finding: Finding, fail_on: str) -> Iterator[str]:
    """One finding: failed with its whole text, or passed with it as the case's output."""
    name = attribute(f"{finding.rule} at {finding.line}:{finding.column}")
    yield (
        f"    <testcase name={name} classname={attribute(result.path)} file={attribute(finding.path)}"
        f' line="{finding.line}" time="0">'
    )
    text = escape(clean(finding_text(finding)))
    if Severity.at_least(finding.severity, fail_on):
        kind = attribute(f"{finding.severity}[{finding.rule}]")
        yield f"      <failure message={attribute(finding.message)} type={kind}>{text}</failure>"
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def count(found: list[Finding], fail_on: str) -> int:
    return sum(Severity.at_least(d.severity, fail_on) for d in found)


def attribute(text: str) -> str:
    return quoteattr(clean(text))


def clean(text: str) -> str:
    """The text without characters that XML has no way to write."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
