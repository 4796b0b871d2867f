"""The columns of a model file's table: one line for each row of the file, as written and as built."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shapecalc.dialects.yolo import row_facts as facts
from shapecalc.render.plan.columns import COLUMNS, Column, Lines, first_shape, names, types
from shapecalc.render.text import exact, short

if TYPE_CHECKING:
    from shapecalc.dialects.yolo.rows import FileRow
    from shapecalc.network.plan import Plan, Row

FEWEST = ("#", "module", "from", "n", "arguments", "output", "stride", "params", "macs")


def file_rows(plan: Plan) -> list[FileRow]:
    return plan.network.rows  # type: ignore[attr-defined, no-any-return]


def own(plan: Plan, row: Row) -> FileRow | None:
    """The row of the file, for a line that stands for one."""
    return facts.file_row(file_rows(plan), row) if row.depth == 0 else None


def modules(plan: Plan, lines: Lines) -> list[str]:
    """The module as the file names it; layers inside it with their arguments."""
    inner = types(plan, lines)
    return [line.row.type if line.row.kind == "block" else text for line, text in zip(lines, inner, strict=True)]


def of_row(cell: Any) -> Any:
    """A column that only rows of the file have."""

    def texts(plan: Plan, lines: Lines) -> list[str]:
        found = [own(plan, line.row) for line in lines]
        return ["" if row is None else cell(row) for row in found]

    return texts


def strides(plan: Plan, lines: Lines) -> list[str]:
    image = plan.inputs.get("input")
    return [stride_text(facts.stride(image, line.row.out_shapes[0] if line.row.out_shapes else None)) for line in lines]


def stride_text(stride: tuple[float, ...] | None) -> str:
    if stride is None:
        return ""
    texts = [f"{s:.4g}" for s in stride]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


def marked(cell: Any, value: Any) -> Any:
    """A figure, with `*` where it rests on the shape of a module that is not known."""

    def texts(plan: Plan, lines: Lines) -> list[str]:
        rows = file_rows(plan)
        guessed = facts.assumed(rows)
        out = []
        for line in lines:
            row = facts.file_row(rows, line.row)
            text = "?" if row.unknown is not None and value is not outputs else cell(value(line))
            out.append(f"{text}*" if row.index in guessed else text)
        return out

    return texts


def outputs(line: Any) -> Any:
    return tuple(line.row.out_shapes)


def chosen(extra: Any) -> list[Column]:
    """The columns of a model file, and those that are asked for."""
    mine = [
        Column("name", "#", names, help="the row's number"),
        Column("type", "module", modules, help="the module"),
        Column("from", "from", of_row(facts.references_text), right=True, help="rows that it reads, as written"),
        Column("repeats", "n", of_row(facts.repeats_text), right=True, help="repeats as written -> as built"),
        Column("arguments", "arguments", of_row(facts.arguments_text), help="arguments as written -> as built"),
        Column("output", "output", marked(first_shape, outputs), help="output shape"),
        Column("stride", "stride", strides, right=True, help="input positions for one output position"),
        Column("params", "params", marked(exact, cost("params")), right=True, help="learnable scalars"),
        Column("macs", "MACs", marked(exact, cost("macs")), right=True, help="multiply-accumulates"),
    ]
    names_ = set(COLUMNS) if "all" in extra else set(extra)
    return mine + [column for name, column in COLUMNS.items() if name in names_ - {c.name for c in mine} - {"index"}]


def cost(name: str) -> Any:
    return lambda line: getattr(line.row, name) * line.count


def short_macs(plan: Plan, lines: Lines) -> list[str]:
    return marked(short, cost("macs"))(plan, lines)  # type: ignore[no-any-return]
