"""Findings for people: each with its source lines, and how many there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shapecalc.render.findings.carets import finding_text
from shapecalc.render.findings.one_line import summary
from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.text.findings import Finding


def all_findings(findings: Iterable[Finding], page: Page) -> str:
    """All findings, with a blank line between them."""
    return "\n".join(finding_text(finding, width=page.prose_width, color=page.color) for finding in findings)


def with_count(findings: Sequence[Finding], page: Page) -> str:
    """All findings and their count after a blank line; empty where there are none."""
    if not findings:
        return ""
    return f"\n{all_findings(findings, page)}\n{summary(findings, color=page.color)}\n"
