"""Where output goes: terminal, pipe or file; its width, and whether it has colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from shapecalc.render.page import Page, View

PIPE_WIDTH = 80
PIPE_HEIGHT = 24


def page(color: str = "auto", stream: TextIO | None = None, view: View | None = None) -> Page:
    """A stream as a page: a terminal or not, how wide and high, coloured or not. None: a file, which has
    colours only with `--color always`."""
    from shapecalc.render.page import EVERYTHING, Page

    terminal = is_terminal(stream)
    width, height = terminal_size(stream) if stream is not None and terminal else (0, 0)
    return Page(
        max(20, min(asked("COLUMNS") or width or PIPE_WIDTH, 1000)),
        height=asked("LINES") or height or PIPE_HEIGHT,
        terminal=terminal,
        color=color == "always" if stream is None else wants_color(color, terminal),
        view=view or EVERYTHING,
    )


def is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):
        return False


def wants_color(choice: str, terminal: bool) -> bool:
    """`--color` decides; then NO_COLOR, then FORCE_COLOR, then whether the output is a terminal."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def asked(name: str) -> int:
    """The number that an environment variable gives; 0 where it gives none."""
    text = os.environ.get(name, "")
    return int(text[:6]) if text.isdecimal() else 0


def terminal_size(stream: TextIO) -> tuple[int, int]:
    """Columns and lines; 0 where they are not known."""
    try:
        return os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 0, 0


def write(text: str, path: str | None = None) -> None:
    """Writes to standard output, or to the file of `-o`. What the encoding lacks is written as an escape."""
    if path is not None and path != "-":
        try:
            with open(path, "w", encoding="utf-8", newline="\n", errors="backslashreplace") as file:
                file.write(text)
        except OSError as error:
            raise click.UsageError(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
        return
    stream = sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)


def write_error(text: str) -> None:
    """Writes to standard error."""
    click.echo(text, err=True, nl=False)


@contextmanager
def silence_closed_pipes() -> Iterator[None]:
    """Ends in silence where the reader of standard output has gone (`| head`)."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes again at exit; let it write to nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
