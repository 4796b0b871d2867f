"""A format of network files: how a file of it is recognised and read, what its rows are called, what its tables show.

One object for each format, a subclass in a folder of `dialects/`; `dialects.registry` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source
from shapecalc.yamltree import Node, compose

if TYPE_CHECKING:
    from shapecalc.language.reader import Options
    from shapecalc.network.network import Network


class SpecFile:
    """A file on its way to a network: its source, the dialect that reads it, its tree, and what was found so far.

    `root` is None for a text that does not parse and for a format that is not YAML.
    """

    __slots__ = ("dialect", "reporter", "root", "source")

    def __init__(self, source: Source, dialect: Dialect, root: Node | None, reporter: Reporter) -> None:
        self.source, self.dialect, self.root, self.reporter = source, dialect, root, reporter

    def again(self) -> SpecFile:
        """The same file for another plan: nothing has been found in it yet."""
        return SpecFile(self.source, self.dialect, self.root, Reporter())


class RowColumn:
    """A column that only the tables of one dialect have. Its cells come from `Network.cell`. The column with the
    highest `elastic` is cut where the table is too wide (1: the types)."""

    __slots__ = ("elastic", "heading", "help", "name", "right")

    def __init__(self, name: str, heading: str, help: str, *, right: bool = False, elastic: int = 0) -> None:
        self.name, self.heading, self.help, self.right, self.elastic = name, heading, help, right, elastic


class Dialect:
    """One format. What a subclass leaves out is as in a YAML file whose rows are named layers."""

    name = ""
    numbered = False  # rows are called by their numbers in the file
    rows_are_modules = False  # a row stands for a module of a library: the layers inside it are not the author's
    has_variables = False  # the file declares variables
    scalars = "1.2"  # the release of YAML by whose rules plain scalars are read
    columns: Sequence[str | RowColumn] = ()  # of its tables, in order; none: those of the spec language
    headings: Mapping[str, str] = {}  # of columns that are called otherwise

    def open(self, source: Source) -> SpecFile:
        """The file, parsed as the format is."""
        reporter = Reporter()
        return SpecFile(source, self, compose(source, reporter, self.scalars), reporter)

    def claim(self, file: SpecFile) -> Dialect | None:
        """The dialect that the file is of, this one or another release of it; None for a file of another kind."""
        raise NotImplementedError

    def read(self, file: SpecFile, options: Options) -> Network:
        """The network of a file, empty where nothing can be planned. UsageError for options that do not fit it."""
        raise NotImplementedError

    def variants(self, file: SpecFile) -> list[str]:
        """The names that `--variant` takes for the file."""
        return []

    def sibling(self, path: str) -> tuple[str, str] | None:
        """The file that a path refers to where there is none of that name, and the variant of it."""
        return None

    def explain(self, name: str) -> list[str] | None:
        """What `shapecalc explain NAME` prints for a word of the format; None for one that it does not have."""
        return None

    def called(self, name: str) -> str:
        """What a finding calls a row: `row 5` where rows are numbered."""
        return f"row {name.partition('.')[0]}" if self.numbered else f"`{name}`"

    def read_row(self, name: str, outputs: Sequence[str]) -> str:
        """The help for a row that no other row reads."""
        return f"let a later row read {self.called(name)}, or remove it"
