"""Linear layers, norms, activations, dropouts, embeddings, distances: shapes, counts, what is said of mistakes."""

from __future__ import annotations

from typing import Any

import pytest

from shapecalc.algebra.dims import UNK, symbol
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.registry import lookup

N, C, H, W, L, E = (symbol(name) for name in "NCHWLE")
TABLE = {"num_embeddings": 100, "embedding_dim": 8}
BARE = {"affine": False, "track_running_stats": False}


def infer(name: str, args: dict[str, Any], *xs: Any) -> tuple[Result, Context]:
    cls = lookup(name)
    assert cls is not None
    ctx = Context()
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


SHAPES = [
    # linear: the last axis, whatever stands before it
    ("Linear", {"in_features": 3, "out_features": 5}, [(3,)], (5,), 20),
    ("Linear", {"out_features": 5, "bias": False}, [(2, 4, 3)], (2, 4, 5), 15),
    ("Linear", {"in_features": 0, "out_features": 5}, [(2, 0)], (2, 5), 5),
    ("LazyLinear", {"out_features": 0}, [(2, 3)], (2, 0), 0),
    ("Bilinear", {"out_features": 4}, [(6, 5, 2), (6, 5, 3)], (6, 5, 4), 28),
    ("Identity", {"unused": 1}, [()], (), 0),
    # norms keep the shape; empty inputs are not looked at
    ("BatchNorm1d", {}, [(2, 3)], (2, 3), 6),
    ("BatchNorm1d", {"num_features": 3}, [(2, 0)], (2, 0), 6),
    ("BatchNorm1d", {"num_features": 3}, [(1, 3, 2)], (1, 3, 2), 6),
    ("BatchNorm2d", {"num_features": 3, "affine": False}, [(1, 3, 2, 1)], (1, 3, 2, 1), 0),
    ("BatchNorm3d", {"num_features": 3, "bias": False}, [(1, 3, 2, 1, 1)], (1, 3, 2, 1, 1), 3),
    ("SyncBatchNorm", {}, [(2, 3, 1, 1, 1, 1)], (2, 3, 1, 1, 1, 1), 6),
    ("InstanceNorm2d", {"affine": True}, [(3, 4, 5)], (3, 4, 5), 6),
    ("LazyInstanceNorm1d", {}, [(2, 3, 4)], (2, 3, 4), 6),
    ("LazyInstanceNorm1d", BARE, [(3, 4)], (3, 4), 0),
    ("GroupNorm", {"num_groups": 2}, [(1, 4)], (1, 4), 8),
    ("GroupNorm", {"num_groups": 1, "num_channels": 0}, [(2, 0)], (2, 0), 0),
    ("LayerNorm", {}, [(2, 3, 4)], (2, 3, 4), 8),
    ("LayerNorm", {"normalized_shape": [3, 4], "bias": False}, [(2, 3, 4)], (2, 3, 4), 12),
    ("RMSNorm", {"normalized_shape": 0}, [(4, 0)], (4, 0), 0),
    ("LocalResponseNorm", {"size": 0}, [(2, 3, 0)], (2, 3, 0), 0),
    ("CrossMapLRN2d", {"size": -1}, [(2, 3, 4, 5)], (2, 3, 4, 5), 0),
    # activations
    ("PReLU", {}, [()], (), 1),
    ("PReLU", {"num_parameters": 3}, [(2, 3)], (2, 3), 3),
    ("Softmax", {"dim": -1}, [()], (), 0),
    ("Softmax", {}, [(2, 3)], (2, 3), 0),
    ("GLU", {}, [(4, 2)], (4, 1), 0),
    ("GLU", {"dim": -2}, [(2, 0, 4)], (2, 0, 4), 0),
    ("Hardtanh", {"min_value": -3, "max_value": 5}, [(2,)], (2,), 0),
    # dropouts of p 0 or 1 do not look at the channels
    ("Dropout2d", {"p": 1}, [(3,)], (3,), 0),
    ("Dropout1d", {}, [(3, 5)], (3, 5), 0),
    # indices of any shape; bags by rows, by offsets, and with the end as last offset
    ("Embedding", TABLE, [()], (8,), 800),
    ("Embedding", {"num_embeddings": 0, "embedding_dim": 8}, [(0, 3)], (0, 3, 8), 0),
    ("EmbeddingBag", TABLE, [(2, 3)], (2, 8), 800),
    ("EmbeddingBag", TABLE, [(6,), (3,)], (3, 8), 800),
    ("EmbeddingBag", TABLE | {"include_last_offset": True}, [(6,), (3,)], (2, 8), 800),
    ("EmbeddingBag", TABLE | {"mode": "sum"}, [(6,), (3,), (6,)], (3, 8), 800),
    # distances broadcast
    ("CosineSimilarity", {}, [(2, 3, 4), (3, 4)], (2, 4), 0),
    ("PairwiseDistance", {"keepdim": True}, [(2, 3), (3,)], (2, 1), 0),
    ("PairwiseDistance", {}, [(), (3,)], (), 0),
]


