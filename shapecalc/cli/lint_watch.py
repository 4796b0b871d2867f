"""`--watch` of `shapecalc lint`: polls the files and lints again when one of them has changed."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence

import click

from shapecalc.cli.output import Screen
from shapecalc.files import SUFFIXES

INTERVAL = 0.5  # seconds
CLEAR = "\x1b[2J\x1b[H"
State = dict[str, tuple[int, int]]


def watch(paths: Sequence[str], run: Callable[[], int], interval: float = INTERVAL) -> int:
    """Runs, and again after every change, until it is interrupted; the status of the last run."""
    status, before = 0, None
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
    """Time and size of every file that a run may read: YAML and configurations in the folders of the paths."""
    found: State = {}
    for folder in folders(paths):
        for place, inner, names in os.walk(folder):
            inner[:] = [name for name in inner if not name.startswith(".")]
            for name in names:
                if name.endswith(SUFFIXES) or name == "setup.cfg":
                    note(os.path.join(place, name), found)
    return found


def folders(paths: Sequence[str]) -> set[str]:
    """Where the paths lie: a folder itself, else the folder that a file or pattern begins in."""
    found = set()
    for path in paths:
        head = path
        while not os.path.isdir(head):
            head = os.path.dirname(head) or os.curdir
        found.add(os.path.normpath(head))
    return found


def note(path: str, found: State) -> None:
    try:
        seen = os.stat(path)
    except OSError:
        return
    found[path] = (seen.st_mtime_ns, seen.st_size)
