"""Arguments that are layers themselves: the layer that a stack repeats, its norm, the activation inside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import BAD, Fail, Param, kind_of, show
from shapecalc.layers.registry import lookup


class LayerArg(Param[Any]):
    """A layer as an argument: `nn.LayerNorm(512)`, `{layernorm: 512}`, the long form, a bare type or a built layer.

    `only` names the one type that fits.
    """

    kind = "layer"

    def __init__(self, default: Any = None, *, only: str | None = None, **common: Any) -> None:
        super().__init__(default, **common)
        self.only = only

    def convert(self, value: object, fail: Fail) -> Any:
        layer = value if isinstance(value, Layer) else self.built(value, fail)
        if layer is BAD or self.only in (None, layer.type):
            return layer
        fail(f"{self.name} must be {self.describe()}, not `{layer.type}`", help=f"write a `{self.only}`")
        return BAD

    def built(self, value: object, fail: Fail) -> Any:
        name, positional, keywords = call_parts(value)
        cls = lookup(name) if name is not None else None
        if cls is None:
            what = f"the unknown type `{show(name)}`" if name else f"{kind_of(value)} `{show(value)}`"
            fail(f"{self.name} must be {self.describe()}, not {what}", help=f"write {self.example()}")
            return BAD
        inner = Context()
        layer = build(cls, keywords, inner, positional)
        for problem in inner.problems:
            fail(f"{problem.message} (in {self.name})", help=problem.help)
        return BAD if inner.failed else layer

    def example(self) -> str:
        if self.only is None:
            return "`nn.LayerNorm(512)`"
        return f"`nn.{self.only}(512, 8)`"

    def describe(self) -> str:
        return f"a {self.only}" if self.only else "a layer"

    def schema(self) -> dict[str, Any]:
        return {"type": ["object", "string", "null"]}


def call_parts(value: object) -> tuple[str | None, Sequence[object], Mapping[str, object]]:
    """(type, positional arguments, named arguments) of a layer as it is written; type None if it is none."""
    if isinstance(value, str):
        return code_parts(value) if "(" in value else (value, (), {})
    if isinstance(value, Mapping):
        return mapping_parts(value)
    return module_parts(value) if callable(value) and hasattr(value, "named_parameters") else (None, (), {})


#: Where a module keeps arguments of its constructor under other names.
KEPT = {
    "d_model": "self_attn.embed_dim",
    "nhead": "self_attn.num_heads",
    "dim_feedforward": "linear1.out_features",
    "dropout": "dropout.p",
    "layer_norm_eps": "norm1.eps",
    "batch_first": "self_attn.batch_first",
    "bias": "linear1.bias",
}


def module_parts(module: object) -> tuple[str | None, Sequence[object], Mapping[str, object]]:
    """A live PyTorch module, from the Python API: its arguments, read off its attributes."""
    name = type(module).__name__
    cls = lookup(name)
    if cls is None:
        return None, (), {}
    found: dict[str, object] = {}
    for p in cls.params_:
        place = KEPT[p.name] if p.name in KEPT and hasattr(module, "self_attn") else p.name
        value = attribute(module, place)
        if value is MISSING or p.kind == "ignored":
            continue
        if p.kind == "boolean" and not isinstance(value, bool):
            value = value is not None
        found[p.name] = value
    if name in ("TransformerEncoder", "TransformerDecoder"):
        found[cls.params_[0].name] = attribute(module, "layers.0")
    return name, (), found


MISSING = object()


def attribute(module: Any, path: str) -> Any:
    """`self_attn.embed_dim` of a module; MISSING without one."""
    for name in path.split("."):
        module = getattr(module, name, MISSING)
    return module


def mapping_parts(value: Mapping[Any, object]) -> tuple[str | None, Sequence[object], Mapping[str, object]]:
    """The long form `{type: LayerNorm, ...}`, positional arguments under `args`, or `{layernorm: ...}`."""
    if "type" in value:
        positional = value.get("args", ())
        name = value["type"] if isinstance(value["type"], str) else None
        rest = {k: v for k, v in value.items() if k not in ("type", "args")}
        return name, positional if isinstance(positional, (list, tuple)) else (), rest
    if len(value) != 1:
        return None, (), {}
    (name, inner), *_ = value.items()
    if isinstance(inner, Mapping):
        return name, (), inner
    cls = lookup(name) if isinstance(name, str) else None
    if inner is None or cls is None or cls.main is None:
        return name, (), {}
    return name, (), {cls.main: inner}


#: Longer code is no layer.
MAX_CODE = 2000


def code_parts(text: str) -> tuple[str | None, Sequence[object], Mapping[str, object]]:
    """The parts of `nn.LayerNorm(512, eps=1e-6)`: literal arguments and calls within them; nothing is run."""
    import ast

    if len(text) > MAX_CODE:
        return None, (), {}
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None, (), {}
    if not isinstance(node, ast.Call):
        return None, (), {}
    named = {k.arg: ast_value(k.value) for k in node.keywords if k.arg is not None}
    return ast.unparse(node.func), [ast_value(a) for a in node.args], named


def ast_value(node: Any) -> object:
    """A literal as its value; anything else as its own text, which the argument judges."""
    import ast

    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


class Activation(Param[Any]):
    """`relu` or `gelu`, another function by its dotted name (`F.silu`), or a layer (`nn.PReLU()`)."""

    kind = "activation"

    def convert(self, value: object, fail: Fail) -> Any:
        if isinstance(value, str) and "(" not in value:
            return self.named(value, fail)
        function = getattr(value, "__name__", None)
        if callable(value) and isinstance(function, str):
            return self.named(f"F.{function}", fail)
        name, positional, keywords = call_parts(value)
        cls = lookup(name) if name is not None else None
        if isinstance(value, Layer) or cls is None:
            return value if isinstance(value, Layer) else self.refused(value, fail)
        inner = Context()
        layer = build(cls, keywords, inner, positional)
        for problem in inner.problems:
            fail(f"{problem.message} (in {self.name})", help=problem.help)
        return BAD if inner.failed else layer

    def named(self, value: str, fail: Fail) -> Any:
        if value in ("relu", "gelu"):
            return value
        if value in ("F.relu", "F.gelu"):
            return value[2:]
        known = lookup(value)
        if "." in value and known is not None:
            return value
        bare = value.lower()
        if bare in ("relu", "gelu"):
            fail(f"{self.name} must be {self.describe()}, not the text `{value}`", help=f"write `{bare}`")
            return BAD
        hint = f"write `F.{bare}`" if known is not None else None
        return self.refused(value, fail, hint)

    def refused(self, value: object, fail: Fail, hint: str | None = None) -> Any:
        fail(f"{self.name} must be {self.describe()}, not {kind_of(value)} `{show(value)}`", help=hint)
        return BAD

    def describe(self) -> str:
        return "`relu`, `gelu`, a function such as `F.silu` or a layer such as `nn.PReLU()`"

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "object"]}
