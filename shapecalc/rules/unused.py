"""Rules about what a file computes or defines and never uses: outputs, inputs, blocks, variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, label
from shapecalc.text.english import counted
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Errors after which it cannot be known what each layer reads.
HIDE_REFERENCES: Final = frozenset({
    "unknown-reference", "unknown-type", "duplicate-name", "invalid-layer", "invalid-layers", "too-many-layers",
    "recursive-block", "several-outputs", "missing-argument", "invalid-expression", "input-count", "too-deep",
    "index-shift", "invalid-row",
})  # fmt: skip


def references_known(graph: Graph) -> bool:
    reporter = graph.plan.reporter
    return not reporter.has_errors or not any(f.rule in HIDE_REFERENCES for f in reporter.findings)


# Outputs and inputs. -------------------------------------------------------------------------------------------------


@rule("unused-output", "waste")
def unused_output(graph: Graph) -> Iterator[Hit]:
    """A layer whose output no other layer reads and which is not an output of the network."""
    dead = dead_rows(graph)
    ends = [graph.rows[index] for index in sorted(dead) if not graph.readers[index]]
    for row in ends if ends and references_known(graph) else ():
        place = enclosing(row, graph, dead)
        if graph.is_file_row(place) and not graph.plan.network.is_read_unseen(place):
            yield Hit(
                f"no layer reads the output of `{place.name}`: {cost(row, graph, dead)} unused",
                place,
                help=graph.dialect.read_row(place.name, list(graph.plan.outputs)),
            )


def dead_rows(graph: Graph) -> set[int]:
    """Layers on which no output of the network depends."""
    found: set[int] = set()
    for row in reversed(graph.layers):
        if row.index not in graph.outputs and all(reader.index in found for reader in graph.readers[row.index]):
            found.add(row.index)
    return found


def enclosing(row: Row, graph: Graph, dead: set[int]) -> Row:
    """The outermost block that ends in this layer and is dead as a whole; the layer itself if there is none."""
    place = row
    for parent in graph.parents(row):
        inside = graph.rows[parent.index : row.index] if graph.ends(row, parent) else ()
        if not inside or any(r.kind == "layer" and r.index not in dead for r in inside):
            break
        place = parent
    return place


def cost(row: Row, graph: Graph, dead: set[int]) -> str:
    """The layers and parameters that are only there for this output."""
    seen: set[int] = set()
    waiting = [row.index]
    while waiting:
        index = waiting.pop()
        if index >= 0 and index in dead and index not in seen:
            seen.add(index)
            waiting += [source for source, _ in graph.rows[index].edges]
    params = [p for i in seen if isinstance(p := graph.rows[i].params, int)]
    return f"{counted(len(seen), 'layer')} and {counted(sum(params), 'parameter')}"


@rule("unused-input", "correctness")
def unused_input(graph: Graph) -> Iterator[Hit]:
    """An input that no layer reads."""
    network = graph.plan.network
    read = {source for row in graph.rows for source, _ in row.edges if source < 0} | graph.outputs
    for k, (name, shape) in enumerate(graph.plan.inputs.items()):
        span = network.input_spans.get(name)
        if -k - 1 not in read and graph.rows and span is not None and references_known(graph):
            yield Hit(
                f"no layer reads the input `{name}`" + (f" {format_shape(shape)}" if shape is not None else ""),
                None,
                span,
                related=[label(graph.rows[0], "the first layer reads the first input unless it has a `from`")],
                help=f"write `from: {name}` where it belongs, or remove it",
            )


# Names. --------------------------------------------------------------------------------------------------------------


@rule("unused-block", "structure")
def unused_block(graph: Graph) -> Iterator[Hit]:
    """A block that no row uses."""
    for name, block in graph.plan.network.blocks.items():
        place = only_mention(graph, name)
        if place is not None and block.layers is not None and block.layers.source is place.source:
            help = f"write `- {name}` where it belongs, or remove it"
            yield Hit(f"no row uses the block `{name}`", None, place, help=help)


@rule("unused-variable", "structure")
def unused_variable(graph: Graph) -> Iterator[Hit]:
    """A variable under `vars` that no expression uses."""
    network = graph.plan.network
    if any(b.layers is not None and b.layers.source is not network.source for b in network.blocks.values()):
        return  # a block in another file may use it
    for name in network.variables:
        place = only_mention(graph, name)
        if place is not None:
            help = f"use `{name}` where it belongs, or remove it"
            yield Hit(f"no expression uses the variable `{name}`", None, place, help=help)


def only_mention(graph: Graph, name: str) -> Span | None:
    """Where the file has the name, if only once and as a key: any other mention, even in a comment, may be a use.

    An anchored value (`name: &anchor ...`) may be used by its alias.
    """
    source = graph.plan.network.source
    if not graph.dialect.has_variables or graph.plan.reporter.has_errors:
        return None
    mentions = list(re.finditer(rf"(?<![\w.]){re.escape(name)}(?![\w])", source.text))
    if len(mentions) != 1 or not re.match(r"[\"']?\s*:(?!\s*&)", source.text[mentions[0].end() :]):
        return None
    return Span(source, mentions[0].start(), mentions[0].end())
