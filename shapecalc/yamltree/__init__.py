"""YAML text -> nodes that know their place.

Most files are written in a small part of YAML, which is read line by line (`lines`); whatever goes beyond it, and
whatever is wrong, is left to a full parser (`events`). Both give the same nodes at the same places.
"""

from __future__ import annotations

from collections.abc import Callable

from shapecalc.collector import CollectorPaused
from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source
from shapecalc.yamltree.fast import lines
from shapecalc.yamltree.nodes import (
    MAX_DIGITS,
    AliasMapping,
    AliasScalar,
    AliasSequence,
    Mapping,
    Node,
    Scalar,
    Sequence,
    TooLong,
    Value,
    plain,
    resolve_core,
)

__all__ = [
    "MAX_DIGITS", "AliasMapping", "AliasScalar", "AliasSequence", "Mapping", "Node", "Scalar", "Sequence", "TooLong",
    "Value", "compose", "plain", "resolve_core",
]  # fmt: skip


def compose(source: Source, reporter: Reporter, resolver: str = "1.2") -> Node | None:
    """The tree of a text; None where there is none, and the reporter knows why. `resolver="1.1"`: as PyYAML."""
    with CollectorPaused():
        resolve: Callable[[str], Value] = resolve_core
        if resolver == "1.1":
            from shapecalc.yamltree.events import pyyaml_resolver

            resolve = pyyaml_resolver()
        root = lines.read(source, resolve)
        if root is not None:
            return root
        from shapecalc.yamltree.events import from_events

        return from_events(source, reporter, resolve)
