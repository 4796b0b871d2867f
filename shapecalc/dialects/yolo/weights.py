"""The learnable tensors of a planned model file by the names that they have in a checkpoint of the library."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shapecalc.algebra.shape import Shape

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

#: The name of a layer that its module does not name: the module is the layer.
_COUNTED = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*_\d+")


def tensors(plan: Plan) -> dict[str, Shape]:
    """`model.0.conv.weight` -> (16, 3, 3, 3), in order of execution."""
    found: dict[str, Shape] = {}
    for row in plan.layers:
        if row.kind == "layer" and row.layer is not None and row.params != 0:
            for word, shape in row.layer.weights().items():
                found[tensor_name(row, word)] = shape
    return found


def tensor_name(row: Row, word: str) -> str:
    if row.type == "parameter":
        return f"model.{row.name}"
    parts = row.name.split(".")
    if _COUNTED.fullmatch(parts[-1]):
        parts.pop()
    return ".".join(("model", *parts, word))
