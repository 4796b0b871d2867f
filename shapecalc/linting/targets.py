"""Which files a list of paths refers to: files by name, directories walked, globs expanded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from shapecalc.dialects.registry import suffixes

SUFFIXES: Final = suffixes()
SKIPPED_FOLDERS: Final = frozenset(("node_modules", "__pycache__", "site-packages"))
MAGIC: Final = frozenset("*?[")


class Target:
    """A file to lint. A `named` one is linted whatever it contains; any other is skipped if it is not a spec."""

    __slots__ = ("named", "path")

    def __init__(self, path: str, named: bool) -> None:
        self.path, self.named = path, named

    def __repr__(self) -> str:
        return f"Target({self.path!r}, named={self.named})"


class NoMatch(ValueError):
    """A pattern that matches no file."""


def targets(paths: Iterable[str | os.PathLike[str]]) -> list[Target]:
    """Every file, once and in order; raises NoMatch. `-` is standard input."""
    found: dict[str, Target] = {}
    for given in paths:
        for target in expanded(os.fspath(given)):
            key = target.path if target.path == "-" else os.path.normpath(target.path)
            first = found.setdefault(key, target)
            first.named = first.named or target.named
    return list(found.values())


def expanded(path: str) -> Iterator[Target]:
    """The files of one path. A path that does not exist is one of them: reading it reports the reason."""
    if path == "-" or os.path.isfile(path):
        yield Target(path, True)
    elif os.path.isdir(path):
        yield from walked(path)
    elif MAGIC.isdisjoint(path) or os.path.lexists(path):
        yield Target(path, True)
    else:
        yield from matched(path)


def walked(folder: str) -> Iterator[Target]:
    """Every file below a folder with a suffix of specs, sorted; hidden ones and folders of packages are skipped."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        inside = "" if place == os.curdir else place.removeprefix(os.curdir + os.sep)
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                yield Target(os.path.join(inside, name), False)


def matched(pattern: str) -> Iterator[Target]:
    """The files that a pattern matches, and those below the folders that it matches."""
    from glob import glob

    paths = sorted(glob(os.path.expanduser(pattern), recursive=True))
    if not paths:
        raise NoMatch(f"nothing matches {pattern}")
    for path in paths:
        if os.path.isdir(path):
            yield from walked(path)
        else:
            yield Target(path, False)
