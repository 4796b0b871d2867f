"""What a row can see while the network is walked: names, variables, the use of a block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import Shape
from shapecalc.layers.layer import Shapes
from shapecalc.network.network import Group
from shapecalc.network.plan import Edge
from shapecalc.text.findings import Label


class Out:
    """What an item gives to those that read it: shapes, and the row and output each comes from."""

    __slots__ = ("edges", "multi", "shapes")

    def __init__(self, shapes: Shapes, edges: tuple[Edge, ...], multi: bool = False) -> None:
        self.shapes, self.edges, self.multi = shapes, edges, multi


class Scope:
    """One list of layers being walked: what has been named so far, and what reached it."""

    __slots__ = ("counts", "depth", "entry", "later", "names", "outs", "parent", "prefix", "use", "variables")

    def __init__(
        self,
        entry: Out,
        variables: Mapping[str, Any],
        *,
        parent: Scope | None = None,
        prefix: str = "",
        depth: int = 0,
        use: Use | None = None,
        later: frozenset[str] = frozenset(),
    ) -> None:
        self.entry, self.variables, self.parent, self.prefix = entry, variables, parent, prefix
        self.depth, self.use, self.later = depth, use, later
        self.names: dict[str, Out] = {}
        self.outs: list[Out] = []
        self.counts: dict[str, int] = {}

    def find(self, name: str) -> Out | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def auto_name(self, type: str) -> str:
        """`conv2d_1`, skipping names that are taken anywhere in this scope."""
        counts = self.counts
        while True:
            number = counts[type] = counts.get(type, 0) + 1
            name = f"{type}_{number}"
            if name not in self.later and name not in self.names:
                return name


class Use:
    """The use of a block that a layer stands in: for findings that point at both."""

    __slots__ = ("group", "parent", "text")

    def __init__(self, group: Group, text: str, parent: Use | None) -> None:
        self.group, self.text, self.parent = group, text, parent


def uses(use: Use | None) -> list[Label]:
    labels: list[Label] = []
    while use is not None and len(labels) < 10:
        span = use.group.span()
        labels.append(Label(span, f"in block `{use.group.type}`, used at line {span.line}{use.text}"))
        use = use.parent
    return labels


def scopes(scope: Scope) -> list[Scope]:
    found = []
    at: Scope | None = scope
    while at is not None:
        found.append(at)
        at = at.parent
    return found


def explicit(items: Sequence[Any]) -> frozenset[str]:
    """Names that the file gives in this list."""
    return frozenset(item.name for item in items if item.name is not None)


def shape_variables(shapes: Shapes) -> dict[str, Any]:
    """What a block sees of the shape that reaches it."""
    shape = shapes[0] if shapes else None
    if shape is None or UNK in shape:
        return {"in_channels": UNK, "in_features": UNK, "in_shape": UNK} if shape is None else known_part(shape)
    return known_part(shape)


def known_part(shape: Shape) -> dict[str, Any]:
    out: dict[str, Any] = {"in_shape": list(shape)}
    if shape:
        out["in_features"] = shape[-1]
        out["in_channels"] = shape[1] if len(shape) > 1 else shape[0]
    return out
