"""JSON lines: one finding a line, each a whole object, for `jq`, `grep` and logs."""

from __future__ import annotations

from json import dumps
from typing import TYPE_CHECKING

from shapecalc.render.json_text import encode
from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.linting.results import Report
    from shapecalc.text.findings import Finding


def render(report: Report, page: Page) -> str:
    """The findings with the fields of the JSON object."""
    return "".join(line(d) + "\n" for d in report.findings)


def line(finding: Finding) -> str:
    """One object; characters that some readers treat as line ends are escaped."""
    text = encode(finding.to_dict())
    return text if text.isprintable() else "".join(c if c.isprintable() else dumps(c)[1:-1] for c in text)
