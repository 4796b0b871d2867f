"""A plan as plain data: the JSON object that programs rely on."""

from __future__ import annotations

from typing import Any, Final

from shapecalc.algebra.dims import Sym, UnknownDim
from shapecalc.algebra.shape import Shape
from shapecalc.layers.layer import Layer
from shapecalc.network.plan import Plan, Row
from shapecalc.text.json_head import json_object

AS_THEY_ARE: Final = frozenset((int, str, bool, type(None)))


def document(plan: Plan) -> dict[str, Any]:
    """The object of `plan --format json`. Symbolic sizes and what is computed from them are strings."""
    return json_object(spec_value(plan), plan.diagnostics, {**ends(plan), "layers": rows(plan), "totals": totals(plan)})


def without_layers(plan: Plan) -> dict[str, Any]:
    """The object of one file in `lint --format json`."""
    return json_object(spec_value(plan), plan.diagnostics, {**ends(plan), "totals": totals(plan)})


def spec_value(plan: Plan) -> dict[str, Any]:
    """Which file was planned, and as what."""
    network = plan.network
    return {
        "path": network.source.path,
        "name": network.name,
        "dialect": network.dialect.name,
        "variant": network.variant,
        **network.facts(),
    }


def ends(plan: Plan) -> dict[str, Any]:
    return {
        "inputs": {name: shape_value(shape) for name, shape in plan.inputs.items()},
        "outputs": {name: shape_value(shape) for name, shape in plan.outputs.items()},
    }


def totals(plan: Plan) -> dict[str, Any]:
    return {key: plain(value) for key, value in plan.totals.items()}


def rows(plan: Plan) -> list[dict[str, Any]]:
    """One object for each row. What the layers of a network have in common is worked out once."""
    arguments: dict[int, dict[str, Any]] = {}
    found = []
    for row in plan.layers:
        args = arguments.get(id(row.layer)) if row.layer is not None else row.args
        if args is None:
            args = arguments[id(row.layer)] = row.args
        found.append(row_value(plan, row, args))
    return found


def row_value(plan: Plan, row: Row, args: dict[str, Any]) -> dict[str, Any]:
    span = row.step.span()
    line, column = span.source.location(span.start)
    return {
        "index": row.index,
        "kind": row.kind,
        "depth": row.depth,
        "name": row.name,
        "type": row.type,
        "line": line,
        "column": column,
        "from": plan.from_names(row),
        "in_shapes": [shape_value(s) for s in row.in_shapes],
        "out_shapes": [shape_value(s) for s in row.out_shapes],
        "args": {key: plain(value) for key, value in args.items()},
        "params": plain(row.params),
        "trainable_params": plain(row.trainable_params),
        "buffers": plain(row.buffers),
        "macs": plain(row.macs),
        "activation_bytes": plain(row.activation_bytes),
        "receptive_field": plain(row.receptive_field),
        "jump": plain(row.jump),
        "conditions": list(map(str, row.conditions)),
        **plan.network.row_facts(row),
    }


def shape_value(shape: Shape | None) -> list[Any] | None:
    return None if shape is None else [plain(d) for d in shape]


def plain(value: Any) -> Any:
    """JSON's own types; symbols as texts, what is not known as null."""
    if value.__class__ in AS_THEY_ARE:
        return value
    if isinstance(value, UnknownDim):
        return None
    if isinstance(value, Sym):
        return str(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Layer):
        return {"type": value.type, **plain(value.arguments())}
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)
