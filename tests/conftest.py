"""Options of the test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--cases", type=int, default=150, help="random cases per layer type (tests/torch; default 150)")
    parser.addoption("--seed", type=int, default=0, help="seed of the random cases (tests/torch; default 0)")
