"""The columns of the layer table: what each shows, shared by every format that draws the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from shapecalc.render.text import axes, byte_text, exact, literal, share, short, type_text
from shapecalc.shape import format_shape

if TYPE_CHECKING:
    from shapecalc.infer import Plan, Row

DEFAULT = ("index", "name", "type", "output", "params", "macs")
MARKS = {"error": "E", "warning": "W", "advice": "A", "note": "N"}


class Column:
    """One column: its heading, its side, and the texts of all rows."""

    __slots__ = ("heading", "help", "name", "right", "texts")

    def __init__(
        self, name: str, heading: str, texts: Callable[[Plan], list[str]], *, right: bool = False, help: str = ""
    ) -> None:
        self.name, self.heading, self.texts, self.right, self.help = name, heading, texts, right, help


def each(cell: Callable[[Any], str], key: Callable[[Row], Any]) -> Callable[[Plan], list[str]]:
    """The texts of a column from one value of each row; equal values are formatted once."""

    def texts(plan: Plan) -> list[str]:
        known: dict[Any, str] = {}
        out = []
        for row in plan.layers:
            value = key(row)
            text = known.get(value)
            if text is None:
                text = known[value] = cell(value)
            out.append(text)
        return out

    return texts


def indices(plan: Plan) -> list[str]:
    return [str(row.index) for row in plan.layers]


def names(plan: Plan) -> list[str]:
    """Names; inside a block indented, without the block's own name in front."""
    if not any(row.depth for row in plan.layers):
        return [row.name for row in plan.layers]
    out, above = [], [""]
    for row in plan.layers:
        del above[row.depth + 1 :]
        outer = above[-1]
        inner = row.name[len(outer) + 1 :] if outer and row.name.startswith(outer + ".") else row.name
        out.append("  " * row.depth + inner)
        above.append(row.name)
    return out


def types(plan: Plan) -> list[str]:
    """Types with the arguments that matter; rows that share their layer share the text."""
    known: dict[tuple[str, int], str] = {}
    out = []
    for row in plan.layers:
        key = (row.type, id(row.layer))
        text = known.get(key)
        if text is None:
            text = known[key] = type_text(row.type, row.args)
        out.append(text)
    return out


def shapes(value: tuple[Any, ...]) -> str:
    """One shape, or several joined by `, `."""
    return ", ".join(format_shape(s) for s in value)


def first_shape(value: tuple[Any, ...]) -> str:
    """The first of several outputs and how many follow."""
    if not value:
        return "?"
    return format_shape(value[0]) + (f" +{len(value) - 1}" if len(value) > 1 else "")


def memory(value: Any) -> str:
    return byte_text(value) if value != 0 else ""


def part_of(total: str) -> Callable[[Plan], list[str]]:
    """Each row's share of a total, in percent."""

    def texts(plan: Plan) -> list[str]:
        whole = plan.totals[total]
        return [share(getattr(row, total), whole) for row in plan.layers]

    return texts


def kernel_text(row: Row) -> str:
    value = row.args.get("kernel_size")
    return "" if value is None else axes(value) if isinstance(value, (int, list, tuple)) else literal(value)


def kernels(plan: Plan) -> list[str]:
    return [kernel_text(row) for row in plan.layers]


def of_axes(attribute: str) -> Callable[[Plan], list[str]]:
    return lambda plan: [axes(getattr(row, attribute)) for row in plan.layers]


COLUMNS = {
    column.name: column
    for column in (
        Column("index", "#", indices, right=True, help="position in order of execution"),
        Column("name", "name", names, help="the layer's name"),
        Column("type", "type", types, help="type and the arguments that matter"),
        Column("input", "input", each(shapes, lambda row: tuple(row.in_shapes)), help="input shapes"),
        Column("output", "output", each(first_shape, lambda row: tuple(row.out_shapes)), help="output shape"),
        Column("kernel", "kernel", kernels, right=True, help="kernel size"),
        Column("receptive_field", "field", of_axes("receptive_field"), right=True, help="input window of one output"),
        Column("jump", "jump", of_axes("jump"), right=True, help="input step between neighbouring outputs"),
        Column("params", "params", each(exact, lambda row: row.params), right=True, help="learnable scalars"),
        Column("params%", "params%", part_of("params"), right=True, help="share of all parameters"),
        Column("macs", "MACs", each(exact, lambda row: row.macs), right=True, help="multiply-accumulates"),
        Column("macs%", "MACs%", part_of("macs"), right=True, help="share of all MACs"),
        Column("memory", "memory", each(memory, lambda row: row.activation_bytes), right=True, help="bytes of outputs"),
    )
}


def chosen(extra: Sequence[str]) -> list[Column]:
    """The default columns and the named ones, in the table's order; `all` names every column."""
    names = set(COLUMNS) if "all" in extra else {*DEFAULT, *extra}
    return [column for name, column in COLUMNS.items() if name in names]


def marks(plan: Plan) -> list[str]:
    """One letter for each row with a finding, the worst severity's."""
    order = list(MARKS)
    worst: dict[str | None, int] = {}
    for diagnostic in plan.diagnostics:
        rank = order.index(diagnostic.severity)
        worst[diagnostic.layer] = min(rank, worst.get(diagnostic.layer, rank))
    return [MARKS[order[worst[row.name]]] if row.name in worst else "" for row in plan.layers]


class Cells:
    """The texts of a table: headings, sides, and one list of texts per column, laid out for a width."""

    __slots__ = ("headings", "names", "right", "texts")

    def __init__(self, plan: Plan, extra: Sequence[str] = (), *, marked: bool = True) -> None:
        columns = chosen(extra)
        self.names = [c.name for c in columns]
        self.headings = [c.heading for c in columns]
        self.right = [c.right for c in columns]
        self.texts = [c.texts(plan) for c in columns]
        if marked and any(mark := marks(plan)):
            self.names.insert(0, "mark")
            self.headings.insert(0, "")
            self.right.insert(0, False)
            self.texts.insert(0, mark)

    def shorten_macs(self, plan: Plan) -> None:
        """MACs with a unit instead of all digits, for narrow tables."""
        if "macs" in self.names:
            column = each(short, lambda row: row.macs)
            self.texts[self.names.index("macs")] = column(plan)
