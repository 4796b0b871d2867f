"""The layer table for people, with the findings under it: drawn on a terminal, plain elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.render.page import Page

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

MOST_DRAWN = 2000  # rows; rich takes 0.3 ms for each


def render(plan: Plan, page: Page) -> str:
    """The table; where an error leaves no layers, the findings alone."""
    table = drawn(plan, page) if plan.layers or plan.ok else ""
    if not plan.diagnostics:
        return table
    from shapecalc.render.findings.with_count import with_count

    return (table + with_count(plan.diagnostics, page)).lstrip("\n")


def drawn(plan: Plan, page: Page) -> str:
    if (page.terminal or page.color) and len(plan.layers) <= MOST_DRAWN:
        from shapecalc.render.plan import terminal

        return terminal.render(plan, page)
    from shapecalc.render.plan import plain

    return plain.render(plan, page)
