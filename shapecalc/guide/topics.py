"""The pages of the guide that have names of their own: topics, words of the spec language, longer pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from shapecalc.guide.markdown import to_text
from shapecalc.text import pages

#: The folders of pages, and what a page in them is.
KINDS: Final = {"topics": "topic", "language": "spec language", "pages": "guide"}
ALIASES: Final = "Also called"


class Topic:
    """One page: the folder that it is in, and its name."""

    __slots__ = ("kind", "name")

    def __init__(self, kind: str, name: str) -> None:
        self.kind, self.name = kind, name

    @property
    def text(self) -> str:
        """Its Markdown, without the heading and the list of other names."""
        _, _, rest = pages.text(self.kind, self.name).partition("\n")
        return rest.partition(f"\n## {ALIASES}\n")[0].strip("\n") + "\n"

    @property
    def title(self) -> str:
        return pages.text(self.kind, self.name).partition("\n")[0].lstrip("# ")

    @property
    def aliases(self) -> list[str]:
        """Other words by which people look it up."""
        return [word.strip() for word in pages.sections(self.kind, self.name).get(ALIASES, "").split(",") if word]

    @property
    def example(self) -> str:
        """The first block of code of its example; "" where it has none."""
        return pages.code(pages.sections(self.kind, self.name).get("Example", ""))

    def page(self, width: int) -> str:
        """What `explain` prints."""
        return f"{self.title} ({KINDS[self.kind]})\n\n{to_text(self.text, width)}"


def names(kind: str) -> list[str]:
    return pages.names(kind)


def topics() -> Iterator[Topic]:
    return (Topic(kind, name) for kind in KINDS for name in pages.names(kind))


def find(word: str) -> Topic | None:
    """The page with that name, or one that is also called so; spelling of case, `-` and `_` aside."""
    wanted = folded(word)
    by_name = next((topic for topic in topics() if folded(topic.name) == wanted), None)
    return by_name or next((topic for topic in topics() if wanted in map(folded, topic.aliases)), None)


def folded(word: str) -> str:
    return word.lower().replace("_", "-").replace(" ", "-")
