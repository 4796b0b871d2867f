"""Receptive fields behind growing layers, resizes, adaptive pools, slices, reshapes: against PyTorch's gradients.

All weights are positive and all layers but softmax linear: what an output has a gradient from is what it sees. Outputs
whose windows a border cuts are left out.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

import shapecalc

torch.set_num_threads(1)

SIZE = 72
Module = Callable[[torch.Tensor], torch.Tensor]
Drawn = tuple[str, Module]


def seen(net: Module, size: int = SIZE) -> list[tuple[int, int]]:
    """For each output along the last axis the first and last input position that it reads; (0, -1) for none."""
    x = torch.linspace(1, 2, size, dtype=torch.float64).reshape(1, 1, size).requires_grad_()
    y = net(x)
    found = []
    for at in range(y.shape[-1]):
        (grad,) = torch.autograd.grad(y[..., at].sum(), x, retain_graph=True)
        read = grad[0, 0].nonzero().flatten()
        found.append((int(read[0]), int(read[-1])) if len(read) else (0, -1))
    return found


def planned(rows: list[str], size: int = SIZE) -> tuple[Any, Any]:
    made = shapecalc.plan(text=f"input: [1, {size}]\nlayers:\n" + "".join(f"  - {row}\n" for row in rows))
    assert made.ok, made.diagnostics
    last = made.layers[-1]
    assert last.receptive_field is not None
    return last.receptive_field[0], None if last.jump is None else last.jump[0]


def ones(module: nn.Module) -> nn.Module:
    for p in module.parameters():
        nn.init.constant_(p, 0.5)
    return module.double()


def conv(rng: random.Random) -> Drawn:
    k, s, p, d = rng.randint(1, 4), rng.randint(1, 2), rng.randint(0, 2), rng.randint(1, 3)
    return f"conv1d: {{out: 1, k: {k}, s: {s}, p: {p}, d: {d}}}", ones(nn.Conv1d(1, 1, k, s, p, d))


def transposed(rng: random.Random) -> Drawn:
    k, s, p, d = rng.randint(1, 5), rng.randint(1, 3), rng.randint(0, 1), rng.randint(1, 3)
    return f"convtranspose1d: {{out: 1, k: {k}, s: {s}, p: {p}, d: {d}}}", ones(
        nn.ConvTranspose1d(1, 1, k, s, p, dilation=d)
    )


def pool(rng: random.Random) -> Drawn:
    k = rng.randint(1, 4)
    s, p = rng.randint(1, 3), rng.randint(0, k // 2)
    return f"avgpool1d: {{k: {k}, s: {s}, p: {p}}}", nn.AvgPool1d(k, s, p)


def nearest(rng: random.Random) -> Drawn:
    f = rng.choice([2, 3, 1.5, 0.5])
    return f"upsample: {{scale_factor: {f}}}", nn.Upsample(scale_factor=f)


def linear(rng: random.Random) -> Drawn:
    f = rng.choice([2, 3, 4])
    return f"upsample: {{scale_factor: {f}, mode: linear}}", nn.Upsample(scale_factor=f, mode="linear")


def sliced(rng: random.Random) -> Drawn:
    start, step = rng.randint(0, 3), rng.randint(1, 2)
    return f"slice: {{dim: 2, start: {start}, step: {step}}}", lambda x: x[:, :, start::step]


def padded(rng: random.Random) -> Drawn:
    a, b = rng.randint(-1, 2), rng.randint(-1, 2)
    return f"zeropad1d: [{a}, {b}]", nn.ZeroPad1d((a, b))


def turned(rng: random.Random) -> Drawn:
    return "sequential: [{transpose: {dim0: 1, dim1: 2}}, relu, {permute: [0, 2, 1]}, relu]", nn.ReLU()


def chain(drawn: list[Drawn]) -> Module:
    def run(x: torch.Tensor) -> torch.Tensor:
        for _, module in drawn:
            x = module(x)
        return x

    return run


MAKERS = [conv, conv, transposed, pool, nearest, linear, sliced, padded, turned]


def inner(windows: list[tuple[int, int]], size: int, field: int) -> list[tuple[int, int]]:
    """The windows that lie a whole field away from the borders."""
    return [(a, b) for a, b in windows if a > b or (b - field >= 0 and a + field < size)]


@pytest.mark.parametrize("seed", range(300))
def test_chains_with_phases(seed: int) -> None:
    rng = random.Random(seed)
    drawn = [rng.choice(MAKERS)(rng) for _ in range(rng.randint(1, 4))]
    rows = [row for row, _ in drawn]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        windows = seen(chain(drawn))
    field, jump = planned(rows)
    middle = inner(windows, SIZE, field)
    if len(middle) < 6:
        pytest.skip("the windows are too long for the input")
    assert max(b - a + 1 for a, b in middle) == field, rows
    period = 36  # a multiple of the number of phases of most chains
    steps = {v[0] - u[0] for u, v in zip(middle, middle[period:], strict=False) if u[0] <= u[1] and v[0] <= v[1]}
    assert not steps or jump is None or max(abs(step - period * jump) for step in steps) < 2 * max(1, jump) + 1, rows


ADAPTIVE = [(12, 5), (12, 8), (72, 30), (30, 7), (9, 4), (10, 15)]


@pytest.mark.parametrize(("size", "out"), ADAPTIVE)
@pytest.mark.parametrize("then", [None, 2, 3])
def test_adaptive_pools_window_by_window(size: int, out: int, then: int | None) -> None:
    """Its windows stand at uneven places: every output's own size counts."""
    layers: list[nn.Module] = [nn.AdaptiveAvgPool1d(out)] + ([nn.AvgPool1d(then)] if then else [])
    rows = [f"adaptiveavgpool1d: {out}"] + ([f"avgpool1d: {then}"] if then else [])
    windows = seen(nn.Sequential(*layers), size)
    assert planned(rows, size)[0] == max(b - a + 1 for a, b in windows)


