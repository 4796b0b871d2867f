"""Specs with mistakes: every finding stands where its line's comment says, and no other finding is given."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import shapecalc

FOLDER = Path(__file__).parent / "mistakes"
EXPECTED = re.compile(r"(error|warning|advice|note)\[([a-z-]+)\](?:: ([^#]*?))?(?= (?:error|warning|advice|note)\[|$)")


def expectations(text: str) -> list[tuple[int, str, str, str]]:
    """(line, severity, rule, start of the message) of each comment."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        _, mark, comment = line.partition("# ")
        if mark:
            found += [(number, m[1], m[2], (m[3] or "").strip()) for m in EXPECTED.finditer(comment.rstrip())]
    return found


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda p: p.stem)
def test_findings_stand_where_the_comments_say(path: Path) -> None:
    wanted = expectations(path.read_text(encoding="utf-8"))
    found = shapecalc.plan(path).diagnostics
    assert [(d.line, d.severity, d.rule) for d in found] == [w[:3] for w in wanted], [str(d.message) for d in found]
    for (_, _, _, message), finding in zip(wanted, found, strict=True):
        assert finding.message.startswith(message)
