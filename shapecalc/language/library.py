"""The networks that come with shapecalc: the files of specs/, each found by its stem or by one of its variants."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Final

from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source, load_source
from shapecalc.text.spelling import nearest
from shapecalc.yamltree import Mapping, Node, compose

SUFFIX: Final = ".yaml"
PACKAGE: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
NAME: Final = re.compile(r"\w[\w.-]*")


class Entry:
    """One network by name: its file, and the variant of it that is meant."""

    __slots__ = ("name", "path", "variant")

    def __init__(self, name: str, path: str, variant: str | None) -> None:
        self.name, self.path, self.variant = name, path, variant

    @property
    def stem(self) -> str:
        return os.path.basename(self.path).removesuffix(SUFFIX)


def folder() -> str:
    """Where the specs are: inside the installed package, or at the top of the source tree."""
    installed = os.path.join(PACKAGE, "specs")
    return installed if os.path.isdir(installed) else os.path.join(os.path.dirname(PACKAGE), "specs")


def stems() -> list[str]:
    """The names of the files, sorted."""
    try:
        return sorted(name.removesuffix(SUFFIX) for name in os.listdir(folder()) if name.endswith(SUFFIX))
    except OSError:
        return []


def entries() -> Iterator[Entry]:
    """Every name, file by file: the stem, then the file's variants. A variant called like a stem is that stem."""
    known = stems()
    taken = set(known)
    for stem in known:
        path = path_of(stem)
        variants = variants_of(load_source(path))
        yield Entry(stem, path, stem if stem in variants else None)
        for name in variants:
            if name not in taken:
                taken.add(name)
                yield Entry(name, path, name)


def names() -> list[str]:
    """Every name that `find` knows."""
    return [entry.name for entry in entries()]


def find(name: str) -> Entry | None:
    """The network of that name. Only files that hold it as a key are parsed."""
    if NAME.fullmatch(name) is None:
        return None
    known = stems()
    for stem in [name] if name in known else known:
        source = load_source(path_of(stem))
        if f"{name}:" in source.text and name in variants_of(source):
            return Entry(name, source.path, name)
    return Entry(name, path_of(name), None) if name in known else None


def suggestion(word: str) -> str | None:
    """The name that was meant by a word which is neither a file nor a name."""
    bare = os.path.basename(word).removesuffix(SUFFIX).removesuffix(".yml")
    return nearest(bare, names())


def path_of(stem: str) -> str:
    return os.path.join(folder(), stem + SUFFIX)


def variants_of(source: Source) -> list[str]:
    """The names under `variants:` of a spec."""
    if "variants:" not in source.text:
        return []
    return variants_in(compose(source, Reporter()))


def variants_in(root: Node | None) -> list[str]:
    """The names under `variants:` of a spec's tree."""
    variants = root.get("variants") if isinstance(root, Mapping) else None
    return [str(key.value) for key, _ in variants.pairs] if isinstance(variants, Mapping) else []
