"""A table as texts: columns laid out side by side, for pipes and files. Fast, and never coloured."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.render.layout import width_of

GAP = 2


class Texts:
    """One column as it is laid out: its heading, its side, and one text for each line."""

    __slots__ = ("heading", "name", "right", "texts")

    def __init__(self, heading: str, texts: list[str], *, right: bool = False, name: str = "") -> None:
        self.heading, self.texts, self.right, self.name = heading, texts, right, name

    @property
    def width(self) -> int:
        return max(width_of(self.heading), widest(self.texts))


def of_rows(headings: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[str]]) -> list[Texts]:
    """The columns of a table that is given by rows."""
    sides = zip(headings, right, strict=True)
    return [Texts(heading, [row[k] for row in rows], right=side) for k, (heading, side) in enumerate(sides)]


def table_width(columns: Sequence[Texts]) -> int:
    return sum(column.width for column in columns) + GAP * (len(columns) - 1)


def table_lines(columns: Sequence[Texts]) -> list[str]:
    """Heading, rule and one line per row."""
    sizes = [column.width for column in columns]
    texts = [aligned(c.texts, size, c.right) for c, size in zip(columns, sizes, strict=True)]
    heads = [pad(c.heading, size, c.right) for c, size in zip(columns, sizes, strict=True)]
    gap = " " * GAP
    rule = "-" * (sum(sizes) + GAP * (len(sizes) - 1))
    return [gap.join(heads).rstrip(), rule, *(gap.join(cells).rstrip() for cells in zip(*texts, strict=True))]


def widest(texts: Sequence[str]) -> int:
    """Columns of the widest text."""
    distinct = set(texts)
    wide = {text for text in distinct if not text.isascii()}
    return max(max(map(len, distinct - wide), default=0), max(map(width_of, wide), default=0))


def aligned(texts: Sequence[str], size: int, right: bool) -> list[str]:
    """All texts of a column padded to its width."""
    adjust = str.rjust if right else str.ljust
    wide = {text: pad(text, size, right) for text in set(texts) if not text.isascii()}
    return [wide[text] if text in wide else adjust(text, size) for text in texts]


def pad(text: str, size: int, right: bool) -> str:
    blanks = " " * (size - width_of(text))
    return blanks + text if right else text + blanks
