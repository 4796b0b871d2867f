"""Argument values of one layer: from YAML nodes or pasted code to plain values, expressions worked out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.dims import UNK
from shapecalc.algebra.expressions import ExprError, NotKnown, Tree
from shapecalc.layers.build import build
from shapecalc.layers.context import Context, Problem
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import BAD, Param
from shapecalc.layers.registry import lookup
from shapecalc.network.network import Word
from shapecalc.text.english import truth_of
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree import Node, Scalar, plain
from shapecalc.yamltree import Sequence as SequenceNode

Bounds = tuple[int, int]
Built = tuple[Layer | None, Sequence[Problem]]

LITERAL_KINDS = ("text", "choice", "ignored")
#: Arguments that may be layers: `nn.LayerNorm(512)`, `{layernorm: 512}`, a bare type.
LAYER_KINDS = ("layer", "activation")


def text_offset(node: Scalar) -> int | None:
    """Where the characters of a text start in the file; None where escapes or folding make them differ."""
    if node.source.text.startswith(node.raw, node.start):
        return node.start
    if node.source.text.startswith(node.raw, node.start + 1):
        return node.start + 1
    return None


def shifted(error: ExprError, node: Node) -> ExprError:
    """The error with offsets in the file instead of in the expression."""
    offset = text_offset(node) if isinstance(node, Scalar) else None
    if offset is None:
        return type(error)(error.message, node.start, node.end, error.help)
    return type(error)(error.message, offset + error.start, offset + error.end, error.help)


def names_in(tree: Tree) -> Iterable[str]:
    """Variables that a tree reads."""
    if tree.op == "name":
        yield tree.args[0]
    for arg in tree.args:
        if isinstance(arg, Tree):
            yield from names_in(arg)
        elif isinstance(arg, tuple):
            for item in arg:
                yield from names_in(item if isinstance(item, Tree) else item[1])


def literal(param: Param[Any] | None, text: str) -> bool:
    """Is this text meant as it stands, rather than as an expression?"""
    if param is None:
        return True
    if param.kind in LITERAL_KINDS:
        return param.kind != "choice" or text in getattr(param, "values", ())
    if param.kind == "boolean":
        return truth_of(text) is not None
    return text in ("same", "valid") and param.kind == "spatial"


def is_static(param: Param[Any] | None, node: Node) -> bool:
    """Does the value hang on no variable?"""
    if param is not None and param.kind in LAYER_KINDS:
        return False
    if isinstance(node, SequenceNode):
        return all(is_static(param, item) for item in node.items)
    if not isinstance(node, Scalar) or not isinstance(node.value, str) or literal(param, node.value):
        return True
    try:
        return not any(True for _ in names_in(expr.parse(node.value)))
    except ExprError:
        return True


def value_of(param: Param[Any] | None, node: Node, env: Mapping[str, Any]) -> Any:
    """The plain value of an argument; ExprError with offsets in the file."""
    if param is not None and param.kind in LAYER_KINDS:
        return layer_value(node, env)
    if isinstance(node, SequenceNode):
        return [value_of(param, item, env) for item in node.items]
    if not isinstance(node, Scalar):
        return plain(node)
    if not isinstance(node.value, str) or literal(param, node.value):
        return node.value
    return text_value(param, node, env)


def layer_value(node: Node, env: Mapping[str, Any]) -> Any:
    """A layer as an argument: `{"type": ..., its arguments}`, or the text of a bare type."""
    if isinstance(node, Scalar):
        return layer_code(node, env) if isinstance(node.value, str) and "(" in node.value else node.value
    if not isinstance(node, MappingNode) or len(node.pairs) == 0:
        return plain(node)
    kind = node.get("type")
    if kind is not None:
        name, pairs = plain(kind), [(key, value) for key, value in node.pairs if key.value != "type"]
    else:
        (key, inner), *more = node.pairs
        cls = lookup(str(key.value))
        if more or not isinstance(inner, MappingNode):
            main = cls.by_name.get(cls.main or "") if cls is not None else None
            given = {main.name: value_of(main, inner, env)} if main is not None and not is_null(inner) else {}
            return plain(node) if more else {"type": key.value, **given}
        name, pairs = key.value, inner.pairs
    cls = lookup(str(name))
    by_name = cls.by_name if cls is not None else {}
    return {"type": name} | {str(k.value): value_of(by_name.get(str(k.value)), v, env) for k, v in pairs}


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None


def layer_code(node: Scalar, env: Mapping[str, Any]) -> Any:
    """`nn.LayerNorm(width)` as an argument, its own arguments worked out."""
    text = str(node.value)
    try:
        return code_value(CodeValue(expr.parse(text, code=True), 0), None, env)
    except ExprError as error:
        raise shifted(error, node) from None


def text_value(param: Param[Any] | None, node: Scalar, env: Mapping[str, Any]) -> Any:
    """An expression's value; a word that no variable has goes to a parameter that knows words of its own."""
    text = str(node.value)
    try:
        tree = expr.parse(text)
        return expr.evaluate(tree, env)
    except ExprError as error:
        if param is not None and text not in env and knows_word(param, text):
            return Word(text, node.span, env) if param is ANY_VALUE else text
        if isinstance(error, NotKnown):
            raise shifted(error, node) from None
        if param is not None and param is not ANY_VALUE and not expr_like(text, env):
            error = ExprError(
                f"{param.name} must be {param.describe()}, not the text `{text[:60]}`", 0, len(text), error.help
            )
        raise shifted(error, node) from None


