"""Max pools, two dimensions and upsampling: receptive field and jump against PyTorch's gradients.

Sample i of a batch is all zeros but for position i, and all weights are positive: so whatever reads position i passes
its gradient back, max pools included.
"""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import nn

import shapecalc

Module = tuple[str, dict[str, object]]
Spans = dict[tuple[int, ...], list[tuple[int, int]]]


def one_channel(**args: object) -> dict[str, object]:
    return {"in_channels": 1, "out_channels": 1, **args}


def torch_module(layers: list[Module]) -> nn.Module:
    net = nn.Sequential(*(getattr(nn, kind)(**args) for kind, args in layers)).double()
    for p in net.parameters():
        nn.init.constant_(p, 0.5)
    return net


def windows(layers: list[Module], sizes: tuple[int, ...]) -> Spans:
    """Output position -> per axis (first, last) input position that has a gradient from it."""
    places = list(product(*map(range, sizes)))
    x = torch.zeros(len(places), 1, *sizes, dtype=torch.float64)
    for sample, place in enumerate(places):
        x[(sample, 0, *place)] = 1
    x.requires_grad_()
    y = torch_module(layers)(x)
    found = {}
    for at in product(*map(range, y.shape[2:])):
        (grad,) = torch.autograd.grad(y[(slice(None), 0, *at)].sum(), x, retain_graph=True)
        seen = [place for sample, place in enumerate(places) if grad[(sample, 0, *place)] != 0]
        if seen:
            found[at] = [(min(axis), max(axis)) for axis in zip(*seen, strict=True)]
    return found


def planned(layers: list[Module], sizes: tuple[int, ...]) -> tuple[list[float], list[float] | None]:
    rows = [f"  - {kind}: {{{', '.join(f'{k}: {written(v)}' for k, v in args.items())}}}" for kind, args in layers]
    plan = shapecalc.plan(text=f"input: {[1, *sizes]}\nlayers:\n" + "\n".join(rows) + "\n")
    assert plan.ok, plan.diagnostics
    jump = plan.layers[-1].jump
    return list(plan.layers[-1].receptive_field), None if jump is None else list(jump)


def written(value: object) -> str:
    return str(list(value)) if isinstance(value, tuple) else str(value)


def whole(spans: Spans, sizes: tuple[int, ...], field: list[float]) -> Spans:
    """The spans that no border cuts: a window as long as the field fits, wherever in it the span lies."""

    def fits(span: list[tuple[int, int]]) -> bool:
        rows = zip(span, sizes, field, strict=True)
        return all(last - f + 1 >= 0 and first + f <= n for (first, last), n, f in rows)

    return {at: span for at, span in spans.items() if fits(span)}


EXACT: list[list[Module]] = [
    [("MaxPool1d", {"kernel_size": 3, "stride": 2, "dilation": 2, "padding": 1})],
    [("MaxPool1d", {"kernel_size": 2}), ("Conv1d", one_channel(kernel_size=3)), ("MaxPool1d", {"kernel_size": 2})],
    [("Conv2d", one_channel(kernel_size=(3, 2), stride=(2, 1)))],
    [("LPPool2d", {"norm_type": 2, "kernel_size": (2, 3), "stride": 1})],
    [
        ("Conv2d", one_channel(kernel_size=3, padding=1, dilation=(1, 2))),
        ("MaxPool2d", {"kernel_size": (2, 3), "stride": (2, 1)}),
    ],
    [("AvgPool2d", {"kernel_size": 2}), ("Conv2d", one_channel(kernel_size=(1, 3), padding="same"))],
    [("Conv3d", one_channel(kernel_size=(1, 2, 3))), ("MaxPool3d", {"kernel_size": 2, "stride": 1})],
]


@pytest.mark.parametrize("layers", EXACT)
def test_every_window_has_the_size_and_the_step(layers: list[Module]) -> None:
    sizes = {"1": (24,), "2": (12, 14), "3": (5, 6, 7)}[layers[0][0][-2]]
    field, jump = planned(layers, sizes)
    spans = whole(windows(layers, sizes), sizes, field)
    assert spans and jump is not None
    for at, span in spans.items():
        assert [last - first + 1 for first, last in span] == field
        for axis, step in enumerate(jump):
            after = spans.get((*at[:axis], at[axis] + 1, *at[axis + 1 :]))
            assert after is None or after[axis][0] - span[axis][0] == step


WIDEST: list[list[Module]] = [
    [("Upsample", {"scale_factor": 2, "mode": "nearest"})],
    [("Upsample", {"scale_factor": 2, "mode": "linear"})],
    [("Upsample", {"scale_factor": 3, "mode": "linear"})],
    [("Conv1d", one_channel(kernel_size=3, stride=2)), ("Upsample", {"scale_factor": 2, "mode": "nearest"})],
    [("ConvTranspose1d", one_channel(kernel_size=4, stride=2, padding=1))],
    [("MaxPool1d", {"kernel_size": 2}), ("ConvTranspose1d", one_channel(kernel_size=2, stride=2))],
]


@pytest.mark.parametrize("layers", WIDEST)
def test_growing_layers_by_their_widest_window(layers: list[Module]) -> None:
    field, jump = planned(layers, (40,))
    spans = whole(windows(layers, (40,)), (40,), field)
    assert max(last - first + 1 for [(first, last)] in spans.values()) == field[0]
    steps = {spans[(j + 12,)][0][0] - span[0][0] for (j,), span in spans.items() if (j + 12,) in spans}
    assert jump is not None and steps == {round(12 * jump[0])}


GLOBAL: list[list[Module]] = [
    [("AdaptiveAvgPool1d", {"output_size": 1})],
    [("Conv1d", one_channel(kernel_size=3)), ("AdaptiveMaxPool1d", {"output_size": 1})],
]


@pytest.mark.parametrize("layers", GLOBAL)
def test_global_layers_see_everything(layers: list[Module]) -> None:
    assert planned(layers, (20,)) == ([20], None)
    assert windows(layers, (20,)) == {(0,): [(0, 19)]}
