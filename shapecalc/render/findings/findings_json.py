"""The findings of many files as JSON: one object per file, as `plan` has it but for the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.json_text import dumps
from shapecalc.render.page import Page
from shapecalc.text.json_head import VERSION, json_object

if TYPE_CHECKING:
    from shapecalc.linting.results import LintResult, Report


def render(report: Report, page: Page) -> str:
    return dumps({"version": VERSION, "files": [file_object(result) for result in report.files]})


def file_object(result: LintResult) -> dict[str, object]:
    """The object of one file; its findings are those that are left after the baseline and the fixes."""
    spec = {"path": result.path, "name": None, "dialect": None, "variant": None}
    head = json_object(spec, result.diagnostics, {})
    return {**(result.document or head), "ok": result.ok, "diagnostics": head["diagnostics"]}
