"""Pieces of English that messages are built from, and the words that files use for true and false."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

#: What YAML 1.1, configuration files and people write for true and false.
TRUTH_WORDS: Final = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_KINDS: Final[tuple[tuple[tuple[type, ...], str], ...]] = (
    ((bool,), "boolean"),
    ((int,), "integer"),
    ((float,), "float"),
    ((str,), "string"),
    ((list, tuple), "list"),
    ((dict,), "mapping"),
    ((type(None),), "empty value"),
)


def truth_of(word: object) -> bool | None:
    """What a word such as `yes`, `Off` or `true` says; None for anything else."""
    return TRUTH_WORDS.get(word.lower()) if isinstance(word, str) else None


def counted(count: int, noun: str, plural: str | None = None) -> str:
    """`1 output`, `2 outputs`, `12,000 outputs`; `1 axis`, `2 axes` with the plural given."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def shortlist(words: Sequence[str], most: int) -> str:
    """The first `most` of the words, and how many more there are: `a, b and 3 more`."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def kind_of(value: object, other: str = "value") -> str:
    """What kind of value this is, in one or two words without an article; `other` for objects of the program."""
    return next((word for types, word in _KINDS if isinstance(value, types)), other)


def a(noun: str) -> str:
    """The noun with its article: `an integer`, `a list`."""
    return f"an {noun}" if noun[:1] in "aeiou" else f"a {noun}"


def joined(words: Iterable[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *rest, final = words
    return f"{', '.join(rest)} {last} {final}" if rest else final
