"""Modules that the library does not know: what a `modules:` section says of them, and what is assumed without one."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.dims import UNK, Dim, ceildiv
from shapecalc.algebra.expressions import ExprError
from shapecalc.algebra.shape import Shape
from shapecalc.dialects.native import NATIVE
from shapecalc.dialects.yolo.build import Build, closed
from shapecalc.dialects.yolo.resolve import Resolver
from shapecalc.dialects.yolo.rows import FileRow
from shapecalc.dialects.yolo.stated import stated
from shapecalc.language.rows import Block, LayerReader
from shapecalc.layers.layer import Shapes
from shapecalc.layers.params import show
from shapecalc.network.network import Body, Network
from shapecalc.text.findings import Edit, Fix, Reporter
from shapecalc.text.source import BadText, Source, load_source
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree import Node, Scalar, compose, plain
from shapecalc.yamltree import Sequence as SequenceNode


def strided(n: Dim, stride: Any) -> Dim:
    """A size after a stride; below 1 it grows."""
    if not isinstance(stride, (int, float)) or isinstance(stride, bool) or stride <= 0 or n is UNK:
        return UNK
    if stride >= 1:
        return ceildiv(n, int(stride))
    return n * round(1 / stride)


def whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


FILES: Final = (".shapecalc.yaml", ".shapecalc.yml")
Trial = Callable[[Network], Sequence[Shape | None]]
PROBE: Final = 512  # side of the map that a declared block is tried on
KEYS: Final = {
    "out": "channels of the output: same, a number, or an expression such as args[0]",
    "stride": "how much smaller the output is (default 1; 0.5: twice as large)",
    "inputs": "one (default), or list for a module that reads several rows",
    "scaled": "true: the first argument is a width, which the scale changes",
    "repeats": "true: the module takes the number of repeats as an argument",
    "params": "learnable scalars: a number or an expression over c1, c2, args, n",
    "macs": "multiply-accumulates for one output position: a number or an expression",
    "args": "names of the arguments of a block of layers",
    "layers": "the block of layers",
}


class Declared:
    """One module of a `modules:` section."""

    __slots__ = ("block", "factors", "keys", "name", "node", "reporter", "trial")

    def __init__(self, name: str, node: Node, keys: dict[str, Node], reporter: Reporter) -> None:
        self.name, self.node, self.keys, self.reporter = name, node, keys, reporter
        self.block: Any = None
        self.trial: Trial | None = None
        self.factors: dict[str, float] = {}  # of a block of layers, by its channels and arguments

    @property
    def several(self) -> bool:
        return bool(plain(self.keys.get("inputs")) == "list")

    def flag(self, key: str) -> bool:
        return bool(plain(self.keys.get(key)))

    def resolve(self, resolver: Resolver, row: FileRow) -> None:
        """The parser's part: arguments, repeats, channels."""
        settings = resolver.settings
        row.values = list(row.args)
        if self.flag("scaled") and row.args:
            width = settings.scaled(row.args[0])
            row.values[0] = row.built[0] = width
        times = row.n
        if self.flag("repeats"):
            row.n = 1
        counts = [resolver.of(read) for read in row.reads]
        env = {
            "args": row.values,
            "c1": row.c1,
            "c": counts,
            "n": times,
            "nc": settings.nc,
            "i": row.index,
            "in_channels": row.c1,
        }
        default = row.values[0] if self.flag("scaled") and row.values else row.c1
        row.c2 = self.number("out", env, default, row)
        row.given = {**env, "c2": row.c2}

    def body(self, row: FileRow, build: Build, xs: Shapes) -> Body:
        """What the row stands for: the declared block, or a layer that states its output."""
        if "layers" in self.keys:
            return Body([self.items()], None, {**row.given, **self.bound(row)})
        first = xs[0] if xs else None
        shape: Shape | None = first
        macs: Any = 0
        if first is not None and len(first) == 4:
            stride = self.number("stride", row.given, 1, row)
            size = tuple(strided(n, stride) for n in first[2:])
            c2 = row.c2 if isinstance(row.c2, int) and not isinstance(row.c2, bool) else UNK
            shape = (first[0], c2, *size)
            macs = self.number("macs", row.given, 0, row)
        params = self.number("params", row.given, 0, row)
        return closed(build, build.step(stated(shape, whole(params), whole(macs)), "input", self.name.lower()))

    def factor(self, row: FileRow) -> float:
        """Stride of a row's output over that of its input."""
        if "layers" in self.keys:
            key = repr((row.c1, row.values))
            if key not in self.factors:
                self.factors[key] = self.measured(row)
            return self.factors[key]
        stride = self.number("stride", row.given, 1, row)
        return float(stride) if isinstance(stride, (int, float)) and 0 < stride < math.inf else 1.0

    def measured(self, row: FileRow) -> float:
        """What the block of layers makes of a large map."""
        if not isinstance(row.c1, int) or self.several or self.trial is None:
            return 1.0
        network = Network(self.node.source, None, NATIVE)
        network.inputs["input"] = (1, row.c1, PROBE, PROBE)
        network.variables = {**row.given, **self.bound(row), "N": 1}
        network.items = self.items()
        shape = next(iter(self.trial(network)), None)
        side = shape[2] if shape is not None and len(shape) == 4 else None
        return PROBE / side if isinstance(side, int) and side else 1.0

    def items(self) -> list[Any]:
        """The rows of the declared block, read once."""
        if self.block is None:
            layers = self.keys["layers"]
            self.block = Block(self.name, {}, layers)
            LayerReader(layers.source, self.reporter, {}, ()).read_block(self.block, layers)
        return list(self.block.items)

    def bound(self, row: FileRow) -> dict[str, Any]:
        """The block's own arguments: the row's values in their order, else the defaults."""
        node = self.keys.get("args")
        pairs: list[tuple[str, Node | None]] = []
        if isinstance(node, MappingNode):
            pairs = [(str(key.value), value) for key, value in node.pairs]
        elif isinstance(node, SequenceNode):
            pairs = [(str(plain(item)), None) for item in node.items]
        found: dict[str, Any] = {}
        for k, (name, default) in enumerate(pairs):
            found[name] = row.values[k] if k < len(row.values) else plain(default)
        return found

    def number(self, key: str, env: Mapping[str, Any], default: Any, row: FileRow) -> Any:
        """The value of a key for one row; what is wrong is reported where it stands."""
        node = self.keys.get(key)
        value = plain(node)
        if node is None or value in ("same", None):
            return default
        if not isinstance(value, str):
            return value
        try:
            return expr.evaluate(expr.parse(value), env)
        except ExprError as error:
            self.reporter.error(
                "invalid-expression",
                f"`{key}` of {self.name} has no value at row {row.index}: {error.message}",
                node.span,
                help=error.help,
            )
            return default