@pytest.mark.parametrize(("name", "args", "inputs", "output", "params"), SHAPES)
def test_accepted(name: str, args: dict[str, Any], inputs: Any, output: Any, params: int) -> None:
    result, ctx = infer(name, args, *inputs)
    assert not ctx.failed, ctx.problems
    assert (result.out_shapes, result.params) == ((output,), params)


REFUSED = [
    # name, arguments, inputs, rule, at, message, help
    ("Linear", {"in": 1024, "out": 10}, [(N, 1568)], "feature-mismatch", "in_features",
     "Linear expects 1024 input features, got 1568", "write `in_features: 1568`"),
    ("Linear", {"in": 1568, "out": 10}, [(N, 32, 7, 7)], "feature-mismatch", "in_features",
     "Linear expects 1568 input features, got 7", "put `flatten` before this layer"),
    ("Linear", {"out": 10}, [()], "rank-mismatch", "input",
     "Linear needs an input of at least one axis, a scalar arrives", None),
    ("Linear", {"in": -1, "out": 10}, [(3,)], "invalid-argument", "in_features",
     "in_features must be an integer >= 0, not `-1`", None),
    ("Bilinear", {"out": 4}, [(5, 2), (3,)], "rank-mismatch", "input.1",
     "Bilinear needs two inputs of as many axes, the first has 2 axes, the second 1 axis", None),
    ("Bilinear", {"out": 4}, [(5, 2), (1, 3)], "shape-mismatch", "input.1",
     "the inputs of Bilinear differ on axis 0: 5 and 1", None),
    ("Bilinear", {"out": 4, "in1_features": 3}, [(5, 2), (5, 3)], "feature-mismatch", "in1_features",
     "Bilinear expects 3 features of its first input, got 2", "write `in1_features: 2`"),
    # norms: rank, channels, one value, eps
    ("BatchNorm2d", {"num_features": 64}, [(N, 64)], "rank-mismatch", "input",
     "BatchNorm2d expects an input of 4 axes, got 2", "write `BatchNorm1d`"),
    ("BatchNorm1d", {}, [(N, 64, 3, 3)], "rank-mismatch", "input",
     "BatchNorm1d expects an input of 2 or 3 axes, got 4", "write `BatchNorm2d`"),
    ("BatchNorm2d", {"num_features": 64}, [(N, 32, H, W)], "channel-mismatch", "num_features",
     "BatchNorm2d expects 64 channels, got 32", "write `num_features: 32`"),
    ("BatchNorm2d", {}, [(1, 64, 1, 1)], "single-value-per-channel", "input",
     "BatchNorm2d has one value per channel to average in training",
     "give a batch of at least 2, or leave this norm out"),
    ("BatchNorm1d", {"eps": 0}, [(2, 3)], "invalid-argument", "eps",
     "eps of BatchNorm1d must be above 0 in training, not `0`", "write `eps: 1e-5`"),
    ("BatchNorm1d", {"num_features": -1}, [(2, 3)], "invalid-argument", "num_features",
     "num_features must be an integer >= 0, not `-1`", None),
    ("SyncBatchNorm", {}, [(2, 0)], "channel-mismatch", "input", "SyncBatchNorm refuses an input of no channels", None),
    ("InstanceNorm2d", {"num_features": 3, "affine": True}, [(5, 4, 4)], "channel-mismatch", "num_features",
     "InstanceNorm2d expects 3 channels, got 5", "write `num_features: 5`"),
    ("InstanceNorm1d", {}, [(2, 3, 1)], "single-value-per-channel", "input",
     "InstanceNorm1d has one value per channel and sample to average",
     "leave this norm out where the map is down to one position"),
    ("LazyInstanceNorm2d", {}, [(3, 4, 5)], "channel-mismatch", "num_features",
     "LazyInstanceNorm2d expects 4 channels, got 3", "write `num_features: 3`"),
    ("GroupNorm", {"num_groups": 32}, [(N, 48, H, W)], "groups-not-divisible", "num_groups",
     "48 channels do not divide into 32 groups", "write `num_groups: 24`"),
    ("GroupNorm", {"num_groups": 32, "num_channels": 128}, [(N, 64, H, W)], "channel-mismatch", "num_channels",
     "GroupNorm expects 128 channels, got 64", "write `num_channels: 64`"),
    ("GroupNorm", {"num_groups": 0}, [(N, 64)], "invalid-argument", "num_groups",
     "num_groups of GroupNorm must be an integer >= 1, not `0`",
     "write `num_groups: 1` to norm all channels together"),
    ("GroupNorm", {"num_groups": 4}, [(1, 4, 1)], "single-value-per-channel", "input",
     "GroupNorm has one value per group to average", "use fewer groups, or leave this norm out"),
    ("LayerNorm", {"normalized_shape": 768}, [(N, L, 512)], "feature-mismatch", "normalized_shape",
     "LayerNorm expects the last axis to be 768, got 512", "write `normalized_shape: 512`"),
    ("RMSNorm", {"normalized_shape": [9, 5]}, [(N, 10, 5)], "feature-mismatch", "normalized_shape",
     "RMSNorm expects the last 2 axes to be [9, 5], got [10, 5]", "write `normalized_shape: [10, 5]`"),
    ("LayerNorm", {"normalized_shape": [10, 5]}, [(5,)], "rank-mismatch", "normalized_shape",
     "LayerNorm expects an input of 2 axes or more, got 1", "write `normalized_shape: 5`"),
    ("LayerNorm", {"normalized_shape": []}, [(5,)], "invalid-argument", "normalized_shape",
     "normalized_shape of LayerNorm names no axis", "write `normalized_shape: 5`"),
    ("LocalResponseNorm", {"size": 0}, [(2, 3, 4)], "invalid-argument", "size",
     "size of LocalResponseNorm must be an integer >= 1, not `0`", "write `size: 5`, what AlexNet has"),
    # activations
    ("PReLU", {"num_parameters": 3}, [(N, 16)], "channel-mismatch", "num_parameters",
     "PReLU expects 3 channels, got 16", "write `num_parameters: 16`, or 1 for all channels"),
    ("GLU", {}, [(N, 7)], "not-divisible", "input", "GLU halves axis 1, whose size 7 is odd", "give an even size"),
    ("GLU", {"dim": 1}, [(N, 7, 4)], "not-divisible", "dim", "GLU halves axis 1, whose size 7 is odd",
     "write `dim: 2`, or give an even size"),
    ("Softmax2d", {}, [(N, 16)], "rank-mismatch", "input",
     "Softmax2d expects an input of 3 or 4 axes, got 2", "write `softmax: {dim: 1}`"),
    ("Hardtanh", {"min_val": 2}, [(3,)], "invalid-argument", "min_val",
     "max_val of Hardtanh must be above min_val, got 1 and 2", "write `min_val: 1, max_val: 2`"),
    ("RReLU", {"lower": 0.5, "upper": 0.25}, [(3,)], "invalid-argument", "lower",
     "lower of RReLU is 0.5, above upper 0.25", "write `lower: 0.25, upper: 0.5`"),
    ("CELU", {"alpha": 0}, [(3,)], "invalid-argument", "alpha", "alpha of CELU must not be 0",
     "write `alpha: 1.0`, the default"),
    ("Softshrink", {"lambd": -0.5}, [(3,)], "invalid-argument", "lambd",
     "lambd of Softshrink must be a number >= 0, not `-0.5`", "write `lambd: 0.5`"),
    ("Dropout", {"p": 1.5}, [(3,)], "invalid-argument", "p", "p must be a number from 0 to 1, not `1.5`", None),
    ("Dropout1d", {}, [(N, 16, 3, 3)], "rank-mismatch", "input",
     "Dropout1d expects an input of 2 or 3 axes, got 4", "write `dropout2d`"),
    # tables
    ("Embedding", TABLE | {"padding_idx": 100}, [(N, L)], "invalid-argument", "padding_idx",
     "padding_idx 100 of Embedding is not a row of a table of 100",
     "write `padding_idx: 99`, or `num_embeddings: 101`"),
    ("Embedding", {"num_embeddings": 0, "embedding_dim": 8}, [(2, 3)], "invalid-argument", "num_embeddings",
     "Embedding has no rows, so no index is valid", None),
    ("EmbeddingBag", TABLE, [(6,)], "input-count", "from",
     "EmbeddingBag needs offsets beside indices of 1 axis", "name both: `from: [indices, offsets]`"),
    ("EmbeddingBag", TABLE, [(2, 3), (2,)], "rank-mismatch", "input.1",
     "EmbeddingBag takes no offsets beside indices of 2 axes", "flatten the indices, or leave the offsets out"),
    ("EmbeddingBag", TABLE | {"mode": "max", "sparse": True}, [(2, 3)], "invalid-argument", "sparse",
     "sparse of EmbeddingBag does not go with mode max", "use mode sum or mean, or leave it out"),
    ("EmbeddingBag", TABLE, [(6,), (2,), (6,)], "invalid-argument", "mode",
     "per_sample_weights go with mode sum only, not `mean`", "write `mode: sum`"),
    # distances
    ("CosineSimilarity", {}, [(N, 64), (N, 63)], "shape-mismatch", "input.1",
     "the inputs of CosineSimilarity do not broadcast: (N, 64) and (N, 63)", None),
    ("PairwiseDistance", {"p": -1}, [(2, 0), (2, 0)], "shape-mismatch", "input",
     "the norm for p -1 of no elements does not exist", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "inputs", "rule", "at", "message", "help"), REFUSED)
