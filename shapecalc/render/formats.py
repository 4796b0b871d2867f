"""The registry of output formats: by kind of object, what `--format` can name and what writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.analysis.compare import Comparison
    from shapecalc.api.bundled import Bundled
    from shapecalc.api.plan import LayerResult
    from shapecalc.linting.results import Report
    from shapecalc.network.plan import Plan

Subject = TypeVar("Subject")


class Format(Generic[Subject]):
    """One way to write a kind of object: its name, its renderer as `module:function` of this package, which is imported
    when it is first used, and the ending of its files.

    `shows_findings`: the text includes the findings.
    """

    __slots__ = ("ending", "help", "name", "renderer", "shows_findings")

    def __init__(self, name: str, renderer: str, ending: str, help: str, *, shows_findings: bool = True) -> None:
        self.name, self.renderer, self.ending, self.help = name, renderer, ending, help
        self.shows_findings = shows_findings

    def render(self, subject: Subject, page: Page) -> str | None:
        """The subject as text; None where there is nothing to write, such as a spec for a plan with errors."""
        from importlib import import_module

        module, _, function = self.renderer.partition(":")
        renderer: Callable[[Subject, Page], str | None]
        renderer = getattr(import_module(f"shapecalc.render.{module}"), function or "render")
        return renderer(subject, page)


#: The formats of a kind of object; the first is the default.
Formats = Sequence[Format[Subject]]

PLAN: Formats[Plan] = (
    Format("table", "plan.layer_table", ".txt", "the table, its totals and the findings"),
    Format("json", "json_text", ".json", "everything, for programs"),
    Format("csv", "plan.plan_csv", ".csv", "a line per layer, for spreadsheets", shows_findings=False),
    Format("markdown", "plan.plan_markdown", ".md", "the table, for pull requests", shows_findings=False),
    Format("spec", "plan.expanded_spec", ".yaml", "a spec with the blocks written out", shows_findings=False),
)
LAYER: Formats[LayerResult] = (
    Format("text", "layer_answer", ".txt", "a few lines, for people"),
    Format("json", "layer_answer:json", ".json", "everything, for programs"),
)
COMPARISON: Formats[Comparison] = (
    Format("table", "comparison", ".txt", "the rows that differ, totals and weights", shows_findings=False),
    Format("json", "json_text", ".json", "everything, for programs"),
    Format("markdown", "comparison:markdown", ".md", "for pull requests", shows_findings=False),
)
FINDINGS: Formats[Report] = (
    Format("full", "findings.full_report", ".txt", "every finding with its source lines"),
    Format("concise", "findings.one_line", "", "a line per finding"),
    Format("json", "findings.findings_json", ".json", "an object per file"),
    Format("jsonl", "findings.jsonl", ".jsonl", "an object per finding, a line each"),
    Format("github", "findings.github", "", "annotations of GitHub Actions"),
    Format("sarif", "findings.sarif", ".sarif", "for code scanning and editors"),
    Format("junit", "findings.junit", ".xml", "for CI servers"),
    Format("markdown", "findings.findings_markdown", ".md", "a table, for pull requests"),
)
NETWORKS: Formats[Sequence[Bundled]] = (
    Format("table", "network_list:table", ".txt", "a line per network"),
    Format("json", "network_list:json", ".json", "an object per network"),
    Format("csv", "network_list:csv", ".csv", "for spreadsheets"),
)
