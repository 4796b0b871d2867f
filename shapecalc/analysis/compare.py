"""Two plans compared: rows inserted, removed and changed, costs before and after, and which weights still fit.

Rows are aligned by their text, not by their index, so that an inserted row is one inserted row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from shapecalc.analysis.row_changes import RowChanges
from shapecalc.analysis.weight_changes import Tensors, tensors_in, tensors_of
from shapecalc.network.plain_data import plain, spec_value
from shapecalc.text.json_head import json_object

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

TOTALS: Final = (
    "layers", "params", "trainable_params", "buffers", "param_bytes", "macs", "flops", "activation_bytes",
    "peak_activation_bytes",
)  # fmt: skip


class Comparison:
    """The differences between two plans."""

    __slots__ = ("changes", "new", "old", "same", "tensors")

    def __init__(self, old: Plan, new: Plan) -> None:
        rows = RowChanges(old, new)
        self.old, self.new, self.changes, self.same = old, new, rows.changes, rows.unchanged
        moves = {
            f"{before.name}.{name}": f"{after.name}.{name}"
            for before, after in rows.pairs
            if before.kind == "layer"
            for name in tensors_in(before)
        }
        self.tensors = Tensors(tensors_of(old), tensors_of(new), moves)

    @property
    def totals(self) -> list[tuple[str, Any, Any]]:
        """(name, before, after) of each total."""
        return [(name, self.old.totals.get(name), self.new.totals.get(name)) for name in TOTALS]

    def to_dict(self) -> dict[str, object]:
        """As in the JSON of `shapecalc diff`; `spec` is the new one, the findings are those of both."""
        body = {
            "before": self.old.network.source.path,
            "after": self.new.network.source.path,
            "changes": [change.to_dict() for change in self.changes],
            "unchanged": self.same,
            "totals": {name: {"before": plain(a), "after": plain(b)} for name, a, b in self.totals},
            "tensors": self.tensors.to_dict(),
        }
        return json_object(spec_value(self.new), [*self.old.diagnostics, *self.new.diagnostics], body)


def compare(old: Plan, new: Plan) -> Comparison:
    """The differences between two plans."""
    return Comparison(old, new)