def test_refused(name: str, args: Any, inputs: Any, rule: str, at: str, message: str, help: str | None) -> None:
    _, ctx = infer(name, args, *inputs)
    assert [(p.severity, p.rule, p.at, p.message, p.help) for p in ctx.problems] == [("error", rule, at, message, help)]


WARNED = [
    ("InstanceNorm2d", {"num_features": 3}, (N, 4, 8, 8),
     "num_features of InstanceNorm2d is 3, the input has 4 channels"),
    ("BatchNorm1d", {"num_features": 3} | BARE, (2, 4), "num_features of BatchNorm1d is 3, the input has 4 channels"),
    ("Dropout2d", {}, (N, 16), "Dropout2d is meant for inputs of 3 or 4 axes, got 2"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "x", "message"), WARNED)
def test_warned_where_pytorch_takes_it(name: str, args: dict[str, Any], x: Any, message: str) -> None:
    result, ctx = infer(name, args, x)
    assert [(p.severity, p.message) for p in ctx.problems] == [("warning", message)]
    assert result.out_shapes == (x,)


def test_flattened_count_is_in_the_note() -> None:
    _, ctx = infer("Linear", {"in": 1568, "out": 10}, (N, 32, 7, 7))
    assert "32*7*7 = 1568" in (ctx.problems[0].note or "")