RESIZES = [
    ("linear", {"size": 31}),
    ("linear", {"size": 100}),
    ("linear", {"size": 100, "align_corners": True}),
    ("linear", {"scale_factor": 2, "align_corners": True}),
    ("nearest", {"size": 31}),
    ("nearest-exact", {"size": 48}),
    ("area", {"size": 30}),
    ("nearest", {"scale_factor": 1.5, "recompute_scale_factor": True}),
]


@pytest.mark.parametrize(("mode", "args"), RESIZES)
def test_resizes(mode: str, args: dict[str, Any]) -> None:
    given = ", ".join(f"{k}: {str(v).lower()}" for k, v in args.items())
    rows = [f"upsample: {{mode: {mode}, {given}}}", "avgpool1d: {k: 3, s: 1}"]
    windows = seen(nn.Sequential(nn.Upsample(mode=mode, **args), nn.AvgPool1d(3, 1)))
    assert planned(rows)[0] == max(b - a + 1 for a, b in windows)


# rows, what the same is in PyTorch, the input's size
WHOLE: list[tuple[list[str], Module, int]] = [
    # the pool drops the last position: nothing behind it can see it
    (["avgpool1d: 2", "flatten", "linear: 3"], nn.Sequential(nn.AvgPool1d(2), nn.Flatten(), nn.Linear(16, 3)), 33),
    (["conv1d: {out: 1, k: 3, s: 4}", "adaptiveavgpool1d: 1"],
     nn.Sequential(nn.Conv1d(1, 1, 3, 4), nn.AdaptiveAvgPool1d(1)), 20),
    # tokens: each sees its patch, until they are mixed
    (["conv1d: {out: 1, k: 4, s: 4}", "transpose: [1, 2]", "layernorm", "linear: 5"],
     nn.Sequential(nn.Conv1d(1, 1, 4, 4), nn.Unflatten(1, (1, 1)), nn.Flatten(1, 2)), 20),
    (["conv1d: {out: 1, k: 4, s: 4}", "linear: 5"], nn.Sequential(nn.Conv1d(1, 1, 4, 4), nn.Linear(5, 5)), 21),
    (["mean: {dim: 2, keepdim: true}"], lambda x: x.mean(2, keepdim=True), 20),
    (["softmax: 2"], nn.Softmax(2), 9),
    (["conv1d: {out: 1, k: 3}", "select: {dim: 2, index: 4}"], lambda x: nn.Conv1d(1, 1, 3).double()(x)[:, :, 4], 20),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "net", "size"), WHOLE, ids=lambda v: "-".join(v) if isinstance(v, list) else "")
