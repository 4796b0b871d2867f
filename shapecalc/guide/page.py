"""What a layer type or a rule is, and the list of everything that can be explained, as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from inspect import cleandoc
from typing import Any

from shapecalc.algebra.shape import format_shape
from shapecalc.api.plan import plan_source
from shapecalc.guide.topics import KINDS, names
from shapecalc.layers.layer import Example, Layer
from shapecalc.layers.params import Param, show
from shapecalc.render.layout import wrap
from shapecalc.rules.base import CATEGORIES, RULES, Rule
from shapecalc.rules.checking import run
from shapecalc.text.findings import Severity
from shapecalc.text.source import Source


def layer_type(cls: type[Layer], width: int) -> str:
    """Docstring, arguments with their defaults, examples with their answers."""
    kind = "function" if cls.function else "layer type"
    parts = [f"{cls.type} ({kind})", "", cleandoc(cls.__doc__ or "")]
    if own := [p for p in cls.params_ if p.kind != "ignored"]:
        parts += ["", "Arguments:", *arguments(own, width)]
    if cls.main is not None:
        parts += ["", f"A value given alone is {cls.main}: `{cls.type.lower()}: VALUE`"]
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


def rule(one: Rule, width: int) -> str:
    """What and why, and the two examples with what is found in them."""
    lines = [f"{one.name} (rule, {about(one)})", ""]
    lines += [wrap(paragraph, width) for paragraph in one.what.split("\n\n")]
    lines += ["", *(wrap(paragraph, width) for paragraph in f"Why: {one.why}".split("\n\n"))]
    if one.bad:
        lines += ["", "Bad:", indented(one.bad), *(wrap(f"  {text}", width, hang=4) for text in findings(one))]
    if one.good:
        lines += ["", "Good:", indented(one.good)]
    if one.severity != Severity.ERROR:
        lines += ["", "If it is intended, say so in the file:", f"  # shapecalc: ignore[{one.name}] reason"]
    return "\n".join(lines) + "\n"


def about(one: Rule) -> str:
    """`warning, waste, can be fixed`."""
    fix = ["can be fixed with --unsafe-fixes" if one.unsafe else "can be fixed"] if one.fixable else []
    return ", ".join([one.severity, one.category, *fix, *([] if one.default else ["on request, --advice"])])


def findings(one: Rule) -> list[str]:
    """What is reported of the bad example: place and message."""
    plan = plan_source(Source("bad.yaml", one.bad))
    found = plan.reporter.findings + (run(plan, [one.name]) if one.check is not None else [])
    return [f"line {d.line}: {d.severity}[{d.rule}]: {d.message}" for d in found if d.rule == one.name]


def indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in text.rstrip("\n").split("\n"))


def contents(types: Mapping[str, Iterable[str]], width: int) -> str:
    """Every name that can be explained: guides, topics, the spec language, types by family, rules by category."""
    headings = {"pages": "Guides, each a page or more:", "topics": "Topics:", "language": "The spec language:"}
    lines: list[str] = []
    for kind in sorted(KINDS, key=list(headings).index):
        lines += [headings[kind], wrap("  " + ", ".join(names(kind)), width, hang=2), ""]
    lines.append("Layer types and functions:")
    longest = max(map(len, types))
    for family, members in types.items():
        lead = f"  {family:<{longest}}  "
        lines.append(wrap(lead + ", ".join(members), width, hang=len(lead)))
    return "\n".join([*lines, "", *rule_list(width)]) + "\n"


def rule_list(width: int) -> list[str]:
    """The rules by category, the worst first: severity, whether there is a fix, what is found."""
    lines = [wrap("Rules (fix: corrected by --fix; unsafe: by --unsafe-fixes; advice: on request, --advice):", width)]
    longest = max(map(len, RULES))
    for category, meaning in CATEGORIES.items():
        lines.append(wrap(f"  {category}: {meaning}", width, hang=4))
        group = [one for one in RULES.values() if one.category == category]
        for one in sorted(group, key=lambda r: (Severity.rank(r.severity), r.name)):
            fix = "" if not one.fixable else "unsafe" if one.unsafe else "fix"
            lead = f"    {one.name.ljust(longest)} {one.severity:<7} {fix:<6} "
            what = one.what.partition("\n")[0]
            lines.append(wrap(lead + what, width, hang=len(lead)) if width >= len(lead) + 30 else lead.rstrip())
    return lines
