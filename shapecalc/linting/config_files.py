"""Where the configuration of a file is: the nearest `.shapecalc.yaml`, or `[shapecalc]` of a setup.cfg, above it."""

from __future__ import annotations

import os
from typing import Final

from shapecalc.linting.config import Config
from shapecalc.text.findings import Reporter
from shapecalc.text.source import BadText, Source, Span, load_source, os_error_text
from shapecalc.yamltree import Mapping, compose, plain

FILES: Final = (".shapecalc.yaml", ".shapecalc.yml")
INI: Final = "setup.cfg"


class Configs:
    """The configuration of each file: the one on the command line, none, or the nearest. Each is read once."""

    __slots__ = ("_by_folder", "_by_path", "isolated", "named")

    def __init__(self, named: str | None = None, isolated: bool = False) -> None:
        self.isolated = isolated
        self._by_folder: dict[str, Config] = {}
        self._by_path: dict[str, Config] = {}
        self.named = self.load(named) if named is not None else None

    def of(self, path: str) -> Config:
        """The configuration of a file; for standard input that of the working folder."""
        if self.named is not None:
            return self.named
        folder = os.path.dirname(os.path.abspath(path)) if not path.startswith("<") else os.getcwd()
        return self.nearest(folder)

    def nearest(self, folder: str) -> Config:
        """The configuration in a folder or in the first one above it that has any."""
        if folder not in self._by_folder:
            self._by_folder[folder] = Config() if self.isolated else self.find(folder)
        return self._by_folder[folder]

    def find(self, folder: str) -> Config:
        path = config_in(folder)
        if path is not None:
            return self.load(path)
        parent = os.path.dirname(folder)
        return self.nearest(parent) if parent != folder else Config()

    def load(self, path: str) -> Config:
        if path not in self._by_path:
            self._by_path[path] = load(path)
        return self._by_path[path]

    @property
    def loaded(self) -> list[Config]:
        return list(self._by_path.values())


def config_in(folder: str) -> str | None:
    """The configuration file in a folder; a setup.cfg counts if it has the section."""
    for name in FILES:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return short(path)
    path = os.path.join(folder, INI)
    try:
        return short(path) if os.path.isfile(path) and "shapecalc]" in load_source(path).text else None
    except (OSError, BadText):
        return None


def short(path: str) -> str:
    """The path as findings show it: relative if it is below the working folder."""
    return path.removeprefix(os.getcwd().rstrip(os.sep) + os.sep)


def load(path: str) -> Config:
    """Reads a configuration; what is wrong with it is in its findings."""
    from shapecalc.linting.config_keys import read

    reporter = Reporter()
    config = Config(path)
    try:
        config.source = load_source(path)
        root = tree(config.source, reporter)
    except (OSError, BadText) as error:
        root = None
        text = os_error_text(error, path) if isinstance(error, OSError) else str(error)
        reporter.error("unreadable-file", text, Span(config.source, 0, 0))
    for key, value in root.pairs if root is not None else ():
        read(config, key, value, reporter)
    config.findings = reporter.findings
    return config


def tree(source: Source, reporter: Reporter) -> Mapping | None:
    """The keys of a configuration with their places; None after a finding, and for an empty file."""
    if source.path.endswith((".cfg", ".ini")):
        from shapecalc.linting import ini

        return ini.tree(source, reporter)
    composing = Reporter()
    root = compose(source, composing)
    for finding in composing.findings:
        if finding.rule != "empty-file":
            reporter.report(finding)
    if root is None or isinstance(root, Mapping):
        return root
    if plain(root) is not None:
        message = "a configuration must be a mapping, such as `ignore: [unused-output]`"
        reporter.error("invalid-config", message, root.span)
    return None
