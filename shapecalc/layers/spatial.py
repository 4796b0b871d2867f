"""What convolutions and pools share: n spatial axes, unbatched inputs, a window that must fit."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from contextlib import suppress
from copy import copy
from typing import Any, ClassVar

from shapecalc.algebra.dims import UNK, Dim, format_dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.context import Context
from shapecalc.layers.layer import GLOBAL, Layer, Phases, Window
from shapecalc.layers.params import Param, Spatial
from shapecalc.layers.registry import lookup

#: Names of the spatial axes by their number.
AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}

Values = Sequence[Any]


class OverAxes(Layer, abstract=True):
    """Base of the layers over `n` spatial axes, (N, C, *axes) or unbatched (C, *axes).

    A family is written once; `class Conv2d(Conv, n=2)` gives the arguments per axis their length and fills `{n}`,
    `{axes}` and `{outs}` of the family's docstring in.
    """

    n: ClassVar[int] = 0

    def __init_subclass__(cls, n: int = 0, abstract: bool = False, **kwargs: Any) -> None:
        if n:
            cls.n = cls.spatial_rank = n
            for name, value in per_axis(cls, n):
                setattr(cls, name, value)
            if cls.__dict__.get("__doc__") is None:
                axes = AXES[n]
                cls.__doc__ = (cls.__mro__[1].__doc__ or "").format(
                    n=n, axes=", ".join(axes), outs=", ".join(f"{a}_out" for a in axes)
                )
        super().__init_subclass__(abstract=abstract, **kwargs)

    @property
    def axes(self) -> tuple[str, ...]:
        return AXES[self.n]

    def lead(self, x: Shape) -> Shape:
        """The dims before the channels: the batch, or nothing."""
        return x[: -self.n - 1]

    def guess_with(self, channels: Dim | None, copies: int = 1) -> Shape | list[Shape | None]:
        """What is known without the input: the rank, and perhaps the channels."""
        shape: Shape = (UNK, UNK if channels is None else channels, *[UNK] * self.n)
        return shape if copies == 1 else [shape] * copies

    shaping: ClassVar[frozenset[str]] = frozenset(
        ("kernel_size", "stride", "padding", "dilation", "output_padding", "ceil_mode", "padding_mode", "output_size",
         "output_ratio")
    )  # fmt: skip

    def salvage(self, *xs: Shape) -> Shape | Sequence[Shape | None] | None:
        """The batch and the channels of the input, and the sizes where the arguments that failed do not matter."""
        x = xs[0]
        if len(x) not in (self.n + 1, self.n + 2):
            return self.guess()
        sizes: Shape = (UNK,) * self.n
        if not self.broken & self.shaping:
            with suppress(ArithmeticError, LookupError, TypeError):
                y = self.output(Context(), *xs)
                first = y[0] if isinstance(y, list) else y
                sizes = tuple(first)[-self.n :] if first is not None else sizes
        shape = (*self.lead(x), self.channels_out(x), *sizes)
        guess = self.guess()
        return [shape] * len(guess) if isinstance(guess, list) else shape

    def channels_out(self, x: Shape) -> Dim:
        return x[-self.n - 1]

    def rank_fits(self, ctx: Context, x: Shape) -> bool:
        if len(x) in (self.n + 1, self.n + 2):
            return True
        axes = ", ".join(self.axes)
        ctx.error(
            "rank-mismatch",
            f"{self.type} expects {self.n + 2} axes (N, C, {axes}), or {self.n + 1} for one sample, got {len(x)}",
            at="input",
            note=f"the input is {format_shape(x)}",
            help=self.rank_help(x),
        )
        return False

    #: PyTorch hands these numbers to its kernels as 32-bit integers.
    largest: ClassVar[int | None] = 2**31 - 1

    def in_range(self, ctx: Context, names: tuple[str, ...] = ("kernel_size", "stride", "padding", "dilation")) -> bool:
        """Are the numbers of the window below 2^31? Reports the first that is not."""
        for name in names:
            values = self.__dict__.get(name) or ()
            big = next((v for v in values if isinstance(v, int) and v > (self.largest or v)), None)
            if big is not None:
                ctx.error("invalid-argument", f"{name} must be below 2^31, got {format_dim(big)}", at=name)
                return False
        return True

    def rank_help(self, x: Shape) -> str:
        rank = len(x)
        other = self.type.replace(f"{self.n}d", f"{rank - 2}d")
        if rank - 2 in AXES and lookup(other) is not None:
            takes = f"{other} takes an input of {rank} axes"
            # Many write [1, 3, 224, 224] for one sample, and the batch is put before that.
            batched = rank == self.n + 3 and x[1] == 1
            return f"leave out the 1 on axis 1 (one sample is written without a batch); {takes}" if batched else takes
        axes = ", ".join(self.axes)
        return f"reshape or unflatten it to (N, C, {axes})" if rank < self.n + 1 else "flatten or select an axis first"

    def no_empty_axis(self, ctx: Context, x: Shape, first: int) -> bool:
        """Reports an axis of size 0 from axis `first` on, where PyTorch wants at least one element."""
        for index in range(first, len(x)):
            if not ctx.at_least(x[index], 1):
                ctx.error(
                    "shape-mismatch",
                    f"{self.type} expects at least 1 position on axis {index}, got 0",
                    at="input",
                    note=f"the input is {format_shape(x)}",
                )
                return False
        return True


def per_axis(cls: type[Layer], n: int) -> Iterable[tuple[str, Param[Any]]]:
    """The inherited arguments with one value per axis, made anew for n axes."""
    for p in cls.__mro__[1].params_:  # type: ignore[attr-defined]
        if isinstance(p, Spatial) and p.n != n and p.name not in cls.__dict__:
            twin = copy(p)
            twin.__dict__.pop("_default", None)
            twin.n, twin.none = n, p.none and n > 1  # null only has a meaning beside another axis
            yield p.name, twin


# Numbers as they stand on a blackboard. ------------------------------------------------------------------------------


def term(d: Dim) -> str:
    """A dim within a formula: in brackets where it is a sum or negative."""
    text = format_dim(d)
    return f"({text})" if " " in text or text.startswith("-") else text


def divided(numerator: str, divisor: Dim, rounding: str = "floor") -> str:
    return f"({numerator})/1" if divisor == 1 else f"{rounding}(({numerator})/{term(divisor)})"


def conv_text(n: Dim, k: Dim, s: Dim, p: str, d: Dim, rounding: str = "floor") -> str:
    """The numerator and the division of a window's count, `p` being the text of the padding of both sides."""
    return divided(f"{term(n)} + {p} - {term(d)}*({term(k)} - 1) - 1", s, rounding) + " + 1"


