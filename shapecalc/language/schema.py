"""The JSON Schema (draft-07) of the spec language, derived from the layer definitions.

It takes canonical spellings: types as torch.nn has them (`Conv2d`), in lower case (`conv2d`) or as functions
(`conv_transpose2d`). What depends on shapes or on the values of variables, `shapecalc lint` says.

A schema cannot look up which names stand under a file's own `blocks:`. So a file without blocks may use types alone;
one with blocks (or `include`) may use any name but such as differ from a type by one letter, or are another
framework's. The schema made for one file (`schema(blocks)`) knows the names and arguments of its blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shapecalc.language.reader import BUDGET_KEYS, KEYS
from shapecalc.language.words import COMPOSITES, FOREIGN
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import Param, show
from shapecalc.layers.registry import catalogue
from shapecalc.text.english import TRUTH_WORDS

Schema = dict[str, Any]
Blocks = Mapping[str, Mapping[str, bool]]  # name -> argument -> must it be given?

#: A text that can be an expression: its characters, and no number with letters behind it (`3x3`) but `1e-5`.
EXPRESSION: Final[Schema] = {
    "type": "string",
    "pattern": r"^(?!.*(?:^|[^\w.])\d+(?![eE][+-]?\d)[A-Za-z_])(?:[\w\s.,+*/%<>=()\[\]'\"-]|!=|:(?=[^\[]*\]))+$",
    "description": "an expression over the variables in scope",
}
#: The same with something to work out in it: for arguments that have words of their own.
COMPUTED: Final[Schema] = {"type": "string", "pattern": r"[\[( ]"}
DIM: Final[Schema] = {"anyOf": [{"type": "integer", "minimum": 0}, {"$ref": "#/definitions/expression"}]}
SHAPE: Final[Schema] = {"type": "array", "items": DIM, "maxItems": 64}
NAME: Final[Schema] = {"type": ["string", "integer", "number"]}
NAMES: Final[Schema] = {"anyOf": [NAME, {"type": "array", "items": NAME, "minItems": 1}]}
VALUE: Final[Schema] = {"type": ["string", "number", "boolean", "null", "array"]}
NUMBER_WITH_UNIT: Final = r"^\s*\d[\d_,]*(\.\d+)?([eE][+]?\d{1,2})?\s*[A-Za-z]{0,12}(\s+[A-Za-z]{1,10})?\s*$"
AMOUNT: Final[Schema] = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": NUMBER_WITH_UNIT}]}
CONDITION: Final[Schema] = {"anyOf": [{"type": "boolean"}, {"$ref": "#/definitions/expression"}]}
#: What every row may say besides its arguments.
CONTROLS: Final[dict[str, Schema]] = {
    "name": {"type": ["string", "number"], "description": "the layer's name; without it the type and a count"},
    "from": {**NAMES, "description": "what the layer reads: names, or -1 for the layer before"},
    "repeat": {**DIM, "description": "how many times in a row; i counts"},
    "expect": {**SHAPE, "description": "the shape that this layer must give; _ for any size"},
    "when": {**CONDITION, "description": "the layer is there only where this holds"},
    "trainable": {**CONDITION, "description": "false: its parameters are frozen"},
    "share": {"type": "string", "description": "the layer whose weights this one uses"},
}
CONTROL_REFS: Final = {name: {"$ref": f"#/definitions/controls/properties/{name}"} for name in CONTROLS}
CODE: Final[Schema] = {
    "type": "string",
    "pattern": r"^\s*(#[^\n]*\n\s*)*((self\.)?[A-Za-z_]\w*\s*=\s*)?[A-Za-z_][\w.]*\(",
    "description": "a layer as PyTorch code has it",
}
BOOLEAN_WORDS: Final = [form for word in TRUTH_WORDS for form in (word, word.capitalize())]
SHORTEST_GUARDED: Final = 5  # names of this length on; nearly `sum` may well be somebody's block
GUARDED_TOO: Final = ("relu", "gelu", "silu", "lstm")


def schema(blocks: Blocks | None = None) -> Schema:
    """The schema of a spec; with `blocks` that of one file, whose blocks are known by name."""
    types = catalogue()
    definitions: dict[str, Schema] = {
        "expression": EXPRESSION,
        "computed": COMPUTED,
        "controls": {"properties": CONTROLS},
        "type": {"enum": [name for cls in types for name in spellings(cls)]},
        "bare": {"enum": [name for cls in types if not required(cls) for name in spellings(cls)]},
        "code": CODE,
        "block": block_schema(),
        **{cls.type: type_schema(cls) for cls in types},
        **layer_schemas("types", types, {}),
    }
    if blocks is None:
        definitions["block_name"] = block_name(types)
        definitions |= layer_schemas("open", types, None)
        choice = {
            "if": {"anyOf": [{"required": ["blocks"]}, {"required": ["include"]}]},
            "then": {"properties": {"layers": {"$ref": "#/definitions/open_layers"}}},
            "else": {"properties": {"layers": {"$ref": "#/definitions/types_layers"}}},
        }
    else:
        definitions |= layer_schemas("open", types, blocks)
        choice = {}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "shapecalc spec",
        "description": "One neural network: its input's shape and its layers.",
        "type": "object",
        "anyOf": [{"required": ["layers"]}, {"required": ["blocks"]}],
        "properties": top_level(),
        "additionalProperties": False,
        **choice,
        "definitions": definitions,
    }


# The file. -----------------------------------------------------------------------------------------------------------


def top_level() -> dict[str, Schema]:
    """The keys of a file, in the language's order."""
    sizes = {"anyOf": [SHAPE, {"type": ["integer", "string"]}], "description": "the shape of one sample: C, H, W"}
    known: dict[str, Schema] = {
        "name": {"type": ["string", "number"], "description": "what the network is called"},
        "description": {"type": "string"},
        "input": sizes,
        "inputs": {"type": "object", "additionalProperties": sizes, "description": "several inputs by name"},
        "batch": {"type": ["integer", "string", "null"], "description": "the batch; null: given shapes are whole"},
        "vars": {"type": "object", "additionalProperties": VALUE, "description": "variables for expressions"},
        "variants": {
            "type": "object",
            "additionalProperties": {"type": ["object", "null"], "additionalProperties": VALUE},
            "description": "sets of variables by name, for --variant",
        },
        "blocks": {"type": "object", "additionalProperties": {"$ref": "#/definitions/block"}},
        "include": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
            "description": "files beside this one whose blocks are used",
        },
        "layers": {"description": "the rows of the network", "$ref": "#/definitions/open_layers"},
        "outputs": {**NAMES, "description": "the network's outputs; without it the last layer"},
        "budget": {
            "type": "object",
            "properties": dict.fromkeys(BUDGET_KEYS, AMOUNT),
            "additionalProperties": False,
            "description": "totals that must not be exceeded, such as 5M, 1.5 GMACs or 1MiB",
        },
        "loss": {"type": "string"},
    }
    return {key: known.get(key, {}) for key in KEYS}


