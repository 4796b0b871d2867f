"""What a stretch of YAML says, wherever it stands: one form for all equal stretches, placed where they occur.

A network repeats itself. Its lines are parsed once for each different text; a line that was seen before costs a
look-up and one node, whose inside is made only when somebody looks at it.
"""

from __future__ import annotations

from collections.abc import Sequence as List
from typing import Any

from shapecalc.text.source import Source
from shapecalc.yamltree.nodes import Mapping, Node, Scalar, Sequence, Value


class ScalarForm:
    """`64`, `relu`, `"a + b"`; `size` counts the characters, quotes included."""

    __slots__ = ("quoted", "raw", "size", "value")

    def __init__(self, value: Value, raw: str, quoted: bool, size: int) -> None:
        self.value, self.raw, self.quoted, self.size = value, raw, quoted, size

    def place(self, source: Source, start: int) -> Scalar:
        return Scalar(source, start, start + self.size, self.value, self.raw, self.quoted)


class SequenceForm:
    """`[3, 3]`: the entries, and where each begins after the bracket."""

    __slots__ = ("items", "size")

    def __init__(self, items: List[tuple[int, Form]], size: int) -> None:
        self.items, self.size = items, size

    def place(self, source: Source, start: int) -> Sequence:
        items: list[Node] = [form.place(source, start + at) for at, form in self.items]
        return Sequence(source, start, start + self.size, items)


class Part:
    """`k: 3, `: a key, its value (None where it follows on later lines), and what separates it from the next part."""

    __slots__ = ("key", "size", "value", "value_at", "word")

    def __init__(self, key: ScalarForm, value: Form | None, value_at: int, size: int) -> None:
        self.key, self.value, self.value_at, self.size = key, value, value_at, size
        self.word = key.value

    def place(self, source: Source, start: int) -> tuple[Scalar, Node]:
        assert self.value is not None
        return self.key.place(source, start), self.value.place(source, start + self.value_at)


class MappingForm:
    """`{out: 64, k: 3}` or `conv2d: {out: 64}`: parts one after another, the first of them `lead` characters on."""

    __slots__ = ("lead", "parts", "size")

    def __init__(self, parts: List[Part], lead: int, size: int) -> None:
        self.parts, self.lead, self.size = parts, lead, size

    def place(self, source: Source, start: int) -> PlacedMapping:
        return PlacedMapping(source, start, start + self.size, self)

    def pairs(self, source: Source, start: int) -> list[tuple[Scalar, Node]]:
        """Keys and values of the mapping at `start`."""
        found = []
        at = start + self.lead
        for part in self.parts:
            found.append(part.place(source, at))
            at += part.size
        return found


Form = ScalarForm | SequenceForm | MappingForm


class PlacedMapping(Mapping):
    """A mapping whose pairs are made at first use. Two with one `form` say the same."""

    __slots__ = ("form",)

    def __init__(self, source: Source, start: int, end: int, form: MappingForm) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.form = form

    def __getattr__(self, name: str) -> Any:
        if name != "pairs":
            raise AttributeError(name)
        self.pairs = pairs = self.form.pairs(self.source, self.start)
        return pairs
