"""ANSI colours around texts."""

from __future__ import annotations

STYLES = {
    "error": "1;31", "warning": "1;33", "advice": "1;36", "note": "1;34", "bold": "1", "gutter": "1;34",
    "removed": "31", "added": "32", "place": "36",
}  # fmt: skip


class Painter:
    """Puts ANSI colours around texts, or leaves them alone."""

    __slots__ = ("on",)

    def __init__(self, on: bool) -> None:
        self.on = on

    def __call__(self, text: str, style: str) -> str:
        return f"\x1b[{STYLES[style]}m{text}\x1b[0m" if self.on and text else text
