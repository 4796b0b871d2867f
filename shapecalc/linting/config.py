"""A configuration: which rules count for which files. Its mistakes are findings with a place, like those of a spec."""

from __future__ import annotations

import os

from shapecalc.rules.choice import Choice
from shapecalc.text.findings import Finding
from shapecalc.text.source import Source
from shapecalc.yamltree import Node


class Config:
    """One configuration file, or none (`path` None). `modules` is left to the dialect that reads it."""

    __slots__ = (
        "baseline", "choice", "exclude", "fail_on", "findings", "max_warnings", "modules", "path", "per_file",
        "source", "train",
    )  # fmt: skip

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.source = Source(path or "", "")
        self.choice = Choice()
        self.fail_on: str | None = None
        self.max_warnings: int | None = None
        self.exclude: list[str] = []
        self.per_file: list[tuple[str, list[str]]] = []
        self.baseline: str | None = None
        self.train = False
        self.modules: Node | None = None
        self.findings: list[Finding] = []

    @property
    def folder(self) -> str:
        return os.path.dirname(os.path.abspath(self.path)) if self.path is not None else os.getcwd()

    def excludes(self, path: str) -> bool:
        """Is a file excluded, by its own path or by a folder above it?"""
        return bool(self.exclude) and any(covers(pattern, self.relative(path)) for pattern in self.exclude)

    def choices(self, path: str) -> list[Choice]:
        """The choices of rules for one file."""
        per_file = [Choice(ignore=names) for pattern, names in self.per_file if covers(pattern, self.relative(path))]
        return [self.choice, *per_file] if self.choice else per_file

    def relative(self, path: str) -> str:
        return os.path.relpath(os.path.abspath(path), self.folder).replace(os.sep, "/")


def covers(pattern: str, path: str) -> bool:
    """Does a pattern match a path, one of the folders it is in, or (without `/`) any part of it?"""
    from fnmatch import fnmatchcase

    pattern = pattern.removeprefix("./").rstrip("/")
    parts = path.split("/")
    heads = ["/".join(parts[: k + 1]) for k in range(len(parts))]
    if any(fnmatchcase(head, pattern) for head in heads):
        return True
    if pattern.startswith("**/") and covers(pattern[3:], path):
        return True
    return "/" not in pattern and any(fnmatchcase(part, pattern) for part in parts)
