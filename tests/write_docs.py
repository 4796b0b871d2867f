"""Writes the outputs in README.md and in the guide anew: `python -m tests.write_docs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.console import run_again
from tests.running import ROOT

GUIDE = ROOT / "shapecalc" / "guide"


def pages() -> Iterator[Path]:
    """The Markdown files in which commands are shown with what they print."""
    yield ROOT / "README.md"
    for path in sorted(GUIDE.rglob("*.md")):
        if "```console\n" in path.read_text(encoding="utf-8"):
            yield path


def main() -> None:
    for path in pages():
        text = path.read_text(encoding="utf-8")
        again = run_again(text)
        if again != text:
            path.write_text(again, encoding="utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
