"""What a model file gets wrong beside its row numbers: repeats, joins, anchors, keys without effect, comments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Final

from shapecalc.dialects.yolo.argument_slips import check_slips
from shapecalc.dialects.yolo.assemble import Assembler
from shapecalc.dialects.yolo.row_facts import assumed
from shapecalc.dialects.yolo.rows import FileRow
from shapecalc.dialects.yolo.signature import signature
from shapecalc.dialects.yolo.strides import Sketch, Verdict, judge, number_bounds, strided
from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter
from shapecalc.text.source import Span
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, plain
from shapecalc.yamltree import Sequence as SequenceNode

if TYPE_CHECKING:
    from shapecalc.dialects.yolo.reader import YoloNetwork
    from shapecalc.network.plan import Plan

#: What the library reads of a file besides its rows. A slip in these goes unnoticed.
KEYS: Final = (
    "nc",
    "scales",
    "scale",
    "depth_multiple",
    "width_multiple",
    "activation",
    "reg_max",
    "end2end",
    "kpt_shape",
    "backbone",
    "head",
    "anchors",
    "channels",
    "ch",
    "channel_multiple",
    "modules",
)
FIGURE: Final = re.compile(r"([\d,]{4,}) parameters")


def check(net: YoloNetwork, assembler: Assembler, reporter: Reporter) -> Verdict:
    """Everything that the rows and keys alone show; the verdict on the numbering is handed on."""
    sketch = Sketch(net.rows, net.family)
    verdict = judge(sketch, sketch.absolute(), range(len(sketch)))
    for row in net.rows:
        if not row.refused and row.compose is not None:
            check_slips(row, assembler)
        if not row.refused and row.compose is not None:
            check_repeats(row, assembler)
            check_belief(row, assembler)
    check_heads(net.rows, sketch, verdict, assembler)
    check_anchors(net, assembler)
    check_parts(net, reporter)
    check_keys(net, reporter)
    if not any(row.asked is not None for row in net.rows):
        check_numbers(net.rows, sketch, reporter)
    return verdict


# Rows. ---------------------------------------------------------------------------------------------------------------


def check_repeats(row: FileRow, assembler: Assembler) -> None:
    """Repeats make equal modules in a row: the second one gets what the first gives."""
    if row.n <= 1:
        return
    values = dict(zip(signature(row.compose)[0], row.values, strict=False))
    c1, c2 = values.get("c1", row.c1), values.get("c2", row.c2)
    step = strided(row.module, values)
    if isinstance(c1, int) and isinstance(c2, int) and c1 != c2:
        also = f", and stride {step:g} would be applied {row.n} times" if step != 1 else ""
        assembler.error(
            row,
            "repeated-module",
            f"repeats={row.repeats} builds {row.n} equal {row.module}({c1} -> {c2}); only the first fits{also}",
            row.repeats_node,
            help=f"write 1, and add a row that repeats {row.module} with {c2} channels at stride 1",
        )
    elif step not in (1.0,):
        assembler.report(
            row,
            "repeated-module",
            f"repeats={row.repeats} applies the stride of {row.module} {row.n} times",
            row.repeats_node.span,
            "warning",
            help="write 1, and repeat a row of stride 1 below it",
        )


def check_belief(row: FileRow, assembler: Assembler) -> None:
    """Rows that the parser does not scale: it believes that their channels stay."""
    family = assembler.net.family
    names = signature(row.compose)[0]
    key = next((k for k in ("out_channels", "c2") if k in names), None)
    if family.scales(row.module) or key is None or row.module in RESOLVED or row.declared is not None:
        return
    position = names.index(key)
    real = row.values[position] if position < len(row.values) else None
    if isinstance(real, int) and isinstance(row.c2, int) and real != row.c2:
        row.misleads = True
        node = row.items[position] if position < len(row.items) else row.module_node
        assembler.report(
            row,
            "unscaled-module",
            f"{row.module} is not among the modules whose channels the library scales: it is built with the arguments "
            f"as they stand and gives {real} channels, but the rows below are built for {row.c2}",
            node.span,
            "error",
            help=f"use a module that is scaled, such as Conv, or keep {row.c2} channels",
        )


#: Modules with a rule of their own for the channels.
RESOLVED: Final = frozenset(("AIFI", "HGStem", "HGBlock", "ResNetLayer", "CBLinear", "TorchVision", "Index"))


def check_heads(rows: Sequence[FileRow], sketch: Sketch, verdict: Verdict, assembler: Assembler) -> None:
    """Heads read their levels from fine to coarse."""
    for row in rows:
        strides = [verdict.strides[r] for r in row.reads if 0 <= r < row.index]
        known = [s for s in strides if s is not None]
        if not sketch.heads[row.index] or len(known) < 2 or len(known) != len(row.reads) or row.module == "IAuxDetect":
            continue
        text = ", ".join(f"1/{s:g}" for s in known)
        unknown = to_blame(row, rows)
        rests = [] if unknown is None else [resting(unknown)]
        if len(set(known)) < len(known):
            assembler.report(
                row,
                "level-order",
                f"{row.module} reads levels {text}: two of them are the same",
                row.from_node.span,
                "warning",
                notes=rests,
                help="read one row for each level",
            )
        elif known != sorted(known):
            order = [r for _, r in sorted(zip(known, row.reads, strict=True))]
            assembler.report(
                row,
                "level-order",
                f"{row.module} reads levels {text}; it takes them from fine to coarse",
                row.from_node.span,
                "warning",
                notes=[*rests, "the first level sets the widths of all towers"],
                help=f"write `{order}`",
            )


def check_numbers(rows: Sequence[FileRow], sketch: Sketch, reporter: Reporter) -> None:
    """Numbers in comments that lag behind, where the references are right."""
    wrong = [
        (row, bounds)
        for row, number in zip(rows, sketch.numbers, strict=True)
        if number is not None and number != row.index and (bounds := number_bounds(row)) is not None
    ]
    if not wrong:
        return
    row, bounds = wrong[0]
    many = "the comment gives" if len(wrong) == 1 else f"{len(wrong)} comments give"
    edits = [Edit(Span(r.source, *place), str(r.index)) for r, place in wrong]
    reporter.report(
        Finding(
            "stale-comment",
            "advice",
            f"{many} another row number; this is row {row.index}",
            Span(row.source, *bounds),
            layer=str(row.index),
            help=f"write {row.index}",
            related=[Label(Span(r.source, *place), f"row {r.index}") for r, place in wrong[1:4]],
            fix=Fix("renumber the comments", edits),
        )
    )


# The whole file. -----------------------------------------------------------------------------------------------------


def check_anchors(net: YoloNetwork, assembler: Assembler) -> None:
    """One list of anchors for each level that the head reads."""
    node = net.root.get("anchors")
    value = plain(node)
    if not isinstance(node, SequenceNode) or not isinstance(value, list):
        return
    for row in net.rows:
        levels = len(row.reads) // 2 if row.module == "IAuxDetect" else len(row.reads)
        if row.module not in net.family.heads or levels == len(value):
            continue
        more = levels > len(value)
        assembler.report(
            row,
            "anchor-count",
            f"{levels} detection inputs but {len(value)} rows of anchors",
            row.from_node.span,
            "error",
            related=[Label(node.items[0].span, "the anchors")],
            help="add `[w,h, w,h, w,h]  # P2/4` to the anchors, or write `anchors: 3`"
            if more
            else "remove a row of anchors, or read one more row",
        )
    odd = [item for item in node.items if isinstance(item, SequenceNode) and len(item.items) % 2]
    counts = [len(item.items) // 2 for item in node.items if isinstance(item, SequenceNode)]
    uneven = next((k for k, n in enumerate(counts) if n != counts[0]), None)
    if uneven is not None and not odd:
        assembler.reporter.error(
            "anchor-count",
            f"{counts[uneven]} anchors here and {counts[0]} on the first level; all have as many",
            node.items[uneven].span,
            help=f"write {counts[0]} pairs of width and height",
        )
    for item in odd[:1]:
        assembler.reporter.error(
            "anchor-count",
            f"{len(item.items)} numbers: an anchor has two, width and height",
            item.span,
            help="write pairs",
        )


def check_parts(net: YoloNetwork, reporter: Reporter) -> None:
    """The library reads both lists of rows."""
    for name in ("backbone", "head"):
        if net.root.get(name) is None:
            keys = {str(key.value): key for key, _ in net.root.pairs}
            near = next((key for key, node in net.root.pairs if meant(str(key.value), node) == name), None)
            reporter.error(
                "missing-key",
                f"the file has no `{name}:`, and the library needs both backbone and head",
                (near or keys["head" if name == "backbone" else "backbone"]).span,
                help=f"write `{name}` instead of `{near.value}`" if near is not None else f"add `{name}: []`",
                fix=Fix(f"write `{name}`", [Edit(near.span, name)]) if near is not None else None,
            )


def check_keys(net: YoloNetwork, reporter: Reporter) -> None:
    """Keys that the library overwrites, and slips of the keyboard in those that it reads; others are a fork's own."""
    for key, node in net.root.pairs:
        near = meant(str(key.value), node)
        if near is not None and net.root.get(near) is None and near not in ("backbone", "head"):
            reporter.warning(
                "key-without-effect",
                f"`{key.value}` has no effect: the library reads `{near}`",
                key.span,
                help=f"write `{near}`",
                fix=Fix(f"write `{near}`", [Edit(key.span, near)], safe=False),
            )
    classify = any(row.module == "Classify" for row in net.rows)
    for key, node in net.root.pairs:
        if key.value in ("ch", "channels") and not (classify and key.value == "channels"):
            reporter.warning(
                "key-without-effect",
                f"`{key.value}: {plain(node)}` has no effect: the library builds the model for the channels of the "
                "data set, 3 unless that says otherwise",
                key.span,
                help=f"set `channels: {plain(node)}` in the data set's file; plan with `--in {plain(node)}x640x640`",
            )
    if net.root.get("scales") is not None:
        for name in ("depth_multiple", "width_multiple"):
            found = next((k for k, _ in net.root.pairs if k.value == name), None)
            if found is not None:
                reporter.warning(
                    "key-without-effect", f"`{name}` has no effect beside `scales`", found.span, help="remove it"
                )


