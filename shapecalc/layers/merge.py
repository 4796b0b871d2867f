"""Functions of several tensors and of whole axes: arithmetic, products, cat, stack, einsum, reductions, attention.

Shapes broadcast as in PyTorch: aligned from the last axis, an axis of 1 stretches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from shapecalc.algebra.dims import UNK, Dim, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import axes, axis, broadcast, mismatch_note, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import MOVES_AXES
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.params import Choice, Float, Int
from shapecalc.layers.places import Places, with_new


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


class Matmul(Function, kinds=MOVES_AXES):
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

    def places(self, x: Shape, y: Shape) -> Places:
        return with_new(len(x), self.dim)
