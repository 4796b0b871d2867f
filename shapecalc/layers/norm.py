"""Normalization: batch, instance, group, layer, RMS and local response norms.

All of them keep the shape; what differs is which elements share a mean, and so what PyTorch refuses.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

from shapecalc.algebra.conditions import Condition
from shapecalc.algebra.dims import UNK, Dim, Sym, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import axes, product_text
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import BATCH_NORM, CHANNEL_NORM, NORM, SAMPLE_NORM
from shapecalc.layers.layer import GLOBAL, Example, Kept, Shapes, Windows
from shapecalc.layers.linear import parameter_line, worked
from shapecalc.layers.params import Bool, Count, Fail, Float, Ignored, Int, Ints


class Momentum(Float):
    """A number, or null for the cumulative average."""

    def parse(self, value: object, fail: Fail) -> float:
        return None if value is None else self.convert(value, fail)  # type: ignore[return-value]

    def describe(self) -> str:
        return "a number or null (cumulative average)"

    def schema(self) -> dict[str, Any]:
        return {"type": ["number", "null"]}


class Channels(Count):
    """A count that PyTorch looks at only where it makes weights or buffers of it: fractions come through unread."""

    def __init__(self, **common: Any) -> None:
        super().__init__(fills=True, lo=None, help="channels of the input", short=("in", "cin"), **common)

    def convert(self, value: object, fail: Fail) -> Dim:
        return value if isinstance(value, float) else super().convert(value, fail)  # type: ignore[return-value]


class Neighbours(Int):
    """An integer; a fraction comes through, since PyTorch does not look at it in an empty input."""

    def convert(self, value: object, fail: Fail) -> int:
        return value if isinstance(value, float) else super().convert(value, fail)  # type: ignore[return-value]


def report_count(ctx: Context, name: str, value: object) -> bool:
    """Reports a number of channels that no tensor can have."""
    if isinstance(value, float) or (isinstance(value, int) and value < 0):
        what = "the fraction " if isinstance(value, float) else ""
        ctx.error(
            "invalid-argument",
            f"{name} must be an integer >= 0, not {what}`{value}`",
            at=name,
            help=f"write `{name}: {int(value)}`" if isinstance(value, float) and value.is_integer() else None,
        )
        return True
    return False


def is_zero(size: Dim) -> bool:
    return isinstance(size, int) and size == 0


def rank_words(ranks: Sequence[int]) -> str:
    return " or ".join(map(str, ranks))


class ChannelNorm(Kept, abstract=True, kinds=NORM | CHANNEL_NORM):
    """What batch and instance norms share: a mean per channel, optional weights, optional running statistics."""

    main: ClassVar[str | None] = "num_features"
    ranks: ClassVar[tuple[int, ...]] = ()
    layouts: ClassVar[str] = ""

    num_features: Any
    eps = Float(1e-5, help="added to the variance")
    momentum = Momentum(0.1, help="weight of the new batch in the running statistics; null: cumulative average")
    affine = Bool(True, help="learn a scale and a shift per channel")
    track_running_stats = Bool(True, help="keep running mean and variance as buffers")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")
    bias = Bool(True, help="with affine: learn the shift too (by name only)")

    def construct(self, ctx: Context) -> None:
        if self.affine or self.track_running_stats:
            report_count(ctx, "num_features", self.num_features)

    def fits_rank(self, ctx: Context, x: Shape) -> bool:
        if len(x) in self.ranks:
            return True
        ctx.error(
            "rank-mismatch",
            f"{self.type} expects an input of {rank_words(self.ranks)} axes, got {len(x)}",
            at="input",
            note=f"input {format_shape(x)}; expected {self.layouts}",
            help=self.rank_help(len(x)),
        )
        return False

    def rank_help(self, rank: int) -> str | None:
        """The sibling that takes this rank."""
        stem = self.type[:-2]
        number = {3: "1d", 4: "2d", 5: "3d"}.get(rank) or ("1d" if rank == 2 and stem.endswith("BatchNorm") else None)
        return f"write `{stem}{number}`" if number and self.type[-2:] != number else None

    def channel_mismatch(self, ctx: Context, x: Shape, axis: int) -> None:
        """Reports a channel count that is not num_features."""
        got, want = format_dim(x[axis]), format_dim(self.num_features)
        ctx.error(
            "channel-mismatch",
            f"{self.type} expects {want} channels, got {got}",
            at="num_features",
            note=f"axis {axis} of the input {format_shape(x)} holds the channels",
            help=f"write `num_features: {got}`",
            replace=x[axis],
        )

    def passed_on(self, ctx: Context, x: Shape, axis: int) -> Shape:
        """The output shape; after a refused channel count nobody knows which of the two was meant."""
        refused = any(p.severity == "error" and not p.training_only for p in ctx.problems)
        return (*x[:axis], UNK, *x[axis + 1 :]) if refused else x

    def unused_mismatch(self, ctx: Context, x: Shape, axis: int) -> None:
        """A wrong num_features where nothing has that size: PyTorch takes it."""
        if "num_features" not in self.__dict__["given"]:
            return
        if isinstance(self.num_features, float) or same(x[axis], self.num_features) is False:
            ctx.warning(
                "channel-mismatch",
                f"num_features of {self.type} is {self.num_features}, the input has {format_dim(x[axis])} channels",
                at="num_features",
                note="without affine and running statistics PyTorch does not use it",
                help=f"write `num_features: {format_dim(x[axis])}`",
                replace=x[axis],
            )

    @property
    def width(self) -> Dim:
        """num_features, where it is a size at all."""
        return UNK if isinstance(self.num_features, float) else self.num_features

    def weights(self) -> dict[str, Shape]:
        found: dict[str, Shape] = {}
        if self.affine:
            found["weight"] = (self.width,)
            if self.bias:
                found["bias"] = (self.width,)
        return found

    def buffers(self) -> dict[str, Shape]:
        if not self.track_running_stats:
            return {}
        return {
            "running_mean": (self.width,),
            "running_var": (self.width,),
            "num_batches_tracked": (),
        }

    def windows(self, rank: int) -> Windows | None:
        # In inference running statistics make it one factor per channel; without them it reads the whole map.
        return None if self.track_running_stats else [GLOBAL] * (self.spatial_rank or max(rank - 2, 0))

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["y = (x - mean)/sqrt(var + eps)" + ("*weight + bias" if self.affine and self.bias else "")]
        x = xs[0]
        if x is not None and len(x) in self.ranks:
            lines.append(self.sharing(x))
        lines.append(parameter_line(self))
        if self.track_running_stats:
            c = format_dim(self.num_features)
            lines.append(f"buffers = {c} (running_mean) + {c} (running_var) + 1 (num_batches_tracked)")
        return lines

    def sharing(self, x: Shape) -> str:
        """Which elements share one mean."""
        raise NotImplementedError


class BatchNorm(ChannelNorm, abstract=True, kinds=BATCH_NORM):
    """Batch norm: one mean and variance per channel over batch and space."""

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_features": xs[0][1]}

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if not self.fits_rank(ctx, x):
            return x
        self.check_values(ctx, x)
        if not self.eps > 0:
            ctx.error(
                "invalid-argument",
                f"eps of {self.type} must be above 0 in training, not `{self.eps}`",
                at="eps",
                help="write `eps: 1e-5`",
                training_only=self.eps == 0,
            )
        self.check_channels(ctx, x)
        return self.passed_on(ctx, x, 1)

    def check_values(self, ctx: Context, x: Shape) -> None:
        """More than one value per channel, without which there is no variance to train with."""
        others = (x[0], *x[2:])
        count = numel(others)
        if count == 1:
            ctx.error(
                "single-value-per-channel",
                f"{self.type} has one value per channel to average in training",
                at="input",
                note=f"input {format_shape(x)}: batch and space hold {product_text(others)} = 1 value",
                help="give a batch of at least 2, or leave this norm out",
                training_only=True,
            )
        elif isinstance(count, Sym) and all(d == 1 for d in x[2:]):
            ctx.need(None, Condition("at_least", x[0], 2, training_only=True))

    def check_channels(self, ctx: Context, x: Shape) -> None:
        """The channels fit num_features. An empty input is not looked at, but PyTorch reads weight[0] then."""
        if any(is_zero(d) for d in x):
            if self.affine and is_zero(self.num_features):
                ctx.error(
                    "channel-mismatch",
                    f"{self.type} of no channels fails on an empty input",
                    at="num_features",
                    note=f"input {format_shape(x)}",
                )
        elif not (self.affine or self.track_running_stats):
            self.unused_mismatch(ctx, x, 1)
        elif not ctx.equal(x[1], self.width):
            self.channel_mismatch(ctx, x, 1)

    def sharing(self, x: Shape) -> str:
        others = (x[0], *x[2:])
        return f"one mean and variance for each of {format_dim(x[1])} channels, over {worked(others)} values"


class CountedBatchNorm(BatchNorm, abstract=True):
    """Batch norm with its channels given, or filled in from the input."""

    num_features = Channels()
    order: ClassVar[tuple[str, ...]] = (
        "num_features",
        "eps",
        "momentum",
        "affine",
        "track_running_stats",
        "device",
        "dtype",
        "bias",
    )


class BatchNorm1d(CountedBatchNorm):
    """Batch norm of vectors or sequences: (N, C) or (N, C, L) -> the same.

    y = (x - mean)/sqrt(var + eps)*weight + bias, mean and var per channel; params = 2*num_features.
    """

    spatial_rank = 1
    ranks, layouts = (2, 3), "(N, C) or (N, C, L)"
    examples = (Example({"num_features": 120}, [(8, 120)], [(8, 120)], params=240),)


class BatchNorm2d(CountedBatchNorm):
    """Batch norm of images: (N, C, H, W) -> the same.

    y = (x - mean)/sqrt(var + eps)*weight + bias, mean and var per channel; params = 2*num_features.
    """

    spatial_rank = 2
    ranks, layouts = (4,), "(N, C, H, W)"
    examples = (Example({"num_features": 64}, [(1, 64, 56, 56)], [(1, 64, 56, 56)], params=128),)


class BatchNorm3d(CountedBatchNorm):
    """Batch norm of volumes: (N, C, D, H, W) -> the same.

    y = (x - mean)/sqrt(var + eps)*weight + bias, mean and var per channel; params = 2*num_features.
    """

    spatial_rank = 3
    ranks, layouts = (5,), "(N, C, D, H, W)"
    examples = (Example({"num_features": 8}, [(1, 8, 4, 6, 6)], [(1, 8, 4, 6, 6)], params=16),)


class SyncBatchNorm(CountedBatchNorm):
    """Batch norm over the batches of all processes: (N, C, *) -> the same. In one process it is a batch norm.

    y = (x - mean)/sqrt(var + eps)*weight + bias, mean and var per channel; params = 2*num_features.
    """

    process_group = Ignored(help="the processes that share their statistics")
    order = (
        "num_features",
        "eps",
        "momentum",
        "affine",
        "track_running_stats",
        "process_group",
        "device",
        "dtype",
        "bias",
    )
    layouts = "(N, C, *)"
    examples = (Example({"num_features": 16}, [(2, 16, 8, 8)], [(2, 16, 8, 8)], params=32),)

    def fits_rank(self, ctx: Context, x: Shape) -> bool:
        if len(x) < 2:
            ctx.error(
                "rank-mismatch",
                f"SyncBatchNorm expects an input of 2 or more axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected {self.layouts}",
            )
            return False
        if is_zero(x[1]):
            ctx.error("channel-mismatch", "SyncBatchNorm refuses an input of no channels", at="input")
            return False
        return True

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = super().explain(xs, ys)
        return [lines[0], self.sharing(xs[0]), *lines[1:]] if xs[0] is not None and len(xs[0]) > 1 else lines


class LazyBatchNorm1d(BatchNorm):
    """BatchNorm1d whose num_features is axis 1 of its first input: (N, C) or (N, C, L) -> the same."""

    spatial_rank = 1
    inferred = ("num_features",)
    main = None
    ranks, layouts = (2, 3), "(N, C) or (N, C, L)"
    examples = (Example({}, [(8, 120)], [(8, 120)], params=240),)


class LazyBatchNorm2d(BatchNorm):
    """BatchNorm2d whose num_features is axis 1 of its first input: (N, C, H, W) -> the same."""

    spatial_rank = 2
    inferred = ("num_features",)
    main = None
    ranks, layouts = (4,), "(N, C, H, W)"
    examples = (Example({}, [(1, 64, 56, 56)], [(1, 64, 56, 56)], params=128),)


class LazyBatchNorm3d(BatchNorm):
    """BatchNorm3d whose num_features is axis 1 of its first input: (N, C, D, H, W) -> the same."""

    spatial_rank = 3
    inferred = ("num_features",)
    main = None
    ranks, layouts = (5,), "(N, C, D, H, W)"
    examples = (Example({}, [(1, 8, 4, 6, 6)], [(1, 8, 4, 6, 6)], params=16),)


class InstanceNorm(ChannelNorm, abstract=True):
    """Instance norm: one mean and variance per channel of each sample, over space. The batch may be left out."""

    def batched(self, x: Shape) -> bool:
        return len(x) == self.ranks[-1]

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if not self.fits_rank(ctx, x):
            return x
        axis = 1 if self.batched(x) else 0
        self.check_channels(ctx, x, axis)
        self.check_values(ctx, x, axis)
        return self.passed_on(ctx, x, axis)

    def check_channels(self, ctx: Context, x: Shape, axis: int) -> None:
        if not (self.affine or self.track_running_stats):
            self.unused_mismatch(ctx, x, axis)
        elif not ctx.equal(x[axis], self.width):
            self.channel_mismatch(ctx, x, axis)
        elif self.affine and any(is_zero(d) for d in x[: axis + 1]):
            ctx.error(
                "channel-mismatch",
                f"{self.type} with affine fails on an input of no {'samples' if x[axis] != 0 else 'channels'}",
                at="input",
                note=f"input {format_shape(x)}",
                help="leave affine out",
            )

    def check_values(self, ctx: Context, x: Shape, axis: int) -> None:
        space = x[axis + 1 :]
        if numel(space) == 1:
            ctx.error(
                "single-value-per-channel",
                f"{self.type} has one value per channel and sample to average",
                at="input",
                note=f"input {format_shape(x)}: its spatial axes hold {product_text(space)} = 1 value",
                help="leave this norm out where the map is down to one position",
                training_only=self.track_running_stats,
            )
        elif isinstance(numel(space), Sym) and not any(isinstance(d, int) and d != 1 for d in space):
            ctx.need(None, Condition("at_least", numel(space), 2))

    def sharing(self, x: Shape) -> str:
        axis = 1 if self.batched(x) else 0
        return f"one mean and variance for each channel of each sample, over {worked(x[axis + 1 :])} values"


class CountedInstanceNorm(InstanceNorm, abstract=True):
    """Instance norm with its channels given, or filled in from the input."""

    num_features = Channels()
    affine = Bool(False, help="learn a scale and a shift per channel")
    track_running_stats = Bool(False, help="keep running mean and variance as buffers")
    order = CountedBatchNorm.order

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_features": xs[0][1 if self.batched(xs[0]) else 0]}


class InstanceNorm1d(CountedInstanceNorm):
    """Instance norm of sequences: (N, C, L) or (C, L) -> the same.

    y = (x - mean)/sqrt(var + eps), mean and var per sample and channel; with affine params = 2*num_features.
    """

    spatial_rank = 1
    ranks, layouts = (2, 3), "(C, L) or (N, C, L)"
    examples = (Example({"num_features": 4, "affine": True}, [(2, 4, 9)], [(2, 4, 9)], params=8),)


class InstanceNorm2d(CountedInstanceNorm):
    """Instance norm of images: (N, C, H, W) or (C, H, W) -> the same.

    y = (x - mean)/sqrt(var + eps), mean and var per sample and channel; with affine params = 2*num_features.
    """

    spatial_rank = 2
    ranks, layouts = (3, 4), "(C, H, W) or (N, C, H, W)"
    examples = (Example({"num_features": 64}, [(1, 64, 32, 32)], [(1, 64, 32, 32)]),)


class InstanceNorm3d(CountedInstanceNorm):
    """Instance norm of volumes: (N, C, D, H, W) or (C, D, H, W) -> the same.

    y = (x - mean)/sqrt(var + eps), mean and var per sample and channel; with affine params = 2*num_features.
    """

    spatial_rank = 3
    ranks, layouts = (4, 5), "(C, D, H, W) or (N, C, D, H, W)"
    examples = (Example({"num_features": 4}, [(1, 4, 3, 6, 6)], [(1, 4, 3, 6, 6)]),)


class LazyInstanceNorm(InstanceNorm, abstract=True):
    """Instance norm whose num_features is axis 1 of its first input, with or without a batch: PyTorch looks there.

    Unlike the other instance norms, affine and track_running_stats are on unless they are turned off.
    """

    inferred = ("num_features",)
    main = None

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_features": xs[0][1]}


class LazyInstanceNorm1d(LazyInstanceNorm):
    """InstanceNorm1d whose num_features is axis 1 of its first input: (N, C, L) -> the same."""

    spatial_rank = 1
    ranks, layouts = (2, 3), "(N, C, L)"
    examples = (Example({}, [(2, 4, 9)], [(2, 4, 9)], params=8),)


class LazyInstanceNorm2d(LazyInstanceNorm):
    """InstanceNorm2d whose num_features is axis 1 of its first input: (N, C, H, W) -> the same."""

    spatial_rank = 2
    ranks, layouts = (3, 4), "(N, C, H, W)"
    examples = (Example({}, [(1, 64, 32, 32)], [(1, 64, 32, 32)], params=128),)


class LazyInstanceNorm3d(LazyInstanceNorm):
    """InstanceNorm3d whose num_features is axis 1 of its first input: (N, C, D, H, W) -> the same."""

    spatial_rank = 3
    ranks, layouts = (4, 5), "(N, C, D, H, W)"
    examples = (Example({}, [(1, 4, 3, 6, 6)], [(1, 4, 3, 6, 6)], params=8),)


class GroupNorm(Kept, kinds=NORM | SAMPLE_NORM):
    """One mean and variance per sample and group of channels: (N, C, *) -> the same.

    y = (x - mean)/sqrt(var + eps)*weight + bias; params = 2*num_channels.
    """

    main = "num_groups"
    examples = (Example({"num_groups": 8, "num_channels": 64}, [(1, 64, 32, 32)], [(1, 64, 32, 32)], params=128),)

    num_groups = Int(help="groups that the channels are divided into")
    num_channels = Channels()
    eps = Float(1e-5, help="added to the variance")
    affine = Bool(True, help="learn a scale and a shift per channel")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")
    bias = Bool(True, help="with affine: learn the shift too (by name only)")

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"num_channels": xs[0][1]}

    def construct(self, ctx: Context) -> None:
        channels = self.num_channels
        if self.num_groups < 1:
            ctx.error(
                "invalid-argument",
                f"num_groups of GroupNorm must be an integer >= 1, not `{self.num_groups}`",
                at="num_groups",
                help="write `num_groups: 1` to norm all channels together",
                replace=1,
            )
        elif self.affine and report_count(ctx, "num_channels", channels):
            pass
        elif isinstance(channels, float):
            if channels % self.num_groups:
                report_count(ctx, "num_channels", channels)  # refused by the remainder
        elif channels is not None and not ctx.divisible(channels, self.num_groups):
            self.not_divisible(ctx, channels)

    @property
    def width(self) -> Dim:
        """num_channels, where it is a size at all."""
        return UNK if isinstance(self.num_channels, float) else self.num_channels

    def not_divisible(self, ctx: Context, channels: Dim) -> None:
        g, note, near = self.num_groups, None, None
        if isinstance(channels, int) and channels > 0:
            note = f"{channels} = {channels // g}*{g} + {channels % g}"
            near = nearest_divisor(channels, g)
        ctx.error(
            "groups-not-divisible",
            f"{format_dim(channels)} channels do not divide into {g} groups",
            at="num_groups",
            note=note,
            help=f"write `num_groups: {near}`" if near else None,
            replace=near,
        )

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < 2:
            ctx.error(
                "rank-mismatch",
                f"GroupNorm expects an input of 2 or more axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected (N, C, *)",
            )
        elif not ctx.divisible(x[1], self.num_groups):
            self.wrong_channels(ctx, x) if self.affine else self.not_divisible(ctx, x[1])
        elif self.affine and not ctx.equal(x[1], self.width):
            self.wrong_channels(ctx, x)
        else:
            self.check_values(ctx, x)
        return x

    def wrong_channels(self, ctx: Context, x: Shape) -> None:
        got = format_dim(x[1])
        ctx.error(
            "channel-mismatch",
            f"GroupNorm expects {format_dim(self.num_channels)} channels, got {got}",
            at="num_channels",
            note=f"axis 1 of the input {format_shape(x)} holds the channels",
            help=f"write `num_channels: {got}`",
            replace=x[1],
        )

    def check_values(self, ctx: Context, x: Shape) -> None:
        """PyTorch wants more than one value, counted as N*C//num_groups*space: over the batch, too."""
        if any(not isinstance(d, int) for d in x):
            return
        n, c, *space = (int(d) for d in x)  # type: ignore[arg-type]
        if n * c // self.num_groups * prod(space) == 1:
            ctx.error(
                "single-value-per-channel",
                "GroupNorm has one value per group to average",
                at="input",
                note=f"input {format_shape(x)}: {c} channels in {self.num_groups} groups of one position",
                help="use fewer groups, or leave this norm out",
            )

    def weights(self) -> dict[str, Shape]:
        if not self.affine:
            return {}
        shape: Shape = (self.width,)
        return {"weight": shape, "bias": shape} if self.bias else {"weight": shape}

    def windows(self, rank: int) -> Windows:
        return [GLOBAL] * max(rank - 2, 0)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["y = (x - mean)/sqrt(var + eps)" + ("*weight + bias" if self.affine and self.bias else "")]
        x = xs[0]
        if x is not None and len(x) > 1 and isinstance(x[1], int) and self.num_groups > 0:
            size = (x[1] // self.num_groups, *x[2:])
            lines.append(
                f"{x[1]} channels / {self.num_groups} groups = {size[0]} channels a group; one mean and variance per "
                f"sample and group, over {worked(size)} values"
            )
        return [*lines, parameter_line(self)]


def nearest_divisor(total: int, wish: int) -> int | None:
    """The divisor of `total` that is nearest to `wish`."""
    divisors = (d for d in range(1, min(total, 4 * wish) + 1) if total % d == 0)
    return min(divisors, key=lambda d: (abs(d - wish), d), default=None) if wish < 100_000 else None


class ShapeNorm(Kept, abstract=True, kinds=NORM | SAMPLE_NORM):
    """What LayerNorm and RMSNorm share: normalized over the last axes, which normalized_shape lists."""

    main = "normalized_shape"

    normalized_shape = Ints(fills=True, lo=0, help="the last axes of the input: their sizes, or the one size")
    elementwise_affine = Bool(True, help="learn a scale for each normalized element")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    @property
    def sequence(self) -> bool:  # type: ignore[override]
        return len(self.normalized_shape or ()) == 1

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"normalized_shape": (xs[0][-1],)}

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        want = self.normalized_shape
        if want is None or len(x) < len(want):
            self.report_rank(ctx, x)
        elif not want:
            ctx.error(
                "invalid-argument",
                f"normalized_shape of {self.type} names no axis",
                at="normalized_shape",
                help=f"write `normalized_shape: {format_dim(x[-1])}`" if x else None,
                replace=x[-1] if x else None,
            )
        elif not all(ctx.equal(a, b) for a, b in zip(x[-len(want) :], want, strict=True)):
            self.report_shape(ctx, x)
        return x

    def report_rank(self, ctx: Context, x: Shape) -> None:
        want = self.normalized_shape
        ctx.error(
            "rank-mismatch",
            f"{self.type} expects an input of {axes(len(want or (1,)))} or more, got {len(x)}",
            at="normalized_shape" if want and x else "input",
            note=f"input {format_shape(x)}" + (f", normalized_shape {sizes(want)}" if want else ""),
            help=f"write `normalized_shape: {sizes(x[-1:])}`" if want and x else None,
            replace=list(x[-1:]) if want and x else None,
        )

    def report_shape(self, ctx: Context, x: Shape) -> None:
        want = self.normalized_shape
        last = x[-len(want) :]
        ctx.error(
            "feature-mismatch",
            f"{self.type} expects the last {axes(len(want)).removeprefix('1 ')} to be {sizes(want)}, got {sizes(last)}",
            at="normalized_shape",
            note=f"input {format_shape(x)}",
            help=f"write `normalized_shape: {sizes(last)}`",
            replace=x[-1] if len(last) == 1 else list(last),
        )

    def weights(self) -> dict[str, Shape]:
        return {"weight": self.normalized_shape} if self.elementwise_affine else {}

    def windows(self, rank: int) -> Windows:
        return [GLOBAL] * len(self.normalized_shape or ())

    def sharing(self, x: Shape) -> str:
        size = self.normalized_shape
        rows = x[: len(x) - len(size)]
        last = "axis" if len(size) == 1 else axes(len(size))
        return f"over the last {last}, {worked(size)} values, for each of {worked(rows)} rows"


