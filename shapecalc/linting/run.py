"""Findings of many files: which files, their plans, and what the configuration leaves of the findings.

A problem with one file never hides another's: what cannot be read, and what the code itself trips over, is a finding.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from shapecalc.api.plan import plan_file
from shapecalc.dialects.registry import load, open_file, open_spec_file
from shapecalc.linting import targets as files
from shapecalc.linting.config_files import Configs
from shapecalc.network.dialect import SpecFile
from shapecalc.network.plan import Plan
from shapecalc.rules.policy import Policy
from shapecalc.text.findings import Finding, Severity
from shapecalc.text.source import BadText, Source, Span, os_error_text

if TYPE_CHECKING:
    from shapecalc.rules.choice import Choice

UNREADABLE = "unreadable-file"
COLLECT_EVERY = 200  # files
ALL_VARIANTS = "all"


class LintResult:
    """The findings of one file. `document` is the JSON object of its plan without layers, where it was asked for:
    None for what was not planned. `fail_on` is the severity from which on its findings fail the run."""

    __slots__ = ("diagnostics", "document", "fail_on", "path", "readable", "source")

    def __init__(self, path: str, diagnostics: list[Finding], source: Source, *, readable: bool = True) -> None:
        self.path, self.diagnostics, self.source, self.readable = path, diagnostics, source, readable
        self.document: dict[str, Any] | None = None
        self.fail_on: str = Severity.ERROR

    def __repr__(self) -> str:
        return f"LintResult({self.path!r}, {self.diagnostics!r})"

    @property
    def ok(self) -> bool:
        return not any(d.severity == Severity.ERROR for d in self.diagnostics)

    @property
    def failures(self) -> list[Finding]:
        """The findings that fail the run."""
        return [d for d in self.diagnostics if Severity.at_least(d.severity, self.fail_on)]


class Report:
    """The results in the order of the paths, which files were skipped as other YAML, how many findings the baselines
    held back, and how many were fixed."""

    __slots__ = ("files", "fixed", "known", "skipped")

    def __init__(self, results: Sequence[LintResult], skipped: Sequence[str] = ()) -> None:
        self.files, self.skipped = list(results), list(skipped)
        self.known = self.fixed = 0

    @property
    def findings(self) -> list[Finding]:
        return [d for result in self.files for d in result.diagnostics]

    @property
    def readable(self) -> bool:
        return all(result.readable for result in self.files)


class Settings:
    """How a run lints: the configurations, and what is laid over them."""

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
        return self._policies.setdefault(choices, Policy(choices))

    def trains(self, path: str) -> bool:
        """Is what fails only in training an error in a file?"""
        return self.train or self.configs.of(path).train


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
    """Findings of each spec: files as named, directories (every YAML file below that is a spec) and globs.

    The choices are laid over the configuration of each file, as on the command line. ValueError for a rule that there
    is not and for a pattern that matches nothing; what is wrong with a file, or with a configuration, is a finding.
    `variant` names the one to lint in files that have it; "all" is the default and every variant.
    """
    if isinstance(paths, (str, bytes)):
        raise TypeError("lint() takes a list of paths")
    from shapecalc.rules.choice import choice_of

    chosen = choice_of(select, ignore, warn, error, advice)
    configs = Configs(None if config is None else os.fspath(config), isolated)
    report = lint_targets(files.targets(paths), Settings(configs, chosen, train=train, variant=variant))
    return [*config_results(configs), *report.files]


def config_results(configs: Configs) -> list[LintResult]:
    """The configurations that have mistakes. Their fixes are left to the reader: `--fix` is for specs."""
    results = []
    for config in configs.loaded:
        if config.findings and config.path is not None:
            results.append(LintResult(config.path, [without_fix(d) for d in config.findings], config.source))
    return results


def without_fix(finding: Finding) -> Finding:
    finding.fix = None
    return finding


def lint_targets(targets: Sequence[files.Target], settings: Settings) -> Report:
    """Lints every target; those that were found, not named, and hold something else, are skipped."""
    report = Report(())
    pause = gc.isenabled()
    gc.disable()  # a plan is thrown away whole: to look at each again and again for rubbish only costs time
    try:
        for number, target in enumerate(targets, 1):
            add(report, target, lint_target(target, settings))
            if number % COLLECT_EVERY == 0:
                gc.collect()
    finally:
        if pause:
            gc.enable()
    return report


def add(report: Report, target: files.Target, result: LintResult | None) -> None:
    if result is None:
        report.skipped.append(target.path)
    else:
        report.files.append(result)


def lint_target(target: files.Target, settings: Settings) -> LintResult | None:
    """The findings of one file; None for one that is skipped."""
    name = settings.stdin_name if target.path == "-" else target.path
    config = settings.configs.of(name)
    if not target.named and config.excludes(name):
        return None
    try:
        source = load(target.path, settings.stdin_name)
    except OSError as error:
        return unreadable(name, os_error_text(error, name), meant(target.path))
    except BadText as error:
        return unreadable(name, str(error)) if target.named else None
    return lint_source(source, target.named, settings)


def lint_source(source: Source, named: bool, settings: Settings) -> LintResult | None:
    """The findings of one text, whatever happens; None where it is no spec and was not named."""
    try:
        return lint_text(source, named, settings)
    except Exception as error:
        return LintResult(source.path, [internal(source, error)], source)


def lint_text(source: Source, named: bool, settings: Settings) -> LintResult | None:
    file = open_file(source) if named else open_spec_file(source)
    if file is None:
        return None
    made = planned(file, None, settings)
    result = LintResult(source.path, made.diagnostics, source)
    if settings.variant is not None:
        result.diagnostics = of_variants(file, made, settings)
    if settings.document:
        from shapecalc.network.plain_data import without_layers

        result.document = without_layers(made)
    return result


def planned(file: SpecFile, variant: str | None, settings: Settings) -> Plan:
    """The plan of one variant, as the settings and the file's configuration say."""
    path = file.source.path
    return plan_file(file, variant=variant, train=settings.trains(path), policy=settings.policy(path))


