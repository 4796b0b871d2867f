"""Rules about activations: twice, without effect, over the wrong axis, before a loss that has its own."""

from __future__ import annotations

from collections.abc import Iterator
from math import e, exp, log1p
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.edits import set_argument
from shapecalc.rules.graph import Graph, in_shape, out_shape, size
from shapecalc.rules.types import (
    ACTIVATIONS,
    ADAPTIVE_POOLS,
    FLATTENING,
    IDEMPOTENT,
    IDENTITY_ABOVE_ZERO,
    NONNEGATIVE,
    POOLS,
    SOFTMAXES,
)
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: (before, after) pairs of different types of which one is too many.
CLASHES: Final = {
    ("Softmax", "Sigmoid"): "the values lie between 0 and 1, which a sigmoid maps to 0.5 to 0.73",
    ("Sigmoid", "Softmax"): "of values between 0 and 1 the largest gets at most e times the weight of the smallest",
    ("Softmax", "LogSoftmax"): "LogSoftmax takes the softmax itself, and now it is taken twice",
    ("LogSoftmax", "Softmax"): "the softmax of a LogSoftmax is the softmax alone",
    ("LogSoftmax", "Sigmoid"): "the values are logarithms, none above 0",
}
KEEPS_SIGN: Final = FLATTENING | POOLS | ADAPTIVE_POOLS
WHOLE_AXIS: Final = frozenset({"Softmax", "Softmin", "LogSoftmax"})


@rule("repeated-activation", "correctness", types=ACTIVATIONS)
def repeated_activation(row: Row, graph: Graph) -> Iterator[Hit]:
    """An activation right after another one that makes it redundant or wrong."""
    before = graph.before(row, FLATTENING)
    text = None
    if before is not None and before.type in ACTIVATIONS:
        text = clash(before, row)
    if text is None:
        before = graph.before(row, KEEPS_SIGN)
        if before is None or before.type not in NONNEGATIVE or row.type not in IDENTITY_ABOVE_ZERO:
            return
        text = f"has no effect: after `{before.name}` nothing is below 0"
    yield Hit(
        f"`{row.name}` {text}",
        row,
        None,
        related=[Label(before.step.span(), f"`{before.name}`")] if before else [],
        help="remove one of the two",
    )


def clash(before: Row, after: Row) -> str | None:
    """Why the second activation is one too many."""
    if before.type == after.type and alike(before, after):
        if after.type in IDEMPOTENT:
            return f"has no effect: `{before.name}` has done the same"
        return f"is the second {after.type} in a row, after `{before.name}`"
    why = CLASHES.get((before.type, after.type))
    if why is None or (after.type in WHOLE_AXIS and before.type in WHOLE_AXIS and not alike(before, after)):
        return None
    return f"follows `{before.name}`: {why}"


def alike(before: Row, after: Row) -> bool:
    """Do both work along the same axis, with the same arguments?"""
    a, b = before.layer, after.layer
    if a is None or b is None:
        return False
    if after.type in WHOLE_AXIS and before.type in WHOLE_AXIS:
        return softmax_axis(before) == softmax_axis(after)
    return before.type != after.type or a.arguments() == b.arguments()


