"""The answer for one layer, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import Sym, substitute
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.network.plain_data import plain
from shapecalc.render.page import Page
from shapecalc.render.value_text import exact, type_text

if TYPE_CHECKING:
    from shapecalc.api.plan import LayerResult

ONE_SAMPLE = {"N": 1}


def render(result: LayerResult, page: Page) -> str:
    """The answer in a few lines, then the formula where it is asked for, then the findings."""
    text = answer(result, page) if result.ok else ""
    if not result.diagnostics:
        return text
    from shapecalc.render.findings.with_count import all_findings

    return "\n".join(part for part in (text, all_findings(result.diagnostics, page)) if part)


def answer(result: LayerResult, page: Page) -> str:
    """Type, input, output, parameters, MACs, conditions; then the formula with its numbers."""
    rows = [
        ("input", shapes_text(result.in_shapes)),
        ("output", shapes_text(result.out_shapes)),
        ("params", exact(result.params)),
        ("MACs", macs_text(result)),
    ]
    lines = [heading(result), *(f"  {name.ljust(6)} = {value}" for name, value in rows if value)]
    lines += [f"  needs  {condition}" for condition in result.conditions]
    if page.view.explain and (steps := result.explain()):
        lines += ["", *steps]
    return "\n".join(lines) + "\n"


def macs_text(result: LayerResult) -> str:
    """For one sample where the batch is a symbol; empty for a layer without MACs."""
    macs = substitute(result.macs, ONE_SAMPLE)
    per_sample = isinstance(result.macs, Sym) and "N" in result.macs.symbols()
    return "" if macs == 0 else exact(macs) + (" (of one sample)" if per_sample else "")


def heading(result: LayerResult) -> str:
    return type_text(result.layer.type, result.layer.arguments()) if result.layer is not None else ""


def shapes_text(shapes: Sequence[Shape | None]) -> str:
    return ", ".join(map(format_shape, shapes))


def json(result: LayerResult, page: Page) -> str:
    """The fields of a plan's layer, and the findings."""
    from shapecalc.render.json_text import dumps
    from shapecalc.text.json_head import json_object

    layer = result.layer
    body: dict[str, object] = {
        "type": layer.type if layer is not None else None,
        "args": plain(layer.arguments()) if layer is not None else {},
        "in_shapes": plain(result.in_shapes),
        "out_shapes": plain(result.out_shapes),
        "params": plain(result.params),
        "macs": plain(result.macs),
        "conditions": list(result.conditions),
    }
    if page.view.explain:
        body["explain"] = result.explain()
    return dumps(json_object(None, result.diagnostics, body))
