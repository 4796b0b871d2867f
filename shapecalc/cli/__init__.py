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


class Entry:
    """A command as `shapecalc --help` lists it: its group, a line of help, and the module of its `command`."""

    __slots__ = ("group", "help", "module", "name")

    def __init__(self, name: str, group: str, help: str, module: str | None = None) -> None:
        self.name, self.group, self.help = name, group, help
        self.module = f"shapecalc.cli.{module or f'{name}_command'}"


LOOK, CHECK, EXCHANGE = "Look", "Check", "Exchange"

COMMANDS = {
    entry.name: entry
    for entry in (
        Entry("plan", LOOK, "The per-layer table of a spec: shapes, parameters, MACs, memory; and every finding."),
        Entry("layer", LOOK, "One layer: output shape, parameters, MACs, and the formula.", "layer.layer_command"),
        Entry("explain", LOOK, "What a layer type, a rule or a formula is, with examples."),
        Entry("lint", CHECK, "Findings only, for files, directories and globs.", "lint.lint_command"),
        Entry("diff", CHECK, "What changed between two specs: rows, parameters, MACs, memory, weights."),
        Entry("schema", CHECK, "The JSON Schema of the spec language."),
        Entry("specs", EXCHANGE, "The bundled networks: a list, or the text of one to start from."),
    )
}

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

        command: click.Command = import_module(COMMANDS[cmd_name].module).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(unknown_command(args[0]))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by group; their help is aligned across the groups."""
        groups: dict[str, list[tuple[str, str]]] = {}
        width = max(map(len, COMMANDS))
        for entry in COMMANDS.values():
            groups.setdefault(entry.group, []).append((entry.name.ljust(width), entry.help))
        for group, commands in groups.items():
            with formatter.section(group):
                formatter.write_dl(commands)


def unknown_command(word: str) -> str:
    """`no command `paln`; did you mean `plan`?`"""
    from shapecalc.text.spelling import nearest

    near = nearest(word, COMMANDS)
    if near is None and word.endswith((".yaml", ".yml")):
        return f"no command `{word}`; for a spec write `shapecalc plan {word}`"
    hint = f"did you mean `{near}`?" if near else f"the commands are {', '.join(COMMANDS)}"
    return f"no command `{word}`; {hint}"


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
    """Shapes, parameters, MACs and memory of neural networks, computed from a spec without running it."""


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
    """The process `shapecalc`: runs `main` and exits without freeing the objects of a plan one by one."""
    gc.disable()  # the process ends after one command: collecting garbage costs more than it frees
    try:
        status = main()
    except OSError as error:  # a full disk: what is left in the buffer is discarded
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"Error: cannot write: {error.strerror or error}", err=True)
        status = 2
    if sys.getprofile() is None and sys.gettrace() is None and "multiprocessing" not in sys.modules:
        with suppress(OSError, ValueError, AttributeError):  # a write error is reported at the ordinary exit
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    sys.exit(status)
