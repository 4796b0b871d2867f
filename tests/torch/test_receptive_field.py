"""Receptive field and jump against torch: which input positions have a gradient from one output element."""

from __future__ import annotations

import random
from typing import Any

import pytest

from shapecalc.api import plan as engine

torch = pytest.importorskip("torch")
torch.set_num_threads(1)

SIZE = 260


def measured(module: Any, size: int = SIZE) -> tuple[int, float]:
    """(widest window of input positions, mean input step between outputs), over the outputs in the middle."""
    x = torch.ones(1, 1, size, requires_grad=True)
    y = module(x)
    middle = y.shape[-1] // 2
    windows = []
    for position in range(middle - 4, middle + 5):
        (gradient,) = torch.autograd.grad(y[0, 0, position], x, retain_graph=True)
        seen = gradient[0, 0].nonzero().flatten()
        windows.append((int(seen[0]), int(seen[-1])))
    steps = (windows[-1][0] - windows[0][0]) / (len(windows) - 1)
    return max(last - first + 1 for first, last in windows), steps


def positive(module: Any) -> Any:
    """All weights one, so that no gradient cancels."""
    for weight in module.parameters():
        torch.nn.init.ones_(weight)
    return module


def spec(rows: list[str]) -> str:
    return f"input: [1, {SIZE}]\nlayers:\n" + "".join(f"  - {row}\n" for row in rows)


def planned(rows: list[str]) -> tuple[int, float]:
    made = engine.plan(text=spec(rows))
    assert made.ok, made.diagnostics
    last = made.layers[-1]
    assert last.receptive_field is not None and last.jump is not None
    return last.receptive_field[0], last.jump[0]


def conv(rng: random.Random) -> tuple[str, Any]:
    k, s, p, d = rng.randint(1, 5), rng.randint(1, 2), rng.randint(0, 2), rng.randint(1, 3)
    return f"conv1d: {{out: 1, k: {k}, s: {s}, p: {p}, d: {d}}}", torch.nn.Conv1d(1, 1, k, s, p, d)


def pool(rng: random.Random) -> tuple[str, Any]:
    k = rng.randint(1, 4)
    s, p = rng.randint(1, k), rng.randint(0, k // 2)
    return f"avgpool1d: {{k: {k}, s: {s}, p: {p}}}", torch.nn.AvgPool1d(k, s, p)


def pointwise(rng: random.Random) -> tuple[str, Any]:
    return "relu", torch.nn.ReLU()


@pytest.mark.parametrize("seed", range(60))
def test_chains(seed: int) -> None:
    rng = random.Random(seed)
    drawn = [rng.choice([conv, conv, pool, pointwise])(rng) for _ in range(rng.randint(1, 4))]
    module = positive(torch.nn.Sequential(*(m for _, m in drawn)))
    field, jump = planned([row for row, _ in drawn])
    assert (field, jump) == measured(module), [row for row, _ in drawn]


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_transposed(kernel: int, stride: int, dilation: int) -> None:
    """One transposed convolution: the widest window over the phases of the stride."""
    module = positive(torch.nn.ConvTranspose1d(1, 1, kernel, stride, dilation=dilation))
    if not all(any((o - dilation * k) % stride == 0 for k in range(kernel)) for o in range(stride)):
        pytest.skip("some outputs see nothing")
    field, jump = planned([f"convtranspose1d: {{out: 1, k: {kernel}, s: {stride}, d: {dilation}}}"])
    assert field == measured(module)[0] and jump == pytest.approx(1 / stride)


def test_branches_are_united() -> None:
    """The widest branch counts, and what lies beside it as well."""

    class Two(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wide = torch.nn.Conv1d(1, 1, 5, padding=2)
            self.aside = torch.nn.Conv1d(1, 1, 3, padding=1, dilation=1)

        def forward(self, x: Any) -> Any:
            return self.wide(x) + self.aside(self.aside(self.aside(x)))

    rows = [
        "parallel: {branches: [[{conv1d: {out: 1, k: 5, p: 2}}], "
        "[{conv1d: {out: 1, k: 3, p: 1}}, {conv1d: {out: 1, k: 3, p: 1}}, {conv1d: {out: 1, k: 3, p: 1}}]], merge: add}"
    ]
    assert planned(rows) == (7, 1) == measured(positive(Two()))


@pytest.mark.parametrize(("name", "field"), [("alexnet", 195), ("vgg16", 212)])
def test_published_networks(name: str, field: int) -> None:
    """Last pool before the classifier (Araujo, Norris, Sim: Computing Receptive Fields, Distill 2019, table 1)."""
    pools = [row for row in engine.plan(f"specs/{name}.yaml").layers if row.type == "MaxPool2d"]
    assert pools[-1].receptive_field == (field, field) and pools[-1].jump == (32, 32)
