"""Lists of layers: every way to write a row -> Step or Group."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from shapecalc.algebra import expressions as expr
from shapecalc.algebra.dims import UNK, Sym, symbol
from shapecalc.algebra.expressions import ExprError, NotKnown
from shapecalc.language.arguments import (
    ANY_VALUE,
    CONTROLS,
    Arguments,
    Built,
    CodeValue,
    shifted,
    span_of_main,
    spans_in_code,
    spans_in_mapping,
    value_of,
)
from shapecalc.language.repeats import Repeats
from shapecalc.language.words import COMPOSITES, suggestion
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import show
from shapecalc.layers.registry import lookup, normalized
from shapecalc.network.network import EMPTY, Body, Bounds, Controls, Group, Ref, Step, Word
from shapecalc.text.english import truth_of
from shapecalc.text.findings import Edit, Fix, Label, Reporter
from shapecalc.text.source import Source, Span
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import AliasMapping, AliasScalar, AliasSequence, Node, Scalar, plain
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree import Sequence as SequenceNode

Pairs = Sequence[tuple[Scalar, Node]]
ALIASES = (AliasScalar, AliasSequence, AliasMapping)


class Block:
    """A block of the file: its arguments with defaults, and its rows (read once, at first need).

    `scope` are the blocks that its rows may use: those of its own file and of what that one includes. `twin` is another
    block of that name, where two included files have one each.
    """

    __slots__ = ("args", "items", "key", "layers", "name", "scope", "size", "state", "twin")

    def __init__(self, name: str, args: dict[str, Node | None], layers: Node | None) -> None:
        self.name, self.args, self.layers = name, args, layers
        self.items: list[Any] = []
        self.state = "unread"
        self.size = 0
        self.key: Scalar | None = None
        self.scope: dict[str, Block] | None = None
        self.twin: Block | None = None

    def beside(self, other: Block | None) -> Block:
        """The block itself, or one that tells of both where another file has one of that name."""
        if other is None or other is self:
            return self
        both = Block(self.name, self.args, self.layers)
        both.key, both.twin = self.key, other
        return both


class LayerReader:
    """Reads rows of one source; layers with equal text are one object."""

    def __init__(self, source: Source, reporter: Reporter, blocks: dict[str, Block], names: Sequence[str]) -> None:
        self.source, self.reporter, self.blocks, self.names = source, reporter, blocks, names
        self.interned: dict[Any, Built] = {}
        self.repeats = Repeats(blocks)
        self.reading: list[Block] = []

    def error(self, rule: str, message: str, at: Node | Bounds, **details: Any) -> None:
        span = Span(self.source, *at) if isinstance(at, tuple) else at.span
        self.reporter.error(rule, message, span, **details)

    # Lists and rows. -------------------------------------------------------------------------------------------------

    def items(self, node: Node | None) -> list[Any]:
        """The rows of a `layers:` list."""
        node = node if node is not None else None
        if node is None or (isinstance(node, Scalar) and node.value is None):
            return []
        if not isinstance(node, SequenceNode):
            self.error(
                "invalid-layers",
                "layers are written as a list, one `- layer` for each",
                node,
                help="start each layer with `- `",
            )
            return []
        found: list[Any] = []
        taken: dict[str, Any] = {}
        find, refs = self.repeats.find, self.refs
        for row in node.items:
            item = find(row, refs) or self.first(row)
            if item.name is not None:
                self.once(item, taken)
            found.append(item)
        return found

    def first(self, row: Node) -> Any:
        """A row that says something new; one that says nothing is a layer of unknown type, after a finding."""
        before = len(self.reporter)
        item = self.row(row)
        if item is None:
            return Step(row.source, row.start, row.end, "unknown", None)
        if len(self.reporter) == before:
            self.repeats.keep(row, item)
        return item

    def once(self, item: Any, taken: dict[str, Any]) -> None:
        if item.name == "input" or (item.name in self.names and not self.reading):
            self.reporter.error(
                "duplicate-name",
                f"`{item.name}` is what comes in: no layer can be called so",
                item.span("name"),
                help="give the layer another name",
            )
            item.name = None
        elif item.name in taken:
            from shapecalc.text.findings import Label

            self.reporter.error(
                "duplicate-name",
                f"two layers are called `{item.name}`",
                item.span("name"),
                related=[Label(taken[item.name].span("name"), "the first one")],
                help="give one of them another name",
            )
            item.name = None
        else:
            taken[item.name] = item

    def row(self, node: Node) -> Any:
        """One row, whatever its form; None after a finding."""
        if isinstance(node, Scalar):
            return self.bare(node)
        if isinstance(node, MappingNode) and node.pairs:
            return self.mapping(node)
        example = "a layer is a type such as `relu`, a mapping such as `conv2d: {out: 64, k: 3}`, or pasted code"
        what = "an empty row" if isinstance(node, MappingNode) else "a list"
        self.error("invalid-layer", f"{what} is not a layer", node, help=example)
        return None

    def bare(self, node: Scalar) -> Any:
        text = node.value
        if not isinstance(text, str):
            if text is None and self.text(node.start, node.end).startswith("*"):
                return None  # an alias without its anchor, reported where it was read
            self.error(
                "invalid-layer",
                f"`{show(text)}` is not a layer",
                node,
                help="write a type such as `relu`, or remove the row",
            )
            return None
        if "(" in text:
            return self.code(node)
        return self.typed(text, node, None, None)

    def mapping(self, node: MappingNode) -> Any:
        first, value = node.pairs[0]
        for key, typed in node.pairs:
            if key.value == "type":
                return self.long_form(node, typed)
        if not isinstance(first.value, str):
            self.error("invalid-layer", f"`{show(first.value)}` is not a layer type", first)
            return None
        if not self.is_type(first.value) and nearest(first.value, ("type",)) and self.is_type(plain(value)):
            self.error(
                "unknown-key",
                f"a layer has no key `{first.value}`",
                first,
                help="write `type`",
                fix=Fix("write `type`", [Edit(first.span, "type")]),
            )
            return self.typed(str(plain(value)), value, None, without(node, first))
        if len(node.pairs) > 1:
            return self.spread(node, first, value)
        return self.typed(first.value, first, value, None)

    def long_form(self, node: MappingNode, typed: Node) -> Any:
        word = typed
        if not isinstance(word, Scalar) or not isinstance(word.value, str):
            self.error("invalid-layer", "`type` must be the name of a layer type", typed)
            return None
        return self.typed(word.value, typed, None, node)

    def spread(self, node: MappingNode, first: Scalar, value: Node) -> Any:
        """`{conv2d: ..., name: x}`: further keys beside the type, where they were meant to be inside."""
        others = node.pairs[1:]
        if is_open(value):
            mended = self.mended(node.pairs)
            if len(mended) == 1:
                return self.typed(str(first.value), first, mended[0][1], None)
        if all(self.is_type(k.value) for k, _ in others):
            row = self.text(others[0][0].start, others[0][1].end)
            self.error(
                "invalid-layer",
                f"two layers in one row: `{first.value}` and `{others[0][0].value}`",
                others[0][0],
                help=f"give each a row of its own: `- {row[:60]}`",
            )
            return self.typed(str(first.value), first, value, None)
        keys = ", ".join(f"`{k.value}`" for k, _ in others[:4])
        inner = ", ".join(self.text(k.start, v.end) for k, v in others[:4])
        stands, them = ("stands", "it") if len(others) == 1 else ("stand", "them")
        help = f"write {them} among the arguments of `{first.value}`"
        if is_empty(value):
            help = f"write `{first.value}: {{{inner}}}`, or indent {them} under `{first.value}:`"
        self.error(
            "invalid-layer",
            f"a layer is one key and what belongs to it; {keys} {stands} beside `{first.value}`",
            others[0][0],
            help=help,
        )
        inside = value.pairs if isinstance(value, MappingNode) else [] if is_empty(value) else None
        if inside is None:
            return self.typed(str(first.value), first, value, None)
        meant = MappingNode(node.source, node.start, node.end, [*inside, *others])
        return self.typed(str(first.value), first, meant, None)

    def is_type(self, word: Any) -> bool:
        """Does a key name a layer type, a composite or a block?"""
        return isinstance(word, str) and (lookup(word) is not None or word in self.blocks or word in COMPOSITES)

    def text(self, start: int, end: int) -> str:
        return self.source.text[start:end]

    # A type with its arguments. --------------------------------------------------------------------------------------

    def typed(self, name: str, at: Node, value: Node | None, long: MappingNode | None) -> Any:
        """The item for a type; `value` as written after the colon, or `long` with everything in one mapping."""
        if isinstance(value, SequenceNode) and any(isinstance(item, MappingNode) for item in value.items):
            value = self.unlisted(name, value)
        block = self.blocks.get(name)
        if block is not None:
            return self.block_use(block, at, value, long)
        if name not in COMPOSITES and normalized(name) in COMPOSITES:
            name = normalized(name)  # `nn.Sequential`, `Residual`
        if name in COMPOSITES:
            return self.composite(name, at, value if long is None else long, long is not None)
        cls = lookup(name)
        pairs: Pairs = long.pairs if long is not None else value.pairs if isinstance(value, MappingNode) else ()
        controls, own, row_name = self.split(pairs, long is not None)
        if cls is None:
            self.unknown_type(name, at)
            return Step(at.source, at.start, at.end, name, None, name=row_name, controls=controls)
        holder = long if long is not None else value if isinstance(value, MappingNode) else None
        spans: Callable[[str], Bounds | None] | None = None
        if holder is not None:
            spans = partial(spans_in_mapping, cls, holder)
        elif value is not None and not (isinstance(value, Scalar) and value.value is None):
            spans = partial(span_of_main, cls, value)
            alone = self.alone(cls, value, at)
            if alone is None:
                return Step(at.source, at.start, at.end, cls.type, None, name=row_name, controls=controls)
            own = alone
        return self.step(cls, at, own, (), spans, controls, row_name)

    def unlisted(self, name: str, value: SequenceNode) -> Node:
        """Arguments that were written as a list (`conv2d: [out: 3, k: 1]`, `- out: 3`) as the mapping that is meant."""
        cls, block = lookup(name), self.blocks.get(name)
        words: Any = cls.by_name if cls is not None else self.KEYS.get(normalized(name), ())
        words = block.args if block is not None else words
        given: list[tuple[Scalar, Node]] = []
        for item in value.items:
            if isinstance(item, MappingNode):
                given += item.pairs
            elif item is value.items[0] and block is None and cls is not None and cls.main is not None:
                given.append((Scalar(item.source, item.start, item.start, cls.main, cls.main, False), item))
            else:
                return value
        if not any(key.value in words for key, _ in given):
            return value
        text = "{" + ", ".join(f"{key.value}: {self.text(node.start, node.end)}" for key, node in given) + "}"
        in_line = self.text(value.start, value.start + 1) == "[" and "\n" not in text
        self.error(
            "invalid-argument",
            f"the arguments of `{name}` are a mapping, not a list",
            value,
            help=f"write `{name}: {text}`" if in_line else "write `key: value` for each, without `-`",
            fix=Fix(f"write `{text}`", [Edit(value.span, text)]) if in_line else None,
        )
        return MappingNode(value.source, value.start, value.end, given)

    def alone(self, cls: type[Layer], value: Node, at: Node) -> list[tuple[str, Any]] | None:
        """The argument that a value without a name is; None where there is none such."""
        if cls.main is not None or cls.takes_anything:
            return [(cls.main or "args", value)]
        told = "name: value"
        names = [param.name for param in cls.params_ if param.required]
        values = value.items if isinstance(value, SequenceNode) else [value]
        if names and len(names) == len(values):
            texts = [self.text(item.start, item.end) for item in values]
            told = ", ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
        takes = any(param.kind != "ignored" for param in cls.params_)
        self.error(
            "unknown-argument",
            f"{cls.type} takes no value that stands alone",
            value,
            help=f"write `{self.text(at.start, at.end)}: {{{told}}}`" if takes else "leave the value out",
        )
        return None

    def step(
        self,
        cls: type[Layer],
        at: Node,
        named: Sequence[tuple[str, Any]],
        positional: Sequence[Any],
        spans: Callable[[str], Bounds | None] | None,
        controls: Controls,
        name: str | None,
    ) -> Step:
        layer, problems, make = self.built(cls, named, positional)
        return Step(
            at.source,
            at.start,
            at.end,
            cls.type,
            layer,
            name=name,
            controls=controls,
            problems=problems,
            spans=spans,
            make=make,
        )

    def built(
        self, cls: type[Layer], named: Sequence[tuple[str, Any]], positional: Sequence[Any] = ()
    ) -> tuple[Layer | None, Any, Callable[[Mapping[str, Any]], Built] | None]:
        """The layer (shared by all rows of equal text), or how to make it once the variables are known."""
        key: Any = (cls, *[(k, self.slice(v)) for k, v in named], *[self.slice(v) for v in positional])
        found = self.interned.get(key)
        if found is None:
            arguments = Arguments(cls, named, positional)
            if not arguments.static():
                return None, (), partial(arguments.build, memo={})
            found = arguments.build({})
            if not found[1]:
                self.interned[key] = found
        return found[0], found[1], None

    def slice(self, value: Any) -> str:
        if isinstance(value, ALIASES):
            return f"*{id(value)}"  # an anchor's name may stand for something else further down
        if isinstance(value, CodeValue):
            return f"\0{value.tree}"  # of a text with escapes, the places in the file are not exact
        return self.source.text[value.start : value.end]

    def unknown_type(self, name: str, at: Node) -> None:
        meant = suggestion(name, self.blocks)
        edits = [Edit(at.span, meant)] if meant is not None and meant.isidentifier() else []
        self.error(
            "unknown-type",
            f"unknown layer type `{name[:80]}`",
            at,
            help=f"write `{meant}`" if meant else "`shapecalc explain` lists the types",
            fix=Fix(f"write `{meant}`", edits) if edits else None,
        )

    # Pasted code. ----------------------------------------------------------------------------------------------------

    def code(self, node: Scalar) -> Any:
        """`nn.Conv2d(3, 64, kernel_size=3)` as a row; in `self.stem = nn.Conv2d(...)` the row's name is `stem`."""
        from shapecalc.language.pasted import Code

        try:
            pasted = Code(node)
            return self.call(node, pasted.tree, pasted.offset, pasted.name)
        except ExprError as error:
            self.error("invalid-layer", error.message, (error.start, error.end), help=error.help)
            return None

    def call(self, node: Scalar, tree: expr.Tree, offset: int, row_name: str | None) -> Any:
        """One call of the code that starts at `offset`. ExprError, with offsets in the file, for anything else."""
        from shapecalc.language.pasted import is_sequence

        start = offset + tree.start
        if tree.op != "call":
            known = tree.op == "name" and (lookup(tree.args[0]) is not None or is_sequence(tree.args[0]))
            help = f"write `{tree.args[0]}()`" if known else "write `nn.Conv2d(3, 64, 3)` or `relu`"
            raise ExprError("this is not a layer", start, offset + tree.end, help)
        name, items, pairs = tree.args
        at = Scalar(node.source, start, start + len(name), name, name, False)
        if is_sequence(name):
            return self.sequence(node, tree, offset, at, row_name)
        cls = lookup(name)
        if cls is None:
            self.unknown_type(name, at)
            return Step(node.source, at.start, at.end, name, None, name=row_name)
        positional = [CodeValue(t, offset) for t in items]
        named = [(k, CodeValue(t, offset)) for k, t, _, _ in pairs]
        keys = {k: (offset + a, offset + b) for k, _, a, b in pairs}
        spans = partial(spans_in_code, cls, positional, named, keys)
        return self.step(cls, at, named, positional, spans, EMPTY, row_name)

    def sequence(self, node: Scalar, tree: expr.Tree, offset: int, at: Scalar, row_name: str | None) -> Group:
        """`nn.Sequential(...)` of pasted code as the composite of what it holds."""
        from shapecalc.language.pasted import members

        found: list[Any] = []
        taken: dict[str, Any] = {}
        try:
            held = members(tree)
        except ExprError as error:
            raise ExprError(error.message, offset + error.start, offset + error.end, error.help) from None
        for word, inner in held:
            try:
                item = self.call(node, inner, offset, word.args[0] if word is not None else None)
            except ExprError as error:
                self.error("invalid-layer", error.message, (error.start, error.end), help=error.help)
                item = Step(node.source, error.start, error.end, "unknown", None)
            if item.name is not None:
                self.once(item, taken)
            found.append(item)
        expand = partial(expand_composite, [(found, None)], None)
        size = size_of(found) + 1
        return Group(at.source, at.start, at.end, "sequential", expand, name=row_name, opaque=False, size=size)

    # Controls. -------------------------------------------------------------------------------------------------------

    def split(self, pairs: Pairs, long: bool) -> tuple[Controls, list[tuple[str, Any]], str | None]:
        """Controls, arguments and name of a row's mapping; in the `long` form its type is among them."""
        own: list[tuple[str, Any]] = []
        controls: Controls | None = None
        name: str | None = None
        if any(is_open(value) for _, value in pairs):
            pairs = self.mended(pairs)
        for key, value in pairs:
            word = key.value
            if word not in CONTROLS or (word == "type" and not long):
                own.append((word if isinstance(word, str) else show(word), value))
            elif word == "name":
                name = self.name(value)
            elif word != "type":
                if controls is None:
                    controls = Controls()
                self.control(controls, str(word), value)
        return controls or EMPTY, own, name

    def mended(self, pairs: Pairs) -> Pairs:
        """Puts together an expression whose comma made several keys of it (`{out: max(8, 4)}`): one finding."""
        out: list[tuple[Scalar, Node]] = []
        waiting = list(pairs)
        while waiting:
            key, value = waiting.pop(0)
            end = value.end
            text = self.text(value.start, end)
            if is_open(value):
                while waiting and unbalanced(text) and is_empty(waiting[0][1]):
                    end = waiting.pop(0)[0].end
                    text = self.text(value.start, end)
                if end != value.end and not unbalanced(text):
                    quoted = f'"{text}"'
                    span = Span(self.source, value.start, end)
                    self.reporter.error(
                        "unquoted-expression",
                        "inside `{}` a comma ends the value, so this expression falls in pieces",
                        span,
                        help=f"write `{key.value}: {quoted}`",
                        fix=Fix("quote the expression", [Edit(span, quoted)]),
                    )
                    value = Scalar(value.source, value.start, end, text, text, False)
            out.append((key, value))
        return out

    def name(self, node: Node) -> str | None:
        if isinstance(node, Scalar) and node.value is not None and node.raw.strip():
            return str(node.value) if isinstance(node.value, str) else node.raw
        self.error("invalid-argument", "`name` must be a text", node)
        return None

    def control(self, controls: Controls, word: str, node: Node) -> None:
        if word == "from":
            controls.refs = self.refs(node)
        elif word == "share":
            if isinstance(node, Scalar) and isinstance(node.value, str):
                controls.share = Ref(node.value, node.start, node.end)
            else:
                self.error("invalid-argument", "`share` must be the name of a layer", node)
        elif word == "repeat":
            literal = node.value if isinstance(node, Scalar) else None
            controls.times *= literal if isinstance(literal, int) and literal >= 0 else 1
            controls.repeat = partial(repeat_value, node)
        elif word == "when":
            controls.times = 0
            controls.when = partial(when_value, node)
        elif word == "trainable":
            controls.trainable = partial(bool_value, node)
        else:
            controls.expect = partial(expect_value, node)

    def refs(self, node: Node, word: str = "from") -> list[Ref]:
        """`from` or `outputs`: a name, a negative number, or a list of them; `""` for what is none of these."""
        nodes = node.items if isinstance(node, SequenceNode) else [node]
        found = []
        for ref in nodes:
            value = ref.value if isinstance(ref, Scalar) else None
            if isinstance(value, bool) or not isinstance(value, (str, int)):
                if isinstance(ref, Scalar) and isinstance(value, float):  # `from: 1.0`, output 0 of a layer named 1
                    found.append(Ref(ref.raw, ref.start, ref.end))
                    continue
                self.error(
                    "unknown-reference",
                    f"`{word}` takes a layer's name, a negative number, or a list of them",
                    ref,
                    help=f"write `{word}: NAME`",
                )
                found.append(Ref("", ref.start, ref.end))
            else:
                found.append(Ref(value, ref.start, ref.end))
        return found

    # Composites and blocks. ------------------------------------------------------------------------------------------

    KEYS = {
        "residual": ("body", "shortcut", "merge", "dim"),
        "parallel": ("branches", "merge", "dim"),
        "sequential": ("layers",),
    }

    def composite(self, name: str, at: Node, node: Node | None, long: bool) -> Any:
        parts: dict[str, Node] = {}
        controls, row_name = EMPTY, None
        if isinstance(node, SequenceNode):
            parts[self.KEYS[name][0]] = node
        elif isinstance(node, MappingNode):
            controls, own, row_name = self.split(node.pairs, long)
            for key, part in own:
                if key in self.KEYS[name]:
                    parts[key] = part
                else:
                    meant = self.unknown_key(key, part, self.KEYS[name], name, node)
                    if meant in self.KEYS[name]:
                        parts.setdefault(str(meant), part)
        if self.KEYS[name][0] not in parts:
            key = self.KEYS[name][0]
            self.error("missing-argument", f"{name} needs `{key}`", at, help=f"write `{name}: {{{key}: [...]}}`")
            return Step(at.source, at.start, at.end, name, None, name=row_name, controls=controls)
        chains = self.chains(name, parts)
        merge = None if name == "sequential" else self.merge(name, at, parts)
        size = sum(size_of(items) for items, _ in chains) + 1
        expand = partial(expand_composite, chains, merge)
        return Group(
            at.source, at.start, at.end, name, expand, name=row_name, controls=controls, opaque=False, size=size
        )

    def chains(self, name: str, parts: Mapping[str, Node]) -> list[tuple[list[Any], Any]]:
        if name == "sequential":
            return [(self.items(parts["layers"]), None)]
        if name == "residual":
            return [(self.items(parts["body"]), None), self.optional(parts.get("shortcut"))]
        branches = parts["branches"]
        if isinstance(branches, (SequenceNode, MappingNode)) and len(branches) == 0:
            help = "write a list of layers for each branch"
            self.error("missing-argument", "`branches` is empty", branches, help=help)
        if isinstance(branches, MappingNode):
            return [self.optional(v) for _, v in branches.pairs]
        if not isinstance(branches, SequenceNode):
            self.error("invalid-layers", "`branches` is a list of lists of layers", branches)
            return [([], None)]
        return [self.optional(b) for b in branches.items]

    def optional(self, node: Node | None) -> tuple[list[Any], Any]:
        """A list of layers, or `{when, layers}`."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return [item for item in [self.row(node)] if item is not None], None
        if not isinstance(node, MappingNode):
            return self.items(node), None
        when, layers = node.get("when"), node.get("layers")
        if layers is None and when is None:
            return [i for i in [self.row(node)] if i is not None], None
        for key, value in node.pairs:
            if key.value not in ("when", "layers"):
                self.unknown_key(str(key.value), value, ("when", "layers"), "a branch", node)
        return self.items(layers), partial(when_value, when) if when is not None else None

    def merge(self, name: str, at: Node, parts: Mapping[str, Node]) -> Step:
        word = "add" if name == "residual" else "cat"
        place: Node = at
        if "merge" in parts:
            place = parts["merge"]
            word = place.value if isinstance(place, Scalar) and isinstance(place.value, str) else ""
        cls = lookup(word) if word else None
        if cls is None or cls.arity[1] == 1:
            near = nearest(word, ("add", "cat", "mul", "stack", "sub")) or "add"
            self.error("unknown-type", f"`merge` must be a function of several tensors, such as {near}", place)
            return Step(place.source, place.start, place.end, word or "merge", None)
        named = [("dim", parts["dim"])] if "dim" in parts else []
        if word == "cat" and not named:
            one = Scalar(place.source, place.start, place.start, 1, "1", False)
            named = [("dim", one)]
        return self.step(cls, place, named, (), None, EMPTY, None)

    def unknown_key(self, key: str, part: Node, allowed: Sequence[str], what: str, holder: MappingNode) -> str | None:
        """Reports a key that nothing reads; the key that was meant."""
        at = next((k for k, v in holder.pairs if v is part), holder)
        near = nearest(key, [*allowed, *CONTROLS])
        self.reporter.error(
            "unknown-key",
            f"{what} has no key `{key}`",
            at.span,
            notes=["it takes " + ", ".join(allowed)],
            help=f"write `{near}`" if near else None,
            fix=Fix(f"write `{near}`", [Edit(at.span, near)]) if near and holder.get(near) is None else None,
        )
        return near

    def block_use(self, block: Block, at: Node, value: Node | None, long: MappingNode | None) -> Any:
        holder = long if long is not None else value
        controls, row_name = EMPTY, None
        own: list[tuple[str, Any]] = []
        if isinstance(holder, MappingNode):
            controls, own, row_name = self.split(holder.pairs, long is not None)
        elif value is not None and not (isinstance(value, Scalar) and value.value is None):
            first = next(iter(block.args), None)
            if first is None:
                self.error(
                    "unknown-argument",
                    f"block `{block.name}` takes no value: it has no arguments",
                    value,
                    help=f"write `{block.name}`, or declare `args:` in the block",
                )
            own = [(first, value)] if first is not None else []
        if block.twin is not None:
            self.one_of_two(block, block.twin, at)
        if block.twin is not None or not self.read_block(block, at):
            return Step(at.source, at.start, at.end, block.name, None, name=row_name, controls=controls)
        given = self.block_arguments(block, own, at, holder)
        if given is None:
            return Step(at.source, at.start, at.end, block.name, None, name=row_name, controls=controls)
        expand = partial(expand_block, block, given)
        return Group(
            at.source, at.start, at.end, block.name, expand, name=row_name, controls=controls, size=block.size + 1
        )

    def read_block(self, block: Block, at: Node) -> bool:
        """Reads the block's rows at its first use; False for a block that leads back to itself."""
        if block.state == "reading":
            chain = " -> ".join(b.name for b in [*self.reading[self.reading.index(block) :], block])
            self.error(
                "recursive-block",
                f"block `{block.name}` uses itself: {chain}",
                at,
                help="a block may only use blocks that do not lead back to it",
            )
            return False
        if block.state == "unread":
            block.state = "reading"
            self.reading.append(block)
            previous = self.source, self.blocks
            if block.layers is not None:
                self.source = block.layers.source
            self.enter(block.scope if block.scope is not None else self.blocks)
            block.items = self.items(block.layers)
            self.source = previous[0]
            self.enter(previous[1])
            self.reading.pop()
            block.state = "read"
            block.size = min(size_of(block.items), 10**12)
        return True

    def enter(self, blocks: dict[str, Block]) -> None:
        """The blocks that names stand for from here on."""
        self.blocks = self.repeats.blocks = blocks

    def one_of_two(self, block: Block, twin: Block, at: Node) -> None:
        """Reports the use of a block that two included files have."""
        keys = [b.key for b in (twin, block) if b.key is not None]
        files = " and ".join(f"`{os.path.basename(key.source.path)}`" for key in keys)
        self.error(
            "duplicate-name",
            f"{files} have a block `{block.name}` each",
            at,
            related=[Label(key.span, "one of the two") for key in keys],
            help="include one of the files only, or write the block that you mean under another name",
        )

    def block_arguments(
        self, block: Block, own: Sequence[tuple[str, Any]], at: Node, holder: Node | None
    ) -> dict[str, Node] | None:
        given: dict[str, Node] = {}
        wrong = False
        for key, value in own:
            if key in block.args:
                given[key] = value
            else:
                near = nearest(key, [a for a in block.args if a not in dict(own)] or list(block.args))
                place: Any = value
                if isinstance(holder, MappingNode):
                    place = next((k for k, v in holder.pairs if v is value), value)
                self.reporter.error(
                    "unknown-argument",
                    f"block `{block.name}` has no argument `{key}`",
                    place.span,
                    notes=["it takes " + (", ".join(block.args) or "no arguments")],
                    help=f"write `{near}`" if near else None,
                )
                wrong = True
        missing = [a for a, default in block.args.items() if default is None and a not in given]
        if missing and not wrong:
            self.error(
                "missing-argument",
                f"block `{block.name}` needs {' and '.join(f'`{m}`' for m in missing)}",
                at,
                help=f"write `{block.name}: {{{missing[0]}: ...}}`",
            )
        return None if wrong or missing else given


