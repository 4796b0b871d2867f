"""The layer table as GitHub-flavoured Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.markdown import escaped, table_lines
from shapecalc.render.page import Page
from shapecalc.render.plan.cells import Cells
from shapecalc.render.plan.title_and_totals import conditions, entries, title

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan


def render(plan: Plan, page: Page) -> str:
    """Title, table, conditions and totals; nothing is cut."""
    parts = [f"**{escaped(title(plan))}**", ""]
    if plan.layers:
        cells = Cells(plan, page)
        columns = cells.marked()
        rows = list(zip(*(column.texts for column in columns), strict=True))
        parts += table_lines([c.heading for c in columns], [c.right for c in columns], rows)
        parts += ["", *(f"{escaped(note)}\n" for note in cells.notes)]
    parts += [f"- {escaped(line)}" if line else "" for line in conditions(plan, None)]
    parts += table_lines(["total", "value", "counts"], [False, True, False], entries(plan))
    return "\n".join(parts) + "\n"
