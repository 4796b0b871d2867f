"""What stands around the layer table: a title, the conditions on symbols, and the totals with what they count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import format_shape
from shapecalc.render.text import byte_text, exact, listing, printable, wrap
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
    inputs = listing(whole(f"{name} {format_shape(shape)}") for name, shape in plan.inputs.items())
    outputs = listing(whole(f"{name} {format_shape(shape)}") for name, shape in plan.outputs.items())
    text = clip(f"{whole(plan.network.heading())}: {inputs or '?'} {whole('-> ')}{outputs or '?'}", LONGEST_TITLE)
    return wrap(text, width, hang=INDENT).replace(NO_BREAK, " ")


def whole(text: str) -> str:
    """A text that `wrap` does not break."""
    return printable(text).replace(" ", NO_BREAK)


def conditions(plan: Plan, width: int | None) -> list[str]:
    """`needs H divisible by 32  (at up1)`: what the layers, and the budget, ask of the symbols."""
    found: dict[Condition, list[str]] = {}
    for row in plan.layers:
        for condition in row.conditions or ():
            found.setdefault(condition, []).append(row.name)
    asked = plan.budget_conditions
    if not found and not asked:
        return []
    from shapecalc.algebra.conditions import merged

    out = []
    for condition, parts in merged(found).items():
        names = list(dict.fromkeys(name for part in parts for name in found[part]))
        more = f" and {len(names) - 2} more" if len(names) > 2 else ""
        out.append(wrap(f"needs {condition}  (at {listing(names[:2])}{more})", width, hang=INDENT))
    out += [wrap(f"needs {text}  (budget of {key})", width, hang=INDENT) for key, text in asked.items()]
    return [*out, ""]


def footer(plan: Plan, width: int | None) -> list[str]:
    """The totals, each with what it counts. A long formula takes lines of its own, and the others stay aligned."""
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
    totals = plan.totals
    batch = batch_note(plan)
    beside = f"trainable {told(totals, 'trainable_params')}, buffers {told(totals, 'buffers')}"
    return [
        ("layers", exact(totals["layers"]), unknown_note(plan)),
        ("params", told(totals, "params"), beside),
        ("MACs", told(totals, "macs"), f"multiply-accumulates, {batch}"),
        ("FLOPs", told(totals, "flops"), "2 x MACs: conv, linear, matmul, attention, rnn"),
        ("parameter memory", told(totals, "param_bytes", byte_text), plan.dtype),
        ("forward memory", told(totals, "activation_bytes", byte_text), f"{plan.dtype}, what layers allocate, {batch}"),
        (
            "peak memory",
            told(totals, "peak_activation_bytes", byte_text),
            f"{plan.dtype}, most alive at once, no params",
        ),
    ]


def told(totals: Mapping[str, Any], name: str, text: Callable[[Any], str] = exact) -> str:
    """A total; `>= ` before one that lacks what some layers add."""
    return (">= " if name in totals.get("partial", ()) else "") + text(totals[name])


def unknown_note(plan: Plan) -> str:
    """How many layers the totals lack."""
    if "partial" not in plan.totals:
        return ""
    open_ = sum(1 for row in plan.layers if row.kind == "layer" and UNK in (row.params, row.macs, row.activation_bytes))
    return f"{open_:,} of them not known in all: sums with >= lack these"


def batch_note(plan: Plan) -> str:
    """For which batch the costs hold."""
    batch = plan.network.batch
    if batch is None:
        return "whole input"
    return "one sample" if str(batch) == "N" else f"batch of {batch}"
