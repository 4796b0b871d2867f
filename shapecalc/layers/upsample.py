"""Resizing: Upsample and its kin, and the function `interpolate`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from shapecalc.algebra.dims import UNK, Dim, format_dim, scale_out
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axes
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import UPSAMPLING
from shapecalc.layers.layer import GLOBAL, UNKNOWN, Example, Layer, Phases, Shapes, Window, Windows
from shapecalc.layers.params import BAD, Bool, Choice, Fail, IntOrInts, Param, kind_of, show
from shapecalc.layers.spatial import MOST_PHASES, adaptive_window

#: Axes of the input that a mode works on; the others take 3 to 5.
RANKS: Final[dict[str, tuple[int, ...]]] = {
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "lanczos": (4,),
    "trilinear": (5,),
}
MODES: Final = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact", "lanczos")


class Scales(Param["float | tuple[float, ...]"]):
    """One factor for all spatial axes or one per axis, kept as written."""

    kind = "scales"

    def convert(self, value: object, fail: Fail) -> Any:
        if isinstance(value, (list, tuple)):
            if value and all(is_number(v) for v in value):
                return tuple(value)
            fail(f"{self.name} must be {self.describe()}, not the list `{show(value)}`")
            return BAD
        if is_number(value):
            return value
        fail(f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`")
        return BAD

    def describe(self) -> str:
        return "a number or a list of numbers"

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "number"}, {"type": "array", "items": {"type": "number"}}]}


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Resize(Layer, abstract=True, kinds=UPSAMPLING):
    """What all resizing shares: (N, C, *) -> (N, C, size), or floor(n*scale_factor) on each axis."""

    main = "scale_factor"
    size = IntOrInts(None, help="output sizes of the spatial axes")
    scale_factor = Scales(None, help="factor per spatial axis: out = floor(n*factor), in double arithmetic")
    inferred = ("sizes_in",)
    fixed_mode: ClassVar[str | None] = None
    fixed_align: ClassVar[bool | None] = None

    def setting(self, name: str, default: Any = None) -> Any:
        return self.__dict__.get(name, default)

    @property
    def resize_mode(self) -> str:
        return self.fixed_mode or self.setting("mode", "nearest")

    @property
    def factor(self) -> Any:
        """The scale factor as the layer uses it."""
        return self.scale_factor

    def construct(self, ctx: Context) -> None:
        if self.size is not None and self.factor is not None:
            ctx.error(
                "invalid-argument",
                f"{self.type} takes size or scale_factor, not both",
                at="scale_factor",
                help="leave one of them out",
            )
        elif self.size is None and self.factor is None:
            ctx.error(
                "missing-argument",
                f"{self.type} needs size or scale_factor",
                note="size: output sizes; scale_factor: out = floor(n*factor)",
                help="add `scale_factor: 2`",
            )
        else:
            self.check_options(ctx)

    def check_options(self, ctx: Context) -> None:
        mode = self.resize_mode
        align = self.setting("align_corners")
        if align is not None and mode in ("nearest", "area", "nearest-exact"):
            ctx.error(
                "invalid-argument",
                f"align_corners has no meaning for mode {mode}",
                at="align_corners",
                note="it is for linear, bilinear, bicubic and trilinear",
                help="leave `align_corners` out",
            )
        if self.setting("recompute_scale_factor") and self.size is not None:
            ctx.error(
                "invalid-argument",
                "recompute_scale_factor has no meaning with an explicit size",
                at="recompute_scale_factor",
                help="leave `recompute_scale_factor` out",
            )
        self.check_antialias(ctx, mode, bool(align))

    def check_antialias(self, ctx: Context, mode: str, align: bool) -> None:
        if self.setting("antialias") and mode not in ("bilinear", "bicubic", "lanczos"):
            ctx.error(
                "invalid-argument",
                f"antialias is for bilinear, bicubic and lanczos, not for {mode}",
                at="antialias",
                help="leave `antialias` out",
            )
        elif mode == "lanczos" and align:
            ctx.error(
                "invalid-argument",
                "mode lanczos does not go with align_corners",
                at="align_corners",
                help="leave `align_corners` out",
            )
        elif mode == "lanczos" and not self.setting("antialias"):
            ctx.error("invalid-argument", "mode lanczos needs antialias", at="mode", help="add `antialias: true`")

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        x = xs[0]
        wanted = RANKS.get(self.resize_mode, (3, 4, 5))
        if len(x) not in wanted:
            report_rank(ctx, self.resize_mode, x, wanted)
            return None
        if not self.lengths_fit(ctx, len(x) - 2):
            return (*x[:2], *(UNK,) * (len(x) - 2))
        out = self.sizes(x)
        self.check_sizes(ctx, x, out)
        return (*x[:2], *(0 if isinstance(n, int) and n < 0 else n for n in out))

    def lengths_fit(self, ctx: Context, n: int) -> bool:
        """A list has one entry per spatial axis."""
        for name, value in (("size", self.size), ("scale_factor", self.factor)):
            if isinstance(value, tuple) and len(value) != n:
                ctx.error(
                    "rank-mismatch",
                    f"{name} has {len(value)} entries for {n} spatial {'axis' if n == 1 else 'axes'}",
                    at=name,
                    help=f"write `{show(value[0])}`, which stands for all axes" if len(set(value)) == 1 else None,
                )
                return False
        return True

    def sizes(self, x: Shape) -> list[Dim]:
        n = len(x) - 2
        if self.size is not None:
            return list(self.size) if isinstance(self.size, tuple) else [self.size] * n
        factor = self.factor
        if factor is None:
            return [UNK] * n
        factors = factor if isinstance(factor, tuple) else (factor,) * n
        return [scaled(size, f) for size, f in zip(x[2:], factors, strict=True)]

    def check_sizes(self, ctx: Context, x: Shape, out: Sequence[Dim]) -> None:
        area = self.resize_mode == "area"
        empty = x[2:] if area and len(x) < 5 else x[1:]
        if area and all(n == 1 for n in out):
            return  # a plain mean, which takes empty tensors
        if any(n == 0 for n in empty):
            ctx.error("shape-mismatch", f"nothing to resize in an empty input {format_shape(x)}", at="input")
            return
        least = 0 if area else 1
        for index, n in enumerate(out):
            if not ctx.at_least(n, least):
                self.report_small(ctx, x, index, n, least)
                return

    def report_small(self, ctx: Context, x: Shape, index: int, n: Dim, least: int) -> None:
        given = self.size is not None
        note = None if given else f"floor({format_dim(x[2 + index])}*{show(self.one_factor(index))}) = {format_dim(n)}"
        ctx.error(
            "output-too-small",
            f"the output would have size {format_dim(n)} on axis {2 + index}",
            at="size" if given else "scale_factor",
            note=note,
            help=f"give a size of {max(least, 1)} or more"
            if given
            else f"take a factor of at least 1/{format_dim(x[2 + index])}",
        )

    def one_factor(self, index: int) -> float:
        factor = self.factor
        return factor[index] if isinstance(factor, tuple) else factor  # type: ignore[no-any-return]

    def salvage(self, *xs: Shape) -> Shape:
        x = xs[0]
        if {"size", "scale_factor"} & self.broken or (self.size is None) == (self.scale_factor is None):
            return (*x[:2], *(UNK,) * (len(x) - 2))
        return (*x[:2], *(self.sizes(x) if self.lengths_fit(Context(), len(x) - 2) else (UNK,) * (len(x) - 2)))

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"sizes_in": xs[0][2:]}

    def windows(self, rank: int) -> Windows | str:
        found = self.__dict__.get("sizes_in") or (UNK,) * (rank - 2)
        n = len(found)
        sizes = self.size if isinstance(self.size, tuple) else (self.size,) * n
        factors = self.factor if isinstance(self.factor, tuple) else (self.factor,) * n
        if len(sizes) != n or len(factors) != n:
            return UNKNOWN
        return [self.window(*row) for row in zip(found, sizes, factors, strict=True)]

    def window(self, n: Dim, size: Dim | None, factor: float | None) -> Window | Phases | str | None:
        """What the outputs read along one axis of n positions."""
        out = scaled(n, factor) if size is None and factor is not None else size
        if out is None or (isinstance(n, int) and n == out):
            return None
        if self.resize_mode == "area":
            return adaptive_window(n, out) if isinstance(out, int) else GLOBAL
        aligned = bool(self.fixed_align or self.setting("align_corners"))
        if factor is not None and size is None and not aligned and not self.setting("recompute_scale_factor"):
            return resized(self.resize_mode, ratio(1.0, factor), aligned, bool(self.setting("antialias")))
        if not isinstance(n, int) or not isinstance(out, int) or out < 1:
            return UNKNOWN
        ends = (max(n - 1, 0), max(out - 1, 1)) if aligned else (n, out)
        return resized(self.resize_mode, ratio(*ends), aligned, bool(self.setting("antialias")))

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        if x is None or y is None or self.factor is None or len(x) != len(y):
            return []
        rows = [
            f"axis {i + 2}: floor({format_dim(n)}*{show(self.one_factor(i))}) = {format_dim(y[i + 2])}"
            for i, n in enumerate(x[2:])
        ]
        return ["out = floor(n*scale_factor)", *rows]


def ratio(a: float, b: float) -> tuple[int, int]:
    """a/b in lowest terms; of fractions that are not short the nearest one that is."""
    if isinstance(a, int) and isinstance(b, int):
        common = math.gcd(a, b)
        return a // common, b // common
    if b == int(b) and a == 1 and 1 <= b < 2**31:
        return 1, int(b)
    from fractions import Fraction  # 3 ms, and few networks need it

    near = (Fraction(a) / Fraction(b)).limit_denominator(1000)
    return near.numerator, near.denominator


def resized(mode: str, step: tuple[int, int], aligned: bool, antialias: bool) -> Phases | str:
    """Output o stands at o*a/b of the input (aligned), else at (o + 1/2)*a/b - 1/2; what it reads hangs on the mode."""
    a, b = step
    if b > MOST_PHASES or a < 1:
        return UNKNOWN if a else GLOBAL
    return Phases([taps(mode, o, a, b, aligned, antialias) for o in range(b)], a)


def taps(mode: str, o: int, a: int, b: int, aligned: bool, antialias: bool) -> tuple[int, int]:
    """The first and last position with a weight that is not 0."""
    if mode == "nearest":
        return o * a // b, o * a // b
    if mode == "nearest-exact":
        return (2 * o + 1) * a // (2 * b), (2 * o + 1) * a // (2 * b)
    above, below = (o * a, b) if aligned else ((2 * o + 1) * a - b, 2 * b)  # the place as a fraction
    reach = {"bicubic": 2, "lanczos": 3}.get(mode, 1)
    if antialias and a > b:  # the kernel is as wide as a step of the output
        first = above * b - reach * a * below
        last = above * b + reach * a * below
        return first // (below * b) + 1, -(-last // (below * b)) - 1
    if above % below == 0:
        return above // below, above // below
    return above // below - reach + 1, above // below + reach


def scaled(n: Dim, factor: float) -> Dim:
    """trunc(n*factor) in doubles, as PyTorch's core has it; below zero too, which is refused later."""
    if isinstance(n, int):
        product = float(n) * float(factor) if n.bit_length() < 1000 else float("inf")
        return int(product) if abs(product) < 2**62 else -1
    return scale_out(n, float(factor)) if factor > 0 else -1


