"""Findings as a person reads them: the message, the place, the source line with carets, notes and help."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from shapecalc.render.findings.one_line import head, printable_lines
from shapecalc.render.layout import printable, width_of, wrap
from shapecalc.render.paint import Painter

if TYPE_CHECKING:
    from shapecalc.text.findings import Finding
    from shapecalc.text.source import Source, Span

TAB = 4
SOURCE_WIDTH = 100


class Mark:
    """What is drawn under one source line: columns [start, end), the text beside it, primary or not."""

    __slots__ = ("end", "primary", "start", "text")

    def __init__(self, start: int, end: int, text: str, primary: bool) -> None:
        self.start, self.end, self.text, self.primary = start, end, text, primary


class Placed:
    """A label with its line and its columns on that line, counted from 0 (`end` None: to the end of the line)."""

    __slots__ = ("end", "line", "primary", "source", "start", "text")

    def __init__(self, span: Span, text: str, primary: bool) -> None:
        self.source, self.text, self.primary = span.source, text, primary
        self.line, column = self.source.location(span.start)
        self.start = column - 1
        end_line, end = self.source.location(span.end)
        self.end = end - 1 if end_line == self.line else None


def finding_text(finding: Finding, *, width: int | None = None, color: bool = False) -> str:
    """One finding with its source lines, ended by a newline."""
    paint = Painter(color)
    labels = sorted_labels(finding)
    gutter = len(str(max([label.line for label in labels])))
    lines = [wrap(head(finding, paint), width, hang=2)]
    first = next(label for label in labels if label.primary)
    at = f"{printable(first.source.path)}:{first.line}:{first.start + 1}"
    lines.append(" " * gutter + paint("-->", "gutter") + " " + at)
    has_lines = len(labels) > 1 or first.source.text  # a missing or empty file has no line to show
    if has_lines:
        lines += snippet(labels, gutter, finding.severity, width or SOURCE_WIDTH, paint)
    remarks = tail(finding, gutter, width, paint)
    if remarks and not has_lines:
        lines += remarks
    elif remarks:
        lines += [" " * gutter + " " + paint("|", "gutter"), *remarks]
    return "\n".join(lines) + "\n"


def sorted_labels(finding: Finding) -> list[Placed]:
    """The primary label's file first, then by line."""
    labels = [Placed(finding.span, finding.label, True)]
    labels += [Placed(label.span, label.message, False) for label in finding.related]
    own = finding.span.source
    return sorted(labels, key=lambda label: (label.source is not own, label.source.path, label.line))


def tail(finding: Finding, gutter: int, width: int | None, paint: Painter) -> list[str]:
    """The `= note:` and `= help:` lines."""
    remarks = [("note", note) for note in finding.notes]
    if finding.help:
        remarks.append(("help", finding.help))
    lines = []
    for word, text in remarks:
        lead = " " * gutter + " " + paint("=", "gutter") + " " + paint(word + ":", "bold") + " "
        indent = gutter + 3 + len(word) + 2
        body = wrap(printable_lines(text), width, indent)
        lines.append(lead + body.replace("\n", "\n" + ("" if width else " " * indent)))
    return lines


def snippet(labels: list[Placed], gutter: int, severity: str, width: int, paint: Painter) -> list[str]:
    """The source lines with their marks; `...` where lines are left out, `:::` where another file begins."""
    edge = paint("|", "gutter")
    bar = " " * gutter + " " + edge
    lines, last = [bar], (labels[0].source, 0)
    for (source, number), group in grouped(labels):
        if source is not last[0]:
            lines.append(" " * gutter + paint(":::", "gutter") + f" {source.path}:{number}")
        elif last[1] and number > last[1] + 1:
            lines.append(paint("...", "gutter"))
        text = source.line_text(number)
        visible_text, marks = window(text, [mark_of(label, text) for label in group], width - gutter - 3)
        lines.append(f"{paint(str(number).rjust(gutter), 'gutter')} {edge} {visible_text}".rstrip())
        lines += [f"{bar} {line}" for line in underline(marks, severity, paint)]
        last = (source, number)
    return lines