def both(padding: Dim) -> str:
    return f"2*{term(padding)}"


def as_written(values: Values) -> Any:
    """One number where all axes agree, else the list."""
    return values[0] if all(v == values[0] for v in values) else list(values)


def written(values: Values) -> str:
    return "(" + ", ".join(format_dim(v) for v in values) + ")" if len(set(values)) > 1 else format_dim(values[0])


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


def alike(rows: Sequence[tuple[Any, ...]]) -> list[list[int]]:
    """Indices of the rows grouped by equality, in order: axes that share one line of arithmetic."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for index, row in enumerate(rows):
        groups.setdefault(row, []).append(index)
    return list(groups.values())


def cut(values: Values, index: int, value: Any) -> Any:
    """`values` with one of them replaced, as a person would write it."""
    return as_written([value if i == index or v == values[index] else v for i, v in enumerate(values)])


def spread_line(k: int, d: int) -> str:
    """The extent of a dilated kernel."""
    return f"kernel extent = {d}*({k} - 1) + 1 = {d * (k - 1) + 1}: {k} taps, {d - 1} skipped between neighbours"


def window_text(k: int, d: int, total: int) -> str:
    """The window in the words of the arguments: `kernel_size 3 with dilation 4 and padding 1`."""
    more = ([f"dilation {d}"] if d != 1 else []) + ([f"padding {total // 2}"] if total else [])
    return f"kernel_size {k}" + (" with " + " and ".join(more) if more else "")


def positions(number: Dim) -> str:
    """`1 position`, `5 positions`."""
    return f"{format_dim(number)} position{'' if number == 1 else 's'}"


def spaced(kernel: int, n: Dim, size: int) -> Window | str:
    """`size` windows of `kernel` positions spread over n; GLOBAL for one, or where n is not known."""
    if size < 2 or not isinstance(n, int):
        return GLOBAL
    if n % size == 0:
        return Window(kernel, n // size)
    from fractions import Fraction  # 3 ms, and few networks need it

    return Window(kernel, Fraction(n, size))  # type: ignore[arg-type]


#: More phases than this are not told apart.
MOST_PHASES = 2048


def adaptive_window(n: Dim, size: int | None) -> Window | Phases | str | None:
    """`size` windows over n positions: window i from floor(i*n/size) to ceil((i + 1)*n/size), the end not included."""
    if size is None or size == n:
        return None
    if size < 2 or not isinstance(n, int):
        return GLOBAL
    common = math.gcd(n, size)
    count, step = size // common, n // common
    if count > MOST_PHASES:
        return spaced(window_lengths(n, size)[1], n, size)
    return Phases([(i * n // size, ceildiv_int((i + 1) * n, size) - 1) for i in range(count)], step)


def window_lengths(n: int, size: int) -> tuple[int, int]:
    """The shortest and the longest of `size` adaptive windows over n positions.

    Window i is ceil(f + n/size) long, f the fraction of i*n/size: a multiple of 1/b, n/size being a/b in lowest terms.
    """
    common = math.gcd(n, size)
    a, b = n // common, size // common
    return ceildiv_int(a, b), ceildiv_int(a + b - 1, b)


def ceildiv_int(a: int, b: int) -> int:
    return -(-a // b)
