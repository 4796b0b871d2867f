"""Shapes: tuples of dims. A shape that is not known at all is None."""

from __future__ import annotations

import re

from .dims import Dim, format_dim, symbol

Shape = tuple[Dim, ...]

_EXAMPLES = "write 28, 3x28x28, 3,28,28 or 3xHxW"


def parse_shape(text: str) -> Shape:
    """``28``, ``3x28x28``, ``3,28,28``, ``3xHxW``, with or without brackets. ValueError says what is wrong."""
    inside = _without_brackets(text.strip())
    if not inside:
        raise ValueError(f"the shape is empty; {_EXAMPLES}")
    if "," in inside:
        parts = _split_commas(inside)
    else:
        parts = [part.strip() for part in re.split("[x\N{MULTIPLICATION SIGN}]|(?<=[0-9])X(?=[0-9])", inside)]
    return tuple(_parse_part(part, text) for part in parts)


def _without_brackets(text: str) -> str:
    if text[:1] + text[-1:] in ("()", "[]"):
        return text[1:-1].strip()
    return text


def _split_commas(text: str) -> list[str]:
    """The parts between commas outside brackets; a comma at the end, as in ``(28,)``, adds none."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _parse_part(part: str, whole: str) -> Dim:
    shown = whole if len(whole) <= 40 else whole[:37] + "..."
    if not part:
        raise ValueError(f"a size is missing in {shown!r}; {_EXAMPLES}")
    if re.fullmatch("-[0-9]+", part):
        raise ValueError(f"a size cannot be negative: {part if len(part) < 40 else part[:37] + '...'}")
    if re.fullmatch(r"[0-9]*\.[0-9]*|[0-9]+[*][0-9*]+", part):
        raise ValueError(f"{part[:40]!r} is not an integer; {_EXAMPLES}")
    if part.isascii() and (part.isidentifier() or (part.isdigit() and len(part) < 100)):
        return int(part) if part.isdigit() else symbol(part)
    from .expressions import parse_dim

    try:
        return parse_dim(part)
    except ValueError as error:
        raise ValueError(f"{error} ({_EXAMPLES})" if part == shown else f"{error} (in {shown!r})") from None


def format_shape(shape: Shape | None) -> str:
    """``(N, 64, 56, 56)``; ``?`` for a shape that is not known."""
    if shape is None:
        return "?"
    if len(shape) == 1:
        return f"({format_dim(shape[0])},)"
    return f"({', '.join([format_dim(dim) for dim in shape])})"


def numel(shape: Shape) -> Dim:
    """How many elements; an unknown size makes it unknown, a zero does not help it."""
    known = 1
    others: Dim | None = None  # symbols multiply slowly: the numbers first, all at once
    for dim in shape:
        if type(dim) is int:
            known *= dim
        else:
            others = dim if others is None else others * dim
    return known if others is None else others * known
