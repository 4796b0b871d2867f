"""Convolutions: shapes, symbols, findings and explanations. Live PyTorch is compared in tests/torch."""

from __future__ import annotations

from typing import Any

import pytest

from shapecalc.algebra.dims import symbol
from shapecalc.layers import conv
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import lookup

N, C, H, W = map(symbol, ("N", "C", "H", "W"))
IMAGE = (1, 3, 8, 8)
CONV = {"in_channels": 3, "out_channels": 6, "kernel_size": 3}


def infer(name: str, args: dict[str, Any], *xs: Any) -> tuple[Result, Context]:
    ctx = Context()
    cls = lookup(name)
    assert cls is not None
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


TYPES = [
    c
    for c in vars(conv).values()
    if isinstance(c, type) and issubclass(c, Layer) and not c.abstract and c.__module__ == conv.__name__
]


@pytest.mark.parametrize("cls", TYPES, ids=lambda c: c.type)
def test_examples(cls: type[Layer]) -> None:
    assert len(TYPES) == 12
    for example in cls.examples:
        result, ctx = infer(cls.type, example.kwargs, *example.inputs)
        assert not ctx.problems
        assert list(result.out_shapes) == example.outputs
        assert result.params == example.params
        assert example.macs in (None, result.macs)
        assert result.layer.explain(tuple(example.inputs), result.out_shapes)
        assert "{" not in (cls.__doc__ or "{")


@pytest.mark.parametrize(
    ("name", "args", "x", "out", "params", "macs"),
    [
        # what decides the size
        ("conv2d", CONV, IMAGE, (1, 6, 6, 6), 168, 5832),
        ("conv2d", {**CONV, "stride": (1, 2)}, IMAGE, (1, 6, 6, 3), 168, 2916),
        ("conv2d", {**CONV, "dilation": 3}, IMAGE, (1, 6, 2, 2), 168, 648),
        ("conv2d", {**CONV, "padding": "same", "kernel_size": 4}, IMAGE, (1, 6, 8, 8), 294, 18432),
        ("conv2d", {**CONV, "padding": "valid", "stride": 2}, IMAGE, (1, 6, 3, 3), 168, 1458),
        ("conv2d", {**CONV, "padding": -1, "padding_mode": "reflect"}, IMAGE, (1, 6, 4, 4), 168, 2592),
        ("conv2d", {**CONV, "padding": 8, "padding_mode": "circular"}, IMAGE, (1, 6, 22, 22), 168, 78408),
        # channels
        ("conv2d", {"out_channels": 6, "kernel_size": 1, "bias": False}, IMAGE, (1, 6, 8, 8), 18, 1152),
        ("conv2d", {**CONV, "groups": 3}, IMAGE, (1, 6, 6, 6), 60, 1944),
        # unbatched and empty
        ("conv2d", CONV, (3, 8, 8), (6, 6, 6), 168, 5832),
        ("conv1d", CONV, (0, 3, 8), (0, 6, 6), 60, 0),
        ("conv3d", {**CONV, "in_channels": 0}, (1, 0, 4, 4, 4), (1, 0, 2, 2, 2), 6, 0),
        # transposed
        ("convtranspose2d", CONV, IMAGE, (1, 6, 10, 10), 168, 10368),
        ("convtranspose2d", {**CONV, "stride": 2, "output_padding": 1}, IMAGE, (1, 6, 18, 18), 168, 10368),
        ("convtranspose1d", {**CONV, "dilation": 3, "output_padding": 2}, (3, 8), (6, 16), 60, 432),
        # PyTorch's lazy form forgets to check out_channels, and drops the remainder
        ("lazyconvtranspose1d", {"out_channels": 5, "kernel_size": 1, "groups": 2, "bias": False}, (1, 4, 8),
         (1, 4, 8), 8, 64),
    ],
)  # fmt: skip
def test_accepted(name: str, args: dict[str, Any], x: Any, out: Any, params: int, macs: int) -> None:
    result, ctx = infer(name, args, x)
    assert not ctx.problems
    assert (result.out_shapes, result.params, result.macs) == ((out,), params, macs)


