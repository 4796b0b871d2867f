"""Random calls of every layer type, in live PyTorch and in shapecalc: no disagreement."""

from __future__ import annotations

import pytest

from shapecalc.layers.layer import Layer
from tests.torch.differential import all_types, run

#: Element-wise types without an argument that PyTorch checks: the random calls hold nothing to refuse.
TAKES_ANYTHING = {
    "ELU",
    "GELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Identity",
    "LeakyReLU",
    "LogSigmoid",
    "Mish",
    "ReLU",
    "ReLU6",
    "SELU",
    "Sigmoid",
    "SiLU",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
}


@pytest.mark.parametrize("cls", all_types(), ids=lambda cls: cls.type)
def test_agrees_with_pytorch(cls: type[Layer], cases: int, seed: int) -> None:
    tally = run(cls, cases, seed)
    shown = "\n".join(tally.found[:10])
    assert not tally.found, f"{len(tally.found)} of {tally.cases} cases disagree\n{shown}"
    least = 0.1 if cases >= 1000 else 0.03
    assert tally.accepted >= least * tally.cases, "too few cases are accepted for the test to mean much"
    refused = tally.cases - tally.accepted
    assert refused >= least * tally.cases or cls.type in TAKES_ANYTHING, "too few cases are refused to mean much"
