"""Text and places in it: offsets count characters from 0, lines and columns from 1, ends are exclusive."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmap import mmap

MAX_BYTES = 64 * 1024 * 1024
_LINE_BREAK = re.compile(r"\r\n|\n|\r")


class BadText(ValueError):
    """The file does not contain text: it is binary, not UTF-8, or larger than `MAX_BYTES`."""


class Source:
    """A text and the path that findings show for it. A file that is not text has `data` instead, and the text ""."""

    __slots__ = ("_starts", "data", "path", "text")

    def __init__(self, path: str, text: str, data: bytes | mmap = b"") -> None:
        self.path, self.data = path, data
        self.text = text.removeprefix("\ufeff")  # a byte order mark would shift every column
        self._starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"Source({self.path!r}, {len(self.text)} characters)"

    @property
    def line_starts(self) -> list[int]:
        """Offset of the first character of every line."""
        if self._starts is None:
            self._starts = [0, *(match.end() for match in _LINE_BREAK.finditer(self.text))]
        return self._starts

    @property
    def line_count(self) -> int:
        return len(self.line_starts)

    def location(self, offset: int) -> tuple[int, int]:
        """`(line, column)` of an offset; one outside the text is moved to its nearest end."""
        starts = self._starts or self.line_starts
        if not 0 <= offset <= len(self.text):
            offset = 0 if offset < 0 else len(self.text)
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Offset of `(line, column)`, the inverse of `location`."""
        starts = self.line_starts
        return min(starts[max(1, min(line, len(starts))) - 1] + column - 1, len(self.text))

    def line_text(self, line: int) -> str:
        """The line without its line break; "" for a line that is not there."""
        starts = self.line_starts
        if not 1 <= line <= len(starts):
            return ""
        end = starts[line] if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r\n")

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, end)


class Span:
    """A stretch of a source, from offset `start` up to but not including `end`."""

    __slots__ = ("end", "source", "start")

    def __init__(self, source: Source, start: int, end: int) -> None:
        self.source = source
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"Span({self.source.path}:{self.line}:{self.column}, {self.text[:40]!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Span):
            return NotImplemented
        return (self.source, self.start, self.end) == (other.source, other.start, other.end)

    def __hash__(self) -> int:
        return hash((self.source.path, self.start, self.end))

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def line(self) -> int:
        return self.source.location(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.location(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.location(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.location(self.end)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]


def decode(data: bytes, path: str) -> Source:
    """Bytes -> Source. A byte order mark is dropped; raises BadText for anything but UTF-8 text."""
    if len(data) > MAX_BYTES:
        raise BadText(f"{path}: larger than {MAX_BYTES >> 20} MiB, the largest file that is read")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise BadText(f"{path}: UTF-16 text; save the file as UTF-8")
    if b"\0" in data:
        raise BadText(f"{path}: a binary file (it contains a NUL byte)")
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadText(
            f"{path}: not UTF-8 (byte 0x{data[error.start]:02x} on line {line}); save the file as UTF-8"
        ) from None


def load_source(path: str, stdin_name: str = "<stdin>") -> Source:
    """Reads a file, or standard input for `-`. OSError for a file that cannot be opened, BadText for one that is not
    text."""
    return decode(read_bytes(path), stdin_name if path == "-" else path)


def read_bytes(path: str) -> bytes:
    """The bytes of a file, or of standard input for `-`: one more than `MAX_BYTES` at most. OSError for a file that
    cannot be opened."""
    if path == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def os_error_text(error: OSError, path: str) -> str:
    """One line for a usage error: what could not be read, and why."""
    return f"cannot read {path}: {(error.strerror or str(error)).lower()}"
