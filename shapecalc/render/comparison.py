"""Two plans side by side: the rows that differ, the totals before and after, and the weights that still fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.shape import format_shape
from shapecalc.render.findings.carets import Painter
from shapecalc.render.plan.plan_markdown import escaped, row_lines
from shapecalc.render.text import byte_text, cut, exact, printable, type_text, width_of, wrap
from shapecalc.text.english import plural

if TYPE_CHECKING:
    from shapecalc.analysis.compare import Comparison
    from shapecalc.analysis.row_changes import Change
    from shapecalc.network.plan import Row

SIGNS = {"inserted": "+", "removed": "-", "changed": "~", "affected": " "}
STYLES = {"inserted": "note", "removed": "error", "changed": "warning", "affected": "gutter"}
NAMES = {
    "layers": "layers", "params": "params", "macs": "MACs", "param_bytes": "parameter memory",
    "activation_bytes": "forward memory", "peak_activation_bytes": "peak memory",
}  # fmt: skip
HEADINGS = ["", "old", "new", "name", "type", "output", "params", "MACs"]
RIGHT = [False, True, True, False, False, False, True, True]
MOST_NAMED = 4


def render(comparison: Comparison, *, width: int | None = None, color: bool = False) -> str:
    """For people: a table of the rows that differ with what is different, the totals, the weights."""
    head = f"{path_of(comparison.old)} -> {path_of(comparison.new)}"
    parts = [wrap(head, width), ""]
    parts += rows_text(comparison, width, Painter(color)) if comparison.changes else ["no row differs"]
    parts += ["", *totals_text(comparison), "", *(wrap(line, width, hang=2) for line in weights(comparison))]
    return "\n".join(parts) + "\n"


def path_of(plan: Any) -> str:
    variant = plan.network.variant
    return printable(plan.network.source.path) + (f" ({printable(variant)})" if variant else "")


def cells(change: Change) -> list[str]:
    """The cells of one row: as it is now, costs that changed as `before -> after`."""
    before, after = change.before, change.after
    row = change.row
    return [
        SIGNS[change.kind],
        "" if before is None else str(before.index),
        "" if after is None else str(after.index),
        "  " * row.depth + printable(row.name),
        printable(type_text(row.type, row.args)),
        ", ".join(format_shape(shape) for shape in row.out_shapes),
        both(before, after, "params"),
        both(before, after, "macs"),
    ]


def both(before: Row | None, after: Row | None, field: str) -> str:
    """`60 -> 90`, or the one value there is."""
    texts = [exact(getattr(row, field)) for row in (before, after) if row is not None]
    return texts[0] if len(set(texts)) == 1 else " -> ".join(texts)


def rows_text(comparison: Comparison, width: int | None, paint: Painter) -> list[str]:
    table = [HEADINGS, *(cells(change) for change in comparison.changes)]
    table = [[cut(cell, 44) for cell in row] for row in table]
    widths = [max(width_of(row[k]) for row in table) for k in range(len(HEADINGS))]
    lines = [laid_out(row, widths) for row in table]
    out = [lines[0].rstrip(), "-" * min(width_of(lines[0]), max(width_of(line) for line in lines))]
    indent = sum(widths[:3]) + 3 * 2
    for change, line in zip(comparison.changes, lines[1:], strict=True):
        out.append(paint(line.rstrip(), STYLES[change.kind]) if paint.on else line.rstrip())
        if change.what and change.kind != "affected":
            out.append(wrap(" " * indent + printable("; ".join(change.what)), width, hang=indent))
    if comparison.same:
        out += ["", f"{plural(comparison.same, 'row')} the same"]
    return out


def laid_out(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = []
    for cell, width, right in zip(row, widths, RIGHT, strict=True):
        space = " " * (width - width_of(cell))
        padded.append(space + cell if right else cell + space)
    return "  ".join(padded)


def totals(comparison: Comparison) -> list[list[str]]:
    """Name, before, after and difference of the totals that people look at."""
    out = []
    for name, before, after in comparison.totals:
        if name in NAMES:
            text: Callable[[Any], str] = byte_text if name.endswith("bytes") else exact
            out.append([NAMES[name], text(before), text(after), difference(before, after, text)])
    return out


def difference(before: Any, after: Any, text: Callable[[Any], str]) -> str:
    """`+294 (+0.5 %)`; empty where nothing changed."""
    if before == after:
        return ""
    if not isinstance(before, int) or not isinstance(after, int):
        return "differs"
    change = after - before
    share = f" ({100 * change / before:+.1f} %)" if before else ""
    return ("+" if change > 0 else "-") + text(abs(change)) + share


def totals_text(comparison: Comparison) -> list[str]:
    table = [["", "before", "after", "difference"], *totals(comparison)]
    widths = [max(width_of(row[k]) for row in table) for k in range(3)]
    return [
        f"{row[0].ljust(widths[0])}  {row[1].rjust(widths[1])}  {row[2].rjust(widths[2])}  {row[3]}".rstrip()
        for row in table
    ]


def weights(comparison: Comparison) -> list[str]:
    """Which tensors of a checkpoint still fit, and what became of the others."""
    found = comparison.tensors
    lines = [f"{len(found.unchanged):,} of {plural(found.total, 'tensor')} keep name and shape"]
    renamed = [f"{old} -> {new}" for old, new in found.renamed]
    for names, what in (
        (renamed, "with the same shape under another name"),
        (found.reshaped, "with another shape under the same name"),
        (found.removed, "gone"),
        (found.added, "new"),
    ):
        if names:
            more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
            lines.append(f"{len(names):,} {what}: {', '.join(map(printable, names[:MOST_NAMED]))}{more}")
    return lines


def markdown(comparison: Comparison) -> str:
    """GitHub-flavoured Markdown, for the comment on a pull request."""
    parts = [f"**{escaped(path_of(comparison.old))} -> {escaped(path_of(comparison.new))}**", ""]
    if comparison.changes:
        rows = [[change.kind, *cells(change)[1:], "; ".join(change.what)] for change in comparison.changes]
        parts += [*row_lines([*["row"], *HEADINGS[1:], "what"], [*RIGHT, False], rows), ""]
    parts.append(f"{plural(comparison.same, 'row')} the same")
    parts += ["", *row_lines(["total", "before", "after", "difference"], [False, True, True, True], totals(comparison))]
    parts += ["", *(f"- {escaped(line)}" for line in weights(comparison))]
    return "\n".join(parts) + "\n"
