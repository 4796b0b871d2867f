"""`--watch` of `shapecalc lint`: polls the files and lints again when one of them has changed."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import click

from shapecalc.cli.output import Screen
from shapecalc.linting.config_files import FILES, INI
from shapecalc.linting.targets import MAGIC, PASSED_OVER, SUFFIXES

INTERVAL = 0.5  # seconds
DEEPEST = 100  # levels of folders
CLEAR = "\x1b[2J\x1b[H"
State = dict[str, tuple[int, int]]


def watch(paths: Sequence[str], run: Callable[[], int], interval: float = INTERVAL) -> int:
    """Runs, and again after every change, until it is interrupted; the status of the last run."""
    status, before = 0, None
    gc.enable()  # this process lives on: what a run leaves is to go
    try:
        while True:
            now = state(paths)
            if now != before:
                before = now
                status = once(run)
            time.sleep(interval)
    except KeyboardInterrupt:
        click.echo()
        return status


def once(run: Callable[[], int]) -> int:
    """One run on a fresh screen. What is wrong usage at the moment may be right after the next change."""
    if Screen().terminal:
        sys.stdout.write(CLEAR)
    try:
        status = run()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    click.echo(f"[{time.strftime('%H:%M:%S')}] watching for changes; Ctrl-C ends", err=True)
    sys.stdout.flush()
    return status


def state(paths: Sequence[str]) -> State:
    """Time and size of every file that a run may read: YAML and configurations in and above the folders of the
    paths."""
    found: State = {}
    for folder, depth in folders(paths):
        for place, inner, names in os.walk(folder):
            down = place[len(folder) :].count(os.sep)
            inner[:] = [n for n in inner if not n.startswith(".") and n not in PASSED_OVER] if down < depth else []
            for name in names:
                if name.endswith(SUFFIXES) or name == INI:
                    note(os.path.join(place, name), found)
        for above in parents(folder):
            for name in (*FILES, INI):
                note(os.path.join(above, name), found)
    return found


def folders(paths: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Where the paths lie, and how far below is looked: a folder to its ground; of a file, its folder and those in it
    (it may include files from there); of a pattern, the folder that it begins in."""
    for path in paths:
        if os.path.isdir(path):
            yield path, DEEPEST
        elif MAGIC.isdisjoint(path):
            yield os.path.dirname(path) or os.curdir, 1
        else:
            begin = path[: min(path.find(c) for c in MAGIC if c in path)]
            yield os.path.dirname(begin) or os.curdir, DEEPEST


def parents(folder: str) -> Iterator[str]:
    here = os.path.abspath(folder)
    while here != os.path.dirname(here):
        here = os.path.dirname(here)
        yield here


def note(path: str, found: State) -> None:
    try:
        seen = os.stat(path)
    except OSError:
        return
    found[path] = (seen.st_mtime_ns, seen.st_size)
