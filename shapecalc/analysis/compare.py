"""Two plans compared: rows inserted, removed and changed, costs before and after, and which weights still fit.

Rows are aligned by what they are, not by their index, so that an inserted row is one inserted row.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.analysis.alignment import aligned
from shapecalc.network.plain_data import plain, shape_value
from shapecalc.network.plan import Plan, Row
from shapecalc.network.sharing import weights_of

TOTALS: Final = (
    "layers", "params", "trainable_params", "buffers", "param_bytes", "macs", "flops", "activation_bytes",
    "peak_activation_bytes",
)  # fmt: skip
INSERTED, REMOVED, CHANGED, AFFECTED = "inserted", "removed", "changed", "affected"


class Change:
    """One row that differs. `affected`: its text is the same, and what reaches it is not. `what` tells the details."""

    __slots__ = ("after", "before", "kind", "what")

    def __init__(self, kind: str, before: Row | None, after: Row | None, what: Sequence[str] = ()) -> None:
        self.kind, self.before, self.after, self.what = kind, before, after, list(what)

    @property
    def row(self) -> Row:
        """The row as it is now; a removed one as it was."""
        row = self.after if self.after is not None else self.before
        assert row is not None
        return row

    def to_dict(self) -> dict[str, Any]:
        return {"change": self.kind, "before": side(self.before), "after": side(self.after), "what": list(self.what)}


def side(row: Row | None) -> dict[str, Any] | None:
    """One row of a change, as in the JSON of a plan."""
    if row is None:
        return None
    return {
        "index": row.index, "kind": row.kind, "depth": row.depth, "name": row.name, "type": row.type,
        "line": row.line, "column": row.column, "out_shapes": [shape_value(s) for s in row.out_shapes],
        "params": plain(row.params), "macs": plain(row.macs), "activation_bytes": plain(row.activation_bytes),
    }  # fmt: skip


class Tensors:
    """The weights of two plans by name: which keep name and shape, and what became of the others.

    `renamed` are those of aligned layers whose shape is the same under another name: (old name, new name).
    """

    __slots__ = ("added", "kept", "removed", "renamed", "reshaped", "total")

    def __init__(self, old: Mapping[str, Shape], new: Mapping[str, Shape], moves: Mapping[str, str]) -> None:
        self.total = len(old)
        self.kept = [name for name, shape in old.items() if new.get(name) == shape]
        self.reshaped = [name for name, shape in old.items() if name in new and new[name] != shape]
        candidates = ((name, moves[name]) for name in old if name in moves and moves[name] != name)
        self.renamed = [(name, to) for name, to in candidates if new.get(to) == old[name] and name not in self.kept]
        moved, taken = {name for name, _ in self.renamed}, {to for _, to in self.renamed}
        self.removed = [name for name in old if name not in new and name not in moved]
        self.added = [name for name in new if name not in old and name not in taken]

    def to_dict(self) -> dict[str, Any]:
        return {
            "before": self.total, "kept": len(self.kept), "reshaped": self.reshaped,
            "renamed": [list(pair) for pair in self.renamed], "removed": self.removed, "added": self.added,
        }  # fmt: skip


class Comparison:
    """What differs between two plans."""

    __slots__ = ("changes", "new", "old", "same", "tensors")

    def __init__(self, old: Plan, new: Plan) -> None:
        self.old, self.new = old, new
        self.changes: list[Change] = []
        self.same = 0
        walk = _Walk(self)
        walk.level(walk.children(old.layers), walk.children(new.layers))
        walk.edges()
        self.changes.sort(key=walk.place)
        self.tensors = Tensors(tensors(old), tensors(new), walk.moves())

    @property
    def totals(self) -> list[tuple[str, Any, Any]]:
        """(name, before, after) of each total."""
        return [(name, self.old.totals.get(name), self.new.totals.get(name)) for name in TOTALS]

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of `shapecalc diff`."""
        return {
            "version": 1,
            "before": self.old.network.source.path,
            "after": self.new.network.source.path,
            "changes": [change.to_dict() for change in self.changes],
            "unchanged": self.same,
            "totals": {name: {"before": plain(a), "after": plain(b)} for name, a, b in self.totals},
            "tensors": self.tensors.to_dict(),
        }


