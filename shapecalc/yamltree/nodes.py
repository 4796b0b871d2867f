"""Values that know their place in a text: what the readers of files work with.

Plain scalars resolve as the YAML 1.2 core schema says: `no`, `on` and `1:30` are strings, `010` is ten, `1e3` a float.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from shapecalc.text.source import Source, Span

MAX_DIGITS = 100

Value = None | bool | int | float | str


class Node:
    """A value and the stretch of text it stands in. `anchor`: of an alias, the node it stands for."""

    __slots__ = ("end", "source", "start")
    anchor: Any = None

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    @property
    def span(self) -> Span:
        return Span(self.source, self.start, self.end)


class Scalar(Node):
    """`value` is resolved, `raw` the text as written without its quotes; a quoted one is always a string."""

    __slots__ = ("quoted", "raw", "value")

    def __init__(self, source: Source, start: int, end: int, value: Value, raw: str, quoted: bool) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.value = value
        self.raw = raw
        self.quoted = quoted

    def __repr__(self) -> str:
        return f"Scalar({self.value!r})"


class Sequence(Node):
    """A list."""

    __slots__ = ("items",)

    def __init__(self, source: Source, start: int, end: int, items: list[Node]) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.items = items

    def __repr__(self) -> str:
        return f"Sequence({len(self.items)} items)"

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.items)


class Mapping(Node):
    """Keys and values in the order of the text; every key stands once."""

    __slots__ = ("pairs",)

    def __init__(self, source: Source, start: int, end: int, pairs: list[tuple[Scalar, Node]]) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.pairs = pairs

    def __repr__(self) -> str:
        return f"Mapping({', '.join(key.raw for key, _ in self.pairs[:8])})"

    def __len__(self) -> int:
        return len(self.pairs)

    def get(self, key: Value) -> Node | None:
        """The value of a key."""
        for name, value in self.pairs:
            if name.value == key and name.value.__class__ is key.__class__:
                return value
        return None


class AliasScalar(Scalar):
    __slots__ = ("anchor",)


class AliasSequence(Sequence):
    __slots__ = ("anchor",)


class AliasMapping(Mapping):
    __slots__ = ("anchor",)


def plain(node: Node | None) -> Any:
    """The value without places: dict, list, scalar."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.pairs}
    return None


# Scalars

_INT = re.compile(r"[-+]?[0-9]+\Z|0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((sign + word for sign in ("", "+") for word in (".inf", ".Inf", ".INF")), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_START = frozenset("0123456789+-.")


class TooLong(ValueError):
    """A number of more than MAX_DIGITS digits."""


def resolve_core(text: str) -> Value:
    """A plain scalar by the YAML 1.2 core schema. Raises TooLong."""
    if text[:1] in _NUMBER_START:
        is_int = _INT.match(text)
        if is_int or _FLOAT.match(text):
            if len(text) > MAX_DIGITS:
                raise TooLong(text)
            if not is_int:
                return float(text)
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return _WORDS.get(text, text)
