"""A rule about the loss that a spec declares: it takes logits, log-probabilities or probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from math import e, exp, log1p
from typing import TYPE_CHECKING, Final

from shapecalc.layers.kinds import FLATTENING, UNIT_INTERVAL
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, is_a, out_shape, size
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


class Loss:
    """A loss: the activations that must not come before it, why, and what to write instead."""

    __slots__ = ("help", "reason", "wrong")

    def __init__(self, wrong: str, reason: str, help: str) -> None:
        self.wrong, self.reason, self.help = frozenset(wrong.split()), reason, help


_REMOVE: Final = "remove it here, and apply it where the network is used"
LOSSES: Final = {
    "crossentropy": Loss(
        "Softmax Softmax2d Sigmoid ReLU ReLU6 Hardsigmoid",
        "cross_entropy takes logits: it applies log_softmax itself",
        _REMOVE,
    ),
    "bcewithlogits": Loss(
        "Sigmoid Softmax LogSigmoid ReLU ReLU6 Hardsigmoid",
        "bce_with_logits takes logits: it applies the sigmoid itself",
        _REMOVE,
    ),
    "nll": Loss(
        "Softmax Softmax2d Sigmoid ReLU ReLU6",
        "nll_loss takes log-probabilities, the output of LogSoftmax",
        "end in `logsoftmax: {dim: 1}`",
    ),
    "bce": Loss(
        "LogSoftmax LogSigmoid Tanh",
        "binary_cross_entropy takes probabilities between 0 and 1, the output of Sigmoid",
        "end in `sigmoid`",
    ),
}
SYNONYMS: Final = {"binarycrossentropywithlogits": "bcewithlogits", "binarycrossentropy": "bce"}


@rule("activation-before-loss", "training")
def activation_before_loss(graph: Graph) -> Iterator[Hit]:
    """The network ends in an activation that the declared loss already applies, or that does not fit the loss."""
    network = graph.plan.network
    key = loss_key(network.loss)
    if key is None:
        return
    loss, span = LOSSES[key], network.loss_span
    for index in sorted(graph.outputs):
        row = last_value(graph, index)
        if row is not None and row.type in loss.wrong:
            yield Hit(
                f"`{row.name}` ({row.type}) before the loss `{network.loss}`{least_loss(key, row)}",
                row,
                notes=[loss.reason],
                related=[Label(span, "the loss is declared here")] if span is not None else [],
                help=loss.help,
            )


def loss_key(text: str | None) -> str | None:
    """`nn.CrossEntropyLoss()`, `cross_entropy` -> crossentropy; None for a loss that says nothing about the output."""
    if text is None:
        return None
    name = text.rpartition(".")[2].partition("(")[0].lower().replace("_", "").replace("-", "").replace(" ", "")
    name = name.removesuffix("loss")
    name = SYNONYMS.get(name, name)
    return name if name in LOSSES else None


def last_value(graph: Graph, index: int) -> Row | None:
    """The layer that computes the values of an output: before flattening and dropout."""
    if index < 0:
        return None
    row = graph.rows[index]
    return graph.before(row, FLATTENING) if is_a(row, FLATTENING) else row


def least_loss(loss: str, row: Row) -> str:
    """The smallest possible loss after an activation that gives values between 0 and 1."""
    if not is_a(row, UNIT_INTERVAL):
        return ""
    if loss == "bcewithlogits":  # logit 1 for a positive sample, 0 for a negative one
        return f", which then stays above {log1p(exp(-1)):.2f}"
    classes = size(out_shape(row), 1)
    if loss == "crossentropy" and classes is not None and classes > 1:  # logit 1 for the right class, 0 for the others
        return f", which then stays above {log1p((classes - 1) / e):.2f} for {classes} classes"
    return ", which is then between -1 and 0" if loss == "nll" else ""
