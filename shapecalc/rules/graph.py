"""A plan as rules see it: its sound layers, what is before and after a layer, and how often a line is used."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape
from shapecalc.layers.kinds import Kinds
from shapecalc.text.findings import Label
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

T = TypeVar("T")


class Graph:
    """The rows of a plan with their readers."""

    __slots__ = ("_known", "dialect", "layers", "outputs", "plan", "readers", "rows")

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.rows: Sequence[Row] = plan.layers
        self.layers = [row for row in self.rows if row.kind == "layer" and is_sound(row)]
        self.readers: list[list[Row]] = [[] for _ in self.rows]
        for row in self.rows:
            if row.kind == "layer":
                for source, _ in row.edges:
                    if source >= 0:
                        self.readers[source].append(row)
        self.dialect = plan.network.dialect
        self.outputs = {source for source, _ in plan.output_edges}
        self._known: dict[str, Any] = {}

    def cached(self, name: str, compute: Callable[[], T]) -> T:
        """What `compute` gives, computed when it is first needed and shared by the rules."""
        if name not in self._known:
            self._known[name] = compute()
        found: T = self._known[name]
        return found

    def is_file_row(self, row: Row) -> bool:
        """Is it a row of the file? The layers inside a library's module are not."""
        return row.depth == 0 or not self.dialect.rows_are_modules

    # Neighbors. ------------------------------------------------------------------------------------------------------

    def before(self, row: Row, passing: Kinds = frozenset()) -> Row | None:
        """The layer whose output this one reads (the first of several), looking through the kinds `passing`.

        None also if something is wrong with a layer on the way.
        """
        while row.edges and row.edges[0][0] >= 0:
            row = self.rows[row.edges[0][0]]
            if not is_sound(row):
                return None
            if not is_a(row, passing):
                return row
        return None

    def only_reader(self, row: Row, passing: Kinds = frozenset()) -> Row | None:
        """The only layer that reads this one, looking through the kinds `passing`; None if there are more or none."""
        while row.index not in self.outputs and len(self.readers[row.index]) == 1:
            row = self.readers[row.index][0]
            if not is_sound(row):
                return None
            if not is_a(row, passing):
                return row
        return None

    # The text. -------------------------------------------------------------------------------------------------------

    def uses(self, row: Row) -> int:
        """How many layers the line of this one creates."""
        return self.cached("uses", self._count_uses)[id(row.step)]

    def _count_uses(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        for row in self.rows:
            counts[id(row.step)] = counts.get(id(row.step), 0) + 1
        return counts

    def parents(self, row: Row) -> list[Row]:
        """The blocks and composites around the layer, the innermost first."""
        around = self.cached("around", self._find_around)
        found: list[Row] = []
        index = around[row.index]
        while index >= 0:
            found.append(self.rows[index])
            index = around[index]
        return found

    def _find_around(self) -> list[int]:
        """For each row the index of the block around it; -1 outside of any."""
        found: list[int] = []
        open_blocks: list[int] = []
        for row in self.rows:
            del open_blocks[row.depth :]
            found.append(open_blocks[-1] if open_blocks else -1)
            if row.kind == "block":
                open_blocks.append(row.index)
        return found

    def ends(self, row: Row, parent: Row) -> bool:
        """Is the row the last one of the block around it?"""
        after = row.index + 1
        return after == len(self.rows) or self.rows[after].depth <= parent.depth

    def blocks_around(self, row: Row) -> list[tuple[Span, str]]:
        """Where the blocks around this layer's line are used."""
        found = []
        for parent in self.parents(row):
            if parent.step.opaque:
                span = parent.step.span()
                found.append((span, f"in block `{parent.step.type}`, used at line {span.line} as `{parent.name}`"))
        return found

    def shared(self) -> set[int]:
        """Rows that share their weights with another row."""
        return self.cached("shared", self._find_shared)

    def _find_shared(self) -> set[int]:
        found: set[int] = set()
        by_name: dict[str, int] = {}
        for row in self.rows:
            by_name[row.name] = row.index
            share = row.step.controls.share
            if share is not None:
                found.add(row.index)
                prefix = row.name.rpartition(".")[0]
                for name in (f"{prefix}.{share.target}" if prefix else share.target, share.target):
                    if name in by_name:
                        found.add(by_name[name])
        return found


def is_a(row: Row, kinds: Kinds) -> bool:
    """Is it a layer of one of these kinds?"""
    return row.layer is not None and not row.layer.kinds.isdisjoint(kinds)


def is_sound(row: Row) -> bool:
    """Is it a layer without errors, and of the type that its name says?"""
    return row.layer is not None and not row.failed and not row.layer.broken and type(row.layer).type == row.type


def ints(shape: Shape | None) -> tuple[int, ...] | None:
    """The sizes from the third axis on; None unless all are numbers."""
    if shape is None or len(shape) < 3:
        return None
    sizes = tuple(d for d in shape[2:] if isinstance(d, int))
    return sizes if len(sizes) == len(shape) - 2 else None


def size(shape: Shape | None, axis: int) -> int | None:
    """One size of a shape; None unless it is a number."""
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    found: Dim = shape[axis]
    return found if isinstance(found, int) else None


def in_shape(row: Row) -> Shape | None:
    return row.in_shapes[0] if row.in_shapes else None


def out_shape(row: Row) -> Shape | None:
    return row.out_shapes[0] if row.out_shapes else None


def argument(row: Row, name: str) -> Any:
    """The value of one of the layer's arguments; None if it has none of that name."""
    return row.layer.__dict__.get(name) if row.layer is not None else None


def label(row: Row, text: str = "") -> Label:
    """A further place in a finding: the row, with its name unless there is a text."""
    return Label(row.step.span(), text or f"`{row.name}`")
