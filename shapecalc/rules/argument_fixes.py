"""Fixes that set an argument of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.language.inserting import insertion
from shapecalc.text.english import truth_of
from shapecalc.text.findings import Edit, Fix
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Row


def set_argument(row: Row, name: str, value: str, safe: bool = True) -> Fix | None:
    """Gives the layer the argument: replaces a literal, or inserts it; None if the file has a variable there."""
    step = row.step
    bounds = step.spans(name) if step.spans is not None else None
    if bounds is None:
        inserted = insertion(step, **{name: value})
        if inserted is None:
            return None
        (start, end), text = inserted
        return Fix(f"write `{name}: {value}`", [Edit(Span(step.source, start, end), text)], safe)
    old = step.source.text[slice(*bounds)]
    if truth_of(old) is None and not old.replace(".", "", 1).isdigit():
        return None
    text = value.capitalize() if old[:1].isupper() else value
    return Fix(f"write `{name}: {text}`", [Edit(Span(step.source, *bounds), text)], safe)
