"""JSON lines: one finding a line, each a whole object, for `jq`, `grep` and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.json import encode

if TYPE_CHECKING:
    from shapecalc.linter import Report


def render(report: Report) -> str:
    """The findings with the fields of the JSON object."""
    return "".join(encode(d.to_dict()) + "\n" for d in report.diagnostics)
