"""The columns of the layer table: what each shows, shared by every format that draws the table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from shapecalc.algebra.shape import format_shape
from shapecalc.render.plan.outline import EVERYTHING, Line, View, outline
from shapecalc.render.text import axes, byte_text, exact, literal, share, short, type_text

if TYPE_CHECKING:
    from shapecalc.network.dialect import Dialect, RowColumn
    from shapecalc.network.plan import Plan, Row

DEFAULT = ("index", "name", "type", "output", "params", "macs")
DIFFER = ("receptive_field", "jump")  # columns that tell repeats apart which are otherwise alike
MARKS = {"error": "E", "warning": "W", "advice": "A", "note": "N"}


Lines = Sequence[Line]


class Column:
    """One column: its heading, its side, and the texts of all lines."""

    __slots__ = ("heading", "help", "name", "right", "texts")

    def __init__(
        self, name: str, heading: str, texts: Callable[[Plan, Lines], list[str]], *, right: bool = False, help: str = ""
    ) -> None:
        self.name, self.heading, self.texts, self.right, self.help = name, heading, texts, right, help


def of_shapes(cell: Callable[[Any], str], attribute: str) -> Callable[[Plan, Lines], list[str]]:
    """The texts of a column of shapes; rows that share theirs share the text."""
    value_of = attrgetter("row." + attribute)

    def texts(plan: Plan, lines: Lines) -> list[str]:
        values = list(map(value_of, lines))
        known = {id(value): value for value in values}
        written = {value: cell(value) for value in set(known.values())}
        by_id = {key: written[value] for key, value in known.items()}
        return [by_id[id(value)] for value in values]

    return texts


def summed(cell: Callable[[Any], str], cost: str) -> Callable[[Plan, Lines], list[str]]:
    """The texts of a column of costs; folded repeats have the sum. Equal values are formatted once."""
    value_of = attrgetter("row." + cost)

    def texts(plan: Plan, lines: Lines) -> list[str]:
        values = [value_of(line) if line.count == 1 else value_of(line) * line.count for line in lines]
        written = {value: cell(value) for value in set(values)}
        return [written[value] for value in values]

    return texts


def indices(plan: Plan, lines: Lines) -> list[str]:
    return [str(line.row.index) for line in lines]


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
    named_alone = plan.network.dialect.rows_are_modules
    known: dict[tuple[str, int], str] = {}
    out = []
    for line in lines:
        row = line.row
        key = (row.type, id(row.layer))
        text = known.get(key) if row.layer is not None else None
        if text is None:
            text = known[key] = row.type if row.kind == "block" and named_alone else type_text(row.type, row.args)
        out.append(text if line.count == 1 else f"{line.count} x {text}")
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


def part_of(total: str) -> Callable[[Plan, Lines], list[str]]:
    """Each line's share of a total, in percent."""

    def texts(plan: Plan, lines: Lines) -> list[str]:
        whole = plan.totals[total]
        return summed(lambda part: share(part, whole), total)(plan, lines)

    return texts


def kernel_text(row: Row) -> str:
    value = row.args.get("kernel_size") if row.kind == "layer" else None
    return "" if value is None else axes(value) if isinstance(value, (int, list, tuple)) else literal(value)


def kernels(plan: Plan, lines: Lines) -> list[str]:
    return [kernel_text(line.row) for line in lines]


def of_axes(attribute: str) -> Callable[[Plan, Lines], list[str]]:
    return lambda plan, lines: [axes(getattr(line.row, attribute)) for line in lines]


COLUMNS = {
    column.name: column
    for column in (
        Column("index", "#", indices, right=True, help="position in order of execution"),
        Column("name", "name", names, help="the layer's name"),
        Column("type", "type", types, help="type and the arguments that matter"),
        Column("input", "input", of_shapes(shapes, "in_shapes"), help="input shapes"),
        Column("output", "output", of_shapes(first_shape, "out_shapes"), help="output shape"),
        Column("kernel", "kernel", kernels, right=True, help="kernel size"),
        Column("receptive_field", "field", of_axes("receptive_field"), right=True, help="input window of one output"),
        Column("jump", "jump", of_axes("jump"), right=True, help="input step between neighbouring outputs"),
        Column("params", "params", summed(exact, "params"), right=True, help="learnable scalars"),
        Column("params%", "params%", part_of("params"), right=True, help="share of all parameters"),
        Column("macs", "MACs", summed(exact, "macs"), right=True, help="multiply-accumulates"),
        Column("macs%", "MACs%", part_of("macs"), right=True, help="share of all MACs"),
        Column("memory", "memory", summed(memory, "activation_bytes"), right=True, help="bytes of outputs"),
    )
}