def test_one_value_per_channel_fails_only_in_training() -> None:
    assert infer("BatchNorm1d", {}, (1, 3))[1].problems[0].training_only
    assert not infer("GroupNorm", {"num_groups": 3}, (1, 3))[1].problems[0].training_only


CONDITIONS = [
    ("BatchNorm1d", {}, (N, 3), ["N >= 2 in training"]),
    ("BatchNorm2d", {}, (N, 3, H, W), []),
    ("InstanceNorm2d", {}, (N, 3, H, W), ["H*W >= 2"]),
    ("GroupNorm", {"num_groups": 32}, (N, C, H), ["C divisible by 32"]),
    ("LayerNorm", {"normalized_shape": 512}, (N, L, E), ["E = 512"]),
    ("Linear", {"in": 10, "out": 4}, (N, E), ["E = 10"]),
    ("GLU", {}, (N, E), ["E divisible by 2"]),
]


@pytest.mark.parametrize(("name", "args", "x", "conditions"), CONDITIONS)
def test_conditions_on_symbols(name: str, args: dict[str, Any], x: Any, conditions: list[str]) -> None:
    _, ctx = infer(name, args, x)
    assert not ctx.problems
    assert [str(c) for c in ctx.conditions] == conditions


def test_macs_of_linear_layers() -> None:
    assert infer("Linear", {"out": 120}, (N, 784))[0].macs == 94080 * N
    assert infer("Bilinear", {"out": 4}, (8, 20), (8, 30))[0].macs == 8 * 4 * 20 * 30
    assert infer("BatchNorm2d", {}, (8, 3, 4, 4))[0].macs == 0


