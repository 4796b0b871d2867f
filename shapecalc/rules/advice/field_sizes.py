"""Advice about receptive fields: too large, too small."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shapecalc.layers.kinds import CONVOLUTION
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, argument, ints, is_a

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


@advice("unproductive-layer", "design")
def unproductive_layer(graph: Graph) -> Iterator[Hit]:
    """Convolutions whose input already sees the whole image."""
    whole = input_size(graph)
    if whole is None:
        return
    convs = [row for row in graph.layers if is_a(row, CONVOLUTION) and max(argument(row, "kernel_size")) > 1]
    late = [(row, source) for row in convs if (source := source_of(row, graph)) is not None and sees(source, whole)]
    if late:
        first, source = late[0]
        yield Hit(
            f"{len(late)} of {len(convs)} convolutions cannot see more: before `{first.name}` the receptive field is "
            f"{cross(source.receptive_field or ())}, the input {cross(whole)}",
            first,
            help="leave some of them out, or use 1x1 kernels or a larger input",
        )


def source_of(row: Row, graph: Graph) -> Row | None:
    source = row.edges[0][0] if row.edges else -1
    return graph.rows[source] if source >= 0 else None


def sees(row: Row, whole: tuple[int, ...]) -> bool:
    """Do windows alone (no global pool) reach over the whole input?"""
    field = row.receptive_field
    if field is None or row.jump is None or len(field) != len(whole):
        return False
    return all(isinstance(f, int) and f >= n for f, n in zip(field, whole, strict=True))


@advice("narrow-receptive-field", "design")
def narrow_receptive_field(graph: Graph) -> Iterator[Hit]:
    """An output that sees only part of the input."""
    whole = input_size(graph)
    for row in (graph.rows[index] for index in sorted(graph.outputs) if index >= 0):
        field = row.receptive_field
        if whole is None or field is None or row.jump is None or len(field) != len(whole):
            continue
        pairs = [(f, n) for f, n in zip(field, whole, strict=True) if isinstance(f, int)]
        if any(f < n for f, n in pairs):
            share = 1.0
            for f, n in pairs:
                share *= min(f, n) / n
            yield Hit(
                f"the output `{row.name}` sees {cross(field)} of the {cross(whole)} input",
                row,
                notes=[f"{100 * share:.1f} % of the area"],
                help="more strides, larger kernels or dilations widen it; a global pool sees everything",
            )


def input_size(graph: Graph) -> tuple[int, ...] | None:
    """The spatial sizes of the only input."""
    shapes = list(graph.plan.inputs.values())
    return ints(shapes[0]) if len(shapes) == 1 else None


def cross(sizes: Iterable[object]) -> str:
    return "x".join(map(str, sizes))
