"""Pages of the guide: Markdown files kept as data, so that another language is another folder."""

from __future__ import annotations

import os
from typing import Final

FOLDER: Final = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "guide")


def names(kind: str, language: str = "en") -> list[str]:
    """The names of all pages in a folder of the guide, sorted."""
    files = os.listdir(os.path.join(FOLDER, language, kind))
    return sorted(file.removesuffix(".md") for file in files if file.endswith(".md"))


def text(*path: str, language: str = "en") -> str:
    """The page at `path`; "" for no such page."""
    try:
        with open(os.path.join(FOLDER, language, *path) + ".md", encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def sections(*path: str, language: str = "en") -> dict[str, str]:
    """The sections of the page at `path` by the heading in front of them, without the headings; {} for no such page."""
    found: dict[str, list[str]] = {}
    fenced = False
    for line in text(*path, language=language).split("\n"):
        fenced ^= line.startswith("```")
        if line.startswith(("# ", "## ")) and not fenced:
            found[line.lstrip("#").strip()] = []
        elif found:
            next(reversed(found.values())).append(line)
    return {heading: "\n".join(lines).strip("\n") for heading, lines in found.items()}


def prose(section: str) -> str:
    """Paragraphs on one line each."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in section.split("\n\n"))


def code(section: str) -> str:
    """The text of a section's block of code, with a line break at its end; "" where it has none."""
    _, fence, rest = section.partition("```")
    return rest.partition("```")[0].partition("\n")[2] if fence else ""