def grouped(labels: list[Placed]) -> list[tuple[tuple[Source, int], list[Placed]]]:
    """The labels by source and line, in order."""
    groups: list[tuple[tuple[Source, int], list[Placed]]] = []
    for label in labels:
        key = (label.source, label.line)
        if groups and groups[-1][0] == key:
            groups[-1][1].append(label)
        else:
            groups.append((key, [label]))
    return groups


def mark_of(label: Placed, line: str) -> Mark:
    """The columns of a label on its first line."""
    end = label.end if label.end is not None else len(line.rstrip())
    return Mark(label.start, max(end, label.start + 1), printable(label.text), label.primary)


def window(line: str, marks: list[Mark], width: int) -> tuple[str, list[Mark]]:
    """The visible part of a line, with tabs and wide characters laid out and the marks moved with it.

    A line that is too long is cut around its primary mark.
    """
    line = line.rstrip("\r\n")
    if len(line) <= width and line.isascii() and line.isprintable():
        return line, marks
    columns = [0]
    cells = []
    for char in line:
        cell = " " * (TAB - columns[-1] % TAB) if char == "\t" else printable(char)
        cells.append(cell)
        columns.append(columns[-1] + width_of(cell))
    first, last = visible(columns, marks, max(width, 20))
    text = "".join(cells[first:last])
    lead = "... " if first else ""
    shift = len(lead) - columns[first]
    moved = [moved_mark(m, columns, first, last, shift) for m in marks if m.start <= last and m.end > first]
    return lead + text + (" ..." if last < len(cells) else ""), moved


def visible(columns: list[int], marks: list[Mark], width: int) -> tuple[int, int]:
    """The first and last character (exclusive) that fit into `width` columns around the primary mark."""
    count = len(columns) - 1
    if columns[-1] <= width:
        return 0, count
    focus = next((m for m in marks if m.primary), marks[0])
    room = width - 8
    middle = columns[min(focus.start, count)] + min(focus.end - focus.start, room // 2) // 2
    left = max(0, min(middle - room // 2, columns[-1] - room))
    if min(focus.start, count) < count and columns[min(focus.end, count)] <= room:
        left = 0
    first = next(i for i in range(count + 1) if columns[i] >= left)
    last = max(i for i in range(first, count + 1) if columns[i] - columns[first] <= room)
    return first, last


def moved_mark(mark: Mark, columns: list[int], first: int, last: int, shift: int) -> Mark:
    """The mark in display columns, cut to the visible part; past the line's end it stays one column wide."""
    count = len(columns) - 1
    start = columns[min(max(mark.start, first), count)] + max(0, mark.start - count) + shift
    end = columns[min(mark.end, last, count)] + shift
    return Mark(start, max(end, start + 1), mark.text, mark.primary)


def underline(marks: list[Mark], severity: str, paint: Painter) -> list[str]:
    """The caret line and, where several labels share a line, one more line for each label but the last."""
    order = sorted(marks, key=lambda m: (m.start, not m.primary))
    lines = [drawn(order, severity, paint)]
    for position, mark in enumerate(reversed(order)):
        if mark.text:
            text = paint(mark.text, severity if mark.primary else "gutter")
            if position:
                lines.append(" " * mark.start + text)
            else:
                lines[0] += " " + text
    return lines


def drawn(marks: list[Mark], severity: str, paint: Painter) -> str:
    """The line of carets and dashes; the carets are seen whatever else is marked there."""
    chars = [" "] * max(mark.end for mark in marks)
    for mark in sorted(marks, key=lambda m: m.primary):
        chars[mark.start : mark.end] = ("^" if mark.primary else "-") * (mark.end - mark.start)
    runs = ("".join(run) for _, run in groupby(chars))
    return "".join(run if run[0] == " " else paint(run, severity if run[0] == "^" else "gutter") for run in runs)
