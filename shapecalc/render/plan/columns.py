"""The columns of the layer table: one definition each, shared by every format that shows the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.render.plan.outline import Line
from shapecalc.render.value_text import axes, byte_text, exact, literal, short, type_text

if TYPE_CHECKING:
    from shapecalc.algebra.dims import Dim
    from shapecalc.network.plan import Plan, Row

V = TypeVar("V")
Lines = Sequence[Line]
Values = Callable[["Plan", Lines], Sequence[V]]  # one value for each line
Texts = Callable[["Plan", Lines], list[str]]


class Column:
    """One column: its heading, its side, the value of each line, and how a value is shown.

    `usual` columns are in every table. `tells_apart`: repeats with other values are not folded into one line. Where the
    table is too wide, a value is shown as in `brief`, texts longer than `longest` are cut, and at last the column with
    the highest `elastic` is cut to what is left of the width. `ranks`: lines can be sorted by the values.
    """

    __slots__ = (
        "brief", "elastic", "heading", "help", "longest", "name", "ranks", "right", "tells_apart", "texts", "usual",
        "values",
    )  # fmt: skip

    def __init__(
        self,
        name: str,
        heading: str,
        values: Values[V],
        show: Callable[[V], str] = str,
        *,
        help: str = "",
        right: bool = False,
        usual: bool = False,
        tells_apart: bool = False,
        ranks: bool = False,
        brief: Callable[[V], str] | None = None,
        longest: int | None = None,
        elastic: int = 0,
    ) -> None:
        self.name, self.heading, self.help, self.right, self.usual = name, heading, help, right, usual
        self.values: Values[object] = values
        self.texts = texts_of(values, show)
        self.brief = texts_of(values, brief) if brief is not None else None
        self.tells_apart, self.ranks, self.longest, self.elastic = tells_apart, ranks, longest, elastic


def texts_of(values: Values[V], show: Callable[[V], str]) -> Texts:
    """The texts of a column. Equal values are formatted once: a long network has few different ones."""

    def texts(plan: Plan, lines: Lines) -> list[str]:
        given = values(plan, lines)
        distinct = {id(value): value for value in given}
        text_of = {value: show(value) for value in set(distinct.values())}
        by_id = {key: text_of[value] for key, value in distinct.items()}
        return [by_id[id(value)] for value in given]

    return texts


# Values. -------------------------------------------------------------------------------------------------------------


def of_row(get: Callable[[Row], V]) -> Values[V]:
    return lambda plan, lines: [get(line.row) for line in lines]


def summed(get: Callable[[Row], Dim]) -> Values[Dim]:
    """A cost of each line's row; folded repeats have the sum."""
    return lambda plan, lines: [get(line.row) * line.count if line.count > 1 else get(line.row) for line in lines]


def share_of(total: str, parts: Values[Dim]) -> Values[float | None]:
    """Each line's share of a total, in percent; None where that cannot be known."""

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
        del above[line.depth + 1 :]
        outer = above[-1]
        inner = row.name[len(outer) + 1 :] if outer and row.name.startswith(outer + ".") else row.name
        if line.count > 1:
            inner += "-" + line.last.name.rpartition(".")[2]
        out.append("  " * line.depth + inner)
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


def kernel(row: Row) -> object:
    """The kernel size, as a hashable value; None for a row without one."""
    size = row.args.get("kernel_size") if row.kind == "layer" else None
    return tuple(size) if isinstance(size, list) else size


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


def memory(size: Dim) -> str:
    return byte_text(size) if size != 0 else ""


def kernel_text(size: object) -> str:
    return axes(size) if isinstance(size, (int, tuple, type(None))) else literal(size)


PARAMS = summed(lambda row: row.params)
MACS = summed(lambda row: row.macs)
MEMORY = summed(lambda row: row.activation_bytes)
FORMULA = 20  # characters of a symbolic cost in a table that is too wide; the JSON has it whole

#: In the table's order.
COLUMNS = {
    column.name: column
    for column in (
        Column(
            "index", "#", of_row(lambda row: row.index),
            usual=True, right=True, help="position in order of execution",
        ),
        Column("name", "name", names, usual=True, help="the layer's name"),
        Column("type", "type", types, usual=True, elastic=1, help="type and the arguments that matter"),
        Column("input", "input", of_row(lambda row: row.in_shapes), all_shapes, help="input shapes"),
        Column("output", "output", of_row(lambda row: row.out_shapes), first_shape, usual=True, help="output shape"),
        Column("kernel", "kernel", of_row(kernel), kernel_text, right=True, ranks=True, help="kernel size"),
        Column(
            "receptive_field", "field", of_row(lambda row: row.receptive_field), axes,
            right=True, tells_apart=True, ranks=True, help="input window of one output",
        ),
        Column(
            "jump", "jump", of_row(lambda row: row.jump), axes,
            right=True, tells_apart=True, ranks=True, help="input step between neighbouring outputs",
        ),
        Column(
            "params", "params", PARAMS, exact,
            usual=True, right=True, ranks=True, longest=FORMULA, help="learnable scalars",
        ),
        Column(
            "params%", "params%", share_of("params", PARAMS), percent,
            right=True, ranks=True, help="share of all parameters",
        ),
        Column(
            "macs", "MACs", MACS, exact,
            usual=True, right=True, ranks=True, brief=short, longest=FORMULA, help="multiply-accumulates",
        ),
        Column("macs%", "MACs%", share_of("macs", MACS), percent, right=True, ranks=True, help="share of all MACs"),
        Column(
            "memory", "memory", MEMORY, memory,
            right=True, ranks=True, longest=FORMULA, help="bytes of the outputs",
        ),
    )
}  # fmt: skip

ALL = "all"  # of `--columns`

#: Other names that people use for a column.
ALIASES = {"field": "receptive_field", "rf": "receptive_field", "activation_bytes": "memory", "kernel_size": "kernel"}


def chosen(extra: Sequence[str]) -> list[Column]:
    """The usual columns and the named ones, in the table's order; `all` names every column."""
    return [column for column in COLUMNS.values() if column.usual or ALL in extra or column.name in extra]
