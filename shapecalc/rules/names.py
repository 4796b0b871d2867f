"""Rules about names that a file defines and never uses."""

from __future__ import annotations

import re
from collections.abc import Iterator

from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph
from shapecalc.text.source import Span


@rule("unused-block", "structure")
def unused_block(graph: Graph) -> Iterator[Hit]:
    """A block that no row uses."""
    for name, block in graph.plan.network.blocks.items():
        place = only_mention(graph, name)
        if place is not None and block.layers is not None and block.layers.source is place.source:
            yield Hit(
                f"no row uses the block `{name}`",
                None,
                place,
                help=f"write `- {name}` where it belongs, or remove it",
            )


@rule("unused-variable", "structure")
def unused_variable(graph: Graph) -> Iterator[Hit]:
    """A variable under `vars` that no expression uses."""
    blocks = graph.plan.network.blocks.values()
    if any(b.layers is not None and b.layers.source is not graph.plan.network.source for b in blocks):
        return  # a block in another file may use it
    for name in graph.plan.network.variables:
        place = only_mention(graph, name)
        if place is not None:
            yield Hit(
                f"no expression uses the variable `{name}`",
                None,
                place,
                help=f"use `{name}` where it belongs, or remove it",
            )


def only_mention(graph: Graph, name: str) -> Span | None:
    """Where the file has the name, if only once and as a key: any other mention, even in a comment, may be a use.

    An anchored value (`name: &anchor ...`) may be used by its alias.
    """
    source = graph.plan.network.source
    if not graph.dialect.has_variables or graph.plan.reporter.has_errors:
        return None
    found = list(re.finditer(rf"(?<![\w.]){re.escape(name)}(?![\w])", source.text))
    if len(found) != 1 or not re.match(r"[\"']?\s*:(?!\s*&)", source.text[found[0].end() :]):
        return None
    return Span(source, found[0].start(), found[0].end())
