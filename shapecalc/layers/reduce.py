"""Reductions over axes: mean, sum, max, amax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axis_list
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example, Layer, Windows
from shapecalc.layers.merge import Function, folded
from shapecalc.layers.params import Bool, Ignored, Int, IntOrInts
from shapecalc.layers.places import whole_axes, without


class Reduction(Function, abstract=True):
    """Reduces axes to one value each: those in `dim`, or all. keepdim leaves them with size 1."""

    main = "dim"
    dim = IntOrInts(None, help="the axis or axes; left out: all")
    keepdim = Bool(False, exact=True, help="keep the reduced axes with size 1")
    needs_elements: ClassVar[bool] = False

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        chosen = self.chosen(ctx, x)
        if chosen is None:
            return None
        if self.needs_elements:
            check_elements(ctx, self.type, x, chosen, self.dim in (None, ()))
        return reduced(x, chosen, self.keepdim)

    def chosen(self, ctx: Context, x: Shape) -> list[int] | None:
        return list(range(len(x))) if self.dim in (None, ()) else axis_list(ctx, self.dim, x)

    def windows(self, rank: int) -> Windows:
        return whole_axes(rank, listed(self.dim) or range(rank))

    def places(self, x: Shape, y: Shape) -> Sequence[Sequence[int]] | None:
        return None if self.keepdim else without(len(x), listed(self.dim) or range(len(x)))


def listed(dim: int | tuple[int, ...] | None) -> tuple[int, ...]:
    return dim if isinstance(dim, tuple) else () if dim is None else (dim,)


def reduced(x: Shape, chosen: Sequence[int], keepdim: bool) -> Shape:
    gone = set(chosen)
    return tuple(1 if i in gone else n for i, n in enumerate(x) if keepdim or i not in gone)


def check_elements(ctx: Context, name: str, x: Shape, chosen: Sequence[int], whole: bool) -> None:
    """The largest of nothing does not exist."""
    empty = [i for i in chosen if i < len(x) and x[i] == 0]
    if empty:
        where = "" if whole else f" along axis {empty[0]}"
        ctx.error("shape-mismatch", f"{name} of no elements{where}", at="input", note=f"input {format_shape(x)}")


def check_keepdim(layer: Layer, ctx: Context) -> None:
    """PyTorch takes keepdim only together with dim."""
    if "keepdim" in layer.__dict__.get("given", ()):
        ctx.error("missing-argument", f"keepdim of {layer.type} needs dim", at="keepdim", help="add `dim: -1`")


class Mean(Reduction):
    """Mean over axes, or over all: (N, C, H, W) -> (N, C) for dim [2, 3]."""

    type = "mean"
    dtype = Ignored(help="type of the result")
    examples: ClassVar[Sequence[Example]] = (
        Example({"dim": [2, 3]}, [(2, 8, 7, 7)], [(2, 8)]),
        Example({"dim": -1, "keepdim": True}, [(2, 8)], [(2, 1)]),
        Example({}, [(2, 8)], [()]),
    )

    def construct(self, ctx: Context) -> None:
        if "dim" not in self.__dict__.get("given", ()):
            check_keepdim(self, ctx)


class Sum(Mean):
    """Sum over axes, or over all: (N, L, E) -> (N, E) for dim 1."""

    type = "sum"
    examples = (Example({"dim": 1}, [(2, 5, 8)], [(2, 8)]),)


class Amax(Reduction):
    """Largest value over axes, or over all: (N, C, L) -> (N, C) for dim -1."""

    type = "amax"
    needs_elements = True
    examples = (Example({"dim": -1}, [(2, 8, 7)], [(2, 8)]),)


class Max(Function):
    """Largest value of all (a scalar), along `dim` (values and indices), or of two tensors element by element."""

    type = "max"
    arity = (1, 2)
    main = "dim"
    dim = Int(None, help="the axis; left out: all of them")
    keepdim = Bool(False, exact=True, help="keep the reduced axis with size 1")
    examples = (
        Example({"dim": 1}, [(2, 8, 7)], [(2, 7), (2, 7)]),
        Example({}, [(2, 8)], [()]),
    )

    def construct(self, ctx: Context) -> None:
        if self.dim is None:
            check_keepdim(self, ctx)

    def output(self, ctx: Context, *xs: Shape) -> Shape | list[Shape | None] | None:
        x = xs[0]
        if len(xs) == 2:
            if self.dim is not None:
                ctx.error("input-count", "max along an axis takes one input, 2 arrive", at="dim")
            return folded(ctx, xs, "take the maximum of")
        chosen = list(range(len(x))) if self.dim is None else axis_list(ctx, self.dim, x)
        if chosen is None:
            return [None, None]
        check_elements(ctx, "max", x, chosen, self.dim is None)
        y = reduced(x, chosen, self.keepdim)
        return y if self.dim is None else [y, y]

    def windows(self, rank: int) -> Windows | None:
        return None if self.dim is None else whole_axes(rank, (self.dim,))

    def places(self, x: Shape, y: Shape) -> Sequence[Sequence[int]] | None:
        return None if self.keepdim or len(x) == len(y) else without(len(x), listed(self.dim) or range(len(x)))
