"""The windows of a layer axis by axis, and the words for counting along an axis."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from shapecalc.layers.layer import Window
from shapecalc.rules.graph import Graph, in_shape, out_shape

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

WORDS: Final = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}


class Axis:
    """One spatial axis of a convolution or pool: `n` positions in, `out` windows (None if unknown)."""

    __slots__ = ("d", "k", "n", "out", "p", "s", "word")

    def __init__(self, word: str, n: int | None, out: int | None, k: int, s: int, p: int, d: int) -> None:
        self.word, self.n, self.out = word, n, out
        self.k, self.s, self.p, self.d = k, s, p, d

    @property
    def extent(self) -> int:
        """Positions from the first to the last that a window reads."""
        return self.d * (self.k - 1) + 1

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """Axes with equal numbers behave the same."""
        return self.n, self.out, self.k, self.s, self.p, self.d


def axes(row: Row, graph: Graph) -> Sequence[Axis]:
    """The axes of a layer with windows; none if its shapes are not known."""
    cache: dict[object, Sequence[Axis]] = graph.cached("axes", dict)
    key = (row.layer, in_shape(row))
    if key not in cache:
        cache[key] = axes_of(row)
    return cache[key]


def axes_of(row: Row) -> Sequence[Axis]:
    x, y = in_shape(row), out_shape(row)
    if row.layer is None or row.layer.broken or x is None or y is None or len(x) != len(y):
        return ()
    windows = row.layer.windows(len(x)) if "kernel_size" in row.layer.by_name else None
    if windows is None or isinstance(windows, str):
        return ()
    found = []
    sizes = zip(x[-len(windows) :], y[-len(windows) :], strict=True)
    for window, word, (n, out) in zip(windows, WORDS[len(windows)], sizes, strict=True):
        if not isinstance(window, Window):
            return ()
        numbers = (n if isinstance(n, int) else None, out if isinstance(out, int) else None)
        found.append(Axis(word, *numbers, window.kernel, window.stride, window.padding, window.dilation))
    return found


def grouped(axes: Iterable[Axis]) -> list[list[Axis]]:
    """Axes with the same numbers together."""
    groups: dict[object, list[Axis]] = {}
    for axis in axes:
        groups.setdefault(axis.numbers, []).append(axis)
    return list(groups.values())


def other_axes(group: Sequence[Axis]) -> list[str]:
    """A note about the other axes of a group whose first one the message is about."""
    return [f"the same for the {' and the '.join(axis.word + 's' for axis in group[1:])}"] if len(group) > 1 else []


def ordinals(word: str, numbers: Sequence[int]) -> str:
    """`row 7`, `rows 7 and 8`, `rows 7 to 12`."""
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    joint = "and" if len(numbers) == 2 else "to"
    return f"{word}s {numbers[0]} {joint} {numbers[-1]}"
