"""The columns of a dialect's tables: its own, and usual ones with marks where they depend on an assumption."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

from shapecalc.network.dialect import Dialect, RowColumn
from shapecalc.render.plan.columns import ALL, COLUMNS, Column, Lines, Texts

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

COSTS = ("params", "macs")
MARKED = ("output", *COSTS)


def chosen(dialect: Dialect, extra: Sequence[str]) -> list[Column]:
    """The dialect's columns, then the named ones; `all` names every usual column but the count of layers."""
    own = [
        of_dialect(column) if isinstance(column, RowColumn) else usual(column, dialect) for column in dialect.columns
    ]
    names = {column.name for column in own} | {"index"}
    return own + [c for c in COLUMNS.values() if c.name not in names and (ALL in extra or c.name in extra)]


def of_dialect(given: RowColumn) -> Column:
    """A column that only the dialect's rows have."""

    def values(plan: Plan, lines: Lines) -> list[str]:
        return [plan.network.cell(given.name, line.row) for line in lines]

    return Column(given.name, given.heading, values, help=given.help, right=given.right, elastic=given.elastic)


def usual(name: str, dialect: Dialect) -> Column:
    """A usual column under the dialect's heading."""
    column = copy(COLUMNS[name])
    column.heading = dialect.headings.get(name, column.heading)
    if name in MARKED:
        column.texts = marked(name, column.texts)
        column.brief = marked(name, column.brief) if column.brief is not None else None
    return column


def marked(name: str, texts: Texts) -> Texts:
    """The texts with `*` after shapes and costs that depend on an assumption, and `?` for costs that are unknown."""

    def with_marks(plan: Plan, lines: Lines) -> list[str]:
        network = plan.network
        pairs = list(zip(lines, texts(plan, lines), strict=True))
        if not network.is_assumed():
            return [text for _, text in pairs]
        shown = ((line, "?" if name in COSTS and network.is_unknown(line.row) else text) for line, text in pairs)
        return [f"{text}*" if network.is_assumed(line.row) else text for line, text in shown]

    return with_marks
