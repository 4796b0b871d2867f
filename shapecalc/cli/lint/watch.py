"""`--watch` of `shapecalc lint`: polls the files and lints again when one of them has changed."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence

import click

from shapecalc.cli.output import is_terminal
from shapecalc.linting.config_files import FILES, INI
from shapecalc.linting.targets import MAGIC, SKIPPED_FOLDERS, SUFFIXES

INTERVAL = 0.5  # seconds
DEEPEST = 100  # levels of folders
CLEAR = "\x1b[2J\x1b[H"
State = dict[str, tuple[int, int]]


def watch(paths: Sequence[str], run: Callable[[], int], interval: float = INTERVAL) -> int:
    """Runs, and again after every change, until it is interrupted; the status of the last run."""
    status, before = 0, None
    gc.enable()  # this process runs on: what a run leaves behind must be freed
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
    """One run on a cleared screen. What is wrong usage now may be right after the next change."""
    if is_terminal(sys.stdout):
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
    files: State = {}
    for folder, depth in folders(paths):
        for place, inner, names in os.walk(folder):
            down = place[len(folder) :].count(os.sep)
            inner[:] = [n for n in inner if not n.startswith(".") and n not in SKIPPED_FOLDERS] if down < depth else []
            for name in names:
                if name.endswith(SUFFIXES) or name == INI:
                    add(os.path.join(place, name), files)
        for above in parents(folder):
            for name in (*FILES, INI):
                add(os.path.join(above, name), files)
    return files


def folders(paths: Sequence[str]) -> Iterator[tuple[str, int]]:
    """The folders to watch, and how many levels below: all of a named folder; of a file, its folder and those in it (it
    may include files from there); all of the folder that a pattern begins in."""
    for path in paths:
        if os.path.isdir(path):
            yield path, DEEPEST
        elif MAGIC.isdisjoint(path):
            yield os.path.dirname(path) or os.curdir, 1
        else:
            start = path[: min(path.find(c) for c in MAGIC if c in path)]
            yield os.path.dirname(start) or os.curdir, DEEPEST


def parents(folder: str) -> Iterator[str]:
    here = os.path.abspath(folder)
    while here != os.path.dirname(here):
        here = os.path.dirname(here)
        yield here


def add(path: str, files: State) -> None:
    try:
        status = os.stat(path)
    except OSError:
        return
    files[path] = (status.st_mtime_ns, status.st_size)