def sizes(shape: Sequence[Dim]) -> str:
    """`512` for one axis, `[10, 512]` for more."""
    words = [format_dim(d) for d in shape]
    return words[0] if len(words) == 1 else f"[{', '.join(words)}]"


class LayerNorm(ShapeNorm):
    """One mean and variance per row over the last axes: (*, normalized_shape) -> the same.

    y = (x - mean)/sqrt(var + eps)*weight + bias; params = 2*product of normalized_shape.
    """

    eps = Float(1e-5, help="added to the variance")
    bias = Bool(True, help="with elementwise_affine: learn a shift too")
    order = ("normalized_shape", "eps", "elementwise_affine", "bias", "device", "dtype")
    examples = (Example({"normalized_shape": 512}, [(8, 10, 512)], [(8, 10, 512)], params=1024),)

    def weights(self) -> dict[str, Shape]:
        found = super().weights()
        if found and self.bias:
            found["bias"] = self.normalized_shape
        return found

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["y = (x - mean)/sqrt(var + eps)" + ("*weight + bias" if self.elementwise_affine and self.bias else "")]
        return [*lines, *([self.sharing(xs[0])] if xs[0] is not None else []), parameter_line(self)]


class RMSNorm(ShapeNorm):
    """Divides by the root mean square over the last axes: (*, normalized_shape) -> the same.

    y = x/sqrt(mean(x^2) + eps)*weight; params = product of normalized_shape.
    """

    eps = Float(None, help="added to the mean square; null: the smallest step of the dtype")
    order = ("normalized_shape", "eps", "elementwise_affine", "device", "dtype")
    examples = (Example({"normalized_shape": 512}, [(8, 10, 512)], [(8, 10, 512)], params=512),)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["y = x/sqrt(mean(x^2) + eps)" + ("*weight" if self.elementwise_affine else "")]
        return [*lines, *([self.sharing(xs[0])] if xs[0] is not None else []), parameter_line(self)]