def knows_word(param: Param[Any], text: str) -> bool:
    """May the text be a word that the parameter judges itself, such as a misspelled `reflect` or `same`?"""
    if param.kind in ("choice", "boolean"):
        return True
    return text.isidentifier() and (param.kind == "value" or "`same`" in param.describe())


def expr_like(text: str, env: Mapping[str, Any]) -> bool:
    """More than a stray word: something that was meant to be computed, or nearly the name of a variable."""
    return any(c in text for c in "+-*/%()[]<>= ") or (text.isidentifier() and nearest(text, env) is not None)


class _AnyParam(Param[Any]):
    """Stands for `any value`: a text is an expression where it can be one."""

    kind = "value"

    def describe(self) -> str:
        return "a value"


ANY_VALUE: Param[Any] = _AnyParam()


class Arguments:
    """The arguments of one layer as written: named nodes, or positional and named trees of pasted code."""

    __slots__ = ("cls", "named", "positional")

    def __init__(self, cls: type[Layer], named: Sequence[tuple[str, Any]], positional: Sequence[Any] = ()) -> None:
        self.cls, self.named, self.positional = cls, named, positional

    def static(self) -> bool:
        by_name = self.cls.by_name
        if any(isinstance(v, CodeValue) and any(True for _ in names_in(v.tree)) for v in self.positional):
            return False
        return all(
            not any(True for _ in names_in(v.tree)) if isinstance(v, CodeValue) else is_static(by_name.get(k), v)
            for k, v in self.named
        )

    def build(self, env: Mapping[str, Any], memo: dict[str, Built] | None = None) -> Built:
        """The layer for these variables, and what is wrong with its arguments. With a `memo`, equal values give one
        object, so that it is built and worked out once."""
        ctx = Context()
        broken: set[str] = set()
        positional = [self.value(self.position(i), v, env, ctx, broken) for i, v in enumerate(self.positional)]
        values = {k: self.value(k, v, env, ctx, broken) for k, v in self.named}
        if memo is not None and not ctx.problems:
            key = repr((positional, values))
            if key not in memo:
                memo[key] = self.built(positional, values, ctx, broken)
            return memo[key]
        return self.built(positional, values, ctx, broken)

    def built(self, positional: list[Any], values: dict[str, Any], ctx: Context, broken: set[str]) -> Built:
        good = {k: v for k, v in values.items() if v is not BAD}
        layer = build(self.cls, good, ctx, [None if v is BAD else v for v in positional], failed=broken)
        return layer, ctx.problems

    def position(self, index: int) -> str:
        params = self.cls.params_
        return params[index].name if index < len(params) else ""

    def value(self, key: str, node: Any, env: Mapping[str, Any], ctx: Context, broken: set[str]) -> Any:
        param = self.cls.by_name.get(key)
        try:
            found = code_value(node, param, env) if isinstance(node, CodeValue) else value_of(param, node, env)
            if not_known(found):
                raise NotKnown("a size is not known", 0, 0)
            return found
        except ExprError as error:
            if not isinstance(error, NotKnown):
                ctx.error("invalid-expression", error.message, at=(error.start, error.end), help=error.help)
            if param is not None:
                broken.add(param.name)
            return BAD


