"""The layer table on a terminal, drawn by rich. The only importer of rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shapecalc.render.page import Page
from shapecalc.render.plan.cells import MARK, Cells, fitted
from shapecalc.render.plan.plain import notes
from shapecalc.render.plan.title_and_totals import conditions, footer, title
from shapecalc.render.table import Texts, table_width

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

STYLES = {"index": "dim", "name": "cyan", "output": "green", "macs": "magenta", "params": "yellow"}
MARK_STYLES = {"E": "bold red", "W": "bold yellow", "A": "cyan", "N": "blue"}


def render(plan: Plan, page: Page) -> str:
    """Title, table, conditions and totals as text with ANSI colours. No name, shape or number is cut."""
    cells = Cells(plan, page)
    columns = fitted(cells, page.width)
    console = Console(
        width=max(page.width, table_width(columns)),
        force_terminal=page.color,
        no_color=not page.color,
        color_system="standard" if page.color else None,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(Text(title(plan, page.width), style="bold"), "", soft_wrap=True, sep="\n")
        if plan.layers:
            console.print(rich_table(columns), "")
    below = (*notes(cells, page.width), *conditions(plan, page.width), *footer(plan, page.width))
    return capture.get() + "\n".join(below) + "\n"


def rich_table(columns: Sequence[Texts]) -> Table:
    """The rich table; a row with a finding is coloured as its finding."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for column in columns:
        style = STYLES.get(column.name, "")
        table.add_column(column.heading, justify="right" if column.right else "left", style=style, no_wrap=True)
    marked = columns[0].name == MARK
    for texts in zip(*(column.texts for column in columns), strict=True):
        table.add_row(*(Text(t) for t in texts), style=MARK_STYLES.get(texts[0], "") if marked else "")
    return table
