"""Is a YAML file a spec? Told by its content, so that a folder may hold any other YAML beside its specs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from shapecalc.dialects import registry
from shapecalc.language.words import COMPOSITES
from shapecalc.layers.names_table import NAMES
from shapecalc.layers.registry import normalized
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, Scalar, Sequence

# What every spec shows in its text: a key of one, or a list or flow mapping at the top.
TRACE = re.compile(r"^(?:['\"]?(?:layer\w*|inputs?|backbone|head)['\"]?\s*:|[-{\[])", re.MULTILINE)
# What only a spec shows: for a text that is not YAML, and so has no tree to look at.
MARK = re.compile(r"^(?:layers|backbone)\s*:", re.MULTILINE)


def may_be_spec(text: str) -> bool:
    """Is the text worth parsing at all?"""
    return TRACE.search(text) is not None


def is_spec(text: str, root: Node | None) -> bool:
    """Is a file of this text and tree a spec, if perhaps one with mistakes? `root` None: it does not parse."""
    if root is None:
        return MARK.search(text) is not None
    if isinstance(root, Sequence):
        return any(is_layer(row, ()) for row in root.items)
    return registry.recognised(root, text) or (isinstance(root, Mapping) and is_native(root))


def is_native(root: Mapping) -> bool:
    """A mapping with layers among its `layers`, or with an input shape and a key like `layers`."""
    layers = root.get("layers")
    shaped = has_shape(root)
    if isinstance(layers, Sequence):
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
        return isinstance(given, Sequence) or is_number(given)
    several = root.get("inputs")
    return isinstance(several, Mapping) and any(isinstance(value, Sequence) for _, value in several.pairs)


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
