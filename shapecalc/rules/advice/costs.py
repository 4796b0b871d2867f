"""Advice about where parameters and memory go."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import less
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.kinds import CONVOLUTION, FLATTENING, LINEAR, UPSAMPLING
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, argument, in_shape, ints, is_a, label, out_shape
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


@advice("dominant-linear", "design")
def dominant_linear(graph: Graph) -> Iterator[Hit]:
    """One linear layer holds more than half of the parameters of a convolutional network."""
    total = graph.plan.totals.get("params")
    if not isinstance(total, int) or not any(is_a(row, CONVOLUTION) for row in graph.layers):
        return
    for row in graph.layers:
        if is_a(row, LINEAR) and isinstance(row.params, int) and 2 * row.params > total:
            message = f"`{row.name}` holds {row.params:,} of {total:,} parameters ({100 * row.params / total:.0f} %)"
            notes, help, labels = with_global_pool(row, graph, total)
            yield Hit(message, row, notes=notes, help=help, related=labels)


def with_global_pool(row: Row, graph: Graph, total: int) -> tuple[list[str], str | None, list[Label]]:
    """What a global pool before the layer would save: note, help and the place of the flatten; nothing if it cannot."""
    flat = graph.before(row)
    while flat is not None and is_a(flat, FLATTENING) and ints(in_shape(flat)) is None:
        flat = graph.before(flat)
    x: Shape | None = in_shape(flat) if flat is not None and is_a(flat, FLATTENING) else None
    if flat is None or x is None or row.layer is None or ints(x) is None or not isinstance(x[1], int):
        return [], None, []
    axes, channels, out = len(x) - 2, x[1], argument(row, "out_features")
    bias = out if argument(row, "bias") else 0
    params = channels * out + bias
    if params >= row.params:
        return [], None, []
    product = f"{channels}*{out:,}" + (f" + {bias:,}" if bias else "")
    note = f"after a global pool: {product} = {params:,} parameters, {total - row.params + params:,} in total"
    place = label(flat, f"`{flat.name}` turns {format_shape(x)} into one vector")
    return [note], f"put `adaptiveavgpool{axes}d: 1` before the flatten", [place]


@advice("peak-at-first-layer", "design")
def peak_at_first_layer(graph: Graph) -> Iterator[Hit]:
    """The first convolution allocates the largest output of the network."""
    sized = [row for row in graph.layers if isinstance(row.activation_bytes, int)]
    first = next((row for row in sized if is_a(row, CONVOLUTION)), None)
    others = [row.activation_bytes for row in sized if row is not first]
    if first is None or len(sized) != sum(row.kind == "layer" for row in graph.rows) or not others:
        return
    if all(less(size, first.activation_bytes) for size in others):
        total = graph.plan.totals.get("activation_bytes")
        share = f" of {total:,}" if isinstance(total, int) else ""
        yield Hit(
            f"`{first.name}` allocates {first.activation_bytes:,}{share} activation bytes, more than any other layer",
            first,
            notes=[f"output {format_shape(out_shape(first))}"],
            help="use a stride or fewer channels here to lower the peak",
        )


@advice("fractional-upsampling", "design", kinds=UPSAMPLING)
def fractional_upsampling(row: Row, graph: Graph) -> Iterator[Hit]:
    """Upsampling by a factor that is not an integer."""
    before, after = ints(in_shape(row)), ints(out_shape(row))
    if before is None or after is None or not all(before):
        return
    for n, out in zip(before, after, strict=True):
        if out > n and out % n:
            factor = Fraction(out, n)
            yield Hit(
                f"{n} becomes {out}: a factor of {factor.numerator}/{factor.denominator} = {float(factor):.3f}",
                row,
                "size" if row.layer is not None and "size" in row.layer.by_name else None,
                help=f"choose sizes that halve evenly: {n * (out // n)} or {n * (out // n + 1)} would fit here",
            )
            return
