"""Applying fixes: text edits that leave everything else as it stands, comments, layout and line ends included."""

from __future__ import annotations

import os
import tempfile
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import pairwise

from shapecalc.text.findings import Edit, Finding, Fix
from shapecalc.text.source import Source

BOM = b"\xef\xbb\xbf"


def offered(found: Iterable[Finding], unsafe: bool) -> list[Fix]:
    """The fixes of the findings, in their order; the unsafe ones only on request."""
    return [d.fix for d in found if d.fix is not None and d.fix.edits and (unsafe or d.fix.safe)]


def compatible(fixes: Iterable[Fix]) -> list[Fix]:
    """The fixes whose edits do not touch one another's: the first wins, the others wait for the next round."""
    kept: list[Fix] = []
    taken = Taken()
    for fix in fixes:
        own = [edit for edit in fix.edits if not taken.holds(edit)]
        if own and not any(taken.touches(edit) for edit in own) and not crossed(own):
            kept.append(fix)
            taken.add(own)
    return kept


def crossed(edits: Sequence[Edit]) -> bool:
    """Do the edits of one fix touch each other?"""
    places = sorted((e.span.source.path, e.span.start, e.span.end) for e in edits)
    return any(a[0] == b[0] and b[1] <= a[2] for a, b in pairwise(places))


class Taken:
    """Stretches of text that edits have taken, file by file and in order."""

    __slots__ = ("edits", "places")

    def __init__(self) -> None:
        self.places: dict[str, list[tuple[int, int]]] = {}
        self.edits: set[tuple[str, int, int, str]] = set()

    def add(self, edits: Iterable[Edit]) -> None:
        for edit in edits:
            insort(self.places.setdefault(edit.span.source.path, []), (edit.span.start, edit.span.end))
            self.edits.add(identity(edit))

    def holds(self, edit: Edit) -> bool:
        """Is the very same edit there already?"""
        return identity(edit) in self.edits

    def touches(self, edit: Edit) -> bool:
        """Does the edit overlap one that is there, or begin where it ends?"""
        places = self.places.get(edit.span.source.path, [])
        at = bisect_left(places, (edit.span.start, edit.span.end))
        before, after = places[at - 1 : at] if at else [], places[at : at + 1]
        return any(end >= edit.span.start for _, end in before) or any(start <= edit.span.end for start, _ in after)


def identity(edit: Edit) -> tuple[str, int, int, str]:
    return edit.span.source.path, edit.span.start, edit.span.end, edit.text


def edited(source: Source, fixes: Iterable[Fix]) -> str:
    """The text of one source after the fixes; edits in other files are left to those."""
    edits = {
        (edit.span.start, edit.span.end, edit.text)
        for fix in fixes for edit in fix.edits if edit.span.source.path == source.path
    }  # fmt: skip
    text = source.text
    line_end = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + (new.replace("\n", line_end) if line_end != "\n" else new) + text[end:]
    return text


def write(path: str, text: str) -> None:
    """Puts the text in the file's place in one step; its mode, and a byte order mark, stay. Raises OSError."""
    real = os.path.realpath(path)
    with open(real, "rb") as file:
        mark = BOM if file.read(len(BOM)) == BOM else b""
    mode = os.stat(real).st_mode
    descriptor, temporary = tempfile.mkstemp(prefix=".shapecalc-", dir=os.path.dirname(real))
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(mark + text.encode("utf-8"))
        os.chmod(temporary, mode & 0o7777)
        os.replace(temporary, real)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def diff(path: str, before: str, after: str) -> str:
    """A unified diff, as `patch -p1` and `git apply` take it."""
    from difflib import unified_diff

    name = path.removeprefix(os.getcwd()).replace(os.sep, "/").removeprefix("./").lstrip("/")
    lines = unified_diff(split(before), split(after), f"a/{name}", f"b/{name}")
    return "".join(line if line.endswith("\n") else line + "\n\\ No newline at end of file\n" for line in lines)


def split(text: str) -> list[str]:
    """Lines with their ends, divided at line feeds alone."""
    parts = text.split("\n")
    return [part + "\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
