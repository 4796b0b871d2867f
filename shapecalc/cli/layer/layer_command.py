"""`shapecalc layer conv2d --in 28 --k 5`: one layer. Its options come from the type's own arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli import options
from shapecalc.cli.layer.command_line import CommandLine, is_code, normalized, option_names, type_position
from shapecalc.cli.layer.input_shapes import BadInput, input_shapes, open_values
from shapecalc.cli.output import Screen, write
from shapecalc.cli.values import batch_of, named_shapes, value
from shapecalc.layers.build import FOREIGN_ARGUMENTS
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import Param, show
from shapecalc.layers.registry import lookup

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
SHORT_HELP = "One layer: output shape, parameters, multiply-accumulates, and the formula with the numbers put in."


class LayerCommand(click.Command):
    """Takes its options from the type that the command line names."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = list(args)
        at = type_position(words)
        cls = lookup(words[at]) if at is not None and not is_code(words[at]) else None
        if cls is None:
            if at is not None and not is_code(words[at]):  # whatever else is said, the type is what is wrong
                extra |= {"ignore_unknown_options": True, "allow_extra_args": True}
            ctx = super().make_context(info_name, args, parent, **extra)
        else:
            typed = typed_command(cls)
            ctx = typed.make_context(f"{info_name} {cls.type}", normalized(words, cls), parent, **extra)
        ctx.meta["shapecalc.words"] = (words, at)
        return ctx


class TypedCommand(click.Command):
    """`shapecalc layer conv2d`: the common options and those of one type."""

    def __init__(self, cls: type[Layer], **settings: Any) -> None:
        super().__init__(**settings)
        self.cls = cls

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [self.options_metavar or ""]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, with an answer to the names that other frameworks use."""
        given = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = FOREIGN_ARGUMENTS.get(error.option_name.lstrip("-").replace("-", "_"), "")
            if known not in self.cls.by_name:
                raise
            meant = f"--{known.replace('_', '-')}"
            raise click.UsageError(f"no option {error.option_name}; in PyTorch it is {meant}", ctx) from None
        except click.UsageError as error:
            if "unexpected extra argument" not in error.message:
                raise
            raise click.UsageError(stray_hint(given, self.cls) or error.message, ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The type's own arguments first, with what is allowed and the default; then what every type has."""
        own = [p for p in self.cls.params_ if p.kind != "ignored"]
        if own:
            with formatter.section(f"Arguments of {self.cls.type}"):
                formatter.write_dl([(", ".join(shown_names(p)), argument_help(p)) for p in own])
        shared = [p for p in self.get_params(ctx) if isinstance(p, click.Option) and p.name not in own_names(self.cls)]
        records = [p.get_help_record(ctx) for p in shared]
        with formatter.section("Options"):
            formatter.write_dl([record for record in records if record is not None])


def stray_hint(words: Sequence[str], cls: type[Layer]) -> str:
    """What a word may have meant that belongs to no option: `--k 3 5`, or a shape without `--in`."""
    flags = [name for p in cls.params_ if p.kind == "boolean" for name in shown_names(p)]
    for index, word in enumerate(words):
        if word.startswith("-") or lookup(word) is not None or not word[:1].isalnum():
            continue
        flag = words[index - 1].partition("=")[0] if index else ""
        if flag in flags:
            return f"{flag} takes true or false, not `{word}`"
        before = words[max(index - 2, 0) : index]
        if len(before) == 2 and before[0].startswith("--") and not before[1].startswith("-") and "=" not in before[0]:
            return f"`{word}` belongs to no option; a list is written with commas: `{before[0]} {before[1]},{word}`"
        if not (before and before[-1].startswith("-") and "=" not in before[-1]) and "--in" not in words:
            return f"`{word}` belongs to no option; the input's shape is given as `--in {word}`"
    return ""


def own_names(cls: type[Layer]) -> set[str]:
    return {f"arg_{p.name}" for p in cls.params_}


def shown_names(param: Param[Any]) -> list[str]:
    names = option_names(param)
    return [*names, f"--no-{names[0][2:]}"] if param.kind == "boolean" else names


def argument_help(param: Param[Any]) -> str:
    """`size of the filter; an integer >= 1 or a list of 2; required`."""
    if param.fills:
        end = "the input fixes it"
    elif param.required:
        end = "may be left open" if param.kind == "count" else "required"
    else:
        end = f"default {show(param.default)}"
    return "; ".join(part for part in (param.help, param.describe(), end) if part)


def typed_command(cls: type[Layer]) -> click.Command:
    """The command for one type."""
    common = [p for p in command.params if p.name != "type_"]
    own = [
        click.Option([*option_names(p), f"arg_{p.name}"], help=p.help, metavar="VALUE")
        for p in cls.params_
        if p.kind != "ignored"
    ]
    return TypedCommand(
        cls,
        name="layer",
        callback=command.callback,
        params=[click.Argument(["type_"], metavar=cls.type), *own, *common],
        help=(cls.__doc__ or cls.type).strip().split("\n\n")[0],
        epilog=examples_text(cls),
        context_settings=command.context_settings,
    )