@pytest.mark.parametrize(
    ("name", "args", "x", "count"),
    [("BatchNorm2d", {}, (N, 3, H, W), 7), ("InstanceNorm2d", {}, (N, 3, H, 4), 0), ("BatchNorm1d", BARE, (2, 3), 0)],
)
def test_buffers(name: str, args: dict[str, Any], x: Any, count: int) -> None:
    assert infer(name, args, x)[0].buffers == count


EXPLAINED = [
    ("Linear", {"out": 120}, (8, 784), "params = 120*784 + 120 = 94200"),
    ("Linear", {"out": 120}, (8, 784), "MACs = 8*120*784 = 752640"),
    ("BatchNorm2d", {}, (8, 3, 4, 4), "one mean and variance for each of 3 channels, over 8*4*4 = 128 values"),
    ("LayerNorm", {}, (8, 10, 512), "over the last axis, 512 values, for each of 8*10 = 80 rows"),
    ("GLU", {}, (8, 10), "axis 1: 10/2 = 5"),
]


@pytest.mark.parametrize(("name", "args", "x", "line"), EXPLAINED)
def test_blackboard(name: str, args: dict[str, Any], x: Any, line: str) -> None:
    result, _ = infer(name, args, x)
    assert line in result.layer.explain((x,), result.out_shapes)


def test_in_place_takes_no_memory_where_pytorch_honours_it() -> None:
    assert not infer("ReLU", {"inplace": True}, (2,))[0].layer.allocates
    assert not infer("Identity", {}, (2,))[0].layer.allocates
    assert infer("AlphaDropout", {"inplace": True}, (2,))[0].layer.allocates


SALVAGED = [
    ("Dropout", {"p": 1.5}, (N, 3), (N, 3)),
    ("GELU", {"approximate": "tan"}, (N, 3), (N, 3)),
    ("BatchNorm2d", {"num_features": "many"}, (N, 3, H, W), (N, 3, H, W)),
    ("Linear", {"in": "many", "out": 5}, (N, 3), (N, 5)),
    ("Linear", {}, (N, 3), (N, UNK)),
    ("Embedding", {"num_embeddings": "many", "embedding_dim": 5}, (N, L), (N, L, 5)),
]


@pytest.mark.parametrize(("name", "args", "x", "output"), SALVAGED)
def test_bad_argument_leaves_what_is_known(name: str, args: dict[str, Any], x: Any, output: Any) -> None:
    result, ctx = infer(name, args, x)
    assert len(ctx.problems) == 1
    assert result.out_shapes == (output,)
