"""Advice about receptive fields: too large, too small, with holes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from shapecalc.rules.axes import WORDS, axes
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, ints
from shapecalc.rules.types import CONVOLUTIONS, POOLS
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

WIDEST: Final = 4096  # positions up to which holes are counted


@advice("unproductive-layer", "design")
def unproductive_layer(graph: Graph) -> Iterator[Hit]:
    """Convolutions whose input already sees the whole image."""
    whole = input_size(graph)
    if whole is None:
        return
    convs = [row for row in graph.layers if row.type in CONVOLUTIONS and wide(row)]
    late = [row for row in convs if sees(before(row, graph), whole)]
    if late:
        first = late[0]
        seen = before(first, graph).receptive_field
        yield Hit(
            f"{len(late)} of {len(convs)} convolutions cannot see more: before `{first.name}` the receptive field is "
            f"{cross(seen)}, the input {cross(whole)}",
            first,
            None,
            help="leave some of them out, use 1x1 kernels, or give a larger input",
        )


@advice("narrow-receptive-field", "design")
def narrow_receptive_field(graph: Graph) -> Iterator[Hit]:
    """An output that sees only part of the input."""
    whole = input_size(graph)
    for index in sorted(graph.outputs):
        row = graph.rows[index] if index >= 0 else None
        if row is None or whole is None or row.receptive_field is None or row.jump is None:
            continue
        field = row.receptive_field
        if len(field) == len(whole) and any(isinstance(f, int) and f < n for f, n in zip(field, whole, strict=True)):
            share = 1.0
            for f, n in zip(field, whole, strict=True):
                share *= min(f, n) / n
            yield Hit(
                f"the output `{row.name}` sees {cross(field)} of the {cross(whole)} input",
                row,
                None,
                notes=[f"{100 * share:.1f} % of the area"],
                help="more strides, larger kernels or dilations widen it; a global pool sees everything",
            )


def input_size(graph: Graph) -> tuple[int, ...] | None:
    """The spatial sizes of the only input."""
    shapes = list(graph.plan.inputs.values())
    return ints(shapes[0]) if len(shapes) == 1 else None


def before(row: Row, graph: Graph) -> Any:
    source = row.edges[0][0] if row.edges else -1
    return graph.rows[source] if source >= 0 else None


def sees(row: Row | None, whole: tuple[int, ...]) -> bool:
    """Do windows alone (no global pool) reach over the whole input?"""
    if row is None or row.receptive_field is None or row.jump is None or len(row.receptive_field) != len(whole):
        return False
    return all(isinstance(f, int) and f >= n for f, n in zip(row.receptive_field, whole, strict=True))


def wide(row: Row) -> bool:
    return row.layer is not None and any(k > 1 for k in row.layer.__dict__["kernel_size"])


def cross(sizes: Any) -> str:
    return "x".join(map(str, sizes))


class Seen:
    """Which positions one value reads on an axis, as bits, back to the last stride; and the dilations on the way."""

    __slots__ = ("bits", "dilations", "last")

    def __init__(self, bits: int = 1, dilations: tuple[int, ...] = (), last: int | None = None) -> None:
        self.bits, self.dilations, self.last = bits, dilations, last

    def through(self, kernel: int, dilation: int, row: Row) -> Seen:
        bits = 0
        for tap in range(kernel):
            bits |= self.bits << tap * dilation
        return Seen(bits, (*self.dilations, dilation), row.index)

    @property
    def holes(self) -> int:
        return self.bits.bit_length() - self.bits.bit_count()


@advice("gridding-dilations", "design")
def gridding(graph: Graph) -> Iterator[Hit]:
    """Dilated convolutions whose taps never fill the gaps between them."""
    states: dict[int, list[Seen] | None] = {}
    continued: set[int] = set()
    ends: list[tuple[Row, int]] = []
    for row in graph.layers:
        state = states.get(row.edges[0][0]) if row.edges else None
        if row.type in CONVOLUTIONS | POOLS:
            state = passed(row, graph, state, continued)
            if state is not None:
                ends += [(row, axis) for axis, seen in enumerate(state) if seen.last == row.index and seen.holes][:1]
        states[row.index] = state
    for row, axis in ends:
        seen = (states[row.index] or [])[axis]
        dilated = [d for d in seen.dilations if d > 1]
        if row.index in continued or len(dilated) < 2:
            continue
        width = seen.bits.bit_length()
        word = WORDS[len(states[row.index] or [])][axis]
        steps = ", ".join(map(str, seen.dilations))
        yield Hit(
            f"the dilations {steps} leave gaps: `{row.name}` sees {width - seen.holes} of the {width} {word}s it spans",
            row,
            "dilation",
            related=first_dilated(row, graph),
            help="use dilations without a common factor, such as 1, 2, 5, or end in an undilated convolution",
        )


def passed(row: Row, graph: Graph, state: list[Seen] | None, continued: set[int]) -> list[Seen] | None:
    """The positions seen after one more window; a stride starts anew."""
    found = axes(row, graph)
    if not found:
        return None
    if any(a.s > 1 for a in found) or state is None or len(state) != len(found):
        state = [Seen() for _ in found]
        if any(a.s > 1 for a in found):
            return state
    if all(a.k == 1 for a in found):
        return state
    if any(seen.bits.bit_length() > WIDEST for seen in state):
        return None
    continued.update(seen.last for seen in state if seen.last is not None)
    return [seen.through(a.k, a.d, row) for seen, a in zip(state, found, strict=True)]


def first_dilated(row: Row, graph: Graph) -> list[Label]:
    """A label on the dilated convolution before this one."""
    other = graph.before(row)
    while other is not None:
        if other.type in CONVOLUTIONS and any(d > 1 for d in other.layer.__dict__["dilation"]):
            return [Label(other.step.span(), f"`{other.name}` is dilated, too")]
        other = graph.before(other)
    return []
