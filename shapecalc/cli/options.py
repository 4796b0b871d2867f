"""Options that more than one command has: one spelling and one help text each."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import click

from shapecalc.render.page import EVERY_DEPTH
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shapecalc.render.formats import Formats, Subject

#: A command gives the exit status: 0 nothing wrong, 1 findings, 2 wrong usage.
Command = Callable[..., int]
Decorator = Callable[[Command], Command]
Complete = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]

SPEC_SHAPE = "Shape of the input, for one sample: 3x224x224, HxW as symbols, or NAME=SHAPE."


def all_of(decorators: Sequence[Decorator]) -> Decorator:
    """Adds several options, the first one first."""

    def decorate(command: Command) -> Command:
        for add in reversed(decorators):
            command = add(command)
        return command

    return decorate


# Completion. ---------------------------------------------------------------------------------------------------------


def complete_specs(names: bool = True) -> Complete:
    """Spec files and folders that begin with the word; with `names` also the bundled networks."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from glob import escape, glob

        from click.shell_completion import CompletionItem

        files = [path for path in sorted(glob(escape(incomplete) + "*")) if path.endswith((".yaml", ".yml"))]
        folders = sorted(glob(escape(incomplete) + "*" + os.sep))
        known = complete_names(ctx, param, incomplete) if names else []
        return [*map(CompletionItem, (*files, *folders)), *known]

    return complete


def complete_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The bundled networks that begin with the word."""
    from click.shell_completion import CompletionItem

    from shapecalc.language.library import names

    return [CompletionItem(name) for name in names() if name.startswith(incomplete)]


def complete_list(words: Mapping[str, str]) -> Complete:
    """The last word of a list with commas; `words` are what there is, with a help text each."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        known = words.items()
        return [CompletionItem(before + comma + word, help=help) for word, help in known if word.startswith(last)]

    return complete


# Output. -------------------------------------------------------------------------------------------------------------


def color(command: Command) -> Command:
    choices = click.Choice(["auto", "always", "never"])
    help = "Whether to use colours; NO_COLOR and FORCE_COLOR are respected."
    return click.option("--color", type=choices, default="auto", show_default=True, help=help)(command)


def output(command: Command) -> Command:
    return click.option("-o", "--output", metavar="FILE", default=None, help="Write to FILE.")(command)


def format_(formats: Formats[Subject], callback: Callable[..., object]) -> Decorator:
    """`--format`, once or more; the first format is the default."""
    helps = {each.name: each.help for each in formats}
    help = f"{', '.join(helps)}; may be repeated.  [default: {formats[0].name}, or by the ending of -o FILE]"
    return click.option(
        "--format", "format_", metavar="FORMAT[:FILE]", multiple=True, callback=callback,
        shell_complete=complete_list(helps), help=help,
    )  # fmt: skip


def meant_or_all(word: str, known: Sequence[str]) -> str:
    """What to say of a word that is not known: the nearest one, else all."""
    from shapecalc.text.spelling import nearest

    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else f"there are {', '.join(known)}"


# What is planned. ----------------------------------------------------------------------------------------------------


def inputs(help: str = SPEC_SHAPE) -> Decorator:
    return click.option("--in", "inputs", metavar="SHAPE", multiple=True, help=help)


def batch(command: Command) -> Command:
    help = "The batch size; without it the symbol N."
    return click.option("--batch", metavar="N", default=None, help=help)(command)


def settings(command: Command) -> Command:
    help = "Set a variable of the spec."
    return click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help=help)(command)


def variant(help: str = "Which variant of the spec.") -> Decorator:
    return click.option("--variant", metavar="NAME", default=None, help=help)


def train(command: Command) -> Command:
    help = "Report what fails only in training as an error, not as a warning."
    return click.option("--train", is_flag=True, default=False, help=help)(command)


class Dtype(click.Choice):  # type: ignore[type-arg]
    """A type of number by its short name, or as PyTorch calls it: `float16`, `torch.bfloat16`, `half`."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from shapecalc.algebra.dtypes import dtype_named

        return str(super().convert(dtype_named(str(value)) or value, param, ctx))


def dtype(command: Command) -> Command:
    from shapecalc.algebra.dtypes import DTYPE_BYTES

    help = "The type of the numbers, which sets the bytes that each takes."
    return click.option("--dtype", type=Dtype(list(DTYPE_BYTES)), default="fp32", show_default=True, help=help)(command)


def stdin_filename(command: Command) -> Command:
    help = "The file name that findings show for standard input (-)."
    return click.option("--stdin-filename", metavar="PATH", default="<stdin>", help=help)(command)


# Findings. -----------------------------------------------------------------------------------------------------------


def fail_on(command: Command) -> Command:
    help = "Exit with 1 for a finding of this severity or worse.  [default: error]"
    return click.option("--fail-on", type=click.Choice(Severity.ORDER), default=None, help=help)(command)


def failed(severities: Sequence[str], threshold: str) -> bool:
    """Does any of the severities reach the threshold?"""
    return any(Severity.at_least(s, threshold) for s in severities)


# Tables. -------------------------------------------------------------------------------------------------------------


def columns(more: Mapping[str, str], usual: Sequence[str], aliases: Mapping[str, str]) -> Decorator:
    """`--columns`: `more` are those that can be added, with a help text each; `usual` ones may be named as well."""

    def parsed(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[str]:
        words = [word.strip().lower() for value in values for word in value.split(",") if word.strip()]
        names = [aliases.get(word, word) for word in words]
        for name in names:
            if name not in more and name not in usual:
                raise click.BadParameter(f"no column `{name}`; {meant_or_all(name, list(more))}", ctx, param)
        return names

    return click.option(
        "--columns", metavar="NAME,...", multiple=True, callback=parsed, shell_complete=complete_list(more),
        help=f"More columns: {', '.join(more)}.",
    )  # fmt: skip


def sort(columns: Sequence[str]) -> Decorator:
    """`--sort`: one of the columns."""

    def parsed(ctx: click.Context, param: click.Parameter, name: str | None) -> str | None:
        if name is not None and name not in columns:
            raise click.BadParameter(f"no column to sort by: `{name}`; {meant_or_all(name, columns)}", ctx, param)
        return name

    help = f"Largest first: {', '.join(columns)}."
    complete = complete_list(dict.fromkeys(columns, ""))
    return click.option("--sort", metavar="COLUMN", callback=parsed, shell_complete=complete, help=help)


def top(command: Command) -> Command:
    help = "Only the first N lines of the table."
    return click.option("--top", metavar="N", type=click.IntRange(min=1), default=None, help=help)(command)


def depth(command: Command) -> Command:
    """`--depth`: a number; EVERY_DEPTH for `all`; None where it is not given."""

    def parsed(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
        if value is None or value == "all":
            return None if value is None else EVERY_DEPTH
        if not value.isdecimal() or len(value) > 4:
            message = f"`{value}` is not a depth: write 0 for the outline, 1, 2, ... or all"
            raise click.BadParameter(message, ctx, param)
        return int(value)

    help = "Open blocks to this depth: 0 is the outline, with sums; `all`. On a terminal the default is what fits."
    return click.option("--depth", metavar="N", callback=parsed, help=help)(command)
