"""Convolutions and transposed convolutions in 1, 2 and 3 dimensions, and their Lazy forms.

Formulas as documented at torch.nn.Conv2d and torch.nn.ConvTranspose2d; limits as torch 2.x enforces them.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, isqrt
from typing import Any, ClassVar

from shapecalc.algebra.dims import UNK, Dim, ceildiv, conv_out, conv_transpose_out, format_dim, less, maximum
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import CONVOLUTION, TRANSPOSED
from shapecalc.layers.layer import Example, Shapes, Window
from shapecalc.layers.params import BAD, REQUIRED, Bool, Choice, Count, Fail, Ignored, Int, Padding, Spatial
from shapecalc.layers.spatial import (
    OverAxes,
    alike,
    as_written,
    both,
    conv_text,
    cut,
    listed,
    positions,
    spread_line,
    term,
    window_text,
    written,
)


class Positive(Spatial):
    """Integers >= 1 where PyTorch has a case that takes 0 all the same; the layer refuses the other cases."""

    def __init__(self, n: int, default: Any = REQUIRED, **common: Any) -> None:
        super().__init__(n, default, lo=0, **common)

    def describe(self) -> str:
        return super().describe().replace(">= 0", ">= 1")


class Single(tuple[int, ...]):
    """A list of one value that stands for all axes."""

    __slots__ = ()


class Longer(tuple[int, ...]):
    """The padding of each axis after a 0 for the channels."""

    __slots__ = ()


class ConvPadding(Padding):
    """Padding that remembers a list of another length: PyTorch takes one value with zeros only, and one too many (it
    pads the channels) with the other modes only."""

    def convert(self, value: object, fail: Fail) -> Any:
        if isinstance(value, (list, tuple)) and len(value) == self.n + 1 <= 3 and value[0] == 0:
            channels = super().convert(value[1:], fail)
            return channels if channels is BAD else Longer(channels)
        parsed = super().convert(value, fail)
        alone = isinstance(value, (list, tuple)) and len(value) == 1 < self.n
        return Single(parsed) if alone and parsed is not BAD else parsed


Row = tuple[Dim, int, int, int, int]  # input size, kernel, stride, padding of both sides, dilation


class Filters(OverAxes, abstract=True):
    """What a convolution and its transpose share: channels, groups, weights."""

    main = "out_channels"

    def __init_subclass__(cls, lazy: bool = False, **kwargs: Any) -> None:
        """`lazy`: the form that has no in_channels argument and always takes them from the input."""
        if lazy:
            cls.order, cls.inferred = cls.order[1:], ("in_channels",)
            cls.__doc__ = f"{cls.__mro__[1].__name__} that takes in_channels from its input. {cls.__mro__[1].__doc__}"
        super().__init_subclass__(**kwargs)

    in_channels = Count(fills=True, short=("in", "cin"), help="channels of the input; left out, the input fixes it")
    out_channels = Count(lo=1, short=("out", "cout"), help="channels of the output, one per filter")
    kernel_size = Positive(2, short=("k",), help="size of the filter")
    stride = Spatial(2, 1, lo=1, one=True, short=("s",), help="step between neighbouring windows")
    dilation = Positive(2, 1, one=True, short=("d",), help="step between neighbouring taps of the kernel")
    groups = Int(1, lo=1, short=("g",), help="independent parts that the channels are split into")
    bias = Bool(True, help="add a learnable number per output channel")
    device = Ignored()
    dtype = Ignored()

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"in_channels": xs[0][-self.n - 1]}

    def guess(self) -> Shape | list[Shape | None]:
        return self.guess_with(self.out_channels)

    def channels_out(self, x: Shape) -> Dim:
        return UNK if self.out_channels is None else self.out_channels

    def construct(self, ctx: Context) -> None:
        if self.in_channels != 0 and any(k == 0 for k in self.kernel_size):
            axis = self.kernel_size.index(0)
            ctx.error(
                "invalid-argument",
                f"kernel_size must be at least 1, got 0 along {self.axes[axis]}",
                at="kernel_size",
                help=f"write `kernel_size: {cut(self.kernel_size, axis, 1)}`",
                replace=cut(self.kernel_size, axis, 1),
            )
        self.check_groups(ctx)

    def idle(self, x: Shape) -> bool:
        """Nothing is computed, and PyTorch then checks less."""
        return self.in_channels == 0 or self.lead(x) == (0,)

    def check_dilation(self, ctx: Context, x: Shape) -> bool:
        if 0 not in self.dilation or self.idle(x):
            return True
        ctx.error("invalid-argument", "dilation must be at least 1, not 0", at="dilation", help="write `dilation: 1`")
        return False

    def check_groups(self, ctx: Context) -> None:
        if self.groups == 1:
            return
        for name, channels in self.grouped():
            if channels is not None and not ctx.divisible(channels, self.groups):
                near = nearest_groups(self.groups, self.in_channels, self.out_channels)
                ctx.error(
                    "groups-not-divisible",
                    f"{name} must be divisible by groups: {format_dim(channels)} is not divisible by {self.groups}",
                    at="groups",
                    note=remainder_text(channels, self.groups),
                    help=f"write `groups: {near}`, the nearest that divides all channels",
                    replace=near,
                )
                return

    def grouped(self) -> list[tuple[str, Dim | None]]:
        """The channel counts that groups must divide."""
        return [("in_channels", self.in_channels), ("out_channels", self.out_channels)]

    def check_channels(self, ctx: Context, x: Shape) -> None:
        got = x[-self.n - 1]
        if self.in_channels is None or ctx.equal(got, self.in_channels):
            return
        axis = len(x) - self.n - 1
        note = f"the input is {format_shape(x)}: axis {axis} is the channel axis"
        if axis == 0:
            note += f", since {len(x)} axes are one sample without the batch"
        ctx.error(
            "channel-mismatch",
            f"{self.type} expects {format_dim(self.in_channels)} input channels, got {format_dim(got)}",
            at="in_channels",
            note=note,
            help=f"write `in_channels: {format_dim(got)}`, or leave it out",
            replace=got,
        )

    def explain_weights(self, xs: Shapes, ys: Shapes) -> list[str]:
        """Parameters and MACs with the numbers put in."""
        if self.in_channels is None or self.out_channels is None:
            return []
        weight = self.weights()["weight"]
        text = "*".join(term(d) for d in weight)
        bias = f" + {term(self.bias_channels())} (bias)" if self.bias else ""
        total = numel(weight) + (self.bias_channels() if self.bias else 0)
        lines = [f"params = {text}{bias} = {format_dim(total)}"]
        if self.groups > 1:
            lines[0] += f"   (each filter sees one group of {self.groups})"
        macs = self.macs(xs, ys) if ys and all(s is not None for s in (*xs, *ys)) else UNK
        if macs is not UNK:
            places = self.positions(xs, ys)
            lines.append(f"macs   = {'*'.join(map(term, places))} positions * {text} weights = {format_dim(macs)}")
        return lines

    def bias_channels(self) -> Dim:
        return self.out_channels

    def positions(self, xs: Shapes, ys: Shapes) -> Shape:
        """(batch, *axes): where the whole filter bank is applied once each."""
        raise NotImplementedError

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        return numel(self.positions(xs, ys)) * numel(self.weights()["weight"])


def nearest_groups(groups: int, *channels: Dim | None) -> int:
    """The divisor of all channel counts that is closest to `groups` (the smaller one of two)."""
    common = gcd(*(c for c in channels if isinstance(c, int)))
    small = [g for g in range(1, isqrt(min(common, 10**10)) + 1) if common % g == 0]
    return min(sorted([*small, *(common // g for g in small)]), key=lambda g: abs(g - groups), default=1)


def remainder_text(channels: Dim, groups: int) -> str | None:
    if not isinstance(channels, int):
        return None
    return f"{channels} = {channels // groups}*{groups} + {channels % groups}"


class Conv(Filters, abstract=True, kinds=CONVOLUTION):
    """Slides learnable filters over {n} axes: (N, in_channels, {axes}) -> (N, out_channels, {outs}).

    out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1 on every axis;
    params = out_channels*(in_channels/groups*kernel volume + 1). One sample (in_channels, {axes}) is taken as well.
    """

    order = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
             "padding_mode", "device", "dtype")  # fmt: skip

    padding: Any = ConvPadding(
        2, 0, one=True, short=("p",), help="positions added on both sides; `same` keeps the size"
    )
    padding_mode = Choice(
        "zeros", "reflect", "replicate", "circular", default="zeros", help="what the added positions hold"
    )

    def construct(self, ctx: Context) -> None:
        super().construct(ctx)
        if self.padding == "same" and any(s != 1 for s in self.stride):
            self.refuse_same(ctx)
        elif self.padding_mode == "zeros" and any(p < 0 for p in self.pads()):
            ctx.error(
                "invalid-argument",
                f"padding must be at least 0 with padding_mode zeros, not {written(self.pads())}",
                at="padding",
                help=f"crop before the convolution: ZeroPad{self.n}d takes negative sizes",
            )
        elif isinstance(self.padding, Longer if self.padding_mode == "zeros" else Single):
            ctx.error(
                "invalid-argument",
                f"padding must be an integer or a list of {self.n} with padding_mode {self.padding_mode}, "
                f"got {1 if isinstance(self.padding, Single) else self.n + 1} values",
                at="padding",
                help=f"write `padding: {as_written(self.padding)}`",
                replace=as_written(self.padding),
            )

    def refuse_same(self, ctx: Context) -> None:
        fits = as_written([d * (k - 1) // 2 for k, d in zip(self.kernel_size, self.dilation, strict=True)])
        ctx.error(
            "invalid-argument",
            f"padding `same` needs stride 1, got stride {written(self.stride)}",
            at="padding",
            note="`same` keeps the size; a stride divides it",
            help=f"write `padding: {fits}`, which gives ceil(in/stride) for odd kernels",
            replace=fits,
        )

    def pads(self) -> tuple[int, ...]:
        """Padding before each axis."""
        if self.padding == "valid":
            return (0,) * self.n
        return tuple(t // 2 for t in self.totals()) if self.padding == "same" else self.padding

    def totals(self) -> tuple[int, ...]:
        """Padding of both sides together, per axis; `same` adds the odd one at the end."""
        if self.padding == "same":
            return tuple(d * (k - 1) for k, d in zip(self.kernel_size, self.dilation, strict=True))
        return tuple(2 * p for p in self.pads())

    def output(self, ctx: Context, x: Shape) -> Shape | list[Shape | None]:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        self.check_channels(ctx, x)
        if not (self.check_dilation(ctx, x) and self.in_range(ctx, ("padding",))):
            return (*self.lead(x), self.out_channels, *[UNK] * self.n)
        if isinstance(self.padding, Longer) and len(x) == self.n + 1:
            ctx.error("invalid-argument", f"padding must have {self.n} values, got {self.n + 1}", at="padding")
        if self.padding_mode in ("zeros", "circular") or self.no_empty_axis(ctx, x, len(x) - self.n - 1):
            self.check_edges(ctx, x)
        # PyTorch's own rule for no input channels: nothing is computed, and no channel comes out.
        channels = 0 if self.in_channels == 0 else self.out_channels
        return (*self.lead(x), channels, *self.spatial(ctx, x))

    def check_edges(self, ctx: Context, x: Shape) -> None:
        """reflect repeats at most the input but its edge, circular at most the whole of it; zeros, replicate any."""
        spare = {"reflect": 1, "circular": 0}.get(self.padding_mode)
        if spare is None:
            return
        for i, size in enumerate(x[-self.n :]):
            most = self.totals()[i] - self.pads()[i]
            if not ctx.at_least(size, most + spare):
                self.refuse_edge(ctx, i, size, most, size - spare)
                return

    def refuse_edge(self, ctx: Context, i: int, size: Dim, padding: int, most: Dim) -> None:
        written_out = isinstance(self.padding, str)
        ctx.error(
            "padding-too-large",
            f"{self.padding_mode} padding along {self.axes[i]} must be at most {format_dim(most)}, got {padding}",
            at="padding",
            note=f"it repeats what the input holds: {format_dim(size)} positions along {self.axes[i]}"
            + (", the edge not again" if self.padding_mode == "reflect" else ", once"),
            help="use padding_mode zeros or replicate"
            if written_out or less(most, 0)
            else f"write `padding: {most}`, or use padding_mode zeros or replicate",
            replace=None if written_out else cut(self.padding, i, most),
        )

    def spatial(self, ctx: Context, x: Shape) -> list[Dim]:
        if ctx.failed and self.padding_mode != "zeros":
            return [conv_out(*row) for row in self.rows(x)]
        rows = self.rows(x)
        fewest = 0 if self.idle(x) else 1  # padding alone is no input
        bad = [i for i, row in enumerate(rows) if not ctx.at_least(row[0], max(fewest, self.smallest(row)))]
        if bad:
            self.refuse_kernel(ctx, rows, bad)
        return [UNK if i in bad else conv_out(*row) for i, row in enumerate(rows)]

    def smallest(self, row: Row) -> int:
        """The smallest input whose padded size holds the kernel."""
        _, k, _, total, d = row
        return d * (k - 1) + 1 - total

    def rows(self, x: Shape) -> list[Row]:
        """(input size, kernel, stride, padding of both sides, dilation) per axis."""
        return list(zip(x[-self.n :], self.kernel_size, self.stride, self.totals(), self.dilation, strict=True))

    def refuse_kernel(self, ctx: Context, rows: list[Row], bad: list[int]) -> None:
        n, k, s, total, d = row = rows[bad[0]]
        where = listed([self.axes[i] for i in bad if rows[i] == row])
        need, room = max(1, self.smallest(row)), n + total
        most = (room - 1) // d + 1 if isinstance(room, int) and room > 0 and n != 0 else 0
        larger = cut(self.pads(), bad[0], -((n - d * (k - 1) - 1) // 2)) if most and total >= 0 else None
        fits = cut(self.kernel_size, bad[0], most)
        ways = [f"`kernel_size: {fits}`"] if most else []
        ways += [f"`padding: {larger}`"] if larger is not None else []
        ctx.error(
            "kernel-too-large",
            f"{window_text(k, d, total)} needs at least {positions(need)} along {where}, got {format_dim(n)}",
            at="kernel_size" if most else "input",
            note=f"{where}: {conv_text(n, k, s, both(total // 2), d)} = {format_dim(conv_out(n, k, s, total, d))}",
            help=("write " + " or ".join(ways) + ", or " if ways else "") + f"give an input of at least {need}",
            replace=fits if most else None,
        )

    def weights(self) -> dict[str, Shape]:
        per_group = self.in_channels // self.groups
        own: dict[str, Shape] = {"weight": (self.out_channels, per_group, *self.kernel_size)}
        return {**own, "bias": (self.out_channels,)} if self.bias else own

    def positions(self, xs: Shapes, ys: Shapes) -> Shape:
        y = ys[0]
        assert y is not None
        return (*self.lead(y), *y[-self.n :])

    def windows(self, rank: int) -> list[Window]:
        return [Window(*row) for row in zip(self.kernel_size, self.stride, self.pads(), self.dilation, strict=True)]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1"]
        x = xs[0]
        if x is not None:
            rows = self.rows(x)
            for group in alike(rows):
                lines += self.explain_axis(listed([self.axes[i] for i in group]), *rows[group[0]])
        return lines + self.explain_weights(xs, ys)

    def explain_axis(self, axis: str, n: Dim, k: int, s: int, total: int, d: int) -> list[str]:
        lines = [f"{axis}: {spread_line(k, d)}"] if d > 1 else []
        padding = both(total // 2)
        if self.padding == "same":
            before = total // 2
            lines.append(f"{axis}: same padding = {d}*({k} - 1) = {total}, {before} before and {total - before} after")
            padding = str(total)
        lines.append(f"{axis}: {conv_text(n, k, s, padding, d)} = {format_dim(conv_out(n, k, s, total, d))}")
        left = (n + total - d * (k - 1) - 1) % s
        if isinstance(left, int) and left:
            lines.append(f"{axis}: {left} left over: the stride of {s} steps over the end of the padded input")
        return lines


class ConvTranspose(Filters, abstract=True, kinds=TRANSPOSED):
    """Spreads every input position over a window of {n} axes: (N, in_channels, {axes}) -> (N, out_channels, {outs}).

    out = (in - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1 on every axis, the size that a
    convolution with the same numbers takes back to `in`; params = in_channels*out_channels/groups*kernel volume +
    out_channels. One sample (in_channels, {axes}) is taken as well.
    """

    order = ("in_channels", "out_channels", "kernel_size", "stride", "padding", "output_padding", "groups", "bias",
             "dilation", "padding_mode", "device", "dtype")  # fmt: skip

    padding = Spatial(2, 0, lo=0, one=True, short=("p",), help="positions cut off on both sides of the output")
    output_padding = Spatial(
        2, 0, lo=0, one=True, short=("op",), help="positions added at the end, to choose among the sizes that fit"
    )
    padding_mode = Choice("zeros", default="zeros", help="PyTorch knows no other here")

    def construct(self, ctx: Context) -> None:
        super().construct(ctx)
        if self.in_channels == 0:
            ctx.error("invalid-argument", f"{self.type} expects at least 1 input channel, got 0", at="in_channels")

    def output(self, ctx: Context, x: Shape) -> Shape | list[Shape | None]:  # type: ignore[override]
        if not self.rank_fits(ctx, x):
            return self.guess()
        self.check_channels(ctx, x)
        fits = self.in_range(ctx) and self.check_dilation(ctx, x)
        known = fits and (self.idle(x) or self.check_output_padding(ctx))
        sizes = self.spatial(ctx, x) if known else [UNK] * self.n
        return (*self.lead(x), self.bias_channels(), *sizes)

    def spatial(self, ctx: Context, x: Shape) -> list[Dim]:
        rows, idle = self.rows(x), self.idle(x)
        outs = [conv_transpose_out(*row) for row in rows]
        fewest = 0 if idle or self.by_onednn(x) else 1
        bad = [
            i
            for i, (row, out) in enumerate(zip(rows, outs, strict=True))
            if not (ctx.at_least(out, fewest) and (idle or ctx.at_least(row[0], 1)))
        ]
        if bad:
            self.refuse_size(ctx, rows, outs, bad)
        elif 0 in outs and not idle:
            where = self.axes[outs.index(0)]
            ctx.warning("output-too-small", f"the output along {where} has 0 positions", at="padding")
        return [UNK if i in bad else out for i, out in enumerate(outs)]

    def check_dilation(self, ctx: Context, x: Shape) -> bool:
        single = all(k == 1 for k, d in zip(self.kernel_size, self.dilation, strict=True) if d == 0)
        return (single and self.n < 3 and self.by_onednn(x)) or super().check_dilation(ctx, x)

    def check_output_padding(self, ctx: Context) -> bool:
        for i, (extra, s, d) in enumerate(zip(self.output_padding, self.stride, self.dilation, strict=True)):
            if extra >= max(s, d):
                ctx.error(
                    "output-padding-too-large",
                    f"output_padding must be below max(stride, dilation) = {max(s, d)} along {self.axes[i]}, "
                    f"got {extra}",
                    at="output_padding",
                    note=f"a step of stride {s} leaves {s} sizes to choose from: output_padding 0 to {s - 1}",
                    help=f"write `output_padding: {cut(self.output_padding, i, max(s, d) - 1)}`",
                    replace=cut(self.output_padding, i, max(s, d) - 1),
                )
                return False
        return True

    def by_onednn(self, x: Shape) -> bool:
        """Whether PyTorch hands the call to oneDNN on one thread, which lets an output of 0 positions pass.

        After ConvParams::use_mkldnn in aten/src/ATen/native/Convolution.cpp; its own kernels refuse that.
        """
        batch, *rest = x if len(x) == self.n + 2 else (1, *x)
        if not all(isinstance(d, int) for d in (batch, *rest)):
            return False
        *_, k1, k2 = (1, *self.kernel_size)
        unit = k1 == k2 == 1 and all(v == 1 for v in (*self.stride, *self.dilation))
        if (unit and less(batch, 16)) or self.big_output_padding():
            return False
        return self.groups > 1 or (k1 > 3 and k2 > 3) or batch != 1 or less(20480, numel(tuple(rest))) is True

    def big_output_padding(self) -> bool:
        return any(e >= s for e, s in zip(self.output_padding, self.stride, strict=True))

    def rows(self, x: Shape) -> list[tuple[Dim, int, int, int, int, int]]:
        """(input size, kernel, stride, padding, output_padding, dilation) per axis."""
        sizes = x[-self.n :]
        return list(
            zip(sizes, self.kernel_size, self.stride, self.padding, self.output_padding, self.dilation, strict=True)
        )

    def refuse_size(
        self, ctx: Context, rows: list[tuple[Dim, int, int, int, int, int]], outs: list[Dim], bad: list[int]
    ) -> None:
        n, k, s, p, extra, d = rows[bad[0]]
        where = listed([self.axes[i] for i in bad if rows[i] == rows[bad[0]]])
        grown = (n - 1) * s + d * (k - 1) + extra + 1
        fits = (grown - 1) // 2 if isinstance(grown, int) and grown > 0 and n != 0 else None
        smallest = maximum(1, 1 + ceildiv(2 * p - d * (k - 1) - extra, s))
        ctx.error(
            "output-too-small",
            f"{self.type} expects at least 1 position along {where}, got 0"
            if n == 0
            else f"the output needs at least 1 position along {where}, got {format_dim(outs[bad[0]])}",
            at="input" if fits is None else "padding",
            note=f"{where}: {transpose_text(n, k, s, p, extra, d)} = {format_dim(outs[bad[0]])}",
            help=("" if fits is None else f"write `padding: {cut(self.padding, bad[0], fits)}`, or ")
            + f"give an input of at least {format_dim(smallest)}",
            replace=None if fits is None else cut(self.padding, bad[0], fits),
        )

    def grouped(self) -> list[tuple[str, Dim | None]]:
        return super().grouped()[: 1 if self.rounds else 2]

    @property
    def rounds(self) -> bool:
        """PyTorch forgets to check out_channels in the lazy form; without a bias that only drops the remainder."""
        return bool(self.inferred) and not self.bias and less(self.out_channels, self.groups) is not True

    def bias_channels(self) -> Dim:
        return self.out_channels // self.groups * self.groups if self.rounds else self.out_channels

    def weights(self) -> dict[str, Shape]:
        per_group = self.out_channels // self.groups
        own: dict[str, Shape] = {"weight": (self.in_channels, per_group, *self.kernel_size)}
        return {**own, "bias": (self.bias_channels(),)} if self.bias else own

    def positions(self, xs: Shapes, ys: Shapes) -> Shape:
        x = xs[0]
        assert x is not None
        return (*self.lead(x), *x[-self.n :])

    def windows(self, rank: int) -> list[Window]:
        rows = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return [Window(*row, transposed=True) for row in rows]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["out = (in - 1)*stride - 2*padding + dilation*(kernel_size - 1) + output_padding + 1"]
        x = xs[0]
        if x is not None:
            rows = self.rows(x)
            for group in alike(rows):
                lines += self.explain_axis(listed([self.axes[i] for i in group]), *rows[group[0]])
        return lines + self.explain_weights(xs, ys)

    def explain_axis(self, axis: str, n: Dim, k: int, s: int, p: int, extra: int, d: int) -> list[str]:
        lines = [f"{axis}: {spread_line(k, d)}"] if d > 1 else []
        lines.append(
            f"{axis}: {transpose_text(n, k, s, p, extra, d)} = {format_dim(conv_transpose_out(n, k, s, p, extra, d))}"
        )
        base = conv_transpose_out(n, k, s, p, 0, d)
        if s == 1:
            return lines
        sizes = listed([format_dim(base + i) for i in range(s)] if s <= 4 else [f"{base} ... {base + s - 1}"])
        lines.append(f"{axis}: a convolution with these numbers takes the sizes {sizes} all to {format_dim(n)};")
        chosen = ", ".join(f"{i} gives {format_dim(base + i)}" for i in range(min(s, 4)))
        lines.append(f"{axis}: output_padding chooses among them: {chosen}" + (", ..." if s > 4 else ""))
        return lines


def transpose_text(n: Dim, k: int, s: int, p: int, extra: int, d: int) -> str:
    return f"({term(n)} - 1)*{s} - 2*{p} + {d}*({k} - 1) + {extra} + 1"


class Conv1d(Conv, n=1):
    examples = (
        Example(
            {"in_channels": 16, "out_channels": 33, "kernel_size": 3, "stride": 2},
            [(20, 16, 50)],
            [(20, 33, 24)],
            params=1617,
        ),
    )


class Conv2d(Conv, n=2):
    examples: ClassVar[Sequence[Example]] = (
        Example(
            {"in_channels": 3, "out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3, "bias": False},
            [(1, 3, 224, 224)],
            [(1, 64, 112, 112)],
            params=9408,
            macs=118013952,
        ),
        Example(
            {"in_channels": 32, "out_channels": 32, "kernel_size": 3, "padding": "same", "groups": 32},
            [(1, 32, 28, 28)],
            [(1, 32, 28, 28)],
            params=320,
            macs=225792,
        ),
    )


class Conv3d(Conv, n=3):
    examples = (
        Example(
            {"in_channels": 1, "out_channels": 8, "kernel_size": 3},
            [(1, 1, 16, 16, 16)],
            [(1, 8, 14, 14, 14)],
            params=224,
        ),
    )


class ConvTranspose1d(ConvTranspose, n=1):
    examples = (
        Example(
            {"in_channels": 8, "out_channels": 4, "kernel_size": 4, "stride": 2, "padding": 1},
            [(1, 8, 50)],
            [(1, 4, 100)],
            params=132,
        ),
    )


class ConvTranspose2d(ConvTranspose, n=2):
    examples = (
        Example(
            {
                "in_channels": 16,
                "out_channels": 8,
                "kernel_size": 3,
                "stride": 2,
                "padding": 1,
                "output_padding": 1,
            },
            [(1, 16, 14, 14)],
            [(1, 8, 28, 28)],
            params=1160,
            macs=225792,
        ),
    )


class ConvTranspose3d(ConvTranspose, n=3):
    examples = (
        Example(
            {"in_channels": 4, "out_channels": 2, "kernel_size": 2, "stride": 2},
            [(1, 4, 5, 5, 5)],
            [(1, 2, 10, 10, 10)],
            params=66,
        ),
    )


class LazyConv1d(Conv1d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8)], [(1, 4, 6)], params=40),)


class LazyConv2d(Conv2d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8, 8)], [(1, 4, 6, 6)], params=112),)


class LazyConv3d(Conv3d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8, 8, 8)], [(1, 4, 6, 6, 6)], params=328),)


class LazyConvTranspose1d(ConvTranspose1d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8)], [(1, 4, 10)], params=40),)


class LazyConvTranspose2d(ConvTranspose2d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8, 8)], [(1, 4, 10, 10)], params=112),)


class LazyConvTranspose3d(ConvTranspose3d, lazy=True):
    examples = (Example({"out_channels": 4, "kernel_size": 3}, [(1, 3, 8, 8, 8)], [(1, 4, 10, 10, 10)], params=328),)
