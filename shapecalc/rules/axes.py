"""The windows of a layer axis by axis, and the words for counting along an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from shapecalc.layers.layer import Window
from shapecalc.rules.graph import Graph, in_shape, out_shape

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

WORDS: Final = {1: ("position",), 2: ("row", "column"), 3: ("slice", "row", "column")}


class Axis:
    """One spatial axis of a convolution or pool: `n` positions in, `out` windows (None where not known)."""

    __slots__ = ("d", "index", "k", "n", "out", "p", "s", "word")

    def __init__(self, index: int, word: str, n: int | None, out: int | None, k: int, s: int, p: int, d: int) -> None:
        self.index, self.word, self.n, self.out = index, word, n, out
        self.k, self.s, self.p, self.d = k, s, p, d

    @property
    def extent(self) -> int:
        """Positions from the first to the last that a window reads."""
        return self.d * (self.k - 1) + 1

    @property
    def numbers(self) -> tuple[int | None, ...]:
        """Axes with equal numbers behave alike."""
        return self.n, self.out, self.k, self.s, self.p, self.d


def axes(row: Row, graph: Graph) -> Sequence[Axis]:
    """The axes of a layer with windows; none where its shapes are not known."""
    known: dict[object, Sequence[Axis]] = graph.once("axes", dict)
    key = (row.layer, in_shape(row))
    if key not in known:
        known[key] = worked_out(row)
    return known[key]


def worked_out(row: Row) -> Sequence[Axis]:
    x, y = in_shape(row), out_shape(row)
    if row.layer is None or row.layer.broken or x is None or y is None or len(x) != len(y):
        return ()
    windows = row.layer.windows(len(x)) if "kernel_size" in row.layer.by_name else None
    if windows is None or isinstance(windows, str):
        return ()
    count = len(windows)
    found = []
    for index, (window, word) in enumerate(zip(windows, WORDS[count], strict=True)):
        if not isinstance(window, Window):
            return ()
        n, out = x[index - count], y[index - count]
        found.append(
            Axis(
                index,
                word,
                n if isinstance(n, int) else None,
                out if isinstance(out, int) else None,
                window.kernel,
                window.stride,
                window.padding,
                window.dilation,
            )
        )
    return found


def alike(found: Sequence[Axis]) -> list[list[Axis]]:
    """Axes in groups that have the same numbers."""
    groups: dict[object, list[Axis]] = {}
    for axis in found:
        groups.setdefault(axis.numbers, []).append(axis)
    return list(groups.values())


def likewise(group: Sequence[Axis]) -> list[str]:
    """A note for the further axes of a group whose first one the message is about."""
    return [f"the same for the {' and the '.join(a.word + 's' for a in group[1:])}"] if len(group) > 1 else []


def ordinals(word: str, numbers: Sequence[int]) -> str:
    """`row 7`, `rows 7 and 8`, `rows 7 to 12`."""
    if len(numbers) == 1:
        return f"{word} {numbers[0]}"
    joint = "and" if len(numbers) == 2 else "to"
    return f"{word}s {numbers[0]} {joint} {numbers[-1]}"


def count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
