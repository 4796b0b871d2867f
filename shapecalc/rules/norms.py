"""Rules about normalisation: what it cancels, what it cannot average over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.diagnostics import Label
from shapecalc.rules.base import Finding, rule
from shapecalc.rules.edits import set_argument
from shapecalc.rules.graph import Graph, out_shape
from shapecalc.rules.types import CHANNEL_NORMS, CONVOLUTIONS, LINEAR, TRANSPOSED

if TYPE_CHECKING:
    from shapecalc.infer import Row


@rule("redundant-bias", "waste", types=CONVOLUTIONS | TRANSPOSED | LINEAR, fixable=True)
def redundant_bias(row: Row, graph: Graph) -> Iterator[Finding]:
    """The bias of a convolution or linear layer is cancelled by the norm right after it.

    Why: a batch or instance norm subtracts the mean of each channel, and with it whatever constant the bias added. The
    parameters are stored, moved and updated without any effect; the norm's own bias takes their place. (Ioffe and
    Szegedy 2015, section 3.2; PyTorch performance tuning guide)

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 16, k: 3, p: 1}
          - batchnorm2d
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 16, k: 3, p: 1, bias: false}
          - batchnorm2d
          - relu
    """
    if row.layer is None or not row.layer.__dict__.get("bias"):
        return
    norm = graph.only_reader(row)
    if norm is None or norm.type not in CHANNEL_NORMS or frozen(norm) or row.index in graph.shared():
        return
    shape = out_shape(row)
    if shape is None or (row.type in LINEAR and len(shape) != 2):
        return  # the features of a linear layer are a norm's channels only in (N, F)
    count = row.layer.weights()["bias"][0]
    yield Finding(
        f"the bias of `{row.name}` ({count} parameters) is cancelled by `{norm.name}`",
        row, "bias",
        notes=[f"{norm.type} subtracts the mean of each of the {count} channels, and the bias with it"],
        related=[Label(norm.step.span(), "this norm has a bias of its own" if norm.params != 0 else "this norm")],
        help="write `bias: false`",
        fix=set_argument(row, "bias", "false"),
    )


def frozen(norm: Row) -> bool:
    """Is it kept at the statistics it was loaded with?"""
    return norm.params != 0 and norm.trainable_params == 0
