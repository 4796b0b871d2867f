"""Options of the test suite."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.linting import Folder

#: how many examples the tests try that leave it open: `pytest --hypothesis-profile thorough`, as .ci/run does
settings.register_profile("quick", max_examples=60)
settings.register_profile("thorough", max_examples=500)
settings.load_profile("quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=150, help="random cases per layer type (tests/torch; default 150)")
    parser.addoption("--seed", type=int, default=0, help="seed of the random cases (tests/torch; default 0)")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Folder:
    """An empty folder to lint in."""
    return Folder(tmp_path, monkeypatch, capsys)