def compare(old: Plan, new: Plan) -> Comparison:
    """What differs between two plans."""
    return Comparison(old, new)


def tensors(plan: Plan) -> dict[str, Shape]:
    """Every weight and buffer by the name that it has in a checkpoint of a network with these names."""
    found: dict[str, Shape] = {}
    for row in plan.layers:
        if row.kind == "layer" and row.layer is not None and row.step.controls.share is None:
            weights = {**weights_of(row.layer), **buffers_of(row)}
            found.update((f"{row.name}.{name}", shape) for name, shape in weights.items())
    return found


def buffers_of(row: Row) -> Mapping[str, Shape]:
    try:
        return row.layer.buffers() if row.layer is not None else {}
    except (ArithmeticError, LookupError, TypeError):
        return {}


class _Walk:
    """Goes through both plans level by level: the rows of a block are compared where the blocks are aligned."""

    def __init__(self, comparison: Comparison) -> None:
        self.comparison = comparison
        self.foreign = "shapecalc" not in (comparison.old.network.dialect, comparison.new.network.dialect)
        self.pairs: list[tuple[Row, Row]] = []
        self.hidden: list[tuple[Row, Row]] = []
        self.twins: dict[int, int] = {}  # index of a row of the old plan -> of its row in the new one
        self.found: dict[int, Change] = {}  # id of the new row -> its change
        self.keys: dict[int, Hashable] = {}

    def children(self, rows: Sequence[Row]) -> list[tuple[Row, list[Any]]]:
        """The rows as a tree: (row, what is inside it)."""
        top: list[tuple[Row, list[Any]]] = []
        open_: list[tuple[int, list[Any]]] = [(-1, top)]
        for row in rows:
            while open_[-1][0] >= row.depth:
                open_.pop()
            node: tuple[Row, list[Any]] = (row, [])
            open_[-1][1].append(node)
            open_.append((row.depth, node[1]))
        return top

    def level(self, old: list[Any], new: list[Any], shown: bool = True) -> None:
        """Aligns two lists of rows. Those that are not `shown` follow from the block around them."""
        for a, b in aligned(old, new, self.key, self.likeness):
            if a is not None and b is not None:
                self.pair(old[a], new[b], shown)
            elif shown:
                node = new[b] if b is not None else old[a]  # type: ignore[index]
                before, after = (None, node[0]) if b is not None else (node[0], None)
                self.note(Change(INSERTED if before is None else REMOVED, before, after))

    def pair(self, old: Any, new: Any, shown: bool) -> None:
        """One row and what it has become. Inside a block only what is written otherwise there is shown."""
        before, after = old[0], new[0]
        self.twins[before.index] = after.index
        what = self.differences(before, after)
        if shown:
            self.pairs.append((before, after))
            self.judge(before, after, what)
        else:
            self.hidden.append((before, after))
        inside = shown and not what and not self.foreign and self.key(old) != self.key(new)
        self.level(old[1], new[1], inside)

    def judge(self, before: Row, after: Row, what: list[str]) -> None:
        if what:
            self.note(Change(CHANGED, before, after, what))
        elif before.out_shapes != after.out_shapes or (before.params, before.macs) != (after.params, after.macs):
            self.note(Change(AFFECTED, before, after, consequences(before, after)))
        else:
            self.comparison.same += 1

    def note(self, change: Change) -> None:
        self.comparison.changes.append(change)
        self.found[id(change.row)] = change

    def key(self, node: Any) -> Hashable:
        """What a row says, and what stands inside it: equal keys are the same row."""
        known = self.keys.get(id(node))
        if known is None:
            row, inside = node
            inner = tuple(map(self.key, inside))
            known = self.keys[id(node)] = (row.type, self.written(row), explicit_name(row), inner)
        return known

    def likeness(self, old: Any, new: Any) -> int:
        """How much a row of the old plan looks like one of the new: 0 for another type under another name."""
        before, after = old[0], new[0]
        name = explicit_name(before)
        named = name is not None and name == explicit_name(after)
        if before.type != after.type:
            return 2 if named and before.kind == after.kind else 0
        shared = len(set(self.written(before)) & set(self.written(after)))
        return 4 + 4 * named + min(shared, 3)

    def edges(self) -> None:
        """Rows that read another row than the one which theirs has become."""
        for before, after in self.pairs:
            if len(before.edges) != len(after.edges):
                continue
            was, now = self.comparison.old, self.comparison.new
            what = []
            for old, new in zip(before.edges, after.edges, strict=True):
                meant = (self.twins.get(old[0]) if old[0] >= 0 else old[0], old[1])
                if meant != new and not (reads_previous(was, before, old) and reads_previous(now, after, new)):
                    what.append(f"reads {read_by(now, new, after)}, not {read_by(was, old, before)}")
            if what:
                self.reads(before, after, what)

    def reads(self, before: Row, after: Row, what: list[str]) -> None:
        known = self.found.get(id(after))
        if known is None:
            self.comparison.same -= 1
            known = Change(CHANGED, before, after)
            self.comparison.changes.append(known)
        elif known.kind == AFFECTED:
            known.kind, known.what = CHANGED, []
        known.what += what

    def written(self, row: Row) -> tuple[tuple[str, str], ...]:
        """The arguments that do not follow from the input."""
        filled = {p.name for p in row.layer.params_ if p.fills} if row.layer is not None else set()
        if self.foreign and row.kind == "block":
            filled = {"c1"}  # the channels that reach a module
        return tuple((name, repr(plain(value))) for name, value in row.args.items() if name not in filled)

    def differences(self, before: Row, after: Row) -> list[str]:
        """What is written otherwise: the type, the name, each argument."""
        found = [f"{before.type} -> {after.type}"] if before.type != after.type else []
        names = explicit_name(before), explicit_name(after)
        if names[0] != names[1]:
            found.append(f"name {names[0] or 'none'} -> {names[1] or 'none'}")
        old, new = dict(self.written(before)), dict(self.written(after))
        for name in [*old, *(name for name in new if name not in old)]:
            if old.get(name) != new.get(name) and before.type == after.type:
                found.append(f"{name} {old.get(name, default(after, name))} -> {new.get(name, default(before, name))}")
        return found

    def place(self, change: Change) -> tuple[int, int]:
        """Where a change stands in the order of the new plan; a removed row before the next one that is left."""
        if change.after is not None:
            return change.after.index, 1
        assert change.before is not None
        rows = self.comparison.old.layers[change.before.index :]
        return next((self.twins[row.index] for row in rows if row.index in self.twins), 10**9), 0

    def moves(self) -> dict[str, str]:
        """Old name -> new name of every weight of aligned layers."""
        found: dict[str, str] = {}
        for before, after in (*self.pairs, *self.hidden):
            if before.kind == "layer":
                for name in (*weights_of(before.layer), *buffers_of(before)):
                    found[f"{before.name}.{name}"] = f"{after.name}.{name}"
        return found


