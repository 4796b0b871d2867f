"""YAML text -> nodes, from the events of PyYAML's parser: all of YAML, and every finding about it.

The nodes are built by a loop and not by recursion: what nests 20,000 deep is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import yaml

from shapecalc.text.findings import Label, Reporter
from shapecalc.text.source import Source
from shapecalc.text.spelling import nearest
from shapecalc.yamltree.nodes import (
    MAX_DIGITS,
    AliasMapping,
    AliasScalar,
    AliasSequence,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TooLong,
    Value,
)

MAX_DEPTH = 200
MAX_ALIASED = 250_000  # nodes that all aliases together expand to


def pyyaml_resolver() -> Callable[[str], Value]:
    """A plain scalar as PyYAML resolves it (YAML 1.1); dates stay text. The function raises TooLong."""
    loader: Any = yaml.SafeLoader("")
    constructors = {
        "tag:yaml.org,2002:null": loader.construct_yaml_null,
        "tag:yaml.org,2002:bool": loader.construct_yaml_bool,
        "tag:yaml.org,2002:int": loader.construct_yaml_int,
        "tag:yaml.org,2002:float": loader.construct_yaml_float,
    }

    def resolve(text: str) -> Value:
        tag = loader.resolve(yaml.ScalarNode, text, (True, False))
        if tag not in constructors:
            return text
        if len(text) > MAX_DIGITS:
            raise TooLong(text)
        try:
            value: Value = constructors[tag](yaml.ScalarNode(tag, text))
        except ValueError:  # `0x_`
            return text
        return value

    return resolve


_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS: dict[str, tuple[type, ...]] = {
    _TAG + "int": (int,),
    _TAG + "float": (float, int),
    _TAG + "bool": (bool,),
    _TAG + "null": (type(None),),
}
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")


def from_events(source: Source, reporter: Reporter, resolve: Callable[[str], Value]) -> Node | None:
    """The tree of a text; None where there is none, and the reporter knows why."""
    builder = _Builder(source, reporter, resolve)
    try:
        return builder.build()
    except _Stop:
        pass
    except yaml.YAMLError as error:
        if "nesting depth" in (getattr(error, "problem", None) or ""):  # PyYAML 6.0.4 has a limit of its own
            mark: Any = getattr(error, "problem_mark", None)
            with suppress(_Stop):
                builder.too_deep(min(mark.index, len(source.text)))
            return None
        from shapecalc.yamltree.error import explain

        explain(error, source, reporter)
    except UnicodeEncodeError as error:
        reporter.error(
            "yaml-syntax", "half of a surrogate pair is not a character", source.span(error.start, error.end)
        )
    return None


class _Stop(Exception):
    """The rest cannot be read, and that has been reported."""


class _Builder:
    """Events -> nodes."""

    __slots__ = (
        "aliased", "anchors", "count", "heights", "memo", "open_anchors", "reporter", "resolve", "source",
    )  # fmt: skip

    def __init__(self, source: Source, reporter: Reporter, resolve: Callable[[str], Value]) -> None:
        self.source = source
        self.reporter = reporter
        self.resolve = resolve
        self.memo: dict[str, tuple[str, Value]] = {}
        self.anchors: dict[str, tuple[Node, int, int]] = {}  # node, nodes in it, levels in it
        self.open_anchors: dict[str, Node] = {}
        self.heights: list[int] = [0]
        self.count = 0
        self.aliased = 0

    def build(self) -> Node | None:
        roots: list[Node] = []
        self.read(_next_event(self.source.text), roots)
        if not roots or (_is_blank(roots[0]) and not _holds_data(self.source.text)):
            empty = not self.source.text.strip()
            message = "the file is empty" if empty else "the file holds no data, only comments"
            self.reporter.error("empty-file", message, self.source.span(0, 0))
            return None
        return roots[0]

    def read(self, next_event: Callable[[], Any], children: list[Node]) -> None:
        """Put the nodes of the first document into `children`."""
        source, memo, heights = self.source, self.memo, self.heights
        scalar, mapping_start, sequence_start = yaml.ScalarEvent, yaml.MappingStartEvent, yaml.SequenceStartEvent
        mapping_end, sequence_end, alias = yaml.MappingEndEvent, yaml.SequenceEndEvent, yaml.AliasEvent
        stack: list[tuple[Node, list[Node], str | None, int]] = []
        count = 0
        while True:
            event = next_event()
            kind = event.__class__
            if kind is scalar:
                text = event.value
                count += 1
                if event.implicit[0] and event.tag is None and event.anchor is None:
                    known = memo.get(text) or self.remember(text, event)
                    children.append(
                        Scalar(source, event.start_mark.index, event.end_mark.index, known[1], known[0], False)
                    )
                else:
                    self.count = count
                    children.append(self.special_scalar(event))
            elif kind is mapping_start or kind is sequence_start:
                count += 1
                node: Node = self.open(event, kind is mapping_start)
                if len(stack) >= MAX_DEPTH:
                    self.too_deep(node.start)
                children.append(node)
                if event.anchor:
                    self.open_anchors[event.anchor] = node
                stack.append((node, children, event.anchor, count))
                heights.append(0)
                children = node.items if isinstance(node, Sequence) else []
            elif kind is mapping_end or kind is sequence_end:
                inner = children
                node, children, anchor, before = stack.pop()
                self.close(node, inner, event)
                height = heights.pop() + 1
                if height > heights[-1]:
                    heights[-1] = height
                if anchor:
                    self.open_anchors.pop(anchor, None)
                    self.anchors[anchor] = (node, count - before + 1, height)
            elif kind is alias:
                self.count = count
                children.append(self.alias(event, len(stack)))
                count = self.count
            elif kind is yaml.StreamEndEvent:
                return
            elif kind is yaml.DocumentStartEvent and (count or children):
                self.several_documents(event)
                return

    def remember(self, text: str, event: Any) -> tuple[str, Value]:
        """Resolve a plain scalar, once for each text; equal strings are kept once."""
        try:
            value = self.resolve(text)
        except TooLong:
            span = self.source.span(event.start_mark.index, event.end_mark.index)
            message = f"a number of {len(text)} characters; {MAX_DIGITS} is the most that is read"
            self.reporter.error("number-too-long", message, span)
            return text, text
        known = (text, text if value.__class__ is str else value)
        self.memo[text] = known
        return known

    def special_scalar(self, event: Any) -> Scalar:
        """A scalar with quotes, a tag or an anchor."""
        start, end = self.extent(event)
        text = event.value
        plain_style = not event.style
        if plain_style and event.tag != "!":
            text, value = self.memo.get(text) or self.remember(text, event)
        else:
            value = text
            if event.style in ("|", ">"):
                end = _trim(self.source.text, start, end)
        if event.tag is not None:
            value = self.tagged(event, text, value)
        node = Scalar(self.source, start, end, value, text, not plain_style)
        if event.anchor:
            self.anchors[event.anchor] = (node, 1, 0)
        return node

    def tagged(self, event: Any, text: str, value: Value) -> Value:
        """The value of a scalar with a tag."""
        if event.tag in ("!", _TAG + "str"):
            return text
        types = _SCALAR_TAGS.get(event.tag)
        if types is None:
            self.unknown_tag(event)
            return value
        if event.style:
            value = self.resolve(text) if len(text) <= MAX_DIGITS else text
        if type(value) in types:
            return float(value) if types[0] is float else value  # type: ignore[arg-type]
        message = f"expected {event.tag.removeprefix(_TAG)} after this tag, got {text!r}"
        self.reporter.error("unknown-tag", message, self.source.span(*self.extent(event)))
        return value

    def unknown_tag(self, event: Any) -> None:
        start = event.start_mark.index
        match = re.compile(r"(?:&\S*\s+)?(!\S*)").match(self.source.text, start)
        span = self.source.span(*match.span(1)) if match else self.source.span(start, start + 1)
        message = f"unknown tag `{span.text}`; a spec holds plain values only"
        self.reporter.error("unknown-tag", message, span, help="leave the tag out")

    def extent(self, event: Any) -> tuple[int, int]:
        """The extent of the value itself, without its tag and anchor."""
        start, end = event.start_mark.index, event.end_mark.index
        if event.tag is not None or event.anchor is not None:
            match = _PROPERTIES.match(self.source.text, start)
            start = min(match.end(), end) if match and end > start else end
        return start, end

    def open(self, event: Any, is_mapping: bool) -> Sequence | Mapping:
        start = event.start_mark.index
        if event.tag is not None or event.anchor is not None:
            match = _PROPERTIES.match(self.source.text, start)
            start = match.end() if match else start
            if event.tag not in (None, "!", _TAG + ("map" if is_mapping else "seq")):
                self.unknown_tag(event)
        if is_mapping:
            return Mapping(self.source, start, start, [])
        return Sequence(self.source, start, start, [])

    def close(self, node: Node, inner: list[Node], event: Any) -> None:
        """Set the end of a collection and, for a mapping, its pairs."""
        end: int = event.end_mark.index
        if end == event.start_mark.index:  # a block ends where the next token starts: trim it to its last child
            end = inner[-1].end if inner else node.start
        node.end = max(end, node.start)
        if isinstance(node, Mapping):
            node.pairs = self.pairs(inner)

    def pairs(self, inner: list[Node]) -> list[tuple[Scalar, Node]]:
        """Keys and values one after another -> pairs; what cannot be a key is reported and left out."""
        pairs: list[Any] = list(zip(inner[::2], inner[1::2], strict=True))
        try:
            names = {key.value for key, _ in pairs}
        except AttributeError:
            pairs = [pair for pair in pairs if self.is_key(pair[0])]
            names = {key.value for key, _ in pairs}
        if len(names) < len(pairs):
            pairs = self.without_duplicates(pairs)
        if "<<" in names:
            pairs = self.merged(pairs)
        return pairs

    def is_key(self, node: Node) -> bool:
        if isinstance(node, Scalar):
            return True
        what = "a list" if isinstance(node, Sequence) else "a mapping"
        self.reporter.error("key-not-scalar", f"{what} cannot be a key", node.span)
        return False

    def without_duplicates(self, pairs: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
        """The first pair of every key; repeated keys are reported."""
        first: dict[tuple[type, Value], Scalar] = {}
        kept = []
        for key, value in pairs:
            known = first.setdefault((key.value.__class__, key.value), key)
            if known is key:
                kept.append((key, value))
                continue
            self.reporter.error(
                "duplicate-key",
                f"the key `{key.raw}` is written twice",
                key.span,
                related=[Label(known.span, "first written here")],
            )
        return kept

    def merged(self, pairs: list[tuple[Scalar, Node]]) -> list[tuple[Scalar, Node]]:
        """`<<: *base` and `<<: [*a, *b]`: their pairs, but for the keys written here; of several the first wins."""
        own = [(key, value) for key, value in pairs if key.value != "<<" or key.quoted]
        merge = [value for key, value in pairs if key.value == "<<" and not key.quoted]
        bases = [base for value in merge for base in (value.items if isinstance(value, Sequence) else [value])]
        taken = {key.value for key, _ in own}
        found: list[tuple[Scalar, Node]] = []
        for base in bases:
            if not isinstance(base, Mapping):
                self.reporter.error("merge-not-mapping", "`<<` merges mappings, and this is not a mapping", base.span)
                continue
            found += [(key, value) for key, value in base.pairs if key.value not in taken]
            taken.update(key.value for key, _ in base.pairs)
        return found + own

    def alias(self, event: Any, depth: int) -> Node:
        """A separate node for the place where an alias is used."""
        start, end = event.start_mark.index, event.end_mark.index
        name, span = event.anchor, self.source.span(start, end)
        if name in self.open_anchors:
            begin = self.open_anchors[name].start
            message = f"`*{name}` is inside `&{name}`, the value that it refers to"
            related = [Label(self.source.span(begin, begin + 1), f"`&{name}` starts here")]
            self.reporter.error("self-reference", message, span, related=related)
            raise _Stop
        if name not in self.anchors:
            near = nearest(name, self.anchors)
            help = f"did you mean `*{near}`?" if near else f"write `&{name}` before the value it refers to"
            self.reporter.error("unknown-anchor", f"there is no `&{name}` before this", span, help=help)
            return Scalar(self.source, start, end, None, "", False)
        anchor, size, height = self.anchors[name]
        self.count += size
        self.aliased += size
        if self.aliased > MAX_ALIASED:
            message = f"the aliases expand to more than {MAX_ALIASED:,} values"
            self.reporter.error("alias-explosion", message, span)
            raise _Stop
        if depth + height > MAX_DEPTH:
            self.too_deep(start)
        self.heights[-1] = max(self.heights[-1], height)
        return _use(anchor, self.source, start, end)

    def too_deep(self, start: int) -> None:
        span = self.source.span(start, start + 1)
        self.reporter.error("too-deep", f"nested more than {MAX_DEPTH} levels deep", span)
        raise _Stop

    def several_documents(self, event: Any) -> None:
        start = event.start_mark.index
        span = self.source.span(start, max(event.end_mark.index, start + 1))
        self.reporter.error(
            "several-documents",
            "a second document starts here; a file holds one",
            span,
            help="use a second file",
        )


def _use(anchor: Node, source: Source, start: int, end: int) -> Node:
    """The anchored node once more, at the place of its alias."""
    node: AliasScalar | AliasSequence | AliasMapping
    if isinstance(anchor, Scalar):
        node = AliasScalar(source, start, end, anchor.value, anchor.raw, anchor.quoted)
    elif isinstance(anchor, Sequence):
        node = AliasSequence(source, start, end, anchor.items)
    else:
        assert isinstance(anchor, Mapping)
        node = AliasMapping(source, start, end, anchor.pairs)
    node.anchor = anchor
    return node


def _is_blank(node: Node) -> bool:
    return isinstance(node, Scalar) and node.raw == "" and not node.quoted


def _holds_data(text: str) -> bool:
    """Is there more than white space, comments and document marks?"""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return any(line not in ("", "---", "...") for line in lines)


def _trim(text: str, start: int, end: int) -> int:
    """`end` moved back over white space."""
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _next_event(text: str) -> Callable[[], Any]:
    """The function that gives one event after another."""
    try:
        from yaml.cyaml import CParser  # type: ignore[attr-defined]
    except ImportError:  # PyYAML without libyaml
        return _PurePython(text).get_event
    get_event: Callable[[], Any] = CParser(text).get_event
    return get_event


class _PurePython(yaml.reader.Reader, yaml.scanner.Scanner, yaml.parser.Parser):
    """PyYAML's own parser."""

    def __init__(self, text: str) -> None:
        yaml.reader.Reader.__init__(self, text)
        yaml.scanner.Scanner.__init__(self)
        yaml.parser.Parser.__init__(self)
