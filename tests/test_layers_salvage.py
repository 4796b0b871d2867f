"""What is still known of a layer's output where one of its arguments is refused."""

from __future__ import annotations

import pytest

from shapecalc.algebra.dims import UNK
from shapecalc.algebra.shape import format_shape
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import infer_layer
from shapecalc.layers.registry import lookup

IMAGE, TRACK = (2, 3, 20, 24), (2, 7, 16)
CASES = [
    # the arguments that make the sizes are good
    ("Conv2d", {"out_channels": -1, "kernel_size": 3}, IMAGE, "(2, ?, 18, 22)"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 3, "groups": 0}, IMAGE, "(2, 8, 18, 22)"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 3, "bias": "maybe"}, IMAGE, "(2, 8, 18, 22)"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 3, "in_channels": "x"}, IMAGE, "(2, 8, 18, 22)"),
    ("ConvTranspose2d", {"out_channels": 0, "kernel_size": 2, "stride": 2}, IMAGE, "(2, ?, 40, 48)"),
    ("LazyConv2d", {"out_channels": None, "kernel_size": 3}, IMAGE, "(2, ?, 18, 22)"),
    # they are not
    ("Conv2d", {"out_channels": 8, "kernel_size": "x"}, IMAGE, "(2, 8, ?, ?)"),
    ("Conv2d", {"out_channels": 8, "kernel_size": 3, "stride": 0}, IMAGE, "(2, 8, ?, ?)"),
    ("Conv2d", {"out_channels": 8}, IMAGE, "(2, 8, ?, ?)"),
    ("Conv2d", {"out_channels": -1, "kernel_size": 3}, (3, 20, 24), "(?, 18, 22)"),
    ("Conv2d", {"out_channels": -1, "kernel_size": 3}, (3, 20), "(?, ?, ?, ?)"),
    ("MaxPool2d", {"kernel_size": "x"}, IMAGE, "(2, 3, ?, ?)"),
    ("MaxPool2d", {"kernel_size": 2, "return_indices": "x"}, IMAGE, "(2, 3, 10, 12)"),
    ("AvgPool2d", {"kernel_size": 2, "count_include_pad": "x"}, IMAGE, "(2, 3, 10, 12)"),
    ("AdaptiveAvgPool2d", {"output_size": "x"}, IMAGE, "(2, 3, ?, ?)"),
    ("ZeroPad2d", {"padding": "x"}, IMAGE, "(2, 3, ?, ?)"),
    ("pad", {"pad": "x"}, IMAGE, "(?, ?, ?, ?)"),
    ("pad", {"pad": [1, 1], "mode": "x"}, IMAGE, "(2, 3, 20, 26)"),
    ("Upsample", {"scale_factor": 2, "mode": "cubic"}, IMAGE, "(2, 3, 40, 48)"),
    ("Upsample", {"scale_factor": "x"}, IMAGE, "(2, 3, ?, ?)"),
    ("PixelShuffle", {"upscale_factor": "x"}, IMAGE, "(2, ?, ?, ?)"),
    ("BatchNorm2d", {"momentum": "x"}, IMAGE, "(2, 3, 20, 24)"),
    ("Linear", {"out_features": -1}, TRACK, "(2, 7, ?)"),
    ("LSTM", {"hidden_size": 5, "dropout": "x"}, TRACK, "(2, 7, 5)"),
    ("LSTM", {"hidden_size": "x", "batch_first": True}, TRACK, "(2, 7, ?)"),
    ("MultiheadAttention", {"num_heads": "x"}, TRACK, "(2, 7, 16)"),
    ("TransformerEncoderLayer", {"nhead": "x"}, TRACK, "(2, 7, 16)"),
]


@pytest.mark.parametrize(("name", "args", "shape", "output"), CASES)
def test_what_is_left(name: str, args: dict[str, object], shape: tuple[int, ...], output: str) -> None:
    cls = lookup(name)
    assert cls is not None
    ctx = Context()
    result = infer_layer(build(cls, args, ctx), (shape,), ctx)
    assert len(ctx.problems) == 1, ctx.problems
    assert format_shape(result.out_shapes[0]) == output


def test_weights_of_a_refused_size_are_not_counted() -> None:
    cls = lookup("Linear")
    assert cls is not None
    ctx = Context()
    assert infer_layer(build(cls, {"out_features": -1}, ctx), ((2, 3),), ctx).params is UNK