def reads_previous(plan: Plan, row: Row, edge: tuple[int, int]) -> bool:
    """Does the row read the one right before it in its list, or (without `from`) whatever reaches it?"""
    return row.step.controls.refs is None or owner(plan, row.index - 1, row) == owner(plan, edge[0], row)


def owner(plan: Plan, index: int, row: Row) -> int:
    """The row of the list that `row` stands in which holds another one: a block, for a layer inside it."""
    while index > 0 and plan.layers[index].depth > row.depth:
        index -= 1
    return index


def read_by(plan: Plan, edge: tuple[int, int], row: Row) -> str:
    """What an edge reads, by the name that it has where `row` stands."""
    index = owner(plan, edge[0], row)
    return plan.producer(edge) if index == edge[0] else plan.layers[index].name


def explicit_name(row: Row) -> str | None:
    """The name that the file gives the row; None for an automatic one, and for the number of a model file's row."""
    name: str | None = row.step.name
    return None if name is None or name.isdecimal() else name


def default(row: Row, name: str) -> str:
    """An argument that the row leaves at its default."""
    value = row.layer.__dict__.get(name) if row.layer is not None else None
    return "none" if value is None else "default"


def consequences(before: Row, after: Row) -> list[str]:
    """What became of a row whose text is the same."""
    found = []
    if before.out_shapes != after.out_shapes:
        found.append(f"output {shapes_text(before)} -> {shapes_text(after)}")
    return found


def shapes_text(row: Row) -> str:
    return ", ".join(format_shape(shape) for shape in row.out_shapes) or "?"