@pytest.mark.parametrize(
    ("args", "x", "out", "params", "conditions"),
    [
        ({"out_channels": symbol("C_out"), "kernel_size": 5}, (N, symbol("C_in"), 28, 28), "(N, C_out, 24, 24)",
         "C_out*(25*C_in + 1)", []),
        ({"out_channels": 4, "kernel_size": 5, "padding": 1}, (N, C, H, W), "(N, 4, H - 2, W - 2)", "100*C + 4",
         ["H >= 3", "W >= 3"]),
        ({"out_channels": 4, "kernel_size": 3, "padding": 1, "stride": 2, "groups": 2}, (N, C, H, W),
         "(N, 4, floor((H - 1)/2) + 1, floor((W - 1)/2) + 1)", "36*floor(C/2) + 4", ["C divisible by 2"]),
        ({"out_channels": 4, "kernel_size": 9, "padding": 4, "padding_mode": "reflect"}, (N, 3, H, 8), "(N, 4, H, 8)",
         "976", ["H >= 5"]),
    ],
)  # fmt: skip
def test_symbols(args: dict[str, Any], x: Any, out: str, params: str, conditions: list[str]) -> None:
    from shapecalc.algebra.shape import format_shape

    result, ctx = infer("conv2d", args, x)
    assert not ctx.problems
    assert (format_shape(result.out_shapes[0]), str(result.params)) == (out, params)
    assert [str(c) for c in ctx.conditions] == conditions


REFUSED = [
    # channels and groups
    ("conv2d", {**CONV, "in_channels": 16}, IMAGE, "channel-mismatch", "in_channels",
     "Conv2d expects 16 input channels, got 3", "write `in_channels: 3`, or leave it out", 3),
    ("conv2d", {**CONV, "groups": 2}, IMAGE, "groups-not-divisible", "groups",
     "in_channels must be divisible by groups: 3 is not divisible by 2",
     "write `groups: 1`, the nearest that divides all channels", 1),
    ("conv2d", {"out_channels": 12, "kernel_size": 3, "groups": 3}, (1, 8, 8, 8), "groups-not-divisible", "groups",
     "in_channels must be divisible by groups: 8 is not divisible by 3",
     "write `groups: 2`, the nearest that divides all channels", 2),
    # the window
    ("conv2d", {**CONV, "kernel_size": 5}, (1, 3, 3, 3), "kernel-too-large", "kernel_size",
     "kernel_size 5 needs at least 5 positions along H and W, got 3",
     "write `kernel_size: 3` or `padding: 1`, or give an input of at least 5", 3),
    ("conv2d", {**CONV, "dilation": 4}, (1, 3, 8, 9), "kernel-too-large", "kernel_size",
     "kernel_size 3 with dilation 4 needs at least 9 positions along H, got 8",
     "write `kernel_size: 2` or `padding: 1`, or give an input of at least 9", 2),
    ("conv2d", {**CONV, "padding": 1}, (1, 3, 0, 8), "kernel-too-large", "input",
     "kernel_size 3 with padding 1 needs at least 1 position along H, got 0", "give an input of at least 1", None),
    ("conv2d", {**CONV, "kernel_size": 0}, IMAGE, "invalid-argument", "kernel_size",
     "kernel_size must be at least 1, got 0 along H", "write `kernel_size: 1`", 1),
    # padding
    ("conv2d", {**CONV, "stride": 2, "padding": "same"}, IMAGE, "invalid-argument", "padding",
     "padding `same` needs stride 1, got stride 2",
     "write `padding: 1`, which gives ceil(in/stride) for odd kernels", 1),
    ("conv2d", {**CONV, "padding": -1}, IMAGE, "invalid-argument", "padding",
     "padding must be at least 0 with padding_mode zeros, not -1",
     "crop before the convolution: ZeroPad2d takes negative sizes", None),
    ("conv2d", {**CONV, "padding": 8, "padding_mode": "reflect"}, IMAGE, "padding-too-large", "padding",
     "reflect padding along H must be at most 7, got 8",
     "write `padding: 7`, or use padding_mode zeros or replicate", 7),
    ("conv2d", {**CONV, "padding": 9, "padding_mode": "circular"}, IMAGE, "padding-too-large", "padding",
     "circular padding along H must be at most 8, got 9",
     "write `padding: 8`, or use padding_mode zeros or replicate", 8),
    # rank
    ("conv2d", CONV, (1, 3), "rank-mismatch", "input",
     "Conv2d expects 4 axes (N, C, H, W), or 3 for one sample, got 2",
     "reshape or unflatten it to (N, C, H, W)", None),
    ("conv1d", CONV, IMAGE, "rank-mismatch", "input", "Conv1d expects 3 axes (N, C, L), or 2 for one sample, got 4",
     "Conv2d takes an input of 4 axes", None),
    # transposed
    ("convtranspose2d", {**CONV, "stride": 2, "output_padding": 2}, IMAGE, "output-padding-too-large",
     "output_padding", "output_padding must be below max(stride, dilation) = 2 along H, got 2",
     "write `output_padding: 1`", 1),
    ("convtranspose2d", {**CONV, "padding": 6}, IMAGE, "output-too-small", "padding",
     "the output needs at least 1 position along H and W, got -2",
     "write `padding: 4`, or give an input of at least 11", 4),
    ("convtranspose2d", {**CONV, "dilation": 0}, IMAGE, "invalid-argument", "dilation",
     "dilation must be at least 1, not 0", "write `dilation: 1`", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "x", "rule", "at", "message", "help", "replace"), REFUSED)
