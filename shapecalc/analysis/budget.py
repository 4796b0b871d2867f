"""`budget`: are the totals within what the file allows, and what costs most where they are not?"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.conditions import least_values
from shapecalc.algebra.dims import Dim, Sym, extent, substitute, symbol
from shapecalc.algebra.dtypes import DTYPE_BYTES
from shapecalc.algebra.symbols import is_int_floor

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row
    from shapecalc.text.source import Span

MOST_NAMED: Final = 3
MOST_TRIED: Final = 2**64
MOST_PERIODS: Final = 64
#: Totals that follow from a figure of the rows under another name: (the figure, its factor; None: bytes an element).
FROM_ROWS: Final = {
    "flops": ("macs", 2),
    "param_bytes": ("params", None),
    "peak_activation_bytes": ("activation_bytes", 1),
}


def check_budget(plan: Plan) -> None:
    """Reports every total that exceeds the file's budget: by how much, and the layers that cost the most.

    A symbolic total is compared for all sizes that the network takes. If some of them exceed the budget, the plan gets
    a condition.
    """
    for key, (amount, span) in plan.network.budget.items():
        total = plan.totals.get(key)
        if isinstance(total, Sym):
            compare_symbolic(plan, key, total, amount, span)
        elif isinstance(total, int) and total > amount:
            message = f"{key} is {total:,}, over the budget of {figure(amount)} by {over(total, amount)}"
            plan.reporter.error("over-budget", message, span, notes=most_costly(plan, key, total))


def compare_symbolic(plan: Plan, key: str, total: Sym, amount: float, span: Span) -> None:
    """Over for all sizes: an error. Over for some: a condition, unless the total lacks layers."""
    known = least_values(c for row in plan.layers for c in row.conditions)
    least, most = extent(total, known)
    name = grows_with(total, known) if most > amount else None
    if name is not None:
        least = total.evaluate({name: known.get(name, 1)})
    if isinstance(least, int) and least > amount:
        message = f"{key} is at least {least:,}, over the budget of {figure(amount)} by {over(least, amount)}"
        plan.reporter.error("over-budget", message, span, notes=[f"{key} is {total}"])
    elif most > amount and key not in plan.totals.get("partial", ()):
        plan.budget_conditions[key] = (
            f"{total} <= {figure(amount)}"
            if name is None
            else f"{name} <= {most_within(total, amount, name, known.get(name, 1))}"
        )


def grows_with(total: Sym, least: Mapping[str, int]) -> str | None:
    """The only symbol of a total, if the total surely never falls when the symbol rises."""
    names = total.symbols()
    name = next(iter(names)) if len(names) == 1 else None
    return name if name is not None and grows(total, name, least.get(name, 1)) else None


def grows(total: Dim, name: str, low: int) -> bool:
    """Does the total surely never fall as its symbol rises from `low`? Between multiples of its divisors the floors are
    plain sums, so each remainder is checked separately."""
    if not isinstance(total, Sym):
        return True
    atoms = total.atoms()
    largest = next(iter(atoms)) if len(atoms) == 1 else None
    if largest is not None and largest.kind == "max" and total == Sym({(largest,): 1}):
        return all(grows(arg, name, low) for arg in largest.args)
    period = math.lcm(*(atom.args[1] for atom in atoms if is_int_floor(atom)))
    if period > MOST_PERIODS:
        return False
    starts = [period * symbol(name) + (low - period + k) for k in range(period + 1)]
    values = [substitute(total, {name: start}) for start in starts]
    return all(extent(b - a, {})[0] >= 0 for a, b in itertools.pairwise(values))


def most_within(total: Sym, amount: float, name: str, low: int) -> int:
    """The largest value of its symbol for which a total that never falls is at most the amount, as it is at `low`."""
    high = 2 * low
    while high < MOST_TRIED and total.evaluate({name: high}) <= amount:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        fits = total.evaluate({name: middle}) <= amount
        low, high = (middle, high) if fits else (low, middle)
    return low


def over(total: int, amount: float) -> str:
    """`98,480 (19.7 %)`."""
    percent = f" ({100 * (total - amount) / amount:.1f} %)" if amount else ""
    return figure(total - amount) + percent


def figure(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:,.1f}"


def most_costly(plan: Plan, key: str, total: int) -> list[str]:
    """One note: the layers that contribute the most to a total, each with its share."""
    costs = sorted(((cost, row.name) for row in plan.layers if (cost := cost_of(row, key, plan))), key=lambda c: -c[0])
    named = [f"`{name}` ({cost:,}, {100 * cost / total:.0f} %)" for cost, name in costs[:MOST_NAMED]]
    if not named:
        return []
    lead = "the largest outputs are those of" if key == "peak_activation_bytes" else "most are in"
    return [f"{lead} {', '.join(named)}"]


def cost_of(row: Row, key: str, plan: Plan) -> int:
    """What a layer adds to a total; 0 for a block, and if it is not known."""
    if row.kind != "layer":
        return 0
    field, factor = FROM_ROWS.get(key, (key, 1))
    value = getattr(row, field, 0)
    return value * (DTYPE_BYTES[plan.dtype] if factor is None else factor) if isinstance(value, int) else 0
