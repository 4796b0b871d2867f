"""The section `[shapecalc]` of a setup.cfg as a tree whose nodes know their place, like that of a YAML file."""

from __future__ import annotations

import re
from typing import Final

from shapecalc.text.findings import Edit, Fix, Reporter
from shapecalc.text.source import Source, Span
from shapecalc.yamltree import Mapping, Node, Scalar
from shapecalc.yamltree import Sequence as SequenceNode

ITEM: Final = re.compile(r"[^\s,][^,]*?(?=\s*(?:,|$))")


def tree(source: Source, reporter: Reporter) -> Mapping:
    """The section as a tree: `key = a, b` or a list over the lines below, each item with its place."""
    pairs: list[tuple[Scalar, Node]] = []
    inside = False
    for number in range(1, source.line_count + 1):
        line = source.line_text(number)
        start = source.line_starts[number - 1]
        bare = line.strip()
        if not bare or bare[0] in "#;":
            continue
        if line[0] == "[":
            inside = section(bare, Span(source, start, start + len(line.rstrip())), reporter)
        elif inside and line[0] in " \t":
            if pairs:
                items = pairs[-1][1]
                assert isinstance(items, SequenceNode)
                items.items += words(source, start, line)
        elif inside:
            pairs.append(pair(source, start, line))
    return Mapping(source, 0, len(source.text), pairs)


def section(head: str, span: Span, reporter: Reporter) -> bool:
    """Does the section of this name come here?"""
    if head == "[tool:shapecalc]":
        reporter.error(
            "invalid-config",
            "the section is called `[shapecalc]`",
            span,
            help="write `[shapecalc]`",
            fix=Fix("write `[shapecalc]`", [Edit(span, "[shapecalc]")]),
        )
    return head in ("[shapecalc]", "[tool:shapecalc]")


def pair(source: Source, start: int, line: str) -> tuple[Scalar, Node]:
    cut = min((at for at in (line.find("="), line.find(":")) if at >= 0), default=len(line))
    name = line[:cut].rstrip()
    key = Scalar(source, start, start + len(name), name, name, False)
    items = words(source, start + cut + 1, line[cut + 1 :])
    return key, SequenceNode(source, start + cut + 1, start + len(line), items)


def words(source: Source, start: int, text: str) -> list[Node]:
    """The items of a line, divided by commas."""
    return [Scalar(source, start + m.start(), start + m.end(), m[0], m[0], False) for m in ITEM.finditer(text)]
