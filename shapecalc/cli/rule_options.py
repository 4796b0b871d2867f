"""The options about rules and configuration, the same for every command that reports findings."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shapecalc.linting.config_files import Configs
    from shapecalc.linting.run import Settings

F = TypeVar("F", bound=Callable[..., Any])


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Rules, categories and groups; behind a comma the next one."""
    from click.shell_completion import CompletionItem

    from shapecalc.rules.base import CATEGORIES, RULES
    from shapecalc.rules.choice import GROUPS

    head, comma, last = incomplete.rpartition(",")
    names = (name for name in (*RULES, *CATEGORIES, *GROUPS) if name.startswith(last))
    return [CompletionItem(head + comma + name) for name in names]


def existing(ctx: click.Context, param: click.Parameter, path: str | None) -> str | None:
    """The path of a file that is there. (click's own type looks up translations, which costs as much as a plan.)"""
    if path is not None and not os.path.isfile(path):
        raise click.BadParameter(f"there is no file {path}", ctx, param)
    return path


def names(option: str, help: str) -> Callable[[F], F]:
    return click.option(option, metavar="RULE,...", multiple=True, shell_complete=complete, help=help)


OPTIONS = (
    names("--select", "Only these rules: names, categories, all, errors, warnings, advice."),
    names("--ignore", "Leave these rules out."),
    names("--warn", "These rules are warnings, and on."),
    names("--error", "These rules are errors, and on."),
    click.option("--advice", is_flag=True, default=False, help="Also the rules that are off by default."),
    click.option(
        "--config", metavar="FILE", default=None, callback=existing,
        help="This configuration; else the nearest .shapecalc.yaml, or [shapecalc] of a setup.cfg.",
    ),
    click.option("--isolated", is_flag=True, default=False, help="Heed no configuration."),
)  # fmt: skip


def rules(command: F) -> F:
    """Adds the options; the command gets what they say as `chosen`."""

    @wraps(command)
    def run(
        *args: Any,
        select: tuple[str, ...],
        ignore: tuple[str, ...],
        warn: tuple[str, ...],
        error: tuple[str, ...],
        advice: bool,
        config: str | None,
        isolated: bool,
        **others: Any,
    ) -> Any:
        chosen = Chosen((select, ignore, warn, error), advice, config, isolated)
        return command(*args, chosen=chosen, **others)

    made: Any = run
    for option in reversed(OPTIONS):
        made = option(made)
    return made  # type: ignore[no-any-return]


class Chosen:
    """What the options say."""

    __slots__ = ("_lists", "advice", "config", "isolated")

    def __init__(self, lists: tuple[tuple[str, ...], ...], advice: bool, config: str | None, isolated: bool) -> None:
        if config is not None and isolated:
            raise click.UsageError("--config and --isolated exclude each other")
        self._lists, self.advice, self.config, self.isolated = lists, advice, config, isolated

    def configs(self) -> Configs:
        from shapecalc.linting.config_files import Configs

        return Configs(self.config, self.isolated)

    def settings(self, **others: Any) -> Settings:
        """As the linter takes it. UsageError for a rule that there is not."""
        from shapecalc.linting.run import Settings
        from shapecalc.rules.choice import UnknownRule, choice_of

        select, ignore, warn, error = self._lists
        try:
            choice = choice_of(select or None, ignore, warn, error, self.advice)
        except UnknownRule as unknown:
            raise click.UsageError(str(unknown)) from None
        return Settings(self.configs(), choice, **others)
