"""Type names -> layer types; a family is imported when one of its types is first named."""

from __future__ import annotations

from importlib import import_module

from shapecalc.layers.layer import Layer
from shapecalc.layers.names_table import NAMES

_PREFIXES = ("torch.nn.functional.", "torch.nn.", "torch.", "nn.functional.", "nn.", "F.")


def normalized(name: str) -> str:
    """`nn.Conv2d`, `conv_2d`, `Conv2D` -> `conv2d`."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            name = name[len(prefix) :]
            break
    return name.replace("_", "").lower()


_found: dict[str, type[Layer] | None] = {}


def lookup(name: str) -> type[Layer] | None:
    """The layer type of that name, in any of its spellings; imports the family at first need."""
    try:
        return _found[name]
    except KeyError:
        pass
    place = NAMES.get(normalized(name))
    cls: type[Layer] | None = None
    if place is not None:
        module, _, attribute = place.partition(":")
        cls = getattr(import_module("shapecalc.layers." + module), attribute)
    if len(_found) < 10_000:
        _found[name] = cls
    return cls


def catalogue() -> list[type[Layer]]:
    """Every layer type, sorted by name (imports all families)."""
    found = {lookup(key) for key in NAMES}
    return sorted((cls for cls in found if cls is not None), key=lambda cls: cls.type.lower())