class ResponseNorm(Kept, abstract=True):
    """What both local response norms share: each channel divided by the energy of its neighbours."""

    main = "size"

    size = Neighbours(help="neighbouring channels that are summed")
    alpha = Float(1e-4, help="factor of the sum")
    beta = Float(0.75, help="exponent")
    k = Float(1.0, help="added to the sum")

    def bad_size(self, ctx: Context, note: str | None = None) -> None:
        ctx.error(
            "invalid-argument",
            f"size of {self.type} must be an integer >= 1, not `{self.size}`",
            at="size",
            note=note,
            help="write `size: 5`, what AlexNet has",
        )


class LocalResponseNorm(ResponseNorm):
    """Each value divided by the energy of the neighbouring channels: (N, C, *) -> the same.

    y = x/(k + alpha/size*sum of x^2 over `size` channels)^beta; no params.
    """

    examples = (Example({"size": 5}, [(1, 96, 55, 55)], [(1, 96, 55, 55)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < 3:
            ctx.error(
                "rank-mismatch",
                f"LocalResponseNorm expects an input of 3 or more axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected (N, C, *)",
            )
        elif (self.size < 1 or isinstance(self.size, float)) and not any(is_zero(d) for d in x):
            self.bad_size(ctx)
        return x


class CrossMapLRN2d(ResponseNorm):
    """LocalResponseNorm of images, as Caffe had it: (N, C, H, W) -> the same.

    y = x/(k + alpha/size*sum of x^2 over `size` channels)^beta; no params.
    """

    spatial_rank = 2
    examples = (Example({"size": 5}, [(1, 96, 55, 55)], [(1, 96, 55, 55)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) != 4:
            ctx.error(
                "rank-mismatch",
                f"CrossMapLRN2d expects an input of 4 axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected (N, C, H, W)",
                help="write `LocalResponseNorm`" if len(x) > 2 else None,
            )
        elif is_zero(x[1]):
            ctx.error("channel-mismatch", "CrossMapLRN2d fails on an input of no channels", at="input")
        elif self.size == 0:
            self.bad_size(ctx, "the sum is divided by size")
        elif self.size <= -3 and x[1] != 1 and x[1] is not UNK:
            # Its loop over channels reaches back by (size - 1)/2 + 1, rounded to zero: sizes above -3 get by.
            self.bad_size(ctx)
        return x
