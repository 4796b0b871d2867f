"""How a further argument is written into a row, in whichever form the row has."""

from __future__ import annotations

from functools import partial
from typing import Any

from shapecalc.network import Bounds, Step
from shapecalc.spec.arguments import span_of_main, spans_in_code, spans_in_mapping
from shapecalc.yamltree import AliasMapping, Node, Scalar
from shapecalc.yamltree import Mapping as MappingNode


def insertion(step: Step, name: str, value: str) -> tuple[Bounds, str] | None:
    """(place, text) of the edit that gives `step` the argument `name`; None where its form leaves no room for it.

    `value` is YAML; in pasted code `false` becomes `False`.
    """
    find = step.spans
    if find is None:
        return after_type(step.source.text, step.end, f"{{{name}: {value}}}")
    if not isinstance(find, partial):
        return None
    if find.func is spans_in_mapping:
        return into_mapping(step.source.text, find.args[1], f"{name}: {value}")
    if find.func is span_of_main:
        return around_main(find.args[0], find.args[1], f"{name}: {value}")
    if find.func is spans_in_code:
        return into_code(step.source.text, find.args, f"{name}={value.capitalize()}")
    return None


def after_type(text: str, end: int, mapping: str) -> tuple[Bounds, str] | None:
    """`softmax` -> `softmax: {pair}`; the colon may stand there already. Not for what stands in quotes or code."""
    rest = text[end:].split("\n", 1)[0]
    if rest.startswith(("'", '"', "(")):
        return None
    colon = rest.startswith(":")
    return (end + colon, end + colon), f"{'' if colon else ':'} {mapping}"


def into_mapping(text: str, node: MappingNode, pair: str) -> tuple[Bounds, str] | None:
    """After the last pair: `, pair` in a flow mapping, a new line in a block one."""
    if not node.pairs or isinstance(node, AliasMapping):
        return None
    key, value = node.pairs[-1]
    if text.startswith("{", node.start):
        at = max(value.end, key.end)
        return (at, at), f", {pair}"
    first = node.pairs[0][0]
    line_start = text.rfind("\n", 0, first.start) + 1
    indent = "".join("\t" if c == "\t" else " " for c in text[line_start : first.start])
    at = text.find("\n", max(value.end, key.end))
    return ((at, at), f"\n{indent}{pair}") if at >= 0 else ((len(text), len(text)), f"\n{indent}{pair}")


def around_main(cls: Any, node: Node, pair: str) -> tuple[Bounds, str] | None:
    """`linear: 120` -> `linear: {out_features: 120, pair}`."""
    if not isinstance(node, Scalar) or type(node) is not Scalar or cls.main is None:
        return None
    param = cls.by_name[cls.main]
    word = next((s for s in param.short if s == "out"), param.name)
    written = node.source.text[node.start : node.end]
    return (node.start, node.end), f"{{{word}: {written}, {pair}}}"


def into_code(text: str, args: tuple[Any, ...], pair: str) -> tuple[Bounds, str] | None:
    """After the last argument of a call."""
    values = [*args[1], *(value for _, value in args[2])]
    if not values:
        return None
    at = max(value.bounds[1] for value in values)
    return (at, at), f", {pair}"