def meant(key: str, node: Node) -> str | None:
    """The key that a slip of the keyboard stands for."""
    if key == "scale":
        return "scales" if isinstance(node, Mapping) else None
    near = None if key in KEYS else nearest(key, KEYS)
    return near if near is not None and SequenceMatcher(None, key, near).ratio() > 0.8 else None


def check_summary(net: YoloNetwork, plan: Plan) -> None:
    """The figures in the comment of the scale that is planned."""
    node = net.root.get("scales")
    total = plan.totals.get("params")
    if not isinstance(node, Mapping) or not isinstance(total, int) or plan.reporter.has_errors:
        return
    if any(row.unknown for row in net.rows):
        return
    for key, value in node.pairs:
        if str(key.value) == net.choice.letter:
            compare(value, total, str(key.value), plan.reporter)


def compare(node: Node, total: int, letter: str, reporter: Reporter) -> None:
    source = node.source
    line = source.location(node.end)[0]
    match = FIGURE.search(source.line_text(line), node.end - source.offset(line, 1))
    if match is None or int(match[1].replace(",", "")) == total:
        return
    start = source.offset(line, match.start(1) + 1)
    span, right = Span(source, start, start + len(match[1])), figure(total, match[1])
    reporter.report(
        Finding(
            "stale-summary",
            "advice",
            f"the comment says {match[1]} parameters; scale {letter} has {total:,}",
            span,
            help=f"write {right}",
            fix=Fix("write the figure", [Edit(span, right)]),
        )
    )


