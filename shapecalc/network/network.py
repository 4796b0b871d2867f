"""A network as the readers of files hand it on: layers and groups in order, each knowing where it was written.

Nothing is computed here. A Step is one layer; a Group stands for several, and says which once the shapes that reach it
are known (a block's `when` may ask for `in_channels`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.shape import Shape
from shapecalc.layers.context import Problem
from shapecalc.layers.layer import Layer
from shapecalc.network.dialect import Dialect
from shapecalc.text.source import Source, Span
from shapecalc.text.spelling import nearest

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

Bounds = tuple[int, int]


class Ref:
    """A reference to an earlier output: a name, or a number of rows back (-1: the layer before)."""

    __slots__ = ("end", "start", "target")

    def __init__(self, target: str | int, start: int, end: int) -> None:
        self.target, self.start, self.end = target, start, end


class Word(str):
    """The text that an argument of a block is, since no variable is called so: perhaps one was meant."""

    span: Span
    variables: tuple[str, ...]

    def __new__(cls, text: str, span: Span, variables: Iterable[str]) -> Word:
        made = super().__new__(cls, text)
        made.span, made.variables = span, tuple(variables)
        return made

    def meant(self) -> str | None:
        """The variable that this may be a misspelling of."""
        return nearest(self, self.variables)


def word_in(text: str, variables: Mapping[str, Any]) -> tuple[str, Word] | None:
    """The first variable of an expression whose value is such a word, or a list with one."""
    for name in re.findall(r"[A-Za-z_]\w*", text):
        value = variables.get(name)
        for item in value if isinstance(value, list) else (value,):
            if isinstance(item, Word):
                return name, item
    return None


class Controls:
    """What a row may say besides its arguments. Most rows say nothing and share EMPTY."""

    __slots__ = ("expect", "refs", "repeat", "share", "times", "trainable", "when")

    def __init__(self) -> None:
        self.times = 1  # how often the row stands at least, as far as its text alone says
        self.refs: Sequence[Ref] | None = None
        self.expect: Any = None
        self.share: Any = None
        self.trainable: Any = None
        self.when: Any = None
        self.repeat: Any = None


EMPTY = Controls()


class Step:
    """One layer: the layer itself, or `make` where its arguments hang on variables.

    `spans(at)` finds the text of an argument (None where it was not written); `layer` is None for an unknown type,
    which has been reported already. Layers with equal text are one object, so that they are worked out once.
    """

    __slots__ = ("controls", "end", "layer", "make", "name", "problems", "source", "spans", "start", "type")

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        type: str,
        layer: Layer | None,
        *,
        name: str | None = None,
        controls: Controls = EMPTY,
        problems: Sequence[Problem] = (),
        spans: Callable[[str], Bounds | None] | None = None,
        make: Callable[[Mapping[str, Any]], tuple[Layer | None, Sequence[Problem]]] | None = None,
    ) -> None:
        self.source, self.start, self.end = source, start, end
        self.type, self.layer, self.name, self.controls = type, layer, name, controls
        self.problems, self.spans, self.make = problems, spans, make

    def span(self, at: str | None = None) -> Span:
        """Where the argument `at` stands; the type's own place where it was not written."""
        bounds = self.spans(at) if at is not None and self.spans is not None else None
        return Span(self.source, *(bounds or (self.start, self.end)))


class Group:
    """Several layers under one name: a block, a composite, a row that stands for a module.

    `expand(outer, inner)` gives the Body: from the variables where it stands, and those with the shape that reaches it.
    """

    __slots__ = ("controls", "end", "expand", "name", "opaque", "size", "source", "start", "type")

    def __init__(
        self,
        source: Source,
        start: int,
        end: int,
        type: str,
        expand: Callable[[Mapping[str, Any], Mapping[str, Any]], Body],
        *,
        name: str | None = None,
        controls: Controls = EMPTY,
        opaque: bool = True,
        size: int = 1,
    ) -> None:
        self.source, self.start, self.end, self.type = source, start, end, type
        self.expand, self.name, self.controls, self.opaque, self.size = expand, name, controls, opaque, size

    def span(self, at: str | None = None) -> Span:
        return Span(self.source, self.start, self.end)

    def body(self, shapes: Sequence[Shape | None], outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Body:
        """What the group stands for where these shapes reach it."""
        return self.expand(outer, inner)


class Body:
    """What a Group stands for: chains of items that all start from its input, and how they are merged.

    `outputs` names what it gives, where that is more or other than its last layer's output.
    """

    __slots__ = ("arguments", "chains", "merge", "outputs", "variables")

    def __init__(
        self,
        chains: Sequence[Sequence[Any]],
        merge: Step | None = None,
        variables: Mapping[str, Any] | None = None,
        arguments: str = "",
        outputs: Sequence[Ref] | None = None,
    ) -> None:
        self.chains, self.merge, self.variables, self.arguments = chains, merge, variables, arguments
        self.outputs = outputs


class Network:
    """Inputs (whole shapes, batch included), items, outputs, and what the file asks to be checked."""

    __slots__ = (
        "batch",
        "blocks",
        "budget",
        "dialect",
        "expansion_cap",
        "input_spans",
        "inputs",
        "items",
        "loss",
        "loss_span",
        "name",
        "outputs",
        "overridden",
        "source",
        "variables",
        "variant",
    )

    def __init__(self, source: Source, name: str | None, dialect: Dialect) -> None:
        self.source, self.name, self.dialect = source, name, dialect
        self.variant: str | None = None
        self.overridden = False  # the caller gave another input, batch, variable or variant than the file
        self.inputs: dict[str, Shape | None] = {}
        self.input_spans: dict[str, Span] = {}
        self.items: list[Any] = []
        self.outputs: Sequence[Ref] | None = None
        self.variables: dict[str, Any] = {}
        self.blocks: Mapping[str, Any] = {}  # the file's own blocks and those it includes, as its reader keeps them
        self.budget: dict[str, tuple[float, Span]] = {}
        self.loss: str | None = None
        self.loss_span: Span | None = None
        self.batch: Any = None
        self.expansion_cap = 1_000_000

    def facts(self) -> dict[str, object]:
        """What a dialect adds to the JSON's `spec`."""
        return {}

    def row_facts(self, row: Row) -> dict[str, object]:
        """What a dialect adds to a row of the JSON."""
        return {}

    def cell(self, column: str, row: Row) -> str:
        """What a row shows in one of the columns that only its dialect has."""
        return ""

    def notes(self) -> list[str]:
        """What a dialect adds below its table."""
        return []

    def is_assumed(self, row: Row | None = None) -> bool:
        """Does the shape of a row (None: of any row) depend on an assumption? Tables mark it with `*`."""
        return False

    def is_unknown(self, row: Row) -> bool:
        """Is it unknown what the row computes? Tables show `?` for its costs."""
        return False

    def is_read_unseen(self, row: Row) -> bool:
        """Is the row's output used by others than those that name it in their `from`?"""
        return False

    def review(self, plan: Plan) -> None:
        """What a dialect finds in the finished plan."""

    def heading(self) -> str:
        """What the network is called over its table."""
        return (self.name or self.source.path) + (f" [{self.variant}]" if self.variant else "")
