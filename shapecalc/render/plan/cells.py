"""The layer table as texts: the columns of a plan that are asked for, laid out for a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shapecalc.render.layout import truncated
from shapecalc.render.page import Page, View
from shapecalc.render.plan.columns import Column, chosen
from shapecalc.render.plan.outline import Line, outline
from shapecalc.render.table import Texts, table_width, widest
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

MARK = "mark"  # the name of the column that marks lines with a finding
MARKS = {"error": "E", "warning": "W", "advice": "A", "note": "N"}
LONGEST_TEXT = 100
NARROWEST = 12  # of the elastic column
READABLE = 24  # its width in a table that is too wide in any case


class Cells:
    """The texts of a table, one `Texts` per column, and what a reader must know about its lines."""

    __slots__ = ("columns", "lines", "notes", "plan", "texts")

    def __init__(self, plan: Plan, page: Page) -> None:
        self.plan = plan
        self.columns = columns_of(plan, page.view)
        self.lines, notes = lines_of(plan, page, self.columns)
        self.notes = [*notes, *plan.network.notes()]
        self.texts = [
            Texts(column.heading, column.texts(plan, self.lines), right=column.right, name=column.name)
            for column in self.columns
        ]

    def named(self, name: str) -> list[str]:
        """The texts of a column."""
        return next(texts.texts for texts in self.texts if texts.name == name)

    def marked(self) -> list[Texts]:
        """The columns to show: before them, where a line has a finding, one letter for each line."""
        letters = marks(self.plan, self.lines)
        return [Texts("", letters, name=MARK), *self.texts] if any(letters) else self.texts


def lines_of(plan: Plan, page: Page, columns: Sequence[Column]) -> tuple[list[Line], list[str]]:
    """The lines, and what a reader must know about them."""
    if page.view.ranked:
        from shapecalc.render.plan.ranking import ranked

        return ranked(plan, page.view)
    apart = [column.name for column in columns if column.tells_apart]
    tree = outline(plan, page.view, apart, page.most_lines)
    return tree.lines, tree.notes()


def columns_of(plan: Plan, view: View) -> list[Column]:
    asked = [*view.columns, *([view.sort] if view.sort is not None else [])]
    dialect = plan.network.dialect
    if not dialect.columns:
        return chosen(asked)
    from shapecalc.render.plan import dialect_columns

    return dialect_columns.chosen(dialect, asked)


def marks(plan: Plan, lines: Sequence[Line]) -> list[str]:
    """One letter for each line with a finding, the worst severity's; a closed block has those of its layers."""
    worst: dict[str | None, int] = {}
    for finding in plan.diagnostics:
        rank = Severity.rank(finding.severity)
        worst[finding.layer] = min(rank, worst.get(finding.layer, rank))
    if not worst:
        return []
    letters = [MARKS[severity] for severity in Severity.ORDER]
    of_lines = ([worst[row.name] for row in (line.row, *line.inside) if row.name in worst] for line in lines)
    return [letters[min(ranks)] if ranks else "" for ranks in of_lines]


# A narrow page. ------------------------------------------------------------------------------------------------------


def fitted(cells: Cells, width: int) -> list[Texts]:
    """The columns, as narrow as `width` if they can be: step by step, as long as they are too wide."""
    columns = cells.marked()
    for narrow in (cut_long, abbreviate, cut_formulas):
        if table_width(columns) <= width:
            return columns
        narrow(cells)
    cut_elastic(cells, table_width(columns) - width)
    return columns


def cut_long(cells: Cells) -> None:
    """Texts of a length that no table can hold, such as the shape of a tensor with 50,000 axes."""
    for texts in cells.texts:
        cut_to(texts, LONGEST_TEXT)


def abbreviate(cells: Cells) -> None:
    """Costs with a unit instead of all digits."""
    for column, texts in zip(cells.columns, cells.texts, strict=True):
        if column.brief is not None:
            texts.texts = column.brief(cells.plan, cells.lines)


def cut_formulas(cells: Cells) -> None:
    """Long formulas of symbolic costs."""
    for column, texts in zip(cells.columns, cells.texts, strict=True):
        if column.longest is not None:
            cut_to(texts, column.longest)


def cut_elastic(cells: Cells, excess: int) -> None:
    """The column that says most in its first words: the arguments, or the types with theirs."""
    column, texts = max(zip(cells.columns, cells.texts, strict=True), key=lambda pair: pair[0].elastic)
    if excess > 0 and column.elastic:
        room = widest(texts.texts) - excess
        cut_to(texts, room if room >= NARROWEST else READABLE)


def cut_to(texts: Texts, width: int) -> None:
    short = {text: truncated(text, width) for text in set(texts.texts)}
    texts.texts = [short[text] for text in texts.texts]
