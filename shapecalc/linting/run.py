"""Linting files: from paths to findings. What is wrong with one file never hides the findings of another."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from typing import Final

from shapecalc.api.plan import plan_file
from shapecalc.collector import CollectorPaused
from shapecalc.dialects.registry import load, open_file, open_spec_file
from shapecalc.linting.config_files import Configs
from shapecalc.linting.results import LintResult, Report, failed, unreadable
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import SUFFIXES, Target, targets
from shapecalc.network.dialect import SpecFile
from shapecalc.network.plan import Plan
from shapecalc.text.findings import Finding
from shapecalc.text.source import BadText, Source, os_error_text

COLLECT_EVERY: Final = 200  # files
ALL_VARIANTS: Final = "all"


def lint(
    paths: Iterable[str | os.PathLike[str]],
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    warn: Sequence[str] = (),
    error: Sequence[str] = (),
    advice: bool = False,
    config: str | os.PathLike[str] | None = None,
    isolated: bool = False,
    train: bool = False,
    variant: str | None = None,
) -> list[LintResult]:
    """The findings of each spec: files by name, directories (every file below that is a spec) and globs.

    The choices are laid over the configuration of each file, as on the command line. `variant` names the one to lint in
    files that have it; "all" is the default and every variant. ValueError for an unknown rule and for a pattern without
    a match; what is wrong with a file or a configuration is a finding.
    """
    if isinstance(paths, (str, bytes)):
        raise TypeError("lint() takes a list of paths")
    from shapecalc.rules.choice import choice_of

    choice = choice_of(select, ignore, warn, error, advice)
    configs = Configs(None if config is None else os.fspath(config), isolated)
    report = lint_targets(targets(paths), Settings(configs, choice, train=train, variant=variant))
    return [*config_results(configs), *report.files]


def config_results(configs: Configs) -> list[LintResult]:
    """The configurations with mistakes. Their findings have no fixes: `--fix` is for specs."""
    wrong = [config for config in configs.loaded if config.findings]
    for config in wrong:
        for finding in config.findings:
            finding.fix = None
    return [LintResult(config.path or "", config.findings, config.source) for config in wrong]


def lint_targets(targets: Sequence[Target], settings: Settings) -> Report:
    """Lints every target; skips those that are not specs, unless the user named them."""
    report = Report()
    with CollectorPaused():
        for number, target in enumerate(targets, 1):
            report.add(target.path, lint_target(target, settings))
            if number % COLLECT_EVERY == 0:
                gc.collect()
    return report


def lint_target(target: Target, settings: Settings) -> LintResult | None:
    """The findings of one file; None if it is skipped."""
    name = settings.stdin_name if target.path == "-" else target.path
    if not target.named and settings.configs.of(name).excludes(name):
        return None
    try:
        source = load(target.path, settings.stdin_name)
    except OSError as error:
        return unreadable(name, os_error_text(error, name), suggestion(target.path))
    except BadText as error:
        return unreadable(name, str(error)) if target.named else None
    return lint_source(source, target.named, settings)


def lint_source(source: Source, named: bool, settings: Settings) -> LintResult | None:
    """The findings of one text, whatever happens; None if it is not a spec and was not named."""
    try:
        file = open_file(source) if named else open_spec_file(source)
        return lint_file(file, settings) if file is not None else None
    except Exception as error:
        return failed(source, error)


def lint_file(file: SpecFile, settings: Settings) -> LintResult:
    plan = planned(file, None, settings)
    result = LintResult(file.source.path, plan.diagnostics, file.source)
    if settings.variant is not None:
        result.diagnostics = of_variants(file, plan, settings)
    if settings.document:
        from shapecalc.network.plain_data import without_layers

        result.document = without_layers(plan)
    return result


def planned(file: SpecFile, variant: str | None, settings: Settings) -> Plan:
    """The plan of one variant, as the settings and the file's configuration say."""
    path = file.source.path
    return plan_file(file, variant=variant, train=settings.trains(path), policy=settings.policy(path))


def of_variants(file: SpecFile, default: Plan, settings: Settings) -> list[Finding]:
    """The findings of the requested variants, each once; of the default if the file has none of them."""
    names = [name for name in file.dialect.variants(file) if settings.variant in (name, ALL_VARIANTS)]
    found = list(default.diagnostics) if not names or settings.variant == ALL_VARIANTS else []
    seen = {(finding.rule, finding.span) for finding in found}
    for name in names:
        for finding in planned(file.again(), name, settings).diagnostics:
            if (finding.rule, finding.span) not in seen:
                seen.add((finding.rule, finding.span))
                finding.notes.append(f"in variant `{name}`")
                found.append(finding)
    return found


def suggestion(path: str) -> str | None:
    """The help for a path that is not a file: a file next to it, or a bundled network."""
    if os.path.lexists(path):
        return None
    from shapecalc.language import library
    from shapecalc.text.spelling import nearest

    if library.find(path) is not None:
        return f"`{path}` is bundled with shapecalc: `shapecalc plan {path}` shows its findings"
    folder, word = os.path.split(path)
    try:
        names = sorted(name for name in os.listdir(folder or os.curdir) if name.endswith(SUFFIXES))
    except OSError:
        return None
    by_stem = {os.path.splitext(name)[0]: name for name in names}
    near = nearest(os.path.splitext(word)[0], by_stem)
    return f"did you mean `{os.path.join(folder, by_stem[near])}`?" if near else None
