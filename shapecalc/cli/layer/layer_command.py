"""`shapecalc layer conv2d --in 28 --k 5`: one layer. Its options come from the type's own arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.destinations import Output, writes
from shapecalc.cli.layer.command_line import CommandLine, is_code
from shapecalc.cli.layer.input_shapes import BadInput, input_shapes, symbols_for_missing
from shapecalc.cli.layer.typed_options import WORDS, LayerCommand, given_words
from shapecalc.cli.values import batch_of, named_shapes, value
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import lookup
from shapecalc.render.formats import LAYER
from shapecalc.render.page import View

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shapecalc.api.plan import LayerResult
    from shapecalc.text.source import Span

EPILOG = """\b
Examples:
  shapecalc layer conv2d --in 28 --k 5
  shapecalc layer conv2d --in 3x224x224 --cout 64 --k 7 --s 2 --p 3 --explain
  shapecalc layer "nn.Conv2d(3, 64, 3)" --in 3x28x28
  shapecalc layer maxpool2d --in 112 --k 3 --s 2 --ceil-mode
  shapecalc layer conv2d --help           the options of that type
"""
IN_HELP = "Shape of the input: 28 (every spatial axis), 28x32, 3x28x28, 8x3x28x28; names are symbols. Once per input."
STRINGS = ("text", "choice", "layer", "activation")  # kinds of argument whose value is the word itself


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from shapecalc.layers.names_table import NAMES

    return [CompletionItem(name) for name in NAMES if name.startswith(incomplete.lower())]


@click.command("layer", cls=LayerCommand, epilog=EPILOG)
@click.argument("type_", metavar="TYPE", shell_complete=complete)
@options.inputs(IN_HELP)
@options.batch
@click.option("--explain", is_flag=True, help="Show the formula with its numbers, axis by axis.")
@writes(LAYER)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    type_: str,
    inputs: tuple[str, ...],
    batch: str | None,
    explain: bool,
    output: Output[LayerResult],
    **arguments: object,
) -> int:
    """One layer: output shape, parameters, multiply-accumulates (MACs). TYPE is a type of torch.nn or a function, in
    any spelling, or code such as "nn.Conv2d(3, 64, 3)". The type's arguments are options with PyTorch's names
    (--kernel-size) and short ones (--k); counts that are left out become symbols.
    """
    result = layer_of(ctx, type_, inputs, batch, arguments)
    output.write(result, View(explain=explain))
    return 0 if result.ok else 1


def layer_of(
    ctx: click.Context, type_: str, inputs: Sequence[str], batch: str | None, arguments: Mapping[str, object]
) -> LayerResult:
    """The layer that the command line describes."""
    from shapecalc.api import plan as engine

    words, at = ctx.meta[WORDS]
    args: list[object] = []
    kwargs: dict[str, object] = {}
    cls = lookup(type_)
    line = CommandLine(words, at or 0, cls)
    spans: dict[str, Span] = {"type": line.type_span, **line.spans}
    if is_code(type_):
        type_, args, kwargs, spans = pasted(type_, line)
        cls = lookup(type_)
    elif cls is not None:
        kwargs = given_values(cls, arguments)
    shapes = named_shapes(inputs)
    whole = [shape for _, shape in shapes]
    if cls is not None:
        named = {p.name: v for p, v in zip(cls.params_, args, strict=False)} | kwargs
        try:
            size = batch_of(batch)
            if not isinstance(size, str):
                whole = input_shapes(cls, whole, named, size)
        except BadInput as error:
            raise click.BadParameter(str(error), ctx, param_hint="--in") from None
        kwargs |= symbols_for_missing(cls, named)
    spelling = engine.AS_CODE if is_code(words[at or 0]) else engine.AS_OPTION
    return engine.layer_at(type_, tuple(whole), kwargs, args, source=line.source, spans=spans, spelling=spelling)


def given_values(cls: type[Layer], arguments: Mapping[str, object]) -> dict[str, object]:
    """The arguments that the command line gives, as values."""
    from shapecalc.algebra.dims import symbol

    values: dict[str, object] = {}
    for p, word in given_words(cls, arguments).items():
        as_symbol = p.kind == "count" and word.isidentifier()
        values[p.name] = word if p.kind in STRINGS else symbol(word) if as_symbol else value(word)
    return values


def pasted(code: str, line: CommandLine) -> tuple[str, list[object], dict[str, object], dict[str, Span]]:
    """Type, arguments and spans of pasted code."""
    from shapecalc.algebra.expressions import ExprError
    from shapecalc.language.code import parse_code

    try:
        name, args, kwargs, bounds = parse_code(code)
    except ExprError as error:
        raise click.BadParameter(f"`{code}`: {error.message}", param_hint="TYPE") from None
    return name, args, kwargs, {**line.spans, **{key: line.span(pair) for key, pair in bounds.items()}}
