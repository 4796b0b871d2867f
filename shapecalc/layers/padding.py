"""Paddings: constants, reflection, replication and wrapping around, and the function `pad`.

Pads come in pairs from the last axis on: (left, right, top, bottom, front, back). A negative pad cuts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from shapecalc.algebra import conditions
from shapecalc.algebra.dims import UNK, Dim, format_dim, less, maximum, minimum
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import at_most, axes, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example, Layer, Shapes, Window, Windows
from shapecalc.layers.params import BAD, Choice, Fail, Float, Ints, checked_items, kind_of, show


class Pads(Ints):
    """One integer for both ends of all `n` axes, or a list of pairs; always parsed to a list of pairs."""

    kind = "pads"

    def __init__(self, n: int, **common: Any) -> None:
        super().__init__(**common)
        self.n = n

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)):
            many = super().convert(value, fail)
            return many if many is BAD else many * (2 * self.n)
        if len(value) % 2:
            fail(
                f"{self.name} must be {self.describe()}, not {len(value)} values `{show(value)}`",
                help=f"write `{show(value[0])}`" if len(value) == 1 else None,
            )
            return BAD  # type: ignore[no-any-return]
        return checked_items(self, value, fail, None)  # type: ignore[no-any-return]

    def describe(self) -> str:
        return f"an integer or a list of {2 * self.n} (two per axis, the last axis first)"

    def schema(self) -> dict[str, Any]:
        item = {"type": "integer"}
        return {"anyOf": [item, {"type": "array", "items": item, "maxItems": 2 * self.n}]}


class PairList(Ints):
    """A list of pads, two per axis, the last axis first."""

    kind = "pads"

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)):
            hint = f"write `[{value}, {value}]`" if isinstance(value, int) else None
            fail(f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`", help=hint)
            return BAD  # type: ignore[no-any-return]
        if len(value) % 2:
            fail(f"{self.name} must be {self.describe()}, not {len(value)} values `{show(value)}`")
            return BAD  # type: ignore[no-any-return]
        return checked_items(self, value, fail, None)  # type: ignore[no-any-return]

    def describe(self) -> str:
        return "a list of two integers per axis, the last axis first"

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "integer"}}


def padded(ctx: Context, x: Shape, pads: Sequence[Dim], mode: str, at: str) -> Shape:
    """The shape of `x` with `pads` added, after reporting what PyTorch refuses of `mode`."""
    if 2 * len(x) < len(pads):
        report_too_many(ctx, x, pads, at)
        return tuple(x)
    if mode != "constant" and not padded_rank(ctx, x, len(pads) // 2, mode):
        return added(x, pads)
    if mode == "constant":
        fits_constant(ctx, x, pads, at)
    elif mode == "circular":
        fits_circular(ctx, x, pads, at)
    else:
        fits_mirror(ctx, x, pads, mode, at)
    return added(x, pads)


def added(x: Shape, pads: Sequence[Dim]) -> Shape:
    """Each axis with its two pads added: n + before + after."""
    out = list(x)
    for pair in range(min(len(pads) // 2, len(x))):
        out[-1 - pair] = out[-1 - pair] + pads[2 * pair] + pads[2 * pair + 1]
    return tuple(max(n, 0) if isinstance(n, int) else n for n in out)


def report_too_many(ctx: Context, x: Shape, pads: Sequence[Dim], at: str) -> None:
    n = len(pads) // 2
    ctx.error(
        "rank-mismatch",
        f"{at} is for {axes(n)}, the input has {len(x)}",
        at=at,
        note=f"input {format_shape(x)}; {len(pads)} pads are two for each of {axes(n)}",
        help=f"give at most {2 * len(x)} values" if x else None,
    )


def padded_rank(ctx: Context, x: Shape, n: int, mode: str) -> bool:
    """Only constants may be put around any axes; the other modes want one or two axes (channels, batch) in front."""
    most = None if mode == "circular" else 3
    fits = 1 <= n <= (most or n)
    if len(x) in (n + 1, n + 2) and fits:
        return empty_axes(ctx, x, n, mode)
    if not fits:
        ctx.error("rank-mismatch", f"{mode} padding works on the last 1 to 3 axes, not on {n}", at="input")
        return False
    ctx.error(
        "rank-mismatch",
        f"{mode} padding of {axes(n)} needs an input of {n + 1} or {n + 2} axes, got {len(x)}",
        at="input",
        note=f"input {format_shape(x)}; expected {expected_axes(n)}",
    )
    return False


def expected_axes(n: int) -> str:
    spatial = {1: "L", 2: "H, W", 3: "D, H, W"}.get(n, f"{n} sizes")
    return f"(C, {spatial}) or (N, C, {spatial})"


def empty_axes(ctx: Context, x: Shape, n: int, mode: str) -> bool:
    """Reflection and replication allow an empty batch, but no other empty axis."""
    if mode == "circular" or all(s != 0 for s in x[len(x) - n - 1 :]):
        return True
    ctx.error("shape-mismatch", f"{mode} padding of an empty input {format_shape(x)}", at="input")
    return False


def fits_constant(ctx: Context, x: Shape, pads: Sequence[Dim], at: str) -> None:
    """Negative pads may cut an axis down to 0, not below: n + min(before, 0) + min(after, 0) >= 0."""
    for pair in range(len(pads) // 2):
        n, before, after = x[-1 - pair], pads[2 * pair], pads[2 * pair + 1]
        if n is UNK:
            continue
        left = n + minimum(before, 0) + minimum(after, 0)
        if not ctx.at_least(left, 0):
            report_cut(ctx, x, pair, n, before, after, 0, at)
            return


def report_cut(ctx: Context, x: Shape, pair: int, n: Dim, before: Dim, after: Dim, least: int, at: str) -> None:
    ctx.error(
        "output-too-small",
        f"padding {pair_text(before, after)} cuts more from axis {-1 - pair} than its {format_dim(n)}"
        + (f", of which {least} must stay" if least else ""),
        at=at,
        note=f"{format_dim(n)} {sign(before)} {sign(after)} = {format_dim(n + before + after)}; "
        f"input {format_shape(x)}",
        help=f"cut at most {format_dim(n - least)} from axis {-1 - pair}",
    )


def sign(value: Dim) -> str:
    return f"- {-value}" if isinstance(value, int) and value < 0 else f"+ {format_dim(value)}"


def pair_text(before: Dim, after: Dim) -> str:
    return f"({format_dim(before)}, {format_dim(after)})"


def fits_circular(ctx: Context, x: Shape, pads: Sequence[Dim], at: str) -> None:
    """Wrapping goes around once at most: each pad <= n; what is left is >= 0."""
    for pair in range(len(pads) // 2):
        n, before, after = x[-1 - pair], pads[2 * pair], pads[2 * pair + 1]
        if n is UNK:
            continue
        if ctx.failed:
            return
        if not all(ctx.need(at_most(p, n), conditions.at_least(n, p)) for p in (before, after)):
            report_large(ctx, x, pads, pair, n, "wraps around more than once: it may be at most", n, at)
        elif not ctx.at_least(n + before + after, 0):
            report_cut(ctx, x, pair, n, before, after, 0, at)
        elif not wraps(x, pads, pair):
            ctx.error(
                "padding-too-large",
                f"circular padding {pair_text(before, after)} of axis {-1 - pair} takes from what it has just cut",
                at=at,
                note=f"axis {-1 - pair} has {format_dim(n)}; PyTorch copies within the padded tensor",
                help="cut with `slice` first, then pad",
            )


def wraps(x: Shape, pads: Sequence[Dim], pair: int) -> bool:
    """Whether PyTorch's copies for one axis work out: the middle first, then the pads, from the padded tensor itself.

    It matters where one end is padded and the other cut. A copy onto itself is refused in memory without gaps only.
    """
    n, before, after = x[-1 - pair], pads[2 * pair], pads[2 * pair + 1]
    if not (isinstance(n, int) and isinstance(before, int) and isinstance(after, int)):
        return True
    if not (before > 0 > after or after > 0 > before or n + min(before, after) < 0):
        return True
    out, left, right = n + before + after, max(before, 0), max(after, 0)
    outer = added(x, pads)[: len(x) - 1 - pair]
    copies = [(slice(left, out - right), slice(max(-before, 0), n - max(-after, 0)), n, False)]
    if left:
        copies.append((slice(0, left), slice(out - left - right, out - right), out, True))
    if right:
        copies.append((slice(out - right, out), slice(left, left + right), out, True))
    dense = all(size == 1 for size in outer)
    return all(copies_fit(to, of, out, size, within and dense) for to, of, size, within in copies)


def copies_fit(to: slice, of: slice, out: int, size: int, overlapping: bool) -> bool:
    """Whether `of` (of `size` elements) can be copied to `to` (of `out`): equal lengths or one, no partial overlap."""
    target, source = range(out)[to], range(size)[of]
    if len(source) not in (len(target), 1):
        return False
    clash = (
        overlapping and target and source and target != source and source[0] <= target[-1] and target[0] <= source[-1]
    )
    return not clash


def fits_mirror(ctx: Context, x: Shape, pads: Sequence[Dim], mode: str, at: str) -> None:
    """Reflection does not repeat the border, so each pad < n. Some axis must keep an element, and none go below 0."""
    sizes = added_raw(x, pads)
    for pair in range(len(pads) // 2):
        n, before, after = x[-1 - pair], pads[2 * pair], pads[2 * pair + 1]
        if n is UNK:
            continue
        if ctx.failed:
            return
        wide = [less(p, n) for p in (before, after)] if mode == "reflect" else [True, True]
        if not all(ctx.need(v, conditions.at_least(n, p + 1)) for v, p in zip(wide, (before, after), strict=True)):
            report_large(ctx, x, pads, pair, n, "must be smaller than the axis: at most", n - 1, at)
        elif not ctx.at_least(sizes[pair], 0 if any_left(sizes, pair) else 1):
            report_cut(ctx, x, pair, n, before, after, 1, at)


def added_raw(x: Shape, pads: Sequence[Dim]) -> list[Dim]:
    """Sizes of the padded axes, the last first, below zero too."""
    return [x[-1 - pair] + pads[2 * pair] + pads[2 * pair + 1] for pair in range(len(pads) // 2)]


def any_left(sizes: Sequence[Dim], pair: int) -> bool:
    """True if an axis other than `pair` surely keeps an element: PyTorch then lets this one become empty."""
    return any(less(0, s) for i, s in enumerate(sizes) if i != pair and s is not UNK)


def report_large(ctx: Context, x: Shape, pads: Sequence[Dim], pair: int, n: Dim, why: str, most: Dim, at: str) -> None:
    before, after = pads[2 * pair], pads[2 * pair + 1]
    worst = maximum(before, after)
    fixed = [minimum(p, most) if i // 2 == pair else p for i, p in enumerate(pads)]
    one = len(set(map(str, pads))) == 1 and at == "padding"
    replace = fixed[2 * pair] if one else fixed
    ctx.error(
        "padding-too-large",
        f"{at} {format_dim(worst)} on axis {-1 - pair} of size {format_dim(n)} {why} {format_dim(most)}",
        at=at,
        note=f"input {format_shape(x)}, pads {pair_text(before, after)} on axis {-1 - pair}",
        help=f"write `{format_dim(fixed[2 * pair]) if one else sizes_text(fixed)}`, or replicate the border instead",
        replace=replace,
    )


def shifts(pads: Sequence[Dim]) -> Windows:
    """Padding moves the positions; what is put around counts as seen through it."""
    return [Window(1, padding=p if isinstance(p, int) else 0) for p in pads[-2::-2]]


class PadBase(Layer, abstract=True):
    """What all paddings share: the argument, the mode, the output shape."""

    n: ClassVar[int] = 1
    mode: ClassVar[str] = "constant"
    main = "padding"
    padding = Pads(1, help="elements added at each end, negative ones cut: one number, or (left, right, top, ...)")

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return padded(ctx, xs[0], self.padding, self.mode, "padding")

    def salvage(self, *xs: Shape) -> Shape | None:
        x = xs[0]
        return (*x[: -self.n], *(UNK,) * self.n) if len(x) >= self.n else None

    def windows(self, rank: int) -> Windows:
        return shifts(self.padding[: 2 * rank])

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x = xs[0]
        return explain_pads(x, self.padding) if x is not None else []


def explain_pads(x: Shape, pads: Sequence[Dim]) -> list[str]:
    """One line per padded axis: n + before + after."""
    lines = ["out = n + before + after"]
    for pair in range(min(len(pads) // 2, len(x))):
        n, before, after = x[-1 - pair], pads[2 * pair], pads[2 * pair + 1]
        lines.append(
            f"axis {-1 - pair}: {format_dim(n)} {sign(before)} {sign(after)} = {format_dim(n + before + after)}"
        )
    return lines


PADS_HELP = "elements added at each end, negative ones cut: one number, or (left, right, top, bottom, front, back)"


class ConstantPad1d(PadBase):
    """Puts a constant around the last axis: (*, L) -> (*, L + left + right)."""

    spatial_rank = 1
    padding = Pads(1, help=PADS_HELP)
    value = Float(help="the constant")
    examples = (Example({"padding": 2, "value": 3.5}, [(1, 2, 4)], [(1, 2, 8)]),)


class ConstantPad2d(PadBase):
    """Puts a constant around the last two axes: (*, H, W) -> (*, H + top + bottom, W + left + right)."""

    spatial_rank = 2
    n = 2
    padding = Pads(2, help=PADS_HELP)
    value = Float(help="the constant")
    examples = (Example({"padding": [3, 0, 2, 1], "value": 3.5}, [(1, 2, 4, 4)], [(1, 2, 7, 7)]),)


class ConstantPad3d(PadBase):
    """Puts a constant around the last three axes: (*, D, H, W) -> (*, D + front + back, H + ..., W + ...)."""

    spatial_rank = 3
    n = 3
    padding = Pads(3, help=PADS_HELP)
    value = Float(help="the constant")
    examples = (Example({"padding": 1, "value": 0.0}, [(1, 2, 4, 4, 4)], [(1, 2, 6, 6, 6)]),)


class ZeroPad1d(PadBase):
    """Puts zeros around the last axis: (*, L) -> (*, L + left + right)."""

    spatial_rank = 1
    padding = Pads(1, help=PADS_HELP)
    examples = (Example({"padding": [3, 1]}, [(1, 2, 4)], [(1, 2, 8)]),)


class ZeroPad2d(PadBase):
    """Puts zeros around the last two axes: (*, H, W) -> (*, H + top + bottom, W + left + right)."""

    spatial_rank = 2
    n = 2
    padding = Pads(2, help=PADS_HELP)
    examples = (
        Example({"padding": 2}, [(1, 1, 3, 3)], [(1, 1, 7, 7)]),
        Example({"padding": [1, 1, 2, 0]}, [(1, 1, 3, 3)], [(1, 1, 5, 5)]),
        Example({"padding": -1}, [(1, 1, 8, 8)], [(1, 1, 6, 6)]),
    )


class ZeroPad3d(PadBase):
    """Puts zeros around the last three axes: (*, D, H, W) -> (*, D + front + back, H + ..., W + ...)."""

    spatial_rank = 3
    n = 3
    padding = Pads(3, help=PADS_HELP)
    examples = (Example({"padding": [3, 3, 6, 6, 0, 1]}, [(16, 3, 10, 20, 30)], [(16, 3, 11, 32, 36)]),)


class ReflectionPad1d(PadBase):
    """Mirrors the last axis at its borders: (C, L) or (N, C, L) -> L + left + right. Each pad < L."""

    spatial_rank = 1
    mode = "reflect"
    padding = Pads(1, help=PADS_HELP)
    examples = (Example({"padding": 2}, [(1, 2, 4)], [(1, 2, 8)]),)


class ReflectionPad2d(PadBase):
    """Mirrors the last two axes at their borders: (C, H, W) or (N, C, H, W). Each pad is less than its axis."""

    spatial_rank = 2
    n, mode = 2, "reflect"
    padding = Pads(2, help=PADS_HELP)
    examples = (Example({"padding": [1, 1, 2, 0]}, [(1, 1, 3, 3)], [(1, 1, 5, 5)]),)


class ReflectionPad3d(PadBase):
    """Mirrors the last three axes at their borders: (C, D, H, W) or (N, C, D, H, W). Each pad is less than its axis."""

    spatial_rank = 3
    n, mode = 3, "reflect"
    padding = Pads(3, help=PADS_HELP)
    examples = (Example({"padding": 1}, [(1, 1, 2, 2, 2)], [(1, 1, 4, 4, 4)]),)


class ReplicationPad1d(PadBase):
    """Repeats the border of the last axis: (C, L) or (N, C, L) -> L + left + right."""

    spatial_rank = 1
    mode = "replicate"
    padding = Pads(1, help=PADS_HELP)
    examples = (Example({"padding": [3, 1]}, [(1, 2, 4)], [(1, 2, 8)]),)


class ReplicationPad2d(PadBase):
    """Repeats the border of the last two axes: (C, H, W) or (N, C, H, W)."""

    spatial_rank = 2
    n, mode = 2, "replicate"
    padding = Pads(2, help=PADS_HELP)
    examples = (Example({"padding": 2}, [(1, 1, 3, 3)], [(1, 1, 7, 7)]),)


class ReplicationPad3d(PadBase):
    """Repeats the border of the last three axes: (C, D, H, W) or (N, C, D, H, W)."""

    spatial_rank = 3
    n, mode = 3, "replicate"
    padding = Pads(3, help=PADS_HELP)
    examples = (Example({"padding": 3}, [(16, 3, 8, 32, 48)], [(16, 3, 14, 38, 54)]),)


class CircularBase(PadBase, abstract=True):
    """Circular padding; the class also looks at the rank, whatever the number of pads."""

    mode = "circular"

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        x = xs[0]
        if len(x) in (self.n + 1, self.n + 2):
            return padded(ctx, x, self.padding, self.mode, "padding")
        ctx.error(
            "rank-mismatch",
            f"{self.type} needs an input of {self.n + 1} or {self.n + 2} axes, got {len(x)}",
            at="input",
            note=f"input {format_shape(x)}; expected {expected_axes(self.n)}",
        )
        return added(x, self.padding)


class CircularPad1d(CircularBase):
    """Wraps the last axis around: (C, L) or (N, C, L) -> L + left + right. Each pad <= L."""

    spatial_rank = 1
    padding = Pads(1, help=PADS_HELP)
    examples = (Example({"padding": [3, 1]}, [(1, 2, 4)], [(1, 2, 8)]),)


class CircularPad2d(CircularBase):
    """Wraps the last two axes around: (C, H, W) or (N, C, H, W). Each pad is at most its axis."""

    spatial_rank = 2
    n = 2
    padding = Pads(2, help=PADS_HELP)
    examples = (Example({"padding": [1, 1, 2, 0]}, [(1, 1, 3, 3)], [(1, 1, 5, 5)]),)


class CircularPad3d(CircularBase):
    """Wraps the last three axes around: (C, D, H, W) or (N, C, D, H, W). Each pad is at most its axis."""

    spatial_rank = 3
    n = 3
    padding = Pads(3, help=PADS_HELP)
    examples = (Example({"padding": 3}, [(16, 3, 8, 32, 48)], [(16, 3, 14, 38, 54)]),)


class Pad(Layer):
    """Adds pads around the last axes, as many as the list has pairs: each axis becomes n + before + after.

    `constant` works on any axes; `reflect`, `replicate` and `circular` want one or two axes in front of the padded.
    """

    type = "pad"
    function = True
    main = "pad"
    pad = PairList(help="(before, after) of the last axis, then of the one before it, ...; negative ones cut")
    mode = Choice("constant", "reflect", "replicate", "circular", default="constant", help="what is put there")
    value = Float(None, help="the constant; only for mode constant")
    examples = (
        Example({"pad": [1, 1]}, [(3, 3, 4, 2)], [(3, 3, 4, 4)]),
        Example({"pad": [0, 1, 2, 1, 3, 3]}, [(3, 3, 4, 2)], [(3, 9, 7, 3)]),
    )

    def construct(self, ctx: Context) -> None:
        if self.mode != "constant" and self.value:
            ctx.error(
                "invalid-argument",
                f"value is for mode constant, not for {self.mode}",
                at="value",
                help="leave `value` out",
            )

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return padded(ctx, xs[0], self.pad, self.mode, "pad")

    def salvage(self, *xs: Shape) -> Shape:
        return (UNK,) * len(xs[0]) if self.pad is None else padded(Context(), xs[0], self.pad, "constant", "pad")

    def windows(self, rank: int) -> Windows:
        return shifts(self.pad[: 2 * rank])

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x = xs[0]
        return explain_pads(x, self.pad) if x is not None else []
