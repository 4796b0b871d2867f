"""Layers that move elements around without computing: flatten, fold, shuffle, and the view functions.

Whether a view of a non-contiguous tensor is possible is not modelled: `view` answers as `reshape` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shapecalc.dims import UNK, Dim, ceildiv, floordiv, format_dim, less_equal, maximum, minimum, same
from shapecalc.layers._axes import (
    axes,
    axis,
    axis_list,
    infer_sizes,
    near_divisor,
    product_text,
    sizes_text,
)
from shapecalc.layers.base import Context, Example, Layer, Shapes
from shapecalc.params import Int, IntOrInts, Ints, Spatial
from shapecalc.shape import Shape, format_shape, numel

#: More pieces of one tensor than this are taken for a mistake.
MAX_PIECES: Final = 65_536


class View(Layer, abstract=True):
    """Base of what only looks at the same memory differently."""

    allocates = False


class Flatten(View):
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

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        if x is None or y is None or not x:
            return []
        first, last = self.start_dim % len(x), self.end_dim % len(x)
        return [f"axes {first} to {last}: {product_text(x[first : last + 1])} = {format_dim(y[first])}"]


class Unflatten(View):
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


def has_axes(ctx: Context, x: Shape, what: str) -> bool:
    if x:
        return True
    ctx.error("rank-mismatch", f"{what} needs an input of at least 1 axis, got a scalar", at="input")
    return False


class Unfold(Layer):
    """Lays out the windows of a convolution as columns: (N, C, H, W) -> (N, C*k_h*k_w, blocks), also unbatched.

    blocks = product over the axes of floor((n + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1.
    """

    main = "kernel_size"
    kernel_size = Spatial(2, short=("k",), help="size of the window")
    dilation = Spatial(2, default=1, short=("d",), help="step between the elements of a window")
    padding = Spatial(2, default=0, short=("p",), help="zeros around the input, at both ends")
    stride = Spatial(2, default=1, short=("s",), help="step between windows")
    examples = (Example({"kernel_size": [2, 3]}, [(2, 5, 3, 4)], [(2, 30, 4)]),)

    def construct(self, ctx: Context) -> None:
        check_window(self, ctx)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if len(x) not in (3, 4) or any(n == 0 for n in x[-3:]):
            ctx.error(
                "rank-mismatch" if len(x) not in (3, 4) else "shape-mismatch",
                f"Unfold needs (C, H, W) or (N, C, H, W) with no empty axis but the batch, got {format_shape(x)}",
                at="input",
            )
            return None
        blocks = block_counts(self, x[-2:])
        if not all(ctx.at_least(b, 1) for b in blocks):
            report_no_block(self, ctx, x[-2:], blocks, "input")
            return None
        return (*x[:-3], x[-3] * numel(self.kernel_size), numel(tuple(blocks)))

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x = xs[0]
        return explain_blocks(self, x[-2:]) if x is not None and len(x) in (3, 4) else []


class Fold(Layer):
    """Adds columns back into an image: (N, C*k_h*k_w, blocks) -> (N, C, output_size), also unbatched.

    blocks must be the number of windows on output_size:
    product over the axes of floor((n + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1.
    """

    main = "output_size"
    output_size = Spatial(2, help="height and width of the image")
    kernel_size = Spatial(2, short=("k",), help="size of the window")
    dilation = Spatial(2, default=1, short=("d",), help="step between the elements of a window")
    padding = Spatial(2, default=0, short=("p",), help="zeros around the image, at both ends")
    stride = Spatial(2, default=1, short=("s",), help="step between windows")
    examples = (Example({"output_size": [4, 5], "kernel_size": [2, 2]}, [(1, 12, 12)], [(1, 3, 4, 5)]),)

    def construct(self, ctx: Context) -> None:
        check_window(self, ctx)
        if any(isinstance(n, int) and n < 1 for n in self.output_size):
            ctx.error(
                "invalid-argument",
                f"output_size must be 1 or more, got {sizes_text(self.output_size)}",
                at="output_size",
            )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        if len(x) not in (2, 3) or any(n == 0 for n in x[-2:]):
            ctx.error(
                "rank-mismatch" if len(x) not in (2, 3) else "shape-mismatch",
                f"Fold needs (C*k_h*k_w, blocks) or (N, C*k_h*k_w, blocks), got {format_shape(x)}",
                at="input",
            )
            return None
        size = tuple(self.output_size)
        return (*x[:-2], self.channels(ctx, x), *size) if self.fits(ctx, x) else (*x[:-2], UNK, *size)

    def fits(self, ctx: Context, x: Shape) -> bool:
        """Whether the number of columns is the number of windows."""
        blocks = block_counts(self, self.output_size)
        if not all(ctx.at_least(b, 1) for b in blocks):
            report_no_block(self, ctx, self.output_size, blocks, "output_size")
            return False
        total = numel(tuple(blocks))
        if ctx.equal(x[-1], total):
            return True
        ctx.error(
            "shape-mismatch",
            f"expected {format_dim(total)} blocks on the last axis, got {format_dim(x[-1])}",
            at="input",
            note=f"output_size {sizes_text(self.output_size)} has {product_text(blocks)} = {format_dim(total)} windows"
            f" of {sizes_text(self.kernel_size)}; input {format_shape(x)}",
            help="take the output_size, kernel, stride and padding that the Unfold had",
        )
        return False

    def channels(self, ctx: Context, x: Shape) -> Dim:
        window = numel(self.kernel_size)
        if ctx.divisible(x[-2], window):
            return floordiv(x[-2], window)
        ctx.error(
            "not-divisible",
            f"the columns have {format_dim(x[-2])} elements, not a multiple of the window's {format_dim(window)}",
            at="kernel_size",
            note=f"{product_text(self.kernel_size)} = {format_dim(window)}; input {format_shape(x)}",
        )
        return UNK

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        return explain_blocks(self, self.output_size)


def check_window(layer: Fold | Unfold, ctx: Context) -> None:
    for name, lo in (("kernel_size", 1), ("dilation", 1), ("padding", 0), ("stride", 1)):
        values = getattr(layer, name)
        if any(isinstance(v, int) and v < lo for v in values):
            ctx.error("invalid-argument", f"{name} must be {lo} or more, got {sizes_text(values)}", at=name)


def block_counts(layer: Fold | Unfold, sizes: Sequence[Dim]) -> list[Dim]:
    """Windows per axis, below 1 where none fits."""
    rows = zip(sizes, layer.kernel_size, layer.stride, layer.padding, layer.dilation, strict=True)
    return [floordiv(n + 2 * p - d * (k - 1) - 1, s) + 1 for n, k, s, p, d in rows]


def report_no_block(layer: Fold | Unfold, ctx: Context, sizes: Sequence[Dim], blocks: list[Dim], what: str) -> None:
    index = next(i for i, b in enumerate(blocks) if isinstance(b, int) and b < 1)
    extent = layer.dilation[index] * (layer.kernel_size[index] - 1) + 1
    n, p = sizes[index], layer.padding[index]
    ctx.error(
        "kernel-too-large",
        f"a window of {extent} does not fit into {format_dim(n)} with padding {p} on axis {index - 2}",
        at="kernel_size",
        note=f"dilation*(kernel_size - 1) + 1 = {extent}; {what} + 2*padding = {format_dim(n + 2 * p)}",
    )


def explain_blocks(layer: Fold | Unfold, sizes: Sequence[Dim]) -> list[str]:
    lines = ["blocks = floor((n + 2*p - d*(k - 1) - 1)/s) + 1"]
    blocks = block_counts(layer, sizes)
    for i, (n, b) in enumerate(zip(sizes, blocks, strict=True)):
        k, s, p, d = layer.kernel_size[i], layer.stride[i], layer.padding[i], layer.dilation[i]
        word = "HW"[i]
        lines.append(f"{word}: floor(({format_dim(n)} + 2*{p} - {d}*({k} - 1) - 1)/{s}) + 1 = {format_dim(b)}")
    lines.append(f"blocks in all: {product_text(blocks)} = {format_dim(numel(tuple(blocks)))}")
    return lines


class PixelShuffle(Layer):
    """Turns channels into resolution: (*, C*r^2, H, W) -> (*, C, H*r, W*r) for upscale factor r."""

    main = "upscale_factor"
    upscale_factor = Int(help="factor r by which height and width grow")
    examples = (Example({"upscale_factor": 3}, [(1, 9, 4, 4)], [(1, 1, 12, 12)]),)

    def construct(self, ctx: Context) -> None:
        check_positive(ctx, self.upscale_factor, "upscale_factor")

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x, r = xs[0], self.upscale_factor
        if not three_axes(ctx, x, "PixelShuffle"):
            return None
        c: Dim = UNK
        if ctx.divisible(x[-3], r * r):
            c = floordiv(x[-3], r * r)
        else:
            report_factor(
                ctx,
                x,
                x[-3],
                r * r,
                f"channels must be a multiple of upscale_factor^2 = {r * r}",
                "upscale_factor",
                square_factor(x[-3], r),
            )
        return (*x[:-3], c, x[-2] * r, x[-1] * r)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y, r = xs[0], ys[0], self.upscale_factor
        if x is None or y is None:
            return []
        return [
            f"C: {format_dim(x[-3])}/{r}^2 = {format_dim(y[-3])}",
            f"H: {format_dim(x[-2])}*{r} = {format_dim(y[-2])}",
            f"W: {format_dim(x[-1])}*{r} = {format_dim(y[-1])}",
        ]


class PixelUnshuffle(Layer):
    """Turns resolution into channels: (*, C, H*r, W*r) -> (*, C*r^2, H, W) for downscale factor r."""

    main = "downscale_factor"
    downscale_factor = Int(help="factor r by which height and width shrink")
    examples = (Example({"downscale_factor": 3}, [(1, 1, 12, 12)], [(1, 9, 4, 4)]),)

    def construct(self, ctx: Context) -> None:
        check_positive(ctx, self.downscale_factor, "downscale_factor")

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x, r = xs[0], self.downscale_factor
        if not three_axes(ctx, x, "PixelUnshuffle"):
            return None
        sizes: list[Dim] = []
        for name, n in (("height", x[-2]), ("width", x[-1])):
            fine = ctx.divisible(n, r)
            if not fine and UNK not in sizes:
                near = near_divisor(n, r) if isinstance(n, int) else None
                report_factor(
                    ctx, x, n, r, f"{name} must be a multiple of downscale_factor {r}", "downscale_factor", near
                )
            sizes.append(floordiv(n, r) if fine else UNK)
        if any(n == 0 for n in x):  # PyTorch hands an empty tensor back as it is
            return x
        return (*x[:-3], x[-3] * (r * r), *sizes)


def check_positive(ctx: Context, value: int, name: str) -> None:
    if value < 1:
        ctx.error("invalid-argument", f"{name} must be 1 or more, got {value}", at=name)


def three_axes(ctx: Context, x: Shape, what: str) -> bool:
    if len(x) >= 3:
        return True
    ctx.error(
        "rank-mismatch",
        f"{what} needs (..., C, H, W), at least 3 axes, got {len(x)}",
        at="input",
        note=f"input {format_shape(x)}",
    )
    return False


def report_factor(ctx: Context, x: Shape, n: Dim, k: int, rule: str, at: str, near: int | None) -> None:
    rest = f"{format_dim(n)} = {k}*{n // k} + {n % k}; " if isinstance(n, int) and isinstance(k, int) else ""
    ctx.error(
        "not-divisible",
        f"{rule}, got {format_dim(n)}",
        at=at,
        note=f"{rest}input {format_shape(x)}",
        help=f"write `{at}: {near}`" if near else f"give an input with a multiple of {k} there",
        replace=near,
    )


def square_factor(n: Dim, wish: int) -> int | None:
    """The factor nearest to `wish`, above 1, whose square divides n."""
    if not isinstance(n, int):
        return None
    fits = [r for r in range(2, 65) if n % (r * r) == 0]
    return min(fits, key=lambda r: abs(r - wish)) if fits and n else None


class ChannelShuffle(Layer):
    """Deals the channels out over the groups: (N, C, *) -> the same shape. groups divides C."""

    main = "groups"
    groups = Int(short=("g",), help="number of groups that the channels are dealt over")
    examples = (Example({"groups": 2}, [(1, 4, 3, 3)], [(1, 4, 3, 3)]),)

    def construct(self, ctx: Context) -> None:
        check_positive(ctx, self.groups, "groups")

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x, g = xs[0], self.groups
        if len(x) < 3:
            ctx.error(
                "rank-mismatch",
                f"ChannelShuffle needs (N, C, ...), at least 3 axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}",
            )
        elif not ctx.divisible(x[1], g):
            near = near_divisor(x[1], g) if isinstance(x[1], int) else None
            report_factor(ctx, x, x[1], g, f"channels must be a multiple of groups {g}", "groups", near)
        return x


# Functions: shape of one tensor. -------------------------------------------------------------------------------------


class Reshape(View):
    """The same elements in another shape, in order: (2, 3, 4) -> (6, 4) for shape [6, 4]. One size may be -1."""

    type = "reshape"
    function = True
    main = "shape"
    shape = Ints(help="the new shape, batch included; one size may be -1: what is left over")
    examples = (Example({"shape": [4, -1]}, [(4, 3, 2)], [(4, 6)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return infer_sizes(ctx, self.shape, numel(xs[0]), xs[0], "shape")

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


class Permute(View):
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


class Transpose(View):
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


class Squeeze(View):
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
        return tuple(n for i, n in enumerate(x) if i not in chosen or keeps(ctx, n))


def keeps(ctx: Context, n: Dim) -> bool:
    """Whether squeezing leaves an axis of size n: unless it is 1, which a symbol is taken not to be."""
    verdict = same(n, 1)
    if verdict is None:
        ctx.need(None, f"{format_dim(n)} != 1")
    return verdict is not True


class Unsqueeze(View):
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
        if own >= 0 and x[own] != 1 and not ctx.equal(x[own], wish):
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


class Slice(View):
    """Takes start, start + step, ... below end on one axis: ceil((end - start)/step) elements.

    Negative positions count from the end; positions outside are moved to the ends, as in x[start:end:step].
    """

    type = "slice"
    function = True
    main = None
    dim = Int(0, help="the axis")
    start = Int(None, help="first position; left out: 0")
    end = Int(None, help="position to stop before; left out: the size")
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


class Roll(Layer):
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


# Functions: several outputs. -----------------------------------------------------------------------------------------


def pieces(x: Shape, index: int, sizes: Sequence[Dim]) -> list[Shape | None]:
    return [(*x[:index], size, *x[index + 1 :]) for size in sizes]


def too_many(ctx: Context, count: int, at: str | None) -> bool:
    if count <= MAX_PIECES:
        return False
    ctx.error("too-many-outputs", f"{count} outputs are more than the {MAX_PIECES} that are modelled", at=at)
    return True


class Chunk(View):
    """Cuts an axis into at most `chunks` pieces of ceil(n/chunks), the last one smaller."""

    type = "chunk"
    function = True
    main = "chunks"
    chunks = Int(lo=1, help="how many pieces; there may be fewer")
    dim = Int(0, help="the axis")
    examples = (
        Example({"chunks": 2, "dim": 1}, [(2, 64, 8)], [(2, 32, 8), (2, 32, 8)]),
        Example({"chunks": 3}, [(10,)], [(4,), (4,), (2,)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x = xs[0]
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "chunk") else None
        if index is None or too_many(
            ctx,
            self.chunks
            if not isinstance(x[index], int)
            else min(
                self.chunks,
                max(int(x[index]), 1),  # type: ignore[arg-type]
            ),
            "chunks",
        ):
            return None
        return pieces(x, index, self.sizes(ctx, x[index]))

    def sizes(self, ctx: Context, n: Dim) -> list[Dim]:
        """Sizes of the pieces. A symbol is taken to be divisible, which is recorded."""
        if not isinstance(n, int):
            if n is not UNK:
                ctx.divisible(n, self.chunks)
            return [floordiv(n, self.chunks) if n is not UNK else UNK] * self.chunks
        if n == 0:
            return [0] * self.chunks
        return cut(n, -(-n // self.chunks))


def cut(n: int, size: int) -> list[Dim]:
    """Pieces of `size`, the last one smaller; one empty piece of nothing."""
    whole, rest = divmod(n, size) if size else (1, 0)
    return [*[size] * whole, *([rest] if rest or not whole else [])]


class Split(View):
    """Cuts an axis into pieces of one size (the last one smaller), or into the sizes of a list, which must add up."""

    type = "split"
    function = True
    main = "split_size_or_sections"
    split_size_or_sections = IntOrInts(lo=0, short=("split_size",), help="the size of a piece, or the list of sizes")
    dim = Int(0, help="the axis")
    examples = (
        Example({"split_size_or_sections": [16, 48], "dim": 1}, [(2, 64, 8)], [(2, 16, 8), (2, 48, 8)]),
        Example({"split_size_or_sections": 4}, [(10,)], [(4,), (4,), (2,)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x, wish = xs[0], self.split_size_or_sections
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "split") else None
        if index is None:
            return None
        if isinstance(wish, tuple):
            if too_many(ctx, len(wish), "split_size_or_sections"):
                return None
            self.check_sum(ctx, x, index, wish)
            return pieces(x, index, wish)
        return self.equal_pieces(ctx, x, index, wish)

    def check_sum(self, ctx: Context, x: Shape, index: int, wish: tuple[Dim, ...]) -> None:
        total: Dim = 0
        for size in wish:
            total = total + size
        if ctx.equal(x[index], total):
            return
        rest = x[index] - (total - wish[-1]) if wish else None
        fixed = [*wish[:-1], rest] if isinstance(rest, int) and rest > 0 else None
        ctx.error(
            "shape-mismatch",
            f"the sizes add up to {format_dim(total)}, axis {index} has {format_dim(x[index])}",
            at="split_size_or_sections",
            note=f"{' + '.join(map(format_dim, wish[:12]))} = {format_dim(total)}; input {format_shape(x)}",
            help=f"write `{sizes_text(fixed)}`" if fixed else None,
            replace=fixed,
        )

    def equal_pieces(self, ctx: Context, x: Shape, index: int, size: Dim) -> list[Shape | None] | None:
        n = x[index]
        if not isinstance(n, int) or not isinstance(size, int):
            return self.symbolic_pieces(ctx, x, index, n, size)
        if size == 0 and n != 0:
            ctx.error(
                "invalid-argument",
                f"split_size 0 is only for an empty axis, axis {index} has {n}",
                at="split_size_or_sections",
                help="write the size of a piece, 1 or more",
            )
            return None
        if size and too_many(ctx, n // size, "split_size_or_sections"):
            return None
        return pieces(x, index, cut(n, size) if size else [0])

    def symbolic_pieces(self, ctx: Context, x: Shape, index: int, n: Dim, size: Dim) -> list[Shape | None] | None:
        """Pieces of a symbol where their number is one, such as 3*D in pieces of D; else nothing is known."""
        if n is UNK or size is UNK or size == 0:
            return None
        count = floordiv(n, size)
        if not isinstance(count, int) or same(count * size, n) is not True or too_many(ctx, count, None):
            ctx.need(None, f"{format_dim(n)} known, to count the pieces of {format_dim(size)}")
            return None
        return pieces(x, index, [size] * count)


class Unbind(View):
    """Takes an axis apart: (n, *) -> n tensors (*)."""

    type = "unbind"
    function = True
    main = "dim"
    dim = Int(0, help="the axis")
    examples = (Example({}, [(3, 2, 8)], [(2, 8), (2, 8), (2, 8)]),)

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x = xs[0]
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "unbind") else None
        if index is None:
            return None
        n = x[index]
        if not isinstance(n, int):
            if n is not UNK:
                ctx.need(None, f"{format_dim(n)} known, to count the outputs")
            return None
        return None if too_many(ctx, n, "dim") else [(*x[:index], *x[index + 1 :])] * n
