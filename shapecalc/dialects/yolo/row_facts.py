"""What a plan of a model file says of its rows besides shapes and costs: as written, as built, and what is assumed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.dims import Dim, Sym
from shapecalc.algebra.shape import Shape
from shapecalc.dialects.yolo.rows import FileRow, text_of
from shapecalc.layers.params import show
from shapecalc.yamltree import plain

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Stands for every symbol where only the ratio of two sizes is wanted: many times divisible.
LARGE = 64 * 27720


def file_row(rows: Sequence[FileRow], row: Row) -> FileRow:
    """The row of the file that a plan's row belongs to."""
    return rows[int(row.name.partition(".")[0])]


def stride(image: Shape | None, shape: Shape | None) -> tuple[float, ...] | None:
    """Input positions for one output position, per axis; None for what is no map."""
    if image is None or shape is None or len(shape) != 4 or len(image) != 4:
        return None
    found = []
    for whole, part in zip(image[2:], shape[2:], strict=True):
        n, m = size(whole), size(part)
        if n is None or not m:
            return None
        found.append(n / m)
    return tuple(found)


def size(dim: Dim) -> int | None:
    if isinstance(dim, Sym):
        return dim.evaluate(dict.fromkeys(map(str, dim.symbols()), LARGE))
    return dim if isinstance(dim, int) else None


def references_text(row: FileRow) -> str:
    if row.asked is None:
        return ", ".join(map(str, row.written))
    pairs = zip(row.asked, row.written, strict=True)
    return ", ".join(str(old) if old == new else f"{old} -> {new}" for old, new in pairs)


def repeats_text(row: FileRow) -> str:
    return f"{row.repeats} -> {row.times}" if row.times != row.repeats else str(row.repeats)


def arguments_text(row: FileRow) -> str:
    """`64 -> 16, 3, 2`: each argument as written and, where that differs, as built."""
    out = []
    for k, node in enumerate(row.items):
        text = text_of(node).strip("'\"")
        built = row.built.get(k)
        out.append(f"{text} -> {show(built)}" if k in row.built and built != plain(node) else text)
    out += [f"-> {show(row.built[k])}" for k in sorted(row.built) if k >= len(row.items)]
    return ", ".join(out)


def stride_text(found: tuple[float, ...] | None) -> str:
    if found is None:
        return ""
    texts = [f"{s:.4g}" for s in found]
    return texts[0] if len(set(texts)) == 1 else "x".join(texts)


CELLS: Final = {"from": references_text, "repeats": repeats_text, "arguments": arguments_text}


def cell(column: str, rows: Sequence[FileRow], row: Row, image: Shape | None) -> str:
    """The text of one of the columns that only these dialects have; of rows of the file alone, but for the stride."""
    if column == "stride":
        return stride_text(stride(image, row.out_shapes[0] if row.out_shapes else None))
    return CELLS[column](file_row(rows, row)) if row.depth == 0 else ""


def row_facts(rows: Sequence[FileRow], row: Row, image: Shape | None) -> dict[str, Any]:
    """For the JSON: what stands in the file, what the library builds of it, the stride."""
    if row.kind != "block" or row.depth:
        return {}
    own = file_row(rows, row)
    asked = own.asked if own.asked is not None else own.written
    found = stride(image, row.out_shapes[0] if row.out_shapes else None)
    return {
        "written": {
            "from": asked if own.listed else asked[0] if asked else None,
            "repeats": own.repeats,
            "args": [plain(node) for node in own.items],
        },
        "repeats": own.times,
        "stride": list(found) if found is not None else None,
        "assumed": own.index in assumed(rows),
    }


def assumed(rows: Sequence[FileRow]) -> set[int]:
    """Rows whose shapes rest on a module that is not known: itself, and all that read it."""
    found: set[int] = set()
    for row in rows:
        if row.unknown is not None or any(read in found for read in row.reads):
            found.add(row.index)
    return found


def notes(rows: Sequence[FileRow]) -> list[str]:
    """What the mark `*` in the table stands for."""
    unknown = [row for row in rows if row.unknown is not None]
    if not unknown:
        return []
    listed = ", ".join(f"{row.index} {row.unknown}" for row in unknown[:6])
    more = f" and {len(unknown) - 6} more" if len(unknown) > 6 else ""
    return [
        f"* rests on an assumption: {listed}{more} {'is' if len(unknown) == 1 else 'are'} not known and taken to keep "
        "the shape of what comes in; parameters and MACs of its own are not counted"
    ]
