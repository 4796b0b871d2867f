"""Pools in 1, 2 and 3 dimensions: max, average, power average, adaptive, fractional, and max unpools.

Formulas as documented at torch.nn.MaxPool2d and its kin; limits as torch 2.x enforces them.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from shapecalc.algebra.dims import UNK, Dim, conv_transpose_out, format_dim, pool_out, scale_out
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import ADAPTIVE_POOL, AVERAGE_POOL, MAX_POOL, POOL
from shapecalc.layers.layer import GLOBAL, Example, Shapes, Window, Windows
from shapecalc.layers.params import BAD, AdaptiveSize, Any_, Bool, Everywhere, Fail, Float, Int, Spatial, kind_of, show
from shapecalc.layers.spatial import (
    OverAxes,
    adaptive_window,
    alike,
    as_written,
    both,
    ceildiv_int,
    conv_text,
    cut,
    listed,
    positions,
    spaced,
    spread_line,
    term,
    window_lengths,
    window_text,
)

Outputs = Shape | list[Shape | None]
Row = tuple[Dim, int, int, int, int]  # input size, kernel, stride, padding per side, dilation


class Steps(Spatial):
    """The stride of a pool: PyTorch takes an empty list for one that is left out."""

    def convert(self, value: object, fail: Fail) -> Any:
        return None if isinstance(value, (list, tuple)) and not value else super().convert(value, fail)


class Pool(OverAxes, abstract=True, kinds=POOL):
    """What the pools with a fixed window share: one output per window, channels as they come."""

    main = "kernel_size"
    floor_text = "out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1"

    kernel_size = Spatial(2, lo=1, one=True, short=("k",), help="size of the window")
    stride = Steps(2, None, lo=1, one=True, short=("s",), help="step between windows; left out, the kernel size")
    ceil_mode = Bool(False, exact=True, help="round up: a last window may reach past the end")

    def steps(self) -> tuple[int, ...]:
        return self.kernel_size if self.stride is None else self.stride

    def pads(self) -> tuple[int, ...]:
        return self.__dict__.get("padding") or (0,) * self.n

    def taps(self) -> tuple[int, ...]:
        """Dilation per axis."""
        return self.__dict__.get("dilation") or (1,) * self.n

    @property
    def copies(self) -> int:
        """Outputs: the values and, on request, the indices."""
        return 2 if self.__dict__.get("return_indices") else 1

    def guess(self) -> Outputs:
        return self.guess_with(None, self.copies)

    def construct(self, ctx: Context) -> None:
        for i, (p, k) in enumerate(zip(self.pads(), self.kernel_size, strict=True)):
            if p > k // 2:
                fits = cut(self.pads(), i, k // 2)
                ctx.error(
                    "padding-too-large",
                    f"padding must be at most half of the kernel, {k // 2} along {self.axes[i]}, got {p}",
                    at="padding",
                    note=f"floor(kernel_size/2) = floor({k}/2) = {k // 2}"
                    + ("; the dilation does not count" if self.taps()[i] > 1 else ""),
                    help=f"write `padding: {fits}`",
                    replace=fits,
                )
                return

    def output(self, ctx: Context, x: Shape) -> Outputs:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        self.in_range(ctx)
        sizes: list[Dim] = [UNK] * self.n
        if not ctx.failed and self.no_empty_axis(ctx, x, len(x) - self.n - 1):
            rows = self.rows(x)
            bad = [i for i, row in enumerate(rows) if not ctx.at_least(row[0], self.smallest(row))]
            if bad:
                self.refuse_kernel(ctx, rows, bad)
            sizes = [UNK if i in bad else pool_out(*row, self.ceil_mode) for i, row in enumerate(rows)]
        y: Shape = (*x[: -self.n], *sizes)
        return y if self.copies == 1 else [y, y]

    def rows(self, x: Shape) -> list[Row]:
        return list(zip(x[-self.n :], self.kernel_size, self.steps(), self.pads(), self.taps(), strict=True))

    def smallest(self, row: Row) -> int:
        """The smallest input with one output: the padded input holds the window, or with ceil_mode its first part."""
        _, k, s, p, d = row
        extent = d * (k - 1) + 1
        fits = 1 - p - min(0, p + s - extent) if self.ceil_mode else extent - 2 * p
        # PyTorch's averages in three dimensions want the kernel to fit the input without its padding.
        return max(fits, k) if self.n == 3 and self.averages else fits

    @property
    def averages(self) -> bool:
        return False

    def refuse_kernel(self, ctx: Context, rows: list[Row], bad: list[int]) -> None:
        n, k, _, p, d = row = rows[bad[0]]
        where = listed([self.axes[i] for i in bad if rows[i] == row])
        at, fits = "input", None
        if isinstance(n, int) and n + 2 * p > 0:
            most = (n + 2 * p - 1) // d + 1
            at, fits = "kernel_size", cut(self.kernel_size, bad[0], min(most, n) if self.averages else most)
        ctx.error(
            "kernel-too-large",
            f"{window_text(k, d, 2 * p)} needs at least {positions(self.smallest(row))} along {where}, "
            f"got {format_dim(n)}",
            at=at,
            note=f"{where}: {self.formula(row)} = {format_dim(pool_out(*row, self.ceil_mode))}",
            help=(f"write `kernel_size: {fits}`, or " if fits is not None else "")
            + f"give an input of at least {self.smallest(row)}",
            replace=fits,
        )

    def formula(self, row: Row) -> str:
        n, k, s, p, d = row
        return conv_text(n, k, s, both(p), d, "ceil" if self.ceil_mode else "floor")

    def windows(self, rank: int) -> list[Window]:
        return [Window(*row) for row in zip(self.kernel_size, self.steps(), self.pads(), self.taps(), strict=True)]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = [self.floor_text.replace("floor", "ceil") if self.ceil_mode else self.floor_text]
        if self.stride is None:
            lines.append(f"stride is left out: it is kernel_size, {as_written(self.kernel_size)}")
        x = xs[0]
        if x is not None:
            rows = self.rows(x)
            for group in alike(rows):
                lines += self.explain_axis(listed([self.axes[i] for i in group]), rows[group[0]])
        return lines

    def explain_axis(self, axis: str, row: Row) -> list[str]:
        n, k, s, p, d = row
        lines = [f"{axis}: {spread_line(k, d)}"] if d > 1 else []
        if self.ceil_mode:
            return lines + self.explain_ceil(axis, row)
        lines.append(f"{axis}: {self.formula(row)} = {format_dim(pool_out(*row))}")
        left = (n + 2 * p - d * (k - 1) - 1) % s
        if isinstance(left, int) and left:
            more = pool_out(*row, True) != pool_out(*row)
            lines.append(
                f"{axis}: {left} left over: the end of the padded input is in no window; ceil_mode would add "
                + ("one" if more else "none, since it would start in the right padding")
            )
        return lines

    def explain_ceil(self, axis: str, row: Row) -> list[str]:
        """Rounded up, then the last window looked at: does it start before the padding on the right?"""
        n, k, s, p, d = row
        rounded = (n + 2 * p - d * (k - 1) - 1 + s - 1) // s + 1
        lines = [f"{axis}: {self.formula(row)} = {format_dim(rounded)}"]
        if not isinstance(rounded, int) or not isinstance(n, int):
            out = format_dim(pool_out(*row, True))
            return [*lines, f"{axis}: a last window that starts in the right padding is dropped: {out}"]
        start, end = (rounded - 1) * s - p, n - 1
        place = f"window {rounded} starts at ({rounded} - 1)*{s} - {p} = {start}"
        if (rounded - 1) * s >= n + p:
            verdict = f"past the last input position {end}, so it does not count: {rounded} - 1 = {rounded - 1}"
        else:
            verdict = f"not past the last input position {end}, so it counts"
            over = start + d * (k - 1) - (end + p)
            verdict += f", though it reaches {over} beyond the padded end" if over > 0 else ""
        return [*lines, f"{axis}: {place}, {verdict}"]


class MaxPool(Pool, abstract=True, kinds=MAX_POOL):
    """The largest value of each window over {n} axes: (N, C, {axes}) -> (N, C, {outs}).

    out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1 on every axis. With ceil_mode the
    division rounds up, and a last window counts if it starts inside the input or its left padding. padding is at most
    half of the kernel. return_indices gives the positions as a second output. One sample (C, {axes}) is taken too.
    """

    order = ("kernel_size", "stride", "padding", "dilation", "return_indices", "ceil_mode")

    padding = Spatial(2, 0, lo=0, one=True, short=("p",), help="positions added on both sides, never the largest")
    dilation = Spatial(2, 1, lo=1, one=True, short=("d",), help="step between neighbouring positions of the window")
    return_indices = Bool(False, help="give the positions of the largest values as a second output")


class AvgPool(Pool, abstract=True, kinds=AVERAGE_POOL):
    """The mean of each window over {n} axes: (N, C, {axes}) -> (N, C, {outs}).

    out = floor((in + 2*padding - kernel_size)/stride) + 1 on every axis. With ceil_mode the division rounds up, and a
    last window counts if it starts inside the input or its left padding. padding is at most half of the kernel.
    One sample (C, {axes}) is taken too.
    """

    order: ClassVar[tuple[str, ...]] = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")
    floor_text = "out = floor((in + 2*padding - 1*(kernel_size - 1) - 1)/stride) + 1"

    padding = Spatial(2, 0, lo=0, one=True, short=("p",), help="zeros added on both sides")
    count_include_pad = Bool(True, exact=True, help="count the added zeros in the mean")

    @property
    def averages(self) -> bool:
        return True


class DividedAvgPool(AvgPool, abstract=True):
    __doc__ = AvgPool.__doc__

    order = (*AvgPool.order, "divisor_override")

    divisor_override = Int(None, help="divide by this number instead of the window's size")

    def construct(self, ctx: Context) -> None:
        super().construct(ctx)
        if self.divisor_override == 0:
            volume = math.prod(self.kernel_size)
            ctx.error(
                "invalid-argument",
                "divisor_override must not be 0",
                at="divisor_override",
                help=f"leave it out for the window's size, {volume}",
                replace=volume,
            )


class LPPool(Pool, abstract=True):
    """(sum of x^p)^(1/p) over each window of {n} axes: (N, C, {axes}) -> (N, C, {outs}).

    out = floor((in - kernel_size)/stride) + 1 on every axis, rounded up with ceil_mode; norm_type is p, infinity
    gives the maximum. One sample (C, {axes}) is taken too.
    """

    order = ("norm_type", "kernel_size", "stride", "ceil_mode")
    floor_text = "out = floor((in + 2*0 - 1*(kernel_size - 1) - 1)/stride) + 1"

    norm_type = Float(help="the power p")
    kernel_size = Spatial(2, lo=1, short=("k",), help="size of the window")

    @property
    def averages(self) -> bool:
        return self.norm_type != math.inf

    def construct(self, ctx: Context) -> None:
        if self.norm_type == 0:
            ctx.error(
                "invalid-argument",
                "norm_type must not be 0: the root 1/norm_type is taken",
                at="norm_type",
                help="write `norm_type: 2`",
                replace=2,
            )


class SingleKernel(Spatial):
    """The kernel of LPPool1d: PyTorch multiplies by it, which a list does not let it."""

    def __init__(self) -> None:
        super().__init__(1, lo=1, short=("k",), help="size of the window")

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)):
            return super().convert(value, fail)
        hint = f"write `{show(value[0])}`" if len(value) == 1 else None
        fail(f"{self.name} must be {self.describe()}, not the list `{show(value)}`", help=hint)
        return BAD  # type: ignore[no-any-return]


class Adaptive(OverAxes, abstract=True, kinds=ADAPTIVE_POOL):
    """What the adaptive pools share: the output size is given, the windows follow."""

    main = "output_size"
    inferred = ("sizes",)
    sizes: Shape | None

    output_size = AdaptiveSize(2, short=("out",), help="size of the output; null keeps the input's size on that axis")

    @property
    def copies(self) -> int:
        return 2 if self.__dict__.get("return_indices") else 1

    def guess(self) -> Outputs:
        sizes = [UNK if size is None else size for size in self.output_size or [None] * self.n]
        shape: Shape = (UNK, UNK, *sizes)
        return shape if self.copies == 1 else [shape, shape]

    def output(self, ctx: Context, x: Shape) -> Outputs:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        self.check_empty(ctx, x)
        sizes = zip(x[-self.n :], self.output_size, strict=True)
        y: Shape = (*x[: -self.n], *[n if size is None else size for n, size in sizes])
        return y if self.copies == 1 else [y, y]

    def check_empty(self, ctx: Context, x: Shape) -> None:
        self.no_empty_axis(ctx, x, 1)

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"sizes": xs[0][-self.n :]}

    def windows(self, rank: int) -> Windows:
        sizes = self.sizes or (UNK,) * self.n
        return [adaptive_window(n, size) for n, size in zip(sizes, self.output_size, strict=False)]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["window i of the output covers floor(i*in/out) up to ceil((i + 1)*in/out), its end not included"]
        x = xs[0]
        if x is None:
            return lines
        rows = list(zip(x[-self.n :], self.output_size, strict=True))
        for group in alike(rows):
            lines.append(adaptive_line(listed([self.axes[i] for i in group]), *rows[group[0]]))
        return lines


def adaptive_line(axis: str, n: Dim, size: int | None) -> str:
    """How an axis of n positions is cut into `size` windows."""
    if size is None or size == n:
        return f"{axis}: {format_dim(n)} stays {format_dim(n)}"
    if size == 0:
        return f"{axis}: no window, so the axis is empty"
    if size == 1:
        return f"{axis}: one window over all {format_dim(n)}"
    if not isinstance(n, int):
        return f"{axis}: {format_dim(n)} positions in {size} windows of about {term(n)}/{size} each"
    if n % size == 0:
        return f"{axis}: {n} = {size}*{n // size}: {size} windows of {n // size} side by side"
    ends = [(i * n // size, ceildiv_int((i + 1) * n, size)) for i in range(min(size, 4))]
    shown = ", ".join(f"{a}-{b - 1}" for a, b in ends) + (", ..." if size > 4 else "")
    lengths = sorted(set(window_lengths(n, size)))
    words = " or ".join(map(str, lengths))
    return f"{axis}: {n} is not a multiple of {size}: {size} windows of {words} positions, {shown}"


class AdaptiveMaxPool(Adaptive, abstract=True):
    """The largest value of each window, as many windows as asked for: (N, C, {axes}) -> (N, C, *output_size).

    Window i of an axis covers floor(i*in/out) up to ceil((i + 1)*in/out), over {n} axes. One sample (C, {axes}) is
    taken too.
    """

    order = ("output_size", "return_indices")

    return_indices = Bool(False, help="give the positions of the largest values as a second output")


class AdaptiveAvgPool(Adaptive, abstract=True):
    """The mean of each window, as many windows as asked for: (N, C, {axes}) -> (N, C, *output_size).

    Window i of an axis covers floor(i*in/out) up to ceil((i + 1)*in/out), over {n} axes; output_size 1 is the global
    average. One sample (C, {axes}) is taken too.
    """

    def mean(self, x: Shape) -> bool:
        """PyTorch takes a plain mean where every output size is 1, and that asks little of the input."""
        sizes = zip(x[-self.n :], self.output_size, strict=False)
        return all(size == 1 or (size is None and n == 1) for n, size in sizes)

    def rank_fits(self, ctx: Context, x: Shape) -> bool:
        fewest = self.n if isinstance(self.output_size, Everywhere) else self.n + 1
        if self.n == 1 or len(x) in (self.n + 1, self.n + 2) or len(x) < fewest or not self.mean(x):
            return super().rank_fits(ctx, x)
        axes = ", ".join(self.axes)
        ctx.warning(
            "rank-mismatch",
            f"{self.type} expects {self.n + 2} axes (N, C, {axes}), got {len(x)}: "
            f"PyTorch takes the mean of the last {self.n}",
            at="input",
            note=f"the input is {format_shape(x)}",
        )
        return True

    def check_empty(self, ctx: Context, x: Shape) -> None:
        if not self.mean(x):
            # In three dimensions PyTorch looks at the channels of a batch too.
            self.no_empty_axis(ctx, x, 1 if self.n == 3 else len(x) - self.n)


class Fractional(OverAxes, abstract=True):
    """The largest value of windows at random distances over {n} axes: (N, C, {axes}) -> (N, C, {outs}).

    out = output_size, or floor(in*output_ratio) with 0 < output_ratio < 1; the windows must fit, so
    out + kernel_size - 1 <= in (one less in three dimensions). One sample (C, {axes}) is taken too.
    """

    main = "kernel_size"
    order = ("kernel_size", "output_size", "output_ratio", "return_indices", "_random_samples")
    inferred = ("shape",)
    shape: Shape | None

    kernel_size = Spatial(2, short=("k",), help="size of the window")
    output_size = Spatial(2, None, lo=0, short=("out",), help="size of the output")
    output_ratio = Any_(None, help="size of the output as a fraction of the input's, between 0 and 1")
    return_indices = Bool(False, help="give the positions of the largest values as a second output")
    _random_samples = Any_(None, help="where the windows start")

    @property
    def spare(self) -> int:
        """PyTorch wants one position more than the windows need, in three dimensions only."""
        return 1 if self.n == 3 else 0

    @property
    def copies(self) -> int:
        return 2 if self.return_indices else 1

    def guess(self) -> Outputs:
        shape: Shape = (UNK, UNK, *(self.output_size or [UNK] * self.n))
        return shape if self.copies == 1 else [shape, shape]

    def construct(self, ctx: Context) -> None:
        if self.n == 3 and min(self.kernel_size) < 1:
            ctx.error(
                "invalid-argument", f"kernel_size must be at least 1, got {min(self.kernel_size)}", at="kernel_size"
            )
        if (self.output_size is None) == (self.output_ratio is None):
            neither = self.output_size is None
            ctx.error(
                "missing-argument" if neither else "invalid-argument",
                f"{self.type} expects one of output_size and output_ratio, got {'neither' if neither else 'both'}",
                at=None if neither else "output_ratio",
                help="add `output_ratio: 0.5` for half the size" if neither else "leave one of them out",
            )
        elif self.output_ratio is not None:
            self.check_ratio(ctx)

    def check_ratio(self, ctx: Context) -> None:
        ratios = self.ratios()
        good = all(isinstance(r, (int, float)) and not isinstance(r, bool) and 0 < r < 1 for r in ratios[: self.n])
        if good and (len(ratios) == self.n or len(ratios) > self.n == 3):  # PyTorch passes over a fourth
            return
        ctx.error(
            "invalid-argument",
            f"output_ratio must be a number between 0 and 1 or a list of {self.n}, not "
            f"{kind_of(self.output_ratio)} `{show(self.output_ratio)}`",
            at="output_ratio",
            help="write `output_ratio: 0.5` for half the size",
            replace=0.5,
        )

    def ratios(self) -> tuple[Any, ...]:
        given = self.output_ratio
        return tuple(given) if isinstance(given, (list, tuple)) else (given,) * self.n

    def output(self, ctx: Context, x: Shape) -> Outputs:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        sizes = self.sizes(x)
        if self.no_empty_axis(ctx, x, 1):
            self.check_windows(ctx, x, sizes)
        y: Shape = (*x[: -self.n], *sizes)
        return y if self.copies == 1 else [y, y]

    def sizes(self, x: Shape) -> list[Dim]:
        if self.output_size is not None:
            return list(self.output_size)
        ratios = [r if isinstance(r, float) and 0 < r < 1 else UNK for r in self.ratios()]
        return [UNK if r is UNK else scale_out(n, r) for n, r in zip(x[-self.n :], ratios, strict=False)]

    def check_windows(self, ctx: Context, x: Shape, sizes: list[Dim]) -> None:
        for i, (n, size, k) in enumerate(zip(x[-self.n :], sizes, self.kernel_size, strict=False)):
            if ctx.at_least(n, size + k - 1 + self.spare):
                continue
            ctx.error(
                "kernel-too-large",
                f"{format_dim(size)} windows of {k} need at least {format_dim(size + k - 1 + self.spare)} positions "
                f"along {self.axes[i]}, got {format_dim(n)}",
                at="kernel_size",
                note=f"{self.axes[i]}: {format_dim(size)} + {k} - 1"
                + (" + 1" if self.spare else "")
                + f" = {format_dim(size + k - 1 + self.spare)} > {format_dim(n)}",
                help=f"write an output_size of at most {format_dim(n - k + 1 - self.spare)}, or a smaller kernel",
            )
            return

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"shape": xs[0]}

    def windows(self, rank: int) -> Windows | str:
        """The windows lie at random; their mean distance is in/out."""
        if self.shape is None:
            return GLOBAL
        rows = zip(self.kernel_size, self.shape[-self.n :], self.sizes(self.shape), strict=False)
        return [spaced(k, n, size) if isinstance(size, int) else GLOBAL for k, n, size in rows]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x = xs[0]
        if x is None or self.output_size is not None:
            return ["out = output_size; the windows start at random, about in/out apart"]
        rows = list(zip(x[-self.n :], self.ratios(), self.sizes(x), strict=False))
        lines = ["out = floor(in*output_ratio); the windows start at random, about in/out apart"]
        for group in alike(rows):
            n, ratio, size = rows[group[0]]
            lines.append(f"{listed([self.axes[i] for i in group])}: floor({term(n)}*{ratio}) = {format_dim(size)}")
        return lines


class Leading(Spatial):
    """Per axis; PyTorch passes over what is longer than needed, in one and two dimensions."""

    def convert(self, value: object, fail: Fail) -> tuple[int, ...]:
        longer = isinstance(value, (list, tuple)) and len(value) > self.n < 3
        return super().convert(value[: self.n] if longer else value, fail)  # type: ignore[index]


class Unpool(OverAxes, abstract=True):
    """Puts values back where a max pool took them, over {n} axes: (N, C, {axes}) -> (N, C, {outs}).

    Two inputs of one shape, the values and the indices that the pool returned;
    out = (in - 1)*stride - 2*padding + kernel_size on every axis. One sample (C, {axes}) is taken too.
    """

    arity = (2, 2)
    main = "kernel_size"
    order = ("kernel_size", "stride", "padding")

    kernel_size = Spatial(2, short=("k",), help="size of the pool's window")
    stride = Leading(2, None, short=("s",), help="step between the pool's windows; left out, the kernel size")
    padding = Leading(2, 0, short=("p",), help="padding of the pool")

    def steps(self) -> tuple[int, ...]:
        return self.kernel_size if self.stride is None else self.stride

    def guess(self) -> Outputs:
        return self.guess_with(None)

    def construct(self, ctx: Context) -> None:
        if self.n == 3 and any(s < 1 for s in self.steps()):
            ctx.error("invalid-argument", f"stride must be at least 1, got {min(self.steps())}", at="stride")

    def output(self, ctx: Context, x: Shape, indices: Shape) -> Outputs:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        self.no_empty_axis(ctx, x, 1)
        self.check_indices(ctx, x, indices)
        sizes: list[Dim] = []
        for axis, row in zip(self.axes, self.rows(x), strict=True):
            size = conv_transpose_out(*row)
            if ctx.at_least(size, 0):
                sizes.append(size)
                continue
            if UNK not in sizes:  # one finding for all axes
                ctx.error(
                    "output-too-small",
                    f"the output along {axis} would have {positions(size)}",
                    at="kernel_size",
                    note=f"{axis}: {unpool_text(*row)} = {format_dim(size)}",
                    help="give the kernel_size, stride and padding of the pool that made the indices",
                )
            sizes.append(UNK)
        return (*x[: -self.n], *sizes)

    def check_indices(self, ctx: Context, x: Shape, indices: Shape) -> None:
        if len(x) == len(indices) and all(ctx.equal(a, b) for a, b in zip(x, indices, strict=True)):
            return
        ctx.error(
            "shape-mismatch",
            f"{self.type} expects indices of the input's shape {format_shape(x)}, got {format_shape(indices)}",
            at="input.1",
            help="take both from one pool with `return_indices: true`: `from: [x, pool.1]`",
        )

    def rows(self, x: Shape) -> list[tuple[Dim, int, int, int]]:
        return list(zip(x[-self.n :], self.kernel_size, self.steps(), self.padding, strict=True))

    def windows(self, rank: int) -> list[Window] | str:
        if min(*self.kernel_size, *self.steps()) < 1:
            return GLOBAL
        rows = zip(self.kernel_size, self.steps(), self.padding, strict=True)
        return [Window(*row, transposed=True) for row in rows]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["out = (in - 1)*stride - 2*padding + kernel_size"]
        x = xs[0]
        if x is not None:
            rows = self.rows(x)
            for group in alike(rows):
                row = rows[group[0]]
                axis = listed([self.axes[i] for i in group])
                lines.append(f"{axis}: {unpool_text(*row)} = {format_dim(conv_transpose_out(*row))}")
        return lines


def unpool_text(n: Dim, k: int, s: int, p: int) -> str:
    return f"({term(n)} - 1)*{s} - 2*{p} + {k}"


class MaxPool1d(MaxPool, n=1):
    largest = None
    examples = (Example({"kernel_size": 3, "stride": 2}, [(20, 16, 50)], [(20, 16, 24)]),)


class MaxPool2d(MaxPool, n=2):
    examples = (
        Example({"kernel_size": 3, "stride": 2, "padding": 1}, [(1, 64, 112, 112)], [(1, 64, 56, 56)]),
        Example({"kernel_size": 3, "stride": 2, "ceil_mode": True}, [(1, 64, 28, 28)], [(1, 64, 14, 14)]),
    )


class MaxPool3d(MaxPool, n=3):
    examples = (Example({"kernel_size": 2}, [(1, 8, 16, 16, 16)], [(1, 8, 8, 8, 8)]),)


class AvgPool1d(AvgPool, n=1):
    examples = (Example({"kernel_size": 3, "stride": 2}, [(20, 16, 50)], [(20, 16, 24)]),)


class AvgPool2d(DividedAvgPool, n=2):
    examples = (Example({"kernel_size": 2}, [(1, 16, 28, 28)], [(1, 16, 14, 14)]),)


class AvgPool3d(DividedAvgPool, n=3):
    examples = (Example({"kernel_size": [1, 2, 2]}, [(1, 16, 4, 28, 28)], [(1, 16, 4, 14, 14)]),)


class LPPool1d(LPPool, n=1):
    kernel_size = SingleKernel()
    examples = (Example({"norm_type": 2, "kernel_size": 3}, [(20, 16, 50)], [(20, 16, 16)]),)


class LPPool2d(LPPool, n=2):
    examples = (Example({"norm_type": 2, "kernel_size": 3, "stride": 2}, [(1, 16, 28, 28)], [(1, 16, 13, 13)]),)


class LPPool3d(LPPool, n=3):
    examples = (Example({"norm_type": 1.5, "kernel_size": 2}, [(1, 4, 8, 8, 8)], [(1, 4, 4, 4, 4)]),)


class AdaptiveMaxPool1d(AdaptiveMaxPool, n=1):
    examples = (Example({"output_size": 5}, [(1, 64, 8)], [(1, 64, 5)]),)


class AdaptiveMaxPool2d(AdaptiveMaxPool, n=2):
    examples = (Example({"output_size": [None, 7]}, [(1, 64, 10, 9)], [(1, 64, 10, 7)]),)


class AdaptiveMaxPool3d(AdaptiveMaxPool, n=3):
    examples = (Example({"output_size": 2}, [(1, 8, 6, 6, 6)], [(1, 8, 2, 2, 2)]),)


class AdaptiveAvgPool1d(AdaptiveAvgPool, n=1):
    examples = (Example({"output_size": 5}, [(1, 64, 8)], [(1, 64, 5)]),)


class AdaptiveAvgPool2d(AdaptiveAvgPool, n=2):
    examples = (Example({"output_size": 1}, [(1, 512, 7, 7)], [(1, 512, 1, 1)]),)


class AdaptiveAvgPool3d(AdaptiveAvgPool, n=3):
    examples = (Example({"output_size": 1}, [(1, 8, 6, 6, 6)], [(1, 8, 1, 1, 1)]),)


class FractionalMaxPool2d(Fractional, n=2):
    examples = (Example({"kernel_size": 3, "output_ratio": 0.5}, [(1, 16, 50, 32)], [(1, 16, 25, 16)]),)


class FractionalMaxPool3d(Fractional, n=3):
    examples = (Example({"kernel_size": 3, "output_size": 4}, [(1, 16, 9, 9, 9)], [(1, 16, 4, 4, 4)]),)


class MaxUnpool1d(Unpool, n=1):
    examples = (Example({"kernel_size": 2}, [(1, 4, 5), (1, 4, 5)], [(1, 4, 10)]),)


class MaxUnpool2d(Unpool, n=2):
    examples = (Example({"kernel_size": 2}, [(1, 4, 7, 7), (1, 4, 7, 7)], [(1, 4, 14, 14)]),)


class MaxUnpool3d(Unpool, n=3):
    examples = (Example({"kernel_size": 2}, [(1, 4, 3, 3, 3), (1, 4, 3, 3, 3)], [(1, 4, 6, 6, 6)]),)
