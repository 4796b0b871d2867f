"""Advice about dilated convolutions that leave gaps in what they see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from shapecalc.layers.kinds import CONVOLUTION, POOL
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, argument, is_a, label
from shapecalc.rules.window_axes import WORDS, axes
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

MOST_COUNTED: Final = 4096  # positions of a window in which gaps are counted


class Taps:
    """Which positions one value reads on an axis, as bits, back to the last stride; and the dilations on the way."""

    __slots__ = ("bits", "dilations", "last")

    def __init__(self, bits: int = 1, dilations: tuple[int, ...] = (), last: int | None = None) -> None:
        self.bits, self.dilations, self.last = bits, dilations, last

    def through(self, kernel: int, dilation: int, row: Row) -> Taps:
        bits = 0
        for tap in range(kernel):
            bits |= self.bits << tap * dilation
        return Taps(bits, (*self.dilations, dilation), row.index)

    @property
    def width(self) -> int:
        return self.bits.bit_length()

    @property
    def gaps(self) -> int:
        return self.width - self.bits.bit_count()


@advice("gridding-dilations", "design")
def gridding_dilations(graph: Graph) -> Iterator[Hit]:
    """Dilated convolutions whose taps never fill the gaps between them."""
    chains = Chains(graph)
    for row, axis in chains.with_gaps():
        taps = chains.after[row.index] or ()
        seen = taps[axis]
        if row.index in chains.continued or sum(dilation > 1 for dilation in seen.dilations) < 2:
            continue
        yield Hit(
            f"the dilations {', '.join(map(str, seen.dilations))} leave gaps: `{row.name}` sees "
            f"{seen.width - seen.gaps} of the {seen.width} {WORDS[len(taps)][axis]}s it spans",
            row,
            "dilation",
            related=first_dilated(row, graph),
            help="use dilations without a common factor, such as 1, 2, 5, or end in an undilated convolution",
        )


class Chains:
    """The taps on each axis after every row; and the rows whose windows another row continues."""

    __slots__ = ("after", "continued", "graph")

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.after: dict[int, Sequence[Taps] | None] = {}
        self.continued: set[int] = set()

    def with_gaps(self) -> list[tuple[Row, int]]:
        """Rows whose own windows leave gaps, each with the first such axis."""
        found: list[tuple[Row, int]] = []
        for row in self.graph.layers:
            taps = self.after.get(row.edges[0][0]) if row.edges else None
            if is_a(row, CONVOLUTION | POOL):
                taps = self.through(row, taps)
                gaps = (axis for axis, seen in enumerate(taps or ()) if seen.last == row.index and seen.gaps)
                found += [(row, axis) for axis in gaps][:1]
            self.after[row.index] = taps
        return found

    def through(self, row: Row, taps: Sequence[Taps] | None) -> Sequence[Taps] | None:
        """The taps after one more window; a stride starts anew, None: they are not known."""
        windows = axes(row, self.graph)
        if not windows:
            return None
        if any(axis.s > 1 for axis in windows):
            return [Taps() for _ in windows]
        if taps is None or len(taps) != len(windows):
            taps = [Taps() for _ in windows]
        if all(axis.k == 1 for axis in windows):
            return taps
        if any(seen.width > MOST_COUNTED for seen in taps):
            return None
        self.continued.update(seen.last for seen in taps if seen.last is not None)
        return [seen.through(axis.k, axis.d, row) for seen, axis in zip(taps, windows, strict=True)]


def first_dilated(row: Row, graph: Graph) -> list[Label]:
    """A label on the dilated convolution before this one."""
    other = graph.before(row)
    while other is not None:
        if is_a(other, CONVOLUTION) and any(d > 1 for d in argument(other, "dilation")):
            return [label(other, f"`{other.name}` is also dilated")]
        other = graph.before(other)
    return []
