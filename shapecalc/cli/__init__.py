"""The command line: one module per command, imported when its command is named."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

import click

from shapecalc.cli.output import silence_closed_pipes

COMMANDS = {
    "plan": "The per-layer table of a spec: shapes, parameters, MACs, memory; and what is wrong with it.",
    "layer": "One layer: output shape, parameters, MACs, and the formula with the numbers put in.",
    "diff": "What changed between two specs: rows, parameters, MACs, memory, weights.",
    "lint": "Findings only, for files, directories and globs.",
    "explain": "What a layer type, a rule or a formula is, with examples.",
    "schema": "The JSON Schema of the spec language.",
    "specs": "The networks that come with shapecalc.",
}

#: Commands that are a folder.
HOMES = {"layer": "layer.command", "lint": "lint.command"}

EPILOG = """\b
Examples:
  shapecalc plan net.yaml
  shapecalc layer conv2d --in 28 --k 5 --explain
  shapecalc specs resnet18 | shapecalc plan -

\b
Completion of commands, options and layer types:
  bash   eval "$(_SHAPECALC_COMPLETE=bash_source shapecalc)"    in ~/.bashrc
  zsh    eval "$(_SHAPECALC_COMPLETE=zsh_source shapecalc)"     in ~/.zshrc
  fish   _SHAPECALC_COMPLETE=fish_source shapecalc | source     in ~/.config/fish/config.fish

\b
Exit status: 0 nothing wrong, 1 findings, 2 wrong usage or a file that cannot be read.
"""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """Knows its commands by name and imports the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        from importlib import import_module

        command: click.Command = import_module(f"shapecalc.cli.{HOMES.get(cmd_name, cmd_name)}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def unknown_command(word: str) -> str:
    """`no command `paln`; did you mean `plan`?`"""
    from shapecalc.text.spelling import nearest

    near = nearest(word, COMMANDS)
    if near is None and word.endswith((".yaml", ".yml")):
        return f"no command `{word}`; for a spec write `shapecalc plan {word}`"
    return f"no command `{word}`" + (f"; did you mean `{near}`?" if near else f"; there are {', '.join(COMMANDS)}")


def print_version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from shapecalc.version import __version__

        click.echo(f"shapecalc {__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings=SETTINGS, epilog=EPILOG)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=print_version, help="Show the version."
)
def cli() -> None:
    """Shapes, parameters, MACs and memory of neural networks, worked out from a spec without running it."""


def main(args: Sequence[str] | None = None) -> int:
    """Runs the command line and gives the exit status: 0 nothing wrong, 1 findings, 2 wrong usage."""
    with silence_closed_pipes():
        try:
            given = list(sys.argv[1:] if args is None else args)
            status = cli.main(given, prog_name="shapecalc", standalone_mode=False)
        except click.ClickException as error:
            from shapecalc.text.findings import clip

            object.__setattr__(error, "message", clip(error.message))
            error.show()
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            return 130
        return status if isinstance(status, int) else 0
    return 0


def run() -> NoReturn:
    """The process `shapecalc`: what `main` does, and an end without taking all the objects of a plan apart."""
    gc.disable()  # one command and the end: to look for rubbish costs more than it frees
    try:
        status = main()
    except OSError as error:  # a full disk; what is left to write goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"Error: cannot write: {error.strerror or error}", err=True)
        status = 2
    if sys.getprofile() is None and sys.gettrace() is None and "multiprocessing" not in sys.modules:
        with suppress(OSError, ValueError, AttributeError):  # what cannot be written is told at the ordinary exit
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    sys.exit(status)
