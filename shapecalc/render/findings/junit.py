"""JUnit's XML: a suite for each file, a failed case for each finding that fails the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from shapecalc.render.findings.carets import finding_text
from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.linting.results import LintResult, Report
    from shapecalc.text.findings import Finding

# What XML 1.0 cannot hold, not even as a reference.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, page: Page) -> str:
    """The whole report. A finding below the severity that fails its file is a passed case with output."""
    suites = [line for result in report.files for line in suite(result)]
    failures = sum(len(result.failures) for result in report.files)
    cases = sum(max(1, len(result.diagnostics)) for result in report.files)
    head = f'<testsuites name="shapecalc" tests="{cases}" failures="{failures}" errors="0">'
    return "\n".join(['<?xml version="1.0" encoding="utf-8"?>', head, *suites, "</testsuites>"]) + "\n"


def suite(result: LintResult) -> Iterator[str]:
    failures = result.failures
    yield (
        f'  <testsuite name={attribute(result.path)} tests="{max(1, len(result.diagnostics))}"'
        f' failures="{len(failures)}" errors="0" skipped="0" time="0">'
    )
    if not result.diagnostics:
        yield f'    <testcase name="shapecalc" classname={attribute(result.path)} time="0"/>'
    for finding in result.diagnostics:
        yield from case(result, finding, failed=finding in failures)
    yield "  </testsuite>"


def case(result: LintResult, finding: Finding, *, failed: bool) -> Iterator[str]:
    """One finding: failed with its whole text, or passed with it as the case's output."""
    name = attribute(f"{finding.rule} at {finding.line}:{finding.column}")
    yield (
        f"    <testcase name={name} classname={attribute(result.path)} file={attribute(finding.path)}"
        f' line="{finding.line}" time="0">'
    )
    text = escape(clean(finding_text(finding)))
    if failed:
        kind = attribute(f"{finding.severity}[{finding.rule}]")
        yield f"      <failure message={attribute(finding.message)} type={kind}>{text}</failure>"
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"


def attribute(text: str) -> str:
    return quoteattr(clean(text))


def clean(text: str) -> str:
    """The text without the characters that XML cannot hold."""
    return FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
