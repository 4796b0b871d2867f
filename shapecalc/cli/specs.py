"""`shapecalc specs`: the networks that come along."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.output import write

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

EPILOG = """\b
Examples:
  shapecalc specs
  shapecalc specs resnet18 | shapecalc plan -
  shapecalc specs resnet18 -o my_resnet.yaml
"""
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def folder() -> str:
    """Where the specs are: inside the installed package, or at the top of the source tree."""
    installed = os.path.join(PACKAGE, "specs")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(PACKAGE), "specs")


def library() -> list[str]:
    """The names of the networks, sorted."""
    if not os.path.isdir(folder()):
        return []
    return sorted(name[: -len(".yaml")] for name in os.listdir(folder()) if name.endswith(".yaml"))


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in library() if name.startswith(incomplete)]


@click.command("specs", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=complete)
@options.output
@options.color
def command(name: str | None, output: str | None, color: str) -> int:
    """The networks that come with shapecalc: their names, or the text of the spec called NAME."""
    if name is None:
        write("".join(f"{known}\n" for known in library()), output)
        return 0
    word = name.removesuffix(".yaml")
    if word not in library():
        raise click.UsageError(unknown(name))
    with open(os.path.join(folder(), word + ".yaml"), encoding="utf-8") as file:
        write(file.read(), output)
    return 0


def unknown(name: str) -> str:
    from shapecalc.diagnostics import nearest

    near = nearest(name, library())
    hint = f"did you mean `{near}`?" if near else f"there are {', '.join(library())}"
    return f"no spec is called `{name[:80]}`; {hint}"
