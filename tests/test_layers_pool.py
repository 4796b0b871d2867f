"""Pools: shapes, symbols, findings and explanations. Live PyTorch is compared in tests/torch."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shapecalc.algebra.dims import symbol
from shapecalc.algebra.shape import format_shape
from shapecalc.layers import pool
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.layer import GLOBAL, Layer
from shapecalc.layers.registry import lookup

N, C, H, W = map(symbol, ("N", "C", "H", "W"))
IMAGE = (1, 3, 8, 8)


def infer(name: str, args: dict[str, Any], *xs: Any) -> tuple[Result, Context]:
    ctx = Context()
    cls = lookup(name)
    assert cls is not None
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


TYPES = [
    c
    for c in vars(pool).values()
    if isinstance(c, type) and issubclass(c, Layer) and not c.abstract and c.__module__ == pool.__name__
]


@pytest.mark.parametrize("cls", TYPES, ids=lambda c: c.type)
def test_examples(cls: type[Layer]) -> None:
    assert len(TYPES) == 20
    for example in cls.examples:
        result, ctx = infer(cls.type, example.kwargs, *example.inputs)
        assert not ctx.problems
        assert list(result.out_shapes) == example.outputs
        assert result.params == 0
        assert result.layer.explain(tuple(example.inputs), result.out_shapes)
        assert "{" not in (cls.__doc__ or "{")


@pytest.mark.parametrize(
    ("name", "args", "x", "out"),
    [
        # stride left out, and given
        ("maxpool2d", {"kernel_size": 3}, IMAGE, (1, 3, 2, 2)),
        ("maxpool2d", {"kernel_size": [3]}, IMAGE, (1, 3, 2, 2)),
        ("maxpool2d", {"kernel_size": (3, 2), "stride": None}, IMAGE, (1, 3, 2, 4)),
        ("nn.MaxPool2d", {"k": 3, "s": 2, "p": 1}, (3, 8, 8), (3, 4, 4)),
        ("max_pool2d", {"kernel_size": 3, "stride": 2, "dilation": 3}, IMAGE, (1, 3, 1, 1)),
        ("maxpool1d", {"kernel_size": 3}, (0, 3, 8), (0, 3, 2)),
        # the last window of ceil_mode starts inside the input or its left padding
        ("maxpool1d", {"kernel_size": 2, "stride": 3, "ceil_mode": True}, (1, 3, 6), (1, 3, 2)),
        ("maxpool1d", {"kernel_size": 2, "stride": 3, "ceil_mode": True}, (1, 3, 7), (1, 3, 3)),
        ("avgpool2d", {"kernel_size": 5, "stride": 2, "ceil_mode": True}, (1, 3, 4, 8), (1, 3, 1, 3)),
        ("avgpool2d", {"kernel_size": 2, "divisor_override": -2}, IMAGE, (1, 3, 4, 4)),
        ("lppool3d", {"norm_type": math.inf, "kernel_size": 3, "ceil_mode": True}, (1, 3, 4, 8, 8), (1, 3, 2, 3, 3)),
        # adaptive
        ("adaptiveavgpool2d", {"output_size": (None, 3)}, IMAGE, (1, 3, 8, 3)),
        ("adaptiveavgpool2d", {"output_size": 20}, IMAGE, (1, 3, 20, 20)),
        ("adaptiveavgpool2d", {"output_size": 1}, (1, 3, 0, 8), (1, 3, 1, 1)),
        ("adaptivemaxpool3d", {"output_size": 0}, (3, 4, 4, 4), (3, 0, 0, 0)),
        # fractional
        ("fractionalmaxpool2d", {"kernel_size": 2, "output_ratio": (0.5, 0.7)}, (1, 3, 8, 10), (1, 3, 4, 7)),
        ("fractionalmaxpool2d", {"kernel_size": 2, "output_size": 7}, IMAGE, (1, 3, 7, 7)),
    ],
)
def test_accepted(name: str, args: dict[str, Any], x: Any, out: Any) -> None:
    result, ctx = infer(name, args, x)
    assert not ctx.problems
    assert result.out_shapes == (out,)


@pytest.mark.parametrize("name", ["maxpool2d", "adaptivemaxpool2d", "fractionalmaxpool2d"])
def test_indices_are_a_second_output(name: str) -> None:
    size = {} if name == "maxpool2d" else {"output_size": 4}
    kernel = {} if name == "adaptivemaxpool2d" else {"kernel_size": 2}
    result, ctx = infer(name, {**size, **kernel, "return_indices": True}, IMAGE)
    assert not ctx.problems
    assert result.out_shapes == ((1, 3, 4, 4), (1, 3, 4, 4))


def test_unpool_undoes_the_pool() -> None:
    result, ctx = infer("maxunpool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, IMAGE, IMAGE)
    assert not ctx.problems
    assert result.out_shapes == ((1, 3, 15, 15),)


@pytest.mark.parametrize(
    ("name", "args", "x", "out", "conditions"),
    [
        ("maxpool2d", {"kernel_size": 2}, (N, C, H, W), "(N, C, floor(H/2), floor(W/2))", ["H >= 2", "W >= 2"]),
        ("maxpool2d", {"kernel_size": 3, "stride": 2, "padding": 1}, (N, C, H, 8),
         "(N, C, floor((H - 1)/2) + 1, 4)", []),
        ("maxpool2d", {"kernel_size": 3, "stride": 2, "ceil_mode": True}, (N, C, H, 8), "(N, C, floor(H/2), 4)",
         ["H >= 2"]),
        ("adaptiveavgpool2d", {"output_size": (None, 1)}, (N, C, H, W), "(N, C, H, 1)", []),
    ],
)  # fmt: skip
def test_symbols(name: str, args: dict[str, Any], x: Any, out: str, conditions: list[str]) -> None:
    result, ctx = infer(name, args, x)
    assert not ctx.problems
    assert format_shape(result.out_shapes[0]) == out
    assert [str(c) for c in ctx.conditions] == conditions


REFUSED = [
    ("maxpool2d", {"kernel_size": 3, "padding": 2}, IMAGE, "padding-too-large", "padding",
     "padding must be at most half of the kernel, 1 along H, got 2", "write `padding: 1`", 1),
    ("avgpool3d", {"kernel_size": 2, "padding": (1, 2, 0)}, (1, 3, 8, 8, 8), "padding-too-large", "padding",
     "padding must be at most half of the kernel, 1 along H, got 2", "write `padding: [1, 1, 0]`", [1, 1, 0]),
    ("maxpool2d", {"kernel_size": 9}, IMAGE, "kernel-too-large", "kernel_size",
     "kernel_size 9 needs at least 9 positions along H and W, got 8",
     "write `kernel_size: 8`, or give an input of at least 9", 8),
    ("maxpool2d", {"kernel_size": 5, "stride": 2, "ceil_mode": True}, (1, 3, 3, 8), "kernel-too-large", "kernel_size",
     "kernel_size 5 needs at least 4 positions along H, got 3",
     "write `kernel_size: 3`, or give an input of at least 4", 3),
    ("avgpool3d", {"kernel_size": 3, "padding": 1}, (1, 3, 2, 8, 8), "kernel-too-large", "kernel_size",
     "kernel_size 3 with padding 1 needs at least 3 positions along D, got 2",
     "write `kernel_size: 2`, or give an input of at least 3", 2),
    ("maxpool2d", {"kernel_size": 2}, (1, 3, 0, 8), "shape-mismatch", "input",
     "MaxPool2d expects at least 1 position on axis 2, got 0", None, None),
    ("avgpool2d", {"kernel_size": 3, "divisor_override": 0}, IMAGE, "invalid-argument", "divisor_override",
     "divisor_override must not be 0", "leave it out for the window's size, 9", 9),
    ("lppool2d", {"norm_type": 0, "kernel_size": 3}, IMAGE, "invalid-argument", "norm_type",
     "norm_type must not be 0: the root 1/norm_type is taken", "write `norm_type: 2`", 2),
    ("lppool1d", {"norm_type": 2, "kernel_size": [3]}, (3, 8), "invalid-argument", "kernel_size",
     "kernel_size must be an integer >= 1, not the list `[3]`", "write `3`", None),
    ("adaptiveavgpool2d", {"output_size": None}, IMAGE, "invalid-argument", "output_size",
     "output_size must be an integer or a list of 2 >= 0 (null keeps a size), not null alone",
     "write `[null, null]` to keep every size", None),
    ("adaptivemaxpool2d", {"output_size": 1}, (8, 8), "rank-mismatch", "input",
     "AdaptiveMaxPool2d expects 4 axes (N, C, H, W), or 3 for one sample, got 2",
     "reshape or unflatten it to (N, C, H, W)", None),
    ("fractionalmaxpool2d", {"kernel_size": 2}, IMAGE, "missing-argument", None,
     "FractionalMaxPool2d expects one of output_size and output_ratio, got neither",
     "add `output_ratio: 0.5` for half the size", None),
    ("fractionalmaxpool2d", {"kernel_size": 2, "output_ratio": 1.5}, IMAGE, "invalid-argument", "output_ratio",
     "output_ratio must be a number between 0 and 1 or a list of 2, not the float `1.5`",
     "write `output_ratio: 0.5` for half the size", 0.5),
    ("fractionalmaxpool2d", {"kernel_size": 3, "output_size": 7}, IMAGE, "kernel-too-large", "kernel_size",
     "7 windows of 3 need at least 9 positions along H, got 8",
     "write an output_size of at most 6, or a smaller kernel", None),
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
    at = ctx.problems[0].at
    assert isinstance(at, str)
    _, again = infer(name, {**args, at: ctx.problems[0].replace}, x)
    assert not again.problems


def test_dilation_does_not_count_for_the_padding() -> None:
    _, ctx = infer("maxpool2d", {"kernel_size": 3, "padding": 2, "dilation": 2}, IMAGE)
    assert ctx.problems[0].note == "floor(kernel_size/2) = floor(3/2) = 1; the dilation does not count"


@pytest.mark.parametrize("args", [{"kernel_size": 2, "padding": 9}, {"kernel_size": 2}])
def test_unpool_gives_one_finding(args: dict[str, Any]) -> None:
    _, ctx = infer("maxunpool2d", args, IMAGE, IMAGE if "padding" in args else (1, 3, 4, 4))
    [problem] = ctx.problems
    assert problem.rule == ("output-too-small" if "padding" in args else "shape-mismatch")


def test_a_mean_of_an_unusual_rank_is_a_warning() -> None:
    result, ctx = infer("adaptiveavgpool2d", {"output_size": 1}, (3, 8))
    assert not ctx.failed
    assert [p.severity for p in ctx.problems] == ["warning"]
    assert result.out_shapes == ((1, 1),)


@pytest.mark.parametrize(
    ("size", "verdict"),
    [
        (6, "window 3 starts at (3 - 1)*3 - 0 = 6, past the last input position 5, so it does not count: 3 - 1 = 2"),
        (7, "window 3 starts at (3 - 1)*3 - 0 = 6, not past the last input position 6, so it counts, "
         "though it reaches 1 beyond the padded end"),
        (8, "window 3 starts at (3 - 1)*3 - 0 = 6, not past the last input position 7, so it counts"),
    ],
)  # fmt: skip
def test_explain_the_last_window(size: int, verdict: str) -> None:
    result, _ = infer("maxpool1d", {"kernel_size": 2, "stride": 3, "ceil_mode": True}, (1, 3, size))
    assert result.layer.explain(((1, 3, size),), result.out_shapes) == [
        "out = ceil((in + 2*padding - dilation*(kernel_size - 1) - 1)/stride) + 1",
        f"L: ceil(({size} + 2*0 - 1*(2 - 1) - 1)/3) + 1 = 3",
        f"L: {verdict}",
    ]


def test_windows() -> None:
    result, _ = infer("maxpool2d", {"kernel_size": 3, "padding": 1}, IMAGE)
    assert [(w.kernel, w.stride, w.padding) for w in result.layer.windows(4)] == [(3, 3, 1)] * 2  # type: ignore[union-attr]
    result, _ = infer("adaptiveavgpool2d", {"output_size": 1}, IMAGE)
    assert result.layer.windows(4) == [GLOBAL, GLOBAL]


@pytest.mark.parametrize("n", range(1, 25))
def test_lengths_of_adaptive_windows(n: int) -> None:
    for size in range(1, 30):
        lengths = [-(-(i + 1) * n // size) - i * n // size for i in range(size)]
        assert pool.window_lengths(n, size) == (min(lengths), max(lengths))


@pytest.mark.parametrize(
    ("name", "rank", "fine"),
    [("MaxPool1d", 1, True), ("AvgPool1d", 1, False), ("MaxPool2d", 2, False), ("AvgPool3d", 3, False)],
)
def test_strides_beyond_32_bits(name: str, rank: int, fine: bool) -> None:
    """As PyTorch has it: only MaxPool1d takes them."""
    cls = lookup(name)
    assert cls is not None
    ctx = Context()
    infer_layer(build(cls, {"kernel_size": 2, "stride": 2**31}, ctx), ((1, 1, *(8,) * rank),), ctx)
    assert [p.message for p in ctx.problems] == ([] if fine else ["stride must be below 2^31, got 2147483648"])
