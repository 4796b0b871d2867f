"""How a run lints: the configurations, and the options that are laid over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.linting.config_files import Configs
from shapecalc.rules.policy import Policy

if TYPE_CHECKING:
    from shapecalc.rules.choice import Choice


class Settings:
    """`choice` and `train` are laid over the configuration of each file. `variant`: the one to lint in files that have
    it, or "all"; `document`: with the JSON object of each plan."""

    __slots__ = ("_policies", "choice", "configs", "document", "stdin_name", "train", "variant")

    def __init__(
        self,
        configs: Configs,
        choice: Choice | None = None,
        *,
        train: bool = False,
        stdin_name: str = "<stdin>",
        document: bool = False,
        variant: str | None = None,
    ) -> None:
        self.configs, self.choice, self.train, self.variant = configs, choice, train, variant
        self.stdin_name, self.document = stdin_name, document
        self._policies: dict[tuple[Choice, ...], Policy] = {}

    def policy(self, path: str) -> Policy:
        """How the rules count for a file."""
        choices = tuple(self.configs.of(path).choices(path)) + ((self.choice,) if self.choice else ())
        if choices not in self._policies:
            self._policies[choices] = Policy(choices)
        return self._policies[choices]

    def trains(self, path: str) -> bool:
        """Is it an error in a file if something fails only in training?"""
        return self.train or self.configs.of(path).train
