"""What linting gives: the findings of each file, and the report of a run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from shapecalc.text.findings import Finding, Severity
from shapecalc.text.source import Source, Span

UNREADABLE: Final = "unreadable-file"


class LintResult:
    """The findings of one file. `document` is the JSON object of its plan without layers, if requested; None for a file
    that was not planned. Findings of severity `fail_on` and worse fail the run."""

    __slots__ = ("diagnostics", "document", "fail_on", "path", "readable", "source")

    def __init__(self, path: str, diagnostics: list[Finding], source: Source, *, readable: bool = True) -> None:
        self.path, self.diagnostics, self.source, self.readable = path, diagnostics, source, readable
        self.document: dict[str, object] | None = None
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
    """The results in the order of the paths, the files that were skipped since they are not specs, the number of
    findings that are in a baseline, and the number of fixes."""

    __slots__ = ("files", "fixed", "known", "skipped")

    def __init__(self, results: Sequence[LintResult] = (), skipped: Sequence[str] = ()) -> None:
        self.files, self.skipped = list(results), list(skipped)
        self.known = self.fixed = 0

    @property
    def findings(self) -> list[Finding]:
        return [finding for result in self.files for finding in result.diagnostics]

    @property
    def readable(self) -> bool:
        return all(result.readable for result in self.files)

    def add(self, path: str, result: LintResult | None) -> None:
        """Adds the result of a file; None: it was skipped."""
        if result is None:
            self.skipped.append(path)
        else:
            self.files.append(result)


def unreadable(path: str, message: str, help: str | None = None) -> LintResult:
    """The result for a file that cannot be read or is not text."""
    source = Source(path, "")
    finding = Finding(UNREADABLE, Severity.ERROR, message, Span(source, 0, 0), help=help)
    return LintResult(path, [finding], source, readable=False)


def failed(source: Source, error: Exception) -> LintResult:
    """The result for a file on which this program itself fails, so that the other files are still linted."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{os.path.basename(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" if frame is not None else "?"
    finding = Finding(
        "internal-error",
        Severity.ERROR,
        f"shapecalc failed on this file: {type(error).__name__}: {error} ({place})",
        Span(source, 0, 0),
        help="this is a defect of shapecalc, not of the spec; please report it with the file",
    )
    return LintResult(source.path, [finding], source)
