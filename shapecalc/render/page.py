"""What a text is laid out for: the width, height and colours of the page, and what the reader wants to see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

EVERY_DEPTH: Final = 10_000  # more than a spec can nest
FEWEST_LINES: Final = 40  # of a table, also on a terminal with fewer


class View:
    """What is shown of a subject: `columns` beside the usual ones; blocks down to `depth` (None: all of them, or on a
    terminal what fits); equal repeats folded into one line; lines with the largest value of the column `sort` first,
    and only the `top` first; with `explain` the formulas."""

    __slots__ = ("columns", "depth", "explain", "fold", "sort", "top")

    def __init__(
        self,
        columns: Sequence[str] = (),
        *,
        depth: int | None = None,
        fold: bool = True,
        sort: str | None = None,
        top: int | None = None,
        explain: bool = False,
    ) -> None:
        self.columns, self.depth, self.fold, self.explain = columns, depth, fold, explain
        self.sort, self.top = sort, top

    @property
    def ranked(self) -> bool:
        return self.sort is not None or self.top is not None


EVERYTHING = View()


class Page:
    """A terminal, a pipe or a file: its columns and lines, whether it has colours, and what is shown on it."""

    __slots__ = ("color", "height", "terminal", "view", "width")

    def __init__(
        self,
        width: int = 80,
        *,
        height: int = 24,
        terminal: bool = False,
        color: bool = False,
        view: View = EVERYTHING,
    ) -> None:
        self.width, self.height, self.terminal, self.color, self.view = width, height, terminal, color, view

    @property
    def prose_width(self) -> int | None:
        """The columns that sentences are wrapped to; None off a terminal, where lines are kept whole for `grep`."""
        return self.width if self.terminal else None

    @property
    def most_lines(self) -> int | None:
        """How many lines a table may have; None off a terminal, where nobody scrolls."""
        return max(self.height, FEWEST_LINES) if self.terminal else None
