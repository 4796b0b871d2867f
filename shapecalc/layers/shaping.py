"""Other shapes of the same elements: flatten, reshape, permute, slice and the other views, and roll.

Whether a view of a non-contiguous tensor is possible is not modelled: `view` answers as `reshape` does.
"""

from __future__ import annotations

from typing import Any

from shapecalc.algebra.conditions import Condition
from shapecalc.algebra.dims import UNK, Dim, ceildiv, format_dim, less_equal, maximum, minimum, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import axes, axis, axis_list, infer_sizes, product_text, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import MOVES_AXES, RESHAPING
from shapecalc.layers.layer import Example, Layer, Shapes, Window, Windows
from shapecalc.layers.params import Count, Int, IntOrInts, Ints
from shapecalc.layers.places import Places, regrouped, reordered, with_new, without


class View(Layer, abstract=True):
    """Base of what only looks at the same memory differently."""

    allocates = False


class Flatten(View, kinds=RESHAPING):
    """Joins the axes start_dim to end_dim into one: (N, C, H, W) -> (N, C*H*W)."""

    main = "start_dim"
    start_dim = Int(1, help="first axis that is joined")
    end_dim = Int(-1, help="last axis that is joined")
    examples = (
        Example({}, [(32, 1, 5, 5)], [(32, 25)]),
        Example({"start_dim": 0, "end_dim": 2}, [(32, 1, 5, 5)], [(160, 5)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        start, end = axis(ctx, self.start_dim, x, "start_dim"), axis(ctx, self.end_dim, x, "end_dim")
        if start is None or end is None:
            return None
        if start > end:
            ctx.error(
                "invalid-argument",
                f"start_dim {self.start_dim} comes after end_dim {self.end_dim}",
                at="start_dim",
                note=f"input {format_shape(x)}: start_dim is axis {start}, end_dim is axis {end}",
                help=f"write `start_dim: {end}` and `end_dim: {start}`",
            )
            return None
        return (*x[:start], numel(x[start : end + 1]), *x[end + 1 :])

    def places(self, x: Shape, y: Shape) -> Places:
        return regrouped(x, y)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        if x is None or y is None or not x:
            return []
        first, last = self.start_dim % len(x), self.end_dim % len(x)
        return [f"axes {first} to {last}: {product_text(x[first : last + 1])} = {format_dim(y[first])}"]


class Unflatten(View, kinds=RESHAPING | MOVES_AXES):
    """Splits one axis into several: (N, 50) -> (N, 2, 5, 5) for dim 1 and sizes [2, 5, 5]. One size may be -1."""

    main = "unflattened_size"
    dim = Int(help="the axis to split")
    unflattened_size = Ints(single=False, help="the sizes it becomes; one may be -1")
    examples = (
        Example({"dim": 1, "unflattened_size": [2, 5, 5]}, [(2, 50)], [(2, 2, 5, 5)]),
        Example({"dim": -1, "unflattened_size": [4, -1]}, [(2, 3, 12)], [(2, 3, 4, 3)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if not has_axes(ctx, x, "Unflatten"):
            return None
        index = axis(ctx, self.dim, x)
        if index is None:
            return None
        if not self.unflattened_size:
            ctx.error("invalid-argument", "unflattened_size is empty", at="unflattened_size")
            return None
        sizes = infer_sizes(ctx, self.unflattened_size, x[index], [x[index]], "unflattened_size")
        return (*x[:index], *sizes, *x[index + 1 :])

    def places(self, x: Shape, y: Shape) -> Places:
        return regrouped(x, y)


def has_axes(ctx: Context, x: Shape, what: str) -> bool:
    if x:
        return True
    ctx.error("rank-mismatch", f"{what} needs an input of at least 1 axis, got a scalar", at="input")
    return False


class Reshape(View, kinds=RESHAPING | MOVES_AXES):
    """The same elements in another shape, in order: (2, 3, 4) -> (6, 4) for shape [6, 4]. One size may be -1."""

    type = "reshape"
    function = True
    main = "shape"
    shape = Ints(help="the new shape, batch included; one size may be -1: what is left over")
    examples = (Example({"shape": [4, -1]}, [(4, 3, 2)], [(4, 6)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return infer_sizes(ctx, self.shape, numel(xs[0]), xs[0], "shape")

    def places(self, x: Shape, y: Shape) -> Places:
        return regrouped(x, y)

    def guess(self) -> Shape | None:
        return guessed(self.shape)


class ViewAs(Reshape):
    """The same elements in another shape, in order, as `reshape`; that the memory allows it is taken for granted."""

    type = "view"
    names = ()
    examples = (Example({"shape": [4, -1]}, [(4, 3, 2)], [(4, 6)]),)


def guessed(sizes: tuple[int, ...] | None) -> Shape | None:
    """What sizes say without an input: -1 is open."""
    return None if sizes is None else tuple(UNK if n == -1 else n for n in sizes)


class Permute(View, kinds=MOVES_AXES):
    """Puts the axes into the order `dims`: (N, H, W, C) -> (N, C, H, W) for [0, 3, 1, 2]."""

    type = "permute"
    function = True
    main = "dims"
    dims = Ints(single=False, help="for every axis of the output the axis it was")
    examples = (Example({"dims": [0, 3, 1, 2]}, [(2, 8, 9, 3)], [(2, 3, 8, 9)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if len(self.dims) != len(x):
            ctx.error(
                "rank-mismatch",
                f"dims has {len(self.dims)} entries for an input of {axes(len(x))}",
                at="dims",
                note=f"input {format_shape(x)}",
                help=f"name each axis from 0 to {len(x) - 1} once" if x else None,
            )
            return (UNK,) * len(x)
        order = axis_list(ctx, self.dims, x, "dims")
        return None if order is None else tuple(x[i] for i in order)

    def places(self, x: Shape, y: Shape) -> Places | None:
        return reordered(self.dims) if len(set(self.dims)) == len(x) else None


class Transpose(View, kinds=MOVES_AXES):
    """Swaps two axes: (N, L, E) -> (N, E, L) for 1 and 2."""

    type = "transpose"
    function = True
    main = None
    dim0 = Int(help="one axis")
    dim1 = Int(help="the other axis")
    examples = (Example({"dim0": 1, "dim1": 2}, [(2, 5, 8)], [(2, 8, 5)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        a, b = axis(ctx, self.dim0, x, "dim0"), axis(ctx, self.dim1, x, "dim1")
        if a is None or b is None:
            return None
        out = list(x)
        if out:
            out[a], out[b] = out[b], out[a]
        return tuple(out)

    def places(self, x: Shape, y: Shape) -> Places:
        order = list(range(len(x)))
        order[self.dim0], order[self.dim1] = order[self.dim1], order[self.dim0]
        return reordered(order)


class Squeeze(View, kinds=RESHAPING):
    """Drops axes of size 1: all of them, or those in `dim` that have size 1. (N, 1, H, W) -> (N, H, W) for dim 1."""

    type = "squeeze"
    function = True
    main = "dim"
    dim = IntOrInts(None, help="the axis or axes to drop where their size is 1; left out: all")
    examples = (
        Example({"dim": 1}, [(2, 1, 4)], [(2, 4)]),
        Example({}, [(1, 2, 1, 4)], [(2, 4)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        chosen = list(range(len(x))) if self.dim is None else axis_list(ctx, self.dim, x)
        if chosen is None or any(x[i] is UNK for i in chosen if i < len(x)):
            return None
        dropped = set(chosen)
        return tuple(n for i, n in enumerate(x) if i not in dropped or keeps(ctx, n))

    def places(self, x: Shape, y: Shape) -> Places:
        chosen = range(len(x)) if self.dim is None else self.dim if isinstance(self.dim, tuple) else (self.dim,)
        return without(len(x), [i for i in chosen if -len(x) <= i < len(x) and x[i] == 1])


def keeps(ctx: Context, n: Dim) -> bool:
    """Whether squeezing leaves an axis of size n: unless it is 1, which a symbol is taken not to be."""
    verdict = same(n, 1)
    if verdict is None:
        ctx.need(None, Condition("unequal", n, 1))
    return verdict is not True


class Unsqueeze(View, kinds=RESHAPING):
    """Puts an axis of size 1 before axis `dim`: (N, L) -> (N, 1, L) for dim 1."""

    type = "unsqueeze"
    function = True
    main = "dim"
    dim = Int(help="where the new axis stands in the output")
    examples = (Example({"dim": 1}, [(2, 4)], [(2, 1, 4)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        limit = len(x) + 1
        if not -limit <= self.dim < limit:
            axis(ctx, self.dim, (*x, 1), "dim")
            return None
        index = self.dim % limit
        return (*x[:index], 1, *x[index:])

    def places(self, x: Shape, y: Shape) -> Places:
        return with_new(len(x), self.dim)


class Expand(View):
    """Repeats axes of size 1 without copying: (N, 1, E) -> (N, L, E) for sizes [-1, L, -1]. -1 keeps an axis."""

    type = "expand"
    function = True
    main = "sizes"
    sizes = Ints(short=("size",), help="the size of every axis of the output; -1 keeps it")
    examples = (Example({"sizes": [3, 4]}, [(3, 1)], [(3, 4)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        lead = len(self.sizes) - len(x)
        if lead < 0:
            ctx.error(
                "rank-mismatch",
                f"sizes has {len(self.sizes)} entries, the input {axes(len(x))}",
                at="sizes",
                note=f"input {format_shape(x)}; axes may be added in front, none dropped",
            )
            return None
        return tuple(self.size(ctx, x, i, i - lead) for i in range(len(self.sizes)))

    def places(self, x: Shape, y: Shape) -> Places:
        return [(i + len(y) - len(x),) for i in range(len(x))]

    def size(self, ctx: Context, x: Shape, place: int, own: int) -> Dim:
        """The size at `place`, which is the input's axis `own` or, below 0, a new one."""
        wish: Dim = self.sizes[place]
        if wish == -1 and own >= 0:
            return x[own]
        if isinstance(wish, int) and wish < 0:
            why = "a new axis in front needs a size" if wish == -1 else "only -1 may stand for the size of the input"
            ctx.error(
                "invalid-argument",
                f"sizes has {wish} at place {place}: {why}",
                at="sizes",
                note=f"input {format_shape(x)}",
            )
            return UNK
        if own >= 0 and x[own] != 1 and not ctx.failed and not ctx.equal(x[own], wish):
            fixed = [*self.sizes[:place], x[own], *self.sizes[place + 1 :]]
            ctx.error(
                "shape-mismatch",
                f"axis {own} has size {format_dim(x[own])} and cannot be expanded to {format_dim(wish)}",
                at="sizes",
                note=f"input {format_shape(x)}; only axes of size 1 can be expanded",
                help=f"write `{sizes_text(fixed)}`",
                replace=fixed,
            )
        return wish

    def guess(self) -> Shape | None:
        return guessed(self.sizes)


class Place(Count):
    """A position along an axis: an integer, negative ones counted from the end, or a symbol."""

    kind = "integer"
    hi = None

    def __init__(self, default: Any, **common: Any) -> None:
        super().__init__(default, lo=None, **common)


class Slice(View):
    """Takes start, start + step, ... below end on one axis: ceil((end - start)/step) elements.

    Negative positions count from the end; positions outside are moved to the ends, as in x[start:end:step].
    """

    type = "slice"
    function = True
    main = None
    dim = Int(0, help="the axis")
    start = Place(None, help="first position; left out: 0")
    end = Place(None, help="position to stop before; left out: the size")
    step = Int(1, lo=1, help="distance between positions")
    examples = (
        Example({"dim": 1, "start": 1}, [(2, 197, 768)], [(2, 196, 768)]),
        Example({"dim": 0, "start": 0, "end": -1, "step": 2}, [(10, 3)], [(5, 3)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if not has_axes(ctx, x, "slice"):
            return None
        index = axis(ctx, self.dim, x)
        if index is None:
            return None
        n = x[index]
        start = 0 if self.start is None else position(self.start, n)
        end = n if self.end is None else position(self.end, n)
        return (*x[:index], ceildiv(maximum(end - start, 0), self.step), *x[index + 1 :])

    def windows(self, rank: int) -> Windows:
        # a start counted from the end shifts by what the size says, which only matters where branches meet
        start = self.start if isinstance(self.start, int) and self.start > 0 else 0
        window = Window(1, self.step, -start)
        return [window if i == self.dim % max(rank, 1) else None for i in range(rank)]


def position(at: Dim, n: Dim) -> Dim:
    """A slice's position moved into 0..n; a negative one counts from the end."""
    if less_equal(0, at) is False:
        return maximum(n + at, 0)
    return minimum(at, n)


class Select(View):
    """Takes one position of an axis and drops the axis: (N, L, E) -> (N, E) for dim 1, index 0."""

    type = "select"
    function = True
    main = "index"
    dim = Int(help="the axis")
    index = Int(help="the position; negative ones count from the end")
    examples = (Example({"dim": 1, "index": 0}, [(2, 197, 768)], [(2, 768)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if not has_axes(ctx, x, "select"):
            return None
        place = axis(ctx, self.dim, x)
        if place is None:
            return None
        n = x[place]
        if not ctx.at_least(n, self.index + 1 if self.index >= 0 else -self.index):
            ctx.error(
                "axis-out-of-range",
                f"index {self.index} is out of range: axis {place} has size {format_dim(n)}",
                at="index",
                note=f"input {format_shape(x)}",
                help=f"write `index: {n - 1 if self.index > 0 else 0}`" if isinstance(n, int) and n > 0 else None,
                replace=n - 1 if isinstance(n, int) and n > 0 else None,
            )
        return (*x[:place], *x[place + 1 :])

    def places(self, x: Shape, y: Shape) -> Places:
        return without(len(x), (self.dim,))


class Roll(Layer, kinds=MOVES_AXES):
    """Moves the elements round along axes; what leaves at one end enters at the other. The shape stays."""

    type = "roll"
    function = True
    main = "shifts"
    shifts = Ints(help="how far, one number per axis of `dims`")
    dims = Ints((), help="the axes; left out: the tensor is rolled as if flat")
    examples = (Example({"shifts": [-3, -3], "dims": [1, 2]}, [(1, 56, 56, 96)], [(1, 56, 56, 96)]),)

    def construct(self, ctx: Context) -> None:
        if not self.shifts:
            ctx.error("invalid-argument", "shifts is empty", at="shifts")
        elif len(self.shifts) != max(len(self.dims), 1):
            ctx.error(
                "invalid-argument",
                f"{len(self.shifts)} shifts for {axes(max(len(self.dims), 1))}",
                at="shifts",
                note="roll takes one shift per axis in dims" if self.dims else "without dims roll takes one shift",
                help="give as many shifts as dims",
            )

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        x = xs[0]
        if not x and self.dims:
            ctx.error("axis-out-of-range", "dims names an axis of a scalar", at="dims", help="leave `dims` out")
        elif all(n != 0 for n in x):  # an empty tensor comes back as it is
            for dim in self.dims:
                if axis(ctx, dim, x, "dims") is None:
                    break
        return x
