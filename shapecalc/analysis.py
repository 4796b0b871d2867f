"""Totals, memory and receptive fields: pure functions of a plan's rows.

A row is anything with the attributes of `shapecalc.infer.Row`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import ceil, gcd
from typing import TYPE_CHECKING, Any, Final

from shapecalc.dims import UNK, Dim, Sym, maximum, substitute
from shapecalc.layers.base import GLOBAL, Window
from shapecalc.shape import Shape, numel

if TYPE_CHECKING:
    from shapecalc.infer import Edge, Plan, Row

DTYPE_BYTES: Final = {
    "fp64": 8,
    "fp32": 4,
    "tf32": 4,
    "fp16": 2,
    "bf16": 2,
    "fp8": 1,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}
BATCH: Final = "N"
MAX_COMPARED: Final = 60


# Costs. --------------------------------------------------------------------------------------------------------------


def analyse(plan: Plan, dtype: str = "fp32") -> None:
    """Fills in what follows from the rows alone: activation bytes, totals and, once asked for, receptive fields."""
    env = {BATCH: 1} if isinstance(plan.network.batch, Sym) else {}
    rows = plan.layers
    set_activation_bytes(rows, DTYPE_BYTES[dtype], env)
    fields = ReceptiveFields(rows, list(plan.inputs.values()))
    for row in rows:
        row.fields = fields
    plan.totals = totals(rows, plan.output_edges, dtype)
    plan.dtype = dtype


def set_activation_bytes(rows: Sequence[Row], width: int, env: Mapping[str, Dim]) -> None:
    """Bytes that each layer allocates for its outputs, `width` an element, symbols put to `env`; blocks sum up."""
    known: dict[int, Dim] = {}
    blocks: list[tuple[int, Row, list[Dim]]] = []
    views = view_layers(rows)
    for row in rows:
        while blocks and blocks[-1][0] >= row.depth:
            close(blocks)
        if row.kind == "block":
            blocks.append((row.depth, row, []))
            continue
        if id(row.layer) not in views:
            shapes = row.out_shapes
            size = known.get(id(shapes))
            if size is None:
                size = known[id(shapes)] = substitute(elements(shapes) * width, env)
            row.activation_bytes = size
        if blocks:
            blocks[-1][2].append(row.activation_bytes)
    while blocks:
        close(blocks)


def close(blocks: list[tuple[int, Row, list[Dim]]]) -> None:
    """Ends the innermost block: its bytes are the sum of its layers', and count for the block around it."""
    _, block, sizes = blocks.pop()
    block.activation_bytes = add(sizes)
    if blocks:
        blocks[-1][2].append(block.activation_bytes)


def view_layers(rows: Sequence[Row]) -> set[int]:
    """Identities of the layers that allocate nothing: views and in-place operations."""
    layers = {id(row.layer): row.layer for row in rows if row.layer is not None}
    return {key for key, layer in layers.items() if not layer.allocates}


def elements(shapes: Iterable[Shape | None]) -> Dim:
    """Elements of all the tensors together; UNK where a shape is not known."""
    total: Dim = 0
    for shape in shapes:
        if shape is None:
            return UNK
        total = total + numel(shape)
    return total


def totals(rows: Sequence[Row], outputs: Sequence[Edge] = (), dtype: str = "fp32") -> dict[str, Any]:
    """The sums of the JSON's `totals`; only rows of kind `layer` count."""
    layers = [row for row in rows if row.kind == "layer"]
    params = add([row.params for row in layers])
    macs = add([row.macs for row in layers])
    return {
        "layers": len(layers),
        "params": params,
        "trainable_params": add([row.trainable_params for row in layers]),
        "buffers": add([row.buffers for row in layers]),
        "param_bytes": params * DTYPE_BYTES[dtype],
        "macs": macs,
        "flops": macs * 2,
        "activation_bytes": add([row.activation_bytes for row in layers]),
        "peak_activation_bytes": peak_activation_bytes(rows, outputs),
    }