def figure(total: int, like: str) -> str:
    return f"{total:,}" if "," in like else str(total)


# Joins. --------------------------------------------------------------------------------------------------------------


def check_join(row: FileRow, xs: Sequence[Any], net: YoloNetwork, assembler: Assembler) -> bool:
    """Do the maps that a join reads have one size? What does not fit is reported."""
    sizes = [tuple(x[2:]) if x is not None and len(x) == 4 else None for x in xs]
    known = [s for s in sizes if s is not None and all(isinstance(n, int) for n in s)]
    if len(set(known)) < 2 or len(known) != len(sizes):
        return True
    strides = [net.strides[r] if 0 <= r < len(net.strides) else None for r in row.reads]
    if len(set(strides)) == 1 and strides[0] is not None:
        return not_divisible(row, known, net, assembler)
    parts = [
        f"{r} (1/{s:g}, {shown(n)})" if s is not None else f"{r} ({shown(n)})"
        for r, s, n in zip(row.reads, strides, known, strict=True)
    ]
    message = f"row {row.index} joins maps of different sizes: rows {' and '.join(parts)}"
    unknown = to_blame(row, net.rows)
    if unknown is not None:
        assembler.report(
            row,
            "stride-mismatch",
            message,
            row.from_node.span,
            "warning",
            notes=[resting(unknown)],
            help=f"declare it: `modules: {{{unknown.module}: {{stride: 2}}}}`",
        )
        row.refused = True
    else:
        assembler.error(row, "stride-mismatch", message, row.from_node, help=advice(row, strides))
    return False


