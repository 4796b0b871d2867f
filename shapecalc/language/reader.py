"""A spec file of the native language -> Network."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.dims import UNK, Sym, symbol
from shapecalc.algebra.expressions import ExprError, NotKnown
from shapecalc.algebra.shape import Shape, format_shape, parse_shape
from shapecalc.language.amounts import KINDS, BadAmount, quantity
from shapecalc.language.arguments import CONTROLS, names_in, shifted
from shapecalc.language.rows import Block, LayerReader, dim_value, size_of
from shapecalc.language.words import COMPOSITES
from shapecalc.layers.inference import huge
from shapecalc.layers.params import show
from shapecalc.layers.registry import lookup
from shapecalc.network.dialect import SpecFile
from shapecalc.network.network import Network, Ref
from shapecalc.text.findings import Edit, Fix, Label, Reporter
from shapecalc.text.source import BadText, Source, Span, load_source, os_error_text
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree import Node, Scalar, compose, plain
from shapecalc.yamltree import Sequence as SequenceNode

KEYS: Final = (
    "name",
    "description",
    "input",
    "inputs",
    "batch",
    "vars",
    "variants",
    "blocks",
    "include",
    "layers",
    "outputs",
    "budget",
    "loss",
)
BUDGET_KEYS: Final = tuple(KINDS)
MAX_RANK: Final = 64
MEANINGS: Final = ("N", "i", "in_channels", "in_features", "in_shape")  # what these mean is not the file's to say
RESERVED: Final = frozenset(("if", "else", "and", "or", "not", "true", "false", "null", "True", "False", "None"))
WHOLE: Final = "null"  # as the caller's batch: the shapes are whole, as with `batch: null` in the file


class Options:
    """What the caller sets over the file: inputs of one sample, batch (or WHOLE), variables, a variant."""

    __slots__ = ("batch", "inputs", "set", "trial", "variant")

    def __init__(
        self,
        inputs: Mapping[str, Shape] | None = None,
        batch: int | str | None = None,
        set: Mapping[str, Any] | None = None,
        variant: str | None = None,
    ) -> None:
        self.inputs, self.batch, self.set, self.variant = dict(inputs or {}), batch, dict(set or {}), variant
        self.trial: Callable[[Network], Sequence[Shape | None]] | None = None  # what a network on the side gives

    @property
    def any(self) -> bool:
        """Is anything other than the file says?"""
        return bool(self.inputs or self.set) or self.batch is not None or self.variant is not None


class UsageError(ValueError):
    """The caller asks for something that this file does not have (a variable, a variant, an input)."""


def read(file: SpecFile, options: Options) -> Network | None:
    """The network of a spec; None for a file that is not a spec at all. UsageError for options that do not fit."""
    root, source, reporter = file.root, file.source, file.reporter
    if root is None:
        return None
    if not isinstance(root, MappingNode):
        what = "a list" if isinstance(root, SequenceNode) else "no mapping"
        reporter.error(
            "not-a-spec",
            f"a spec is a mapping with `input:` and `layers:`; this file holds {what}",
            head(root),
            help="put the list under `layers:` and give the `input:`" if isinstance(root, SequenceNode) else None,
        )
        return None
    return _Reader(root, source, reporter, options).network(Network(source, None, file.dialect))


def head(node: Node) -> Span:
    """The first line of a node: findings about a whole file need not underline all of it."""
    end = node.source.text.find("\n", node.start)
    return Span(node.source, node.start, min(node.end, end if end >= 0 else node.end))


def is_null(node: Node | None) -> bool:
    """Is a value left out, or empty as in `layers:`?"""
    return node is None or (isinstance(node, Scalar) and node.value is None)


class _Reader:
    def __init__(self, root: MappingNode, source: Source, reporter: Reporter, options: Options) -> None:
        self.root, self.source, self.reporter, self.options = root, source, reporter, options
        self.parts: dict[str, Node] = {}
        self.variables: dict[str, Any] = {}
        self.blocks: list[Block] = []  # of all files
        self.scopes: dict[str, dict[str, Block]] = {}  # by an included file's path: the blocks that its rows may use
        self.later: set[str] = set()  # variables that are not worked out yet

    def network(self, net: Network) -> Network:
        self.known_keys()
        net.name = self.text_of("name")
        net.variant = self.options.variant
        net.overridden = self.options.any
        self.read_variables(net)
        net.batch = self.batch()
        self.name_batch(net)
        net.variables = self.variables
        self.read_inputs(net)
        blocks = self.include(self.source, self.parts.get("include"), [os.path.abspath(self.source.path)])
        layers = LayerReader(self.source, self.reporter, blocks, list(net.inputs))
        self.define_blocks(blocks, self.parts.get("blocks"))
        self.complete_scopes(blocks)
        for block in self.blocks:
            if block.layers is not None:
                layers.source = block.layers.source
                layers.read_block(block, block.layers)
        layers.source = self.source
        net.blocks = {name: block for name, block in blocks.items() if block.twin is None}
        net.items = layers.items(self.parts.get("layers"))
        self.too_many(net)
        written = self.parts.get("layers")
        if is_null(written):
            self.missing("layers")
        elif isinstance(written, SequenceNode) and not written.items:
            self.error("missing-key", "`layers:` is empty", written, help="list layers under it: `- relu`")
        if "outputs" in self.parts:
            net.outputs = layers.refs(self.parts["outputs"], "outputs")
            if not net.outputs:
                help = "name one, or leave it out"
                self.error("missing-key", "`outputs:` names no layer", self.parts["outputs"], help=help)
                net.outputs = None
        self.budget(net)
        net.loss = self.text_of("loss")
        net.loss_span = self.parts["loss"].span if "loss" in self.parts else None
        return net

    def error(self, rule: str, message: str, at: Node, **details: Any) -> None:
        self.reporter.error(rule, message, head(at), **details)

    def expression(self, error: ExprError) -> None:
        self.reporter.error(
            "invalid-expression", error.message, Span(self.source, error.start, error.end), help=error.help
        )

    def known_keys(self) -> None:
        for key, value in self.root.pairs:
            word = key.value
            if word in KEYS:
                self.parts[str(word)] = value
                continue
            near = nearest(str(word), KEYS) if isinstance(word, str) else None
            if near is not None and near not in self.parts:
                self.parts.setdefault(near, value)
            self.reporter.error(
                "unknown-key",
                f"a spec has no key `{show(word)}`",
                key.span,
                notes=["it takes " + ", ".join(KEYS)],
                help=f"write `{near}`" if near else None,
                fix=Fix(f"write `{near}`", [Edit(key.span, near)]) if near and self.root.get(near) is None else None,
            )

    def missing(self, key: str) -> None:
        self.error(
            "missing-key",
            f"the spec has no `{key}:`",
            self.root,
            help="add `input: [3, 224, 224]` (one sample: C, H, W), or pass `--in 3x224x224`"
            if key == "input"
            else "add `layers:` with a list of layers",
        )

    def text_of(self, key: str) -> str | None:
        node = self.parts.get(key)
        if node is None:
            return None
        if isinstance(node, Scalar) and node.value is not None:
            return node.value if isinstance(node.value, str) else node.raw
        self.error("invalid-argument", f"`{key}` must be a text", node)
        return None

    def mapping(self, key: str) -> list[tuple[Scalar, Node]]:
        node = self.parts.get(key)
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if isinstance(node, MappingNode):
            return node.pairs
        self.error("invalid-argument", f"`{key}` must be a mapping", node)
        return []

    # Variables. ------------------------------------------------------------------------------------------------------

    def read_variables(self, net: Network) -> None:
        options = self.options
        for key, _ in self.mapping("vars"):
            self.variable_name(key, MEANINGS)
        nodes = {str(k.value): v for k, v in self.mapping("vars")}
        nodes.update(self.variant(nodes))
        for name in options.set:
            if name not in nodes:
                near = nearest(name, nodes)
                known = ", ".join(nodes) or "none"
                raise UsageError(
                    f"--set {name}: the spec has no variable `{name}`"
                    + (f"; did you mean `{near}`?" if near else f" (its variables: {known})")
                )
        self.later = set(nodes)
        for name, node in nodes.items():
            self.later.discard(name)
            self.variables[name] = options.set[name] if name in options.set else self.variable(node)

    def variable(self, node: Node) -> Any:
        """A variable's value: literals as they are, a text as an expression over the ones before it."""
        if isinstance(node, SequenceNode):
            return [self.variable(item) for item in node.items]
        if not isinstance(node, Scalar):
            self.error("invalid-argument", "a variable is a number, a text, true, false or a list", node)
            return UNK
        if not isinstance(node.value, str):
            return node.value
        try:
            return expr.evaluate(expr.parse(node.value), self.variables)
        except ExprError as error:
            if node.value in self.later and not node.quoted:
                self.error("invalid-expression", f"`{node.value}` comes later: a variable reads those above it", node)
                return UNK
            if node.value.isidentifier() or (node.quoted and not self.computes(node.value)):
                return node.value
            if not isinstance(error, NotKnown):
                self.expression(shifted(error, node))
            return UNK

    def computes(self, text: str) -> bool:
        """Is a quoted text an expression over what is known, and not just a text?"""
        try:
            return all(name in self.variables for name in names_in(expr.parse(text)))
        except ExprError:
            return False

    def variant(self, known: Mapping[str, Node]) -> dict[str, Node]:
        """The variables that the chosen variant sets; every variant's names are checked."""
        chosen: dict[str, Node] = {}
        variants = self.mapping("variants")
        names = [str(k.value) for k, _ in variants]
        wanted = self.options.variant
        if wanted is not None and wanted not in names:
            near = nearest(wanted, names)
            listed = ", ".join(names) if names else "it has none"
            raise UsageError(
                f"there is no variant `{wanted}`" + (f"; did you mean `{near}`?" if near else f" ({listed})")
            )
        for key, node in variants:
            if not isinstance(node, MappingNode) and not is_null(node):
                message = f"variant `{key.value}` must be a mapping from variables to values"
                self.error("invalid-argument", message, node)
            pairs = node.pairs if isinstance(node, MappingNode) else []
            for name, value in pairs:
                if name.value not in known:
                    near = nearest(str(name.value), known)
                    self.reporter.error(
                        "unknown-key",
                        f"variant `{key.value}` sets `{name.value}`, which is not among the vars",
                        name.span,
                        help=f"write `{near}`" if near else "declare it under `vars:`",
                    )
                elif key.value == wanted or str(key.value) == wanted:
                    chosen[str(name.value)] = value
        return chosen

    # Inputs. ---------------------------------------------------------------------------------------------------------

    def batch(self) -> Any:
        """An integer, the symbol N, or None: shapes are whole."""
        if self.options.batch is not None:
            return None if self.options.batch == WHOLE else self.options.batch
        node = self.parts.get("batch")
        if node is None:
            return symbol("N")
        value = node.value if isinstance(node, Scalar) else 0.5
        if value is None:
            return None
        if isinstance(value, str) and value.isidentifier():
            return symbol(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self.error("invalid-argument", "`batch` must be an integer >= 0, or null where the shapes are whole", node)
            return symbol("N")
        return value

    def name_batch(self, net: Network) -> None:
        """N is the batch, whatever its value; so is the name that the file gives it (`batch: B`)."""
        self.variables["N"] = net.batch if net.batch is not None else symbol("N")
        node = self.parts.get("batch")
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.isidentifier():
            self.variables[node.value] = self.variables["N"]

    def read_inputs(self, net: Network) -> None:
        declared: dict[str, Node] = {}
        if "inputs" in self.parts:
            declared = {str(k.value): v for k, v in self.mapping("inputs")}
            if not declared and not is_null(self.parts["inputs"]) and not isinstance(self.parts["inputs"], MappingNode):
                net.inputs["input"] = None
        if "input" in self.parts:
            if declared:
                self.error(
                    "invalid-argument",
                    "`input` and `inputs` cannot stand together",
                    self.parts["input"],
                    help="put it among the `inputs`, under a name",
                )
            declared.setdefault("input", self.parts["input"])
        given = dict(self.options.inputs)
        if not declared and not given and not (self.root.get("inputs") or self.root.get("input")):
            self.missing("input")
            net.inputs["input"] = None
        for name, node in declared.items():
            sample = self.without_batch(self.shape(node), node, net)
            if name in given or ("" in given and len(declared) == 1):
                sample = self.overridden(given.pop(name) if name in given else given.pop(""), sample, net)
            net.inputs[name] = self.whole(sample, net.batch)
            net.input_spans[name] = head(node)
        if "" in given and not declared:
            net.inputs["input"] = self.whole(given.pop(""), net.batch)
        for name, shape in given.items():
            if declared:
                listed = ", ".join(declared)
                missed = f"there is no input `{name}`" if name else f"the spec has {len(declared)} inputs"
                raise UsageError(f"{missed}; name one with --in NAME=SHAPE ({listed})")
            net.inputs[name] = self.whole(shape, net.batch)
        self.name_sizes(net)

    def without_batch(self, sample: Shape | None, node: Node, net: Network) -> Shape | None:
        """The sample of an input that was written with the batch before it, which is reported."""
        items = node.items if isinstance(node, SequenceNode) else []
        if sample is None or net.batch is None or not items or plain(items[0]) != "N":
            return sample
        rest = ", ".join(self.source.text[item.start : item.end] for item in items[1:])
        self.error(
            "invalid-shape",
            "an input is one sample: the batch `N` is put before it",
            items[0],
            help=f"write `[{rest}]`; with `batch: null` shapes are whole",
        )
        return sample[1:]

    def overridden(self, given: Shape, declared: Shape | None, net: Network) -> Shape:
        """The sample that the caller's shape means; the names that the file has for its sizes get their values."""
        sample = given if self.options.batch == WHOLE else overridden(given, declared, net)
        self.name_batch(net)
        if declared is not None and len(sample) == len(declared):
            for name, size in zip(declared, sample, strict=True):
                if isinstance(name, Sym) and str(name) in name.symbols():
                    self.variables.setdefault(str(name), size)
        return sample

    def name_sizes(self, net: Network) -> None:
        """Names in the inputs' shapes are variables in the layers below."""
        sizes = [size for shape in net.inputs.values() if shape is not None for size in shape]
        for name in sorted(set().union(*(size.symbols() for size in sizes if isinstance(size, Sym)))):
            self.variables.setdefault(name, symbol(name))

    def whole(self, sample: Shape | None, batch: Any) -> Shape | None:
        return sample if sample is None or batch is None else (batch, *sample)

    def shape(self, node: Node) -> Shape | None:
        """A shape as written: a list of dims, one dim, or `3x224x224`."""
        if isinstance(node, Scalar):
            return self.scalar_shape(node)
        if not isinstance(node, SequenceNode):
            self.error("invalid-shape", "a shape is a list of sizes such as `[3, 224, 224]`", node)
            return None
        if len(node.items) > MAX_RANK:
            self.error("invalid-shape", f"a tensor has at most {MAX_RANK} axes; this shape has {len(node.items)}", node)
            return None
        dims = []
        for item in node.items:
            try:
                dims.append(dim_value(item, self.variables))
            except ExprError as error:
                self.reporter.error(
                    "invalid-shape", error.message, Span(self.source, error.start, error.end), help=error.help
                )
                return None
        if any(isinstance(d, int) and d >= 2**63 for d in dims):
            self.error("tensor-too-large", "a size must be below 2^63", node)
            return None
        if huge(tuple(dims)):
            self.error("tensor-too-large", "the input has 2^63 elements or more", node)
            return None
        return tuple(dims)

    def scalar_shape(self, node: Scalar) -> Shape | None:
        try:
            if isinstance(node.value, str) and node.value not in self.variables:
                return parse_shape(node.value)
            value = dim_value(node, self.variables)
            return tuple(value) if isinstance(value, list) else (value,)
        except (ValueError, ExprError) as error:
            self.error("invalid-shape", str(error), node, help="write a list of sizes such as `[3, 224, 224]`")
            return None

    # Blocks. ---------------------------------------------------------------------------------------------------------

    def define_blocks(self, scope: dict[str, Block], node: Node | None) -> None:
        """Puts the blocks of one file beside those that it includes."""
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return
        if not isinstance(node, MappingNode):
            self.error("invalid-argument", "`blocks` must be a mapping from names to blocks", node)
            return
        for key, body in node.pairs:
            block = self.block(str(key.value), body)
            if lookup(str(key.value)) is not None or key.value in COMPOSITES:
                self.reporter.error(
                    "duplicate-name",
                    f"block `{key.value}` has the name of a layer type",
                    key.span,
                    help=f"call it otherwise, for example `my_{key.value}`",
                )
            elif block is not None:
                self.block_once(key, scope)
                block.key, block.scope = key, scope
                scope[block.name] = block
                self.blocks.append(block)

    def block_once(self, key: Scalar, scope: Mapping[str, Block]) -> None:
        """Reports a block of a name that a file has which this one includes."""
        first = scope.get(str(key.value))
        if first is not None and first.key is not None and first.key.source is not key.source:
            self.reporter.error(
                "duplicate-name",
                f"two blocks are called `{key.value}`",
                key.span,
                related=[Label(first.key.span, "the first one, in a file that is included")],
                help="give one of them another name",
            )

    def complete_scopes(self, blocks: Mapping[str, Block]) -> None:
        """What an included file uses and does not have itself, the spec may have."""
        for scope in self.scopes.values():
            for name, block in blocks.items():
                scope.setdefault(name, block)

    def block(self, name: str, body: Node) -> Block | None:
        if isinstance(body, SequenceNode):
            return Block(name, {}, body)
        if not isinstance(body, MappingNode):
            self.error(
                "invalid-argument",
                f"block `{name}` must be a list of layers or `{{args, layers}}`",
                body,
                help="write `layers:` under it",
            )
            return None
        for key, _ in body.pairs:
            if key.value not in ("args", "layers", "description"):
                near = nearest(str(key.value), ("args", "layers"))
                self.reporter.error(
                    "unknown-key",
                    f"a block has no key `{show(key.value)}`",
                    key.span,
                    notes=["it takes args, layers, description"],
                    help=f"write `{near}`" if near else None,
                )
        if body.get("layers") is None:
            help = "add `layers:` with a list of layers"
            self.error("missing-key", f"block `{name}` has no `layers:`", body, help=help)
        return Block(name, self.block_args(body.get("args")), body.get("layers"))

    def block_args(self, node: Node | None) -> dict[str, Node | None]:
        if node is None:
            return {}
        if isinstance(node, SequenceNode):
            return {str(plain(item)): None for item in node.items}
        if not isinstance(node, MappingNode):
            self.error("invalid-argument", "`args` is a mapping from names to defaults (or `required`)", node)
            return {}
        for key, _ in node.pairs:
            self.variable_name(key, CONTROLS)
        return {str(k.value): None if isinstance(v, Scalar) and v.value == "required" else v for k, v in node.pairs}

    def variable_name(self, key: Scalar, taken: Collection[str]) -> None:
        """Reports a name that no expression could say, or that means something else."""
        word = key.value if isinstance(key.value, str) else key.raw
        why = None
        if word in taken:
            why = "means something else here"
        elif not word.isidentifier() or word in RESERVED:
            why = "is no name that an expression can hold"
        if why is not None:
            self.reporter.error("invalid-argument", f"`{word[:60]}` cannot be a variable: it {why}", key.span)

    def include(self, source: Source, node: Node | None, around: list[str]) -> dict[str, Block]:
        """Blocks of files beside the spec or of the library, and of what they include; `around`: files being read."""
        scope: dict[str, Block] = {}
        if node is None or is_null(node):
            return scope
        for item in node.items if isinstance(node, SequenceNode) else [node]:
            if not isinstance(item, Scalar) or not isinstance(item.value, str):
                self.reporter.error("invalid-argument", "`include` takes names of files", item.span)
                continue
            path = include_path(source, item.value)
            key = os.path.abspath(path)
            if key in around:
                self.circle(item, item.value, key == around[-1])
                continue
            if key not in self.scopes:
                self.scopes[key] = self.included(path, item, around)
            for name, block in self.scopes[key].items():
                scope[name] = block.beside(scope.get(name))
        return scope

    def included(self, path: str, item: Scalar, around: list[str]) -> dict[str, Block]:
        """The blocks of one file."""
        try:
            other = load_source(path)
        except OSError as error:
            self.reporter.error("missing-file", os_error_text(error, f"`{item.value}`"), item.span)
            return {}
        except BadText as error:
            self.reporter.error("missing-file", str(error), item.span)
            return {}
        root = compose(other, self.reporter)
        if not isinstance(root, MappingNode):
            return {}
        scope = self.include(other, root.get("include"), [*around, os.path.abspath(path)])
        self.define_blocks(scope, root.get("blocks"))
        return scope

    def circle(self, item: Scalar, name: str, itself: bool) -> None:
        """A file among those that include it."""
        message = f"`{name}` includes itself" if itself else f"`{name}` is among the files that include this one"
        self.reporter.error("recursive-include", message, item.span, help="remove it: its blocks are known here")

    def too_many(self, net: Network) -> None:
        total = size_of(net.items)
        if total > net.expansion_cap:
            number = f"{total:,}" if total < 10**12 else "10^12 or more"
            self.error(
                "too-many-layers",
                f"the network comes to {number} layers; at most {net.expansion_cap:,} are planned",
                self.parts["layers"],
            )
            net.items = []

    # Budget. ---------------------------------------------------------------------------------------------------------

    def budget(self, net: Network) -> None:
        for key, node in self.mapping("budget"):
            word = str(key.value)
            if word not in BUDGET_KEYS:
                near = nearest(word, BUDGET_KEYS)
                self.reporter.error(
                    "unknown-key",
                    f"a budget has no `{word}`",
                    key.span,
                    notes=["it takes " + ", ".join(BUDGET_KEYS)],
                    help=f"write `{near}`" if near else None,
                )
                continue
            try:
                net.budget[word] = (quantity(node.value if isinstance(node, Scalar) else None, word), node.span)
            except BadAmount as error:
                self.error("invalid-argument", str(error), node)


def include_path(source: Source, name: str) -> str:
    """The file that an `include` means: the one beside the spec, else the one that comes along with shapecalc."""
    beside = os.path.join(os.path.dirname(source.path), name)
    if os.path.basename(name) == name and not os.path.exists(beside):
        from shapecalc.language.library import folder

        known = os.path.join(folder(), name)
        return known if os.path.isfile(known) else beside
    return beside


def overridden(given: Shape, sample: Shape | None, net: Network) -> Shape:
    """The sample that `--in` means: all of it, with a batch before it, or the spatial axes only."""
    if sample is None or len(given) == len(sample):
        return given
    if len(given) == len(sample) + 1 and net.batch is not None:
        net.batch = given[0]
        return given[1:]
    spatial = len(sample) - 1
    if spatial >= 1 and len(given) == 1:
        return (sample[0], *given * spatial)
    if spatial >= 1 and len(given) == spatial:
        return (sample[0], *given)
    raise UsageError(f"--in {'x'.join(map(str, given))} does not fit the spec's input {format_shape(sample)}")


__all__ = ["Options", "Ref", "UsageError", "read"]
