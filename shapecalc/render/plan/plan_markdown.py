"""The layer table as GitHub-flavoured Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shapecalc.render.plan.columns import Cells
from shapecalc.render.plan.outline import EVERYTHING, View
from shapecalc.render.plan.title_and_totals import conditions, entries, title

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan


def render(plan: Plan, *, columns: Sequence[str] = (), view: View = EVERYTHING) -> str:
    """Title, table, conditions and totals; nothing is cut."""
    parts = [f"**{escaped(title(plan))}**", ""]
    if plan.layers:
        cells = Cells(plan, columns, view=view)
        parts += [*table(cells), "", *(f"{escaped(note)}\n" for note in cells.notes)]
    parts += [f"- {escaped(line)}" if line else "" for line in conditions(plan, None)]
    parts += row_lines(["total", "value", "counts"], [False, True, False], [list(e) for e in entries(plan)])
    return "\n".join(parts) + "\n"


def table(cells: Cells) -> list[str]:
    return row_lines(cells.headings, cells.right, [list(row) for row in zip(*cells.texts, strict=True)])


def row_lines(headings: list[str], right: list[bool], rows: list[list[str]]) -> list[str]:
    rule = ["---:" if side else "---" for side in right]
    return [joined(headings), joined(rule), *(joined([escaped(c) for c in row]) for row in rows)]


def joined(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def escaped(text: str) -> str:
    """A cell's text: indentation kept, and nothing in it read as markup."""
    bare = text.lstrip(" ")
    indent = "&nbsp;" * (len(text) - len(bare))
    return indent + "".join("&lt;" if c == "<" else "\\" + c if c in "\\|*_`" else c for c in bare)
