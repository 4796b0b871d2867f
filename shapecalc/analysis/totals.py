"""Totals and memory: pure functions of a plan's rows.

A row is anything with the attributes of `shapecalc.infer.Row`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.dims import UNK, Dim, Sym, maximum, substitute
from shapecalc.algebra.shape import Shape, numel
from shapecalc.analysis.receptive_fields import ReceptiveFields

if TYPE_CHECKING:
    from shapecalc.network.plan import Edge, Plan, Row

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
    values: dict[Dim, Dim] = {}
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
                size = known[id(shapes)] = elements([put_in(s, env, values) for s in shapes]) * width
            row.activation_bytes = size
        if blocks:
            blocks[-1][2].append(row.activation_bytes)
    while blocks:
        close(blocks)


def put_in(shape: Shape | None, env: Mapping[str, Dim], values: dict[Dim, Dim]) -> Shape | None:
    """The shape with symbols put to `env`; `values` remembers what each size came to."""
    if shape is None or not env:
        return shape
    for dim in shape:
        if type(dim) is not int and dim not in values:
            values[dim] = substitute(dim, env)
    return tuple([dim if type(dim) is int else values[dim] for dim in shape])


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
    """The sums of the JSON's `totals`; only rows of kind `layer` count.

    Where layers are not known, `partial` lists the sums that lack them; a sum of nothing that is known is UNK.
    """
    layers = [row for row in rows if row.kind == "layer"]
    partial: list[str] = []
    params = known_sum("params", [row.params for row in layers], partial)
    macs = known_sum("macs", [row.macs for row in layers], partial)
    found: dict[str, Any] = {
        "layers": len(layers),
        "params": params,
        "trainable_params": known_sum("trainable_params", [row.trainable_params for row in layers], partial),
        "buffers": known_sum("buffers", [row.buffers for row in layers], partial),
        "param_bytes": params * DTYPE_BYTES[dtype],
        "macs": macs,
        "flops": macs * 2,
        "activation_bytes": known_sum("activation_bytes", [row.activation_bytes for row in layers], partial),
        "peak_activation_bytes": peak_activation_bytes(rows, outputs),
    }
    if partial:
        if found["activation_bytes"] is UNK:
            found["peak_activation_bytes"] = UNK
        lacking = {*partial, *(FOLLOWS[name] for name in partial if name in FOLLOWS)}
        found["partial"] = [name for name in found if name in lacking and found[name] is not UNK]
    return found


#: Totals that lack what another one lacks.
FOLLOWS: Final = {"params": "param_bytes", "macs": "flops", "activation_bytes": "peak_activation_bytes"}


def known_sum(name: str, values: Sequence[Dim], partial: list[str]) -> Dim:
    """The sum of what is known; adds `name` to `partial` where something is not."""
    if set(map(type, values)) <= {int}:
        return sum(values)
    known = [value for value in values if value is not UNK]
    total = add(known)
    if len(known) == len(values):
        return total
    partial.append(name)
    return UNK if isinstance(total, int) and total == 0 else total


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
    The network's inputs are the caller's and do not count, nor does what is not known.
    """
    sizes = [row.activation_bytes if row.kind == "layer" else 0 for row in rows]  # a view's size is 0
    if UNK in sizes:
        sizes = [0 if size is UNK else size for size in sizes]
    freed: list[Dim] = [0] * (len(rows) + 1)
    for size, last in zip(sizes, last_readers(rows, outputs), strict=True):
        freed[last] = freed[last] + size
    alive: Dim = 0
    highest = 0
    peaks: dict[Dim, None] = {}
    for size, gone in zip(sizes, freed, strict=False):
        alive = alive + size
        if type(alive) is not int:
            peaks[alive] = None
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
