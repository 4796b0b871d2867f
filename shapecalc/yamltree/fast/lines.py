"""The plain part of YAML, read line by line: what nearly every spec is written in.

Read are block lists and mappings whose entries stand on one line each, holding a plain or quoted scalar or a whole
`[...]` or `{...}`, and lists in lists. Whatever else there may be (texts over several lines, anchors, tags, tabs,
several documents), and whatever could be an error, makes `read` give up: it never reports anything, and never guesses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import attrgetter
from typing import Final

from shapecalc.text.source import Source
from shapecalc.yamltree.fast.forms import Form, MappingForm, Part, ScalarForm, SequenceForm
from shapecalc.yamltree.nodes import Mapping, Node, Scalar, Sequence, TooLong, Value, resolve_core

MAX_BRACKETS: Final = 50  # in one line
MAX_OPEN: Final = 50  # blocks inside one another
MAX_KEPT: Final = 2_000_000  # characters of texts whose lines are remembered

_KEY = r"[A-Za-z0-9_][\w.-]{0,200}"
_FLOW_WORD = r"(?:[\w.+/~^$()<=\\;]|-(?=[\w.(]))[\w.+/~^$()<>=\\;*%!&|@-]*(?: +[\w.+/~^$()<>=\\;*%!&|@-]+)*"
_QUOTED = r"\"[^\"\\]*\"|'[^']*'(?!')"
_START = re.compile(rf"( *)(- +)?(?:({_KEY}):(?: +|$))?")
_BLOCK_WORD = re.compile(r"(?:[\w./+~^$()<=\\;]|-(?=[\w.(]))(?:[^\s:#]|(?<=\S):(?=\S)| +(?=[^\s:#]))*")
_FLOW_SCALAR = re.compile(rf"{_FLOW_WORD}|{_QUOTED}")
_BLOCK_QUOTED = re.compile(_QUOTED)
_FLOW_KEY = re.compile(rf"({_KEY}): +")
_WORD_OF = attrgetter("word")
_REST = re.compile(r" *$| +#")
#: `key: value` with the comma or the brace after it; values with brackets inside brackets are left to the long way.
_PIECE = re.compile(rf"{_KEY}: +(?:{_FLOW_WORD}|{_QUOTED}|\[[^\[\]{{}}'\"]*\]|\{{[^\[\]{{}}'\"]*\}})(?: *, *| *\}} *$)")


class _Unsure(Exception):
    """This is for the full parser."""


class _Line:
    """What one line says. `form` is a list entry's, `part` a mapping's pair, also one that begins in a list entry;
    `nested` is what stands after the first `- ` of `- - x`."""

    __slots__ = ("column", "form", "indent", "is_item", "item", "nested", "part")

    def __init__(
        self, indent: int, column: int, is_item: bool, form: Form | None, part: Part | None, nested: _Line | None = None
    ) -> None:
        self.indent = indent
        self.column = column  # where the entry or the key begins
        self.is_item = is_item
        self.form, self.part, self.nested = form, part, nested
        self.item = indent if form is not None else -1  # the column of a list that the line is a whole entry of


_BLANK = _Line(-1, -1, False, None, None)


class _Frame:
    """An open block: its column, and the node that is filled."""

    __slots__ = ("column", "indentless", "node")

    def __init__(self, column: int, node: Sequence | Mapping, indentless: bool = False) -> None:
        self.column, self.node, self.indentless = column, node, indentless


def read(source: Source, resolve: Callable[[str], Value]) -> Node | None:
    """The tree of a text that is plain and right; None for any other."""
    if not source.text.replace("\n", "").isprintable():  # tabs, line breaks of other kinds, controls, half characters
        return None
    try:
        return _Reader(source, parser_for(len(source.text), resolve)).read()
    except (_Unsure, TooLong):
        return None


class _Reader:
    def __init__(self, source: Source, parser: _LineParser) -> None:
        self.source = source
        self.parser = parser
        self.frames: list[_Frame] = []
        self.key: Scalar | None = None  # waits for a value on the following lines
        self.tail: _Line | None = None  # the last line, where it was a list entry `- key: value`

    def read(self) -> Node:
        source, known = self.source, self.parser.known
        item_column, entries = -2, list[Node]()  # of the list that is the innermost block, if one is
        at = 0
        for text in source.text.split("\n"):
            line = known.get(text) or self.parser.line(text)
            if line.item == item_column:
                assert line.form is not None
                entries.append(line.form.place(source, at + line.column))
                self.tail = line
            elif line is not _BLANK:
                self.place(line, at)
                top = self.frames[-1]
                if isinstance(top.node, Sequence):
                    item_column, entries = top.column, top.node.items
                else:
                    item_column = -2
            at += len(text) + 1
        return self.root()

    def root(self) -> Node:
        if not self.frames:
            raise _Unsure
        if self.key is not None:
            self.empty_value()
        while len(self.frames) > 1:
            self.close()
        root = self.frames[0].node
        self.close()
        return root

    def place(self, line: _Line, at: int) -> None:
        """Puts a line where its indentation says; gives up where that fits nothing."""
        if self.tail is not None and line.column == self.tail.column and not line.is_item:
            self.reopen(self.tail)
        self.tail = None
        if self.key is not None or not self.frames:
            self.descend(line, at)
        frames = self.frames
        while frames and (
            frames[-1].column > line.indent
            or (frames[-1].indentless and not line.is_item and frames[-1].column == line.indent)
        ):
            self.close()
        if not frames or frames[-1].column != line.indent:
            raise _Unsure
        node = frames[-1].node
        if isinstance(node, Sequence) and line.is_item:
            self.item(node, line, at + line.column)
        elif isinstance(node, Mapping) and not line.is_item:
            self.pair(node, line, at + line.column)
        else:
            raise _Unsure

    def descend(self, line: _Line, at: int) -> None:
        """Opens the block that begins with this line, if one does: as the root, or as the value of the last key."""
        top = self.frames[-1] if self.frames else None
        indentless = top is not None and line.is_item and line.indent == top.column
        if top is not None and line.indent <= top.column and not indentless:
            self.empty_value()
            return
        self.open(line.is_item, line.indent, at + line.indent, indentless)

    def open(self, is_list: bool, column: int, start: int, indentless: bool = False) -> None:
        if len(self.frames) >= MAX_OPEN:
            raise _Unsure
        node = Sequence(self.source, start, start, []) if is_list else Mapping(self.source, start, start, [])
        if self.key is not None:
            self.value(node)
        self.frames.append(_Frame(column, node, indentless))

    def value(self, node: Node) -> None:
        """The value of the key that waits for it."""
        mapping = self.frames[-1].node
        assert isinstance(mapping, Mapping) and self.key is not None
        mapping.pairs.append((self.key, node))
        self.key = None

    def empty_value(self) -> None:
        assert self.key is not None
        end = self.key.end + 1
        self.value(Scalar(self.source, end, end, None, "", False))

    def item(self, sequence: Sequence, line: _Line, start: int) -> None:
        if line.form is not None:
            sequence.items.append(line.form.place(self.source, start))
            self.tail = line
            return
        if line.nested is not None:
            self.open(True, line.column, start)
            inner = self.frames[-1].node
            assert isinstance(inner, Sequence)
            sequence.items.append(inner)
            self.item(inner, line.nested, start + line.nested.column - line.column)
            return
        self.open(False, line.column, start)
        mapping = self.frames[-1].node
        assert isinstance(mapping, Mapping)
        sequence.items.append(mapping)
        self.pair(mapping, line, start)

    def pair(self, mapping: Mapping, line: _Line, start: int) -> None:
        assert line.part is not None
        if line.part.value is None:
            self.key = line.part.key.place(self.source, start)
        else:
            mapping.pairs.append(line.part.place(self.source, start))

    def reopen(self, line: _Line) -> None:
        """The list entry of the last line goes on: `- name: conv1`, then `type: Conv2d` below `name`."""
        sequence = self.frames[-1].node
        assert isinstance(sequence, Sequence)
        last = sequence.items[-1]
        if not isinstance(last, Mapping) or line.part is None:
            raise _Unsure
        mapping = Mapping(self.source, last.start, last.end, last.pairs)
        sequence.items[-1] = mapping
        self.frames.append(_Frame(line.column, mapping))

    def close(self) -> None:
        """Ends the innermost block with its last entry."""
        node = self.frames.pop().node
        if isinstance(node, Sequence):
            node.end = node.items[-1].end
            return
        node.end = node.pairs[-1][1].end
        if len({key.value for key, _ in node.pairs}) < len(node.pairs):
            raise _Unsure


class _LineParser:
    """The forms of lines and of what stands in them; equal texts give one form."""

    def __init__(self, resolve: Callable[[str], Value]) -> None:
        self.resolve = resolve
        self.characters = 0
        self.known: dict[str, _Line] = {}
        self.scalars: dict[str, ScalarForm] = {}
        self.parts: dict[str, Part] = {}

    def line(self, text: str) -> _Line:
        line = self.known[text] = self.parsed(text)
        return line

    def parsed(self, text: str) -> _Line:
        bare = text.lstrip(" ")
        if bare.startswith("- {"):
            indent = len(text) - len(bare)
            found = self.pieces(text, indent + 2)
            if found is not None and found[1] == len(text):
                return _Line(indent, indent + 2, True, found[0], None)
        start = _START.match(text)
        assert start is not None
        dash, word, at = start.group(2), start.group(3), start.end()
        blank = at == len(text) or text[at] == "#"
        if dash is None and word is None:
            if blank:
                return _BLANK
            raise _Unsure
        indent = start.end(1)
        form: Form | None = None
        if dash is not None and word is None and text.startswith("- ", at):
            if text.startswith("- - - ", at):
                raise _Unsure
            return _Line(indent, at, True, None, None, self.parsed(" " * at + text[at:]))
        if not blank:
            form, end = self.value(text, at)
            if end < len(text) and not _REST.match(text, end):
                raise _Unsure
        if word is None:
            if form is None:
                raise _Unsure
            return _Line(indent, at, True, form, None)
        column = start.start(3)
        part = Part(self.scalar(word), form, at - column, 0)
        if dash is None:
            return _Line(indent, column, False, None, part)
        entry = MappingForm((part,), 0, end - column) if form is not None else None
        return _Line(indent, column, True, entry, part)

    def value(self, text: str, at: int) -> tuple[Form, int]:
        """The value at `at` in a block, and where it ends."""
        if text[at] in "[{":
            return (self.pieces(text, at) if text[at] == "{" else None) or self.deep(text, at)
        found = (_BLOCK_QUOTED if text[at] in "\"'" else _BLOCK_WORD).match(text, at)
        if found is None:
            raise _Unsure
        return self.scalar(found.group()), found.end()

    def scalar(self, text: str) -> ScalarForm:
        """The form of a scalar as written, quotes included."""
        form = self.scalars.get(text)
        if form is None:
            if text[0] in "\"'":
                inner = text[1:-1]
                form = ScalarForm(inner, inner, True, len(text))
            else:
                value = self.resolve(text)
                form = ScalarForm(text if value.__class__ is str else value, text, False, len(text))
            self.scalars[text] = form
        return form

    # Brackets. -------------------------------------------------------------------------------------------------------

    def deep(self, text: str, at: int) -> tuple[Form, int]:
        """A value in brackets of any depth, within reason."""
        if text.count("[") + text.count("{") > MAX_BRACKETS:
            raise _Unsure
        return self.flow(text, at)

    def flow(self, text: str, at: int) -> tuple[Form, int]:
        """The value at `at` inside brackets, or a bracket that opens there."""
        if text[at] == "[":
            return self.flow_list(text, at)
        if text[at] == "{":
            return self.flow_mapping(text, at)
        found = _FLOW_SCALAR.match(text, at)
        if found is None:
            raise _Unsure
        return self.scalar(found.group()), found.end()

    def flow_list(self, text: str, start: int) -> tuple[Form, int]:
        items: list[tuple[int, Form]] = []
        at = spaces(text, start + 1)
        while text[at] != "]" or items:
            form, end = self.entry(text, at)
            items.append((at - start, form))
            at = spaces(text, end)
            if text[at] == "]":
                break
            at = comma(text, at)
        return SequenceForm(items, at + 1 - start), at + 1

    def entry(self, text: str, at: int) -> tuple[Form, int]:
        """An entry of a list in brackets: a value, or one `key: value` without braces."""
        if text.find(":", at) >= 0 and _FLOW_KEY.match(text, at):
            part, end = self.part(text, at)
            return MappingForm((part,), 0, end - at), end
        return self.flow(text, at)

    def pieces(self, text: str, start: int) -> tuple[Form, int] | None:
        """A mapping up to the end of the line, cut in pieces at once; None where it is not so simple."""
        pieces = _PIECE.findall(text, start + 1)
        if sum(map(len, pieces)) != len(text) - start - 1 or not pieces:
            return None
        last = pieces[-1].rstrip()
        if last[-1] != "}":
            return None
        known = self.parts
        parts = [known.get(piece) or self.piece(piece) for piece in pieces]
        end = len(text) - (len(pieces[-1]) - len(last))
        return mapping_form(parts, 1, end - start), end

    def piece(self, text: str) -> Part:
        """What `_PIECE` has matched: `key: value` and a comma or brace."""
        word, _, rest = text.partition(":")
        inside = rest.rstrip()[:-1].strip()
        at = text.index(inside, len(word) + 1)
        if inside[0] == "[" and ":" not in inside:
            value: Form = self.words(inside)
        elif inside[0] in "[{":
            value, end = self.deep(text, at)
            if end != at + len(inside):
                raise _Unsure
        else:
            value = self.scalar(inside)
        part = self.parts[text] = Part(self.scalar(word), value, at, len(text))
        return part

    def words(self, text: str) -> SequenceForm:
        """`[3, 3]`: a list that holds neither brackets nor quotes nor colons."""
        items: list[tuple[int, Form]] = []
        at = 1
        inside = text[1:-1]
        for entry in inside.split(",") if inside.strip() else ():
            word = entry.strip()
            if not word.isdecimal() and not _FLOW_SCALAR.fullmatch(word):
                raise _Unsure
            items.append((at + entry.index(word), self.scalar(word)))
            at += len(entry) + 1
        return SequenceForm(items, len(text))

    def part(self, text: str, start: int) -> tuple[Part, int]:
        key = _FLOW_KEY.match(text, start)
        if key is None or key.end() == len(text):
            raise _Unsure
        value, end = self.flow(text, key.end())
        return Part(self.scalar(key.group(1)), value, key.end() - start, end - start), end

    def flow_mapping(self, text: str, start: int) -> tuple[Form, int]:
        parts: list[Part] = []
        first = at = spaces(text, start + 1)
        while text[at] != "}" or parts:
            part, end = self.part(text, at)
            parts.append(part)
            following = spaces(text, end)
            closed = text[following] == "}"
            part.size = (following if closed else comma(text, following)) - at
            at += part.size
            if closed:
                break
        return mapping_form(parts, first - start, at + 1 - start), at + 1


_shared = _LineParser(resolve_core)


def parser_for(size: int, resolve: Callable[[str], Value]) -> _LineParser:
    """The parser of a text of `size` characters. The files of a project have many lines in common, and those of a file
    that is edited stay the same: what was parsed is kept for the next one, until it is too much to keep."""
    global _shared
    if resolve is not resolve_core or size > MAX_KEPT:
        return _LineParser(resolve)
    if _shared.characters + size > MAX_KEPT:
        _shared = _LineParser(resolve_core)
    _shared.characters += size
    return _shared


def mapping_form(parts: list[Part], lead: int, size: int) -> MappingForm:
    """A mapping whose keys are all different; two equal ones are for the full parser to report."""
    if len(set(map(_WORD_OF, parts))) < len(parts):
        raise _Unsure
    return MappingForm(parts, lead, size)


def spaces(text: str, at: int) -> int:
    """Over spaces; never to the end of the text."""
    while text[at : at + 1] == " ":
        at += 1
    if at >= len(text):
        raise _Unsure
    return at


def comma(text: str, at: int) -> int:
    """Over a comma and the spaces after it."""
    if text[at] != ",":
        raise _Unsure
    return spaces(text, at + 1)
