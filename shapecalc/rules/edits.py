"""Text edits that rules offer as fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.language.inserting import insertion
from shapecalc.text.findings import Edit, Fix
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

LITERALS = ("true", "false", "yes", "no", "on", "off")


def set_argument(row: Row, name: str, value: str, safe: bool = True) -> Fix | None:
    """Gives the layer the argument: replaces a literal, or writes it in; None where a variable stands there."""
    step = row.step
    bounds = step.spans(name) if step.spans is not None else None
    if bounds is None:
        found = insertion(step, **{name: value})
        if found is None:
            return None
        (start, end), text = found
        return Fix(f"write `{name}: {value}`", [Edit(Span(step.source, start, end), text)], safe)
    written = step.source.text[slice(*bounds)]
    if written.lower() not in LITERALS and not written.replace(".", "", 1).isdigit():
        return None
    text = value.capitalize() if written[:1].isupper() else value
    return Fix(f"write `{name}: {text}`", [Edit(Span(step.source, *bounds), text)], safe)