@rule("softmax-over-one", "correctness", types=SOFTMAXES - {"Softmax2d"}, local=True)
def softmax_over_one(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax over an axis of size 1."""
    x = in_shape(row)
    if x is None or row.layer is None:
        return
    axis = softmax_axis(row)
    if size(x, axis) == 1:
        value = 0 if row.type == "LogSoftmax" else 1
        yield Hit(
            f"{row.type} over axis {axis}, whose size is 1, gives {value} everywhere",
            row,
            "dim",
            notes=[f"input {format_shape(x)}"],
            help="write `sigmoid` for one output, or give the axis more than one",
        )


def softmax_axis(row: Row) -> int:
    """The axis that sums to 1; left out, what PyTorch takes."""
    x = in_shape(row)
    rank = len(x) if x is not None else 0
    dim = row.layer.__dict__.get("dim") if row.layer is not None else None
    if dim is None:
        return 0 if rank in (0, 1, 3) else 1
    found: int = dim + rank if dim < 0 else dim
    return found


@rule("implicit-dim", "correctness", types=SOFTMAXES - {"Softmax2d"}, fixable=True, local=True)
def implicit_dim(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax without `dim`."""
    x = in_shape(row)
    if x is None or row.layer is None or row.layer.__dict__.get("dim") is not None:
        return
    axis = softmax_axis(row)
    batch = axis == 0 and len(x) > 1
    meant = "-1" if batch else str(axis)
    what = f"axis {axis}, the batch" if batch else f"axis {axis}"
    yield Hit(
        f"{row.type} without `dim`: PyTorch takes {what} of {format_shape(x)}",
        row,
        "dim",
        help=f"write `dim: {meant}`",
        fix=set_argument(row, "dim", meant, safe=not batch),
    )


#: What works along a sequence, and asks where the batch is.
SEQUENCES: Final = {
    "RNN",
    "LSTM",
    "GRU",
    "MultiheadAttention",
    "Transformer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
}


@rule("softmax-over-batch", "correctness", types=SOFTMAXES - {"Softmax2d"})
def softmax_over_batch(row: Row, graph: Graph) -> Iterator[Hit]:
    """A softmax along the batch axis."""
    x = in_shape(row)
    if x is None or row.layer is None or row.layer.__dict__.get("dim") is None or len(x) < 2:
        return
    if softmax_axis(row) == 0 and x[0] == graph.plan.network.batch and from_input(row, graph):
        yield Hit(
            f"{row.type} along axis 0 of {format_shape(x)}, which is the batch",
            row,
            "dim",
            notes=["the output for one sample hangs on the others of its batch"],
            help="write `dim: -1`",
        )


@rule("sequence-over-batch", "correctness", types=SEQUENCES)
def sequence_over_batch(row: Row, graph: Graph) -> Iterator[Hit]:
    """A recurrent layer or an attention layer that runs along the batch axis."""
    x = in_shape(row)
    if x is None or row.layer is None or len(x) not in (2, 3) or x[0] != graph.plan.network.batch:
        return
    if (len(x) == 3 and row.layer.__dict__.get("batch_first")) or not from_input(row, graph):
        return
    yield Hit(
        f"{row.type} takes axis 0 of {format_shape(x)} as the sequence, which is the batch",
        row,
        "batch_first",
        notes=["each sample is one step, and the output for it hangs on the others of its batch"],
        help="write `batch_first: true`"
        if len(x) == 3
        else "give one sample two axes, steps and features, and write `batch_first: true`",
    )


def from_input(row: Row, graph: Graph) -> bool:
    """Does axis 0 still hold the batch, as far as one can see? Layers that move axes end the search."""
    moving = {"permute", "transpose", "reshape", "view", "Unflatten", "einsum", "matmul", "bmm", "roll"}
    for _ in range(len(graph.rows)):
        if row.type in moving:
            return False
        if not row.edges or row.edges[0][0] < 0:
            return bool(row.edges)
        row = graph.rows[row.edges[0][0]]
    return False


#: Losses: the activations that may not come before them, and why.
LOSSES: Final = {
    "crossentropy": (
        {"Softmax", "Softmax2d", "Sigmoid", "ReLU", "ReLU6", "Hardsigmoid"},
        "cross_entropy takes logits: it applies log_softmax itself",
    ),
    "bcewithlogits": (
        {"Sigmoid", "Softmax", "LogSigmoid", "ReLU", "ReLU6", "Hardsigmoid"},
        "bce_with_logits takes logits: it applies the sigmoid itself",
    ),
    "nll": (
        {"Softmax", "Softmax2d", "Sigmoid", "ReLU", "ReLU6"},
        "nll_loss takes log-probabilities, as LogSoftmax gives them",
    ),
    "bce": (
        {"LogSoftmax", "LogSigmoid", "Tanh"},
        "binary_cross_entropy takes probabilities between 0 and 1, as Sigmoid gives them",
    ),
}
UNIT: Final = frozenset({"Softmax", "Softmax2d", "Sigmoid", "Hardsigmoid"})  # their values lie between 0 and 1


@rule("activation-before-loss", "training")
def activation_before_loss(graph: Graph) -> Iterator[Hit]:
    """The network ends in an activation that the declared loss already applies, or that does not fit the loss."""
    loss = loss_key(graph.plan.network.loss)
    if loss is None:
        return
    wrong, why = LOSSES[loss]
    for index in sorted(graph.outputs):
        row = last_value(graph, index)
        if row is not None and row.type in wrong:
            yield Hit(
                f"`{row.name}` ({row.type}) before the loss `{graph.plan.network.loss}`{least_loss(loss, row)}",
                row,
                None,
                notes=[why],
                related=loss_label(graph),
                help="end in `logsoftmax: {dim: 1}`"
                if loss == "nll"
                else "end in `sigmoid`"
                if loss == "bce"
                else "remove it here, and apply it where the network is used",
            )


def least_loss(loss: str, row: Row) -> str:
    """How small the loss can get at best behind an activation that gives values between 0 and 1."""
    if row.type not in UNIT:
        return ""
    if loss == "bcewithlogits":  # logit 1 for a positive sample, 0 for a negative one
        return f", which then stays above {log1p(exp(-1)):.2f}"
    classes = size(out_shape(row), 1)
    if loss == "crossentropy" and classes is not None and classes > 1:  # logit 1 for the right class, 0 for the others
        return f", which then stays above {log1p((classes - 1) / e):.2f} for {classes} classes"
    return ", which then lies between -1 and 0" if loss == "nll" else ""


def last_value(graph: Graph, index: int) -> Row | None:
    """The layer that sets the values of an output: past flattening and dropout."""
    if index < 0:
        return None
    row = graph.rows[index]
    return graph.before(row, FLATTENING) if row.type in FLATTENING else row


def loss_label(graph: Graph) -> list[Label]:
    span = graph.plan.network.loss_span
    return [Label(span, "the loss is declared here")] if span is not None else []


def loss_key(text: str | None) -> str | None:
    """`nn.CrossEntropyLoss()`, `cross_entropy` -> crossentropy; None for a loss that says nothing of the output."""
    if text is None:
        return None
    name = text.rpartition(".")[2].partition("(")[0].lower().replace("_", "").replace("-", "").replace(" ", "")
    name = name.removesuffix("loss")
    name = {"binarycrossentropywithlogits": "bcewithlogits", "binarycrossentropy": "bce"}.get(name, name)
    return name if name in LOSSES else None