def report_rank(ctx: Context, mode: str, x: Shape, wanted: Sequence[int]) -> None:
    names: dict[tuple[int, ...], str] = {(3,): "(N, C, L)", (4,): "(N, C, H, W)", (5,): "(N, C, D, H, W)"}
    text = names.get(tuple(wanted), "(N, C, ...)")
    by_rank = {3: "linear", 4: "bilinear", 5: "trilinear"}
    near = by_rank.get(len(x)) if mode in RANKS else None
    ctx.error(
        "rank-mismatch",
        f"mode {mode} needs {text}, {axes(wanted[0]) if len(wanted) == 1 else '3 to 5 axes'}, got {len(x)}",
        at="input",
        note=f"input {format_shape(x)}",
        help=f"write `mode: {near}` for {axes(len(x))}" if near and near != mode else None,
    )


class ResizeLayer(Resize, abstract=True):
    """The classes of torch.nn, for which a scale factor of 0 is none."""

    @property
    def factor(self) -> Any:
        return self.scale_factor or None


class Upsample(ResizeLayer):
    """Resizes the spatial axes: (N, C, *) -> (N, C, size) or floor(n*scale_factor) on each axis."""

    mode = Choice(*MODES, default="nearest", help="how values in between are found")
    align_corners = Bool(None, exact=True, help="corner pixels keep their place (linear, bilinear, bicubic, trilinear)")
    recompute_scale_factor = Bool(None, help="use the factor that the rounded size gives")
    examples: ClassVar[Sequence[Example]] = (
        Example({"scale_factor": 2}, [(1, 1, 2, 2)], [(1, 1, 4, 4)]),
        Example({"size": [5, 7], "mode": "bilinear"}, [(1, 1, 2, 2)], [(1, 1, 5, 7)]),
        Example({"scale_factor": 1.5}, [(1, 1, 3, 5)], [(1, 1, 4, 7)]),
    )


