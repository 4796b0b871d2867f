"""Findings of many files: which files, their plans, and what the configuration leaves of the findings.

A problem with one file never hides another's: what cannot be read, and what the code itself trips over, is a finding.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from shapecalc import files, sniff
from shapecalc.diagnostics import Diagnostic, Reporter, Severity
from shapecalc.engine import parse, plan_parsed
from shapecalc.infer import Plan
from shapecalc.source import BadText, Source, Span, load_source, os_error_text

UNREADABLE = "unreadable-file"


class LintResult:
    """The findings of one file. `document` is the JSON object of its plan without layers, where it was asked for."""

    __slots__ = ("diagnostics", "document", "path", "readable", "source")

    def __init__(
        self, path: str, diagnostics: list[Diagnostic], *, source: Source | None = None, readable: bool = True
    ) -> None:
        self.path, self.diagnostics, self.source, self.readable = path, diagnostics, source, readable
        self.document: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"LintResult({self.path!r}, {self.diagnostics!r})"

    @property
    def ok(self) -> bool:
        return not any(d.severity == Severity.ERROR for d in self.diagnostics)


class Report:
    """The results in the order of the paths, and which files were skipped as other YAML."""

    __slots__ = ("files", "skipped")

    def __init__(self, results: Sequence[LintResult], skipped: Sequence[str] = ()) -> None:
        self.files, self.skipped = list(results), list(skipped)

    @property
    def diagnostics(self) -> list[Diagnostic]:
        return [d for result in self.files for d in result.diagnostics]

    @property
    def readable(self) -> bool:
        return all(result.readable for result in self.files)


class Settings:
    """How a run lints, apart from what the configuration says."""

    __slots__ = ("document", "stdin_name", "train")

    def __init__(self, *, train: bool = False, stdin_name: str = "<stdin>", document: bool = False) -> None:
        self.train, self.stdin_name, self.document = train, stdin_name, document


def lint(paths: Iterable[str | os.PathLike[str]]) -> list[LintResult]:
    """Findings of each spec: files as named, directories (every YAML file below that is a spec) and globs."""
    if isinstance(paths, (str, bytes)):
        raise TypeError("lint() takes a list of paths")
    return lint_targets(files.targets(paths), Settings()).files


def lint_targets(targets: Sequence[files.Target], settings: Settings) -> Report:
    """Lints every target; those that were found, not named, and hold something else, are skipped."""
    results: list[LintResult] = []
    skipped: list[str] = []
    for target in targets:
        result = lint_target(target, settings)
        if result is None:
            skipped.append(target.path)
        else:
            results.append(result)
    return Report(results, skipped)


def lint_target(target: files.Target, settings: Settings) -> LintResult | None:
    """The findings of one file; None for one that is skipped."""
    name = settings.stdin_name if target.path == "-" else target.path
    try:
        source = load_source(target.path, settings.stdin_name)
    except OSError as error:
        return unreadable(name, os_error_text(error, name), settings)
    except BadText as error:
        return unreadable(name, str(error), settings) if target.named else None
    try:
        return lint_source(source, target.named, settings)
    except Exception as error:
        return LintResult(name, [internal(source, error)], source=source)


def lint_source(source: Source, named: bool, settings: Settings) -> LintResult | None:
    """The findings of one text; None where it is no spec and was not named."""
    if not named and not sniff.may_be_spec(source.text):
        return None
    parsed = parse(source)
    if not named and not sniff.is_spec(source.text, parsed.root):
        return None
    made = plan_parsed(parsed, train=settings.train)
    result = LintResult(source.path, made.diagnostics, source=source)
    if settings.document:
        result.document = without_layers(made)
    return result


def without_layers(made: Plan) -> dict[str, Any]:
    return {key: value for key, value in made.to_dict().items() if key != "layers"}


def unreadable(path: str, message: str, settings: Settings) -> LintResult:
    """The result for a file that cannot be read or is no text."""
    source = Source(path, "")
    reporter = Reporter()
    reporter.error(UNREADABLE, message, Span(source, 0, 0))
    result = LintResult(path, reporter.diagnostics, source=source, readable=False)
    if settings.document:
        from shapecalc.network import Network

        result.document = without_layers(Plan(Network(source, None), reporter))
    return result


def internal(source: Source, error: Exception) -> Diagnostic:
    """A defect of this program, reported as a finding so that the other files are still linted."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    place = f"{os.path.basename(where.tb_frame.f_code.co_filename)}:{where.tb_lineno}" if where is not None else "?"
    return Diagnostic(
        "internal-error", Severity.ERROR, f"shapecalc failed on this file: {type(error).__name__}: {error} ({place})",
        Span(source, 0, 0), help="this is a defect of shapecalc, not of the spec; please report it with the file",
    )
