"""The section `[shapecalc]` of a setup.cfg as a tree whose nodes know their place, like that of a YAML file."""

from __future__ import annotations

import re
from typing import Final

from shapecalc.text.findings import Edit, Fix, Reporter
from shapecalc.text.source import Source, Span
from shapecalc.yamltree import Mapping, Node, Scalar
from shapecalc.yamltree import Sequence as SequenceNode

SECTION: Final = "[shapecalc]"
MISNAMED: Final = "[tool:shapecalc]"
ITEM: Final = re.compile(r"[^\s,][^,]*?(?=\s*(?:,|$))")


def tree(source: Source, reporter: Reporter) -> Mapping:
    """The keys of the section. A value is `key = a, b` or a list on the lines below; each item has its place."""
    pairs: list[tuple[Scalar, Node]] = []
    items: list[Node] = []
    inside = False
    for start, line in zip(source.line_starts, map(source.line_text, range(1, source.line_count + 1)), strict=True):
        if not line.strip() or line.strip()[0] in "#;":
            continue
        if line[0] == "[":
            inside = is_section(Span(source, start, start + len(line.rstrip())), reporter)
        elif inside and line[0] in " \t":
            items += words(source, start, line)
        elif inside:
            key, items = key_and_items(source, start, line)
            pairs.append((key, SequenceNode(source, key.end + 1, start + len(line), items)))
    return Mapping(source, 0, len(source.text), pairs)


def is_section(head: Span, reporter: Reporter) -> bool:
    """Is it the head of the section? A misnamed one is reported and counts."""
    if head.text == MISNAMED:
        title = f"write `{SECTION}`"
        fix = Fix(title, [Edit(head, SECTION)])
        reporter.error("invalid-config", f"the section is called `{SECTION}`", head, help=title, fix=fix)
    return head.text in (SECTION, MISNAMED)


def key_and_items(source: Source, start: int, line: str) -> tuple[Scalar, list[Node]]:
    """`key = a, b` or `key: a, b`."""
    end = min((at for at in (line.find("="), line.find(":")) if at >= 0), default=len(line))
    name = line[:end].rstrip()
    key = Scalar(source, start, start + len(name), name, name, False)
    return key, words(source, start + end + 1, line[end + 1 :])


def words(source: Source, start: int, text: str) -> list[Node]:
    """The items of a line, separated by commas."""
    return [Scalar(source, start + m.start(), start + m.end(), m[0], m[0], False) for m in ITEM.finditer(text)]