def block_schema() -> Schema:
    layers = {"$ref": "#/definitions/open_layers"}
    names = {"type": "array", "items": {"type": "string"}}
    whole = {
        "type": "object",
        "required": ["layers"],
        "properties": {
            "args": {
                "anyOf": [{"type": "object", "additionalProperties": VALUE}, names, {"type": "null"}],
                "description": "arguments and their defaults; `required` for those that must be given",
            },
            "layers": layers,
            "description": {"type": "string"},
        },
        "additionalProperties": False,
    }
    return {"anyOf": [whole, layers], "description": "layers under a name, used like a type"}


# Rows. ---------------------------------------------------------------------------------------------------------------


def layer_schemas(kind: str, types: Sequence[type[Layer]], blocks: Blocks | None) -> dict[str, Schema]:
    """The definitions of lists of layers: of types alone, or of types and blocks. None: whatever they are called."""
    rows = {"$ref": f"#/definitions/{kind}_layers"}
    properties: dict[str, Schema] = {cls.type.lower(): {"$ref": f"#/definitions/{cls.type}"} for cls in types}
    properties |= {name: {"$ref": f"#/definitions/{kind}_{name}"} for name in COMPOSITES}
    patterns = {
        "^(" + "|".join(others) + ")$": {"$ref": f"#/definitions/{cls.type}"}
        for cls in types
        if (others := [name for name in spellings(cls) if name != cls.type.lower()])
    }
    one_key: Schema = {"type": "object", "minProperties": 1, "maxProperties": 1, "not": {"required": ["type"]}}
    one_key |= {"properties": properties, "patternProperties": patterns, "additionalProperties": False}
    text: list[Schema] = [{"$ref": "#/definitions/bare"}, {"$ref": "#/definitions/code"}]
    if blocks is None:
        one_key["additionalProperties"] = block_use({})
        one_key["propertyNames"] = {"anyOf": [{"enum": [*properties]}, {"$ref": "#/definitions/block_name"}]}
        if patterns:
            one_key["propertyNames"]["anyOf"].append({"$ref": "#/definitions/type"})
        text.append({"$ref": "#/definitions/block_name"})
    else:
        properties |= {name: block_use(args, closed=True) for name, args in blocks.items()}
        if free := [name for name, args in blocks.items() if not any(args.values())]:
            text.append({"enum": free})
    composites = {f"{kind}_{name}": schema for name, schema in composite_schemas(kind, types).items()}
    return {
        f"{kind}_layers": {"type": "array", "items": {"$ref": f"#/definitions/{kind}_layer"}},
        f"{kind}_layer": {"anyOf": [*text, {"$ref": f"#/definitions/{kind}_row"}, long_form(types, blocks)]},
        f"{kind}_row": one_key,
        f"{kind}_rows": {
            "anyOf": [rows, {"type": "null"}, optional_rows(kind), {"$ref": f"#/definitions/{kind}_row"}, *text]
        },
        **composites,
    }


