"""Which lines the layer table has: blocks down to a depth, and equal repeats folded into one line."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from shapecalc.render.page import EVERYTHING, View

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

FOLD_NOTE = (
    "`3 x block` is one line for equal repeats: its costs are their sum, the lines under it are those of one repeat; "
    "--no-fold shows every repeat"
)


class Line:
    """One line: a row, or `count` equal repeats of it, of which `last` is the last. `inside`: the rows under it that
    have no line of their own."""

    __slots__ = ("count", "depth", "inside", "last", "row")

    def __init__(self, row: Row, count: int = 1, last: Row | None = None) -> None:
        self.row, self.count, self.last = row, count, row if last is None else last
        self.depth = row.depth  # of the name's indentation
        self.inside: Sequence[Row] = ()


class Outline:
    """The lines of a table. `depth`: the deepest level that is shown, unless that was asked for."""

    __slots__ = ("depth", "lines")

    def __init__(self, lines: list[Line], depth: int | None = None) -> None:
        self.lines, self.depth = lines, depth

    def notes(self) -> list[str]:
        """What a reader must know about the lines: that some are folded, or left out."""
        folded_blocks = (line.count > 1 and after.row.depth > line.row.depth for line, after in pairwise(self.lines))
        notes = [FOLD_NOTE] if any(folded_blocks) else []
        if self.depth is not None:
            notes.append(f"blocks are open to depth {self.depth}; --depth all opens every one")
        return notes


def outline(plan: Plan, view: View = EVERYTHING, extra: Sequence[str] = (), most_lines: int | None = None) -> Outline:
    """The lines to show. `extra` names attributes that must also be equal where repeats are folded; without a depth
    blocks are closed until at most `most_lines` are left."""
    rows = plan.layers
    if not any(row.depth for row in rows) and not has_repeats(rows):
        return Outline([Line(row) for row in rows])
    lines = folded(rows, rules_of_layers(plan), extra) if view.fold else [Line(row) for row in rows]
    depth = view.depth if view.depth is not None else fitting(lines, most_lines)
    if depth is None or not any(line.row.depth > depth for line in lines):
        return Outline(lines)
    return Outline(closed(lines, rows, depth), depth if view.depth is None else None)


def innermost(plan: Plan, depth: int | None) -> list[Line]:
    """The layers, and the blocks that are closed at `depth`, without the blocks around them."""
    every = [Line(row) for row in plan.layers]
    lines = every if depth is None else closed(every, plan.layers, depth)
    lines = [line for line in lines if line.row.kind == "layer" or line.row.depth == depth]
    for line in lines:
        line.depth = 0
    return lines


def has_repeats(rows: Sequence[Row]) -> bool:
    return any(row.step is after.step for row, after in pairwise(rows))


def rules_of_layers(plan: Plan) -> dict[str | None, list[str]]:
    """The rules that found something in each layer, by its name: a layer with a finding is not equal to its repeats."""
    rules: dict[str | None, list[str]] = {}
    for finding in plan.diagnostics:
        rules.setdefault(finding.layer, []).append(finding.rule)
    return rules


# Folding. ------------------------------------------------------------------------------------------------------------


def folded(rows: Sequence[Row], rules: Mapping[str | None, list[str]], extra: Sequence[str]) -> list[Line]:
    """Every row, and one line for consecutive repeats of one row of the file that are equal with all inside them."""
    keys = [key_of(row, rules, extra) for row in rows]
    ends = ends_of(rows)
    lines: list[Line] = []
    waiting = [(0, len(rows))]
    while waiting:
        index, stop = waiting.pop()
        if index >= stop:
            continue
        last = after = index
        count = 0
        while after < stop and are_repeats(rows, keys, ends, index, after):
            last, after, count = after, ends[after], count + 1
        lines.append(Line(rows[index], count, rows[last]))
        waiting.append((after, stop))
        waiting.append((index + 1, ends[index]))
    return lines


def ends_of(rows: Sequence[Row]) -> list[int]:
    """For each row the index after the last one inside it."""
    ends = [len(rows)] * len(rows)
    enclosing: list[int] = []
    for index, row in enumerate(rows):
        while enclosing and rows[enclosing[-1]].depth >= row.depth:
            ends[enclosing.pop()] = index
        enclosing.append(index)
    return ends


def key_of(row: Row, rules: Mapping[str | None, list[str]], extra: Sequence[str]) -> Hashable:
    """What two rows must have in common to be folded."""
    costs = (row.params, row.trainable_params, row.buffers, row.macs, row.activation_bytes)
    values = tuple(getattr(row, name) for name in extra)
    return (row.depth, row.in_shapes, row.out_shapes, costs, values, tuple(rules.get(row.name, ())))


def are_repeats(rows: Sequence[Row], keys: Sequence[Hashable], ends: Sequence[int], a: int, b: int) -> bool:
    """Are the rows at `a` and `b` repeats of one row of the file, and equal with all that is inside them?"""
    if a == b:
        return True
    size = ends[a] - a
    if rows[a].step is not rows[b].step or size != ends[b] - b:
        return False
    return all(keys[a + k] == keys[b + k] and same_type(rows[a + k], rows[b + k]) for k in range(size))


def same_type(a: Row, b: Row) -> bool:
    return a.type == b.type and (a.layer is b.layer is not None or a.args == b.args)


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
    """The lines down to a depth; each deepest one knows the rows inside it."""
    ends = ends_of(rows)
    visible = [line for line in lines if line.row.depth <= depth]
    for line in visible:
        if line.row.depth == depth:
            line.inside = rows[line.row.index + 1 : ends[line.row.index]]
    return visible
