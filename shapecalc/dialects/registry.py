"""Other people's spec files, read as they are: recognised by what they hold, planned on the same layers.

Nothing of a dialect is imported before a file of it is met.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shapecalc.language.reader import Options
    from shapecalc.network.network import Network
    from shapecalc.text.findings import Reporter
    from shapecalc.text.source import Source
    from shapecalc.yamltree import Node

_TRACE = re.compile(r"^['\"]?(?:backbone|head)['\"]?[ \t]*:", re.MULTILINE)
_NATIVE = re.compile(r"^['\"]?layers['\"]?[ \t]*:", re.MULTILINE)


#: `yolov8s-seg` -> s, `yolo11m` -> m, `yoloe-v8l` -> l; other letters are never found.
LETTER = re.compile(r"yolo(?:e-)?v?\d+([nslmx])")


def sibling(path: str) -> tuple[str, str] | None:
    """The file that is meant where `yolo11x.yaml` is not there and `yolo11.yaml` is, and the scale; as the library
    looks for it."""
    folder, name = os.path.split(path)
    match = LETTER.search(name)
    if match is None:
        return None
    other = os.path.join(folder, name[: match.start(1)] + name[match.end(1) :])
    return (other, match[1]) if os.path.isfile(other) else None


def foreign(text: str) -> bool:
    """May the text be of a dialect? Such a text is resolved as PyYAML does it."""
    return _TRACE.search(text) is not None and _NATIVE.search(text) is None


def recognised(root: Node | None, text: str) -> bool:
    """Is the tree that of a dialect's file?"""
    if root is None or not foreign(text):
        return False
    from shapecalc.dialects.yolo.reader import family_of
    from shapecalc.yamltree import Mapping

    return isinstance(root, Mapping) and family_of(root) is not None


def read_foreign(root: Node | None, source: Source, reporter: Reporter, options: Options) -> Network | None:
    """The network of a dialect's file; None for a file that is of none."""
    if not recognised(root, source.text):
        return None
    from shapecalc.dialects.yolo.reader import read_yolo
    from shapecalc.yamltree import Mapping

    assert isinstance(root, Mapping)
    return read_yolo(root, source, reporter, options)
