"""Rules about settings that matter in training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.layers.kinds import BATCH_NORM, DROPOUT, MOVES_AXES, SPATIAL
from shapecalc.rules.argument_fixes import set_argument
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, argument, in_shape, is_a

if TYPE_CHECKING:
    from shapecalc.algebra.shape import Shape
    from shapecalc.network.plan import Row

NEAR: Final = 4  # layers before a dropout among which a convolution is looked for


@rule("high-momentum", "training", kinds=BATCH_NORM, fixable=True, unsafe=True, local=True)
def high_momentum(row: Row, graph: Graph) -> Iterator[Hit]:
    """A batch norm with a momentum of 0.5 or more."""
    momentum = argument(row, "momentum")
    if not isinstance(momentum, (int, float)) or momentum < 0.5 or not argument(row, "track_running_stats"):
        return
    converted = f"{1 - momentum:.6g}"
    yield Hit(
        f"momentum {momentum:g} gives the last batch {100 * momentum:g} % of the running statistics",
        row,
        "momentum",
        notes=[f"TensorFlow's {momentum:g} is 1 - {momentum:g} = {converted} in PyTorch, whose default is 0.1"],
        help=f"write `momentum: {converted}`",
        fix=set_argument(row, "momentum", converted, safe=False) if 0 < momentum < 1 else None,
    )


@rule("high-dropout", "training", kinds=DROPOUT)
def high_dropout(row: Row, graph: Graph) -> Iterator[Hit]:
    """A dropout that drops everything, or more than half of a map after convolutions."""
    p = argument(row, "p")
    if not isinstance(p, (int, float)) or p <= 0.5:
        return
    if p >= 1:
        yield Hit("dropout with p = 1 leaves nothing: its output is 0 in training", row, "p", help="lower `p`")
    elif is_map(in_shape(row)) and follows_convolutions(row, graph):
        yield Hit(
            f"dropout drops {100 * p:g} % of a map {format_shape(in_shape(row))}",
            row,
            "p",
            notes=[f"p is the fraction that is dropped; {100 - 100 * p:g} % is kept"],
            help=f"write `{1 - p:.6g}` if {p:g} is the fraction to keep",
        )


def is_map(x: Shape | None) -> bool:
    """(N, C, H, W) or more axes, with more than one position."""
    return x is not None and len(x) >= 4 and any(d != 1 for d in x[2:])


def follows_convolutions(row: Row, graph: Graph) -> bool:
    """Is one of the layers shortly before it a convolution or pool, with no axes moved in between?"""
    before = graph.before(row)
    for _ in range(NEAR):
        if before is None or is_a(before, MOVES_AXES):
            return False
        if is_a(before, SPATIAL):
            return True
        before = graph.before(before)
    return False
