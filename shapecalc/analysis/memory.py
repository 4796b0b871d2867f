"""Memory of activations: what each layer allocates, and the most that is alive at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.dims import UNK, Dim, maximum, substitute
from shapecalc.algebra.shape import Shape, numel

if TYPE_CHECKING:
    from shapecalc.network.plan import Edge, Row

MAX_COMPARED: Final = 60


def activation_bytes(rows: Sequence[Row], width: int, env: Mapping[str, Dim]) -> list[Dim]:
    """Bytes that each row allocates for its outputs, at `width` bytes an element and with symbols replaced as in
    `env`. Views and in-place operations allocate none; a block has the sum of its layers."""
    sizes: list[Dim] = [0] * len(rows)
    inside: dict[int, list[Dim]] = {}
    open_blocks: list[int] = []
    by_shapes: dict[int, Dim] = {}  # by identity: the shapes live as long as the rows
    replaced: dict[Dim, Dim] = {}
    views = view_layers(rows)
    for index, row in enumerate(rows):
        del open_blocks[row.depth :]
        if row.kind == "block":
            open_blocks.append(index)
            inside[index] = []
            continue
        if id(row.layer) not in views:
            shapes = row.out_shapes
            if id(shapes) not in by_shapes:
                by_shapes[id(shapes)] = elements([substituted(s, env, replaced) for s in shapes]) * width
            sizes[index] = by_shapes[id(shapes)]
        for block in open_blocks:
            inside[block].append(sizes[index])
    for block, values in inside.items():
        sizes[block] = summed(values)
    return sizes


def substituted(shape: Shape | None, env: Mapping[str, Dim], replaced: dict[Dim, Dim]) -> Shape | None:
    """The shape with symbols replaced as in `env`; `replaced` caches the result for each size."""
    if shape is None or not env:
        return shape
    for dim in shape:
        if type(dim) is not int and dim not in replaced:
            replaced[dim] = substitute(dim, env)
    return tuple([dim if type(dim) is int else replaced[dim] for dim in shape])


def view_layers(rows: Sequence[Row]) -> set[int]:
    """Identities of the layers that allocate nothing: views and in-place operations."""
    layers = {id(row.layer): row.layer for row in rows if row.layer is not None}
    return {key for key, layer in layers.items() if not layer.allocates}


def elements(shapes: Iterable[Shape | None]) -> Dim:
    """Elements of all the tensors together; UNK if a shape is not known."""
    total: Dim = 0
    for shape in shapes:
        if shape is None:
            return UNK
        total = total + numel(shape)
    return total


def summed(values: Sequence[Dim]) -> Dim:
    """The sum. Equal symbols are gathered first: a network has few different ones, and they add slowly."""
    if set(map(type, values)) <= {int}:
        return sum(values)
    counts: dict[Dim, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    total: Dim = 0
    for value, count in counts.items():
        total = total + value * count
    return total


# Alive at once. ------------------------------------------------------------------------------------------------------


def peak_activation_bytes(rows: Sequence[Row], allocated: Sequence[Dim], outputs: Sequence[Edge] = ()) -> Dim:
    """The most bytes of layer outputs that are alive at once while `rows` run in order; `allocated`: bytes by row.

    A tensor lives from the layer that allocates it to the last that reads it (a view or an in-place result keeps its
    base alive); the network's outputs live to the end. While a layer runs, its inputs and its outputs are both alive.
    The network's inputs belong to the caller and do not count. Unknown sizes do not count either.
    """
    sizes: list[Dim] = [
        0 if row.kind != "layer" or size is UNK else size for row, size in zip(rows, allocated, strict=True)
    ]
    freed: list[Dim] = [0] * (len(rows) + 1)
    for size, last in zip(sizes, last_readers(rows, outputs), strict=True):
        freed[last] = freed[last] + size
    alive: Dim = 0
    highest = 0
    symbolic: dict[Dim, None] = {}
    for size, gone in zip(sizes, freed, strict=False):
        alive = alive + size
        if type(alive) is not int:
            symbolic[alive] = None
        elif alive > highest:
            highest = alive
        alive = alive - gone
    return largest(highest, symbolic)


def largest(number: int, symbolic: Collection[Dim]) -> Dim:
    """The maximum; UNK if too many symbolic values would have to be compared."""
    if len(symbolic) > MAX_COMPARED or UNK in symbolic:
        return UNK
    return maximum(number, *symbolic)


def last_readers(rows: Sequence[Row], outputs: Sequence[Edge]) -> list[int]:
    """For each row that owns memory the index of the last row that needs it; its own index if none reads it.

    The memory of a view belongs to the layer it is a view of. A block owns none: the layers inside it do. The
    network's outputs are needed to the end.
    """
    owners: list[int] = []
    last = list(range(len(rows)))
    views = view_layers(rows)
    for index, row in enumerate(rows):
        owner = index
        if row.kind == "layer":
            for source, _ in row.edges:
                if source >= 0:
                    last[owners[source]] = index
            if id(row.layer) in views and row.edges and row.edges[0][0] >= 0:
                owner = owners[row.edges[0][0]]
        owners.append(owner)
    for source, _ in outputs:
        if source >= 0:
            last[owners[source]] = len(rows)
    return last
