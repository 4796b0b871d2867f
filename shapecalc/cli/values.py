"""Texts of the command line as values: numbers, lists, shapes, NAME=VALUE."""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape, parse_shape

NAMED = re.compile(r"([A-Za-z_][\w.]*)\s*=(.*)", re.DOTALL)
TIMES = re.compile(r"\s*[+-]?\d+(\s*[x×]\s*[+-]?\d+)+\s*")
MOST_DIGITS = 100
WHOLE = ("null", "none")
WORDS = {"true": True, "false": False, "none": None, "null": None, "~": None}


def value(text: str) -> object:
    """`5`, `0.1`, `true`, `none`, `3x5`, `3,5`, `[3, 5]` as values; anything else stays a text."""
    bare = text.strip()
    if bare.lower() in WORDS:
        return WORDS[bare.lower()]
    if bare[:1] in "[(" and bare[-1:] in "])" and len(bare) > 1:
        inner = bare[1:-1].strip().rstrip(",")
        return [value(part) for part in inner.split(",")] if inner else []
    if "," in bare:
        return [value(part) for part in bare.rstrip(",").split(",")]
    if TIMES.fullmatch(bare):
        return [number(part.strip()) for part in re.split("[x×]", bare)]
    return number(bare)


def number(text: str) -> object:
    """The integer or fraction that is written, else the text."""
    if len(text) > MOST_DIGITS and text.lstrip("+-").isdecimal():
        raise click.UsageError(f"{text[:20]}... has {len(text)} digits; the most that is read is {MOST_DIGITS}")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


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
        raise click.BadParameter(f"`{text}` is no batch size: write a number, as in `--batch 8`", param_hint="--batch")
    return shape[0]


def named_shapes(texts: Sequence[str]) -> list[tuple[str | None, Shape]]:
    """The values of `--in`: (name or None, shape)."""
    out: list[tuple[str | None, Shape]] = []
    for text in texts:
        match = NAMED.fullmatch(text)
        name, rest = (match[1], match[2]) if match else (None, text)
        try:
            out.append((name, parse_shape(rest)))
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--in") from None
    return out


def inputs_of(texts: Sequence[str]) -> dict[str, Shape]:
    """The values of `--in` by the input's name, "" for the only one."""
    out: dict[str, Shape] = {}
    for name, shape in named_shapes(texts):
        if (name or "") in out:
            what = f"`{name}`" if name else "the input"
            raise click.BadParameter(f"{what} is given twice; several inputs are named: NAME=SHAPE", param_hint="--in")
        out[name or ""] = shape
    return out


def settings_of(texts: Sequence[str]) -> dict[str, object]:
    """The values of `--set`."""
    out: dict[str, object] = {}
    for text in texts:
        match = NAMED.fullmatch(text)
        if match is None:
            raise click.BadParameter(f"`{text}` is not of the form NAME=VALUE", param_hint="--set")
        out[match[1]] = value(match[2])
    return out
