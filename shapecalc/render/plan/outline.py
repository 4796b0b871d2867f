"""Which lines the layer table has: blocks down to a depth, and repeats that are alike folded into one line."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

Key = tuple[Any, ...]


class View:
    """What is shown of a plan: blocks down to `depth` (None: all, or what fits in `most` lines), `fold` repeats."""

    __slots__ = ("depth", "fold", "most")

    def __init__(self, depth: int | None = None, fold: bool = True, most: int | None = None) -> None:
        self.depth, self.fold, self.most = depth, fold, most


EVERYTHING = View()
OPEN_FOLD = (
    "`3 x block` stands for repeats that are alike: its costs are those of all, the lines under it are of one; "
    "--no-fold shows every repeat"
)


class Line:
    """One line: a row, or `count` repeats of it that are alike, of which `last` is the last. `inside`: the rows under
    it that have no line of their own."""

    __slots__ = ("count", "inside", "last", "row")

    def __init__(self, row: Row, count: int = 1, last: Row | None = None) -> None:
        self.row, self.count, self.last = row, count, row if last is None else last
        self.inside: Sequence[Row] = ()


class Outline:
    """The lines of a table; `depth` is the deepest that is shown where blocks are left closed."""

    __slots__ = ("chosen", "depth", "lines")

    def __init__(self, lines: list[Line], depth: int | None = None, chosen: bool = False) -> None:
        self.lines, self.depth, self.chosen = lines, depth, chosen

    def notes(self) -> list[str]:
        """What a reader must know about the lines: that some are folded, or left out."""
        found = []
        if any(line.count > 1 and after.row.depth > line.row.depth for line, after in pairwise(self.lines)):
            found.append(OPEN_FOLD)
        if self.depth is not None and not self.chosen:
            found.append(f"blocks are open to depth {self.depth}; --depth all opens every one")
        return found


def outline(plan: Plan, view: View = EVERYTHING, extra: Sequence[str] = ()) -> Outline:
    """The lines to show. `extra` names columns whose values must be the same as well where repeats are folded."""
    rows = plan.layers
    if not any(row.depth for row in rows) and not repeated(rows):
        return Outline([Line(row) for row in rows])
    lines = folded(rows, marked_layers(plan), extra) if view.fold else [Line(row) for row in rows]
    depth = view.depth if view.depth is not None else fitting(lines, view.most)
    if depth is None or not any(line.row.depth > depth for line in lines):
        return Outline(lines)
    return Outline(closed(lines, rows, depth), depth, view.depth is not None)


def repeated(rows: Sequence[Row]) -> bool:
    return any(row.step is after.step for row, after in pairwise(rows))


def marked_layers(plan: Plan) -> dict[str | None, list[str]]:
    """The findings of each layer by name: a layer with one is not like its repeats."""
    found: dict[str | None, list[str]] = {}
    for finding in plan.diagnostics:
        found.setdefault(finding.layer, []).append(finding.rule)
    return found


# Folding. ------------------------------------------------------------------------------------------------------------


def folded(rows: Sequence[Row], marked: dict[str | None, list[str]], extra: Sequence[str]) -> list[Line]:
    """Every row, and one line for consecutive repeats of one row of the file that are alike all through."""
    keys = [key_of(row, marked, extra) for row in rows]
    ends = ends_of(rows)
    lines: list[Line] = []
    waiting = [(0, len(rows))]
    while waiting:
        index, stop = waiting.pop()
        if index >= stop:
            continue
        last = after = index
        count = 0
        while after < stop and alike(rows, keys, ends, index, after):
            last, after, count = after, ends[after], count + 1
        lines.append(Line(rows[index], count, rows[last]))
        waiting.append((after, stop))
        waiting.append((index + 1, ends[index]))
    return lines


def ends_of(rows: Sequence[Row]) -> list[int]:
    """For each row the index after the last one inside it."""
    ends = [0] * len(rows)
    open_: list[int] = []
    for index, row in enumerate(rows):
        while open_ and rows[open_[-1]].depth >= row.depth:
            ends[open_.pop()] = index
        open_.append(index)
    for index in open_:
        ends[index] = len(rows)
    return ends


def key_of(row: Row, marked: dict[str | None, list[str]], extra: Sequence[str]) -> Key:
    """What must agree for two rows to be alike."""
    shown = tuple(getattr(row, name) for name in extra)
    findings = tuple(marked.get(row.name, ()))
    costs = (row.params, row.trainable_params, row.buffers, row.macs, row.activation_bytes)
    return (row.depth, row.in_shapes, row.out_shapes, costs, shown, findings)


def alike(rows: Sequence[Row], keys: Sequence[Key], ends: Sequence[int], one: int, other: int) -> bool:
    """Are the two rows repeats of each other, with all that is inside them?"""
    if one == other:
        return True
    size = ends[one] - one
    if rows[one].step is not rows[other].step or size != ends[other] - other:
        return False
    return all(keys[one + k] == keys[other + k] and same_type(rows[one + k], rows[other + k]) for k in range(size))


def same_type(one: Row, other: Row) -> bool:
    return one.type == other.type and (one.layer is other.layer is not None or one.args == other.args)


# Depth. --------------------------------------------------------------------------------------------------------------


def fitting(lines: Sequence[Line], most: int | None) -> int | None:
    """The deepest level with which the table has at most `most` lines; None where all of it fits."""
    if most is None or len(lines) <= most:
        return None
    per_depth: dict[int, int] = {}
    for line in lines:
        per_depth[line.row.depth] = per_depth.get(line.row.depth, 0) + 1
    total, depth = 0, 0
    for level in sorted(per_depth):
        total += per_depth[level]
        if total <= most:
            depth = level
    return depth


def closed(lines: Sequence[Line], rows: Sequence[Row], depth: int) -> list[Line]:
    """The lines down to a depth; each deepest one knows the rows that it stands for."""
    ends = ends_of(rows)
    shown = [line for line in lines if line.row.depth <= depth]
    for line in shown:
        if line.row.depth == depth:
            line.inside = rows[line.row.index + 1 : ends[line.row.index]]
    return shown
