"""Rules about tensors that are broadcast by accident."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import Sym
from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, label, out_shape

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


@rule("stretched-shortcut", "correctness", kinds={"add"})
def stretched_shortcut(row: Row, graph: Graph) -> Iterator[Hit]:
    """A residual whose shortcut is broadcast to the shape of the body."""
    parents = graph.parents(row) if len(row.in_shapes) == 2 else []
    if not parents or parents[0].type != "residual" or row.step.spans is not None:
        return
    body, shortcut = row.in_shapes
    if body is None or shortcut is None or len(body) != len(shortcut):
        return
    pairs = enumerate(zip(body, shortcut, strict=True))
    stretched = [axis for axis, (b, s) in pairs if s == 1 and isinstance(b, int) and b > 1]
    if not stretched:
        return
    source = graph.rows[row.edges[0][0]] if row.edges[0][0] >= 0 else None
    example = f", such as `conv2d: {{out: {body[1]}, k: 1}}`" if stretched == [1] else ""
    yield Hit(
        f"the shortcut {format_shape(shortcut)} is broadcast to the shape of the body, {format_shape(body)}",
        row,
        notes=[f"axis {axis}: 1 is stretched to {body[axis]}" for axis in stretched],
        related=[label(source, f"`{source.name}` gives {format_shape(body)}")] if source else [],
        help=f"give the residual a `shortcut:` with the shape of the body{example}",
    )


@rule("mixed-samples", "correctness", kinds={"add", "sub", "mul", "div"})
def mixed_samples(row: Row, graph: Graph) -> Iterator[Hit]:
    """An operation on tensors of different rank that combines every sample of the batch with every other sample."""
    y, batch = out_shape(row), graph.plan.network.batch
    shapes = [x for x in row.in_shapes if x is not None]
    if y is None or not isinstance(batch, Sym) or list(y).count(batch) < 2 or len(shapes) != len(row.in_shapes):
        return
    if len({len(x) for x in shapes}) > 1 and all(list(x).count(batch) < 2 for x in shapes):
        inputs = " and ".join(map(format_shape, shapes))
        yield Hit(
            f"{row.type} of {inputs} gives {format_shape(y)}: every sample is combined with every other",
            row,
            notes=["shapes are aligned at the last axis, and the batch is broadcast along another axis"],
            help="give both the same number of axes with `squeeze`, `unsqueeze` or `flatten`",
        )
