"""The function scaled_dot_product_attention."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.algebra.dims import Dim, format_dim
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import broadcast, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.layer import GLOBAL, Example, Shapes, Window
from shapecalc.layers.merge import Function, report_broadcast
from shapecalc.layers.params import Bool, Float


class Attention(Function):
    """softmax(query @ key^T * scale) @ value: (*, L, E), (*, S, E), (*, S, Ev) -> (*, L, Ev), a mask as 4th input.

    MACs: batch*L*S*(E + Ev), the two matrix products.
    """

    type = "scaled_dot_product_attention"
    names = ("sdpa",)
    arity = (3, 4)
    main = "is_causal"
    dropout_p = Float(0.0, help="dropout on the attention weights")
    is_causal = Bool(False, exact=True, help="position i sees positions up to i only")
    scale = Float(None, help="factor of the scores; left out: 1/sqrt(E)")
    enable_gqa = Bool(False, exact=True, help="fewer heads (axis -3) in key and value, each for several of the query")
    examples = (
        Example({}, [(2, 4, 10, 16), (2, 4, 12, 16), (2, 4, 12, 8)], [(2, 4, 10, 8)], macs=2 * 4 * 10 * 12 * 24),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        for index, x in enumerate(xs[:3]):
            if len(x) < 2:
                name = ("query", "key", "value")[index]
                ctx.error(
                    "rank-mismatch",
                    f"the {name} needs 2 axes or more (..., length, features), got {len(x)}",
                    at=f"input.{index}",
                    note=f"input {format_shape(x)}",
                )
                return None
        if nothing_to_attend(xs):
            return (*xs[0][:-1], xs[2][-1])
        return self.attended(ctx, xs)

    def attended(self, ctx: Context, xs: Sequence[Shape]) -> Shape:
        if self.dropout_p > 1:
            ctx.error("invalid-argument", f"dropout_p must be at most 1, not `{self.dropout_p}`", at="dropout_p")
        if len(xs) == 4 and self.is_causal:
            ctx.error(
                "invalid-argument",
                "is_causal and a mask exclude each other",
                at="is_causal",
                help="leave `is_causal` out",
            )
        q, k, v = xs[0], *self.grouped(ctx, xs)
        self.check_inner(ctx, q, k, v)
        scores = self.joined(ctx, q, k, 1)
        if len(xs) == 4 and not self.is_causal:
            self.check_mask(ctx, (*scores, q[-2], k[-2]), xs)
        return (*self.joined(ctx, (*scores, 0, 0), v, 2), q[-2], v[-1])

    def grouped(self, ctx: Context, xs: Sequence[Shape]) -> tuple[Shape, Shape]:
        """Key and value with their heads repeated to those of the query."""
        q, k, v = xs[0], xs[1], xs[2]
        if not self.enable_gqa:
            return k, v
        if min(len(q), len(k), len(v)) < 3:
            ctx.error(
                "rank-mismatch", "enable_gqa needs 3 axes or more (..., heads, length, features)", at="enable_gqa"
            )
            return k, v
        grown = self.repeated(ctx, q, k, 1)
        return grown, self.repeated(Context() if ctx.failed else ctx, q, v, 2)

    def repeated(self, ctx: Context, q: Shape, x: Shape, index: int) -> Shape:
        if x[-3] == 0 or not ctx.divisible(q[-3], x[-3]):
            ctx.error(
                "not-divisible",
                f"the query's {format_dim(q[-3])} heads are not a multiple of {format_dim(x[-3])}",
                at=f"input.{index}",
                note=f"query {format_shape(q)}, {('key', 'value')[index - 1]} {format_shape(x)}",
            )
        return (*x[:-3], q[-3], *x[-2:])

    def check_inner(self, ctx: Context, q: Shape, k: Shape, v: Shape) -> None:
        if not ctx.equal(q[-1], k[-1]):
            ctx.error(
                "feature-mismatch",
                f"the key has {format_dim(k[-1])} features, expected the query's {format_dim(q[-1])}",
                at="input.1",
                note=f"query {format_shape(q)}, key {format_shape(k)}",
            )
        elif not ctx.equal(k[-2], v[-2]):
            ctx.error(
                "shape-mismatch",
                f"the value has length {format_dim(v[-2])}, expected the key's {format_dim(k[-2])}",
                at="input.2",
                note=f"key {format_shape(k)}, value {format_shape(v)}",
            )

    def joined(self, ctx: Context, a: Shape, b: Shape, index: int) -> Shape:
        batch, wrong = broadcast(ctx, a[:-2], b[:-2])
        if wrong is not None and not ctx.failed:
            report_broadcast(ctx, "attend over batches", a[:-2], b[:-2], wrong, index)
        return batch

    def check_mask(self, ctx: Context, weights: Shape, xs: Sequence[Shape]) -> None:
        mask = xs[3]
        wrong = broadcast(ctx, weights, mask)[1]
        spare = [i for i in range(1, len(mask) + 1) if i > len(weights) or (weights[-i] == 1 and mask[-i] != 1)]
        if (wrong is not None or spare) and not ctx.failed:
            ctx.error(
                "shape-mismatch",
                f"the mask {format_shape(mask)} does not broadcast to the attention weights {format_shape(weights)}",
                at="input.3",
                note=f"weights are (..., L, S) = (..., {format_dim(weights[-2])}, {format_dim(weights[-1])})",
                help=f"give a mask {sizes_text(weights[-2:])}",
            )
        elif len(mask) < 2 and not self.dropout_p > 0 and same_heads(xs):
            ctx.error(
                "rank-mismatch",
                f"the mask needs 2 axes or more (L, S), got {len(mask)}",
                at="input.3",
                note="PyTorch's fused attention on (N, heads, L, E) refuses it",
                help="unsqueeze the mask",
            )

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        q, k, v, y = xs[0], xs[1], xs[2], ys[0]
        if q is None or k is None or v is None or y is None or nothing_to_attend((q, k, v)):
            return 0
        ctx = Context()
        scores = broadcast(ctx, q[:-2], self.grouped(ctx, (q, k, v))[0][:-2])[0]
        return numel(scores) * q[-2] * k[-2] * q[-1] + numel(y) * k[-2]

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL


def nothing_to_attend(xs: Sequence[Shape]) -> bool:
    """No query or an empty value: PyTorch then looks at nothing else."""
    return xs[0][-2] == 0 or 0 in xs[2]


def same_heads(xs: Sequence[Shape]) -> bool:
    """Whether query, key and value are (N, heads, length, features) of the same N and heads."""
    return all(len(x) == 4 and x[:2] == xs[0][:2] for x in xs[:3])
