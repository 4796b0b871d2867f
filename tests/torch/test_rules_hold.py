"""What lint rules claim, against PyTorch: what is called unread has no gradient, what is cancelled changes nothing."""

from __future__ import annotations

import math
import warnings

import pytest

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

from shapecalc import plan  # noqa: E402
from shapecalc.rules.checking import run  # noqa: E402
from shapecalc.text.findings import Finding  # noqa: E402


def said(rule: str, given: str, *rows: str) -> Finding:
    """The one finding of the rule in a network of pasted rows."""
    text = f"input: {given}\nlayers:\n" + "".join(f"  - {row}\n" for row in rows)
    (found,) = run(plan(text=text), [rule])
    return found


def gradient(layer: object, *shape: int) -> object:
    """How much each input position matters for the sum of the outputs (weights are all positive)."""
    x = torch.rand(shape, requires_grad=True)
    layer(x).sum().backward()  # type: ignore[operator]
    return x.grad.abs().sum(dim=(0, 1))


def positive(layer: object) -> object:
    for parameter in layer.parameters():  # type: ignore[attr-defined]
        nn.init.constant_(parameter, 0.5)
    return layer


@pytest.mark.parametrize(
    ("code", "n", "rows"),
    [
        ("nn.Conv2d(3, 2, 3, stride=4, padding=1)", 224, "rows 223 and 224"),
        ("nn.Conv2d(3, 2, 7, stride=2)", 224, "row 224"),
        ("nn.Conv2d(3, 2, 4, stride=4)", 11, "rows 9 to 11"),
        ("nn.AvgPool2d(2)", 7, "row 7"),
        ("nn.AvgPool2d(3, stride=5, padding=1)", 13, "row 13"),
    ],
)
def test_unread_border(code: str, n: int, rows: str) -> None:
    grad = gradient(positive(eval(code)), 1, 3, n, n)
    unread = [k + 1 for k in range(n) if not grad[k].any()]
    last = max(k + 1 for k in range(n) if grad[k].any())
    border = [k for k in unread if k > last]
    found = said("unread-border", f"[3, {n}, {n}]", code)
    numbers = [int(w) for w in rows.replace("to", "").replace("and", "").split()[1:]]
    assert found.message.startswith(rows) and border == list(range(numbers[0], numbers[-1] + 1))


def test_skipped_input() -> None:
    found = said("skipped-input", "[3, 24, 24]", "nn.Conv2d(3, 2, 3, stride=4, padding=1)")
    grad = gradient(positive(nn.Conv2d(3, 2, 3, stride=4, padding=1)), 1, 3, 24, 24)
    read = int(grad.any(dim=1).sum())
    assert found.notes[0].endswith(f"read {read} of 24 rows")


def test_padding_only_output() -> None:
    layer = nn.Conv2d(3, 1, 3, padding=3)
    rows = (layer(torch.rand(1, 3, 30, 30))[0, 0] == layer.bias).all(dim=1).sum()
    found = said("padding-only-output", "[3, 30, 30]", "nn.Conv2d(3, 1, 3, padding=3)")
    assert f"{rows} of 34 output rows" in found.message


def test_padding_only_window() -> None:
    x = torch.rand(1, 1, 7, 7)
    assert F.max_pool2d(x, 2, padding=1, ceil_mode=True).shape == F.max_pool2d(x, 2, padding=1).shape
    assert (
        "adds no window"
        in said("padding-only-window", "[1, 7, 7]", "nn.MaxPool2d(2, padding=1, ceil_mode=True)").message
    )
    x = torch.rand(1, 1, 8, 8)
    added = F.max_pool2d(x, 3, 2, 1, ceil_mode=True)[0, 0, -1, -1]
    assert added == x[0, 0, 7, 7]
    assert (
        "row 8 of 8 again" in said("padding-only-window", "[1, 8, 8]", "nn.MaxPool2d(3, 2, 1, ceil_mode=True)").message
    )


@pytest.mark.parametrize("norm", ["nn.BatchNorm2d(4)", "nn.InstanceNorm2d(4)"])
@pytest.mark.parametrize("code", ["nn.Conv2d(3, 4, 3)", "nn.ConvTranspose2d(3, 4, 3)"])
def test_redundant_bias(code: str, norm: str) -> None:
    layer, after, x = eval(code), eval(norm), torch.rand(2, 3, 8, 8)
    before = after(layer(x))
    nn.init.normal_(layer.bias, std=3.0)
    assert torch.allclose(before, after(layer(x)), atol=1e-4)
    assert "(4 parameters) is cancelled" in said("redundant-bias", "[3, 8, 8]", code, norm).message


def test_a_group_norm_does_not_cancel_the_bias() -> None:
    layer, after, x = nn.Conv2d(3, 4, 3), nn.GroupNorm(2, 4), torch.rand(2, 3, 8, 8)
    before = after(layer(x))
    nn.init.normal_(layer.bias, std=3.0)
    assert not torch.allclose(before, after(layer(x)), atol=1e-2)


