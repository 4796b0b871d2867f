"""The layer table as CSV: one line per layer, all digits, nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapecalc.render.csv_text import csv_text
from shapecalc.render.page import Page
from shapecalc.render.text import literal

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

FIELDS = (
    "index", "kind", "depth", "name", "type", "line", "column", "from", "in_shapes", "out_shapes", "args",
    "params", "trainable_params", "buffers", "macs", "activation_bytes", "receptive_field", "jump",
)  # fmt: skip


def render(plan: Plan, page: Page) -> str:
    """The layers of the JSON object as lines, blocks down to the view's depth. Shapes are written `1x6x28x28`, several
    with a space between."""
    depth = page.view.depth
    layers = [layer for layer in plan.to_dict()["layers"] if depth is None or layer["depth"] <= depth]
    return csv_text([FIELDS, *([field(name, layer.get(name)) for name in FIELDS] for layer in layers)])


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
