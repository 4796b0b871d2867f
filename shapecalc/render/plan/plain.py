"""The layer table as plain text, for pipes and files and for tables too long to be drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.layout import wrap
from shapecalc.render.page import Page
from shapecalc.render.plan.cells import Cells, fitted
from shapecalc.render.plan.title_and_totals import conditions, footer, title
from shapecalc.render.table import table_lines

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan


def render(plan: Plan, page: Page) -> str:
    """Title, table, conditions and totals, in lines of the page's width where that cuts no name and no number."""
    parts = [title(plan, page.width), ""]
    if plan.layers:
        cells = Cells(plan, page)
        parts += [*table_lines(fitted(cells, page.width)), "", *notes(cells, page.width)]
    return "\n".join((*parts, *conditions(plan, page.width), *footer(plan, page.width))) + "\n"


def notes(cells: Cells, width: int) -> list[str]:
    """What the lines of the table mean, where that is not one layer each."""
    return [*(wrap(note, width, hang=2) for note in cells.notes), ""] if cells.notes else []
