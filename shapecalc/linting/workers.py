"""Linting in several processes. The results come in the order of the targets, as from one process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from shapecalc.linting import targets as files
from shapecalc.linting.run import LintResult, Report, Settings, add, lint_target, lint_targets

WORTH_A_PROCESS = 150  # files; a process costs about as much as linting so many


def workers(jobs: int | None, count: int) -> int:
    """How many processes: what was asked for, else one a processor where there are files enough."""
    most = jobs if jobs is not None else min(processors(), count // WORTH_A_PROCESS)
    return max(1, min(most, count))


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lint_many(targets: Sequence[files.Target], settings: Settings, jobs: int | None = None) -> Report:
    """`lint_targets`, spread over processes where that pays. Standard input is read here."""
    count = workers(jobs, len(targets))
    if count == 1:
        return lint_targets(targets, settings)
    report = Report(())
    spread = [target for target in targets if target.path != "-"]
    results = spread_out(spread, settings, count)
    for target in targets:
        add(report, target, lint_target(target, settings) if target.path == "-" else next(results))
    return report


def spread_out(targets: Sequence[files.Target], settings: Settings, count: int) -> Iterator[LintResult | None]:
    """The results in order. Where a process dies, the rest is linted here."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    size = max(1, min(100, len(targets) // (4 * count)))
    chunks = [(targets[at : at + size], settings) for at in range(0, len(targets), size)]
    done = 0
    try:
        with ProcessPoolExecutor(count) as pool:
            for results in pool.map(lint_chunk, chunks):
                done += 1
                yield from results
    except BrokenProcessPool:
        for chunk in chunks[done:]:
            yield from lint_chunk(chunk)


def lint_chunk(work: tuple[Sequence[files.Target], Settings]) -> list[LintResult | None]:
    targets, settings = work
    return [lint_target(target, settings) for target in targets]
