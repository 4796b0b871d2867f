"""Which lines a comment applies to: those of a layer, a block or a key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source
from shapecalc.yamltree import Mapping, Node, Scalar, compose
from shapecalc.yamltree import Sequence as SequenceNode

#: Lists of rows: a comment before one of these keys does not apply to the whole list.
LISTS: Final = frozenset(("layers", "blocks", "backbone", "head"))


class Layout:
    """The parts of a text: which lines each layer, block and key has."""

    __slots__ = ("parts", "rows", "scalars", "source")

    def __init__(self, source: Source) -> None:
        self.source = source
        self.scalars: list[tuple[int, int]] = []
        self.parts: dict[int, int] = {}  # first line -> last line of each part that a comment above may apply to
        self.rows: list[tuple[int, int]] = []  # lines of the rows without rows inside
        root = compose(source, Reporter())
        if root is not None:
            self.walk(root)

    def walk(self, root: Node) -> None:
        for node, is_row in nodes(root):
            if isinstance(node, Scalar):
                if node.quoted:
                    self.scalars.append((node.start, node.end))
            elif isinstance(node, Mapping):
                for key, value in node.pairs:
                    if key.value not in LISTS:
                        self.part(key.start, value.end)
            if is_row:
                self.part(node.start, node.end)
                if not holds_rows(node):
                    self.rows.append((self.line(node.start), self.line(node.end)))

    def line(self, offset: int) -> int:
        return self.source.location(offset)[0]

    def part(self, start: int, end: int) -> None:
        first = self.line(start)
        self.parts[first] = max(self.parts.get(first, 0), self.line(max(end, start)))

    def inside_scalar(self, offset: int) -> bool:
        return any(start <= offset < end for start, end in self.scalars)

    def lines(self, line: int, alone: bool) -> tuple[int, int]:
        """The lines that a comment on `line` applies to; `alone`: there is nothing else on its line."""
        if alone:
            first = self.following(line)
            return first, self.parts.get(first, first)
        for first, last in self.rows:
            if line in (first, last):
                return first, last
        return line, line

    def following(self, line: int) -> int:
        """The next line that has more than a comment."""
        for number in range(line + 1, self.source.line_count + 1):
            text = self.source.line_text(number).strip()
            if text and not text.startswith("#"):
                return number
        return line


def nodes(root: Node) -> Iterator[tuple[Node, bool]]:
    """Every node, and whether it is an item of a list other than a flow list `[...]` on one line."""
    waiting: list[tuple[Node, bool]] = [(root, False)]
    while waiting:
        node, is_row = waiting.pop()
        yield node, is_row
        if node.anchor is not None:
            continue
        if isinstance(node, SequenceNode):
            several = node.source.text.find("\n", node.start, node.end) >= 0 or node.source.text[node.start] != "["
            waiting += [(item, several) for item in node.items]
        elif isinstance(node, Mapping):
            waiting += [(part, False) for pair in node.pairs for part in pair]


def holds_rows(node: Node) -> bool:
    """Are there rows inside a row, as in a residual?"""
    return any(is_row for inner, is_row in nodes(node) if inner is not node)
