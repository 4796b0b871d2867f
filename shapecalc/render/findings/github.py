"""GitHub's workflow commands: each finding is shown at its line in the diff of a pull request."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from shapecalc.render.findings.one_line import sentences
from shapecalc.render.layout import printable
from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.linting.results import Report
    from shapecalc.text.findings import Finding

LEVELS = {"error": "error", "warning": "warning", "advice": "notice", "note": "notice"}


def render(report: Report, page: Page) -> str:
    return "".join(command(d) + "\n" for d in report.findings)


def command(finding: Finding) -> str:
    """`::error file=net.yaml,line=7,col=16,endLine=7,endColumn=17,title=channel-mismatch::message`"""
    where = {
        "file": workspace_path(finding.path),
        "line": str(finding.line),
        "col": str(finding.column),
        "endLine": str(finding.end_line),
        "endColumn": str(finding.end_column),
        "title": f"{finding.rule} ({finding.severity})",
    }
    if finding.end_line != finding.line:  # GitHub reads columns only where both lines are the same
        del where["col"], where["endColumn"]
    properties = ",".join(f"{key}={escaped_property(value)}" for key, value in where.items())
    return f"::{LEVELS[finding.severity]} {properties}::{escaped(text_of(finding))}"


def text_of(finding: Finding) -> str:
    """The message with notes, help and related places, without control characters."""
    related = [f"see {label.path}:{label.line}: {label.message}" for label in finding.related]
    lines = sentences(finding, related)
    return "\n".join(printable(line) for text in lines for line in text.splitlines())


def workspace_path(path: str) -> str:
    """As in the repository: relative to the workspace where the job runs in one."""
    root = os.environ.get("GITHUB_WORKSPACE")
    whole = os.path.abspath(path)
    if root and path != "<stdin>" and whole.startswith(os.path.abspath(root) + os.sep):
        path = os.path.relpath(whole, root)
    return path.replace(os.sep, "/")


def escaped(text: str) -> str:
    """A command's message with the characters that end it escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def escaped_property(text: str) -> str:
    return escaped(text).replace(":", "%3A").replace(",", "%2C")
