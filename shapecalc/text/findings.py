"""Findings: what is wrong, where, and how to put it right. They are collected, never raised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from shapecalc.text.source import Span

MAX_TEXT = 1000


class Severity:
    """The severities, worst first."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"
    NOTE = "note"
    ORDER = (ERROR, WARNING, ADVICE, NOTE)

    @staticmethod
    def rank(severity: str) -> int:
        """0 for the worst."""
        return Severity.ORDER.index(severity)

    @staticmethod
    def at_least(severity: str, threshold: str) -> bool:
        """Is `severity` as bad as `threshold`, or worse?"""
        return Severity.rank(severity) <= Severity.rank(threshold)


def clip(text: str, limit: int = MAX_TEXT) -> str:
    """The text with its middle left out where it is longer than `limit`: a message must fit a screen."""
    if len(text) <= limit:
        return text
    tail = limit // 4
    return f"{text[: limit - tail - 5]} ... {text[-tail:]}"


def one_line(text: str) -> str:
    """The text with its line breaks written as escapes: what a message quotes may hold some."""
    return text if "\n" not in text and "\r" not in text else text.replace("\n", "\\n").replace("\r", "\\r")


class Label:
    """A further place that belongs to a finding, and what to say about it."""

    __slots__ = ("message", "span")

    def __init__(self, span: Span, message: str) -> None:
        self.span = span
        self.message = clip(message)

    def __repr__(self) -> str:
        return f"Label({self.span!r}, {self.message!r})"

    @property
    def path(self) -> str:
        return self.span.path

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def end_line(self) -> int:
        return self.span.end_line

    @property
    def end_column(self) -> int:
        return self.span.end_column

    def to_dict(self, path: str = "") -> dict[str, object]:
        """As in the JSON; `path` only where it is another than that of the finding."""
        place: dict[str, object] = {} if self.path == path else {"path": self.path}
        return {**place, **_position(self.span), "message": self.message}


class Edit:
    """Replace the text of a span; an empty span inserts."""

    __slots__ = ("span", "text")

    def __init__(self, span: Span, text: str) -> None:
        self.span = span
        self.text = text

    def __repr__(self) -> str:
        return f"Edit({self.span!r}, {self.text!r})"

    def to_dict(self) -> dict[str, object]:
        return {**_position(self.span), "text": self.text}


class Fix:
    """Edits that put a finding right. `safe`: they cannot change what the author meant."""

    __slots__ = ("edits", "safe", "title")

    def __init__(self, title: str, edits: Iterable[Edit], safe: bool = True) -> None:
        self.title = clip(title)
        self.edits = tuple(edits)
        self.safe = safe

    def __repr__(self) -> str:
        return f"Fix({self.title!r}, {list(self.edits)!r})"

    def to_dict(self) -> dict[str, object]:
        return {"title": self.title, "safe": self.safe, "edits": [edit.to_dict() for edit in self.edits]}


class Finding:
    """One finding. `label` stands beside the carets, `notes` carry the arithmetic, `help` the corrected text."""

    __slots__ = (
        "fix", "help", "label", "layer", "message", "notes", "related", "rule", "severity", "span", "training_only",
    )  # fmt: skip

    def __init__(
        self,
        rule: str,
        severity: str,
        message: str,
        span: Span,
        *,
        label: str = "",
        layer: str | None = None,
        notes: Sequence[str] = (),
        help: str | None = None,
        related: Sequence[Label] = (),
        fix: Fix | None = None,
        training_only: bool = False,
    ) -> None:
        self.rule = rule
        self.severity = severity
        self.message = clip(one_line(message))
        self.span = span
        self.label = clip(label, 200)
        self.layer = layer
        self.notes = [clip(note) for note in notes]
        self.help = None if help is None else clip(help)
        self.related = list(related)
        self.fix = fix
        self.training_only = training_only

    def __repr__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity}[{self.rule}]: {self.message}"

    @property
    def path(self) -> str:
        return self.span.path

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    @property
    def end_line(self) -> int:
        return self.span.end_line

    @property
    def end_column(self) -> int:
        return self.span.end_column

    def to_dict(self) -> dict[str, object]:
        """As in the JSON."""
        return {
            "rule": self.rule,
            "severity": self.severity,
            "message": self.message,
            "path": self.path,
            **_position(self.span),
            "layer": self.layer,
            "notes": list(self.notes),
            "help": self.help,
            "related": [label.to_dict(self.path) for label in self.related],
            "fix": None if self.fix is None else self.fix.to_dict(),
        }


def _position(span: Span) -> dict[str, object]:
    line, column = span.source.location(span.start)
    end_line, end_column = span.source.location(span.end)
    return {"line": line, "column": column, "end_line": end_line, "end_column": end_column}


class Reporter:
    """Collects findings."""

    __slots__ = ("_found", "has_errors")

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, int, int, str], Finding] = {}
        self.has_errors = False

    def __len__(self) -> int:
        return len(self._found)

    def report(self, finding: Finding) -> None:
        """Keep a finding; the same one twice counts once."""
        span = finding.span
        self._found.setdefault((span.path, finding.rule, span.start, span.end, finding.message), finding)
        self.has_errors = self.has_errors or finding.severity == Severity.ERROR

    def error(self, rule: str, message: str, span: Span, **details: Any) -> None:
        """Report an error; `details` are the keyword arguments of Finding."""
        self.report(Finding(rule, Severity.ERROR, message, span, **details))

    def warning(self, rule: str, message: str, span: Span, **details: Any) -> None:
        """Report a warning; `details` are the keyword arguments of Finding."""
        self.report(Finding(rule, Severity.WARNING, message, span, **details))

    @property
    def findings(self) -> list[Finding]:
        """By path and position; at one place the worst first."""
        return sorted(self._found.values(), key=_order)


def _order(finding: Finding) -> tuple[str, int, int, int, str, str]:
    span = finding.span
    return (
        span.path, span.start, Severity.rank(finding.severity), span.end, finding.rule, finding.message,
    )  # fmt: skip
