"""Rules about outputs and inputs that no layer reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import format_shape
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph
from shapecalc.rules.window_axes import counted
from shapecalc.text.findings import Label

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
    return not reporter.has_errors or not any(d.rule in HIDE_REFERENCES for d in reporter.findings)


@rule("unused-output", "waste")
def unused_output(graph: Graph) -> Iterator[Hit]:
    """A layer whose output no other layer reads and which is not an output of the network."""
    dead = dead_rows(graph)
    ends = [index for index in sorted(dead) if not graph.readers[index]]
    if not ends or not references_known(graph):
        return
    for index in ends:
        row = graph.rows[index]
        place = enclosing(row, graph, dead)
        if not graph.is_written(place) or graph.plan.network.is_read_unseen(place):
            continue
        yield Hit(
            f"no layer reads the output of `{place.name}`: {cost(row, graph, dead)}",
            place,
            help=graph.dialect.read_row(place.name, list(graph.plan.outputs)),
        )


def dead_rows(graph: Graph) -> set[int]:
    """Layers on which no output of the network depends."""
    found: set[int] = set()
    for row in reversed(graph.layers):
        if row.index in graph.outputs:
            continue
        readers = graph.readers[row.index]
        if not readers or all(r.index in found for r in readers):
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
    """What is computed for this output alone."""
    seen: set[int] = set()
    waiting = [row.index]
    while waiting:
        index = waiting.pop()
        if index >= 0 and index in dead and index not in seen:
            seen.add(index)
            waiting += [source for source, _ in graph.rows[index].edges]
    params = [p for i in seen if isinstance(p := graph.rows[i].params, int)]
    return f"{counted(len(seen), 'layer')} and {counted(sum(params), 'parameter')} unused"


@rule("unused-input", "correctness")
def unused_input(graph: Graph) -> Iterator[Hit]:
    """An input that no layer reads."""
    read = {source for row in graph.rows for source, _ in row.edges if source < 0} | graph.outputs
    for k, (name, shape) in enumerate(graph.plan.inputs.items()):
        span = graph.plan.network.input_spans.get(name)
        if -k - 1 not in read and graph.rows and span is not None and references_known(graph):
            text = f" {format_shape(shape)}" if shape is not None else ""
            yield Hit(
                f"no layer reads the input `{name}`{text}",
                None,
                span,
                related=[
                    Label(graph.rows[0].step.span(), "the first layer reads the first input unless it has a `from`")
                ],
                help=f"write `from: {name}` where it belongs, or remove it",
            )
