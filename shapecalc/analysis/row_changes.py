"""Which rows of two plans correspond, level by level, and how they differ."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final

from shapecalc.algebra.shape import format_shape
from shapecalc.analysis.alignment import aligned
from shapecalc.network.plain_data import plain, shape_value
from shapecalc.network.plan import Edge, Plan, Row

INSERTED, REMOVED, CHANGED, AFFECTED = "inserted", "removed", "changed", "affected"
LAST: Final = 10**9  # an index behind all rows


class Change:
    """One row that differs. `affected`: its text is the same, but its input is not. `what` gives the details."""

    __slots__ = ("after", "before", "kind", "what")

    def __init__(self, kind: str, before: Row | None, after: Row | None, what: Sequence[str] = ()) -> None:
        self.kind, self.before, self.after, self.what = kind, before, after, list(what)

    @property
    def row(self) -> Row:
        """The row as it is now; a removed one as it was."""
        row = self.after if self.after is not None else self.before
        assert row is not None
        return row

    def to_dict(self) -> dict[str, object]:
        return {"change": self.kind, "before": side(self.before), "after": side(self.after), "what": list(self.what)}


def side(row: Row | None) -> dict[str, object] | None:
    """One row of a change, as in the JSON of a plan."""
    if row is None:
        return None
    return {
        "index": row.index, "kind": row.kind, "depth": row.depth, "name": row.name, "type": row.type,
        "line": row.line, "column": row.column, "out_shapes": [shape_value(s) for s in row.out_shapes],
        "params": plain(row.params), "macs": plain(row.macs), "activation_bytes": plain(row.activation_bytes),
    }  # fmt: skip


class Node:
    """A row and the rows inside it."""

    __slots__ = ("children", "row")

    def __init__(self, row: Row) -> None:
        self.row = row
        self.children: list[Node] = []


def tree(rows: Sequence[Row]) -> list[Node]:
    """The rows as a tree."""
    top: list[Node] = []
    lists = [top]
    for row in rows:
        del lists[row.depth + 1 :]
        node = Node(row)
        lists[-1].append(node)
        lists.append(node.children)
    return top


class RowChanges:
    """The rows of two plans side by side. The rows of a block are compared if the blocks correspond."""

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = old, new
        self.modules = all(plan.network.dialect.rows_are_modules for plan in (old, new))
        self.changes: list[Change] = []
        self.pairs: list[tuple[Row, Row]] = []  # rows that correspond, those that are not reported included
        self._reported: list[tuple[Row, Row]] = []
        self._twins: dict[int, int] = {}  # index of a row of the old plan -> of its row in the new one
        self._by_row: dict[int, Change] = {}  # id of the row -> its change
        self._keys: dict[int, Hashable] = {}
        self._level(tree(old.layers), tree(new.layers))
        self._compare_edges()
        self.changes.sort(key=self._position)

    @property
    def unchanged(self) -> int:
        """How many rows that correspond do not differ."""
        return sum(id(after) not in self._by_row for _, after in self._reported)

    # Rows. -----------------------------------------------------------------------------------------------------------

    def _level(self, old: list[Node], new: list[Node], report: bool = True) -> None:
        """Aligns two lists of rows. Those that are not reported follow from the block around them."""
        for a, b in aligned(old, new, self._key, self._likeness):
            if a is not None and b is not None:
                self._pair(old[a], new[b], report)
            elif report and b is not None:
                self._add(Change(INSERTED, None, new[b].row))
            elif report and a is not None:
                self._add(Change(REMOVED, old[a].row, None))

    def _pair(self, old: Node, new: Node, report: bool) -> None:
        """One row and what it has become. Inside a block only text that differs there is reported."""
        before, after = old.row, new.row
        self._twins[before.index] = after.index
        self.pairs.append((before, after))
        differences = self._differences(before, after)
        if report:
            self._reported.append((before, after))
            if differences:
                self._add(Change(CHANGED, before, after, differences))
            elif before.out_shapes != after.out_shapes or (before.params, before.macs) != (after.params, after.macs):
                self._add(Change(AFFECTED, before, after, consequences(before, after)))
        inside = report and not differences and not self.modules and self._key(old) != self._key(new)
        self._level(old.children, new.children, inside)

    def _add(self, change: Change) -> None:
        self.changes.append(change)
        self._by_row[id(change.row)] = change

    def _key(self, node: Node) -> Hashable:
        """The text of a row and of the rows inside it: equal keys are the same row."""
        if id(node) not in self._keys:
            row = node.row
            inner = tuple(map(self._key, node.children))
            self._keys[id(node)] = (row.type, self._arguments(row), explicit_name(row), inner)
        return self._keys[id(node)]

    def _likeness(self, old: Node, new: Node) -> int:
        """How similar two rows are: 0 for another type under another name."""
        before, after = old.row, new.row
        name = explicit_name(before)
        same_name = name is not None and name == explicit_name(after)
        if before.type != after.type:
            return 2 if same_name and before.kind == after.kind else 0
        shared = len(set(self._arguments(before)) & set(self._arguments(after)))
        return 4 + 4 * same_name + min(shared, 3)

    def _arguments(self, row: Row) -> tuple[tuple[str, str], ...]:
        """The arguments that do not follow from the input."""
        filled = {p.name for p in row.layer.params_ if p.fills} if row.layer is not None else set()
        if self.modules and row.kind == "block":
            filled = {"c1"}  # the channels of a module's input
        return tuple((name, repr(plain(value))) for name, value in row.args.items() if name not in filled)

    def _differences(self, before: Row, after: Row) -> list[str]:
        """How the texts differ: the type, the name, each argument."""
        found = [f"{before.type} -> {after.type}"] if before.type != after.type else []
        old_name, new_name = explicit_name(before), explicit_name(after)
        if old_name != new_name:
            found.append(f"name {old_name or 'none'} -> {new_name or 'none'}")
        if before.type == after.type:
            old, new = dict(self._arguments(before)), dict(self._arguments(after))
            for name in [*old, *(name for name in new if name not in old)]:
                a, b = old.get(name, default(after, name)), new.get(name, default(before, name))
                if old.get(name) != new.get(name):
                    found.append(f"{name} {a} -> {b}")
        return found

    # References. -----------------------------------------------------------------------------------------------------

    def _compare_edges(self) -> None:
        """Adds the rows that read another row than the one which theirs has become."""
        for before, after in self._reported:
            if len(before.edges) == len(after.edges):
                edges = zip(before.edges, after.edges, strict=True)
                differences = [
                    self._edge_text(before, a, after, b) for a, b in edges if self._differs(before, a, after, b)
                ]
                if differences:
                    self._reads(before, after, differences)

    def _differs(self, before: Row, old: Edge, after: Row, new: Edge) -> bool:
        expected = (self._twins.get(old[0]) if old[0] >= 0 else old[0], old[1])
        return expected != new and not (reads_previous(self.old, before, old) and reads_previous(self.new, after, new))

    def _edge_text(self, before: Row, old: Edge, after: Row, new: Edge) -> str:
        return f"reads {source_name(self.new, new, after)}, not {source_name(self.old, old, before)}"

    def _reads(self, before: Row, after: Row, differences: list[str]) -> None:
        change = self._by_row.get(id(after))
        if change is None:
            self._add(Change(CHANGED, before, after, differences))
            return
        if change.kind == AFFECTED:
            change.kind, change.what = CHANGED, []
        change.what += differences

    def _position(self, change: Change) -> tuple[int, int]:
        """The place of a change in the order of the new plan; a removed row comes before the next one that is left."""
        if change.after is not None:
            return change.after.index, 1
        assert change.before is not None
        rows = self.old.layers[change.before.index :]
        return next((self._twins[row.index] for row in rows if row.index in self._twins), LAST), 0


def reads_previous(plan: Plan, row: Row, edge: Edge) -> bool:
    """Does the row read the one right before it in its list, or (without `from`) the input of its block?"""
    return row.step.controls.refs is None or sibling_of(plan, row.index - 1, row) == sibling_of(plan, edge[0], row)


def sibling_of(plan: Plan, index: int, row: Row) -> int:
    """The row in the same list as `row` that contains the row at `index`: a block, for a layer inside it."""
    while index > 0 and plan.layers[index].depth > row.depth:
        index -= 1
    return index


def source_name(plan: Plan, edge: Edge, row: Row) -> str:
    """The name of what an edge reads, as `row` can refer to it."""
    index = sibling_of(plan, edge[0], row)
    return plan.producer(edge) if index == edge[0] else plan.layers[index].name


def explicit_name(row: Row) -> str | None:
    """The name that the file gives the row; None for an automatic one, and for the number of a model file's row."""
    name: str | None = row.step.name
    return None if name is None or name.isdecimal() else name


def default(row: Row, name: str) -> str:
    """The text for an argument that only the other row gives."""
    value = row.layer.__dict__.get(name) if row.layer is not None else None
    return "none" if value is None else "default"


def consequences(before: Row, after: Row) -> list[str]:
    """How a row with the same text differs."""
    if before.out_shapes == after.out_shapes:
        return []
    return [f"output {shapes_text(before)} -> {shapes_text(after)}"]


def shapes_text(row: Row) -> str:
    return ", ".join(format_shape(shape) for shape in row.out_shapes) or "?"
