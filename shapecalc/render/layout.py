"""How texts fit into columns and lines: their width on a terminal, truncated, wrapped, without control characters."""

from __future__ import annotations

FIRST_COMBINING = "\u0300"  # no character before it is wide or combines with another


def width_of(text: str) -> int:
    """Columns that a text takes on a terminal: two for a wide character, none for a combining mark."""
    if text.isascii() or max(text.replace("…", ".")) < FIRST_COMBINING:
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)


def printable(text: str) -> str:
    """The text with control characters (which would drive the terminal) replaced."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def truncated(text: str, width: int) -> str:
    """The text; one that takes more than `width` columns is cut and ends in `…`."""
    if width_of(text) <= width:
        return text
    end, used = 0, 0
    for char in text:
        used += width_of(char)
        if used > width - 1:
            break
        end += 1
    return text[:end].rstrip() + "…"


def wrap(text: str, width: int | None, indent: int = 0, hang: int | None = None) -> str:
    """Words in lines of at most `width` columns, all but the first indented by `hang`; `None` keeps the lines."""
    if width is None:
        return text
    pad = " " * (indent if hang is None else hang)
    return "\n".join(wrap_line(line, max(width, 20), indent, pad) for line in text.split("\n"))


def wrap_line(line: str, width: int, indent: int, pad: str) -> str:
    if indent + width_of(line) <= width:
        return line
    words = line.split(" ")
    out, used = words[0], indent + width_of(words[0])
    for word in words[1:]:
        size = width_of(word)
        if used + 1 + size > width and out.strip():
            out, used = out + "\n" + pad + word, len(pad) + size
        else:
            out, used = out + " " + word, used + 1 + size
    return out
