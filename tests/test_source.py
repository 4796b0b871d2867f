"""Offsets and lines, and what a file may hold."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from shapecalc.text.source import MAX_BYTES, BadText, Source, Span, decode, load_source, os_error_text

LOCATIONS = [
    # text, offset, (line, column)
    ("abc", 0, (1, 1)),
    ("abc", 2, (1, 3)),
    ("abc", 99, (1, 4)),
    ("abc", -1, (1, 1)),
    ("", 0, (1, 1)),
    ("a\nbc\n", 2, (2, 1)),
    ("a\nbc\n", 4, (2, 3)),
    ("a\nbc\n", 5, (3, 1)),
    # CRLF and lone CR are one break each
    ("a\r\nbc", 3, (2, 1)),
    ("a\rbc", 2, (2, 1)),
    # columns count characters, not bytes
    ("äöü: x", 5, (1, 6)),
    ("😀x", 1, (1, 2)),
]


@pytest.mark.parametrize(("text", "offset", "expected"), LOCATIONS)
def test_location(text: str, offset: int, expected: tuple[int, int]) -> None:
    source = Source("f", text)
    assert source.location(offset) == expected
    assert source.offset(*expected) == max(0, min(offset, len(text)))


@pytest.mark.parametrize(
    ("text", "lines"), [("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b", ""]), ("", [""]), ("a\rb", ["a", "b"])]
)
def test_line_text(text: str, lines: list[str]) -> None:
    source = Source("f", text)
    assert [source.line_text(n + 1) for n in range(source.line_count)] == lines
    assert source.line_text(0) == source.line_text(source.line_count + 1) == ""


def test_span() -> None:
    span = Span(Source("f", "ab\ncde\n"), 1, 5)
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 2, 2, 3)
    assert span.text == "b\ncd"
    assert span.path == "f"


def test_byte_order_mark_takes_no_column() -> None:
    assert decode(b"\xef\xbb\xbfname: x", "f").text == "name: x"
    assert Source("f", "\ufeffname: x").text == "name: x"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\0b", "binary"),
        (b"\x89PNG\r\n\x1a\n\0", "binary"),
        (b"name: x\nk: \xff\xe4", "not UTF-8 (byte 0xff on line 2)"),
        (b"\xff\xfen\0", "UTF-16"),
        (b"#" * (MAX_BYTES + 1), "larger than 64 MiB"),
    ],
    ids=["nul", "png", "latin-1", "utf-16", "large"],
)
def test_what_is_no_text(data: bytes, message: str) -> None:
    with pytest.raises(BadText, match="f: ") as error:
        decode(data, "f")
    assert message in str(error.value)


def test_load_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.yaml"
    path.write_bytes(b"a: 1\r\n")
    assert load_source(str(path)).text == "a: 1\r\n"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"b: 2")))
    source = load_source("-", "given.yaml")
    assert (source.path, source.text) == ("given.yaml", "b: 2")


@pytest.mark.parametrize(("name", "reason"), [("", "is a directory"), ("missing.yaml", "no such file or directory")])
def test_what_cannot_be_opened(tmp_path: Path, name: str, reason: str) -> None:
    path = str(tmp_path / name)
    with pytest.raises(OSError) as error:
        load_source(path)
    assert os_error_text(error.value, path) == f"cannot read {path}: {reason}"