def test_refused(
    name: str, args: dict[str, Any], x: Any, rule: str, at: str, message: str, help: str, replace: object
) -> None:
    _, ctx = infer(name, args, x)
    [problem] = ctx.problems
    assert (problem.rule, problem.at, problem.message) == (rule, at, message)
    assert (problem.help, problem.replace) == (help, replace)


@pytest.mark.parametrize(("name", "args", "x"), [row[:3] for row in REFUSED if row[7] is not None])
def test_the_corrected_value_is_accepted(name: str, args: dict[str, Any], x: Any) -> None:
    _, ctx = infer(name, args, x)
    _, again = infer(name, {**args, ctx.problems[0].at: ctx.problems[0].replace}, x)
    assert not again.problems


def test_arithmetic_in_the_note() -> None:
    _, ctx = infer("conv2d", {**CONV, "kernel_size": 5}, (1, 3, 3, 3))
    assert ctx.problems[0].note == "H and W: (3 + 2*0 - 1*(5 - 1) - 1)/1 + 1 = -1"
    _, ctx = infer("convtranspose2d", {**CONV, "padding": 6}, IMAGE)
    assert ctx.problems[0].note == "H and W: (8 - 1)*1 - 2*6 + 1*(3 - 1) + 0 + 1 = -2"


def test_explain_dilated() -> None:
    result, _ = infer("conv2d", {**CONV, "dilation": 2, "stride": 2}, IMAGE)
    assert result.layer.explain((IMAGE,), result.out_shapes) == [
        "out = floor((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1",
        "H and W: kernel extent = 2*(3 - 1) + 1 = 5: 3 taps, 1 skipped between neighbours",
        "H and W: floor((8 + 2*0 - 2*(3 - 1) - 1)/2) + 1 = 2",
        "H and W: 1 left over: the stride of 2 steps over the end of the padded input",
        "params = 6*3*3*3 + 6 (bias) = 168",
        "macs   = 1*2*2 positions * 6*3*3*3 weights = 648",
    ]


def test_explain_transposed() -> None:
    result, _ = infer("convtranspose1d", {**CONV, "stride": 2, "output_padding": 1}, (1, 3, 8))
    assert result.layer.explain(((1, 3, 8),), result.out_shapes)[1:4] == [
        "L: (8 - 1)*2 - 2*0 + 1*(3 - 1) + 1 + 1 = 18",
        "L: a convolution with these numbers takes the sizes 17 and 18 all to 8;",
        "L: output_padding chooses among them: 0 gives 17, 1 gives 18",
    ]


def test_windows() -> None:
    result, _ = infer("conv2d", {**CONV, "dilation": 2, "padding": "same"}, IMAGE)
    assert [(w.kernel, w.stride, w.padding, w.dilation) for w in result.layer.windows(4)] == [(3, 1, 2, 2)] * 2  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("groups", "channels", "nearest"),
    [(3, (8, 12), 2), (5, (8, 12), 4), (100, (8, 12), 4), (7, (0, 12), 6), (10**11, (10**12 + 2, 10**12), 2)],
)
def test_nearest_groups(groups: int, channels: tuple[int, int], nearest: int) -> None:
    assert conv.nearest_groups(groups, *channels) == nearest
