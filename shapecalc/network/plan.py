"""A plan: the rows of a network with their shapes and costs, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result
from shapecalc.layers.layer import Shapes
from shapecalc.network.network import Network
from shapecalc.text.findings import Finding, Reporter

Edge = tuple[int, int]


NOTHING: Final = Result(None, (), 0, 0, 0, Context())  # type: ignore[arg-type]


class Figures(Protocol):
    """What follows from the rows of a plan, computed when it is first read; lists have one item for each row."""

    @property
    def dtype(self) -> str: ...

    @property
    def activation_bytes(self) -> Sequence[Dim]: ...

    @property
    def fields(self) -> Sequence[tuple[tuple[Dim, ...] | None, tuple[int | float, ...] | None]]:
        """Receptive field and jump."""

    @property
    def totals(self) -> dict[str, Any]: ...


class Row:
    """One line of a plan: a layer, or (`kind` block) several. `edges` are (row, output) pairs; row -k is input k."""

    __slots__ = (
        "buffers",
        "conditions",
        "depth",
        "edges",
        "failed",
        "figures",
        "given",
        "in_shapes",
        "index",
        "kind",
        "layer",
        "macs",
        "name",
        "out_shapes",
        "owner",
        "params",
        "step",
        "trainable_params",
        "type",
    )

    def __init__(
        self,
        index: int,
        kind: str,
        depth: int,
        name: str,
        type: str,
        step: Any,
        in_shapes: Shapes = (),
        edges: tuple[Edge, ...] = (),
        result: Result = NOTHING,
    ) -> None:
        self.index, self.kind, self.depth, self.name, self.type, self.step = index, kind, depth, name, type, step
        self.in_shapes, self.edges = in_shapes, edges
        self.out_shapes, self.layer, self.conditions = result.out_shapes, result.layer, result.conditions
        self.params = self.trainable_params = result.params
        self.buffers, self.macs = result.buffers, result.macs
        self.given: Mapping[str, Any] | None = None  # a block's arguments
        self.owner: Row | None = None  # the layer whose weights this one uses
        self.figures: Figures | None = None
        self.failed = False

    @property
    def activation_bytes(self) -> Dim:
        """Bytes that the layer allocates for its outputs; those of a block are the sum of its layers'."""
        return 0 if self.figures is None else self.figures.activation_bytes[self.index]

    @property
    def receptive_field(self) -> tuple[Dim, ...] | None:
        """Input positions that one output element sees, per spatial axis; None if unknown."""
        return None if self.figures is None else self.figures.fields[self.index][0]

    @property
    def jump(self) -> tuple[int | float, ...] | None:
        """Input positions between two neighboring outputs, per spatial axis; None if there is no such number."""
        return None if self.figures is None else self.figures.fields[self.index][1]

    @property
    def line(self) -> int:
        return self.step.span().line  # type: ignore[no-any-return]

    @property
    def column(self) -> int:
        return self.step.span().column  # type: ignore[no-any-return]

    @property
    def args(self) -> dict[str, Any]:
        """The layer's arguments, or the values that a block's have."""
        return self.layer.arguments() if self.layer is not None else dict(self.given or {})


class Policy(Protocol):
    """Decides which findings of a plan count, and how much."""

    @property
    def raises(self) -> bool:
        """May a warning be an error?"""

    def findings(self, plan: Plan) -> list[Finding]:
        """The findings that count, those of the lint rules included, by place."""


class Plan:
    """Rows, findings and totals of one network. Without a policy the findings are those of planning alone."""

    def __init__(self, network: Network, reporter: Reporter, policy: Policy | None = None) -> None:
        self.network, self.reporter, self.policy = network, reporter, policy
        self.layers: list[Row] = []
        self.input_names: list[str] = list(network.inputs)
        self.inputs: dict[str, Shape | None] = dict(network.inputs)
        self.outputs: dict[str, Shape | None] = {}
        self.output_edges: list[Edge] = []
        self.figures: Figures | None = None
        self.budget_conditions: dict[str, str] = {}  # by total: where it stays within the file's budget
        self._findings: list[Finding] | None = None

    @property
    def diagnostics(self) -> list[Finding]:
        """Every finding that counts, by place; the lint rules run when this is first read."""
        if self.policy is None:
            return self.reporter.findings
        if self._findings is None:
            self._findings = self.policy.findings(self)
        return self._findings

    @property
    def ok(self) -> bool:
        """Nothing is wrong that is an error; warnings do not count."""
        if not self.reporter.has_errors and (self.policy is None or not self.policy.raises):
            return True
        return not any(d.severity == "error" for d in self.diagnostics)

    @property
    def totals(self) -> dict[str, Any]:
        """As in the JSON."""
        return {} if self.figures is None else self.figures.totals

    @property
    def dtype(self) -> str:
        return "fp32" if self.figures is None else self.figures.dtype

    @property
    def conditions(self) -> list[str]:
        """What the symbols must satisfy for the network to work, in order of appearance; then for its budget."""
        from shapecalc.algebra.conditions import merged

        needed = [str(c) for c in merged(c for row in self.layers for c in row.conditions)]
        return needed + [text for text in self.budget_conditions.values() if text not in needed]

    def attach(self, figures: Figures) -> None:
        """Gives the plan and its rows their figures."""
        self.figures = figures
        for row in self.layers:
            row.figures = figures

    def producer(self, edge: Edge) -> str:
        """The name of what an edge reads: `conv1`, `lstm.1`, an input's name."""
        row, output = edge
        if row < 0:
            return self.input_names[-row - 1]
        made = self.layers[row]
        return made.name if output == 0 and len(made.out_shapes) < 2 else f"{made.name}.{output}"

    def called(self, row: Row) -> str:
        """What a finding calls a row: where rows are numbered, the row of the file."""
        return self.network.dialect.called(row.name)

    def from_names(self, row: Row) -> list[str]:
        """The names of what a row reads. Where rows are numbered, other rows are read by their number."""
        names = [self.producer(edge) for edge in row.edges]
        if not self.network.dialect.numbered:
            return names
        own = row.name.partition(".")[0]
        return [number if (number := name.partition(".")[0]) != own else name for name in names]

    def to_dict(self) -> dict[str, Any]:
        """The plan as plain data (see `shapecalc.document`)."""
        from shapecalc.network.plain_data import document

        return document(self)