class UpsamplingNearest2d(ResizeLayer):
    """Repeats pixels: (N, C, H, W) -> (N, C, floor(H*factor), floor(W*factor)). Upsample has more modes."""

    spatial_rank = 2
    fixed_mode = "nearest"
    examples = (Example({"scale_factor": 2}, [(1, 1, 2, 2)], [(1, 1, 4, 4)]),)


class UpsamplingBilinear2d(ResizeLayer):
    """Interpolates with the corners kept: (N, C, H, W) -> (N, C, floor(H*factor), floor(W*factor))."""

    spatial_rank = 2
    fixed_mode = "bilinear"
    fixed_align = True
    examples = (Example({"scale_factor": 2}, [(1, 1, 2, 2)], [(1, 1, 4, 4)]),)


class Interpolate(Resize):
    """Resizes the spatial axes: (N, C, *) -> (N, C, size) or floor(n*scale_factor) on each axis."""

    type = "interpolate"
    function = True
    mode = Choice(*MODES, default="nearest", help="how values in between are found")
    align_corners = Bool(None, exact=True, help="corner pixels keep their place (linear, bilinear, bicubic, trilinear)")
    recompute_scale_factor = Bool(None, help="use the factor that the rounded size gives")
    antialias = Bool(False, help="average when shrinking (bilinear and bicubic on 4 axes)")
    examples = (
        Example({"scale_factor": 0.5, "mode": "bilinear", "antialias": True}, [(1, 3, 9, 9)], [(1, 3, 4, 4)]),
        Example({"size": 7, "mode": "area"}, [(1, 3, 20, 20)], [(1, 3, 7, 7)]),
    )
