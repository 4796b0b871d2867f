"""The rows of a YOLO model file as written: `[from, repeats, module, args]`, each part with its place."""

from __future__ import annotations

import re
from typing import Any, Final

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.expressions import ExprError
from shapecalc.text.findings import Edit, Fix, Reporter
from shapecalc.text.source import Source, Span
from shapecalc.yamltree import Node, Scalar, Sequence, plain

PARTS: Final = ("from", "repeats", "module", "args")
WRONG: Final = ("wrong",)  # the value of an argument that has been reported
MAX_ROWS: Final = 5000
MAX_REPEATS: Final = 1000
_TWO: Final = re.compile(r"(-?\d+)\s+(-?\d+|[A-Za-z_][\w.]*)")
_WHOLE: Final = re.compile(r"-?\d{1,4}")
_COMMENT = re.compile(r"\s#\s*(.*)")


class FileRow:
    """One row: what is written, where, and (once resolved) what the library makes of it."""

    __slots__ = (
        "args",
        "asked",
        "built",
        "c1",
        "c2",
        "comment",
        "compose",
        "declared",
        "from_node",
        "given",
        "index",
        "items",
        "listed",
        "misleads",
        "module",
        "module_node",
        "n",
        "node",
        "reads",
        "reads_nodes",
        "refused",
        "repeats",
        "repeats_node",
        "times",
        "unknown",
        "values",
        "written",
    )  # fmt: skip

    def __init__(self, index: int, node: Node) -> None:
        self.index, self.node = index, node
        self.module, self.repeats = "", 1
        self.module_node: Node = node
        self.from_node: Node = node
        self.repeats_node: Node = node
        self.listed = False
        self.written: list[int] = []  # `from`, as written or as meant
        self.asked: list[int] | None = None  # `from` as written, where something else is meant
        self.reads: list[int] = []  # absolute rows; -1: the image
        self.reads_nodes: list[Node] = []
        self.items: list[Node] = []  # the arguments' nodes
        self.args: list[Any] = []  # their values
        self.values: list[Any] = []  # the constructor's arguments
        self.built: dict[int, Any] = {}  # what became of an argument that is changed on the way
        self.n = 1  # how often the module stands in a row
        self.times = 1  # the repeats as built
        self.c1: Any = None
        self.c2: Any = None
        self.compose: Any = None
        self.unknown: str | None = None
        self.refused = False
        self.misleads = False  # gives other channels than the parser believes
        self.given: dict[str, Any] = {}  # what a declaration's expressions may name
        self.declared: Any = None
        self.comment = ""

    @property
    def source(self) -> Source:
        return self.node.source

    def node_of_args(self) -> Node:
        """Where the arguments stand."""
        return self.node.items[3] if isinstance(self.node, Sequence) and len(self.node.items) == 4 else self.node

    def label(self) -> str:
        return f"row {self.index} ({self.module})" if self.module else f"row {self.index}"


def read_rows(lists: list[tuple[str, Node]], reporter: Reporter) -> list[FileRow]:
    """The rows of backbone and head, numbered from 0 across both."""
    found: list[FileRow] = []
    for name, node in lists:
        if not isinstance(node, Sequence):
            if not (isinstance(node, Scalar) and node.value is None):
                reporter.error(
                    "invalid-row",
                    f"`{name}` is a list of rows `[from, repeats, module, args]`",
                    node.span,
                    help="start each row with `- [`",
                )
            continue
        if len(node.items) > MAX_ROWS:
            reporter.error("too-many-layers", f"`{name}` has more than {MAX_ROWS:,} rows", node.items[MAX_ROWS].span)
            return []  # what the rows below read cannot be told
        for item in node.items:
            found.append(read_row(len(found), item, reporter))
    return found


def read_row(index: int, node: Node, reporter: Reporter) -> FileRow:
    row = FileRow(index, node)
    row.comment = comment_after(node)
    parts = node.items if isinstance(node, Sequence) else []
    if len(parts) != 4:
        row.refused = True
        wrong_length(row, node, parts, reporter)
        return row
    row.from_node, row.repeats_node, row.module_node, args = parts
    row.module = module_name(row, reporter)
    row.written, row.reads_nodes, row.listed = references(row, reporter)
    row.repeats = repeats(row, reporter)
    if isinstance(args, Sequence):
        row.items = args.items
    elif isinstance(args, Scalar) and args.value is None:
        row.items = []
    else:
        text = f"[{text_of(args)}]"
        reporter.error(
            "invalid-row",
            f"the arguments of row {index} must be a list, not `{text_of(args)}`",
            args.span,
            help=f"write `{text}`",
            fix=Fix("put brackets around it", [Edit(args.span, text)]),
        )
        row.items = [args]
    return row


