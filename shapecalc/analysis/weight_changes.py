"""Which weights of a network still fit after a change: by name and shape, as a checkpoint has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from shapecalc.algebra.shape import Shape
from shapecalc.network.sharing import weights_of

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row


class Tensors:
    """The weights of two networks by name: which are unchanged in name and shape, and what became of the others.

    `renamed` are those of aligned layers with the same shape under another name: (old name, new name). `moves` gives
    the new name of every weight of an aligned layer.
    """

    __slots__ = ("added", "removed", "renamed", "reshaped", "total", "unchanged")

    def __init__(self, old: Mapping[str, Shape], new: Mapping[str, Shape], moves: Mapping[str, str]) -> None:
        self.total = len(old)
        self.unchanged = [name for name, shape in old.items() if new.get(name) == shape]
        self.reshaped = [name for name, shape in old.items() if name in new and new[name] != shape]
        moved = [(name, moves[name]) for name in old if moves.get(name, name) != name and new.get(name) != old[name]]
        self.renamed = [(name, to) for name, to in moved if new.get(to) == old[name]]
        sources, targets = {name for name, _ in self.renamed}, {to for _, to in self.renamed}
        self.removed = [name for name in old if name not in new and name not in sources]
        self.added = [name for name in new if name not in old and name not in targets]

    def to_dict(self) -> dict[str, object]:
        return {
            "before": self.total, "kept": len(self.unchanged), "reshaped": self.reshaped,
            "renamed": [list(pair) for pair in self.renamed], "removed": self.removed, "added": self.added,
        }  # fmt: skip


def tensors_of(plan: Plan) -> dict[str, Shape]:
    """Every weight and buffer by the name that it has in a checkpoint of a network with these names."""
    found: dict[str, Shape] = {}
    for row in plan.layers:
        if row.kind == "layer" and row.step.controls.share is None:
            found.update((f"{row.name}.{name}", shape) for name, shape in tensors_in(row).items())
    return found


def tensors_in(row: Row) -> dict[str, Shape]:
    """The weights and buffers of one layer by their own names."""
    return {**weights_of(row.layer), **buffers_of(row)}


def buffers_of(row: Row) -> Mapping[str, Shape]:
    try:
        return row.layer.buffers() if row.layer is not None else {}
    except (ArithmeticError, LookupError, TypeError):
        return {}
