"""The index shift by machine: a row is put in or taken out at every place of every model file that the package ships,
and nothing is renumbered. Counted: how many shifts are found, and how many are repaired to the very numbers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from shapecalc.dialects.yolo import index_shift as shift
from shapecalc.dialects.yolo.dialect import ANCHORED, DIALECT
from shapecalc.dialects.yolo.reader import YoloNetwork, _Reader
from shapecalc.dialects.yolo.rows import FileRow
from shapecalc.language.reader import Options
from shapecalc.text.source import Source
from tests.ultralytics import library

COMMENT = re.compile(r"\][ \t]*#.*$", re.MULTILINE)
FILES = library.files()


class Counts:
    """Of one kind of change: files changed so that a number became wrong, found, repaired exactly."""

    def __init__(self) -> None:
        self.made = self.found = self.exact = 0


TOTALS: dict[tuple[str, int], Counts] = {}


def network_of(text: str, monkeypatch: pytest.MonkeyPatch) -> YoloNetwork:
    """The file as it is written, its shift not yet undone."""
    file = DIALECT.open(Source("model.yaml", text))
    assert DIALECT.claim(file) in (DIALECT, ANCHORED)
    monkeypatch.setattr(_Reader, "renumbered", lambda reader: False)
    net = DIALECT.read(file, Options())
    assert isinstance(net, YoloNetwork)
    return net


def changed(text: str, row: FileRow, size: int) -> str:
    """The text with a row put in before a row, or with that row taken out."""
    lines = text.split("\n")
    at = row.source.location(row.node.start)[0] - 1
    if size < 0:
        del lines[at]
    else:
        indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
        lines.insert(at, f"{indent}- [-1, 1, CBAM, []]")
    return "\n".join(lines)


def meant(rows: list[FileRow], at: int, size: int) -> list[list[int]]:
    """The references that the changed file should have."""
    out = []
    for row in rows:
        if size < 0 and row.index == at:
            continue
        now = row.index if row.index < at else row.index + size
        out.append([reference(row.index, ref, now, at, size) for ref in row.written])
    if size > 0:
        out.insert(at, [-1])
    return out


def reference(index: int, ref: int, now: int, at: int, size: int) -> int:
    if ref >= 0:
        return shift.current(ref, at, size)
    takes_over = size > 0 and index >= at and index + ref == at - 1  # the new row stands in the chain
    return ref if ref == -1 or takes_over else shift.current(index + ref, at, size) - now


@pytest.mark.parametrize("comments", [True, False], ids=["comments", "no comments"])
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_position(path: Path, comments: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    text = library.text_of(path)
    if not comments:
        text = COMMENT.sub("]", text)
    net = network_of(text, monkeypatch)
    assert shift.find(net.rows, net.family) is None
    for size in (1, -1):
        counts = TOTALS.setdefault(("with" if comments else "without", size), Counts())
        for row in net.rows:
            after = network_of(changed(text, row, size), monkeypatch)
            wanted = meant(net.rows, row.index, size)
            if [r.written for r in after.rows] == wanted:
                continue
            counts.made += 1
            found = shift.find(after.rows, after.family)
            counts.found += found is not None
            counts.exact += found is not None and found.refs == wanted


def meant_everywhere(rows: list[FileRow], places: list[int]) -> list[list[int]]:
    """The references of a file with one row put in above each of these rows."""
    now = {row.index: row.index + sum(1 for at in places if at <= row.index) for row in rows}
    out = []
    for row in rows:
        out += [[-1]] * (row.index in places)
        out.append([put_off(row.index, ref, now, places) for ref in row.written])
    return out


def put_off(index: int, ref: int, now: dict[int, int], places: list[int]) -> int:
    if ref >= 0:
        return now[ref]
    target = index + ref
    if ref == -1 or target < 0:
        return ref
    return now[target] + (target + 1 in places) - now[index]  # the new row stands in the chain


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("comments", [True, False], ids=["comments", "no comments"])
@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_several_places(path: Path, comments: bool, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention put in at several places, each read by the row below it; every place is tried with some others."""
    text = library.text_of(path)
    if not comments:
        text = COMMENT.sub("]", text)
    net = network_of(text, monkeypatch)
    open_places = [row.index for row in net.rows if row.index and -1 in row.written]
    far = max(len(open_places) // (count + 1), 2)
    counts = TOTALS.setdefault(("with" if comments else "without", count), Counts())
    for k in range(0, len(open_places) - far * (count - 1), 2):
        places = [open_places[k + j * far] for j in range(count)]
        after_text = text
        for at in reversed(places):
            after_text = changed(after_text, net.rows[at], 1)
        after = network_of(after_text, monkeypatch)
        wanted = meant_everywhere(net.rows, places)
        if [r.written for r in after.rows] == wanted:
            continue
        counts.made += 1
        found = shift.find(after.rows, after.family)
        counts.found += found is not None
        counts.exact += found is not None and found.refs == wanted


def test_the_figures() -> None:
    """The shares over all files; they must not fall."""
    for (comments, size), counts in TOTALS.items():
        print(f"{comments} comments, {size:+d} row: {counts.made} made, {counts.found} found, {counts.exact} exact")
    if sum(c.made for c in TOTALS.values()) < 5000:
        pytest.skip("only a part of the files was run")
    for counts in TOTALS.values():
        assert counts.found >= 0.99 * counts.made
        assert counts.exact >= 0.95 * counts.made
