"""Slips in the arguments of a row that build something, but not what is meant: their order, an axis, one left out."""

from __future__ import annotations

from typing import Final

from shapecalc.dialects.yolo.assemble import Assembler
from shapecalc.dialects.yolo.rows import FileRow, text_of
from shapecalc.dialects.yolo.signature import signature
from shapecalc.dialects.yolo.strides import misplaced_factor
from shapecalc.text.findings import Edit, Fix
from shapecalc.text.source import Span

LARGE_STEP: Final = 3  # strides from here on are rare, and below a smaller kernel rarer


def check_slips(row: FileRow, assembler: Assembler) -> None:
    names = signature(row.compose)[0]
    shown = assembler.written_arguments(row, names)
    if assembler.closed_head(row) and len(row.args) < len(shown):
        missing = shown[len(row.args) :]
        assembler.error(
            row,
            "missing-argument",
            f"{row.module} needs {' and '.join(missing)}",
            row.node_of_args(),
            notes=[f"{row.module}({', '.join(shown)})"],
            help=f"add {missing[0]} to the row's arguments",
        )
    elif row.module == "nn.Upsample":
        check_upsample(row, assembler)
    elif row.module == "Concat" and row.args and row.args[0] not in (1, -3):
        node = row.items[0]
        assembler.error(
            row,
            "invalid-argument",
            f"Concat joins channels, which are axis 1, not {text_of(node)}",
            node,
            help="write `[1]`",
            fix=Fix("write 1", [Edit(node.span, "1")]),
        )
    else:
        check_step(row, names, assembler)


def check_upsample(row: FileRow, assembler: Assembler) -> None:
    factor = misplaced_factor(row)
    if factor is None:
        return
    rest = row.items[2:] if len(row.args) > 1 and row.args[1] is None else row.items[1:]
    text = ", ".join(["None", str(factor), *(text_of(node) for node in rest)])
    span = Span(row.source, row.items[0].start, row.items[-1].end)
    assembler.error(
        row,
        "argument-order",
        f"{factor} stands where the size belongs: it would make every map {factor}x{factor}",
        row.items[0],
        notes=["nn.Upsample(size, scale_factor, mode)"],
        help=f"write `[{text}]`",
        fix=Fix(f"write `[{text}]`", [Edit(span, text)]),
    )


def check_step(row: FileRow, names: list[str], assembler: Assembler) -> None:
    """A stride above the kernel skips pixels; two numbers that are swapped look like that."""
    if "k" not in names or "s" not in names or len(row.items) < 2:
        return
    values = dict(zip(names, row.values, strict=False))
    k, s = values.get("k"), values.get("s")
    at = names.index("k") - (len(row.values) - len(row.args))
    if not isinstance(k, int) or not isinstance(s, int) or not LARGE_STEP <= s > k or at + 1 >= len(row.items):
        return
    first, second = row.items[at], row.items[at + 1]
    assembler.report(
        row,
        "argument-order",
        f"{row.module} with kernel {k} and stride {s} skips pixels",
        first.span,
        "warning",
        notes=[f"{row.module}({', '.join(assembler.written_arguments(row, names))})"],
        help=f"write `{text_of(second)}, {text_of(first)}`, if the two are swapped",
        fix=Fix("swap them", [Edit(first.span, text_of(second)), Edit(second.span, text_of(first))], safe=False),
    )