def without(node: MappingNode, key: Scalar) -> MappingNode:
    """The mapping without one of its keys."""
    return MappingNode(node.source, node.start, node.end, [(k, v) for k, v in node.pairs if k is not key])


def is_open(node: Node) -> bool:
    """A plain text with a bracket that is not closed in it."""
    return type(node) is Scalar and type(node.value) is str and not node.quoted and unbalanced(node.value)


def unbalanced(text: str) -> bool:
    return text.count("(") > text.count(")")


def is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.value is None and not node.raw


def size_of(items: Sequence[Any]) -> int:
    """Rows that these items come to, at least, as far as the text alone says."""
    total = 0
    for item in items:
        total += (item.size if isinstance(item, Group) else 1) * item.controls.times
    return min(total, 10**12)


def expand_composite(
    chains: Sequence[tuple[list[Any], Any]], merge: Step | None, outer: Mapping[str, Any], env: Mapping[str, Any]
) -> Body:
    """The chains of a composite; `env` has the shape that reaches it."""
    return Body([items if when is None or when(env) else [] for items, when in chains], merge)


def expand_block(block: Block, given: Mapping[str, Node], outer: Mapping[str, Any], env: Mapping[str, Any]) -> Body:
    """The block's rows with its arguments as variables.

    Arguments are worked out where the block is used (`outer`); defaults inside it (`env`), over the ones before them.
    """
    variables = {k: v for k, v in env.items() if k != "i"}
    values: dict[str, Any] = {}
    for name, default in block.args.items():
        if name in given:
            values[name] = value_of(ANY_VALUE, given[name], outer)
        elif default is not None:
            values[name] = value_of(ANY_VALUE, default, {**variables, **values})
    said = ", ".join(f"{k}={show(v)}" for k, v in values.items())
    return Body([block.items], None, values, said)


