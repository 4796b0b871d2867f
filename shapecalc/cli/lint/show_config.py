"""`--show-config` of `shapecalc lint`: what is configured for which files, and how each rule counts for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from shapecalc.linting.config import Config
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import Target
from shapecalc.rules.base import RULES
from shapecalc.rules.policy import AS_IT_IS, Policy
from shapecalc.text.english import shortlist
from shapecalc.text.findings import Severity


def config_text(targets: Sequence[Target], settings: Settings) -> str:
    """A section for each configuration and choice of rules that differs, with the files that it is for."""
    groups: dict[tuple[int, int], list[str]] = {}
    choices: dict[tuple[int, int], tuple[Config, Policy]] = {}
    for target in targets:
        path = settings.stdin_name if target.path == "-" else target.path
        config = settings.configs.of(path)
        policy = settings.policy(path)
        key = (id(config), id(policy))
        groups.setdefault(key, []).append(path)
        choices[key] = config, policy
    return "\n".join("\n".join(section(*choices[key], groups[key], settings)) + "\n" for key in groups)


def section(config: Config, policy: Policy, paths: Sequence[str], settings: Settings) -> Iterator[str]:
    yield f"# for {shortlist(paths, 3)}"
    yield f"config: {config.path or 'none'}"
    yield f"fail-on: {config.fail_on or Severity.ERROR}"
    yield f"max-warnings: {'none' if config.max_warnings is None else config.max_warnings}"
    yield f"train: {str(settings.train or config.train).lower()}"
    yield f"exclude: [{', '.join(config.exclude)}]"
    yield f"baseline: {config.baseline or 'none'}"
    yield "rules:"
    for name, rule in RULES.items():
        level = policy.levels[name]
        default = AS_IT_IS if rule.default else None
        word = "off" if level is None else rule.severity if level == AS_IT_IS else level
        yield f"  {name}: {word}" + ("" if level == default else "  # set")
