"""Shapes: tuples of dims. A shape that is not known at all is None."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .dims import UNK, Dim, Sym, UnknownDim, format_dim, parse_dim, same

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
        raise ValueError(f"{part[:40]!r} is no whole number; {_EXAMPLES}")
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


def broadcast(shapes: Sequence[Shape]) -> tuple[Shape | None, int | None]:
    """The broadcast shape and None, or None and the axis of the result where two sizes can never agree.

    Where it depends on symbols, the more definite size is taken; ``broadcast_pairs`` lists what has to be equal then.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dim] = []
    for axis in range(rank):
        dim: Dim = 1
        for other in _column(shapes, axis, rank):
            joined = _broadcast_dim(dim, other)
            if joined is None:
                return None, axis
            dim = joined
        result.append(dim)
    return tuple(result), None


def _column(shapes: Sequence[Shape], axis: int, rank: int) -> list[Dim]:
    """The sizes of all shapes on that axis of the result, shapes aligned at their last axis."""
    return [shape[axis - rank + len(shape)] for shape in shapes if axis >= rank - len(shape)]


def _broadcast_dim(a: Dim, b: Dim) -> Dim | None:
    if a == b or (isinstance(b, int) and b == 1):
        return a
    if isinstance(a, int) and a == 1:
        return b
    if isinstance(a, UnknownDim) or isinstance(b, UnknownDim):
        known = b if isinstance(a, UnknownDim) else a
        return known if isinstance(known, int) else UNK
    if same(a, b) is False and not (_may_be_one(a) or _may_be_one(b)):
        return None
    return b if isinstance(a, Sym) and isinstance(b, int) else a


def _may_be_one(dim: Dim) -> bool:
    return isinstance(dim, Sym) and same(dim, 1) is not False


def broadcast_pairs(shapes: Sequence[Shape]) -> list[tuple[Dim, Dim]]:
    """Pairs of sizes that must be equal for ``broadcast`` to hold, where that depends on symbols."""
    pairs: list[tuple[Dim, Dim]] = []
    rank = max((len(shape) for shape in shapes), default=0)
    for axis in range(rank):
        sizes = [dim for dim in _column(shapes, axis, rank) if dim != 1 and not isinstance(dim, UnknownDim)]
        first = next((dim for dim in sizes if isinstance(dim, int)), sizes[0] if sizes else None)
        if first is not None:
            pairs += [(first, dim) for dim in sizes if dim != first]
    return list(dict.fromkeys(pairs))


def is_known(shape: Shape | None) -> bool:
    """Whether every size is an int."""
    return shape is not None and all(isinstance(dim, int) for dim in shape)


def product_text(shape: Shape) -> str:
    """``64 * 7 * 7``, for the arithmetic in notes."""
    return " * ".join(format_dim(dim) for dim in shape) or "1"
