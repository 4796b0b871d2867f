"""Rules and receptive fields on networks that nobody would write: rows of every type in any order never fail."""

from __future__ import annotations

import random
from functools import cache

import pytest

import shapecalc
from shapecalc.layers.params import show
from shapecalc.layers.registry import catalogue
from shapecalc.rules.base import RULES
from shapecalc.rules.checking import run

CHECKED = [one.name for one in RULES.values() if one.check is not None]
INPUTS = (
    "[3, 16, 16]", "[8]", "[5, 8]", "[4, 4, 8, 8]", "[3, H, W]", "[8, L]", "[C, 8, 8]", "[]", "[1, 1, 1]", "[0]",
)  # fmt: skip
BATCHES = ("", "", "batch: 1\n", "batch: 2\n", "batch: null\n", "batch: 0\n")

#: Texts that once failed.
ONCE = [
    "input: [1, 1, 1]\nlayers:\n  - lazyconv1d: {out: 4, k: 3}\n  - lazybatchnorm1d\n",
    "input: [5, 8]\nbatch: 0\nlayers:\n  - instancenorm3d: {num_features: 4}\n  - permute: {dims: [0, 3, 1, 2]}\n",
    "input: [C, 8, 8]\nbatch: 0\nlayers:\n  - unbind\n  - relu\n",
    "input: [4, 4, 8, 8]\nlayers:\n  - expand: {sizes: [3, 4]}\n  - relu\n",
]


@cache
def rows() -> list[str]:
    """A row for each example of each type."""
    found = []
    for cls in catalogue():
        name = cls.type if cls.function else cls.type.lower()
        for example in cls.examples:
            args = ", ".join(f"{key}: {show(value)}" for key, value in example.kwargs.items())
            found.append(f"{name}: {{{args}}}" if args else name)
    return found


def network(rng: random.Random) -> str:
    """A few rows in any order, some reading the input as well, some in a residual."""
    lines = []
    for k in range(rng.randint(1, 8)):
        row = rng.choice(rows())
        if k and row.endswith("}") and rng.random() < 0.15:
            row = row[:-1] + ", from: [-1, input]}"
        elif rng.random() < 0.1:
            row = f"residual: [{row}]"
        lines.append(f"  - {row}\n")
    return f"input: {rng.choice(INPUTS)}\n{rng.choice(BATCHES)}layers:\n" + "".join(lines)


def look_at(text: str) -> None:
    plan = shapecalc.plan(text=text)
    for one in run(plan, CHECKED):
        assert one.to_dict()
    for row in plan.layers:
        assert row.receptive_field is None or len(row.receptive_field) > 0


@pytest.mark.parametrize("seed", range(8))
def test_any_rows(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(50):
        text = network(rng)
        try:
            look_at(text)
        except Exception as error:
            pytest.fail(f"{error!r} on\n{text}")


@pytest.mark.parametrize("text", ONCE)
def test_what_once_failed(text: str) -> None:
    look_at(text)
