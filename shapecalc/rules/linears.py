"""Rules about linear layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, in_shape
from shapecalc.rules.types import (
    ACTIVATIONS,
    ADAPTIVE_POOLS,
    CHANNEL_NORMS,
    FLATTENING,
    LINEAR,
    PASSIVE,
    SPATIAL,
)
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.algebra.shape import Shape
    from shapecalc.network.plan import Row


@rule("linear-after-linear", "waste", types=LINEAR)
def linear_after_linear(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two linear layers with only dropout or a flatten between them."""
    first = graph.before(row, FLATTENING)
    if first is None or first.type not in LINEAR or graph.only_reader(first, FLATTENING) is not row:
        return
    if first.layer is None or row.layer is None or {first.index, row.index} & graph.shared():
        return
    wide, narrow = first.layer.__dict__["in_features"], row.layer.__dict__["out_features"]
    between, reading = first.layer.__dict__["out_features"], row.layer.__dict__["in_features"]
    if not all(isinstance(n, int) for n in (wide, narrow, between)) or between != reading:
        return
    one, two = wide * narrow, wide * between + between * narrow
    if one > two:
        return
    yield Hit(
        f"`{row.name}` follows `{first.name}` with no activation between them: {two:,} weights for what {one:,} can do",
        row,
        None,
        notes=[f"{wide} -> {between} -> {narrow} is one linear map {wide} -> {narrow}"],
        related=[Label(first.step.span(), f"`{first.name}` gives {between} features")],
        help="put an activation such as `relu` between them, or keep one of the two",
    )


#: Layers behind which the last axis of an image is still its width.
KEEPS_WIDTH: Final = PASSIVE | ACTIVATIONS | CHANNEL_NORMS | {"GroupNorm"}


@rule("linear-on-map", "correctness", types=LINEAR)
def linear_on_map(row: Row, graph: Graph) -> Iterator[Hit]:
    """A linear layer on a map of channels, rows and columns: it works along the columns."""
    x = in_shape(row)
    if x is None or len(x) < 3:
        return
    maker = graph.before(row, KEEPS_WIDTH)
    if maker is None:
        if not raw_image(row, graph, x):
            return
    elif maker.type not in SPATIAL or (len(x) < 4 and not (maker.type in ADAPTIVE_POOLS and x[-1] == 1)):
        return
    features = 1
    for d in x[1:]:
        features = features * d  # type: ignore[assignment]
    yield Hit(
        f"`{row.name}` works along the width of a map: {format_shape(x)} has {x[-1]} in its last axis",
        row,
        None,
        notes=[f"flattened, it would be {format_shape((x[0], features))}"],
        related=[Label(maker.step.span(), f"`{maker.name}` makes the map")] if maker is not None else [],
        help="put `flatten` before it",
    )


def raw_image(row: Row, graph: Graph, x: Shape) -> bool:
    """Does the network's input itself arrive, and is it surely an image with its channels first?"""
    return len(x) == 4 and x[1] in (1, 3) and x[2] == x[3] and isinstance(x[2], int) and x[2] > 4
