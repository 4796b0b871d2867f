"""Fixing files: rounds of linting and editing, in memory, until nothing more can be fixed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from shapecalc.language import library
from shapecalc.linting.results import LintResult, Report
from shapecalc.linting.run import lint_source, lint_target
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import Target
from shapecalc.text import edits
from shapecalc.text.findings import Finding, Fix
from shapecalc.text.source import BadText, Source, load_source

MOST_ROUNDS: Final = 200
#: A text with one of these does not parse: a fix must not lead there.
BROKEN: Final = frozenset(("yaml-syntax", "internal-error", "empty-file"))


class Fixed(Report):
    """A report of the remaining findings, and the new text of every file that was changed."""

    __slots__ = ("changed",)

    def __init__(self) -> None:
        super().__init__()
        self.changed: dict[str, tuple[str, str]] = {}  # path -> (text before, text after)

    def change(self, source: Source, after: str) -> None:
        before = self.changed.get(source.path, (source.text, ""))[0]
        self.changed[source.path] = (before, after)


def fix_targets(targets: Sequence[Target], settings: Settings, *, unsafe: bool, write: bool) -> Fixed:
    """Fixes every target. Files are only changed with `write`; the new texts are in `changed` either way.

    Raises OSError for a file that cannot be written.
    """
    report = Fixed()
    for target in targets:
        result = lint_target(target, settings)
        if result is not None and result.readable:
            result = fix_one(result, settings, report, unsafe, write)
        report.add(target.path, result)
    return report


def fix_one(result: LintResult, settings: Settings, report: Fixed, unsafe: bool, write: bool) -> LintResult:
    """The result for the fixed text of one file. Fixes in files that it includes are applied there."""
    first = result.source
    counts = {first.text: 0}  # every text so far, and how many fixes led to it
    for turn in range(MOST_ROUNDS):
        chosen = chosen_fixes(result.diagnostics, unsafe)
        before = result.source.text
        step = next_text(result, chosen, settings)
        # without writing, a second round would read the included files unchanged
        elsewhere = fix_includes(chosen, first.path, report, write) if write or turn == 0 else 0
        report.fixed += elsewhere
        if step is not None:
            result, count = step
            if result.source.text in counts:
                break  # fixes that undo each other, as in a block that cannot fit all its uses
            counts[result.source.text] = counts[before] + count
        elif elsewhere and write:
            result = lint_source(result.source, True, settings) or result
        else:
            break
    report.fixed += counts[result.source.text]
    if result.source.text != first.text:
        report.change(first, result.source.text)
        if write and first.path != settings.stdin_name:
            edits.write(first.path, result.source.text)
    return result


def chosen_fixes(found: Sequence[Finding], unsafe: bool) -> list[Fix]:
    """The fixes of one round. Misspelled names in comments come first: what they suppress must not be fixed."""
    names = edits.offered([d for d in found if d.rule == "unknown-rule"], unsafe)
    return edits.compatible(names or edits.offered(found, unsafe))


def next_text(result: LintResult, chosen: Sequence[Fix], settings: Settings) -> tuple[LintResult, int] | None:
    """The result after one round of fixes and how many they were; None if nothing can be fixed.

    If all of them together leave a text that does not parse, only the first fix that does not is applied.
    """
    source = result.source
    own = [fix for fix in chosen if any(e.span.source.path == source.path for e in fix.edits)]
    for group in [own, *([fix] for fix in own)] if len(own) > 1 else [own]:
        text = edits.edited(source, group)
        if text == source.text:
            continue
        after = lint_source(Source(source.path, text), True, settings)
        if after is not None and (sound(after.diagnostics) or not sound(result.diagnostics)):
            return after, len(group)
    return None


def sound(found: Sequence[Finding]) -> bool:
    return not any(d.rule in BROKEN for d in found)


def fix_includes(chosen: Sequence[Fix], main: str, report: Fixed, write: bool) -> int:
    """Applies the fixes in included files, except those bundled with shapecalc; how many there were."""
    paths = {e.span.source.path for fix in chosen for e in fix.edits} - {main}
    paths = {path for path in paths if os.path.dirname(os.path.abspath(path)) != os.path.abspath(library.folder())}
    count = 0
    for path in sorted(paths):
        own = [fix for fix in chosen if any(e.span.source.path == path for e in fix.edits)]
        try:
            source = load_source(path)
        except (OSError, BadText):
            continue
        text = edits.edited(source, own)
        if text == source.text:
            continue
        report.change(source, text)
        count += len(own)
        if write:
            edits.write(path, text)
    return count
