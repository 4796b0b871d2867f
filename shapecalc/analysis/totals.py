"""The totals of a plan, and its other figures: what follows from the rows alone, computed when it is first read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.dims import UNK, Dim, Sym
from shapecalc.algebra.dtypes import DTYPE_BYTES
from shapecalc.analysis.memory import activation_bytes, peak_activation_bytes, summed
from shapecalc.analysis.receptive_fields import receptive_fields

if TYPE_CHECKING:
    from shapecalc.analysis.receptive_fields import FieldAndJump
    from shapecalc.network.plan import Plan

BATCH: Final = "N"
#: Totals that lack what another one lacks.
FOLLOWS: Final = {"params": "param_bytes", "macs": "flops", "activation_bytes": "peak_activation_bytes"}


class Figures:
    """Memory, totals and receptive fields of a plan, each computed when it is first read: few outputs show them all."""

    __slots__ = ("_activation_bytes", "_fields", "_plan", "_totals", "dtype")

    def __init__(self, plan: Plan, dtype: str = "fp32") -> None:
        self._plan, self.dtype = plan, dtype
        self._activation_bytes: list[Dim] | None = None
        self._fields: list[FieldAndJump] | None = None
        self._totals: dict[str, Any] | None = None

    @property
    def activation_bytes(self) -> Sequence[Dim]:
        """Bytes that each row allocates; for one sample while the batch is N."""
        if self._activation_bytes is None:
            env: Mapping[str, Dim] = {BATCH: 1} if isinstance(self._plan.network.batch, Sym) else {}
            self._activation_bytes = activation_bytes(self._plan.layers, DTYPE_BYTES[self.dtype], env)
        return self._activation_bytes

    @property
    def fields(self) -> Sequence[FieldAndJump]:
        """(receptive field, jump) of each row, per spatial axis of the network's input; (None, None) if unknown."""
        if self._fields is None:
            self._fields = receptive_fields(self._plan.layers, list(self._plan.inputs.values()))
        return self._fields

    @property
    def totals(self) -> dict[str, Any]:
        """The sums of the JSON's `totals`."""
        if self._totals is None:
            self._totals = totals(self._plan, self.activation_bytes, DTYPE_BYTES[self.dtype])
        return self._totals


def totals(plan: Plan, allocated: Sequence[Dim], width: int) -> dict[str, Any]:
    """The sums of the JSON's `totals`, with `width` bytes an element; only rows of kind `layer` count.

    If some layers are not known, `partial` lists the sums that lack them. A sum without any known value is UNK.
    """
    layers = [row for row in plan.layers if row.kind == "layer"]
    partial: list[str] = []
    params = known_sum("params", [row.params for row in layers], partial)
    macs = known_sum("macs", [row.macs for row in layers], partial)
    found: dict[str, Any] = {
        "layers": len(layers),
        "params": params,
        "trainable_params": known_sum("trainable_params", [row.trainable_params for row in layers], partial),
        "buffers": known_sum("buffers", [row.buffers for row in layers], partial),
        "param_bytes": params * width,
        "macs": macs,
        "flops": macs * 2,
        "activation_bytes": known_sum("activation_bytes", [allocated[row.index] for row in layers], partial),
        "peak_activation_bytes": peak_activation_bytes(plan.layers, allocated, plan.output_edges),
    }
    if partial:
        if found["activation_bytes"] is UNK:
            found["peak_activation_bytes"] = UNK
        lacking = {*partial, *(FOLLOWS[name] for name in partial if name in FOLLOWS)}
        found["partial"] = [name for name in found if name in lacking and found[name] is not UNK]
    return found


def known_sum(name: str, values: Sequence[Dim], partial: list[str]) -> Dim:
    """The sum of the known values; adds `name` to `partial` if some are unknown."""
    if set(map(type, values)) <= {int}:
        return sum(values)
    known = [value for value in values if value is not UNK]
    total = summed(known)
    if len(known) == len(values):
        return total
    partial.append(name)
    return UNK if isinstance(total, int) and total == 0 else total
