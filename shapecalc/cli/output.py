"""Where output goes: terminal, pipe or file; its width, and whether it has colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

PIPE_WIDTH = 80
PIPE_HEIGHT = 24


class Screen:
    """Standard output as it is: a terminal or not, how wide and high, coloured or not. With `to_file` it is neither."""

    __slots__ = ("color", "height", "terminal", "width")

    def __init__(self, color: str = "auto", to_file: bool = False) -> None:
        self.terminal = not to_file and is_terminal(sys.stdout)
        self.color = wants_color(color, self.terminal) and not (to_file and color != "always")
        self.width = columns(self.terminal)
        self.height = lines(self.terminal)


def is_terminal(stream: object) -> bool:
    try:
        return bool(stream.isatty())  # type: ignore[attr-defined]
    except (AttributeError, ValueError):
        return False


def wants_color(choice: str, terminal: bool) -> bool:
    """`--color` decides; then NO_COLOR, then FORCE_COLOR, then whether a terminal reads."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("", "0"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"


def columns(terminal: bool) -> int:
    """COLUMNS where it is set, else the terminal's width, else 80."""
    wish = os.environ.get("COLUMNS", "")
    if wish.isdecimal() and int(wish) > 0:
        return max(20, min(int(wish), 1000))
    if not terminal:
        return PIPE_WIDTH
    try:
        return max(20, os.get_terminal_size(sys.stdout.fileno()).columns or PIPE_WIDTH)
    except (OSError, ValueError):
        return PIPE_WIDTH


def lines(terminal: bool) -> int:
    """LINES where it is set, else the terminal's height, else 24."""
    wish = os.environ.get("LINES", "")
    if wish.isdecimal() and int(wish[:6]) > 0:
        return int(wish[:6])
    try:
        return os.get_terminal_size(sys.stdout.fileno()).lines if terminal else PIPE_HEIGHT
    except (OSError, ValueError):
        return PIPE_HEIGHT


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
    """Nobody reads on (`| head`): stop in silence."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # the interpreter flushes again at exit; let it write to nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
