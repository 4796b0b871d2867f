"""CosineSimilarity and PairwiseDistance: one number for each pair of vectors, inputs broadcast."""

from __future__ import annotations

from shapecalc.algebra.dims import format_dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axis, broadcast, mismatch_note
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example, Layer, Shapes, Windows
from shapecalc.layers.params import Bool, Float, Int
from shapecalc.layers.places import Places, whole_axes, without


class Distance(Layer, abstract=True):
    """Two inputs that broadcast to each other."""

    arity = (2, 2)

    def joined(self, ctx: Context, a: Shape, b: Shape) -> Shape:
        both, wrong = broadcast(ctx, a, b)
        if wrong is not None:
            ctx.error(
                "shape-mismatch",
                f"the inputs of {self.type} do not broadcast: {format_shape(a)} and {format_shape(b)}",
                at="input.1",
                note=mismatch_note(a, b, wrong),
            )
        return both


class CosineSimilarity(Distance):
    """x1*x2/(|x1|*|x2|) along dim, which goes: (*, D, *), (*, D, *) -> (*, *)."""

    main = "dim"
    dim = Int(1, help="the axis of the vectors")
    eps = Float(1e-8, lo=0, help="least value of the divisor")
    examples = (Example({"dim": 1}, [(8, 64), (8, 64)], [(8,)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        x = self.joined(ctx, *xs)
        if ctx.failed:
            return x[:-1]
        index = axis(ctx, self.dim, x)
        return x if index is None else (*x[:index], *x[index + 1 :])

    def windows(self, rank: int) -> Windows:
        return whole_axes(rank, (self.dim,))

    def places(self, x: Shape, y: Shape) -> Places | None:
        return without(len(x), (self.dim,)) if len(x) == len(y) + 1 else None

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        return [f"y = sum of x1*x2 along axis {self.dim} / max(|x1|*|x2|, eps)", f"axis {self.dim} goes"]


class PairwiseDistance(Distance):
    """p-norm of x1 - x2 along the last axis, which goes: (*, D), (*, D) -> (*), or (*, 1) with keepdim."""

    main = "p"
    p = Float(2.0, help="which norm; 2: euclidean")
    eps = Float(1e-6, help="added to the difference")
    keepdim = Bool(False, exact=True, help="keep the last axis, of size 1")
    examples = (Example({}, [(8, 64), (8, 64)], [(8,)]), Example({"keepdim": True}, [(8, 64), (8, 64)], [(8, 1)]))

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        x = self.joined(ctx, *xs)
        if x and x[-1] == 0 and (self.p < 0 or self.p == float("inf")) and not any(d == 0 for d in x[:-1]):
            ctx.error(
                "shape-mismatch",
                f"the norm for p {self.p:g} of no elements does not exist",
                at="input",
                note=f"the last axis of {format_shape(x)} is empty",
            )
        return (*x[:-1], 1) if self.keepdim and x else x[:-1]

    def windows(self, rank: int) -> Windows:
        return whole_axes(rank, (-1,))

    def places(self, x: Shape, y: Shape) -> Places | None:
        return None if self.keepdim else without(len(x), (-1,))

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        d = "" if xs[0] is None or not xs[0] else f" of {format_dim(xs[0][-1])}"
        return [f"y = (sum of |x1 - x2 + eps|^{self.p:g})^(1/{self.p:g}) along the last axis{d}"]
