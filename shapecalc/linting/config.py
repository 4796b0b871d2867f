"""The configuration: the nearest `.shapecalc.yaml`, or `[shapecalc]` of a setup.cfg, above a spec.

Its mistakes are findings with their place, like those of a spec.
"""

from __future__ import annotations

import os
from typing import Final

from shapecalc.rules.choice import Choice
from shapecalc.text.findings import Finding, Reporter
from shapecalc.text.source import BadText, Source, Span, load_source, os_error_text
from shapecalc.yamltree import Mapping, Node, compose, plain

FILES: Final = (".shapecalc.yaml", ".shapecalc.yml")
INI: Final = "setup.cfg"


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
        """Is a file passed over, itself or by a folder above it?"""
        return bool(self.exclude) and any(covers(pattern, self.relative(path)) for pattern in self.exclude)

    def choices(self, path: str) -> list[Choice]:
        """What this configuration says for one file."""
        found = [self.choice] if self.choice else []
        for pattern, names in self.per_file:
            if covers(pattern, self.relative(path)):
                found.append(Choice(ignore=names))
        return found

    def relative(self, path: str) -> str:
        return os.path.relpath(os.path.abspath(path), self.folder).replace(os.sep, "/")


def covers(pattern: str, path: str) -> bool:
    """Does a pattern mean a path, one of its folders, or (without `/`) its name anywhere?"""
    from fnmatch import fnmatchcase

    pattern = pattern.removeprefix("./").rstrip("/")
    parts = path.split("/")
    heads = ["/".join(parts[: k + 1]) for k in range(len(parts))]
    if any(fnmatchcase(head, pattern) for head in heads):
        return True
    if pattern.startswith("**/") and covers(pattern[3:], path):
        return True
    return "/" not in pattern and any(fnmatchcase(part, pattern) for part in parts)


# Finding. ------------------------------------------------------------------------------------------------------------


class Configs:
    """The configuration of each file: the one that was named, none, or the nearest; each is read once."""

    __slots__ = ("_by_folder", "_known", "isolated", "named")

    def __init__(self, named: str | None = None, isolated: bool = False) -> None:
        self.isolated = isolated
        self._by_folder: dict[str, Config] = {}
        self._known: dict[str, Config] = {}
        self.named = self.load(named) if named is not None else None

    def of(self, path: str) -> Config:
        """The configuration of a file; that of the working folder for what is no file."""
        if self.named is not None:
            return self.named
        folder = os.path.dirname(os.path.abspath(path)) if not path.startswith("<") else os.getcwd()
        return self.above(folder)

    def above(self, folder: str) -> Config:
        found = self._by_folder.get(folder)
        if found is None:
            found = self._by_folder[folder] = self.nearest(folder)
        return found

    def nearest(self, folder: str) -> Config:
        if self.isolated:
            return Config()
        path = config_in(folder)
        if path is not None:
            return self.load(path)
        parent = os.path.dirname(folder)
        return self.above(parent) if parent != folder else Config()

    def load(self, path: str) -> Config:
        if path not in self._known:
            self._known[path] = load(path)
        return self._known[path]

    @property
    def loaded(self) -> list[Config]:
        return list(self._known.values())


def config_in(folder: str) -> str | None:
    """The configuration file of a folder; a setup.cfg counts where it has the section."""
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return shown(path)
    path = os.path.join(folder, INI)
    if os.path.isfile(path):
        try:
            if "shapecalc]" in load_source(path).text:
                return shown(path)
        except (OSError, BadText):
            return None
    return None


def shown(path: str) -> str:
    """The path as findings show it: relative where it lies below the working folder."""
    return path.removeprefix(os.getcwd().rstrip(os.sep) + os.sep)


def load(path: str) -> Config:
    """Reads a configuration; what is wrong with it is in its findings."""
    from shapecalc.linting import ini
    from shapecalc.linting.config_keys import read

    reporter = Reporter()
    config = Config(path)
    try:
        source = config.source = load_source(path)
    except (OSError, BadText) as error:
        text = os_error_text(error, path) if isinstance(error, OSError) else str(error)
        reporter.error("unreadable-file", text, Span(config.source, 0, 0))
        config.findings = reporter.findings
        return config
    root = ini.tree(source, reporter) if path.endswith((".cfg", ".ini")) else yaml_tree(source, reporter)
    if root is not None:
        for key, value in root.pairs:
            read(config, key, value, reporter)
    config.findings = reporter.findings
    return config


def yaml_tree(source: Source, reporter: Reporter) -> Mapping | None:
    scratch = Reporter()
    root = compose(source, scratch)
    for finding in scratch.findings:
        if finding.rule != "empty-file":
            reporter.report(finding)
    if root is None or isinstance(root, Mapping):
        return root
    if plain(root) is not None:
        message = "a configuration is a mapping, such as `ignore: [unused-output]`"
        reporter.error("invalid-config", message, root.span)
    return None