def sections(root: MappingNode, source: Source, needed: set[str], reporter: Reporter) -> dict[str, Declared]:
    """What is declared in the file, or beside it in `.shapecalc.yaml`, for the modules that are needed."""
    found: dict[str, Declared] = {}
    for node in (beside(source.path) if needed else None, root.get("modules")):
        if isinstance(node, MappingNode):
            for key, value in node.pairs:
                name = str(key.value)
                if name in needed or node is root.get("modules"):
                    declared = declaration(name, key, value, reporter)
                    if declared is not None:
                        found[name] = declared
        elif node is not None and plain(node) is not None:
            reporter.error(
                "invalid-argument",
                "`modules` is a mapping from names to what they are",
                node.span,
                help="write `modules: {CBAM: {out: same}}`",
            )
    return found


def beside(path: str) -> Node | None:
    """The `modules:` of the nearest configuration in the file's folder or above it."""
    folder = os.path.dirname(os.path.abspath(path))
    while True:
        for name in FILES:
            try:
                source = load_source(os.path.join(folder, name))
            except (OSError, BadText):
                continue
            root = compose(source, Reporter())
            return root.get("modules") if isinstance(root, MappingNode) else None
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def declaration(name: str, key: Scalar, node: Node, reporter: Reporter) -> Declared | None:
    if isinstance(node, SequenceNode):
        return Declared(name, key, {"layers": node}, reporter)
    if isinstance(node, Scalar) and node.value is None:
        return Declared(name, key, {}, reporter)
    if not isinstance(node, MappingNode):
        reporter.error(
            "invalid-argument",
            f"module `{name}` is declared by a mapping, not `{show(plain(node))}`",
            node.span,
            notes=[f"it takes {', '.join(KEYS)}"],
            help=f"write `{name}: {{out: same, stride: 1}}`",
        )
        return None
    keys: dict[str, Node] = {}
    for word, value in node.pairs:
        if word.value in KEYS:
            if usable(name, str(word.value), value, reporter):
                keys[str(word.value)] = value
            continue
        near = nearest(str(word.value), KEYS)
        reporter.error(
            "unknown-key",
            f"a module has no key `{show(word.value)}`",
            word.span,
            notes=[f"it takes {', '.join(KEYS)}"],
            help=f"write `{near}`" if near else None,
            fix=Fix(f"write `{near}`", [Edit(word.span, near)]) if near else None,
        )
    return Declared(name, key, keys, reporter)


def usable(name: str, key: str, node: Node, reporter: Reporter) -> bool:
    """Is the value of a key one that it can have? Expressions show that row by row."""
    value = plain(node)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    whole = number and isinstance(value, int) and value >= 0
    text = isinstance(value, str)
    fits, wanted = {
        "out": (text or (whole and value > 0), '`same`, a number of channels or an expression such as "args[0]"'),
        "stride": (text or (number and 0 < value < math.inf), "a number above 0 (0.5: twice as large)"),
        "inputs": (value in ("one", "list"), "`one` or `list`"),
        "scaled": (isinstance(value, bool), "true or false"),
        "repeats": (isinstance(value, bool), "true or false"),
        "params": (text or whole, "a whole number or an expression"),
        "macs": (text or whole, "a whole number or an expression"),
        "args": (isinstance(node, (MappingNode, SequenceNode)), "a list of names, or a mapping to their defaults"),
        "layers": (isinstance(node, SequenceNode), "a list of layers"),
    }[key]
    if not fits:
        reporter.error(
            "invalid-argument",
            f"`{key}` of module {name} is {wanted}, not `{show(value)}`",
            node.span,
        )
    return fits


def needed(rows: Sequence[FileRow]) -> set[str]:
    return {row.module for row in rows if row.module}