def long_form(types: Sequence[type[Layer]], blocks: Blocks | None) -> Schema:
    """`{type: Conv2d, ...}`: the arguments of the type that is named, and controls."""
    names: list[Schema] = [{"$ref": "#/definitions/type"}, {"enum": list(COMPOSITES)}]
    if blocks is None:
        names.append({"$ref": "#/definitions/block_name"})
    elif blocks:
        names.append({"enum": list(blocks)})
    return {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"anyOf": names}, **CONTROL_REFS},
        "allOf": [
            {
                "if": {"properties": {"type": {"enum": spellings(cls)}}},
                "then": {"$ref": f"#/definitions/{cls.type}/definitions/arguments"},
            }
            for cls in types
        ],
    }


def block_use(args: Mapping[str, bool], closed: bool = False) -> Schema:
    """The value after a block's name: nothing, its first argument, or arguments by name."""
    mapping: Schema = {"type": "object", "properties": {**dict.fromkeys(args, VALUE), **CONTROL_REFS}}
    if closed:
        mapping |= {"additionalProperties": False, "required": [name for name, needed in args.items() if needed]}
    alone: list[Schema] = [VALUE] if args or not closed else [{"type": "null"}]
    return {"anyOf": [mapping, *alone], "description": "a block of this file"}


def optional_rows(kind: str) -> Schema:
    """`{when: ..., layers: [...]}`."""
    properties = {"when": CONTROL_REFS["when"], "layers": {"$ref": f"#/definitions/{kind}_layers"}}
    return {"type": "object", "required": ["layers"], "properties": properties, "additionalProperties": False}


def composite_schemas(kind: str, types: Sequence[type[Layer]]) -> dict[str, Schema]:
    layers, rows = {"$ref": f"#/definitions/{kind}_layers"}, {"$ref": f"#/definitions/{kind}_rows"}
    several = [name for cls in types if cls.arity[1] != 1 and cls.function for name in spellings(cls)]
    merging = {
        "merge": {"enum": several, "description": "the function that brings the branches together"},
        "dim": {"type": ["integer", "string"], "description": "the axis of a cat or stack"},
    }
    branches = {"anyOf": [{"type": "array", "items": rows}, {"type": "object", "additionalProperties": rows}]}
    return {
        "residual": composite("body", layers, {"shortcut": rows, **merging}, "the body's output and its input, added"),
        "parallel": composite("branches", branches, merging, "several branches from one input, concatenated"),
        "sequential": composite("layers", layers, {}, "layers under one name"),
    }


def composite(main: str, value: Schema, others: Mapping[str, Schema], help: str) -> Schema:
    mapping = {
        "type": "object",
        "required": [main],
        "properties": {main: value, **others, **CONTROL_REFS, "type": {"type": "string"}},
        "additionalProperties": False,
    }
    return {"description": help, "anyOf": [mapping, {"type": "array", **value} if "$ref" not in value else value]}


# Types. --------------------------------------------------------------------------------------------------------------


def spellings(cls: type[Layer]) -> list[str]:
    """The canonical names of a type: in lower case, as in torch.nn, and as a function where that differs."""
    return list(dict.fromkeys((cls.type.lower(), cls.type, snake(cls.type))))


def snake(name: str) -> str:
    """`ConvTranspose2d` -> `conv_transpose2d`, `LeakyReLU` -> `leaky_relu`."""
    for word in ("ReLU", "SiLU", "GELU", "ELU", "GLU", "LP"):
        name = name.replace(word, word.capitalize())
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def required(cls: type[Layer]) -> list[Param[Any]]:
    return [param for param in cls.params_ if param.required]