def examples_text(cls: type[Layer]) -> str:
    """The definition's examples as command lines."""
    lines = [example_line(cls, e.kwargs, e.inputs) for e in cls.examples[:3]]
    lines = [line for line in lines if line] or [f"shapecalc layer {cls.type.lower()} --in 3x28x28"]
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def example_line(cls: type[Layer], kwargs: dict[str, object], inputs: Sequence[Any]) -> str:
    """One example as a command line; empty where its inputs cannot be written so."""
    words = ["shapecalc layer", cls.type if cls.function else cls.type.lower()]
    whole = any(len(shape) < 2 for shape in inputs)
    shapes = ["x".join(map(str, shape if whole else shape[1:])) for shape in inputs]
    once = len(set(shapes)) == 1 and len(shapes) <= max(cls.arity[0], 1)
    words += [f"--in {s}" for s in (shapes[:1] if once else shapes)]
    if whole and inputs:
        words.append("--batch null")
    for name, given in kwargs.items():
        param = cls.by_name.get(name)
        if param is None:
            return ""
        shorts = option_names(param)
        option = shorts[1] if len(shorts) > 1 else shorts[0]
        if param.kind == "boolean":
            words.append(option if given else f"--no-{option_names(param)[0][2:]}")
        else:
            words.append(f"{option} {value_text(given)}")
    return " ".join(words)


def value_text(given: object) -> str:
    if isinstance(given, (list, tuple)):
        return ",".join(map(value_text, given))
    return show(given)


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from shapecalc.layers.names_table import NAMES

    return [CompletionItem(name) for name in NAMES if name.startswith(incomplete.lower())]


@click.command("layer", cls=LayerCommand, epilog=EPILOG, short_help=SHORT_HELP)
@click.argument("type_", metavar="TYPE", shell_complete=complete)
@options.inputs(IN_HELP)
@options.batch
@click.option("--explain", is_flag=True, help="The formula with the numbers put in, axis by axis.")
@options.format_("text", "json")
@options.output
@options.color
def command(
    type_: str,
    inputs: tuple[str, ...],
    batch: str | None,
    explain: bool,
    format_: str,
    output: str | None,
    color: str,
    **arguments: str | None,
) -> int:
    """One layer: output shape, parameters, multiply-accumulates (MACs). TYPE is a type of torch.nn or a function, in
    any spelling, or code such as "nn.Conv2d(3, 64, 3)". The type's arguments are options with PyTorch's names
    (--kernel-size) and short ones (--k); counts that are left out become symbols.
    """
    result = worked_out(click.get_current_context(), type_, inputs, batch, arguments)
    screen = Screen(color, to_file=output is not None)
    write(json_text(result, explain) if format_ == "json" else text(result, explain, screen), output)
    return 0 if result.ok else 1


def worked_out(
    ctx: click.Context, type_: str, inputs: Sequence[str], batch: str | None, arguments: dict[str, str | None]
) -> LayerResult:
    """The layer that the command line describes."""
    from shapecalc.api import plan as engine

    words, at = ctx.meta["shapecalc.words"]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    cls = lookup(type_)
    line = CommandLine(words, at or 0, cls)
    spans: dict[str, Span] = {"type": line.type_place, **line.places}
    if is_code(type_):
        type_, args, kwargs, spans = pasted(type_, line)
        cls = lookup(type_)
    elif cls is not None:
        kwargs = given_values(cls, arguments)
    shapes = named_shapes(inputs)
    whole: list[Any] = [shape for _, shape in shapes]
    if cls is not None:
        named = {p.name: v for p, v in zip(cls.params_, args, strict=False)} | kwargs
        try:
            size = batch_of(batch)
            if not isinstance(size, str):
                whole = input_shapes(cls, whole, named, size)
        except BadInput as error:
            raise click.BadParameter(str(error), ctx, param_hint="--in") from None
        kwargs |= open_values(cls, named)
    spelling = engine.AS_CODE if is_code(words[at or 0]) else engine.AS_OPTION
    return engine.layer_at(type_, tuple(whole), kwargs, args, source=line.source, spans=spans, spelling=spelling)


def given_values(cls: type[Layer], arguments: dict[str, str | None]) -> dict[str, Any]:
    """The options that were given, as values; texts for the arguments that are texts."""
    from shapecalc.algebra.dims import symbol

    out: dict[str, Any] = {}
    for p in cls.params_:
        word = arguments.get(f"arg_{p.name}")
        if word is None:
            continue
        out[p.name] = word if p.kind in ("text", "choice", "layer", "activation") else value(word)
        if p.kind == "count" and word.isidentifier():
            out[p.name] = symbol(word)
    return out


def pasted(code: str, line: CommandLine) -> tuple[str, list[Any], dict[str, Any], dict[str, Span]]:
    """Type, arguments and places of pasted code."""
    from shapecalc.algebra.expressions import ExprError
    from shapecalc.language.code import parse_code

    try:
        name, args, kwargs, places = parse_code(code)
    except ExprError as error:
        raise click.BadParameter(f"`{code}`: {error.message}", param_hint="TYPE") from None
    return name, args, kwargs, {**line.places, **{key: line.span(bounds) for key, bounds in places.items()}}


# Output. -------------------------------------------------------------------------------------------------------------


def text(result: LayerResult, explain: bool, screen: Screen) -> str:
    """The answer in a few lines, then the explanation, then what is wrong."""
    from shapecalc.render import layer_answer as drawn
    from shapecalc.render.findings.carets import render

    out = drawn.render(result, explain) if result.ok else ""
    if result.diagnostics:
        wrap = screen.width if screen.terminal else None
        out += ("\n" if out else "") + render(result.diagnostics, width=wrap, color=screen.color)
    return out


def json_text(result: LayerResult, explain: bool) -> str:
    from shapecalc.render import json_text as json
    from shapecalc.render import layer_answer as drawn

    return json.render(drawn.document(result, explain))
