"""How a further argument is written into a row, in whichever form the row has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from shapecalc.language.arguments import spans_in_code
from shapecalc.language.repeats import MAX_REMEMBERED, spans_in_row
from shapecalc.network.network import Bounds, Step
from shapecalc.yamltree import AliasMapping, Node, Scalar
from shapecalc.yamltree import Mapping as MappingNode
from shapecalc.yamltree.fast.forms import PlacedMapping


def insertion(step: Step, **values: str) -> tuple[Bounds, str] | None:
    """(place, text) of the edit that gives `step` further arguments; None where its form leaves no room for them.

    The values are YAML; in pasted code `false` becomes `False` and a word is quoted.
    """
    find = step.spans
    if isinstance(find, partial) and find.func is spans_in_row:
        return into_row(step, find.args[1], values)
    return written(step, values)


_insertions: Final[dict[Any, tuple[Bounds, str] | None]] = {}  # by the form of a row; places count from the row


def into_row(step: Step, row: PlacedMapping, values: Mapping[str, str]) -> tuple[Bounds, str] | None:
    """`insertion` into a row that may stand in many places: at the same place in all of them."""
    key = (row.form, *values.items())
    if key not in _insertions:
        if len(_insertions) >= MAX_REMEMBERED:
            _insertions.clear()
        _insertions[key] = moved(written(step, values), -row.start)
    return moved(_insertions[key], row.start)


def moved(edit: tuple[Bounds, str] | None, by: int) -> tuple[Bounds, str] | None:
    return None if edit is None else ((edit[0][0] + by, edit[0][1] + by), edit[1])


def written(step: Step, values: Mapping[str, str]) -> tuple[Bounds, str] | None:
    find = step.spans
    pairs = [f"{name}: {value}" for name, value in values.items()]
    if isinstance(find, partial) and find.func is spans_in_code:
        return into_code(step.source.text, find.args, [f"{name}={code(value)}" for name, value in values.items()])
    holder = arguments_of(find)
    if holder is None:
        return after_type(step.source.text, step.end, ", ".join(pairs))
    cls, node = holder
    if isinstance(node, MappingNode):
        return into_mapping(step.source.text, node, pairs)
    return around_main(cls, node, ", ".join(pairs))


def arguments_of(find: Any) -> tuple[Any, Node] | None:
    """The type, and the mapping of its arguments or the value that stands alone; None for a bare type."""
    if not isinstance(find, partial):
        return None
    cls, node = find.args
    if find.func is spans_in_row and all(key.value != "type" for key, _ in node.pairs):
        node = node.pairs[0][1]
    return None if isinstance(node, Scalar) and node.value is None else (cls, node)


def code(value: str) -> str:
    """A YAML value as Python writes it."""
    if value in ("true", "false"):
        return value.capitalize()
    return repr(value) if value.isidentifier() else value


def after_type(text: str, end: int, pairs: str) -> tuple[Bounds, str] | None:
    """`softmax` -> `softmax: {pair}`; the colon may stand there already. Not for what stands in quotes or code."""
    rest = text[end:].split("\n", 1)[0]
    if rest.startswith(("'", '"', "(")):
        return None
    colon = rest.startswith(":")
    return (end + colon, end + colon), f"{'' if colon else ':'} {{{pairs}}}"


def into_mapping(text: str, node: MappingNode, pairs: Sequence[str]) -> tuple[Bounds, str] | None:
    """After the last pair: `, pair` in a flow mapping, a new line in a block one."""
    if not node.pairs or isinstance(node, AliasMapping):
        return None
    key, value = node.pairs[-1]
    if not node.start <= key.start <= value.end <= node.end:
        return None  # merged from an anchor
    if text.startswith("{", node.start):
        at = max(value.end, key.end)
        return (at, at), "".join(f", {pair}" for pair in pairs)
    first = node.pairs[0][0]
    line_start = text.rfind("\n", 0, first.start) + 1
    indent = "".join("\t" if c == "\t" else " " for c in text[line_start : first.start])
    at = text.find("\n", max(value.end, key.end))
    at = at if at >= 0 else len(text)
    at -= text[at - 1] == "\r"
    return (at, at), "".join(f"\n{indent}{pair}" for pair in pairs)


def around_main(cls: Any, node: Node, pairs: str) -> tuple[Bounds, str] | None:
    """`linear: 120` -> `linear: {out_features: 120, pair}`."""
    if not isinstance(node, Scalar) or type(node) is not Scalar or cls.main is None:
        return None
    param = cls.by_name[cls.main]
    word = next((s for s in param.short if s == "out"), param.name)
    written = node.source.text[node.start : node.end]
    return (node.start, node.end), f"{{{word}: {written}, {pairs}}}"


def into_code(text: str, args: tuple[Any, ...], pairs: Sequence[str]) -> tuple[Bounds, str] | None:
    """After the last argument of a call."""
    values = [*args[1], *(value for _, value in args[2])]
    if not values:
        return None
    at = max(value.bounds[1] for value in values)
    return (at, at), "".join(f", {pair}" for pair in pairs)
