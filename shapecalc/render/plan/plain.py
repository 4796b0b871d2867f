"""The layer table as plain text, for pipes and files and for tables too long to be drawn: fast, and never coloured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shapecalc.render.plan.columns import Cells
from shapecalc.render.plan.outline import EVERYTHING, View
from shapecalc.render.plan.title_and_totals import conditions, footer, title
from shapecalc.render.text import cut, width_of, wrap

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

GAP = 2
NARROWEST_TYPE = 12
ROOMY_TYPE = 24
LONGEST_FORMULA = 20
LONGEST_TEXT = 100


def render(plan: Plan, *, width: int = 80, columns: Sequence[str] = (), view: View = EVERYTHING) -> str:
    """Title, table, conditions and totals, in lines of `width` columns where that needs no name or number cut."""
    parts = [title(plan, width), ""]
    if plan.layers:
        cells = Cells(plan, columns, view=view)
        fit(cells, plan, width)
        parts += [*lines(cells), "", *notes(cells, width)]
    parts += conditions(plan, width)
    parts += footer(plan, width)
    return "\n".join(parts) + "\n"


def notes(cells: Cells, width: int | None) -> list[str]:
    """What the lines of the table stand for, where that is not one layer each."""
    return [*(wrap(note, width, hang=2) for note in cells.notes), ""] if cells.notes else []


def fit(cells: Cells, plan: Plan, width: int) -> None:
    """Makes the table as narrow as `width`, if it can be: MACs get units, then the types' arguments are cut."""
    if total_width(cells) > width:
        cells.texts = [shown(texts) for texts in cells.texts]
        cells.shorten_macs(plan)
    if total_width(cells) > width:
        cut_formulas(cells)
    over = total_width(cells) - width
    if over > 0 and "type" in cells.names:
        at = cells.names.index("arguments" if "arguments" in cells.names else "type")
        target = widest(cells.texts[at]) - over
        target = target if target >= NARROWEST_TYPE else ROOMY_TYPE  # too wide in any case: readable at least
        short = {text: cut(text, target) for text in set(cells.texts[at])}
        cells.texts[at] = [short[text] for text in cells.texts[at]]


def shown(texts: list[str]) -> list[str]:
    """Texts of a length that a table can hold: the shape of a tensor with 50,000 axes is none."""
    if max(map(len, texts), default=0) <= LONGEST_TEXT:
        return texts
    return [t if len(t) <= LONGEST_TEXT else cut(t[:LONGEST_TEXT], LONGEST_TEXT - 1) for t in texts]


def cut_formulas(cells: Cells) -> None:
    """Long formulas of symbolic costs are cut; the JSON has them whole."""
    for name in ("params", "macs", "memory"):
        if name in cells.names:
            at = cells.names.index(name)
            if max(map(len, cells.texts[at]), default=0) > LONGEST_FORMULA:
                cells.texts[at] = [cut(text, LONGEST_FORMULA) for text in cells.texts[at]]


def total_width(cells: Cells) -> int:
    sizes = column_widths(cells)
    return sum(sizes) + GAP * (len(sizes) - 1)


def column_widths(cells: Cells) -> list[int]:
    return [max(len(h), widest(t)) for h, t in zip(cells.headings, cells.texts, strict=True)]


def widest(texts: Sequence[str]) -> int:
    """Columns of the widest text."""
    distinct = set(texts)
    strange = {text for text in distinct if not text.isascii()}
    return max(max(map(len, distinct - strange), default=0), max(map(width_of, strange), default=0))


def lines(cells: Cells) -> list[str]:
    """Heading, rule and one line per row."""
    sizes = column_widths(cells)
    columns = [aligned(t, size, right) for t, size, right in zip(cells.texts, sizes, cells.right, strict=True)]
    heads = [pad(h, size, right) for h, size, right in zip(cells.headings, sizes, cells.right, strict=True)]
    gap = " " * GAP
    body = [gap.join(texts).rstrip() for texts in zip(*columns, strict=True)]
    return [gap.join(heads).rstrip(), "-" * (sum(sizes) + GAP * (len(sizes) - 1)), *body]


def aligned(texts: Sequence[str], size: int, right: bool) -> list[str]:
    """All texts of a column padded to its width."""
    if "".join(texts).isascii():
        return [text.rjust(size) for text in texts] if right else [text.ljust(size) for text in texts]
    adjust = str.rjust if right else str.ljust
    strange = {text: pad(text, size, right) for text in set(texts) if not text.isascii()}
    return [strange[text] if text in strange else adjust(text, size) for text in texts]


def pad(text: str, size: int, right: bool) -> str:
    blanks = " " * (size - width_of(text))
    return blanks + text if right else text + blanks
