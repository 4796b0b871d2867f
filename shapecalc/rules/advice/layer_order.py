"""Advice about the order of layers and about depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import numel
from shapecalc.layers.kinds import (
    ACTIVATION,
    BATCH_NORM,
    CONVOLUTION,
    DROPOUT,
    FLATTENING,
    LINEAR,
    MAX_POOL,
    NORM,
    PASSIVE,
    POOL,
    TRANSPOSED,
)
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, argument, in_shape, is_a, label, out_shape, size

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

WEIGHTED: Final = CONVOLUTION | TRANSPOSED | LINEAR
RECTIFIERS: Final = frozenset({"ReLU", "ReLU6"})
SQUASHING: Final = {"Sigmoid": 0.25, "Tanh": 1.0, "Softsign": 1.0, "Hardsigmoid": 1 / 6, "Hardtanh": 1.0}
MOST_SATURATING: Final = 5  # layers in a row
MOST_PLAIN: Final = 20  # convolutions in a row without a shortcut
MOST_FOLLOWED: Final = 1000  # saturating layers in a row that are counted


@advice("dropout-before-norm", "training", kinds=BATCH_NORM)
def dropout_before_norm(row: Row, graph: Graph) -> Iterator[Hit]:
    """Dropout before a batch norm."""
    before = graph.before(row)
    p = argument(before, "p") if before is not None and is_a(before, DROPOUT) else None
    if before is None or not p:
        return
    note = [f"in training the variance is up to {1 / (1 - p):.2f} times that in evaluation"] if p < 1 else []
    yield Hit(
        f"`{row.name}` keeps statistics of values of which `{before.name}` has dropped {100 * p:g} %",
        row,
        notes=note,
        related=[label(before, f"dropout with p = {p:g}")],
        help="put the dropout after the norm",
    )


@advice("norm-after-activation", "design", kinds=BATCH_NORM)
def norm_after_activation(row: Row, graph: Graph) -> Iterator[Hit]:
    """A batch norm right after an activation."""
    before = graph.before(row, PASSIVE)
    if before is None or not is_a(before, ACTIVATION) or graph.only_reader(before, PASSIVE) is not row:
        return
    maker = graph.before(before)
    if maker is not None and is_a(maker, WEIGHTED):
        yield Hit(
            f"`{row.name}` comes after the activation `{before.name}` instead of before it",
            row,
            related=[label(before)],
            help="swap the two",
        )


@advice("relu-before-maxpool", "design", kinds=MAX_POOL)
def relu_before_maxpool(row: Row, graph: Graph) -> Iterator[Hit]:
    """A ReLU right before a max pool."""
    before = graph.before(row)
    if before is None or not is_a(before, RECTIFIERS) or graph.only_reader(before) is not row:
        return
    x, y = in_shape(row), out_shape(row)
    many = numel(x[1:]) if x is not None else None
    few = numel(y[1:]) if y is not None else None
    numbers = isinstance(many, int) and isinstance(few, int) and few < many
    yield Hit(
        f"`{before.name}` processes {many:,} values before the pool, and would process {few:,} after it"
        if numbers
        else f"`{before.name}` processes more values before the pool than after it",
        row,
        related=[label(before)],
        help="swap the two",
    )


@advice("saturating-activation", "training")
def saturating_activation(graph: Graph) -> Iterator[Hit]:
    """More than five layers in a row that end in a sigmoid or tanh."""
    chains = squashed(graph)
    longest = max(chains.values(), key=len, default=[])
    if len(longest) <= MOST_SATURATING:
        return
    first = graph.rows[longest[0]]
    slope = 1.0
    for index in longest:
        slope *= SQUASHING[graph.rows[index].type]
    steep = f": together their slope is at most {slope:.2g}" if slope < 1 else ""
    yield Hit(
        f"{len(longest)} layers in a row end in {first.type}{steep}",
        first,
        notes=[f"from `{first.name}` to `{graph.rows[longest[-1]].name}`"],
        help="use `relu`, `gelu` or `silu`",
    )


def squashed(graph: Graph) -> dict[int, list[int]]:
    """For each row the saturating activations before it in one line, without a shortcut around them."""
    chains: dict[int, list[int]] = {}
    for row in graph.layers:
        if len(row.edges) != 1 or row.edges[0][0] < 0:
            continue
        before = graph.rows[row.edges[0][0]]
        behind = chains.get(before.index, [])
        if row.type in SQUASHING and is_hidden(row, graph):
            behind = [*behind, row.index] if len(behind) < MOST_FOLLOWED else behind
        elif is_a(row, ACTIVATION):
            behind = []
        chains[row.index] = behind
    return chains


def is_hidden(row: Row, graph: Graph) -> bool:
    """Is a layer with weights before it, and one after it?"""
    before = graph.before(row, FLATTENING | NORM | POOL)
    after = graph.only_reader(row, FLATTENING | NORM | POOL)
    return before is not None and is_a(before, WEIGHTED) and after is not None and is_a(after, WEIGHTED)


@advice("deep-without-shortcut", "training")
def deep_without_shortcut(graph: Graph) -> Iterator[Hit]:
    """More than twenty convolutions in a row without a shortcut around any of them."""
    lengths: dict[int, int] = {}
    deepest, end = 0, None
    for row in graph.layers:
        if len(row.edges) != 1 or row.edges[0][0] < 0:
            lengths[row.index] = int(is_a(row, CONVOLUTION))
            continue
        source = graph.rows[row.edges[0][0]]
        length = lengths.get(source.index, 0) if len(graph.readers[source.index]) < 2 else 0
        lengths[row.index] = length + (is_a(row, CONVOLUTION))
        if lengths[row.index] > deepest:
            deepest, end = lengths[row.index], row
    if end is not None and deepest > MOST_PLAIN:
        yield Hit(
            f"{deepest} convolutions in a row without a shortcut",
            end,
            help="put every two or three of them in a `residual:`",
        )


@advice("clipped-output", "training")
def clipped_output(graph: Graph) -> Iterator[Hit]:
    """The network ends in a linear layer and a ReLU."""
    for index in sorted(graph.outputs):
        row = graph.rows[index] if index >= 0 else None
        before = graph.before(row, FLATTENING) if row is not None and is_a(row, RECTIFIERS) else None
        if row is not None and before is not None and is_a(before, LINEAR):
            width = size(out_shape(row), -1)
            outputs = f"the {width} outputs" if width is not None else "the outputs"
            yield Hit(
                f"`{row.name}` cuts off all negative values of {outputs}",
                row,
                related=[label(before)],
                help="leave it out, or write `softplus`",
            )
