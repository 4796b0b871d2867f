"""The layer table as CSV: one line per layer, all digits, nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.csv_text import csv_text
from shapecalc.render.page import Page
from shapecalc.render.value_text import literal

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

FIELDS = (
    "index", "kind", "depth", "name", "type", "line", "column", "from", "in_shapes", "out_shapes", "args",
    "params", "trainable_params", "buffers", "macs", "activation_bytes", "receptive_field", "jump",
)  # fmt: skip
BY_AXIS = ("receptive_field", "jump")


def render(plan: Plan, page: Page) -> str:
    """The layers of the JSON object as lines, blocks down to the view's depth. Shapes are written `1x6x28x28`, several
    with a space between."""
    depth = page.view.depth
    layers = [layer for layer in plan.to_dict()["layers"] if depth is None or layer["depth"] <= depth]
    return csv_text([FIELDS, *([field(name, layer.get(name)) for name in FIELDS] for layer in layers)])


def field(name: str, value: object) -> object:
    """One field: nothing for null, `7x7` for sizes by axis, blanks between the items of other lists."""
    if isinstance(value, dict):
        return " ".join(f"{key}={literal(item)}" for key, item in value.items())
    if isinstance(value, list):
        return sizes_text(value) if name in BY_AXIS else " ".join(map(item_text, value))
    return "" if value is None else value


def item_text(item: object) -> str:
    """A shape, or a name that a row reads."""
    return sizes_text(item) if isinstance(item, list) else "?" if item is None else str(item)


def sizes_text(sizes: list[object]) -> str:
    return "x".join(map(str, sizes))