def repeat_value(node: Node, env: Mapping[str, Any]) -> int:
    value = value_of(ANY_VALUE, node, env)
    if value is UNK:
        raise NotKnown("`repeat` is not known", node.start, node.end)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        near = value.meant() if isinstance(value, Word) else None
        help = f"write `{near}`" if near else None
        raise ExprError(f"`repeat` must be an integer >= 0, not `{show(value)}`", node.start, node.end, help)
    return value


def when_value(node: Node, env: Mapping[str, Any]) -> bool:
    if not isinstance(node, Scalar):
        raise ExprError("`when` must be a condition", node.start, node.end)
    if node.value is None:
        raise ExprError("`when` must be a condition", node.start, node.end)
    if not isinstance(node.value, str):
        return bool(node.value)
    word = truth_of(node.value)
    if word is not None and node.value not in env:
        return word
    try:
        return expr.truth(expr.parse(node.value), env)
    except ExprError as error:
        raise shifted(error, node) from None


def bool_value(node: Node, env: Mapping[str, Any]) -> bool:
    value = plain(node)
    if isinstance(value, str):
        word = truth_of(value)
        return when_value(node, env) if word is None else word
    if not isinstance(value, bool):
        raise ExprError(f"`trainable` must be true or false, not `{show(value)}`", node.start, node.end)
    return value


