"""The columns of a dialect's tables: its own, and usual ones with marks where they depend on an assumption."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import TYPE_CHECKING

from shapecalc.network.dialect import Dialect, RowColumn
from shapecalc.render.plan.columns import ALL, COLUMNS, Column, Lines, Show

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
    column = MarkedColumn(COLUMNS[name]) if name in MARKED else copy(COLUMNS[name])
    column.heading = dialect.headings.get(name, column.heading)
    return column


class MarkedColumn(Column):
    """A usual column with `*` after shapes and costs that depend on an assumption, `?` for costs that are unknown."""

    __slots__ = ()

    def __init__(self, column: Column) -> None:
        for name in Column.__slots__:
            setattr(self, name, getattr(column, name))

    def texts(self, plan: Plan, lines: Lines, show: Show | None = None) -> list[str]:
        texts = super().texts(plan, lines, show)
        return with_marks(self.name, texts, plan, lines) if plan.network.is_assumed() else texts


def with_marks(name: str, texts: Sequence[str], plan: Plan, lines: Lines) -> list[str]:
    out = []
    for line, text in zip(lines, texts, strict=True):
        known = "?" if name in COSTS and plan.network.is_unknown(line.row) else text
        out.append(f"{known}*" if plan.network.is_assumed(line.row) else known)
    return out