def text_of(node: Node) -> str:
    return node.source.text[node.start : node.end]


def wrong_length(row: FileRow, node: Node, parts: list[Node], reporter: Reporter) -> None:
    """A row that has not four parts: which one is missing, as far as that can be told."""
    if not isinstance(node, Sequence):
        what = "empty" if isinstance(node, Scalar) and node.value is None else f"`{text_of(node)[:40]}`"
        reporter.error(
            "invalid-row",
            f"row {row.index} is {what}, not `[from, repeats, module, args]`",
            node.span,
            help="write `[-1, 1, Conv, [64, 3, 2]]`, or remove the row",
        )
        return
    names = [i for i, p in enumerate(parts) if isinstance(p, Scalar) and isinstance(p.value, str)]
    help, fix = "write `[from, repeats, module, args]`", None
    commas = missing_comma(parts)
    if commas is not None:
        part, text = commas
        help = f"a comma is missing: write `{text}`"
        fix = Fix("write the comma", [Edit(part.span, text)])
    elif len(parts) == 3 and names == [1]:
        help = f"the repeats are missing: write `[{text_of(parts[0])}, 1, {text_of(parts[1])}, {text_of(parts[2])}]`"
    elif len(parts) == 3 and names[:1] == [2]:
        help = f"the arguments are missing: write `[{', '.join(text_of(p) for p in parts)}, []]`"
    elif len(parts) > 4 and names[:1] == [2]:
        inner = ", ".join(text_of(p) for p in parts[3:])
        help = f"the arguments belong in brackets: `[{', '.join(text_of(p) for p in parts[:3])}, [{inner}]]`"
    row.module = str(parts[names[0]].value) if names and commas is None else ""  # type: ignore[attr-defined]
    reporter.error(
        "invalid-row",
        f"row {row.index} has {len(parts)} parts; a row is [from, repeats, module, args]",
        node.span,
        help=help,
        fix=fix,
    )


def missing_comma(parts: list[Node]) -> tuple[Node, str] | None:
    """`6 C2f` or `-1 1` in a row of three parts: the part, and the two that it should be."""
    for part in parts if len(parts) == 3 else []:
        match = _TWO.fullmatch(text_of(part)) if isinstance(part, Scalar) else None
        if match is not None:
            return part, f"{match[1]}, {match[2]}"
    return None


def module_name(row: FileRow, reporter: Reporter) -> str:
    node = row.module_node
    if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
        return node.value.strip()
    row.refused = True
    swapped = isinstance(row.repeats_node, Scalar) and isinstance(row.repeats_node.value, str)
    if swapped:
        help = f"module and repeats are swapped: write `{text_of(node)}, {text_of(row.repeats_node)}`"
        edits = [Edit(node.span, text_of(row.repeats_node)), Edit(row.repeats_node.span, text_of(node))]
        fix = Fix("swap them", edits, safe=False)
    else:
        help, fix = "the third part of a row is the module's name, such as Conv", None
    reporter.error("invalid-row", f"`{text_of(node)[:40]}` is not the name of a module", node.span, help=help, fix=fix)
    return ""


def references(row: FileRow, reporter: Reporter) -> tuple[list[int], list[Node], bool]:
    """`from`: numbers, their places, and whether they stand in a list."""
    node = row.from_node
    listed = isinstance(node, Sequence)
    numbers, nodes = [], []
    for item in node.items if isinstance(node, Sequence) else [node]:
        value = item.value if isinstance(item, Scalar) else None
        if isinstance(value, bool) or not isinstance(value, int):
            row.refused = True
            help, fix = number_instead(item, "write -1 for the row above")
            reporter.error(
                "invalid-row",
                f"`from` is a row number or a list of them, not `{text_of(item)[:40]}`",
                item.span,
                help=help,
                fix=fix,
            )
            continue
        numbers.append(value)
        nodes.append(item)
    return numbers, nodes, listed


def number_instead(node: Node, otherwise: str) -> tuple[str, Fix | None]:
    """The remedy for a number in quotes, or in brackets too many."""
    text = ""
    if isinstance(node, Sequence):
        inner = [text_of(item) for item in node.items]
        text = ", ".join(inner) if inner and all(_WHOLE.fullmatch(each) for each in inner) else ""
    elif isinstance(node, Scalar) and isinstance(node.value, str) and _WHOLE.fullmatch(node.value.strip()):
        text = node.value.strip()
    return (f"write `{text}`", Fix(f"write `{text}`", [Edit(node.span, text)])) if text else (otherwise, None)


