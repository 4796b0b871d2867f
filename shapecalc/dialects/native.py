"""The native spec language as one of the dialects: it reads what no other one claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from shapecalc.language.words import COMPOSITES
from shapecalc.layers.names_table import NAMES
from shapecalc.layers.registry import normalized
from shapecalc.network.dialect import Dialect, SpecFile
from shapecalc.network.network import Network
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, Scalar
from shapecalc.yamltree import Sequence as SequenceNode

if TYPE_CHECKING:
    from shapecalc.language.reader import Options

#: What only a spec contains: for a text that is not YAML and so has no tree to look at.
MARK: Final = re.compile(r"^layers\s*:", re.MULTILINE)


class Native(Dialect):
    """The spec language."""

    name = "shapecalc"
    has_variables = True

    def claim(self, file: SpecFile) -> Dialect | None:
        """A file that is a spec, if perhaps one with mistakes. Judged by its content, so that a folder may hold any
        other YAML beside its specs."""
        root = file.root
        if root is None:
            return self if MARK.search(file.source.text) is not None else None
        if isinstance(root, SequenceNode):
            return self if any(is_layer(row, ()) for row in root.items) else None
        return self if isinstance(root, Mapping) and has_layers(root) else None

    def read(self, file: SpecFile, options: Options) -> Network:
        from shapecalc.language.reader import read

        network = read(file, options) if file.root is not None else None
        return network if network is not None else Network(file.source, None, self)

    def variants(self, file: SpecFile) -> list[str]:
        from shapecalc.language.library import variants_in

        return variants_in(file.root)

    def read_row(self, name: str, outputs: Sequence[str]) -> str:
        names = ", ".join(f"`{output}`" for output in outputs)
        return f"read it by `from: {name}`, list it under `outputs:` (now {names}), or remove it"


NATIVE: Final = Native()


def has_layers(root: Mapping) -> bool:
    """A mapping with layers among its `layers`, or with an input shape and a key like `layers`."""
    layers = root.get("layers")
    shaped = has_shape(root)
    if isinstance(layers, SequenceNode):
        blocks = block_names(root)
        if any(is_layer(row, blocks) for row in layers.items):
            return True
        return shaped and not any(is_number(row) for row in layers.items)
    if layers is not None:
        return shaped
    return shaped and any(is_misspelled(key) for key, _ in root.pairs)


def has_shape(root: Mapping) -> bool:
    """Does the file give an input shape: `input: [3, 32, 32]`, or `inputs` with lists?"""
    given = root.get("input")
    if given is not None:
        return isinstance(given, SequenceNode) or is_number(given)
    several = root.get("inputs")
    return isinstance(several, Mapping) and any(isinstance(value, SequenceNode) for _, value in several.pairs)


def is_misspelled(key: Scalar) -> bool:
    return isinstance(key.value, str) and nearest(key.value, ("layers",)) is not None


def block_names(root: Mapping) -> set[str]:
    blocks = root.get("blocks")
    return {str(key.value) for key, _ in blocks.pairs} if isinstance(blocks, Mapping) else set()


def is_number(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, (int, float))


def is_layer(row: Node, blocks: Iterable[str]) -> bool:
    """Does a row name a layer type, a composite or one of the file's blocks?"""
    word: object = None
    if isinstance(row, Scalar):
        word = row.value
    elif isinstance(row, Mapping) and row.pairs:
        typed = row.get("type")
        word = typed.value if isinstance(typed, Scalar) else row.pairs[0][0].value
    if not isinstance(word, str):
        return False
    name = word.partition("(")[0].strip()
    return normalized(name) in NAMES or name in COMPOSITES or name in blocks
