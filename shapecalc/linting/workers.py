"""Linting in several processes. The results are in the order of the targets, as from one process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from shapecalc.linting.results import LintResult, Report
from shapecalc.linting.run import lint_target, lint_targets
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import Target

FILES_PER_PROCESS = 150  # starting a process costs about as much as linting so many


def workers(jobs: int | None, count: int) -> int:
    """How many processes: as many as requested, otherwise one for each processor while there are enough files."""
    most = jobs if jobs is not None else min(processors(), count // FILES_PER_PROCESS)
    return max(1, min(most, count))


def processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def lint_many(targets: Sequence[Target], settings: Settings, jobs: int | None = None) -> Report:
    """`lint_targets`, in several processes if that pays off. Standard input is read in this one."""
    count = workers(jobs, len(targets))
    if count == 1:
        return lint_targets(targets, settings)
    report = Report()
    results = in_processes([target for target in targets if target.path != "-"], settings, count)
    for target in targets:
        report.add(target.path, lint_target(target, settings) if target.path == "-" else next(results))
    return report


def in_processes(targets: Sequence[Target], settings: Settings, count: int) -> Iterator[LintResult | None]:
    """The results in order. If a process dies, the rest is linted in this one."""
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


def lint_chunk(work: tuple[Sequence[Target], Settings]) -> list[LintResult | None]:
    targets, settings = work
    return [lint_target(target, settings) for target in targets]