def type_schema(cls: type[Layer]) -> Schema:
    """The value after a type: nothing, the main argument alone, or arguments by name."""
    needed = required(cls)
    arguments: Schema = {"properties": arguments_of(cls) | CONTROL_REFS | {"type": {}}}
    if not cls.takes_anything:
        arguments["additionalProperties"] = False
    if needed:
        arguments["allOf"] = [{"anyOf": [{"required": [word]} for word in (p.name, *p.short)]} for p in needed]
    named = {"$ref": f"#/definitions/{cls.type}/definitions/arguments"}
    forms: list[Schema] = [{"type": "object", "not": {"required": ["type"]}, "allOf": [named]}]
    main = cls.by_name.get(cls.main) if cls.main is not None else None
    if main is not None and all(param is main for param in needed):
        forms.append(argument_schema(main))
    if not needed:
        forms.append({"type": "null"} if not cls.takes_anything else {})
    return {"description": first_line(cls), "anyOf": forms, "definitions": {"arguments": arguments}}


def first_line(cls: type[Layer]) -> str:
    return (cls.__doc__ or cls.type).strip().split("\n")[0]


def arguments_of(cls: type[Layer]) -> dict[str, Schema]:
    """Every argument under its name and its short names."""
    found: dict[str, Schema] = {}
    for param in cls.params_:
        found[param.name] = argument_schema(param)
        same = {"$ref": f"#/definitions/{cls.type}/definitions/arguments/properties/{param.name}"}
        found |= dict.fromkeys(param.short, same)
    return found


def argument_schema(param: Param[Any]) -> Schema:
    """What may be written for an argument, or an expression; lists may hold expressions too."""
    own = param.schema()
    described = {"description": described_as(param)}
    if not own:
        return described
    forms = [form if "enum" in own else loosened(form) for form in own.get("anyOf", [own])]
    forms.append({"$ref": f"#/definitions/{'computed' if param.kind == 'choice' else 'expression'}"})
    if param.default is None and not accepts_null(own):
        forms.append({"type": "null"})
    if param.kind == "boolean":
        forms.append({"enum": BOOLEAN_WORDS})
    return {**described, "anyOf": forms}


def described_as(param: Param[Any]) -> str:
    parts = [param.help, param.describe()]
    if not param.required and not param.fills:
        parts.append(f"default {show(param.default)}")
    return "; ".join(part for part in parts if part)


def accepts_null(own: Schema) -> bool:
    return "null" in own.get("type", ()) or any(form.get("type") == "null" for form in own.get("anyOf", ()))


def loosened(own: Schema) -> Schema:
    """The schema with expressions allowed inside lists."""
    if "items" not in own:
        return own
    items = own["items"]
    return {**own, "items": {"anyOf": [*items.get("anyOf", [items]), {"$ref": "#/definitions/expression"}]}}


# Names that are no types. --------------------------------------------------------------------------------------------


def block_name(types: Iterable[type[Layer]]) -> Schema:
    """A name that a block may have: no type's, nor one letter away from one, nor another framework's class."""
    words = [*(name for cls in types for name in (cls.type, snake(cls.type))), *COMPOSITES]
    guarded = [letters(word) for word in words if len(word) >= SHORTEST_GUARDED or word.lower() in GUARDED_TOO]
    near = "|".join(dict.fromkeys(one_edit(word) for word in guarded))
    foreign = "|".join(capitalized(word) for word in FOREIGN if len(word) >= 4)
    return {
        "type": "string",
        "pattern": r"^[^().]+$",
        "not": {"anyOf": [{"pattern": f"^(?:{near})$"}, {"pattern": f"^(?:{foreign})$"}, {"const": "type"}]},
        "description": "a block of this file",
    }


def letters(word: str) -> list[str]:
    """A word as patterns of its characters: capitals in both cases, the number of axes as any."""
    dims = re.sub(r"[123]d$", "#", word)
    return [f"[{c.lower()}{c}]" if c.isupper() else "[123]d" if c == "#" else c for c in dims]


def one_edit(word: Sequence[str]) -> str:
    """A pattern for a word with at most one letter added, left out or changed."""
    if not word:
        return ".?"
    rest = "".join(word[1:])
    return f"(?:.?{word[0]}?{rest}|{word[0]}{one_edit(word[1:])})"


def capitalized(word: str) -> str:
    """A pattern for a word in another framework's spelling: `Dense`, `GlobalAveragePooling2D`."""
    return word[0].upper() + "".join(f"[{c}{c.upper()}]" if c.isalpha() else c for c in word[1:])
