"""Where the axes of a layer's input go, and which of them it reads whole: what receptive fields are traced by.

Places: for each axis of the input the axes of the output that it becomes (none for one that is gone).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shapecalc.algebra.dims import Dim, less
from shapecalc.algebra.shape import Shape
from shapecalc.layers.layer import GLOBAL, Windows

Places = Sequence[Sequence[int]]


def whole_axes(rank: int, dims: Iterable[int]) -> Windows:
    """`windows` of a layer that reads the axes `dims` whole and the others element by element."""
    chosen = {d % rank for d in dims if -rank <= d < rank}
    return [GLOBAL if axis in chosen else None for axis in range(rank)]


def without(rank: int, dims: Iterable[int]) -> Places:
    """The axes `dims` are gone."""
    gone = {d % rank for d in dims if -rank <= d < rank}
    kept = [axis for axis in range(rank) if axis not in gone]
    return [() if axis in gone else (kept.index(axis),) for axis in range(rank)]


def with_new(rank: int, dim: int) -> Places:
    """A new axis stands at `dim` of the output."""
    at = dim % (rank + 1)
    return [(axis + (axis >= at),) for axis in range(rank)]


def reordered(order: Sequence[int]) -> Places:
    """Axis i of the output is axis order[i] of the input."""
    rank = len(order)
    turned = [d % rank for d in order]
    return [(turned.index(axis),) for axis in range(rank)]


def regrouped(x: Shape, y: Shape) -> Places:
    """The same elements in another shape: axes are joined and split in groups of equal size, as far as can be told.

    An axis of size 1 goes nowhere: all that it holds is seen everywhere.
    """
    places: list[tuple[int, ...]] = [()] * len(x)
    old = [i for i, n in enumerate(x) if n != 1]
    new = [i for i, n in enumerate(y) if n != 1]
    while old and new:
        mine, theirs = group(x, y, old, new)
        for i in mine:
            places[i] = tuple(theirs)
    return places


def group(x: Shape, y: Shape, old: list[int], new: list[int]) -> tuple[list[int], list[int]]:
    """The next axes of both that have the same number of elements, taken from `old` and `new`; all of them where
    symbols cannot be compared."""
    mine, theirs = [old.pop(0)], [new.pop(0)]
    a: Dim = x[mine[0]]
    b: Dim = y[theirs[0]]
    while a != b and (old or new):
        if new and (less(b, a) is True or not old):
            theirs.append(new.pop(0))
            b = b * y[theirs[-1]]
        elif old and (less(a, b) is True or not new):
            mine.append(old.pop(0))
            a = a * x[mine[-1]]
        else:
            mine, theirs = [*mine, *old], [*theirs, *new]
            old.clear()
            new.clear()
    return mine, theirs
