"""Random calls of every layer type, in live PyTorch and in shapecalc: no disagreement."""

from __future__ import annotations

import pytest

from shapecalc.layers.base import Layer
from tests.torch.differential import all_types, run

#: Types that take whatever tensor comes; their few arguments are all free as well.
TAKES_ANYTHING: set[str] = set()


@pytest.mark.parametrize("cls", all_types(), ids=lambda cls: cls.type)
def test_agrees_with_pytorch(cls: type[Layer], cases: int, seed: int) -> None:
    tally = run(cls, cases, seed)
    shown = "\n".join(tally.found[:10])
    assert not tally.found, f"{len(tally.found)} of {tally.cases} cases disagree\n{shown}"
    assert tally.accepted >= 0.1 * tally.cases, "too few cases are accepted for the test to mean much"
    if cls.type not in TAKES_ANYTHING:
        assert tally.accepted <= 0.9 * tally.cases, "too few cases are refused for the test to mean much"
