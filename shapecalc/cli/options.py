"""Options that more than one command has: one spelling and one help text each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

F = TypeVar("F", bound=Callable[..., Any])
Decorator = Callable[[F], F]


def complete_specs(names: bool = True) -> Callable[..., list[CompletionItem]]:
    """Spec files and folders that begin so; with `names` also the networks that come along."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from glob import escape, glob

        from click.shell_completion import CompletionItem

        files = [path for path in sorted(glob(escape(incomplete) + "*")) if path.endswith((".yaml", ".yml"))]
        folders = sorted(glob(escape(incomplete) + "*" + os.sep))
        known = [name for name in library_names() if name.startswith(incomplete)] if names else []
        return [CompletionItem(word) for word in (*files, *folders, *known)]

    return complete


def library_names() -> list[str]:
    from shapecalc.language.library import names

    return names()


def complete_list(words: Sequence[str]) -> Callable[..., list[CompletionItem]]:
    """The last word of a list with commas."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        before, comma, last = incomplete.rpartition(",")
        return [CompletionItem(before + comma + word) for word in words if word.startswith(last)]

    return complete


def color(command: F) -> F:
    return click.option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Colours; NO_COLOR and FORCE_COLOR are heeded.",
    )(command)


def output(command: F) -> F:
    return click.option("-o", "--output", metavar="FILE", default=None, help="Write to FILE.")(command)


def stdin_filename(command: F) -> F:
    return click.option(
        "--stdin-filename", metavar="PATH", default="<stdin>", help="What findings call standard input (-)."
    )(command)


def format_(*formats: str) -> Decorator[Any]:
    """`--format`, the first one given being the default."""
    return click.option(
        "--format", "format_", type=click.Choice(formats), default=formats[0], show_default=True, help="Output format."
    )


def inputs(help: str) -> Decorator[Any]:
    return click.option("--in", "inputs", metavar="SHAPE", multiple=True, help=help)


def batch(command: F) -> F:
    help = "The batch size; without it the symbol N."
    return click.option("--batch", metavar="N", default=None, help=help)(command)


def settings(command: F) -> F:
    return click.option("--set", "settings", metavar="NAME=VALUE", multiple=True, help="Set a variable of the spec.")(
        command
    )


def variant(command: F) -> F:
    return click.option("--variant", metavar="NAME", default=None, help="Which variant of the spec.")(command)


def train(command: F) -> F:
    return click.option(
        "--train", is_flag=True, default=False, help="What fails only in training is an error, not a warning."
    )(command)


def fail_on(command: F) -> F:
    return click.option(
        "--fail-on",
        type=click.Choice(Severity.ORDER),
        default=None,
        help="Exit with 1 from this severity on.  [default: error]",
    )(command)


class Dtype(click.Choice):  # type: ignore[type-arg]
    """A type of number by its short name, or as PyTorch calls it: `float16`, `torch.bfloat16`, `half`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from shapecalc.algebra.dtypes import dtype_named

        return super().convert(dtype_named(str(value)) or value, param, ctx)


def dtype(command: F) -> F:
    from shapecalc.algebra.dtypes import DTYPE_BYTES

    return click.option(
        "--dtype", type=Dtype(list(DTYPE_BYTES)), default="fp32", show_default=True, help="Sets the bytes of a number."
    )(command)


def failed(severities: Sequence[str], threshold: str) -> bool:
    """Does any of the severities reach the threshold?"""
    return any(Severity.at_least(s, threshold) for s in severities)
