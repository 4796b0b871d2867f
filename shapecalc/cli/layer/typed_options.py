"""The options of `shapecalc layer conv2d`: one for each argument of the type, and the common ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli.layer.command_line import is_code, normalized, option_names, type_position
from shapecalc.layers.build import FOREIGN_ARGUMENTS
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import Param, show
from shapecalc.layers.registry import lookup

if TYPE_CHECKING:
    from shapecalc.algebra.shape import Shape

WORDS = "shapecalc.words"  # in the context: the words of the command line, and the position of the type


class LayerCommand(click.Command):
    """Takes its options from the type that the command line names."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        words = list(args)
        at = type_position(words)
        word = words[at] if at is not None else None
        cls = lookup(word) if word is not None and not is_code(word) else None
        if cls is not None:
            typed = TypedCommand(cls, self)
            ctx = typed.make_context(f"{info_name} {cls.type}", normalized(words, cls), parent, **extra)
        else:
            if word is not None and not is_code(word):  # the unknown type is what is wrong, whatever its options are
                extra |= {"ignore_unknown_options": True, "allow_extra_args": True}
            ctx = super().make_context(info_name, args, parent, **extra)
        ctx.meta[WORDS] = (words, at)
        return ctx


class TypedCommand(click.Command):
    """`shapecalc layer conv2d`: the common options and those of one type."""

    def __init__(self, cls: type[Layer], layer_command: click.Command) -> None:
        common = [param for param in layer_command.params if param.name != "type_"]
        own = [click.Option([*option_names(p), key_of(p)], help=p.help, metavar="VALUE") for p in arguments_of(cls)]
        super().__init__(
            name="layer",
            callback=layer_command.callback,
            params=[click.Argument(["type_"], metavar=cls.type), *own, *common],
            help=(cls.__doc__ or cls.type).strip().split("\n\n")[0],
            epilog=examples_text(cls),
            context_settings=layer_command.context_settings,
        )
        self.cls = cls

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return [self.options_metavar or ""]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does it, with an answer to the names that other frameworks use."""
        words = list(args)
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            name = FOREIGN_ARGUMENTS.get(error.option_name.lstrip("-").replace("-", "_"), "")
            if name not in self.cls.by_name:
                raise
            option = f"--{name.replace('_', '-')}"
            raise click.UsageError(f"no option {error.option_name}; in PyTorch it is {option}", ctx) from None
        except click.UsageError as error:
            if "unexpected extra argument" not in error.message:
                raise
            raise click.UsageError(stray_hint(words, self.cls) or error.message, ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The type's own arguments first, with what is allowed and the default; then what every type has."""
        own = arguments_of(self.cls)
        if own:
            with formatter.section(f"Arguments of {self.cls.type}"):
                formatter.write_dl([(", ".join(with_negation(p)), argument_help(p)) for p in own])
        names = {key_of(p) for p in own}
        shared = [p for p in self.get_params(ctx) if isinstance(p, click.Option) and p.name not in names]
        with formatter.section("Options"):
            formatter.write_dl([record for p in shared if (record := p.get_help_record(ctx)) is not None])


def arguments_of(cls: type[Layer]) -> list[Param[object]]:
    """The arguments that have an effect."""
    return [p for p in cls.params_ if p.kind != "ignored"]


def key_of(param: Param[object]) -> str:
    """What click calls the option of an argument: apart from the common options."""
    return f"arg_{param.name}"


def given_words(cls: type[Layer], options: Mapping[str, object]) -> dict[Param[object], str]:
    """The arguments that the command line gives, as words."""
    return {p: str(word) for p in arguments_of(cls) if (word := options.get(key_of(p))) is not None}


def stray_hint(words: Sequence[str], cls: type[Layer]) -> str:
    """What a word may mean that belongs to no option: `--k 3 5`, or a shape without `--in`."""
    flags = [name for p in cls.params_ if p.kind == "boolean" for name in with_negation(p)]
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


def with_negation(param: Param[object]) -> list[str]:
    """The option's names, with `--no-bias` for a boolean."""
    names = option_names(param)
    return [*names, f"--no-{names[0][2:]}"] if param.kind == "boolean" else names


def argument_help(param: Param[object]) -> str:
    """`size of the filter; an integer >= 1 or a list of 2; required`."""
    if param.fills:
        end = "inferred from the input"
    elif param.required:
        end = "without it a symbol" if param.kind == "count" else "required"
    else:
        end = f"default {show(param.default)}"
    return "; ".join(part for part in (param.help, param.describe(), end) if part)


# Examples. -----------------------------------------------------------------------------------------------------------


def examples_text(cls: type[Layer]) -> str:
    """The definition's examples as command lines."""
    lines = [example_line(cls, e.kwargs, e.inputs) for e in cls.examples[:3]]
    lines = [line for line in lines if line] or [f"shapecalc layer {cls.type.lower()} --in 3x28x28"]
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


def example_line(cls: type[Layer], kwargs: Mapping[str, object], inputs: Sequence[Shape]) -> str:
    """One example as a command line; empty where an argument has no option."""
    words = ["shapecalc layer", cls.type if cls.function else cls.type.lower()]
    whole = any(len(shape) < 2 for shape in inputs)
    shapes = ["x".join(map(str, shape if whole else shape[1:])) for shape in inputs]
    once = len(set(shapes)) == 1 and len(shapes) <= max(cls.arity[0], 1)
    words += [f"--in {s}" for s in (shapes[:1] if once else shapes)]
    if whole and inputs:
        words.append("--batch null")
    for name, value in kwargs.items():
        if name not in cls.by_name:
            return ""
        words.append(example_option(cls.by_name[name], value))
    return " ".join(words)


def example_option(param: Param[object], value: object) -> str:
    """`--k 3,5`, `--bias`, `--no-bias`."""
    names = option_names(param)
    short = names[1] if len(names) > 1 else names[0]
    if param.kind == "boolean":
        return short if value else f"--no-{names[0][2:]}"
    return f"{short} {value_text(value)}"


def value_text(value: object) -> str:
    return ",".join(map(value_text, value)) if isinstance(value, (list, tuple)) else show(value)
