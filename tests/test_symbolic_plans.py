"""A network planned with symbols says the same as the network planned with numbers, and its conditions are right."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shapecalc
from shapecalc.algebra.dims import UNK, Dim, UnknownDim, evaluate, format_dim
from tests.conditions import Env, reading

Layer = dict[str, dict[str, Any]]

STEPS = st.integers(1, 3)
PAIR = st.lists(STEPS, min_size=2, max_size=2)
KERNEL = st.integers(1, 5)


def one(kind: str, **arguments: st.SearchStrategy[Any]) -> st.SearchStrategy[Layer]:
    return st.fixed_dictionaries({kind: st.fixed_dictionaries(arguments)})


def pool(kind: str) -> st.SearchStrategy[Layer]:
    shared = {"kernel_size": KERNEL, "stride": STEPS, "ceil_mode": st.booleans()}
    more = {"dilation": STEPS} if kind == "maxpool2d" else {}
    plain = one(kind, **shared, **more)
    return st.one_of(plain, one(kind, kernel_size=st.integers(2, 5), stride=STEPS, padding=st.just(1)))


LAYER = st.one_of(
    one("conv2d", out_channels=st.sampled_from([2, 4, 6]), kernel_size=KERNEL, stride=STEPS,
        padding=st.integers(0, 2), dilation=STEPS),
    one("conv2d", out_channels=st.sampled_from([2, 4]), kernel_size=KERNEL, padding=st.just("same")),
    one("conv2d", out_channels=st.just(4), kernel_size=PAIR, stride=PAIR, groups=st.just(1)),
    one("convtranspose2d", out_channels=st.sampled_from([2, 4]), kernel_size=KERNEL, stride=STEPS,
        padding=st.integers(0, 2), dilation=STEPS),
    pool("maxpool2d"),
    pool("avgpool2d"),
    one("upsample", scale_factor=st.sampled_from([2, 0.5, 1.5, 0.3, 3])),
    one("zeropad2d", padding=st.lists(st.integers(-2, 3), min_size=4, max_size=4)),
    one("reflectionpad2d", padding=st.integers(0, 3)),
    one("circularpad2d", padding=st.integers(0, 3)),
    one("adaptiveavgpool2d", output_size=st.sampled_from([[None, 3], [2, None], [4, 4]])),
    one("pixelunshuffle", downscale_factor=st.integers(1, 3)),
    one("pixelshuffle", upscale_factor=st.just(2)),
    one("batchnorm2d"),
    one("groupnorm", num_groups=st.just(2)),
    one("relu"),
    one("permute", dims=st.just([0, 1, 3, 2])),
    one("flatten", start_dim=st.just(2)),
    one("reshape", shape=st.sampled_from([["N", -1, 2, 2], ["N", 2, -1, 3], ["N", 4, -1, 5]])),
    one("slice", dim=st.just(2), start=st.integers(0, 3), end=st.integers(4, 9), step=STEPS),
    one("unfold", kernel_size=st.integers(1, 3), stride=STEPS),
    one("lppool2d", norm_type=st.just(2), kernel_size=KERNEL, ceil_mode=st.booleans()),
    one("select", dim=st.just(3), index=st.integers(-4, 4)),
    one("linear", out_features=st.just(5), in_features=st.integers(3, 9)),
    one("mean", dim=st.just([2, 3]), keepdim=st.just(True)),
    one("glu", dim=st.sampled_from([1, 2, 3])),
)  # fmt: skip
JOIN = st.fixed_dictionaries(
    {"type": st.sampled_from(["add", "cat", "matmul"]), "with": st.integers(0, 6), "dim": st.integers(1, 3)}
)


def spec(layers: list[Any], sizes: list[Any]) -> str:
    """A chain of named layers; a join reads the layer before and an earlier one (0 is the input)."""
    rows: list[Any] = []
    for layer in layers:
        name = f"layer{len(rows) + 1}"
        if "with" not in layer:
            ((kind, arguments),) = layer.items()
            rows.append({kind: {**arguments, "name": name}})
            continue
        sources = [f"layer{k}" if k else "input" for k in (len(rows), min(layer["with"], len(rows)))]
        dim = {"dim": layer["dim"]} if layer["type"] == "cat" else {}
        rows.append({layer["type"]: {"from": sources, "name": name, **dim}})
    return json.dumps({"name": "net", "input": sizes, "layers": rows})


def value(dim: Any, env: Env) -> Any:
    return None if dim is None else evaluate(dim, env)


def agrees(symbolic: Dim | None, number: Dim | None, env: Env) -> bool:
    return isinstance(symbolic, UnknownDim) or symbolic is None or value(symbolic, env) == value(number, env)


def holds(condition: str, env: Env) -> bool | None:
    """None for what concerns training only, and for what nobody can know from sizes."""
    if condition.endswith(" in training") or " known, to count " in condition:
        return None
    return reading(condition)(env)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(LAYER, LAYER, LAYER, JOIN), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=5),
)
def test_symbols_and_numbers_agree(layers: list[Any], sizes: list[tuple[int, int]]) -> None:
    symbolic = shapecalc.plan(text=spec(layers, [4, "H", "W"]))
    for height, width in sizes:
        compare(symbolic, shapecalc.plan(text=spec(layers, [4, height, width])), {"H": height, "W": width, "N": 2})


def compare(symbolic: Any, numeric: Any, env: Env) -> None:
    verdicts = {condition: holds(condition, env) for condition in symbolic.conditions}
    if not numeric.ok or any(holds(condition, env) is False for condition in numeric.conditions):
        assert not symbolic.ok or False in verdicts.values(), (env, verdicts, numeric.diagnostics)
        return
    if is_empty_somewhere(numeric) or stretches(numeric):
        return
    assert symbolic.ok, (env, symbolic.diagnostics[0].message)
    assert False not in verdicts.values(), (env, verdicts)
    for row, other in zip(symbolic.layers, numeric.layers, strict=True):
        for shape, numbers in zip(row.out_shapes, other.out_shapes, strict=True):
            assert all(agrees(a, b, env) for a, b in zip(shape, numbers, strict=True)), (row.name, shape, numbers, env)
        for field in ("params", "macs", "activation_bytes"):
            assert agrees(getattr(row, field), getattr(other, field), env), (row.name, field)
    for name in ("params", "macs", "activation_bytes", "peak_activation_bytes"):
        assert agrees(symbolic.totals[name], numeric.totals[name], env), name


def is_empty_somewhere(plan: Any) -> bool:
    """Tensors without elements have rules of their own in PyTorch; a symbol stands for a network that computes."""
    return any(0 in shape for row in plan.layers for shape in row.out_shapes)


def stretches(plan: Any) -> bool:
    """Whether a size of 1 is broadcast. Where that hangs on a symbol, the plan takes it for an ordinary size."""
    for row in plan.layers:
        if row.type in ("add", "matmul"):
            first, second = (shape[:-2] if row.type == "matmul" else shape for shape in row.in_shapes)
            if first != second:
                return True
    return False


RESNET_STEM = [
    {"conv2d": {"out_channels": 64, "kernel_size": 7, "stride": 2, "padding": 3}},
    {"maxpool2d": {"kernel_size": 3, "stride": 2, "padding": 1}},
    *[{"conv2d": {"out_channels": 64, "kernel_size": 3, "stride": 2, "padding": 1}}] * 3,
]
UNET = [
    {"maxpool2d": {"kernel_size": 2}},
    {"maxpool2d": {"kernel_size": 2}},
    {"convtranspose2d": {"out_channels": 4, "kernel_size": 2, "stride": 2}},
    {"type": "cat", "with": 1, "dim": 1},
    {"convtranspose2d": {"out_channels": 4, "kernel_size": 2, "stride": 2}},
    {"type": "cat", "with": 0, "dim": 1},
]


@pytest.mark.parametrize(("layers", "shape", "conditions"), [
    (RESNET_STEM, ["N", "64", "floor((H - 1)/32) + 1", "floor((W - 1)/32) + 1"], []),
    (UNET, ["N", "8", "4*floor(H/4)", "4*floor(W/4)"], ["H divisible by 4", "W divisible by 4"]),
    ([{"pixelunshuffle": {"downscale_factor": 2}}], ["N", "16", "floor(H/2)", "floor(W/2)"],
     ["H divisible by 2", "W divisible by 2"]),
    ([*RESNET_STEM, {"flatten": {}}, {"linear": {"in_features": 3136, "out_features": 10}}], ["N", "10"],
     ["(floor((H - 1)/32) + 1)*(floor((W - 1)/32) + 1) = 49"]),
    ([{"conv2d": {"out_channels": 8, "kernel_size": 5}}], ["N", "8", "H - 4", "W - 4"], ["H >= 5", "W >= 5"]),
    ([{"reshape": {"shape": ["N", 4, -1]}}], ["N", "4", "H*W"], []),
], ids=["resnet", "unet", "pixel unshuffle", "classifier", "convolution", "reshape"])  # fmt: skip
def test_closed_forms(layers: list[Any], shape: list[str], conditions: list[str]) -> None:
    plan = shapecalc.plan(text=spec(layers, [4, "H", "W"]))
    assert plan.ok
    assert [format_dim(dim) for dim in plan.layers[-1].out_shapes[0]] == shape
    assert plan.conditions == conditions


def test_totals_of_a_usual_network_are_known() -> None:
    plan = shapecalc.plan(text=spec(RESNET_STEM, [3, "H", "W"]))
    assert UNK not in plan.totals.values()
