"""Channels against resolution, and channels among groups: pixel shuffle, unshuffle and channel shuffle."""

from __future__ import annotations

from shapecalc.algebra.dims import UNK, Dim, floordiv, format_dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import near_divisor
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example, Layer, Shapes, Window, Windows
from shapecalc.layers.params import Int


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

    def salvage(self, *xs: Shape) -> Shape:
        return (*xs[0][:-3], *(UNK,) * min(3, len(xs[0])))

    def windows(self, rank: int) -> Windows:
        r = self.upscale_factor
        return [Window(r, r, transposed=True)] * 2

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
                near = near if near != 1 else None
                report_factor(
                    ctx, x, n, r, f"{name} must be a multiple of downscale_factor {r}", "downscale_factor", near
                )
            sizes.append(floordiv(n, r) if fine else UNK)
        if any(n == 0 for n in x):  # PyTorch hands an empty tensor back as it is
            return x
        return (*x[:-3], x[-3] * (r * r), *sizes)

    def salvage(self, *xs: Shape) -> Shape:
        return (*xs[0][:-3], *(UNK,) * min(3, len(xs[0])))

    def windows(self, rank: int) -> Windows:
        # a channel has one position of each square; all channels together have all of them
        r = self.downscale_factor
        return [Window(r, r)] * 2


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
        help=f"write `{at}: {near}`" if near else f"bring it to a multiple of {k}{multiple(n, k)}",
        replace=near,
    )


def multiple(n: Dim, k: int) -> str:
    """`, such as 8` for 7 and 2."""
    return f", such as {-(-n // k) * k}" if isinstance(n, int) and n > 0 and k > 0 else ""


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
