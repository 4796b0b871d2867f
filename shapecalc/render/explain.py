"""What a layer type, a rule or a formula is, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from shapecalc.layers.base import Example, Layer
from shapecalc.params import Param, show
from shapecalc.render.text import wrap
from shapecalc.shape import format_shape
from shapecalc.topics import FORMULAS, RULES


def layer_type(cls: type[Layer], width: int) -> str:
    """Docstring, arguments with their defaults, examples with their answers."""
    kind = "function" if cls.function else "layer type"
    parts = [f"{cls.type} ({kind})", "", cleandoc(cls.__doc__ or "")]
    if own := [p for p in cls.params_ if p.kind != "ignored"]:
        parts += ["", "Arguments:", *arguments(own, width)]
    if cls.main is not None:
        parts += ["", f"A value that stands alone is {cls.main}: `{cls.type.lower()}: VALUE`"]
    if cls.examples:
        parts += ["", "Examples:", *(line for e in cls.examples for line in example(cls, e))]
    return "\n".join(parts) + "\n"


def arguments(params: Sequence[Param[Any]], width: int) -> list[str]:
    names = [", ".join((p.name, *p.short)) for p in params]
    left = max(map(len, names))
    rows = zip(names, params, strict=True)
    return [wrap(f"  {name.ljust(left)}  {argument(p)}", width, hang=left + 4) for name, p in rows]


def argument(param: Param[Any]) -> str:
    if param.fills:
        default = "left out: from the input"
    else:
        default = "required" if param.required else f"default {show(param.default)}"
    return "; ".join(part for part in (param.help, param.describe(), default) if part)


def example(cls: type[Layer], given: Example) -> list[str]:
    """The row of a spec, and what it does."""
    args = ", ".join(f"{name}: {show(value)}" for name, value in given.kwargs.items())
    row = f"{cls.type.lower() if not cls.function else cls.type}: {{{args}}}" if args else cls.type.lower()
    before = ", ".join(map(format_shape, given.inputs))
    after = ", ".join(map(format_shape, given.outputs))
    params = f", {given.params:,} params" if given.params else ""
    return [f"  - {row}", f"      {before} -> {after}{params}"]


def rule(name: str, width: int) -> str:
    what, sample = RULES[name]
    lines = [f"{name} (rule)", "", wrap(what, width)]
    if sample:
        lines += ["", f"  {sample}"]
    return "\n".join(lines) + "\n"


def formula(name: str) -> str:
    return f"{name} (formula)\n\n{FORMULAS[name]}\n"


def contents(types: Mapping[str, Iterable[str]], width: int) -> str:
    """Every name that can be explained, by family."""
    lines = ["Layer types and functions:"]
    for family, names in types.items():
        lead = f"  {family:<12}"
        lines.append(wrap(lead + ", ".join(names), width, hang=len(lead)))
    lines += ["", "Rules:", wrap("  " + ", ".join(RULES), width, hang=2)]
    lines += ["", "Formulas:", wrap("  " + ", ".join(FORMULAS), width, hang=2)]
    return "\n".join(lines) + "\n"
