"""The JSON Schema (draft-07) of the spec language, derived from the layer definitions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from shapecalc.layers.base import Layer, catalogue
from shapecalc.params import Param

Schema = dict[str, Any]

EXPRESSION: Final[Schema] = {"type": "string", "description": "an expression, or one of the argument's own words"}
SHAPE: Final[Schema] = {"type": "array", "items": {"type": ["integer", "string"]}}
COUNT: Final[Schema] = {"type": ["integer", "string"]}
NAMES: Final[Schema] = {
    "anyOf": [{"type": ["string", "integer"]}, {"type": "array", "items": {"type": ["string", "integer"]}}]
}
CONTROLS: Final[dict[str, Schema]] = {
    "name": {"type": "string", "description": "the layer's name; without it the type and a count"},
    "from": {**NAMES, "description": "what the layer reads: names, or -1 for the layer before"},
    "repeat": {**COUNT, "description": "how many times in a row; i counts"},
    "expect": {**SHAPE, "description": "the shape that this layer must give"},
    "when": {"type": ["string", "boolean"], "description": "the layer is there only where this holds"},
    "trainable": {"type": ["boolean", "string"], "description": "false: parameters are frozen"},
    "share": {"type": "string", "description": "the layer whose weights this one uses"},
}
LAYERS: Final[Schema] = {"type": "array", "items": {"$ref": "#/definitions/layer"}}


def schema() -> Schema:
    """The schema of a whole spec. It accepts every good spec; what depends on shapes, `shapecalc lint` says."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "shapecalc spec",
        "description": "One neural network: input shape and layers.",
        "type": "object",
        "required": ["layers"],
        "properties": top_level(),
        "additionalProperties": False,
        "definitions": {"layer": layer_schema(catalogue()), "block": block_schema()},
    }


def top_level() -> dict[str, Schema]:
    scope = {"type": "object"}
    return {
        "name": {"type": "string"},
        "input": {"anyOf": [SHAPE, COUNT], "description": "one sample: C, H, W"},
        "inputs": {"type": "object", "additionalProperties": SHAPE, "description": "several inputs by name"},
        "outputs": {**NAMES, "description": "the network's outputs; without it the last layer"},
        "batch": {"type": ["integer", "string", "null"], "description": "the batch; null: given shapes are whole"},
        "vars": {**scope, "description": "variables for expressions"},
        "variants": {"type": "object", "additionalProperties": {"type": ["object", "null"]}},
        "blocks": {"type": "object", "additionalProperties": {"$ref": "#/definitions/block"}},
        "layers": LAYERS,
        "include": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "budget": {"type": "object", "additionalProperties": {"type": ["number", "string"]}},
        "loss": {"type": "string"},
    }


def block_schema() -> Schema:
    return {
        "type": "object",
        "required": ["layers"],
        "properties": {"args": {"type": "object"}, "layers": LAYERS},
        "additionalProperties": False,
    }


def layer_schema(types: Iterable[type[Layer]]) -> Schema:
    """A bare type or code, a mapping with one type as its key, or the long form."""
    properties: dict[str, Schema] = {name: values for cls in types for name, values in named(cls)}
    properties["residual"] = composite("body", "shortcut", "merge", "dim")
    properties["parallel"] = composite("branches", "merge", "dim")
    properties["sequential"] = composite("layers")
    one_key = {"type": "object", "minProperties": 1, "maxProperties": 1, "properties": properties}
    long_form = {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}, **CONTROLS}}
    return {"anyOf": [{"type": "string"}, {**one_key, "not": {"required": ["type"]}}, long_form]}


def named(cls: type[Layer]) -> list[tuple[str, Schema]]:
    """The type under its usual spellings: as torch.nn has it, and in lower case."""
    values = type_schema(cls)
    return [(name, values) for name in dict.fromkeys((cls.type.lower(), cls.type))]


def type_schema(cls: type[Layer]) -> Schema:
    """The value after a type: nothing, the main argument alone, or arguments by name."""
    properties = dict(CONTROLS)
    for param in cls.params_:
        for word in (param.name, *param.short):
            properties[word] = argument_schema(param)
    mapping = {"type": "object", "properties": properties, "additionalProperties": False}
    forms: list[Schema] = [{"type": "null"}, mapping]
    main = cls.by_name.get(cls.main) if cls.main is not None else None
    if main is not None:
        forms.append(argument_schema(main))
    return {"description": first_line(cls), "anyOf": forms}


def first_line(cls: type[Layer]) -> str:
    return (cls.__doc__ or cls.type).strip().split("\n")[0]


def argument_schema(param: Param[Any]) -> Schema:
    """What may be written for an argument, or an expression; lists may hold expressions too."""
    own = param.schema()
    described = {"description": param.help} if param.help else {}
    if not own:
        return described
    return {**described, "anyOf": [loosened(own), EXPRESSION, {"type": "null"}]}


def loosened(own: Schema) -> Schema:
    """The schema with expressions allowed inside lists."""
    out = dict(own)
    if "anyOf" in out:
        out["anyOf"] = [loosened(form) for form in out["anyOf"]]
    if "items" in out:
        out["items"] = {"anyOf": [out["items"], EXPRESSION]}
    return out


def composite(*keys: str) -> Schema:
    return {
        "anyOf": [
            {"type": "array"},
            {"type": "object", "properties": {**{key: {} for key in keys}, **CONTROLS}, "additionalProperties": False},
        ]
    }
