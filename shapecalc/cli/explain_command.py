"""`shapecalc explain NAME`: a layer type, a rule, a topic, a word of the spec language or a guide."""

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
  shapecalc explain padding             how it changes the size, with an example
  shapecalc explain residual            a word of the spec language
  shapecalc explain spec                the spec language on one page
  shapecalc explain C3k2                a module of YOLO model files
  shapecalc explain                     everything that can be explained
"""


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from shapecalc.guide.explain import explainable

    return [CompletionItem(name) for name in explainable() if name.startswith(incomplete)]


@click.command("explain", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=complete)
@options.output
@options.color
def command(name: str | None, output: str | None, color: str) -> int:
    """What NAME is: a layer type (with arguments, formula and examples), a rule that findings have in brackets (why,
    and a bad and a good spec), a topic such as padding (with formula and example), a word of the spec language, or a
    guide of a page or more. Without a name: the list."""
    from shapecalc.guide.explain import explain

    try:
        text = explain(name, page(color, sys.stdout if output is None else None).width)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    write(text, output)
    return 0
