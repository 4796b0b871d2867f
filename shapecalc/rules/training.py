"""Rules about settings that matter while training, and about broadcasts that were not meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import Sym
from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.edits import set_argument
from shapecalc.rules.graph import Graph, in_shape, out_shape
from shapecalc.rules.types import BATCH_NORMS, DROPOUTS, SPATIAL
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.algebra.shape import Shape
    from shapecalc.network.plan import Row


@rule("high-momentum", "training", types=BATCH_NORMS, fixable=True, unsafe=True, local=True)
def high_momentum(row: Row, graph: Graph) -> Iterator[Hit]:
    """A batch norm with a momentum of 0.5 or more."""
    own = row.layer.__dict__ if row.layer is not None else {}
    momentum = own.get("momentum")
    if not isinstance(momentum, (int, float)) or momentum < 0.5 or not own["track_running_stats"]:
        return
    meant = f"{1 - momentum:.6g}"
    yield Hit(
        f"momentum {momentum:g} gives the last batch {100 * momentum:g} % of the running statistics",
        row,
        "momentum",
        notes=[f"TensorFlow's {momentum:g} is 1 - {momentum:g} = {meant} in PyTorch, whose default is 0.1"],
        help=f"write `momentum: {meant}`",
        fix=set_argument(row, "momentum", meant, safe=False) if 0 < momentum < 1 else None,
    )


@rule("high-dropout", "training", types=DROPOUTS)
def high_dropout(row: Row, graph: Graph) -> Iterator[Hit]:
    """A dropout that drops everything, or more than half of a map after convolutions."""
    p = row.layer.__dict__.get("p") if row.layer is not None else None
    if not isinstance(p, (int, float)) or p <= 0.5:
        return
    if p >= 1:
        yield Hit("dropout with p = 1 leaves nothing: the output is 0 in training", row, "p", help="lower `p`")
    elif is_map(in_shape(row)) and behind_convolutions(row, graph):
        yield Hit(
            f"dropout drops {100 * p:g} % of a map {format_shape(in_shape(row))}",
            row,
            "p",
            notes=[f"p is the share that is dropped; {100 - 100 * p:g} % is kept"],
            help=f"write `{1 - p:.6g}` if that share was meant to be kept",
        )


def is_map(x: Shape | None) -> bool:
    """(N, C, H, W) or more axes, with more than one position."""
    return x is not None and len(x) >= 4 and any(d != 1 for d in x[2:])


def behind_convolutions(row: Row, graph: Graph) -> bool:
    """Is one of the layers shortly before a convolution or a pool, with the axes still in their places?"""
    before = graph.before(row)
    for _ in range(4):
        if before is None or before.type in ("permute", "transpose", "reshape", "view", "Unflatten"):
            return False
        if before.type in SPATIAL:
            return True
        before = graph.before(before)
    return False


@rule("stretched-shortcut", "correctness", types={"add"})
def stretched_shortcut(row: Row, graph: Graph) -> Iterator[Hit]:
    """A residual whose shortcut is broadcast to the shape of the body."""
    parents = graph.parents(row) if len(row.in_shapes) == 2 else []
    if not parents or parents[0].type != "residual" or row.step.spans is not None:
        return
    body, shortcut = row.in_shapes
    if body is None or shortcut is None or len(body) != len(shortcut):
        return
    pairs = list(zip(body, shortcut, strict=True))
    stretched = [i for i, (b, s) in enumerate(pairs) if s == 1 and isinstance(b, int) and b > 1]
    if not stretched:
        return
    maker = graph.rows[row.edges[0][0]] if row.edges[0][0] >= 0 else None
    yield Hit(
        f"the shortcut {format_shape(shortcut)} is repeated to fit the body's {format_shape(body)}",
        row,
        None,
        notes=[f"axis {i}: 1 is stretched to {body[i]}" for i in stretched],
        related=[Label(maker.step.span(), f"`{maker.name}` gives {format_shape(body)}")] if maker else [],
        help=f"give the residual a `shortcut:` that makes the same shape, such as `conv2d: {{out: {body[1]}, k: 1}}`"
        if stretched == [1]
        else "give the residual a `shortcut:` that makes the same shape",
    )


@rule("mixed-samples", "correctness", types={"add", "sub", "mul", "div"})
def mixed_samples(row: Row, graph: Graph) -> Iterator[Hit]:
    """An operation on tensors of different rank that combines every sample of the batch with every other sample."""
    y, batch = out_shape(row), graph.plan.network.batch
    shapes = [x for x in row.in_shapes if x is not None]
    if y is None or not isinstance(batch, Sym) or list(y).count(batch) < 2 or len(shapes) != len(row.in_shapes):
        return
    if len({len(x) for x in shapes}) > 1 and all(list(x).count(batch) < 2 for x in shapes):
        given = " and ".join(map(format_shape, shapes))
        yield Hit(
            f"{row.type} of {given} gives {format_shape(y)}: every sample meets every other",
            row,
            None,
            notes=["shapes are aligned at the right, and the batch is stretched along another axis"],
            help="give both the same number of axes, by `squeeze`, `unsqueeze` or `flatten`",
        )