def expect_value(node: Node, env: Mapping[str, Any]) -> tuple[list[Any], int, int]:
    """The dims of `expect`; None for `_`."""
    if not isinstance(node, SequenceNode):
        raise ExprError("`expect` is a shape such as `[N, 512, 7, 7]`", node.start, node.end)
    out: list[Any] = []
    for item in node.items:
        if isinstance(item, Scalar) and item.value == "_":
            out.append(None)
        else:
            out.append(dim_value(item, env))
    return out, node.start, node.end


def dim_value(node: Node, env: Mapping[str, Any]) -> Any:
    """One dim of a shape: an integer, an expression over variables, or a new name (a symbol)."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, str):
        tree = None
        try:
            tree = expr.parse(value)
            names = {n for n in expr_names(tree) if n not in env}
            value = expr.evaluate(tree, {**env, **{n: symbol(n) for n in names}})
        except ExprError as error:
            raise shifted(error, node) from None
    if value is UNK or isinstance(value, Sym):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    shown = node.raw if isinstance(node, Scalar) else "..."
    raise ExprError(f"a size must be an integer >= 0 or a name, not `{shown[:60]}`", node.start, node.end)


def expr_names(tree: expr.Tree) -> set[str]:
    from shapecalc.language.arguments import names_in

    return set(names_in(tree))