def of_variants(file: SpecFile, default: Plan, settings: Settings) -> list[Finding]:
    """The findings of the variants that were asked for, each once; of the default where the file has none of them."""
    known = file.dialect.variants(file)
    wanted = known if settings.variant == ALL_VARIANTS else [name for name in known if name == settings.variant]
    found: list[Finding] = list(default.diagnostics) if not wanted or settings.variant == ALL_VARIANTS else []
    seen = {(d.rule, d.span) for d in found}
    for name in wanted:
        for finding in planned(file.again(), name, settings).diagnostics:
            if (finding.rule, finding.span) not in seen:
                seen.add((finding.rule, finding.span))
                finding.notes.append(f"in variant `{name}`")
                found.append(finding)
    return found


def meant(path: str) -> str | None:
    """The help for a word that is no file: a file beside it, or a network that comes along."""
    if os.path.lexists(path):
        return None
    from shapecalc.language import library
    from shapecalc.text.spelling import nearest

    if library.find(path) is not None:
        return f"`{path}` comes with shapecalc: `shapecalc plan {path}` shows what is found in it"
    folder, word = os.path.split(path)
    try:
        names = sorted(name for name in os.listdir(folder or os.curdir) if name.endswith(files.SUFFIXES))
    except OSError:
        return None
    beside = {os.path.splitext(name)[0]: name for name in names}
    near = nearest(os.path.splitext(word)[0], beside)
    return f"did you mean `{os.path.join(folder, beside[near])}`?" if near else None


def unreadable(path: str, message: str, help: str | None = None) -> LintResult:
    """The result for a file that cannot be read or is no text."""
    source = Source(path, "")
    found = Finding(UNREADABLE, Severity.ERROR, message, Span(source, 0, 0), help=help)
    return LintResult(path, [found], source, readable=False)


def internal(source: Source, error: Exception) -> Finding:
    """A defect of this program, reported as a finding so that the other files are still linted."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where is not None else "?"
    return Finding(
        "internal-error",
        Severity.ERROR,
        f"shapecalc failed on this file: {type(error).__name__}: {error} ({place})",
        Span(source, 0, 0),
        help="this is a defect of shapecalc, not of the spec; please report it with the file",
    )
