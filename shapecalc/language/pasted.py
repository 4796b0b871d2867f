"""Pasted code that stands as a row: where it is in the file, and `nn.Sequential(...)` taken apart. Nothing is run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.expressions import ExprError, Tree
from shapecalc.language.arguments import text_offset
from shapecalc.layers.registry import normalized
from shapecalc.yamltree import Scalar

#: The start of a pasted line such as `self.stem = nn.Conv2d(3, 64, 7)`.
_ASSIGNMENT: Final = re.compile(r"\s*(?:self\.)?([A-Za-z_]\w*)\s*=\s*(?=[A-Za-z_])")
_COMMENT: Final = re.compile(r"('[^'\n]*'|\"[^\"\n]*\")|#[^\n]*")
#: Where the statement after the first one starts.
_NEXT: Final = re.compile(r"(?:self\.\w+|\w+)\s*=[^=]|(?:torch\.)?nn\.\w+\(|return\b|def\b")


class Code:
    """A row's call with its `offset` in the file, and the name that it is assigned to."""

    __slots__ = ("name", "offset", "tree")

    def __init__(self, node: Scalar) -> None:
        """Raises ExprError, with offsets in the file."""
        text, start = written(node)
        assigned = _ASSIGNMENT.match(text)
        skipped = assigned.end() if assigned is not None else len(text) - len(text.lstrip())
        self.name = assigned[1] if assigned is not None else None
        self.offset = start + skipped
        code = text[skipped:].rstrip().rstrip(",;")
        try:
            self.tree = expr.parse(code, code=True)
        except ExprError as error:
            help = error.help
            if error.message.startswith("unexpected") and _NEXT.match(code, error.start):
                help = "a row is one layer: give each statement a row of its own"
            raise ExprError(error.message, self.offset + error.start, self.offset + error.end, help) from None


def written(node: Scalar) -> tuple[str, int]:
    """The code as the file has it, line breaks included, and where it starts; comments are blank. Of a text with
    escapes it is what the text says: places in it are not exact."""
    text, start = str(node.value), text_offset(node)
    if start is None:
        start, raw = node.start, node.source.text[node.start : node.end]
        head = raw.find("\n") + 1 if raw[:1] in ("|", ">") else int(raw[:1] in ("'", '"'))
        raw = raw[head:-1] if raw[:1] in ("'", '"') else raw[head:]
        if raw.split() == text.split():
            text, start = raw, start + head
    return _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), text), start


def is_sequence(name: str) -> bool:
    """Is it the class of layers one after another?"""
    return normalized(name) == "sequential"


def members(tree: Tree) -> Sequence[tuple[Tree | None, Tree]]:
    """What `nn.Sequential(...)` holds, each with the text that names it in `nn.Sequential(OrderedDict([...]))`.
    Raises ExprError."""
    _, items, named = tree.args
    if named:
        word, _, start, end = named[0]
        raise ExprError(f"Sequential takes layers, no argument `{word}`", start, end)
    if len(items) == 1 and items[0].op == "call" and items[0].args[0].rpartition(".")[2] == "OrderedDict":
        return pairs(items[0])
    return [(None, item) for item in items]


def pairs(tree: Tree) -> Sequence[tuple[Tree | None, Tree]]:
    """The names and layers of `OrderedDict([("conv", nn.Conv2d(...)), ...])`."""
    _, items, named = tree.args
    listed = items[0].args if len(items) == 1 and items[0].op == "list" and not named else [tree]
    found: list[tuple[Tree | None, Tree]] = []
    for pair in listed if items or named else ():
        if pair.op != "list" or len(pair.args) != 2 or not isinstance(pair.args[0].args[0], str):
            raise ExprError("OrderedDict takes a list of names and layers", pair.start, pair.end,
                            'write `OrderedDict([("conv", nn.Conv2d(3, 64, 3))])`')  # fmt: skip
        found.append((pair.args[0], pair.args[1]))
    return found
