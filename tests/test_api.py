"""The Python API: what it takes, what it gives, and what is wrong use."""

from __future__ import annotations

from typing import Any

import pytest

import shapecalc

RELU = "input: [3]\nlayers: [relu]\n"


class Index:
    """An integer of another library."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {"in_channels": 3, "out_channels": 6, "kernel_size": 5}),
        ((3, 6, 5), {}),
        ([3, 6], {"kernel_size": (5, 5)}),
        ((), {"out_channels": Index(6), "kernel_size": [Index(5), 5]}),
        ((), {"out_channels": 6, "kernel_size": 5, "device": "cuda", "dtype": None}),
    ],
)
def test_layer(args: Any, kwargs: dict[str, Any]) -> None:
    r = shapecalc.layer("Conv2d", (1, Index(3), 28, 28), args=args, **kwargs)
    assert r.ok and not r.diagnostics
    assert (r.out_shapes, r.out_shape, r.params, r.macs) == ([(1, 6, 24, 24)], (1, 6, 24, 24), 456, 259200)


def test_outputs_are_listed_in_order() -> None:
    r = shapecalc.layer("LSTM", (5, 3, 10), (1, 3, 20), (1, 3, 20), input_size=10, hidden_size=20)
    assert r.out_shapes == [(5, 3, 20), (1, 3, 20), (1, 3, 20)]


@pytest.mark.parametrize(
    ("type_", "shapes", "kwargs", "help_"),
    [
        ("Conv2d", [(1, 3, 8, 8)], {"out_channels": 6, "kernel_size": 9}, "write `kernel_size=8` or `padding=1`"),
        ("Conv2d", [], {"out_channels": 6, "kernel_size": 9}, "give one shape for each input"),
        ("Conv2d", [(1, 3, 8, 8)], {"filters": 6, "kernel_size": 3}, "write `out_channels`"),
        ("Conv2dd", [(1, 3, 8, 8)], {}, "write `conv2d`"),
    ],
)
def test_findings_are_not_raised(type_: str, shapes: Any, kwargs: dict[str, Any], help_: str) -> None:
    r = shapecalc.layer(type_, *shapes, **kwargs)
    (found,) = r.diagnostics
    assert not r.ok and found.help is not None and found.help.startswith(help_)


@pytest.mark.parametrize("shape", ["1x3x8x8", 3, (1, -1), (1, None), (1, 2.5), ((1, 2), 3), (1, True), (1, "2 x")])
def test_what_is_no_shape_is_wrong_use(shape: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        shapecalc.layer("ReLU", shape)


@pytest.mark.parametrize(
    "options",
    [
        {}, {"path": "a.yaml", "text": RELU}, {"path": 3}, {"text": RELU, "inputs": [3]},
        {"text": RELU, "inputs": {"input": 3}}, {"text": RELU, "inputs": {"x": (3,)}}, {"text": RELU, "batch": "two"},
        {"text": RELU, "batch": True}, {"text": RELU, "batch": -1}, {"text": RELU, "set": {"a": 1}},
        {"text": RELU, "variant": "a"}, {"text": RELU, "dtype": "int9"},
    ],
)  # fmt: skip
def test_wrong_use_of_plan(options: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        shapecalc.plan(**options)


def test_whole_shapes() -> None:
    assert shapecalc.plan(text=RELU, batch="null").outputs == {"relu_1": (3,)}
    assert shapecalc.plan(text=RELU, batch="null", inputs={"input": (2, 3)}).outputs == {"relu_1": (2, 3)}
    assert shapecalc.plan(text=RELU, batch=2).outputs == {"relu_1": (2, 3)}
