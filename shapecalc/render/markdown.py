"""GitHub-flavoured Markdown: tables, and texts in which nothing is read as markup."""

from __future__ import annotations

from collections.abc import Sequence


def table_lines(headings: Sequence[str], right: Sequence[bool], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; its cells are escaped."""
    rule = ["---:" if side else "---" for side in right]
    return [row_line(headings), row_line(rule), *(row_line([escaped(cell) for cell in row]) for row in rows)]


def row_line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def escaped(text: str) -> str:
    """A cell's text: with its indentation, and with nothing in it read as markup."""
    bare = text.lstrip(" ")
    indent = "&nbsp;" * (len(text) - len(bare))
    return indent + "".join("&lt;" if c == "<" else "\\" + c if c in "\\|*_`" else c for c in bare)
