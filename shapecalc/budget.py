"""`budget`: are the totals within what the file allows, and what costs most where they are not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapecalc.analysis import DTYPE_BYTES

if TYPE_CHECKING:
    from shapecalc.infer import Plan

MOST_NAMED = 3


def check_budget(made: Plan) -> None:
    """Reports every total that exceeds the file's budget: by how much, and the layers that cost most."""
    for key, (amount, span) in made.network.budget.items():
        total = made.totals.get(key)
        if isinstance(total, int) and total > amount:  # nobody can tell of a symbol
            message = f"{key} is {total:,}, over the budget of {figure(amount)} by {over(total, amount)}"
            made.reporter.error("over-budget", message, span, notes=most_costly(made, key, total))


def over(total: int, amount: float) -> str:
    """`98,480 (19.7 %)`."""
    percent = f" ({100 * (total - amount) / amount:.1f} %)" if amount else ""
    return figure(total - amount) + percent


def figure(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,.1f}"


def most_costly(made: Plan, key: str, total: int) -> list[str]:
    """One note: the layers that cost most of a total, each with its part."""
    costs = sorted(((cost, row.name) for row in made.layers if (cost := cost_of(row, key, made))), key=lambda c: -c[0])
    named = [f"`{name}` ({cost:,}, {100 * cost / total:.0f} %)" for cost, name in costs[:MOST_NAMED]]
    if not named:
        return []
    lead = "the largest outputs are those of" if key == "peak_activation_bytes" else "most are in"
    return [f"{lead} {', '.join(named)}"]


def cost_of(row: Any, key: str, made: Plan) -> int:
    """What a layer adds to a total; 0 for a block, and for what is not known."""
    if row.kind != "layer":
        return 0
    field, times = {
        "flops": ("macs", 2),
        "param_bytes": ("params", DTYPE_BYTES[made.dtype]),
        "peak_activation_bytes": ("activation_bytes", 1),
    }.get(key, (key, 1))
    value = getattr(row, field, 0)
    return value * times if isinstance(value, int) else 0
