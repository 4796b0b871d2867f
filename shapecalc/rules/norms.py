"""Rules about normalization: what it cancels, what it cannot average over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.shape import format_shape, numel
from shapecalc.layers.kinds import (
    ADAPTIVE_POOL,
    BATCH_NORM,
    CHANNEL_NORM,
    CONVOLUTION,
    LINEAR,
    NORM,
    PASSIVE,
    SAMPLE_NORM,
    TRANSPOSED,
)
from shapecalc.rules.argument_fixes import set_argument
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, argument, in_shape, is_a, label, out_shape

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

NEAR = 6  # layers before a norm among which its pool is looked for


@rule("redundant-bias", "waste", kinds=CONVOLUTION | TRANSPOSED | LINEAR, fixable=True)
def redundant_bias(row: Row, graph: Graph) -> Iterator[Hit]:
    """The bias of a convolution or linear layer is cancelled by the norm right after it."""
    if not argument(row, "bias"):
        return
    norm = graph.only_reader(row)
    if norm is None or not is_a(norm, CHANNEL_NORM) or is_frozen(norm) or row.index in graph.shared():
        return
    shape = out_shape(row)
    rank = 2 if is_a(row, LINEAR) else len(argument(row, "kernel_size")) + 2
    if shape is None or len(shape) != rank:
        return  # the norm's channels are not the layer's: features in (N, L, F), or no batch
    count = argument(row, "out_features" if is_a(row, LINEAR) else "out_channels")
    yield Hit(
        f"the bias of `{row.name}` ({count} parameters) is cancelled by `{norm.name}`",
        row,
        "bias",
        notes=[f"{norm.type} subtracts the mean of each of the {count} channels, and the bias with it"],
        related=[label(norm, "this norm has its own bias" if norm.params != 0 else "this norm")],
        help="write `bias: false`",
        fix=set_argument(row, "bias", "false"),
    )


def is_frozen(norm: Row) -> bool:
    """Are its weights and statistics fixed?"""
    return norm.params != 0 and norm.trainable_params == 0


@rule("repeated-norm", "waste", kinds=NORM)
def repeated_norm(row: Row, graph: Graph) -> Iterator[Hit]:
    """A norm right after another norm of the same kind."""
    before = graph.before(row, PASSIVE)
    if before is None or before.type != row.type or graph.only_reader(before, PASSIVE) is not row:
        return
    if row.args != before.args:
        return
    lost = before.params if isinstance(before.params, int) else 0
    undone = f", and undoes its {lost} parameters" if lost and is_a(row, CHANNEL_NORM) else ""
    yield Hit(
        f"`{row.name}` normalizes what `{before.name}` has just normalized{undone}",
        row,
        related=[label(before)],
        help="remove one of the two",
    )


@rule("norm-over-one-position", "training", kinds=BATCH_NORM, local=True)
def norm_over_one_position(row: Row, graph: Graph) -> Iterator[Hit]:
    """A batch norm over a map with a single position (1x1)."""
    x = in_shape(row)
    if x is None or len(x) < 3 or any(d != 1 for d in x[2:]) or x[0] == 1:
        return
    pool = next((before for before in shortly_before(row, graph) if is_a(before, ADAPTIVE_POOL)), None)
    batch = "the batch" if not isinstance(x[0], int) else f"the {x[0]} samples of a batch"
    yield Hit(
        f"`{row.name}` averages over a {'x'.join('1' * (len(x) - 2))} map: one value per channel and sample",
        row,
        notes=[f"input {format_shape(x)}: each mean is over {batch} alone; with a batch of 1 training fails"],
        related=[label(pool, f"`{pool.name}` leaves one position")] if pool is not None else [],
        help="leave the norm out here, use `groupnorm`, or train with `drop_last` and large batches",
    )


def shortly_before(row: Row, graph: Graph) -> Iterator[Row]:
    before = graph.before(row)
    for _ in range(NEAR):
        if before is None:
            return
        yield before
        before = graph.before(before)


@rule("norm-over-one-value", "correctness", kinds=SAMPLE_NORM, local=True)
def norm_over_one_value(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer norm or group norm with a single value per group."""
    x = in_shape(row)
    if x is None or len(x) < 2 or row.layer is None:
        return
    if row.type == "GroupNorm":
        values = numel(x[2:]) if x[1] == argument(row, "num_groups") else None
    else:
        values = numel(argument(row, "normalized_shape"))
    if values == 1:
        result = "1 or -1" if row.type == "RMSNorm" else "0"
        yield Hit(
            f"`{row.name}` normalizes one value at a time: the result is {result} for any input",
            row,
            notes=[f"input {format_shape(x)}"],
            help="leave it out, or normalize over more values",
        )