def test_axes_that_are_read_whole_or_moved(rows: list[str], net: Module, size: int) -> None:
    rows = [row.replace("transpose: [1, 2]", "transpose: {dim0: 1, dim1: 2}") for row in rows]
    if isinstance(net, nn.Module):
        ones(net)
    windows = [(a, b) for a, b in seen(net, size) if a <= b]
    assert planned(rows, size)[0] == max(b - a + 1 for a, b in windows)


def test_two_dimensions_keep_their_axes() -> None:
    """Transposed, shuffled, joined: each spatial axis is followed by itself."""
    text = """
input: [4, 16, 24]
layers:
  - conv2d: {out: 4, k: [3, 5], s: [1, 2], p: [1, 2]}
  - {name: turned, permute: [0, 1, 3, 2]}
  - conv2d: {out: 8, k: [1, 3], p: [0, 1]}
  - {name: shuffled, type: PixelShuffle, upscale_factor: 2}
  - {name: unshuffled, type: PixelUnshuffle, downscale_factor: 2}
  - {name: tokens, type: flatten, start_dim: 2}
  - {name: swapped, type: transpose, dim0: 1, dim1: 2}
  - linear: 7
  - {name: back, type: transpose, dim0: 1, dim1: 2}
  - {name: mixed, type: linear, out_features: 3}
""".replace("{name: turned, permute: [0, 1, 3, 2]}", "{name: turned, type: permute, dims: [0, 1, 3, 2]}")
    made = shapecalc.plan(text=text)
    assert made.ok, made.diagnostics
    shown = {row.name: (row.receptive_field, row.jump) for row in made.layers}
    assert shown["turned"] == ((3, 5), (1, 2))
    assert shown["conv2d_2"] == ((5, 5), (1, 2))
    assert shown["shuffled"] == ((5, 5), (0.5, 1))
    assert shown["unshuffled"] == ((5, 5), (1, 2))
    assert shown["linear_1"] == shown["back"] == shown["unshuffled"]
    assert shown["mixed"] == ((16, 24), None)


SEQUENCES = [
    ("[10, 32]", "linear: 5"),
    ("[10, 32]", "{lstm: {hidden_size: 4, batch_first: true}}"),
    ("[10, 32]", "{multiheadattention: {num_heads: 4, batch_first: true}}"),
    ("[10, 32]", "layernorm"),
    ("[10, 32]", "{sequential: [relu, dropout, {linear: 4}]}"),
    ("[10, 32]", "{transformerencoderlayer: {nhead: 4, batch_first: true}}"),
    ("[10]", "relu"),
    ("[8, 8, 3]", "{sequential: [layernorm, {linear: 4}]}"),
]


@pytest.mark.parametrize(("shape", "row"), SEQUENCES)
def test_sequences_have_no_spatial_axes(shape: str, row: str) -> None:
    made = shapecalc.plan(text=f"input: {shape}\nlayers:\n  - {row}\n  - relu\n")
    assert made.ok, made.diagnostics
    assert all(r.receptive_field is None and r.jump is None for r in made.layers)


def test_whole_shapes() -> None:
    """Without a batch axis, and with the channels last, the first convolution says which axes are spatial."""
    rows = "[{conv2d: {out: 4, k: 3}}, {maxpool2d: 2}]"
    single = shapecalc.plan(text=f"input: [3, 20, 20]\nbatch: null\nlayers: {rows}\n")
    assert single.layers[-1].receptive_field == (4, 4) and single.layers[-1].jump == (2, 2)
    last = shapecalc.plan(text=f"input: [20, 22, 3]\nlayers: [{{permute: [0, 3, 1, 2]}}, {{sequential: {rows}}}]\n")
    assert last.layers[0].receptive_field == (1, 1) and last.layers[-1].receptive_field == (4, 4)
