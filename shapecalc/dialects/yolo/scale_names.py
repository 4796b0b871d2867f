"""The names of scales: in a file, in a file's name, in the words that people use for them."""

from __future__ import annotations

import os
import re
from typing import Final

from shapecalc.yamltree import Mapping, Node

#: `yolov8s-seg` -> s, `yolo11m` -> m, `yoloe-v8l` -> l; other letters are never found.
LETTER: Final = re.compile(r"yolo(?:e-)?v?\d+([nslmx])")
WORDS: Final = {"nano": "n", "tiny": "t", "small": "s", "medium": "m", "base": "b", "large": "l", "xlarge": "x"}


def scales_of(root: Node | None) -> list[str]:
    """The names of the scales of a file."""
    node = root.get("scales") if isinstance(root, Mapping) else None
    return [str(key.value) for key, _ in node.pairs] if isinstance(node, Mapping) else []


def letter_of(path: str) -> str:
    """The scale that a file's name asks for; "" where it asks for none."""
    name = os.path.basename(path)
    match = LETTER.search(name.rpartition(".")[0] or name)
    return match[1] if match else ""


def letter_in(wanted: str, names: list[str]) -> str | None:
    """`yolov8s` and `small` mean the scale s."""
    found = letter_of(wanted) or WORDS.get(wanted.lower())
    return found if found in names else None


def sibling(path: str) -> tuple[str, str] | None:
    """`yolo11.yaml` and x for `yolo11x.yaml`, if the former is there; as the library looks for it."""
    folder, name = os.path.split(path)
    match = LETTER.search(name)
    if match is None:
        return None
    other = os.path.join(folder, name[: match.start(1)] + name[match.end(1) :])
    return (other, match[1]) if os.path.isfile(other) else None
