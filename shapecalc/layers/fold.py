"""Windows as columns and back: Unfold and Fold, without the sum that a convolution takes."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.algebra.dims import UNK, Dim, floordiv, format_dim
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import product_text, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.layer import UNKNOWN, Example, Layer, Shapes, Window, Windows
from shapecalc.layers.params import Spatial
from shapecalc.layers.places import Places


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

    def windows(self, rank: int) -> Windows:
        rows = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return [Window(*row) for row in rows]

    def places(self, x: Shape, y: Shape) -> Places:
        last = len(y) - 1
        return [*((i,) for i in range(last)), (last,), (last,)]

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

    def windows(self, rank: int) -> str:
        return UNKNOWN

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
