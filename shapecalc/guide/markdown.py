"""Markdown as plain text for a terminal: the subset that the pages of the guide are written in.

Headings, paragraphs, lists (`- `), tables, fenced code, links, `*emphasis*` and comments. Code keeps its lines,
everything else is wrapped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from shapecalc.render.layout import width_of, wrap

LINK: Final = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")
EMPHASIS: Final = re.compile(r"(?<![\w*])\*([^*\s][^*]*)\*(?![\w*])")
COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.DOTALL)
FENCE: Final = "```"

Block = tuple[str, list[str]]


def to_text(markdown: str, width: int) -> str:
    """A page, with lines of at most `width` columns outside code."""
    return "\n\n".join(written for block in blocks(markdown) if (written := block_text(*block, width))) + "\n"


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks of a page: what each is (heading, code, list, table, paragraph) and its lines."""
    lines: list[str] = []
    fenced = False
    for line in [*COMMENT.sub("", markdown).split("\n"), ""]:
        if line.startswith(FENCE):
            if fenced:
                yield "code", lines
                lines = []
            elif lines:
                yield kind_of(lines[0]), lines
                lines = []
            fenced = not fenced
        elif fenced or line:
            lines.append(line)
        elif lines:
            yield kind_of(lines[0]), lines
            lines = []


def kind_of(line: str) -> str:
    """What a block that begins with this line is."""
    starts = {"#": "heading", "- ": "list", "|": "table"}
    return next((kind for start, kind in starts.items() if line.startswith(start)), "paragraph")


def block_text(kind: str, lines: list[str], width: int) -> str:
    if kind == "code":
        return "\n".join(f"  {line}".rstrip() for line in lines)
    if kind == "heading":
        return plain(lines[0].lstrip("# ")) + (":" if lines[0].startswith("##") else "")
    if kind == "list":
        return "\n".join(wrap("- " + plain(item), width, hang=2) for item in items(lines))
    if kind == "table":
        return table([[plain(cell) for cell in cells(line)] for line in lines if not set(line) <= set("|-: ")], width)
    return wrap(plain(" ".join(lines)), width)


def items(lines: list[str]) -> list[str]:
    """The items of a list, each on one line."""
    joined: list[str] = []
    for line in lines:
        if line.startswith("- "):
            joined.append(line[2:])
        else:
            joined[-1] += " " + line.strip()
    return joined


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def table(rows: list[list[str]], width: int) -> str:
    """Columns side by side under their headings; the last one wrapped."""
    widths = [max(width_of(row[k]) for row in rows) for k in range(len(rows[0]) - 1)]
    left = sum(widths) + 2 * len(widths)
    lines = []
    for row in rows:
        lead = "".join(cell + " " * (size - width_of(cell) + 2) for cell, size in zip(row, widths, strict=False))
        lines.append(wrap(lead + row[-1], width, hang=left))
    return "\n".join(lines)


def plain(line: str) -> str:
    """The text of a line without links and emphasis."""
    return EMPHASIS.sub(r"\1", LINK.sub(r"\1", line)).replace("\\|", "|")
