"""Two plans side by side: the rows that differ, the totals before and after, and the weights that still fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shapecalc.algebra.shape import format_shape
from shapecalc.render.layout import printable, truncated, wrap
from shapecalc.render.markdown import escaped
from shapecalc.render.markdown import table_lines as markdown_table
from shapecalc.render.page import Page
from shapecalc.render.paint import Painter
from shapecalc.render.table import GAP, Texts, of_rows, table_lines
from shapecalc.render.value_text import byte_text, exact, type_text
from shapecalc.text.english import counted, shortlist

if TYPE_CHECKING:
    from shapecalc.analysis.compare import Comparison
    from shapecalc.analysis.row_changes import Change
    from shapecalc.network.plan import Plan, Row

SIGNS = {"inserted": "+", "removed": "-", "changed": "~", "affected": " "}
STYLES = {"inserted": "note", "removed": "error", "changed": "warning", "affected": "gutter"}
NAMES = {
    "layers": "layers", "params": "params", "macs": "MACs", "param_bytes": "parameter memory",
    "activation_bytes": "forward memory", "peak_activation_bytes": "peak memory",
}  # fmt: skip
HEADINGS = ["", "old", "new", "name", "type", "output", "params", "MACs"]
RIGHT = [False, True, True, False, False, False, True, True]
TOTALS = ["", "before", "after", "difference"]
LONGEST_CELL = 44
MOST_NAMED = 4


def render(comparison: Comparison, page: Page) -> str:
    """For people: a table of the rows that differ with what is different, the totals, the weights."""
    width = page.prose_width
    parts = [wrap(heading(comparison), width), ""]
    parts += rows_text(comparison, page) if comparison.changes else ["no row differs"]
    totals_table = of_rows(TOTALS, [False, True, True, False], totals(comparison))
    head, _, *lines = table_lines(totals_table)
    parts += ["", head, *lines, "", *(wrap(line, width, hang=2) for line in weights(comparison))]
    return "\n".join(parts) + "\n"


def heading(comparison: Comparison) -> str:
    return f"{title(comparison.old)} -> {title(comparison.new)}"


def title(plan: Plan) -> str:
    variant = plan.network.variant
    return printable(plan.network.source.path) + (f" ({printable(variant)})" if variant else "")


def cells(change: Change) -> list[str]:
    """The cells of one row: as it is now, costs that changed as `before -> after`."""
    before, after, row = change.before, change.after, change.row
    return [
        SIGNS[change.kind],
        "" if before is None else str(before.index),
        "" if after is None else str(after.index),
        "  " * row.depth + printable(row.name),
        printable(type_text(row.type, row.args)),
        ", ".join(map(format_shape, row.out_shapes)),
        cost_text(before, after, "params"),
        cost_text(before, after, "macs"),
    ]


def cost_text(before: Row | None, after: Row | None, cost: str) -> str:
    """`60 -> 90`, or the one value there is."""
    texts = [exact(getattr(row, cost)) for row in (before, after) if row is not None]
    return " -> ".join(dict.fromkeys(texts))


def rows_text(comparison: Comparison, page: Page) -> list[str]:
    """Heading, rule, and for each change its row and what is different."""
    paint = Painter(page.color)
    rows = [[truncated(cell, LONGEST_CELL) for cell in cells(change)] for change in comparison.changes]
    columns = of_rows(HEADINGS, RIGHT, rows)
    head, rule, *lines = table_lines(columns)
    indent = name_column(columns)
    out = [head, rule]
    for change, line in zip(comparison.changes, lines, strict=True):
        out.append(paint(line, STYLES[change.kind]))
        if change.what and change.kind != "affected":
            out.append(wrap(" " * indent + printable("; ".join(change.what)), page.prose_width, hang=indent))
    return [*out, "", f"{counted(comparison.same, 'row')} unchanged"] if comparison.same else out


def name_column(columns: list[Texts]) -> int:
    """Where the names begin."""
    before = HEADINGS.index("name")
    return sum(column.width + GAP for column in columns[:before])


def totals(comparison: Comparison) -> list[list[str]]:
    """Name, before, after and difference of the totals that people look at."""
    out = []
    for name, before, after in comparison.totals:
        if name in NAMES:
            text: Callable[[object], str] = byte_text if name.endswith("bytes") else exact
            out.append([NAMES[name], text(before), text(after), difference(before, after, text)])
    return out


def difference(before: object, after: object, text: Callable[[object], str]) -> str:
    """`+294 (+0.5 %)`; empty where nothing changed."""
    if before == after:
        return ""
    if not isinstance(before, int) or not isinstance(after, int):
        return "differs"
    change = after - before
    share = f" ({100 * change / before:+.1f} %)" if before else ""
    return ("+" if change > 0 else "-") + text(abs(change)) + share


def weights(comparison: Comparison) -> list[str]:
    """Which tensors of a checkpoint still fit, and what became of the others."""
    tensors = comparison.tensors
    lines = [f"{len(tensors.unchanged):,} of {counted(tensors.total, 'tensor')} keep name and shape"]
    for names, what in (
        ([f"{old} -> {new}" for old, new in tensors.renamed], "with the same shape under another name"),
        (tensors.reshaped, "with another shape under the same name"),
        (tensors.removed, "gone"),
        (tensors.added, "new"),
    ):
        if names:
            lines.append(f"{len(names):,} {what}: {printable(shortlist(names, MOST_NAMED))}")
    return lines


def markdown(comparison: Comparison, page: Page) -> str:
    """GitHub-flavoured Markdown, for the comment on a pull request."""
    parts = [f"**{escaped(heading(comparison))}**", ""]
    if comparison.changes:
        rows = [[change.kind, *cells(change)[1:], "; ".join(change.what)] for change in comparison.changes]
        parts += [*markdown_table([*["row"], *HEADINGS[1:], "what"], [*RIGHT, False], rows), ""]
    parts += [f"{counted(comparison.same, 'row')} unchanged", ""]
    parts += [*markdown_table(["total", *TOTALS[1:]], [False, True, True, True], totals(comparison)), ""]
    parts += [f"- {escaped(line)}" for line in weights(comparison)]
    return "\n".join(parts) + "\n"