def chosen(extra: Sequence[str]) -> list[Column]:
    """The default columns and the named ones, in the table's order; `all` names every column."""
    names = set(COLUMNS) if "all" in extra else {*DEFAULT, *extra}
    return [column for name, column in COLUMNS.items() if name in names]


def columns_of(extra: Sequence[str], dialect: Dialect) -> list[Column]:
    """The columns of a dialect's tables and the named ones."""
    if not dialect.columns:
        return chosen(extra)
    own = [own_column(each, dialect) for each in dialect.columns]
    wanted = (set(COLUMNS) if "all" in extra else set(extra)) - {column.name for column in own} - {"index"}
    return own + [column for name, column in COLUMNS.items() if name in wanted]


def own_column(column: str | RowColumn, dialect: Dialect) -> Column:
    """A column of a dialect: one of all tables, perhaps under another heading, or one that only its rows have."""
    if isinstance(column, str):
        known = COLUMNS[column]
        heading = dialect.headings.get(column, known.heading)
        return Column(column, heading, known.texts, right=known.right, help=known.help)
    name = column.name

    def texts(plan: Plan, lines: Lines) -> list[str]:
        return [plan.network.cell(name, line.row) for line in lines]

    return Column(name, column.heading, texts, right=column.right, help=column.help)


def with_marks(name: str, texts: list[str], plan: Plan, lines: Lines) -> list[str]:
    """The texts of a column, with `*` after shapes and costs that depend on an assumption."""
    network = plan.network
    if name not in ("output", "params", "macs") or not network.is_assumed():
        return texts
    out = []
    for line, text in zip(lines, texts, strict=True):
        known = "?" if name != "output" and network.is_unknown(line.row) else text
        out.append(f"{known}*" if network.is_assumed(line.row) else known)
    return out


def marks(plan: Plan, lines: Lines) -> list[str]:
    """One letter for each line with a finding, the worst severity's; a closed block has those of its layers."""
    order = list(MARKS)
    worst: dict[str | None, int] = {}
    for finding in plan.diagnostics:
        rank = order.index(finding.severity)
        worst[finding.layer] = min(rank, worst.get(finding.layer, rank))
    if not worst:
        return []
    out = []
    letters = {name: MARKS[order[rank]] for name, rank in worst.items()}
    for line in lines:
        if line.inside:
            ranks = [worst[row.name] for row in (line.row, *line.inside) if row.name in worst]
            out.append(MARKS[order[min(ranks)]] if ranks else "")
        else:
            out.append(letters.get(line.row.name, ""))
    return out


class Cells:
    """The texts of a table: headings, sides, and one list of texts per column, laid out for a width."""

    __slots__ = ("headings", "lines", "names", "notes", "right", "texts")

    def __init__(self, plan: Plan, extra: Sequence[str] = (), *, view: View = EVERYTHING, marked: bool = True) -> None:
        columns = columns_of(extra, plan.network.dialect)
        self.names = [c.name for c in columns]
        shown = outline(plan, view, [name for name in DIFFER if name in self.names])
        self.lines, self.notes = shown.lines, [*shown.notes(), *plan.network.notes()]
        self.headings = [c.heading for c in columns]
        self.right = [c.right for c in columns]
        self.texts = [with_marks(c.name, c.texts(plan, self.lines), plan, self.lines) for c in columns]
        if marked and any(mark := marks(plan, self.lines)):
            self.names.insert(0, "mark")
            self.headings.insert(0, "")
            self.right.insert(0, False)
            self.texts.insert(0, mark)

    def shorten_macs(self, plan: Plan) -> None:
        """MACs with a unit instead of all digits, for narrow tables."""
        if "macs" in self.names:
            texts = summed(short, "macs")(plan, self.lines)
            self.texts[self.names.index("macs")] = with_marks("macs", texts, plan, self.lines)
