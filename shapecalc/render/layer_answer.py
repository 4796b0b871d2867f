"""The answer for one layer, as text and as the object for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.dims import Sym, substitute
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.network.plain_data import plain
from shapecalc.render.text import exact, type_text
from shapecalc.version import __version__

if TYPE_CHECKING:
    from shapecalc.api.plan import LayerResult

ONE_SAMPLE = {"N": 1}


def render(result: LayerResult, explain: bool) -> str:
    """Type, input, output, parameters, MACs, conditions; then the formula with the numbers put in."""
    lines = [heading(result)]
    rows = [("input", shapes_text(result.in_shapes)), ("output", shapes_text(result.out_shapes))]
    rows.append(("params", exact(result.params)))
    macs = substitute(result.macs, ONE_SAMPLE)
    if macs != 0:
        sample = " (of one sample)" if isinstance(result.macs, Sym) and "N" in result.macs.symbols() else ""
        rows.append(("MACs", exact(macs) + sample))
    lines += [f"  {name.ljust(6)} = {value}" for name, value in rows if value]
    lines += [f"  needs  {condition}" for condition in result.conditions]
    if explain and (steps := result.explain()):
        lines += ["", *steps]
    return "\n".join(lines) + "\n"


def heading(result: LayerResult) -> str:
    return type_text(result.layer.type, result.layer.arguments()) if result.layer is not None else ""


def shapes_text(shapes: Sequence[Shape | None]) -> str:
    return ", ".join(format_shape(s) for s in shapes)


def document(result: LayerResult, explain: bool) -> dict[str, Any]:
    """The JSON object: the fields of a plan's layer, and the findings."""
    out: dict[str, Any] = {
        "version": 1,
        "tool": {"name": "shapecalc", "version": __version__},
        "ok": result.ok,
        "type": result.layer.type if result.layer is not None else None,
        "args": {k: plain(v) for k, v in (result.layer.arguments() if result.layer is not None else {}).items()},
        "in_shapes": [plain(s) for s in result.in_shapes],
        "out_shapes": [plain(s) for s in result.out_shapes],
        "params": plain(result.params),
        "macs": plain(result.macs),
        "conditions": list(result.conditions),
        "diagnostics": [d.to_dict() for d in result.diagnostics],
    }
    return out | {"explain": result.explain()} if explain else out
