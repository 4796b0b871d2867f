"""`share`: may a layer, or a block with all its layers, use the weights of another?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.layer import Layer

Rows = Sequence[Any]


def weights_of(layer: Layer | None) -> Mapping[str, Shape]:
    """The learnable tensors of a layer; none while an argument that sizes them failed."""
    try:
        return layer.weights() if layer is not None else {}
    except (ArithmeticError, LookupError, TypeError):
        return {}


def weights_text(weights: Mapping[str, Shape]) -> str:
    return ", ".join(f"{k} {format_shape(v)}" for k, v in weights.items()) or "no weights"


def inside(rows: Rows, row: Any) -> list[Any]:
    """The rows under a row; of a row that is still the last, all behind it."""
    found = []
    for other in rows[row.index + 1 :]:
        if other.depth <= row.depth:
            break
        found.append(other)
    return found


def unlike(mine: Any, owner: Any, rows: Rows) -> str | None:
    """Why the weights of `owner` do not fit `mine`: `a against b` of the first pair of layers that differ."""
    if mine.kind != owner.kind:
        return f"a {mine.kind} against a {owner.kind}"
    here, there = weighty(mine, rows), weighty(owner, rows)
    if mine.kind == "block" and len(here) != len(there):
        return f"{len(here)} layers with weights against {len(there)}"
    for one, other in zip(here, there, strict=True):
        a, b = weights_of(one.layer), weights_of(other.layer)
        if a != b and one.layer is not None and other.layer is not None:
            at = f" (at `{one.name}`)" if one is not mine else ""
            return f"{weights_text(a)} against {weights_text(b)}{at}"
    return None


def weighty(row: Any, rows: Rows) -> list[Any]:
    """The layers with weights of a block, in order; a layer itself."""
    if row.kind == "layer":
        return [row]
    return [r for r in inside(rows, row) if r.kind == "layer" and (weights_of(r.layer) or r.layer is None)]


def take(mine: Any, owner: Any, rows: Rows) -> None:
    """Counts the weights of `mine` where they belong, at `owner`; layer by layer where the two are blocks."""
    for row in [mine, *(inside(rows, mine) if mine.kind == "block" else ())]:
        row.params = row.trainable_params = row.buffers = 0
    for one, other in zip(weighty(mine, rows), weighty(owner, rows), strict=False):
        one.owner = other if other.owner is None else other.owner
