"""The layer table on a terminal, drawn by rich. The only importer of rich."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from shapecalc.render.plan.columns import Cells
from shapecalc.render.plan.outline import EVERYTHING, View
from shapecalc.render.plan.plain import fit, notes, total_width
from shapecalc.render.plan.title_and_totals import conditions, footer, title

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

STYLES = {"index": "dim", "name": "cyan", "output": "green", "macs": "magenta", "params": "yellow"}
MARK_STYLES = {"E": "bold red", "W": "bold yellow", "A": "cyan", "N": "blue"}


def render(plan: Plan, *, width: int, columns: Sequence[str] = (), color: bool = True, view: View = EVERYTHING) -> str:
    """Title, table, conditions and totals as text with ANSI colours. No name, shape or number is cut."""
    cells = Cells(plan, columns, view=view)
    fit(cells, plan, width)
    console = Console(
        width=max(width, total_width(cells)),
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(Text(title(plan, width), style="bold"), "", soft_wrap=True, sep="\n")
        if plan.layers:
            console.print(drawn(cells), "")
    return capture.get() + "\n".join((*notes(cells, width), *conditions(plan, width), *footer(plan, width))) + "\n"


def drawn(cells: Cells) -> Table:
    """The rich table; a row with a finding is coloured as its finding."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name, heading, right in zip(cells.names, cells.headings, cells.right, strict=True):
        table.add_column(
            heading,
            justify="right" if right else "left",
            style=STYLES.get(name, ""),
            no_wrap=True,
        )
    marked = cells.names[0] == "mark"
    for texts in zip(*cells.texts, strict=True):
        table.add_row(*(Text(t) for t in texts), style=MARK_STYLES.get(texts[0], "") if marked else "")
    return table
