"""The lines of the layer table with the largest value of a column first, as `--sort` and `--top` ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, prod
from typing import TYPE_CHECKING

from shapecalc.render.page import View
from shapecalc.render.plan.columns import COLUMNS
from shapecalc.render.plan.outline import Line, innermost
from shapecalc.text.english import counted

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan


def ranked(plan: Plan, view: View) -> tuple[list[Line], list[str]]:
    """Lines and a note about them. Sums of several layers, such as blocks, are only ranked where they are closed."""
    every = innermost(plan, view.depth)
    lines = every if view.sort is None else by_value(plan, every, view.sort)
    first = lines[: view.top]
    order = f", largest {COLUMNS[view.sort].heading} first" if view.sort is not None else ""
    return first, [f"{len(first):,} of {counted(len(every), 'row')}{order}"]


def by_value(plan: Plan, lines: Sequence[Line], column: str) -> list[Line]:
    values = COLUMNS[column].values(plan, lines)
    return [line for _, line in sorted(zip(map(size, values), lines, strict=True), key=lambda pair: -pair[0])]


def size(value: object) -> float:
    """A number by its size, sizes of several axes by their product; what has no value is the smallest."""
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (list, tuple)) and value:
        return prod(map(size, value))
    return -inf
