"""`shapecalc explain NAME`: a layer type, a rule, a formula or a word of the spec language."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.output import page, write

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EPILOG = """\b
Examples:
  shapecalc explain conv2d
  shapecalc explain redundant-bias
  shapecalc explain receptive-field
  shapecalc explain residual
  shapecalc explain C3k2              a module of YOLO model files
  shapecalc explain                   everything that can be explained
"""


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from shapecalc.guide.topics import FORMULAS, LANGUAGE
    from shapecalc.layers.names_table import NAMES
    from shapecalc.rules.base import RULES

    known = (*NAMES, *RULES, *FORMULAS, *LANGUAGE)
    return [CompletionItem(name) for name in known if name.startswith(incomplete)]


@click.command("explain", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=complete)
@options.output
@options.color
def command(name: str | None, output: str | None, color: str) -> int:
    """What NAME is: a layer type (with arguments, formula and examples), a rule, as findings name it in brackets (why,
    and what a bad and a good spec look like), a formula, or a word of the spec language. Without a name: the list."""
    write(answer(name, page(color, sys.stdout if output is None else None).width), output)
    return 0


def answer(name: str | None, width: int) -> str:
    from shapecalc.guide import page as pages
    from shapecalc.guide.topics import ALSO, FORMULAS, LANGUAGE
    from shapecalc.layers.registry import lookup
    from shapecalc.rules.base import RULES

    if name is None:
        return pages.contents(families(), width)
    key = rule_key(name)
    if key in RULES:
        return pages.rule(RULES[key], width)
    cls = lookup(name)
    if cls is not None:
        return pages.layer_type(cls, width)
    if key in FORMULAS:
        return pages.formula(key)
    if (word := ALSO.get(key, key)) in LANGUAGE:
        return pages.word(word, width)
    from shapecalc.dialects.registry import dialects

    for dialect in dialects():
        if (lines := dialect.explain(name)) is not None:
            return "\n".join(lines) + "\n"
    raise click.UsageError(unknown(name))


def rule_key(name: str) -> str:
    """`error[unused-output]:`, as findings print it, `[unused-output]`, `Unused_Output` -> unused-output."""
    inner = name.partition("[")[2].partition("]")[0]
    return (inner or name).strip(" :").lower().replace("_", "-").replace(" ", "-")


def families() -> dict[str, list[str]]:
    """Types by family, as torch.nn writes them."""
    from shapecalc.layers.registry import catalogue

    types: dict[str, list[str]] = {}
    for cls in catalogue():
        types.setdefault(cls.__module__.rpartition(".")[2], []).append(cls.type)
    return dict(sorted(types.items()))


def unknown(name: str) -> str:
    from shapecalc.guide.topics import FORMULAS, LANGUAGE
    from shapecalc.language.words import suggestion
    from shapecalc.rules.base import RULES
    from shapecalc.text.spelling import nearest

    topics = (*RULES, *FORMULAS, *LANGUAGE)
    near = nearest(name, topics) if "-" in name else None
    near = near or suggestion(name) or nearest(name, topics)
    hint = f"did you mean `{near}`?" if near else "`shapecalc explain` lists what there is"
    return f"nothing is called `{name[:80]}`; {hint}"
