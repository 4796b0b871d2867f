"""The command line as a user has it: output and exit status of a command, run in this process."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from shapecalc.cli import main

ROOT = Path(__file__).parent.parent
LOOKS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")


class Stream(io.TextIOWrapper):
    """A standard stream that is a pipe."""

    def __init__(self, content: str = "") -> None:
        super().__init__(io.BytesIO(content.encode()), encoding="utf-8", newline="")

    def text(self) -> str:
        self.flush()
        content: bytes = self.buffer.getvalue()  # type: ignore[attr-defined]
        return content.decode()


class Run:
    """What a command prints in the root of the tree, and its exit status. A new process for each would take ten times
    as long; tests of memory, start-up, closed pipes and encodings start their own."""

    def __init__(self, *args: str, stdin: str = "", cwd: Path = ROOT, **env: str) -> None:
        out, err = Stream(), Stream()
        with surroundings(cwd, env), mock.patch.multiple(sys, stdin=Stream(stdin), stdout=out, stderr=err):
            try:
                self.status = main(args)
            except SystemExit as stop:  # as click ends after printing a completion
                self.status = int(stop.code or 0)
        self.out, self.err = out.text(), err.text()


@contextmanager
def surroundings(cwd: Path, env: dict[str, str]) -> Iterator[None]:
    """Another current directory, and variables of the environment on top of those that say nothing about a terminal."""
    before = Path.cwd()
    plain = {name: value for name, value in os.environ.items() if name not in LOOKS}
    os.chdir(cwd)
    try:
        with mock.patch.dict(os.environ, {**plain, **env}, clear=True):
            yield
    finally:
        os.chdir(before)
