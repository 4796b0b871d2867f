"""The layer table as CSV: one line per layer, all digits, nothing cut."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from shapecalc.render.text import literal

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

FIELDS = (
    "index",
    "kind",
    "depth",
    "name",
    "type",
    "line",
    "column",
    "from",
    "in_shapes",
    "out_shapes",
    "args",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "activation_bytes",
    "receptive_field",
    "jump",
)


def render(plan: Plan, *, depth: int | None = None) -> str:
    """The layers of the JSON object as lines, blocks down to `depth`. Shapes are written `1x6x28x28`, several with a
    space between."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(FIELDS)
    for layer in plan.to_dict()["layers"]:
        if depth is None or layer["depth"] <= depth:
            writer.writerow([field(name, layer.get(name)) for name in FIELDS])
    return out.getvalue()


def field(name: str, value: Any) -> object:
    if value is None:
        return ""
    if name in ("in_shapes", "out_shapes"):
        return " ".join("?" if shape is None else "x".join(map(str, shape)) for shape in value)
    if name in ("receptive_field", "jump"):
        return "x".join(map(str, value))
    if name == "from":
        return " ".join(map(str, value))
    if name == "args":
        return " ".join(f"{key}={literal(v)}" for key, v in value.items())
    return value
