"""One layer as PyTorch code has it: a call, an assignment of one, a line of a printed model. Parsed, never run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.dims import symbol
from shapecalc.algebra.expressions import ExprError, Tree
from shapecalc.language.arguments import CodeValue, code_value
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import lookup

Call = tuple[str, list[Any], dict[str, Any], dict[str, tuple[int, int]]]

#: What stands before the call: `self.conv1 =`, `x =`, `return`, `(conv1):` in a printed model, `-` in a spec.
_BEFORE: Final = re.compile(r"\s*(?:\(\w+\):|[A-Za-z_][\w.]*(?:\[\d+\])?\s*=(?!=)|return\b|- )?\s*")
_FUNCTIONAL: Final = ("F.", "nn.functional.", "torch.nn.functional.", "torch.")
#: Tensor methods that take sizes or axes one by one: `x.view(-1, 400)`.
_ONE_BY_ONE: Final = ("view", "reshape", "permute", "expand")


def parse_code(text: str) -> Call:
    """`nn.Conv2d(3, 64, kernel_size=3)` -> type, positional, named, places of each in the text. ExprError if not."""
    match = _BEFORE.match(text)
    offset = match.end() if match is not None else 0
    tree = expr.parse(text[offset:].rstrip().rstrip(",;"), code=True)
    name, items, named = call_parts(tree, offset)
    places = {"type": (offset + tree.start, offset + tree.start + len(name))}
    name, items = without_tensors(name, items)
    cls = lookup(name)
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    for index, item in enumerate(items):
        args.append(value(item, cls, index))
        places[f"arg.{index}"] = (offset + item.start, offset + item.end)
    for key, item, start, end in named:
        kwargs[key] = value(item, cls, key)
        places[key] = (offset + item.start, offset + item.end)
        places[f"key {key}"] = (offset + start, offset + end)
    if cls is not None and cls.type in _ONE_BY_ONE and len(args) > 1:
        args = [args]
    return name, args, kwargs, places


def call_parts(tree: Tree, offset: int) -> tuple[str, Sequence[Tree], Sequence[Any]]:
    if tree.op == "name":
        return tree.args[0], (), ()
    if tree.op != "call":
        raise ExprError("this is not a layer; write for example `nn.Conv2d(3, 64, 3)`", tree.start, tree.end)
    name, items, named = tree.args
    return name, items, named


def without_tensors(name: str, items: Sequence[Tree]) -> tuple[str, Sequence[Tree]]:
    """A function's call without its tensors, which `--in` gives: `F.max_pool2d(x, 2)`, `x.view(-1, 400)`."""
    if not name.startswith(_FUNCTIONAL) or (name.startswith("torch.nn.") and "functional" not in name):
        _, dot, method = name.rpartition(".")
        known = lookup(name) is not None or not dot or not method[0].islower()
        return (name, items) if known or lookup(method) is None else (method, items)
    rest = list(items)
    while rest and is_tensor(rest[0]):
        rest.pop(0)
    return name, rest


def is_tensor(tree: Tree) -> bool:
    """A name, a call or a list of them: at the front of a function's arguments these are its tensors."""
    if tree.op == "list":
        return bool(tree.args) and all(map(is_tensor, tree.args))
    return tree.op in ("name", "call")


def is_batch(tree: Tree) -> bool:
    """`x.size(0)`, `x.shape[0]`."""
    if tree.op == "call":
        name, items, _ = tree.args
        return str(name).endswith(".size") and len(items) == 1 and items[0].args == (0,)
    if tree.op == "index":
        holder, index = tree.args
        return bool(holder.op == "name" and str(holder.args[0]).endswith(".shape") and index.args == (0,))
    return False


def value(tree: Tree, cls: type[Layer] | None, key: str | int) -> Any:
    """An argument's value; a name for a count (`nn.Conv2d(width, 64, 3)`) is a symbol, `x.size(0)` the batch."""
    if is_batch(tree):
        return symbol("N")
    found = code_value(CodeValue(tree, 0), None, {})
    if cls is None or not isinstance(found, str) or not found.isidentifier():
        return found
    param = cls.by_name.get(key) if isinstance(key, str) else cls.params_[key] if key < len(cls.params_) else None
    return symbol(found) if param is not None and param.kind == "count" else found
