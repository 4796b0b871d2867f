"""Rules about activations: applied twice, without effect, over the wrong axis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.layers.kinds import (
    ACTIVATION,
    ADAPTIVE_POOL,
    FLATTENING,
    IDEMPOTENT,
    IDENTITY_ABOVE_ZERO,
    MOVES_AXES,
    NONNEGATIVE,
    POOL,
    SEQUENCE,
    SOFTMAX_ALONG_DIM,
)
from shapecalc.rules.argument_fixes import set_argument
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, argument, in_shape, is_a, label, size

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: (before, after) pairs of different types of which one is too many.
CLASHES: Final = {
    ("Softmax", "Sigmoid"): "its values are between 0 and 1, which a sigmoid maps to 0.5 to 0.73",
    ("Sigmoid", "Softmax"): "of values between 0 and 1 the largest gets at most e times the weight of the smallest",
    ("Softmax", "LogSoftmax"): "LogSoftmax computes the softmax itself, so it is applied twice",
    ("LogSoftmax", "Softmax"): "the softmax of a LogSoftmax is the softmax alone",
    ("LogSoftmax", "Sigmoid"): "its values are logarithms, all of them 0 or less",
}
KEEPS_SIGN: Final = FLATTENING | POOL | ADAPTIVE_POOL


# Twice. --------------------------------------------------------------------------------------------------------------


@rule("repeated-activation", "correctness", kinds=ACTIVATION)
def repeated_activation(row: Row, graph: Graph) -> Iterator[Hit]:
    """An activation right after another one that makes it redundant or wrong."""
    before = graph.before(row, FLATTENING)
    problem = clash(before, row) if before is not None and is_a(before, ACTIVATION) else None
    if problem is None:
        before = graph.before(row, KEEPS_SIGN)
        if before is not None and is_a(before, NONNEGATIVE) and is_a(row, IDENTITY_ABOVE_ZERO):
            problem = f"has no effect: after `{before.name}` no value is below 0"
    if before is not None and problem is not None:
        yield Hit(f"`{row.name}` {problem}", row, related=[label(before)], help="remove one of the two")


def clash(before: Row, after: Row) -> str | None:
    """Why the second activation is one too many."""
    softmaxes = is_a(after, SOFTMAX_ALONG_DIM) and is_a(before, SOFTMAX_ALONG_DIM)
    if softmaxes and softmax_axis(before) != softmax_axis(after):
        return None
    if before.type != after.type:
        reason = CLASHES.get((before.type, after.type))
        return f"follows `{before.name}`: {reason}" if reason is not None else None
    if not softmaxes and before.args != after.args:
        return None
    if is_a(after, IDEMPOTENT):
        return f"has no effect: it repeats `{before.name}`"
    return f"is the second {after.type} in a row, after `{before.name}`"


# Axes. ---------------------------------------------------------------------------------------------------------------


def softmax_axis(row: Row) -> int:
    """The axis that sums to 1; without `dim` the one that PyTorch takes."""
    x = in_shape(row)
    rank = len(x) if x is not None else 0
    dim: int | None = argument(row, "dim")
    if dim is None:
        return 0 if rank in (0, 1, 3) else 1
    return dim + rank if dim < 0 else dim


@rule("softmax-over-one", "correctness", kinds=SOFTMAX_ALONG_DIM, local=True)
def softmax_over_one(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax over an axis of size 1."""
    x = in_shape(row)
    axis = softmax_axis(row)
    if size(x, axis) == 1:
        yield Hit(
            f"{row.type} over axis {axis}, whose size is 1, gives {0 if row.type == 'LogSoftmax' else 1} everywhere",
            row,
            "dim",
            notes=[f"input {format_shape(x)}"],
            help="write `sigmoid` for a single output, or give the axis a size of 2 or more",
        )


@rule("implicit-dim", "correctness", kinds=SOFTMAX_ALONG_DIM, fixable=True, local=True)
def implicit_dim(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax without `dim`."""
    x = in_shape(row)
    if x is None or argument(row, "dim") is not None:
        return
    axis = softmax_axis(row)
    over_batch = axis == 0 and len(x) > 1
    dim, remark = ("-1", ", the batch,") if over_batch else (str(axis), "")
    yield Hit(
        f"{row.type} without `dim`: PyTorch takes axis {axis}{remark} of {format_shape(x)}",
        row,
        "dim",
        help=f"write `dim: {dim}`",
        fix=set_argument(row, "dim", dim, safe=not over_batch),
    )


@rule("softmax-over-batch", "correctness", kinds=SOFTMAX_ALONG_DIM)
def softmax_over_batch(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax along the batch axis."""
    x = in_shape(row)
    if x is None or argument(row, "dim") is None or len(x) < 2:
        return
    if softmax_axis(row) == 0 and x[0] == graph.plan.network.batch and starts_with_batch(row, graph):
        yield Hit(
            f"{row.type} along axis 0 of {format_shape(x)}, which is the batch",
            row,
            "dim",
            notes=["the output for a sample depends on the other samples in its batch"],
            help="write `dim: -1`",
        )


@rule("sequence-over-batch", "correctness", kinds=SEQUENCE)
def sequence_over_batch(row: Row, graph: Graph) -> Iterator[Hit]:
    """A recurrent layer or an attention layer that runs along the batch axis."""
    x = in_shape(row)
    if x is None or len(x) not in (2, 3) or x[0] != graph.plan.network.batch:
        return
    if (len(x) == 3 and argument(row, "batch_first")) or not starts_with_batch(row, graph):
        return
    yield Hit(
        f"{row.type} takes axis 0 of {format_shape(x)} as the sequence, which is the batch",
        row,
        "batch_first",
        notes=["each sample is one step, and the output for it depends on the other samples in its batch"],
        help="write `batch_first: true`"
        if len(x) == 3
        else "give a sample two axes, steps and features, and write `batch_first: true`",
    )


def starts_with_batch(row: Row, graph: Graph) -> bool:
    """Is axis 0 surely still the batch? False after layers that move axes."""
    for _ in range(len(graph.rows)):
        if is_a(row, MOVES_AXES):
            return False
        if not row.edges or row.edges[0][0] < 0:
            return bool(row.edges)
        row = graph.rows[row.edges[0][0]]
    return False
