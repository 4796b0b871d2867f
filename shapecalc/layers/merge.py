"""Functions of several tensors and of whole axes: arithmetic, products, cat, stack, einsum, reductions, attention.

Shapes broadcast as in PyTorch: aligned from the last axis, an axis of 1 stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from shapecalc.dims import UNK, Dim, format_dim, same
from shapecalc.layers._axes import axes, axis, axis_list, broadcast, mismatch_note, sizes_text
from shapecalc.layers.base import GLOBAL, Context, Example, Layer, Shapes, Window
from shapecalc.params import Bool, Choice, Float, Ignored, Int, IntOrInts, Ints
from shapecalc.shape import Shape, format_shape, numel


class Function(Layer, abstract=True):
    """Base of the functions here."""

    function = True


# Arithmetic. ---------------------------------------------------------------------------------------------------------


class Arithmetic(Function, abstract=True):
    """Element by element, shapes broadcast; the second operand may be a number."""

    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    main = "other"
    verb: ClassVar[str] = "combine"
    other = Float(None, help="a number as second operand, where only one tensor comes in")

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        if len(xs) == 1 and self.other is None:
            ctx.error(
                "input-count",
                f"{self.type} needs a second operand",
                at="from",
                note="one input arrives and no number is given",
                help="name two inputs (`from: [a, b]`) or give a number (`other: 2`)",
            )
        elif len(xs) > 1 and self.other is not None:
            ctx.error(
                "input-count", f"{self.type} has {len(xs)} inputs and a number", at="other", help="leave `other` out"
            )
        return folded(ctx, xs, self.verb)


def folded(ctx: Context, xs: Sequence[Shape], verb: str) -> Shape:
    """All shapes broadcast to one, pair by pair; the first pair that does not fit is reported."""
    result = tuple(xs[0])
    failed = False
    for index, x in enumerate(xs[1:], start=1):
        joined, wrong = broadcast(ctx if not failed else Context(), result, x)
        if wrong is not None and not failed:
            report_broadcast(ctx, verb, result, x, wrong, index)
            failed = True
        result = joined
    return result


def report_broadcast(ctx: Context, verb: str, a: Shape, b: Shape, wrong: int, index: int) -> None:
    back = max(len(a), len(b)) - wrong
    ctx.error(
        "shape-mismatch",
        f"cannot {verb} {format_shape(a)} and {format_shape(b)}: axis {-back} is "
        f"{format_dim(a[-back])} and {format_dim(b[-back])}",
        at=f"input.{index}",
        note=mismatch_note(a, b, wrong),
        help=how_to_align(a, b, back),
    )


def how_to_align(a: Shape, b: Shape, back: int) -> str:
    """What usually brings two paths together, by the axis where they differ."""
    if len(a) != len(b):
        return f"bring both to {axes(max(len(a), len(b)))} (unsqueeze, reshape), or give both the same last axes"
    place = len(a) - back
    small, large = sorted((a[-back], b[-back]), key=lambda n: n if isinstance(n, int) else 0)
    if place == 1 and len(a) > 2:
        return f"give both {format_dim(large)} channels, for example with a 1x1 convolution on the other path"
    if place >= 2 and isinstance(small, int) and isinstance(large, int) and small and large % small == 0:
        return f"give both the same stride on this axis: one path is {large // small} times the other"
    return "give both paths the same size on this axis (kernel, stride and padding)"


class Add(Arithmetic):
    """Adds tensors element by element, two or more, shapes broadcast; or a tensor and a number."""

    type = "add"
    arity = (1, None)
    verb = "add"
    alpha = Float(1, help="factor of the second operand")
    examples = (
        Example({}, [(1, 64, 8, 8), (1, 64, 8, 8)], [(1, 64, 8, 8)]),
        Example({}, [(5, 1), (3, 1, 4)], [(3, 5, 4)]),
        Example({"other": 2}, [(5, 1)], [(5, 1)]),
    )


class Sub(Arithmetic):
    """Subtracts the second tensor, or a number, element by element; shapes broadcast."""

    type = "sub"
    names = ("subtract",)
    verb = "subtract"
    alpha = Float(1, help="factor of the second operand")
    examples = (Example({}, [(2, 3, 4), (4,)], [(2, 3, 4)]),)


class Mul(Arithmetic):
    """Multiplies tensors element by element, two or more, shapes broadcast; or a tensor by a number."""

    type = "mul"
    names = ("multiply",)
    arity = (1, None)
    verb = "multiply"
    examples = (Example({}, [(1, 64, 8, 8), (1, 64, 1, 1)], [(1, 64, 8, 8)]),)


class Div(Arithmetic):
    """Divides by the second tensor, or by a number, element by element; shapes broadcast."""

    type = "div"
    names = ("divide", "true_divide")
    verb = "divide"
    rounding_mode = Choice("trunc", "floor", default=None, help="round the quotient; left out: do not")
    examples = (Example({"other": 8.0}, [(2, 3, 4)], [(2, 3, 4)]),)


# Products. -----------------------------------------------------------------------------------------------------------


def contract_note(a: Shape, b: Shape) -> str:
    return f"{format_shape(a)} @ {format_shape(b)}: the last axis of the first meets the last but one of the second"


def report_inner(ctx: Context, kind: str, a: Shape, b: Shape, k: Dim, other: Dim) -> None:
    swapped = len(a) > 1 and len(b) > 1 and same(a[-1], b[-1]) is True
    ctx.error(
        "shape-mismatch",
        f"{kind} expected {format_dim(k)} rows in the second input, got {format_dim(other)}",
        at="input.1",
        note=contract_note(a, b),
        help="transpose the second input (`transpose: {dim0: -2, dim1: -1}`)"
        if swapped
        else f"make the second input {sizes_text([*b[:-2], k, *b[-1:]] if len(b) > 1 else [k])}",
    )


class Matmul(Function):
    """Matrix product: (*, n, k) @ (*, k, m) -> (*, n, m), the axes in front broadcast; vectors lose their axis.

    MACs: batch*n*k*m. A product with a vector on the right counts 0, as FlopCounterMode has it.
    """

    type = "matmul"
    arity = (2, 2)
    main = None
    examples: ClassVar[Sequence[Example]] = (
        Example({}, [(10, 3, 4), (10, 4, 5)], [(10, 3, 5)], macs=600),
        Example({}, [(10, 3, 4), (4, 5)], [(10, 3, 5)], macs=600),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        a, b = xs
        if not a or not b:
            ctx.error(
                "rank-mismatch", "matmul needs inputs of 1 axis or more, got a scalar", at="input.1" if a else "input.0"
            )
            return None
        rows = b[-2] if len(b) > 1 else b[-1]
        if not ctx.equal(a[-1], rows):
            report_inner(ctx, "matmul", a, b, a[-1], rows)
        batch, wrong = broadcast(ctx, a[:-2], b[:-2])
        if wrong is not None and not ctx.failed:
            report_broadcast(ctx, "multiply batches of", a[:-2], b[:-2], wrong, 1)
        return (*batch, *a[-2:-1], *(b[-1:] if len(b) > 1 else ()))

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        a, b, y = xs[0], xs[1], ys[0]
        if a is None or b is None or y is None or len(b) == 1:
            return 0
        if len(a) == 1 and len(b) > 2 and same(a[0], 1) is True:
            return 0  # folded into a product with a vector
        return numel(y) * a[-1]

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        a, y = xs[0], ys[0]
        if a is None or y is None:
            return []
        return [f"MACs: {format_dim(numel(y))} outputs * {format_dim(a[-1])} products each"]


class Bmm(Matmul):
    """Batched matrix product: (b, n, k) @ (b, k, m) -> (b, n, m); nothing broadcasts. MACs: b*n*k*m."""

    type = "bmm"
    examples = (Example({}, [(10, 3, 4), (10, 4, 5)], [(10, 3, 5)], macs=600),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        a, b = xs
        for index, x in enumerate(xs):
            if len(x) != 3:
                ctx.error(
                    "rank-mismatch",
                    f"bmm needs inputs of 3 axes (b, n, k) and (b, k, m), got {len(x)}",
                    at=f"input.{index}",
                    note=f"input {format_shape(x)}",
                    help="use `matmul`, which takes any number of axes",
                )
                return None
        if not ctx.equal(a[2], b[1]):
            report_inner(ctx, "bmm", a, b, a[2], b[1])
        elif not ctx.equal(a[0], b[0]):
            ctx.error(
                "shape-mismatch",
                f"bmm expected a batch of {format_dim(a[0])} in the second input, got {format_dim(b[0])}",
                at="input.1",
                note=f"{format_shape(a)} and {format_shape(b)}; bmm does not broadcast",
                help="use `matmul`, which broadcasts" if 1 in (a[0], b[0]) else None,
            )
        return (a[0], a[1], b[2])


class Attention(Function):
    """softmax(query @ key^T * scale) @ value: (*, L, E), (*, S, E), (*, S, Ev) -> (*, L, Ev), a mask as 4th input.

    MACs: batch*L*S*(E + Ev), the two matrix products.
    """

    type = "scaled_dot_product_attention"
    names = ("sdpa",)
    arity = (3, 4)
    main = "is_causal"
    dropout_p = Float(0.0, help="dropout on the attention weights")
    is_causal = Bool(False, help="position i sees positions up to i only")
    scale = Float(None, help="factor of the scores; left out: 1/sqrt(E)")
    enable_gqa = Bool(False, help="fewer heads (axis -3) in key and value, each serving several of the query")
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
        return self.repeated(ctx, q, k, 1), self.repeated(ctx, q, v, 2)

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


# Joining. ------------------------------------------------------------------------------------------------------------


class Cat(Function):
    """Joins tensors along an axis: the sizes on `dim` add up, all others must agree. Empty (0,) tensors are skipped."""

    type = "cat"
    names = ("concat", "concatenate")
    arity = (1, None)
    main = "dim"
    dim = Int(0, help="the axis that is joined")
    examples = (
        Example({"dim": 1}, [(1, 64, 8, 8), (1, 32, 8, 8)], [(1, 96, 8, 8)]),
        Example({}, [(2, 3), (4, 3), (1, 3)], [(7, 3)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        scalar = next((i for i, x in enumerate(xs) if not x), None)
        if scalar is not None:
            ctx.error(
                "rank-mismatch",
                "a scalar cannot be concatenated",
                at=f"input.{scalar}",
                help="use `stack`, which makes an axis",
            )
            return None
        parts = [(i, x) for i, x in enumerate(xs) if x != (0,)] or [(0, xs[0])]
        first_index, first = parts[0]
        if first == (0,):
            return (0,)
        index = axis(ctx, self.dim, first)
        if index is None:
            return None
        total: Dim = first[index]
        out = list(first)
        for place, x in parts[1:]:
            if len(x) != len(first):
                self.report_rank(ctx, first_index, first, place, x)
                return None
            self.check_sizes(ctx, index, (first_index, tuple(out)), (place, x))
            total = total + x[index]
            out = [
                b if a is UNK or (isinstance(b, int) and not isinstance(a, int)) else a
                for a, b in zip(out, x, strict=True)
            ]
        out[index] = total
        return tuple(out)

    def report_rank(self, ctx: Context, i: int, first: Shape, place: int, x: Shape) -> None:
        ctx.error(
            "rank-mismatch",
            f"cat needs the same number of axes everywhere: input {i} has {len(first)}, input {place} has {len(x)}",
            at=f"input.{place}",
            note=f"input {i} {format_shape(first)}, input {place} {format_shape(x)}",
            help="flatten, reshape or unsqueeze one of them",
        )

    def check_sizes(self, ctx: Context, index: int, a: tuple[int, Shape], b: tuple[int, Shape]) -> None:
        if ctx.failed:
            return
        (i, first), (place, x) = a, b
        for own, (m, n) in enumerate(zip(first, x, strict=True)):
            if own != index and not ctx.equal(m, n):
                ctx.error(
                    "shape-mismatch",
                    f"cat along axis {index} needs the same size on axis {own}: "
                    f"input {i} has {format_dim(m)}, input {place} has {format_dim(n)}",
                    at=f"input.{place}",
                    note=f"input {i} {format_shape(first)}, input {place} {format_shape(x)}",
                    help=self.advice(index, own, first, x),
                )
                return

    def advice(self, index: int, own: int, a: Shape, b: Shape) -> str:
        """`dim: k` where only axis k differs; else what brings the sizes together."""
        differing = [i for i, (m, n) in enumerate(zip(a, b, strict=True)) if same(m, n) is False]
        if differing == [own] and own:
            return f"write `dim: {own}` to join along axis {own}, or bring both to one size there"
        return f"bring both to one size on axis {own} (stride, padding, upsample)"


class Stack(Function):
    """Joins tensors of equal shape along a new axis: k times (n, m) -> (k, n, m) for dim 0."""

    type = "stack"
    arity = (1, None)
    main = "dim"
    dim = Int(0, help="where the new axis stands")
    examples = (Example({"dim": 1}, [(2, 8), (2, 8), (2, 8)], [(2, 3, 8)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        first = xs[0]
        out: Shape = first
        for place, x in enumerate(xs[1:], start=1):
            if len(x) != len(first) or not all(ctx.equal(m, n) for m, n in zip(out, x, strict=True)):
                ctx.error(
                    "shape-mismatch",
                    f"stack needs equal shapes: input 0 is {format_shape(first)}, input {place} is {format_shape(x)}",
                    at=f"input.{place}",
                    help="use `cat` to join along an axis that is there, or bring both to one shape",
                )
                break
            out = tuple(n if isinstance(n, int) else m for m, n in zip(out, x, strict=True))
        index = axis(ctx, self.dim, (*first, 1))
        return None if index is None else (*out[:index], len(xs), *out[index:])


# Reductions. ---------------------------------------------------------------------------------------------------------


class Reduction(Function, abstract=True):
    """Reduces axes to one value each: those in `dim`, or all. keepdim leaves them with size 1."""

    main = "dim"
    dim = IntOrInts(None, help="the axis or axes; left out: all")
    keepdim = Bool(False, help="keep the reduced axes with size 1")
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

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        dims = self.dim if isinstance(self.dim, tuple) else () if self.dim is None else (self.dim,)
        spatial = not dims or any(isinstance(d, int) and d % max(rank, 1) >= 2 for d in dims)
        return GLOBAL if spatial else None


def reduced(x: Shape, chosen: Sequence[int], keepdim: bool) -> Shape:
    return tuple(1 if i in chosen else n for i, n in enumerate(x) if keepdim or i not in chosen)


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
    keepdim = Bool(False, help="keep the reduced axis with size 1")
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

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL if self.dim is None or self.dim % max(rank, 1) >= 2 else None


# Sources. ------------------------------------------------------------------------------------------------------------


class Constant(Function):
    """A tensor of a fixed shape that is not learned, such as a mask or a position table. Takes no input."""

    type = "constant"
    arity = (0, 0)
    main = "shape"
    shape = Ints(lo=0, help="the whole shape, batch axis included if there is one")
    allocates = False
    examples: ClassVar[Sequence[Example]] = (Example({"shape": [1, 49, 49]}, [], [(1, 49, 49)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return tuple(self.shape)

    def guess(self) -> Shape | None:
        return self.shape


class Parameter(Constant):
    """A learnable tensor of a fixed shape, such as a class token or a position embedding. Takes no input."""

    type = "parameter"
    examples = (Example({"shape": [1, 197, 768]}, [], [(1, 197, 768)], params=197 * 768),)

    def weights(self) -> dict[str, Shape]:
        return {"weight": tuple(self.shape)}