def to_blame(row: FileRow, rows: Sequence[FileRow]) -> FileRow | None:
    """The module that is not known on which the sizes rest: the last one that only some of the inputs pass."""
    if not any(r in assumed(rows) for r in row.reads):
        return None
    above = [upstream(r, rows) for r in row.reads]
    some, all_ = set().union(*above), set.intersection(*above)
    for among in (some - all_, some):
        found = [r for r in sorted(among) if rows[r].unknown is not None]
        striding = [r for r in found if 2 in rows[r].args[1:]]
        if found:
            return rows[(striding or found)[-1]]
    return None


def resting(unknown: FileRow) -> str:
    return f"that rests on {unknown.module} in row {unknown.index}, which is taken to keep the size"


def upstream(start: int, rows: Sequence[FileRow]) -> set[int]:
    """A row and all that it reads, directly or not."""
    found: set[int] = set()
    todo = [start]
    while todo:
        i = todo.pop()
        if 0 <= i < len(rows) and i not in found:
            found.add(i)
            todo += rows[i].reads
    return found


def shown(size: Sequence[Any]) -> str:
    return "x".join(map(str, size))


def advice(row: FileRow, strides: Sequence[float | None]) -> str:
    """The rows to put in between."""
    if any(s is None for s in strides):
        return "bring them to one size with nn.Upsample or a Conv of stride 2"
    finest = min(s for s in strides if s is not None)
    pairs = [(r, s) for r, s in zip(row.reads, strides, strict=True) if s is not None and s > finest]
    parts = [f"x{s / finest:g} after row {r}" for r, s in pairs]
    return f"insert nn.Upsample {' and '.join(parts)}, or read a row of stride {finest:g}"


def not_divisible(row: FileRow, sizes: Sequence[Sequence[Any]], net: YoloNetwork, assembler: Assembler) -> bool:
    """Strides that agree and sizes that do not: the image's sides are no multiples of the deepest stride."""
    shape = net.inputs["input"]
    deepest = max((s for s in net.strides if s is not None), default=32)
    need = int(deepest)
    sides = [] if shape is None else sorted({n for n in shape[-2:] if isinstance(n, int) and n % need})
    if not sides:
        return True
    axis = next(k for k in range(2) if len({s[k] for s in sizes}) > 1)
    got = " and ".join(str(s[axis]) for s in sizes)
    what = f"{sides[0]} is not a multiple" if len(sides) == 1 else f"{sides[0]} and {sides[1]} are no multiples"
    if not assembler.told("image-size"):
        assembler.report(
            row,
            "image-size",
            f"{what} of {need}: row {row.index} ({row.module}) gets {got}",
            row.from_node.span,
            "error",
            help=f"plan with a side of {nearest_sides(sides, need)}",
        )
    return False


def nearest_sides(sides: Sequence[int], need: int) -> str:
    """The nearest sides that the strides allow."""
    found = []
    for side in sides:
        low, high = side // need * need, -(-side // need) * need
        found.append((f"{low} or {high}" if low else f"{high}") + (f" instead of {side}" if len(sides) > 1 else ""))
    return ", and of ".join(found)
