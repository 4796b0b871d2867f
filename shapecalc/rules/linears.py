"""Rules about linear layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape, numel
from shapecalc.layers.kinds import (
    ACTIVATION,
    ADAPTIVE_POOL,
    CHANNEL_NORM,
    FLATTENING,
    LINEAR,
    PASSIVE,
    SPATIAL,
)
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, argument, in_shape, is_a, label

if TYPE_CHECKING:
    from shapecalc.algebra.shape import Shape
    from shapecalc.network.plan import Row

#: Layers after which the last axis of an image is still its width.
KEEPS_WIDTH: Final = PASSIVE | ACTIVATION | CHANNEL_NORM | {"GroupNorm"}


@rule("linear-after-linear", "waste", kinds=LINEAR)
def linear_after_linear(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two linear layers with only dropout or a flatten between them."""
    first = graph.before(row, FLATTENING)
    if first is None or not is_a(first, LINEAR) or graph.only_reader(first, FLATTENING) is not row:
        return
    ins, middle, outs = (argument(first, "in_features"), argument(first, "out_features"), argument(row, "out_features"))
    if {first.index, row.index} & graph.shared() or middle != argument(row, "in_features"):
        return
    if not all(isinstance(n, int) for n in (ins, middle, outs)):
        return
    merged, separate = ins * outs, ins * middle + middle * outs
    if merged <= separate:
        yield Hit(
            f"`{row.name}` follows `{first.name}` with no activation between them: {separate:,} weights where "
            f"{merged:,} are enough",
            row,
            notes=[f"{ins} -> {middle} -> {outs} is one linear map {ins} -> {outs}"],
            related=[label(first, f"`{first.name}` gives {middle} features")],
            help="put an activation such as `relu` between them, or keep one of the two",
        )


@rule("linear-on-map", "correctness", kinds=LINEAR)
def linear_on_map(row: Row, graph: Graph) -> Iterator[Hit]:
    """A linear layer on a map of channels, rows and columns: it works along the columns."""
    x = in_shape(row)
    if x is None or len(x) < 3:
        return
    source = graph.before(row, KEEPS_WIDTH)
    if source is None:
        if not is_image_input(x):
            return
    elif not is_a(source, SPATIAL) or (len(x) < 4 and not (is_a(source, ADAPTIVE_POOL) and x[-1] == 1)):
        return
    yield Hit(
        f"`{row.name}` works along the width of a map: the last axis of {format_shape(x)} is {x[-1]}",
        row,
        notes=[f"flattened, the map would be {format_shape((x[0], numel(x[1:])))}"],
        related=[label(source, f"`{source.name}` makes the map")] if source is not None else [],
        help="put `flatten` before it",
    )


def is_image_input(x: Shape) -> bool:
    """Is an input of the network surely an image with its channels first?"""
    return len(x) == 4 and x[1] in (1, 3) and x[2] == x[3] and isinstance(x[2], int) and x[2] > 4
