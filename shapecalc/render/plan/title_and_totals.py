"""What is above and below the layer table: a title, the conditions on symbols, and the totals with what they count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.render.layout import printable, wrap
from shapecalc.render.value_text import byte_text, exact
from shapecalc.text.english import shortlist
from shapecalc.text.findings import clip

if TYPE_CHECKING:
    from shapecalc.algebra.conditions import Condition
    from shapecalc.network.plan import Plan

INDENT = 2
LONGEST_VALUE = 20
LONGEST_TITLE = 500
NO_BREAK = "\xa0"


def title(plan: Plan, width: int | None = None) -> str:
    """`lenet5: input (N, 1, 28, 28) -> logits (N, 10)`; lines break between inputs and outputs, never inside one."""
    inputs, outputs = named_shapes(plan.inputs), named_shapes(plan.outputs)
    text = clip(f"{unbroken(plan.network.heading())}: {inputs or '?'} {unbroken('-> ')}{outputs or '?'}", LONGEST_TITLE)
    return wrap(text, width, hang=INDENT).replace(NO_BREAK, " ")


def named_shapes(shapes: Mapping[str, Shape | None]) -> str:
    return ", ".join(unbroken(f"{name} {format_shape(shape)}") for name, shape in shapes.items())


def unbroken(text: str) -> str:
    """A text that `wrap` does not break."""
    return printable(text).replace(" ", NO_BREAK)


def conditions(plan: Plan, width: int | None) -> list[str]:
    """`needs H divisible by 32  (at up1)`: what the layers and the budget require of the symbols."""
    layers: dict[Condition, list[str]] = {}
    for row in plan.layers:
        for condition in row.conditions or ():
            layers.setdefault(condition, []).append(row.name)
    budget = plan.budget_conditions
    if not layers and not budget:
        return []
    from shapecalc.algebra.conditions import merged

    out = []
    for condition, parts in merged(layers).items():
        names = list(dict.fromkeys(name for part in parts for name in layers[part]))
        out.append(wrap(f"needs {condition}  (at {shortlist(names, 2)})", width, hang=INDENT))
    out += [wrap(f"needs {text}  (budget of {key})", width, hang=INDENT) for key, text in budget.items()]
    return [*out, ""]


def footer(plan: Plan, width: int | None) -> list[str]:
    """The totals, each with what it counts. A long formula has its own lines; the others are aligned."""
    mark = "*" if plan.network.is_assumed() else ""
    rows = [(name, value + mark if name != "layers" else value, note) for name, value, note in entries(plan)]
    left = max(len(name) for name, _, _ in rows)
    middle = max((len(value) for _, value, _ in rows if len(value) <= LONGEST_VALUE), default=0)
    out = []
    for name, value, note in rows:
        if len(value) > LONGEST_VALUE:
            out.append(wrap(f"{name.ljust(left)}  {value}" + (f"  ({note})" if note else ""), width, hang=left + 2))
        else:
            line = f"{name.ljust(left)}  {value.rjust(middle)}  {note}".rstrip()
            out.append(wrap(line, width, hang=left + middle + 4))
    return out


def entries(plan: Plan) -> list[tuple[str, str, str]]:
    """(name, value, what it counts) of each total."""
    totals, dtype, batch = plan.totals, plan.dtype, batch_note(plan)

    def value(name: str, text: Callable[[object], str] = exact) -> str:
        """A total; `>= ` before one that lacks what some layers add."""
        return (">= " if name in totals.get("partial", ()) else "") + text(totals[name])

    beside = f"trainable {value('trainable_params')}, buffers {value('buffers')}"
    peak = value("peak_activation_bytes", byte_text)
    return [
        ("layers", exact(totals["layers"]), unknown_note(plan)),
        ("params", value("params"), beside),
        ("MACs", value("macs"), f"multiply-accumulates, {batch}"),
        ("FLOPs", value("flops"), "2 x MACs: conv, linear, matmul, attention, rnn"),
        ("parameter memory", value("param_bytes", byte_text), dtype),
        ("forward memory", value("activation_bytes", byte_text), f"{dtype}, what layers allocate, {batch}"),
        ("peak memory", peak, f"{dtype}, most alive at once, no params"),
    ]


def unknown_note(plan: Plan) -> str:
    """How many layers the totals lack."""
    if "partial" not in plan.totals:
        return ""
    unknown = [UNK in (row.params, row.macs, row.activation_bytes) for row in plan.layers if row.kind == "layer"]
    return f"{sum(unknown):,} of them not fully known: sums with >= leave these out"


def batch_note(plan: Plan) -> str:
    """The batch that the costs are for."""
    batch = plan.network.batch
    if batch is None:
        return "whole input"
    return "one sample" if str(batch) == "N" else f"batch of {batch}"
