"""The library of networks against torchvision, as tests/record_torchvision.py has recorded it: parameters, MACs, and
for every layer, in order, the shape of its weight, its geometry and its output."""

from __future__ import annotations

from typing import Any, Final

import pytest

import shapecalc
from shapecalc.language.library import names, path_of, stems, variants_of
from shapecalc.network.plan import Row
from shapecalc.text.source import load_source
from tests.record_torchvision import convolution, line, unpacked

RECORDS: Final = unpacked()

#: layer types under the record's names; what is not here (views, dropout, parameters) is not compared
NAMES: Final = {
    "Linear": "linear",
    "LayerNorm": "layer_norm",
    "GroupNorm": "group_norm",
    "MultiheadAttention": "attention",
    "BatchNorm1d": "batch_norm",
    "BatchNorm2d": "batch_norm",
    "BatchNorm3d": "batch_norm",
    "Conv1d": "conv1d",
    "Conv2d": "conv2d",
    "Conv3d": "conv3d",
    "ReLU": "relu",
    "ReLU6": "relu6",
    "GELU": "gelu",
    "SiLU": "silu",
    "Sigmoid": "sigmoid",
    "Hardswish": "hardswish",
    "Hardsigmoid": "hardsigmoid",
    "Softmax": "softmax",
    "softmax": "softmax",
    "MaxPool2d": "max_pool",
    "AvgPool2d": "avg_pool",
    "mean": "mean",
    "AdaptiveAvgPool2d": "adaptive_avg_pool",
    "AdaptiveAvgPool3d": "adaptive_avg_pool",
    "cat": "cat",
    "add": "add",
    "mul": "mul",
    "matmul": "matmul",
    "Upsample": "interpolate",
    "interpolate": "interpolate",
}


def described(row: Row) -> str:
    """A row of a plan as the record writes it."""
    name, args = NAMES[row.type], row.args
    out: Any = row.out_shapes[0]
    if name.startswith("conv"):
        groups = args.get("groups", 1)
        weight = (args["out_channels"], args["in_channels"] // groups, *args["kernel_size"])
        given = {key: args[key] for key in ("stride", "padding", "dilation", "groups") if key in args}
        return line(name, weight, convolution(weight, args.get("bias", True) or None, **given), out)
    if name == "attention":
        return line(name, (3 * args["embed_dim"], args["embed_dim"]), {"h": args["num_heads"]}, out)
    if name == "linear":
        bias = {"bias": ""} if args.get("bias", True) else {}
        return line(name, (args["out_features"], args["in_features"]), bias, out)
    weight = args.get("num_features", args.get("normalized_shape", ()))
    return line(name, weight if isinstance(weight, (tuple, list)) else (weight,), {}, out)


def networks() -> list[tuple[str, str | None]]:
    """Every file and variant that is called like a network of the record."""
    variants = {stem: variants_of(load_source(path_of(stem))) for stem in stems()}
    found = [(stem, variant) for stem, own in variants.items() for variant in (None, *own)]
    return [(stem, variant) for stem, variant in found if (variant or stem) in RECORDS]


@pytest.mark.parametrize(("stem", "variant"), networks())
def test_equal_to_torchvision(stem: str, variant: str | None) -> None:
    record = RECORDS[variant or stem]
    plan = shapecalc.plan(path_of(stem), variant=variant, inputs={"input": record["input"]}, batch=1)
    assert [described(row) for row in plan.layers if row.kind == "layer" and row.type in NAMES] == record["layers"]
    assert (plan.totals["params"], plan.totals["macs"]) == (record["params"], record["macs"])


def test_every_recorded_network_is_there() -> None:
    assert set(RECORDS) <= set(names())
