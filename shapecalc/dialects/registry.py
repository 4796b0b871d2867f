"""Every format that is read, one line each. Nothing of a format is imported before a file looks like one of it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Final

from shapecalc.dialects.native import NATIVE
from shapecalc.network.dialect import Dialect, SpecFile
from shapecalc.text.source import Source, decode, read_bytes


class Format:
    """A folder whose module `dialect` defines DIALECT, and what suggests that a file is of it.

    `text`: a pattern that is found in every file of a text format; `binary`: suffixes of files that are not text;
    `suffixes`: those of files that are looked at in folders, besides YAML's; `names`: a pattern found in names by which
    a file may be called although there is none of that name.
    """

    __slots__ = ("binary", "folder", "names", "suffixes", "text")

    def __init__(
        self, folder: str, text: str = "", *, binary: Sequence[str] = (), suffixes: Sequence[str] = (), names: str = ""
    ) -> None:
        self.folder, self.text, self.names = folder, text, names
        self.binary, self.suffixes = tuple(binary), tuple(suffixes)

    def may_hold(self, source: Source) -> bool:
        """May the file be of this format?"""
        if self.binary:
            return source.path.lower().endswith(self.binary)
        return re.search(self.text, source.text, re.MULTILINE) is not None

    def dialect(self) -> Dialect:
        found: Dialect = import_module(f"{self.folder}.dialect").DIALECT
        return found


FORMATS: Final = [
    Format("shapecalc.dialects.yolo", r"^['\"]?(?:backbone|head)['\"]?[ \t]*:", names="yolo"),
]
#: Suffixes of files that are looked at in folders.
YAML: Final = (".yaml", ".yml")
#: A file with this key is of the spec language, whatever else it contains.
LAYERS: Final = re.compile(r"^['\"]?layers['\"]?[ \t]*:", re.MULTILINE)
#: What every file of the spec language contains: one of its keys, or a list or flow mapping at the top.
SPEC: Final = re.compile(r"^(?:['\"]?(?:layer\w*|inputs?)['\"]?\s*:|[-{\[])", re.MULTILINE)


def load(path: str, stdin_name: str = "<stdin>") -> Source:
    """Reads a file, or standard input for `-`. A file of a binary format is mapped into memory, with an empty text.
    OSError for a file that cannot be opened, BadText for one of a text format that is not text."""
    name = stdin_name if path == "-" else path
    if not any(name.lower().endswith(format.binary) for format in FORMATS if format.binary):
        return decode(read_bytes(path), name)
    if path == "-":
        return Source(name, "", read_bytes(path))
    import mmap

    with open(path, "rb") as file:
        empty = os.fstat(file.fileno()).st_size == 0
        return Source(name, "", b"" if empty else mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def open_file(source: Source) -> SpecFile:
    """The file, parsed as the dialect that claims it prescribes; as a spec where none does."""
    return claimed(source) or NATIVE.open(source)


def open_spec_file(source: Source) -> SpecFile | None:
    """The file, if it is a spec in any dialect; None for anything else that a folder may contain."""
    found = claimed(source)
    if found is None and SPEC.search(source.text) is not None:
        file = NATIVE.open(source)
        return file if NATIVE.claim(file) is not None else None
    return found


def claimed(source: Source) -> SpecFile | None:
    """The file with the foreign dialect that claims it."""
    if LAYERS.search(source.text) is not None:
        return None
    for format in FORMATS:
        if format.may_hold(source):
            file = format.dialect().open(source)
            dialect = file.dialect.claim(file)
            if dialect is not None:
                return SpecFile(source, dialect, file.root, file.reporter)
    return None


def sibling(path: str) -> tuple[str, str] | None:
    """The file that a path refers to where there is none of that name, and the variant of it: `yolo11.yaml` at scale x
    for `yolo11x.yaml`."""
    name = os.path.basename(path)
    found = (format.dialect().sibling(path) for format in FORMATS if format.names and re.search(format.names, name))
    return next((each for each in found if each is not None), None)


def suffixes() -> tuple[str, ...]:
    """The suffixes of the files that are looked at in folders."""
    return tuple(dict.fromkeys((*YAML, *(suffix for format in FORMATS for suffix in format.suffixes))))


def dialects() -> Iterator[Dialect]:
    """Every dialect; imports them all."""
    yield NATIVE
    for format in FORMATS:
        yield format.dialect()
