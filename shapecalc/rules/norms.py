"""Rules about normalisation: what it cancels, what it cannot average over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.shape import format_shape, numel
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.edits import set_argument
from shapecalc.rules.graph import Graph, in_shape, out_shape
from shapecalc.rules.types import (
    ADAPTIVE_POOLS,
    BATCH_NORMS,
    CHANNEL_NORMS,
    CONVOLUTIONS,
    LINEAR,
    NORMS,
    OWN_VALUES,
    PASSIVE,
    TRANSPOSED,
)
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


@rule("redundant-bias", "waste", types=CONVOLUTIONS | TRANSPOSED | LINEAR, fixable=True)
def redundant_bias(row: Row, graph: Graph) -> Iterator[Hit]:
    """The bias of a convolution or linear layer is cancelled by the norm right after it."""
    if row.layer is None or not row.layer.__dict__.get("bias"):
        return
    norm = graph.only_reader(row)
    if norm is None or norm.type not in CHANNEL_NORMS or frozen(norm) or row.index in graph.shared():
        return
    shape = out_shape(row)
    rank = 2 if row.type in LINEAR else len(row.layer.__dict__["kernel_size"]) + 2
    if shape is None or len(shape) != rank:
        return  # the norm's channels are other than the layer's: features in (N, L, F), or no batch
    count = row.layer.__dict__["out_features" if row.type in LINEAR else "out_channels"]
    yield Hit(
        f"the bias of `{row.name}` ({count} parameters) is cancelled by `{norm.name}`",
        row,
        "bias",
        notes=[f"{norm.type} subtracts the mean of each of the {count} channels, and the bias with it"],
        related=[Label(norm.step.span(), "this norm has a bias of its own" if norm.params != 0 else "this norm")],
        help="write `bias: false`",
        fix=set_argument(row, "bias", "false"),
    )


def frozen(norm: Row) -> bool:
    """Is it kept at the statistics it was loaded with?"""
    return norm.params != 0 and norm.trainable_params == 0


@rule("repeated-norm", "waste", types=NORMS)
def repeated_norm(row: Row, graph: Graph) -> Iterator[Hit]:
    """A norm right after another norm of the same kind."""
    before = graph.before(row, PASSIVE)
    if before is None or before.type != row.type or graph.only_reader(before, PASSIVE) is not row:
        return
    if row.layer is None or before.layer is None or row.layer.arguments() != before.layer.arguments():
        return
    lost = before.params if isinstance(before.params, int) else 0
    undone = f", and undoes its {lost} parameters" if lost and row.type in CHANNEL_NORMS else ""
    yield Hit(
        f"`{row.name}` normalises what `{before.name}` has just normalised{undone}",
        row,
        None,
        related=[Label(before.step.span(), f"`{before.name}`")],
        help="remove one of the two",
    )


@rule("norm-over-one-position", "training", types=BATCH_NORMS, local=True)
def norm_over_one_position(row: Row, graph: Graph) -> Iterator[Hit]:
    """A batch norm over a map with a single position (1x1)."""
    x = in_shape(row)
    if x is None or len(x) < 3 or any(d != 1 for d in x[2:]) or x[0] == 1:
        return
    pool = next((m for m in makers(row, graph) if m.type in ADAPTIVE_POOLS), None)
    batch = "the batch" if not isinstance(x[0], int) else f"the {x[0]} samples of a batch"
    yield Hit(
        f"`{row.name}` averages over a {'x'.join('1' * (len(x) - 2))} map: one value per channel and sample",
        row,
        None,
        notes=[f"input {format_shape(x)}: each mean is over {batch} alone; with a batch of 1 training fails"],
        related=[Label(pool.step.span(), f"`{pool.name}` leaves one position")] if pool is not None else [],
        help="leave the norm out here, use `groupnorm`, or train with `drop_last` and large batches",
    )


@rule("norm-over-one-value", "correctness", types=OWN_VALUES, local=True)
def norm_over_one_value(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer norm or group norm with a single value per group."""
    x = in_shape(row)
    if x is None or len(x) < 2 or row.layer is None:
        return
    own = row.layer.__dict__
    if row.type == "GroupNorm":
        values = numel(x[2:]) if x[1] == own["num_groups"] else None
    else:
        values = numel(own["normalized_shape"])
    if values == 1:
        given = "1 or -1" if row.type == "RMSNorm" else "0"
        yield Hit(
            f"`{row.name}` averages over 1 value at a time: it gives {given} whatever comes in",
            row,
            None,
            notes=[f"input {format_shape(x)}"],
            help="leave it out, or norm over more",
        )


def makers(row: Row, graph: Graph) -> Iterator[Row]:
    """The few layers before this one."""
    before = graph.before(row)
    for _ in range(6):
        if before is None:
            return
        yield before
        before = graph.before(before)
