"""The columns of the layer table: one definition each, shared by every format that shows the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.render.plan.outline import Line
from shapecalc.render.text import axes, byte_text, exact, literal, short, type_text

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

Lines = Sequence[Line]
Values = Callable[["Plan", Lines], Sequence[Any]]
Show = Callable[[Any], str]


class Column:
    """One column: its heading, its side, the value of each line, and how a value is shown.

    `usual` columns are in every table. `tells_apart`: repeats with other values are not folded into one line. Where the
    table is too wide, a value is shown as in `brief`, texts longer than `longest` are cut, and at last the column with
    the highest `elastic` is cut to what is left of the width.
    """

    __slots__ = (
        "brief", "elastic", "heading", "help", "longest", "name", "right", "show", "tells_apart", "usual", "values",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        heading: str,
        values: Values,
        show: Show = str,
        *,
        help: str = "",
        right: bool = False,
        usual: bool = False,
        tells_apart: bool = False,
        brief: Show | None = None,
        longest: int | None = None,
        elastic: int = 0,
    ) -> None:
        self.name, self.heading, self.values, self.show, self.help = name, heading, values, show, help
        self.right, self.usual, self.tells_apart = right, usual, tells_apart
        self.brief, self.longest, self.elastic = brief, longest, elastic

    def texts(self, plan: Plan, lines: Lines, show: Show | None = None) -> list[str]:
        """One text for each line. Equal values are formatted once: a long network has few different ones."""
        values = self.values(plan, lines)
        show = show or self.show
        if show is str:
            return list(map(str, values))
        distinct = {id(value): value for value in values}
        text_of = {value: show(value) for value in set(distinct.values())}
        by_id = {key: text_of[value] for key, value in distinct.items()}
        return [by_id[id(value)] for value in values]


# Values. -------------------------------------------------------------------------------------------------------------


def of_row(attribute: str) -> Values:
    """An attribute of each line's row."""
    value_of = attrgetter("row." + attribute)
    return lambda plan, lines: list(map(value_of, lines))


def summed(cost: str) -> Values:
    """A cost of each line's row; folded repeats have the sum."""
    value_of = attrgetter("row." + cost)
    return lambda plan, lines: [value_of(line) if line.count == 1 else value_of(line) * line.count for line in lines]


def share_of(total: str) -> Values:
    """Each line's share of a total, in percent; None where that cannot be known."""
    parts = summed(total)

    def values(plan: Plan, lines: Lines) -> list[float | None]:
        whole = plan.totals[total]
        known = isinstance(whole, int) and whole > 0
        return [100 * part / whole if known and isinstance(part, int) else None for part in parts(plan, lines)]

    return values


def names(plan: Plan, lines: Lines) -> list[str]:
    """Names; inside a block indented, without the block's own name in front; of folded repeats `conv.1-3`."""
    out, above = [], [""]
    for line in lines:
        row = line.row
        del above[row.depth + 1 :]
        outer = above[-1]
        inner = row.name[len(outer) + 1 :] if outer and row.name.startswith(outer + ".") else row.name
        if line.count > 1:
            inner += "-" + line.last.name.rpartition(".")[2]
        out.append("  " * row.depth + inner)
        above.append(row.name)
    return out


def types(plan: Plan, lines: Lines) -> list[str]:
    """Types with the arguments that matter; rows that share their layer share the text. Where rows are modules of a
    library, their arguments have a column of their own."""
    modules = plan.network.dialect.rows_are_modules
    known: dict[tuple[str, int], str] = {}
    out = []
    for line in lines:
        row = line.row
        key = (row.type, id(row.layer))
        text = known.get(key) if row.layer is not None else None
        if text is None:
            text = known[key] = row.type if modules and row.kind == "block" else type_text(row.type, row.args)
        out.append(text if line.count == 1 else f"{line.count} x {text}")
    return out


def kernels(plan: Plan, lines: Lines) -> list[str]:
    sizes = [line.row.args.get("kernel_size") if line.row.kind == "layer" else None for line in lines]
    return [axes(size) if isinstance(size, (int, list, tuple, type(None))) else literal(size) for size in sizes]


# Texts. --------------------------------------------------------------------------------------------------------------


def all_shapes(shapes: Sequence[Shape | None]) -> str:
    """One shape, or several joined by `, `."""
    return ", ".join(map(format_shape, shapes))


def first_shape(shapes: Sequence[Shape | None]) -> str:
    """The first of several outputs and how many follow."""
    if not shapes:
        return "?"
    return format_shape(shapes[0]) + (f" +{len(shapes) - 1}" if len(shapes) > 1 else "")


def percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1f}%"


def memory(size: object) -> str:
    return byte_text(size) if size != 0 else ""


def indices(plan: Plan, lines: Lines) -> list[int]:
    return [line.row.index for line in lines]


FORMULA = 20  # characters of a symbolic cost in a table that is too wide; the JSON has it whole

#: In the table's order.
COLUMNS = {
    column.name: column
    for column in (
        Column("index", "#", indices, usual=True, right=True, help="position in order of execution"),
        Column("name", "name", names, usual=True, help="the layer's name"),
        Column("type", "type", types, usual=True, elastic=1, help="type and the arguments that matter"),
        Column("input", "input", of_row("in_shapes"), all_shapes, help="input shapes"),
        Column("output", "output", of_row("out_shapes"), first_shape, usual=True, help="output shape"),
        Column("kernel", "kernel", kernels, right=True, help="kernel size"),
        Column(
            "receptive_field", "field", of_row("receptive_field"), axes,
            right=True, tells_apart=True, help="input window of one output",
        ),
        Column(
            "jump", "jump", of_row("jump"), axes,
            right=True, tells_apart=True, help="input step between neighbouring outputs",
        ),
        Column("params", "params", summed("params"), exact, usual=True, right=True, longest=FORMULA,
               help="learnable scalars"),
        Column("params%", "params%", share_of("params"), percent, right=True, help="share of all parameters"),
        Column("macs", "MACs", summed("macs"), exact, usual=True, right=True, brief=short, longest=FORMULA,
               help="multiply-accumulates"),
        Column("macs%", "MACs%", share_of("macs"), percent, right=True, help="share of all MACs"),
        Column("memory", "memory", summed("activation_bytes"), memory, right=True, longest=FORMULA,
               help="bytes of the outputs"),
    )
}  # fmt: skip

ALL = "all"  # of `--columns`

#: Other names that people use for a column.
ALIASES = {"field": "receptive_field", "rf": "receptive_field", "activation_bytes": "memory", "kernel_size": "kernel"}


def chosen(extra: Sequence[str]) -> list[Column]:
    """The usual columns and the named ones, in the table's order; `all` names every column."""
    return [column for column in COLUMNS.values() if column.usual or ALL in extra or column.name in extra]
