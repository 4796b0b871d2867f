"""Rows -> groups of layers: finds each module's composition, checks the row against it, and says what does not fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import Shape
from shapecalc.dialects.yolo import modules
from shapecalc.dialects.yolo.build import Build, Compose, Refused, Site, body_of, closed, rehearse
from shapecalc.dialects.yolo.resolve import IMAGE, Resolver
from shapecalc.dialects.yolo.row_facts import assumed
from shapecalc.dialects.yolo.rows import WRONG, FileRow, text_of
from shapecalc.dialects.yolo.signature import ADDED, SHORT, counted, misfit, signature
from shapecalc.dialects.yolo.stated import stated
from shapecalc.layers.layer import Shapes
from shapecalc.layers.params import show
from shapecalc.network.network import Body, Ref
from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter
from shapecalc.text.source import Span
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Node

#: Heads of models that may leave arguments out.
LENIENT: Final = frozenset(("Depth", "RTDETRDecoder", "SemanticSegment"))
#: Modules whose heads must divide their channels.
HEADED: Final = frozenset(("PSA", "C2PSA", "C2fPSA", "A2C2f", "C3k2", "C3TR", "AIFI", "C2fAttn"))


class Assembler:
    """Makes the body of each row."""

    def __init__(self, net: Any, resolver: Resolver, reporter: Reporter) -> None:
        self.net, self.resolver, self.reporter = net, resolver, reporter
        self.rows: Sequence[FileRow] = net.rows
        self.reported: set[tuple[int, str]] = set()
        self.uses: dict[str, list[FileRow]] = {}

    def find_compositions(self) -> None:
        for row in self.rows:
            if not row.refused:
                row.compose = self.composition(row)

    def body(self, row: FileRow, site: Site) -> Callable[[Shapes], Body]:
        """What the row stands for, once the shapes that reach it are known."""
        self.check_references(row)
        if not row.refused and row.compose is not None:
            self.check_arguments(row)
        if not row.refused and row.compose is not None and self.doubtful(row):
            try:
                rehearse(row.compose, site, len(row.reads) if row.listed else None, row.values)
            except Refused as refused:
                self.refuse(row, refused)
        site.refuse = partial(self.refuse, row)
        return partial(self.expand, row, site)

    def error(self, row: FileRow, rule: str, message: str, at: Node, **details: Any) -> None:
        """A finding at a part of the row; the row then gives what can be guessed."""
        row.refused = True
        self.report(row, rule, message, at.span, "error", **details)

    def told(self, rule: str) -> bool:
        """Has this been said of a row already? Many rows would repeat it."""
        return any(r == rule for _, r in self.reported)

    def report(self, row: FileRow, rule: str, message: str, span: Span, severity: str, **details: Any) -> None:
        if (row.index, rule) not in self.reported:
            self.reported.add((row.index, rule))
            self.reporter.report(Finding(rule, severity, message, span, layer=str(row.index), **details))

    # The row alone. --------------------------------------------------------------------------------------------------

    def check_references(self, row: FileRow) -> None:
        """`from` names rows above, one or several as the module takes them."""
        for written, read, node in zip(row.written, row.reads, row.reads_nodes, strict=False):
            if read < row.index and (read >= 0 or (read == IMAGE and row.index == 0)):
                continue
            message, help = self.wrong_reference(row, written, read)
            self.error(row, "unknown-reference", message, node, help=help)
        takes_list = row.declared.several if row.declared is not None else self.net.family.lists(row.module)
        if row.refused or not row.module:
            return
        if takes_list and not row.listed:
            text = f"[{row.written[0]}]" if row.written else "[-1]"
            self.error(
                row,
                "invalid-row",
                f"{row.module} reads a list of rows, `from` is one number",
                row.from_node,
                help=f"write `{text}`, with all the rows that it reads",
            )
        elif row.listed and not takes_list and (row.compose is not None or row.declared is not None):
            text = text_of(row.reads_nodes[-1]) if row.reads_nodes else "-1"
            self.error(
                row,
                "invalid-row",
                f"{row.module} reads one row, `from` is a list",
                row.from_node,
                help=f"write `{text}`" if len(row.written) < 2 else "join them by a Concat row above, and read -1",
            )
        elif not row.written:
            self.error(row, "invalid-row", f"row {row.index} reads nothing", row.from_node, help="write -1")

    def wrong_reference(self, row: FileRow, written: int, read: int) -> tuple[str, str]:
        what = f"row {row.index} ({row.module}) reads row {written}"
        if read == row.index:
            return f"{what}, which is itself (rows 0-{row.index - 1} are above it)", self.instead(row)
        if read >= len(self.rows):
            return f"{what}; there are {len(self.rows)} rows, 0-{len(self.rows) - 1}", self.instead(row)
        if read > row.index:
            other = self.rows[read]
            return f"{what}, which comes later (`{other.module}`)", "a row reads what is above it"
        if row.index == 0:
            return "row 0 reads the image, and that is written -1", "write -1"
        return f"row {row.index} ({row.module}) reads {written}: there are only {row.index} rows above it", (
            "only row 0 sees the image; begin with a row `[-1, 1, nn.Identity, []]` to read it again later"
        )

    def instead(self, row: FileRow) -> str:
        """What a wrong reference may have meant: the one row above that nobody reads."""
        read = {r for other in self.rows for r in other.reads}
        unread = [other for other in self.rows[: row.index] if other.index not in read]
        if len(unread) != 1:
            return "write -1 for the row above"
        return f"write {unread[0].index}: nobody reads row {unread[0].index} ({unread[0].module})"

    def composition(self, row: FileRow) -> Compose | None:
        """The function that composes the row's module; None for a layer of torch.nn, which needs none."""
        if row.declared is not None:
            return None
        found = modules.find(row.module, self.net.family.name)
        if found is None:
            row.unknown = row.module
        self.uses.setdefault(row.module, []).append(row)
        return found

    def finish(self) -> None:
        """One finding for each module that is not known, and one for those that only their publications define."""
        published = []
        for name, rows in self.uses.items():
            if rows[0].unknown is not None:
                self.unknown_module(name, rows)
            elif not self.net.family.knows(name) and not rows[0].refused:
                published.append(rows[0])
        if published:
            self.published_modules(published)

    def unknown_module(self, name: str, rows: Sequence[FileRow]) -> None:
        row = rows[0]
        names = [n for n in (*modules.FILES, *modules.ALIASES) if ":" not in n]
        near = nearest(name, names)
        typo = near is not None and (near.lower() == name.lower() or alike(near, name))
        many = f" ({len(rows)} rows)" if len(rows) > 1 else ""
        what = "inputs: list, out: same" if row.listed else "out: same, stride: 1"
        declare = f"declare it: `modules: {{{name}: {{{what}}}}}`"
        self.reporter.report(
            Finding(
                "unknown-module",
                "error" if typo else "warning",
                f"unknown module {name}{many}",
                row.module_node.span,
                layer=str(row.index),
                notes=[
                    "taken to keep the shape of what comes in, as the library's parser has it: its arguments go to it "
                    f"unchanged, and the rows below are built for the {row.c2} channels that arrive"
                ],
                help=f"write `{near}`" if typo else declare,
                related=[Label(other.module_node.span, f"row {other.index}") for other in rows[1:6]],
                fix=Fix(f"write `{near}`", [Edit(r.module_node.span, str(near)) for r in rows]) if typo else None,
            )
        )

    def published_modules(self, rows: Sequence[FileRow]) -> None:
        names = ", ".join(row.module for row in rows)
        are, them = ("is", "it") if len(rows) == 1 else ("are", "them")
        self.reporter.report(
            Finding(
                "foreign-module",
                "note",
                f"{names} {are} not among the modules of {self.net.family.release}; a fork with {them} is needed",
                rows[0].module_node.span,
                layer=str(rows[0].index),
                notes=[f"planned by the formulas of {'its publication' if len(rows) == 1 else 'their publications'}"],
                help=f"where yours differs, declare it: `modules: {{{rows[0].module}: {{out: same, params: ...}}}}`",
                related=[Label(row.module_node.span, f"row {row.index}") for row in rows[1:6]],
            )
        )

    def check_arguments(self, row: FileRow) -> None:
        """As many arguments as the module takes, each of a kind that it can use."""
        names, required = signature(row.compose)
        shown = self.written_arguments(row, names)
        if (row.values and names[:1] == ["c1"] and row.values[0] is None) or any(
            isinstance(value, tuple) and None in value for value in row.values[-2:] if self.closed_head(row)
        ):
            row.refused = True  # what reaches it is not known, which has been said
        elif self.too_many(row, names, shown):
            many = self.too_many(row, names, shown)
            more = ", ".join(text_of(each) for each in row.items[-many:])
            help = f"remove `{more}`" if more else None
            if more == "anchors" and self.net.root.get("anchors") is None:
                help = f"{row.module} of YOLOv5 takes them: add `anchors:` to the file, or remove `anchors` here"
            self.error(
                row,
                "unknown-argument",
                f"{row.module} takes {counted(len(shown))}, {many} more {'is' if many == 1 else 'are'} given",
                row.items[-1] if row.items else row.module_node,
                notes=[f"{row.module}({', '.join(shown)})"],
                help=help,
            )
        elif not row.args and self.net.family.scales(row.module) and shown[:1] == ["c2"]:
            self.error(
                row,
                "missing-argument",
                f"{row.module} needs c2, the output channels",
                row.node_of_args(),
                notes=[f"{row.module}({', '.join(shown)})"],
                help="write `[64]`",
            )
        elif len(row.values) >= required:
            self.check_kinds(row, names)
        else:
            missing = [name for name in names[len(row.values) : required] if name not in ADDED]
            if missing:
                self.error(
                    row,
                    "missing-argument",
                    f"{row.module} needs {' and '.join(missing)}",
                    row.node_of_args(),
                    notes=[f"{row.module}({', '.join(shown)})"],
                    help=f"add {missing[0]} to the row's arguments",
                )

    def too_many(self, row: FileRow, names: Sequence[str], shown: Sequence[str]) -> int:
        """How many arguments no place is left for."""
        if self.closed_head(row):
            return max(len(row.args) - len(shown), 0)
        return max(len(row.values) - len(names), 0)

    def written_arguments(self, row: FileRow, names: Sequence[str]) -> list[str]:
        """The names of the arguments that a row gives; the parser puts in the others."""
        own = {"c1", *ADDED} | ({"n"} if self.net.family.repeats(row.module) else set())
        if self.closed_head(row):
            names = names[: next((k for k, name in enumerate(names) if name in ADDED), None)]
        return [name for name in names if name not in own]

    def closed_head(self, row: FileRow) -> bool:
        """Does the parser put its own arguments behind those of the row, so that none may be left out?"""
        return row.module in self.net.family.heads and row.module not in LENIENT

    def doubtful(self, row: FileRow) -> bool:
        """May a module inside this one refuse what it is given? Only where groups or heads cut the channels."""
        values = dict(zip(signature(row.compose)[0], row.values, strict=False))
        return values.get("g", 1) != 1 or row.module in HEADED

    def check_kinds(self, row: FileRow, names: Sequence[str]) -> None:
        """A text, a list or a fraction where a whole number belongs; a number where a yes or no belongs."""
        kinds = [kind for name, kind in row.compose.__annotations__.items() if name not in ("b", "x", "xs", "return")]
        offset = len(row.values) - len(row.args)
        for k, (name, kind, value) in enumerate(zip(names, kinds, row.values, strict=False)):
            if value is WRONG:
                row.refused = True
                return
            wrong = misfit(kind, value)
            if name == "c2" and isinstance(value, int) and (value is True or value < 1):
                wrong = "a whole number of 1 or more"
            if wrong is None or name in ADDED:
                continue
            node = row.items[k - offset] if 0 <= k - offset < len(row.items) else row.module_node
            shown = text_of(node).strip("'\"") if node is not row.module_node else show(value)
            text = f"`{name}` of {row.module} is {wrong}, not `{shown[:60]}`"
            note = [f"{row.module}({', '.join(self.written_arguments(row, names))})"]
            if kind == "bool":
                self.report(row, "argument-order", text, node.span, "warning", notes=note)
            else:
                self.error(row, "invalid-argument", text, node, notes=note)
                return

    # What it stands for. ---------------------------------------------------------------------------------------------

    def expand(self, row: FileRow, site: Site, xs: Shapes) -> Body:
        """The row's layers; what can be guessed of its output where something does not fit."""
        if row.refused or row.unknown:
            return self.guess(row, site, xs)
        if row.declared is not None:
            body: Body = row.declared.body(row, Build(site, xs[0] if xs else None), xs)
            return body
        if row.module in ("Concat", "Add", "Shortcut", "Chuncat"):
            from shapecalc.dialects.yolo.mistakes import check_join

            if not check_join(row, xs, self.net, self):
                return self.guess(row, site, xs)
        several = row.listed and (self.net.family.lists(row.module) or len(row.reads) > 1)
        named = {"legacy": True} if self.resolver.legacy and row.module in self.net.family.heads else {}
        compose: Compose = partial(self.composed, row)
        try:
            body = body_of(compose, site, xs, several, (), named)
        except Refused as refused:
            self.refuse(row, refused)
            return self.guess(row, site, xs)
        body.variables = self.given(row)
        if row.misleads and body.outputs is None:
            build = Build(site, None)
            out = build.step(stated(self.nominal(row, row.c2)), [], None)
            refs = [Ref(out, site.start, site.end)]
            return Body([[*body.chains[0], *build.items]], None, body.variables, outputs=refs)
        return body

    def composed(self, row: FileRow, b: Build, x: Any, **named: Any) -> Any:
        """The module, or as many equal ones in a row as the repeats say."""
        compose = row.compose
        if "legacy" not in signature(compose)[0]:
            named = {}
        if row.n <= 1:
            return compose(b, x, *row.values, **named)
        return repeated(b, x, row, compose)

    def refuse(self, row: FileRow, refused: Refused) -> None:
        """What a constructor does not take, at the argument that it is about."""
        names = signature(row.compose)[0]
        at = row.module_node
        argument = refused.argument if refused.argument in names else SHORT.get(str(refused.argument))
        if argument in names:
            position = names.index(argument) - (len(row.values) - len(row.args))
            if 0 <= position < len(row.items):
                at = row.items[position]
            elif argument == "c2" and row.items:
                at = row.items[0]
        row.refused = True
        if row.index not in assumed(self.rows):
            self.report(row, refused.rule, refused.message, at.span, "error", help=refused.help)
            return
        unknown = next(r for r in self.rows if r.unknown is not None)
        self.report(
            row,
            refused.rule,
            refused.message,
            at.span,
            "warning",
            help=f'declare it: `modules: {{{unknown.module}: {{out: "args[0]", scaled: true}}}}`',
            notes=[f"that rests on {unknown.module} in row {unknown.index}, which is taken to keep the channels"],
        )

    def given(self, row: FileRow) -> dict[str, Any]:
        """The constructor's arguments by name, as they were built."""
        names = signature(row.compose)[0]
        values = dict(zip(names, row.values, strict=False))
        return {k: v for k, v in values.items() if k not in ADDED and isinstance(v, (bool, int, float, str, list))}

    def guess(self, row: FileRow, site: Site, xs: Shapes) -> Body:
        """The parser's channels, and the size of what comes in; where something does not fit, the nominal size."""
        first = xs[0] if xs else None
        c2 = row.c2 if isinstance(row.c2, int) and not isinstance(row.c2, bool) else UNK
        shape = first
        if row.refused or first is None:
            shape = self.nominal(row, c2)
        elif len(first) == 4:
            shape = (first[0], c2, *first[2:])
        build = Build(site, first)
        return closed(build, build.step(stated(shape), [f"input.{k}" for k in range(len(xs))], None))

    def nominal(self, row: FileRow, c2: Any) -> Shape | None:
        """The shape that a row's stride gives it."""
        image = self.net.inputs["input"]
        stride = self.net.strides[row.index] if row.index < len(self.net.strides) else None
        if image is None or len(image) != 4 or row.module in self.net.family.heads:
            return None
        sizes = [n // max(int(stride), 1) if isinstance(n, int) and stride else UNK for n in image[2:]]
        return (image[0], c2, *sizes)


def alike(one: str, other: str) -> bool:
    """Do two names differ by a slip of the keyboard only?"""
    from difflib import SequenceMatcher

    return min(len(one), len(other)) > 4 and SequenceMatcher(None, one, other).ratio() > 0.88


def repeated(b: Build, x: Any, row: FileRow, compose: Compose) -> Any:
    for i in range(row.n):
        x = b.use(str(i), compose, x, *row.values)
    return x
