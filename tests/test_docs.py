"""README.md and the guide show what the commands print today."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.console import run_again
from tests.running import ROOT
from tests.write_docs import pages

STALE = "the docs are stale: run `python -m tests.write_docs` and commit what it writes"


@pytest.mark.parametrize("path", list(pages()), ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_print_what_is_shown(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert run_again(text) == text, STALE
