"""A YOLO model file -> Network: every row becomes a group of the catalogue's layers, called by its number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.dims import symbol
from shapecalc.algebra.shape import Shape
from shapecalc.dialects.yolo.assemble import Assembler
from shapecalc.dialects.yolo.build import ModuleGroup, Shared, Site
from shapecalc.dialects.yolo.declared import needed, sections
from shapecalc.dialects.yolo.family import YOLOV5, Family
from shapecalc.dialects.yolo.mistakes import check, check_summary
from shapecalc.dialects.yolo.resolve import IMAGE, Resolver, Settings
from shapecalc.dialects.yolo.row_facts import assumed, cell, file_row, notes, row_facts
from shapecalc.dialects.yolo.rows import Expressions, FileRow, activation, read_rows, text_of
from shapecalc.dialects.yolo.scale import Choice, apply, choose
from shapecalc.language.reader import WHOLE, Options, UsageError, overridden
from shapecalc.network.dialect import Dialect, SpecFile
from shapecalc.network.network import Controls, Network, Ref
from shapecalc.text.findings import Edit, Fix, Reporter
from shapecalc.text.source import Source
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree import Node, Scalar, plain

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

#: What --set may change.
SETTABLE: Final = ("nc", "depth_multiple", "width_multiple", "max_channels", "reg_max", "end2end", "kpt_shape")
WANTED: Final = {
    "nc": "a whole number of 1 or more",
    "reg_max": "a whole number of 1 or more",
    "end2end": "true or false",
    "kpt_shape": "a list such as [17, 3]",
}
#: Other words for `nc`.
LIKE_NC: Final = ("num_classes", "nclasses", "n_classes", "classes", "num_class", "number_classes", "ncls")
#: Modules whose output is used by others than those that name their row.
READ_UNSEEN: Final = frozenset({"ImagePoolingAttn"})
SIDE: Final = 640
CLASSIFY_SIDE: Final = 224


class YoloNetwork(Network):
    """A network that knows the rows of its file."""

    __slots__ = ("changed", "choice", "family", "root", "rows", "settings", "shared", "strides", "usual_channels")

    def __init__(self, source: Source, root: MappingNode, family: Family, dialect: Dialect) -> None:
        super().__init__(source, None, dialect)
        self.root, self.family = root, family
        self.rows: list[FileRow] = []
        self.settings = Settings()
        self.choice = Choice("", "")
        self.shared = Shared(source)
        self.strides: list[float | None] = []  # of each row, as its references have it
        self.changed = False  # by the caller
        self.usual_channels: Any = 3  # of the image, as the file alone has it

    def facts(self) -> dict[str, object]:
        return {"emulates": self.family.release, "scale": self.choice.letter or None, "scale_why": self.choice.why}

    def row_facts(self, row: Row) -> dict[str, object]:
        return row_facts(self.rows, row, self.inputs.get("input"))

    def cell(self, column: str, row: Row) -> str:
        return cell(column, self.rows, row, self.inputs.get("input"))

    def is_assumed(self, row: Row | None = None) -> bool:
        if row is None:
            return any(each.unknown is not None for each in self.rows)
        return file_row(self.rows, row).index in assumed(self.rows)

    def is_unknown(self, row: Row) -> bool:
        return file_row(self.rows, row).unknown is not None

    def is_read_unseen(self, row: Row) -> bool:
        return row.type in READ_UNSEEN

    def review(self, plan: Plan) -> None:
        """What shows only once everything is worked out."""
        if not self.changed and self.settings.input_channels == self.usual_channels:
            check_summary(self, plan)

    def notes(self) -> list[str]:
        return notes(self.rows)

    def heading(self) -> str:
        scale = f" [{self.choice.letter}: {self.choice.why}]" if self.choice.letter else ""
        return f"{self.source.path}{scale}, as {self.family.release}"


def read_yolo(file: SpecFile, family: Family, options: Options) -> Network:
    """The network of a model file."""
    if not isinstance(file.root, MappingNode):
        return Network(file.source, None, file.dialect)
    net = YoloNetwork(file.source, file.root, family, file.dialect)
    return _Reader(net, file.reporter, options).network()


class _Reader:
    def __init__(self, net: YoloNetwork, reporter: Reporter, options: Options) -> None:
        self.net, self.reporter, self.options = net, reporter, options
        self.root, self.settings = net.root, net.settings

    def network(self) -> Network:
        net = self.net
        net.choice = choose(self.root, net.source.path, self.options.variant, self.reporter)
        net.variant = net.choice.letter or None
        apply(net.choice, self.root, self.settings, self.reporter)
        self.read_settings()
        self.set_from_outside()
        net.changed = bool(self.options.set)
        net.shared.classes = self.settings.nc
        lists = [(key, node) for key in ("backbone", "head") if (node := self.root.get(key)) is not None]
        if lists[0][0] == "backbone":  # else every number in the head is wrong
            net.rows = read_rows(lists, self.reporter)
        self.read_arguments()
        self.read_input()
        resolver = Resolver(net.family, self.settings, net.rows)
        declared = sections(self.root, net.source, needed(net.rows), self.reporter)
        for row in net.rows:
            row.declared = declared.get(row.module)
            if row.declared is not None:
                row.declared.trial = self.options.trial
        resolver.run()
        assembler = Assembler(net, resolver, self.reporter)
        assembler.find_compositions()
        if self.renumbered():
            resolver = assembler.resolver = Resolver(net.family, self.settings, net.rows)
            resolver.run()
        net.strides = check(net, assembler, self.reporter).strides
        self.items(assembler)
        return net

    def renumbered(self) -> bool:
        """Were the row numbers wrong since a row was put in or taken out? The rest is read as it was meant."""
        from shapecalc.dialects.yolo import index_shift as shift

        found = shift.find(self.net.rows, self.net.family)
        if found is None:
            return False
        shift.report(found, self.net.rows, shift.stands(self.net.rows, self.net.family), self.reporter)
        for row, refs in zip(self.net.rows, found.refs, strict=True):
            if refs != row.written:
                row.asked, row.written = row.written, refs
        return True

    # Settings. -------------------------------------------------------------------------------------------------------

    def read_settings(self) -> None:
        settings, root = self.settings, self.root
        settings.nc = self.whole("nc", 80, needed=True)
        settings.reg_max = self.whole("reg_max", 16)
        settings.end2end = bool(plain(root.get("end2end")))
        if root.get("kpt_shape") is not None:
            settings.kpt_shape = plain(root.get("kpt_shape"))
        wish = root.get("activation")
        if isinstance(wish, Scalar) and isinstance(wish.value, str):
            self.read_activation(wish, wish.value)
        if self.net.family is YOLOV5:
            self.read_anchors(root.get("anchors"))

    def whole(self, key: str, default: int, needed: bool = False) -> int:
        node = self.root.get(key)
        value = plain(node)
        if node is None and needed:
            return self.missing(key, default)
        if node is None:
            return default
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            text = value.strip() if isinstance(value, str) else ""
            written = f"`{text_of(node)[:40]}`" if text_of(node).strip() else "empty"
            self.reporter.error(
                "invalid-argument",
                f"`{key}` must be a whole number of 1 or more, not {written}",
                node.span,
                help=f"write `{key}: {text if text.isdecimal() else default}`",
                fix=Fix(f"write {text}", [Edit(node.span, text)]) if text.isdecimal() and int(text) else None,
            )
            return int(text) if text.isdecimal() and int(text) else default
        return value

    def missing(self, key: str, default: int) -> int:
        """The number of classes where the file does not say it; the names of a data set's file may."""
        names = plain(self.root.get("names"))
        counted = isinstance(names, (list, dict)) and len(names) > 0
        count = len(names) if counted else default
        near = next((k for k, _ in self.root.pairs if str(k.value).lower() in LIKE_NC), None)
        self.reporter.error(
            "missing-key",
            f"the file has no `{key}:`",
            (near or self.root.pairs[0][0]).span,
            notes=["the library takes the number of classes from there, not from `names`"] if counted else [],
            help=f"write `{key}` instead of `{near.value}`" if near is not None else f"add `{key}: {count}`",
        )
        return count

    def read_activation(self, node: Scalar, text: str) -> None:
        found = activation(text)
        if isinstance(found, tuple):
            self.net.shared.activation = found
            return
        word = text.removesuffix("()").rpartition(".")[2]
        near = nearest(word, ("SiLU", "ReLU", "LeakyReLU", "GELU", "Mish", "ReLU6"))
        self.reporter.error(
            "unknown-type",
            f"`{text[:60]}` is no activation of torch.nn",
            node.span,
            help=f"write `nn.{near}()`" if near else "write for example `nn.ReLU()`",
        )

    def read_anchors(self, node: Node | None) -> None:
        """Anchors for each level: a number, or lists with two numbers for each anchor."""
        value = plain(node)
        if isinstance(value, int) and not isinstance(value, bool):
            self.settings.anchors = value
        elif isinstance(value, list) and value and isinstance(value[0], list):
            self.settings.anchors = len(value[0]) // 2

    def set_from_outside(self) -> None:
        for name, value in self.options.set.items():
            if name not in SETTABLE:
                near = nearest(name, SETTABLE)
                hint = f"; did you mean `{near}`?" if near else f" (there are {', '.join(SETTABLE)})"
                raise UsageError(f"--set {name}: a model file has no setting `{name}`{hint}")
            self.set_one(name, value)

    def set_one(self, name: str, value: Any) -> None:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        whole = number and isinstance(value, int) and value >= 1
        fits = {"nc": whole, "reg_max": whole, "end2end": isinstance(value, bool), "kpt_shape": isinstance(value, list)}
        if not fits.get(name, number and 0 < value < math.inf):
            wanted = WANTED.get(name, "a number above 0")
            raise UsageError(f"--set {name}={value}: `{name}` is {wanted}")
        setattr(self.settings, name.removesuffix("_multiple"), value)

    # Rows. -----------------------------------------------------------------------------------------------------------

    def read_arguments(self) -> None:
        settings = self.settings
        variables: dict[str, Any] = {
            key: value
            for k, v in self.root.pairs
            if isinstance(key := k.value, str) and isinstance(value := plain(v), (int, float)) and key not in SETTABLE
        }
        variables |= {
            "nc": settings.nc,
            "kpt_shape": settings.kpt_shape,
            "reg_max": settings.reg_max,
            "end2end": settings.end2end,
        }
        if self.root.get("anchors") is not None:
            variables["anchors"] = plain(self.root.get("anchors"))
        expressions = Expressions(variables, self.net.family is YOLOV5, self.reporter)
        for row in self.net.rows:
            expressions.tuples(row)
            row.args = [expressions.value(node) for node in row.items]
            for k, node in enumerate(row.items):
                word = node.value if isinstance(node, Scalar) else None
                if isinstance(word, str) and isinstance(variables.get(word), (int, float)):
                    row.built[k] = row.args[k]

    # Input. ----------------------------------------------------------------------------------------------------------

    def read_input(self) -> None:
        net, options = self.net, self.options
        whole = options.batch == WHOLE
        net.batch = None if whole else symbol("N") if options.batch is None else options.batch
        given = dict(options.inputs)
        classify = any(row.module == "Classify" for row in net.rows)
        side = CLASSIFY_SIDE if classify else SIDE
        wish = plain(self.root.get("channels"))
        sample: Shape = (wish if classify and isinstance(wish, int) and wish > 0 else 3, side, side)
        net.usual_channels = sample[0]
        for name in ("", "input", "images"):
            if name in given:
                shape = given.pop(name)
                sample = shape if whole else overridden(shape, sample, net)
        if given:
            raise UsageError(f"there is no input `{next(iter(given))}`; a model file has one, called `input`")
        net.variables = {"N": net.batch}
        net.inputs["input"] = sample if whole else (net.batch, *sample)
        self.settings.input_channels = sample[1 if whole and len(sample) == 4 else 0] if sample else 3

    # Items. ----------------------------------------------------------------------------------------------------------

    def items(self, assembler: Assembler) -> None:
        for row in self.net.rows:
            self.net.items.append(self.group(row, assembler))
        assembler.finish()
        if self.net.rows:
            last = self.net.rows[-1]
            self.net.outputs = [Ref(str(last.index), last.node.start, last.node.end)]

    def group(self, row: FileRow, assembler: Assembler) -> ModuleGroup:
        node = row.module_node
        bounds = (row.from_node.start, row.from_node.end)
        site = Site(self.net.shared, node.start, node.end, bounds)
        controls = Controls()
        controls.refs = [
            Ref(self.target(row, k, read), place.start, place.end)
            for k, (read, place) in enumerate(zip(row.reads, row.reads_nodes, strict=True))
            if IMAGE <= read < row.index
        ]
        return ModuleGroup(site, row.module or "?", assembler.body(row, site), str(row.index), controls)

    def target(self, row: FileRow, k: int, read: int) -> str:
        """What a reference is called: a row with several outputs is read by one of them."""
        if read == IMAGE:
            return "input"
        if not isinstance(self.net.rows[read].c2, list):
            return str(read)
        part = 0
        if row.module == "CBFuse" and row.args and isinstance(row.args[0], list) and k < len(row.args[0]):
            part = row.args[0][k]
        elif row.module == "Index" and len(row.args) > 1:
            part = row.args[1]
        return f"{read}.{part}"