def add(values: Sequence[Dim]) -> Dim:
    """The sum. Equal symbols are gathered first, for a network has few different ones and they add slowly."""
    if set(map(type, values)) <= {int}:
        return sum(values)
    counts: dict[Dim, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    total: Dim = 0
    for value, count in counts.items():
        total = total + value * count
    return total


# Memory. -------------------------------------------------------------------------------------------------------------


def peak_activation_bytes(rows: Sequence[Row], outputs: Sequence[Edge] = ()) -> Dim:
    """The most bytes of layer outputs that are alive at once while `rows` run in order.

    A tensor lives from the layer that allocates it to the last that reads it (a view or an in-place result keeps its
    base alive); the network's outputs live to the end. While a layer runs, its inputs and its outputs are both alive.
    The network's inputs are the caller's and do not count.
    """
    sizes = [row.activation_bytes if row.kind == "layer" else 0 for row in rows]  # a view's size is 0
    freed: list[Dim] = [0] * (len(rows) + 1)
    for size, last in zip(sizes, last_readers(rows, outputs), strict=True):
        freed[last] = freed[last] + size
    alive: Dim = 0
    highest = 0
    peaks: set[Dim] = set()
    for size, gone in zip(sizes, freed, strict=False):
        alive = alive + size
        if type(alive) is not int:
            peaks.add(alive)
        elif alive > highest:
            highest = alive
        alive = alive - gone
    return largest(highest, peaks)


def largest(number: int, symbolic: Collection[Dim]) -> Dim:
    """The maximum; UNK where too many symbolic values would have to be compared."""
    if len(symbolic) > MAX_COMPARED or UNK in symbolic:
        return UNK
    return maximum(number, *symbolic)


def last_readers(rows: Sequence[Row], outputs: Sequence[Edge]) -> list[int]:
    """For each row that owns memory the index of the last row that needs it: itself, where none reads it.

    What a view gives belongs to the layer it is a view of. A block owns nothing: the layers inside it do. What the
    network gives is needed for ever.
    """
    owners: list[int] = []
    last = list(range(len(rows)))
    views = view_layers(rows)
    for index, row in enumerate(rows):
        own = index
        if row.kind == "layer":
            for source, _ in row.edges:
                if source >= 0:
                    last[owners[source]] = index
            if id(row.layer) in views and row.edges and row.edges[0][0] >= 0:
                own = owners[row.edges[0][0]]
        owners.append(own)
    for source, _ in outputs:
        if source >= 0:
            last[owners[source]] = len(rows)
    return last


# Receptive field. ----------------------------------------------------------------------------------------------------

Number = Any  # int, or Fraction after a transposed convolution


class Field:
    """What the output element at position 0 of one axis sees: input positions `lo` to `hi`; `jump` to the next."""

    __slots__ = ("hi", "jump", "lo")

    def __init__(self, lo: Number = 0, hi: Number = 0, jump: Number = 1) -> None:
        self.lo, self.hi, self.jump = lo, hi, jump

    def through(self, window: Window) -> Field:
        """The field after one more window."""
        if window.transposed:
            return self.spread(window)
        lo = self.lo - window.padding * self.jump
        return Field(lo, self.hi + (window.extent - 1 - window.padding) * self.jump, self.jump * window.stride)

    def spread(self, window: Window) -> Field:
        """Through a transposed window: o reads the inputs i with o + padding = i*stride + dilation*k, 0 <= k < kernel.

        Of every stride/g taps one hits the grid (g = gcd(stride, dilation)), so at most ceil(kernel*g/stride) inputs
        are read, dilation/g apart.
        """
        from fractions import Fraction  # 3 ms, and few networks need it

        g = gcd(window.stride, window.dilation)
        reach = (-(-window.kernel * g // window.stride) - 1) * (window.dilation // g) * self.jump
        middle = Fraction(2 * window.padding - window.dilation * (window.kernel - 1), 2 * window.stride) * self.jump
        return Field(
            self.lo + middle - Fraction(reach, 2),
            self.hi + middle + Fraction(reach, 2),
            Fraction(self.jump) / window.stride,
        )

    def union(self, other: Field) -> Field:
        return Field(min(self.lo, other.lo), max(self.hi, other.hi), max(self.jump, other.jump))


Fields = tuple[Any, ...]  # one per spatial axis of the network's input: a Field, or GLOBAL where all of it is seen


class ReceptiveFields:
    """(receptive field, jump) of each row, per spatial axis of the network's input; (None, None) where unknown.

    Worked out when the first is asked for: few outputs show them. Branches that meet are united: the widest view
    counts. An axis that is seen whole has the input's size, and no jump.
    """

    __slots__ = ("found", "inputs", "rows")

    def __init__(self, rows: Sequence[Row], inputs: Sequence[Shape | None]) -> None:
        self.rows, self.inputs = rows, inputs
        self.found: list[tuple[Any, Any]] | None = None

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.found is None:
            self.found = receptive_fields(self.rows, self.inputs)
        return self.found[index]


def receptive_fields(rows: Sequence[Row], inputs: Sequence[Shape | None]) -> list[tuple[Any, Any]]:
    """(receptive field, jump) of every row. A block shows what its last layer shows."""
    whole = next((shape[2:] for shape in inputs if shape is not None and len(shape) > 2), ())
    starts = [None if shape is None or len(shape) < 3 else (Field(),) * (len(shape) - 2) for shape in inputs]
    walk = FieldWalk(starts, whole)
    out = [walk.visit(row) for row in rows]
    inside: dict[int, int] = {}
    for row in reversed(rows):
        if row.kind == "block":
            out[row.index] = out[inside.get(row.depth + 1, row.index)]
        inside = {depth: last for depth, last in inside.items() if depth <= row.depth}
        inside.setdefault(row.depth, row.index)
    return out


class FieldWalk:
    """The fields of all rows so far. The same layer on the same fields is worked out once."""

    __slots__ = ("fields", "known", "shown", "starts", "whole")

    def __init__(self, starts: Sequence[Fields | None], whole: Sequence[Dim]) -> None:
        self.starts, self.whole = starts, whole
        self.fields: list[Fields | None] = []
        self.known: dict[Any, Fields | None] = {}
        self.shown: dict[int, tuple[Any, Any]] = {}

    def visit(self, row: Row) -> tuple[Any, Any]:
        """The receptive field and jump of the next row."""
        arriving = [self.arriving(source) for source, _ in row.edges]
        key = (id(row.layer), *map(id, arriving))
        if key not in self.known:
            self.known[key] = output_fields(row, arriving)
        fields = self.known[key]
        self.fields.append(fields)
        if id(fields) not in self.shown:
            self.shown[id(fields)] = shown(fields, self.whole)
        return self.shown[id(fields)]

    def arriving(self, source: int) -> Fields | None:
        if source >= 0:
            return self.fields[source]
        return self.starts[-source - 1] if -source <= len(self.starts) else None


def output_fields(row: Row, arriving: Sequence[Fields | None]) -> Fields | None:
    """The fields of a row's output from those of its inputs."""
    known = [fields for fields in arriving if fields is not None]
    if not known:
        return None
    fields = united(known)
    if fields is None or row.layer is None or row.layer.broken or not row.in_shapes or row.in_shapes[0] is None:
        return fields
    windows = row.layer.windows(len(row.in_shapes[0]))
    if windows is None:
        return fields
    if isinstance(windows, str):
        return (GLOBAL,) * len(fields)
    if len(windows) != len(fields):
        return None
    return tuple(through(field, window) for field, window in zip(fields, windows, strict=True))


def through(field: Any, window: Window | str | None) -> Any:
    """The field of one axis after one more window."""
    if field is GLOBAL or window is None:
        return field
    return GLOBAL if isinstance(window, str) else field.through(window)


def united(arriving: Sequence[Fields]) -> Fields | None:
    """What is seen through any of the branches; None where they have different axes."""
    first = arriving[0]
    if len(arriving) == 1 or all(other is first for other in arriving):
        return first
    if any(len(other) != len(first) for other in arriving):
        return None
    return tuple(united_axis(axis) for axis in zip(*arriving, strict=True))


def united_axis(axis: Sequence[Any]) -> Any:
    if any(f is GLOBAL for f in axis):
        return GLOBAL
    out = axis[0]
    for other in axis[1:]:
        out = out.union(other)
    return out


def shown(fields: Fields | None, whole: Sequence[Dim]) -> tuple[Any, Any]:
    """Sizes and jumps as they are reported: whole numbers where they are, a partly seen input position counts."""
    if fields is None:
        return None, None
    sizes = tuple(size if f is GLOBAL else ceil(f.hi - f.lo) + 1 for f, size in zip(fields, whole, strict=True))
    if any(f is GLOBAL for f in fields):
        return sizes, None
    return sizes, tuple(tidy(f.jump) for f in fields)


def tidy(number: Number) -> int | float:
    """A whole number as int, a fraction (after a transposed convolution) as float."""
    return number.numerator if number.denominator == 1 else float(number)
