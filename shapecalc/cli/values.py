"""Words of the command line as values: numbers, lists, shapes, NAME=VALUE."""

from __future__ import annotations

from collections.abc import Sequence

import click

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape, parse_shape

MOST_DIGITS = 100
WHOLE = ("null", "none")
WORDS = {"true": True, "false": False, "none": None, "null": None, "~": None}


def value(text: str) -> object:
    """`5`, `0.1`, `true`, `none`, `3x5`, `3,5`, `[3, 5]` as values; anything else stays a string."""
    bare = text.strip()
    if bare.lower() in WORDS:
        return WORDS[bare.lower()]
    if bare[:1] in "[(" and bare[-1:] in "])" and len(bare) > 1:
        inner = bare[1:-1].strip().rstrip(",")
        return [value(part) for part in inner.split(",")] if inner else []
    if "," in bare:
        return [value(part) for part in bare.rstrip(",").split(",")]
    parts = [part.strip() for part in bare.replace("×", "x").split("x")]
    if len(parts) > 1 and all(part[part[:1] in ("+", "-") :].isdecimal() for part in parts):
        return [number(part) for part in parts]
    return number(bare)


def number(text: str) -> object:
    """The word as an integer or a float, else the word."""
    if len(text) > MOST_DIGITS and text.lstrip("+-").isdecimal():
        raise click.UsageError(f"{text[:20]}... has {len(text)} digits; at most {MOST_DIGITS} are read")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def named(text: str) -> tuple[str | None, str]:
    """`NAME=VALUE` as its two parts; None and the text where it does not begin with a name."""
    name, equals, rest = text.partition("=")
    name = name.rstrip()
    is_name = bool(equals) and not name.startswith(".") and name.replace(".", "_").isidentifier()
    return (name, rest) if is_name else (None, text)


def batch_of(text: str | None) -> Dim | str | None:
    """The value of `--batch`: a number, a symbol, or `null` where the shapes are whole."""
    if text is None:
        return None
    if text.lower() in WHOLE:
        return "null"
    try:
        shape = parse_shape(text)
    except ValueError:
        shape = ()
    if len(shape) != 1:
        raise click.BadParameter(
            f"`{text}` is not a batch size: write a number, as in `--batch 8`", param_hint="--batch"
        )
    return shape[0]


def named_shapes(texts: Sequence[str]) -> list[tuple[str | None, Shape]]:
    """The values of `--in`: (name or None, shape)."""
    shapes: list[tuple[str | None, Shape]] = []
    for text in texts:
        name, rest = named(text)
        try:
            shapes.append((name, parse_shape(rest)))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--in") from None
    return shapes


def inputs_of(texts: Sequence[str]) -> dict[str, Shape]:
    """The values of `--in` by the input's name, "" for the only one."""
    shapes: dict[str, Shape] = {}
    for name, shape in named_shapes(texts):
        if (name or "") in shapes:
            what = f"`{name}`" if name else "the input"
            raise click.BadParameter(f"{what} is given twice; several inputs are named: NAME=SHAPE", param_hint="--in")
        shapes[name or ""] = shape
    return shapes


def settings_of(texts: Sequence[str]) -> dict[str, object]:
    """The values of `--set`."""
    settings: dict[str, object] = {}
    for text in texts:
        name, word = named(text)
        if name is None:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE", param_hint="--set")
        settings[name] = value(word)
    return settings