def not_known(value: Any) -> bool:
    """Is it, or does it hold, what nobody knows because of an earlier finding?"""
    return value is UNK or (isinstance(value, list) and any(map(not_known, value)))


class CodeValue:
    """A value inside pasted code: its tree, and where the code starts in the file."""

    __slots__ = ("offset", "tree")

    def __init__(self, tree: Tree, offset: int) -> None:
        self.tree, self.offset = tree, offset

    @property
    def bounds(self) -> Bounds:
        return self.offset + self.tree.start, self.offset + self.tree.end


def code_value(value: CodeValue, param: Param[Any] | None, env: Mapping[str, Any]) -> Any:
    tree = value.tree
    if tree.op == "call" and tree.args[0] not in expr.FUNCTIONS and lookup(tree.args[0]) is not None:
        name, items, named = tree.args
        inner = [code_value(CodeValue(t, value.offset), None, env) for t in items]
        return {"type": name, "args": inner} | {
            k: code_value(CodeValue(t, value.offset), None, env) for k, t, _, _ in named
        }
    if tree.op == "name" and tree.args[0] not in env:
        return tree.args[0]  # `torch.float32`, `nn.ReLU`: for the parameter to judge
    try:
        return expr.evaluate(tree, env)
    except ExprError as error:
        at = (error.start + value.offset, error.end + value.offset)
        raise type(error)(error.message, *at, error.help) from None


def spans_in_mapping(cls: type[Layer] | None, node: MappingNode, at: str) -> Bounds | None:
    """The value of argument `at`; the key itself where the type has no such argument."""
    wanted = "from" if at == "input" or at.startswith("input.") else at
    for key, value in node.pairs:
        name = key.value
        found = cls.by_name.get(name) if cls is not None and isinstance(name, str) else None
        if name == wanted and found is None and (wanted not in CONTROLS or wanted == "type"):
            return key.start, key.end
        if name == wanted or (found is not None and found.name == wanted):
            if wanted == "from" and isinstance(value, SequenceNode) and "." in at:
                k = int(at.rpartition(".")[2])
                value = value.items[k] if k < len(value.items) else value
            return value.start, value.end
    return None


CONTROLS = ("name", "from", "repeat", "expect", "when", "trainable", "share", "type")


def span_of_main(cls: type[Layer], node: Node, at: str) -> Bounds | None:
    """A value that stands alone is the main argument's."""
    return (node.start, node.end) if at == cls.main else None


def spans_in_code(
    cls: type[Layer],
    positional: Sequence[CodeValue],
    named: Sequence[tuple[str, CodeValue]],
    keys: Mapping[str, Bounds],
    at: str,
) -> Bounds | None:
    for index, value in enumerate(positional):
        if at == f"arg.{index}" or (index < len(cls.params_) and cls.params_[index].name == at):
            return value.bounds
    for key, value in named:
        found = cls.by_name.get(key)
        if found is not None and found.name == at:
            return value.bounds
        if found is None and key == at:
            return keys[key]
    return None


Finder = Callable[[str], "Bounds | None"]