def test_linear_after_linear() -> None:
    a, b, x = nn.Linear(6, 9), nn.Linear(9, 3), torch.rand(5, 6)
    assert torch.allclose(b(a(x)), x @ (b.weight @ a.weight).T + b.weight @ a.bias + b.bias, atol=1e-5)


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_implicit_dim(rank: int) -> None:
    x = torch.rand((2, 3, 4, 5)[:rank])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        guessed = F.softmax(x)
    axis = 0 if rank in (1, 3) else 1
    assert torch.equal(guessed, F.softmax(x, dim=axis))
    if rank > 1:
        found = said("implicit-dim", str(list(x.shape[1:])), "nn.Softmax()")
        assert f"takes axis {axis}" in found.message


@pytest.mark.parametrize("classes", [2, 10, 1000])
def test_softmax_before_cross_entropy(classes: int) -> None:
    sure = torch.zeros(1, classes)
    sure[0, 0] = 1e4
    least = F.cross_entropy(F.softmax(sure, dim=1), torch.tensor([0])).item()
    found = said("activation-before-loss", "[8]\nloss: cross_entropy", f"linear: {classes}", "softmax: 1")
    assert found.message.endswith(f"stays above {least:.2f} for {classes} classes")


def test_sigmoid_before_bce_with_logits() -> None:
    least = F.binary_cross_entropy_with_logits(torch.sigmoid(torch.tensor([1e4])), torch.tensor([1.0])).item()
    found = said("activation-before-loss", "[8]\nloss: bce_with_logits", "linear: 1", "sigmoid")
    assert found.message.endswith(f"stays above {least:.2f}")


def test_norms_over_one_value_give_a_constant() -> None:
    x = torch.randn(4, 8, 1, 1)
    assert nn.GroupNorm(8, 8)(x).abs().max() < 1e-3
    assert nn.LayerNorm(1)(torch.randn(4, 1)).abs().max() < 1e-3
    assert torch.allclose(nn.RMSNorm(1, eps=1e-12)(torch.randn(9, 1)).abs(), torch.ones(9, 1))


def test_relu_and_max_pool_commute() -> None:
    x = torch.randn(1, 2, 9, 9)
    assert torch.equal(F.max_pool2d(F.relu(x), 3, 2, 1), F.relu(F.max_pool2d(x, 3, 2, 1)))


@pytest.mark.parametrize(("k", "s"), [(3, 2), (5, 2), (5, 3), (4, 2), (2, 3)])
def test_uneven_overlap(k: int, s: int) -> None:
    """How many inputs each output of a transposed convolution is the sum of, away from the border."""
    layer = nn.ConvTranspose2d(1, 1, k, stride=s, bias=False)
    nn.init.ones_(layer.weight)
    inner = layer(torch.ones(1, 1, 12, 12))[0, 0, 2 * k : -2 * k, 2 * k : -2 * k]
    low, high = int(inner.min()), int(inner.max())
    text = f"input: [1, 12, 12]\nlayers:\n  - nn.ConvTranspose2d(1, 1, {k}, stride={s})\n"
    found = run(plan(text=text), ["uneven-overlap"])
    assert bool(found) == (low != high)
    if found:
        assert f"sums of {low} to {high} products" in found[0].message


@pytest.mark.parametrize("dilations", [(2, 2), (2, 4), (3, 3, 3), (2, 4, 8)])
def test_gridding(dilations: tuple[int, ...]) -> None:
    layers = [nn.Conv2d(1, 1, 3, dilation=d) for d in dilations]
    net = positive(nn.Sequential(*layers))
    size = 2 * sum(dilations) + 1
    x = torch.rand(1, 1, size, size, requires_grad=True)
    net(x).sum().backward()  # type: ignore[operator]
    seen = int(x.grad[0, 0].any(dim=1).sum())
    rows = [f"nn.Conv2d(1, 1, 3, dilation={d})" for d in dilations]
    found = said("gridding-dilations", f"[1, {size}, {size}]", *rows)
    assert f"sees {seen} of the {size} rows" in found.message


def test_batches_that_meet() -> None:
    x = torch.rand(5, 8)
    a = nn.Linear(8, 1)(x)
    assert (a - a.squeeze(1)).shape == (5, 5)


def test_deprecated_upsampling_is_what_is_written_instead() -> None:
    x = torch.rand(1, 2, 5, 5)
    assert torch.equal(nn.UpsamplingNearest2d(scale_factor=2)(x), nn.Upsample(scale_factor=2)(x))
    bilinear = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    assert torch.equal(nn.UpsamplingBilinear2d(scale_factor=2)(x), bilinear(x))


def test_momentum_is_the_weight_of_the_last_batch() -> None:
    norm = nn.BatchNorm1d(1, momentum=0.9)
    norm(torch.tensor([[1.0], [3.0]]))
    assert math.isclose(norm.running_mean.item(), 0.9 * 2.0, rel_tol=1e-6)
