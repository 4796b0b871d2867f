"""The options about rules and configuration, the same for every command that reports findings."""

from __future__ import annotations

import os
from functools import wraps
from typing import TYPE_CHECKING

import click

from shapecalc.cli.options import Command, Decorator, all_of

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shapecalc.linting.settings import Settings


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Rules, categories and groups; after a comma the next one."""
    from click.shell_completion import CompletionItem

    from shapecalc.rules.base import CATEGORIES, RULES
    from shapecalc.rules.choice import GROUPS

    head, comma, last = incomplete.rpartition(",")
    names = (name for name in (*RULES, *CATEGORIES, *GROUPS) if name.startswith(last))
    return [CompletionItem(head + comma + name) for name in names]


def existing(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """The path of a file that exists. (click's own type loads translations, which costs as much as a plan.)"""
    if path is not None and not os.path.isfile(path):
        raise click.BadParameter(f"no such file: {path}", ctx, param)
    return path


def names(option: str, help: str) -> Decorator:
    return click.option(option, metavar="RULE,...", multiple=True, shell_complete=complete, help=help)


OPTIONS = (
    names("--select", "Only these rules: names, categories, all, errors, warnings, advice."),
    names("--ignore", "Turn these rules off."),
    names("--warn", "Turn these rules on, as warnings."),
    names("--error", "Turn these rules on, as errors."),
    click.option("--advice", is_flag=True, default=False, help="Also the rules that are off by default."),
    click.option(
        "--config", metavar="FILE", default=None, callback=existing,
        help="Use this configuration, not the nearest .shapecalc.yaml or [shapecalc] of a setup.cfg.",
    ),
    click.option("--isolated", is_flag=True, default=False, help="Ignore every configuration."),
)  # fmt: skip


class Chosen:
    """What the options say."""

    __slots__ = ("advice", "config", "isolated", "lists")

    def __init__(
        self,
        lists: tuple[tuple[str, ...], ...] = ((), (), (), ()),
        advice: bool = False,
        config: str | None = None,
        isolated: bool = False,
    ) -> None:
        if config is not None and isolated:
            raise click.UsageError("--config and --isolated exclude each other")
        self.lists, self.advice, self.config, self.isolated = lists, advice, config, isolated

    def settings(
        self, *, train: bool = False, stdin_name: str = "<stdin>", variant: str | None = None, document: bool = False
    ) -> Settings:
        """As the linter takes it. UsageError for a rule that does not exist."""
        from shapecalc.linting.config_files import Configs
        from shapecalc.linting.settings import Settings
        from shapecalc.rules.choice import UnknownRule, choice_of

        select, ignore, warn, error = self.lists
        try:
            choice = choice_of(select or None, ignore, warn, error, self.advice)
        except UnknownRule as unknown:
            raise click.UsageError(str(unknown)) from None
        configs = Configs(self.config, self.isolated)
        return Settings(configs, choice, train=train, stdin_name=stdin_name, variant=variant, document=document)


def rules(command: Command) -> Command:
    """Adds the options; the command gets what they say as `chosen`."""

    @wraps(command)
    def run(
        *,
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        warn: tuple[str, ...],
        error: tuple[str, ...],
        advice: bool,
        config: str | None,
        isolated: bool,
        **others: object,
    ) -> int:
        return command(chosen=Chosen((select, ignore, warn, error), advice, config, isolated), **others)

    return all_of(OPTIONS)(run)