def repeats(row: FileRow, reporter: Reporter) -> int:
    node = row.repeats_node
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_REPEATS:
        if not row.refused:
            help, fix = number_instead(node, "write 1")
            reporter.error(
                "invalid-row",
                f"`repeats` is a number from 0 to {MAX_REPEATS}, not `{text_of(node)[:40]}`",
                node.span,
                help=help,
                fix=fix,
            )
        return 1
    return value


def comment_after(node: Node) -> str:
    """The comment on the line where the row ends."""
    source = node.source
    line = source.location(max(node.start, node.end - 1))[0]
    rest = source.line_text(line)[node.end - source.offset(line, 1) :]
    match = _COMMENT.match(f" {rest.lstrip(' ,]')}" if not rest.startswith("#") else f" {rest}")
    return match[1].strip() if match else ""


# Arguments. ----------------------------------------------------------------------------------------------------------


class Expressions:
    """Texts among the arguments: names of the file's own settings, Python literals, and words that stay as they are."""

    def __init__(self, variables: dict[str, Any], evaluated: bool, reporter: Reporter) -> None:
        self.variables, self.evaluated, self.reporter = variables, evaluated, reporter

    def value(self, node: Node) -> Any:
        """The value of one argument. Nothing is run: a call such as `nn.LeakyReLU(0.1)` is read as a layer."""
        if isinstance(node, Sequence):
            return [self.value(item) if self.evaluated else plain(item) for item in node.items]
        value = plain(node)
        return self.text(node, value) if isinstance(value, str) else value

    def tuples(self, row: FileRow) -> None:
        """`(5, 9)` is a Python tuple; YAML cuts it at the comma."""
        texts = [text_of(node) for node in row.items]
        start = next((k for k, text in enumerate(texts) if text.startswith("(") and ")" not in text), None)
        end = next((k for k, text in enumerate(texts) if text.endswith(")") and "(" not in text), None)
        if start is None or end is None or end <= start:
            return
        span = Span(row.source, row.items[start].start, row.items[end].end)
        right = f"[{span.text[1:-1].strip().rstrip(',')}]"
        self.reporter.error(
            "invalid-argument",
            f"`{span.text[:40]}`: YAML has no tuples, and reads the commas as ends of arguments",
            span,
            help=f"write `{right}`",
            fix=Fix(f"write `{right}`", [Edit(span, right)]),
        )
        row.items[start : end + 1] = []
        row.refused = True

    def text(self, node: Node, text: str) -> Any:
        if text in self.variables:
            return self.variables[text]
        if text.lower() == "none" and text != "None":
            self.reporter.error(
                "invalid-argument",
                f"`{text}` is a text here, not the empty value",
                node.span,
                help="write None",
                fix=Fix("write None", [Edit(node.span, "None")]),
            )
            return None
        try:
            tree = expr.parse(text, code=True)
        except ExprError:
            if "(" in text or not re.match(r"\d", text):
                return text
            self.reporter.error(
                "invalid-argument",
                f"`{text[:40]}` is neither a number nor a word",
                node.span,
                help="write a list such as `[3, 3]`" if "x" in text else "quote a text",
            )
            return WRONG
        if tree.op == "call":
            return activation(text) if self.evaluated else text
        if tree.op == "name":
            return text
        try:
            return expr.evaluate(tree, {})
        except ExprError:
            return text


def activation(text: str) -> Any:
    """`nn.LeakyReLU(0.1)` -> ("LeakyReLU", {"negative_slope": 0.1}); the text itself where it is no layer."""
    from shapecalc.language.arguments import CodeValue, code_value
    from shapecalc.layers.registry import lookup

    try:
        tree = expr.parse(text.strip(), code=True)
        if tree.op == "name":
            return (tree.args[0].rpartition(".")[2], {}) if lookup(tree.args[0]) is not None else text
        name, items, named = tree.args
        cls = lookup(name)
        if tree.op != "call" or cls is None:
            return text
        values = {p.name: code_value(CodeValue(t, 0), None, {}) for p, t in zip(cls.params_, items, strict=False)}
        values |= {key: code_value(CodeValue(t, 0), None, {}) for key, t, _, _ in named}
    except ExprError:
        return text
    return cls.type, values
