"""Which files a list of paths comes to: files as they are named, directories walked, globs expanded."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final

from shapecalc.dialects.registry import suffixes

SUFFIXES: Final = suffixes()
PASSED_OVER: Final = frozenset(("node_modules", "__pycache__", "site-packages"))
MAGIC: Final = frozenset("*?[")


class Target:
    """A file to lint. A `named` one is linted whatever it holds; one that was found is skipped where it is no spec."""

    __slots__ = ("named", "path")

    def __init__(self, path: str, named: bool) -> None:
        self.path, self.named = path, named

    def __repr__(self) -> str:
        return f"Target({self.path!r}, named={self.named})"


class NoMatch(ValueError):
    """A pattern that matches no file."""


def targets(paths: Iterable[str | os.PathLike[str]]) -> list[Target]:
    """Every file that is meant, once and in order; raises NoMatch. `-` is standard input."""
    found: dict[str, Target] = {}
    for given in paths:
        for target in expanded(os.fspath(given)):
            key = target.path if target.path == "-" else os.path.normpath(target.path)
            known = found.setdefault(key, target)
            known.named = known.named or target.named
    return list(found.values())


def expanded(path: str) -> Iterator[Target]:
    """The files of one path. What does not exist stays: reading it tells why."""
    if path == "-" or os.path.isfile(path):
        yield Target(path, True)
    elif os.path.isdir(path):
        yield from walked(path)
    elif MAGIC.isdisjoint(path) or os.path.lexists(path):
        yield Target(path, True)
    else:
        yield from matched(path)


def walked(folder: str) -> Iterator[Target]:
    """Every file below a folder with a suffix of specs, sorted; what is hidden and folders of packages are passed
    over."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in PASSED_OVER)
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
