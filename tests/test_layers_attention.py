"""MultiheadAttention and the Transformer's layers: shapes, weights, MACs, layers as arguments, findings."""

from __future__ import annotations

from typing import Any

import pytest

from shapecalc.algebra.dims import symbol
from shapecalc.layers.attention import nearest_divisor
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.registry import lookup

N, L, S = symbol("N"), symbol("L"), symbol("S")


def infer(name: str, args: dict[str, Any], *xs: Any) -> tuple[Result, Context]:
    cls = lookup(name)
    assert cls is not None
    ctx = Context()
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


MHA = {"num_heads": 2}
SMALL = {"nhead": 2, "dim_feedforward": 3}
SHAPES = [
    # one input is query, key and value
    ("MultiheadAttention", MHA, [(5, 3, 8)], [(5, 3, 8), (3, 5, 5)]),
    ("MultiheadAttention", MHA | {"batch_first": True}, [(3, 5, 8)], [(3, 5, 8), (3, 5, 5)]),
    ("MultiheadAttention", MHA | {"batch_first": True}, [(5, 8)], [(5, 8), (5, 5)]),
    ("MultiheadAttention", MHA, [(5, 3, 8), (4, 3, 8), (4, 3, 8)], [(5, 3, 8), (3, 5, 4)]),
    ("MultiheadAttention", MHA | {"kdim": 6, "vdim": 7}, [(5, 3, 8), (4, 3, 6), (4, 3, 7)], [(5, 3, 8), (3, 5, 4)]),
    # appended keys, weights per head, no weights
    ("MultiheadAttention", MHA | {"add_bias_kv": True, "add_zero_attn": True}, [(5, 3, 8)], [(5, 3, 8), (3, 5, 7)]),
    ("MultiheadAttention", MHA | {"average_attn_weights": False}, [(5, 3, 8)], [(5, 3, 8), (3, 2, 5, 5)]),
    ("MultiheadAttention", MHA | {"need_weights": False}, [(5, 3, 8)], [(5, 3, 8)]),
    # empty sequences; PyTorch does not look at the batch of an empty memory
    ("MultiheadAttention", MHA, [(5, 3, 8), (0, 2, 8), (0, 2, 8)], [(5, 3, 8), (3, 5, 0)]),
    ("MultiheadAttention", MHA, [(0, 3, 8)], [(0, 3, 8), (3, 0, 0)]),
    # the Transformer
    ("TransformerEncoderLayer", SMALL, [(5, 3, 8)], [(5, 3, 8)]),
    ("TransformerDecoderLayer", SMALL, [(5, 3, 8), (4, 3, 8)], [(5, 3, 8)]),
    ("TransformerEncoder", SMALL | {"num_layers": 2}, [(5, 8)], [(5, 8)]),
    ("TransformerDecoder", SMALL | {"num_layers": 2, "batch_first": True}, [(3, 5, 8), (3, 4, 8)], [(3, 5, 8)]),
    ("Transformer", {"batch_first": True}, [(2, 4, 512), (2, 6, 512)], [(2, 6, 512)]),
    ("TransformerEncoder", SMALL | {"num_layers": 2, "norm": "nn.Linear(8, 5)"}, [(5, 3, 8)], [(5, 3, 5)]),
]


@pytest.mark.parametrize(("name", "args", "inputs", "outputs"), SHAPES)
def test_output_shapes(name: str, args: dict[str, Any], inputs: Any, outputs: Any) -> None:
    result, ctx = infer(name, args, *inputs)
    assert not ctx.problems
    assert list(result.out_shapes) == outputs


def test_symbolic_lengths() -> None:
    result, ctx = infer("MultiheadAttention", {"num_heads": 8, "batch_first": True}, (N, L, 512))
    assert list(result.out_shapes) == [(N, L, 512), (N, L, L)]
    assert result.macs == N * (4 * L * 512 * 512 + 2 * L * L * 512)
    assert not ctx.problems and not ctx.conditions
    result, _ = infer("Transformer", {"batch_first": True}, (N, S, 512), (N, L, 512))
    assert list(result.out_shapes) == [(N, L, 512)]


def test_equal_batches_of_symbols_are_a_condition() -> None:
    _, ctx = infer("TransformerDecoderLayer", SMALL, (L, N, 8), (S, 5, 8))
    assert [str(c) for c in ctx.conditions] == ["N = 5"]


PARAMS = [
    # the published sizes
    ("Transformer", {}, [(4, 1, 512), (6, 1, 512)], 44140544),
    ("TransformerEncoderLayer", {"nhead": 8}, [(4, 1, 512)], 3152384),
    ("TransformerEncoderLayer", {"nhead": 12, "dim_feedforward": 3072}, [(4, 1, 768)], 7087872),
    ("TransformerDecoderLayer", {"nhead": 8}, [(4, 1, 512), (6, 1, 512)], 4204032),
    ("MultiheadAttention", {"num_heads": 8}, [(4, 1, 512)], 1050624),
    ("MultiheadAttention", {"num_heads": 8, "bias": False}, [(4, 1, 512)], 1048576),
    ("TransformerEncoderLayer", SMALL | {"activation": "nn.PReLU()"}, [(4, 1, 8)], 380),
]


@pytest.mark.parametrize(("name", "args", "inputs", "params"), PARAMS)
def test_params(name: str, args: dict[str, Any], inputs: Any, params: int) -> None:
    assert infer(name, args, *inputs)[0].params == params


def test_weights_are_named_as_in_a_checkpoint() -> None:
    result, _ = infer("MultiheadAttention", {"num_heads": 2, "kdim": 6, "add_bias_kv": True}, *[(5, 8), (4, 6), (4, 8)])
    assert result.layer.weights() == {
        "q_proj_weight": (8, 8),
        "k_proj_weight": (8, 6),
        "v_proj_weight": (8, 8),
        "in_proj_bias": (24,),
        "bias_k": (1, 1, 8),
        "bias_v": (1, 1, 8),
        "out_proj.weight": (8, 8),
        "out_proj.bias": (8,),
    }
    result, _ = infer("TransformerEncoder", SMALL | {"num_layers": 1, "norm": "layernorm", "bias": False}, (5, 8))
    assert result.layer.weights() == {
        "layers.0.self_attn.in_proj_weight": (24, 8),
        "layers.0.self_attn.out_proj.weight": (8, 8),
        "layers.0.linear1.weight": (3, 8),
        "layers.0.linear2.weight": (8, 3),
        "layers.0.norm1.weight": (8,),
        "layers.0.norm2.weight": (8,),
        "norm.weight": (8,),
        "norm.bias": (8,),
    }


#: One encoder in each of the ways it may be written.
SAME = [
    {"nhead": 4, "dim_feedforward": 32, "batch_first": True},
    {"d_model": 16, "nhead": 4, "dim_feedforward": 32, "batch_first": True},
    {"encoder_layer": "nn.TransformerEncoderLayer(16, 4, 32, batch_first=True)"},
    {"encoder_layer": {"TransformerEncoderLayer": {"nhead": 4, "dim_feedforward": 32, "batch_first": True}}},
    {"encoder_layer": {"type": "TransformerEncoderLayer", "nhead": 4, "dim_feedforward": 32, "batch_first": True}},
    {"encoder_layer": {"type": "nn.TransformerEncoderLayer", "args": [16, 4, 32], "batch_first": True}},
]


@pytest.mark.parametrize("args", SAME)
def test_a_stack_takes_a_layer_or_its_arguments(args: dict[str, Any]) -> None:
    result, ctx = infer("TransformerEncoder", args | {"num_layers": 2}, (3, 5, 16))
    assert not ctx.problems
    assert (list(result.out_shapes), result.params, result.macs) == ([(3, 5, 16)], 4448, 66240)


def test_a_stack_shows_its_layer_as_data() -> None:
    result, _ = infer("TransformerEncoder", SAME[2] | {"num_layers": 2, "norm": {"layernorm": 16}}, (3, 5, 16))
    assert result.layer.arguments() == {
        "encoder_layer": {
            "type": "TransformerEncoderLayer",
            "d_model": 16,
            "nhead": 4,
            "dim_feedforward": 32,
            "batch_first": True,
        },
        "num_layers": 2,
        "norm": {"type": "LayerNorm", "normalized_shape": (16,)},
    }


def test_the_layers_of_a_transformer_may_be_given() -> None:
    own = {"custom_encoder": "nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 1)"}
    args = {"d_model": 8, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 16}
    whole, _ = infer("Transformer", args, (4, 3, 8), (6, 3, 8))
    result, ctx = infer("Transformer", args | own, (4, 3, 8), (6, 3, 8))
    assert not ctx.problems
    assert (result.out_shapes, result.params) == (((6, 3, 8),), 1536 - 16)
    assert result.macs == whole.macs == 22848


WRONG = [
    # heads
    ("MultiheadAttention", {"embed_dim": 768, "num_heads": 10}, [(5, 768)], "not-divisible", "num_heads",
     "embed_dim 768 is not divisible by num_heads 10"),
    ("Transformer", {"nhead": 7}, [(4, 512), (6, 512)], "not-divisible", "nhead",
     "d_model 512 is not divisible by nhead 7"),
    ("MultiheadAttention", {"num_heads": 0}, [(5, 8)], "invalid-argument", "num_heads",
     "num_heads must be an integer >= 1, not `0`"),
    ("MultiheadAttention", {"num_heads": 2, "dropout": 1.5}, [(5, 8)], "invalid-argument", "dropout",
     "dropout must be a number <= 1, not `1.5`"),
    # features
    ("MultiheadAttention", {"embed_dim": 8, "num_heads": 2}, [(5, 6)], "feature-mismatch", "embed_dim",
     "MultiheadAttention expects 8 features, the input has 6"),
    ("MultiheadAttention", MHA, [(5, 8), (4, 6), (4, 8)], "feature-mismatch", "input.1",
     "MultiheadAttention expects 8 features, the second input has 6"),
    ("MultiheadAttention", MHA | {"kdim": 6}, [(5, 8)], "feature-mismatch", "kdim",
     "kdim is 6, but self-attention reads the input of 8 features"),
    ("TransformerDecoderLayer", SMALL, [(5, 8), (4, 6)], "feature-mismatch", "input.1",
     "TransformerDecoderLayer expects 8 features, the second input has 6"),
    # axes, batches and lengths
    ("MultiheadAttention", MHA, [(5, 2, 3, 8)], "rank-mismatch", "input",
     "MultiheadAttention expects an input of (L, N, 8) or (L, 8), got (5, 2, 3, 8)"),
    ("MultiheadAttention", MHA, [(5, 3, 8), (4, 3, 8), (4, 8)], "rank-mismatch", "input.2",
     "value must have as many axes as the query (5, 3, 8), got (4, 8)"),
    ("MultiheadAttention", MHA, [(5, 3, 8), (4, 3, 8), (6, 3, 8)], "shape-mismatch", "input.2",
     "key and value must be of one length and batch: got (4, 3, 8) and (6, 3, 8)"),
    ("MultiheadAttention", MHA, [(5, 3, 8), (4, 2, 8), (4, 2, 8)], "shape-mismatch", "input.1",
     "the batch of the key is 2, that of the first input 3"),
    ("MultiheadAttention", MHA, [(5, 3, 8), (5, 3, 8)], "input-count", "from",
     "MultiheadAttention takes 1 or 3 inputs, 2 arrive"),
    ("Transformer", {}, [(0, 3, 512), (6, 1, 512)], "shape-mismatch", "input.1",
     "the batch of the target is 1, that of the first input 3"),
    # stacks
    ("TransformerEncoder", {"num_layers": 2}, [(5, 8)], "missing-argument", None,
     "TransformerEncoder needs encoder_layer or nhead"),
    ("TransformerEncoder", SMALL | {"num_layers": 0}, [(5, 8)], "invalid-argument", "num_layers",
     "num_layers must be an integer from 1 to 10000, not `0`"),
    ("TransformerEncoder", {"num_layers": 2, "encoder_layer": "nn.TransformerEncoderLayer(8, 3)"}, [(5, 8)],
     "not-divisible", "encoder_layer", "encoder_layer: d_model 8 is not divisible by nhead 3"),
    ("TransformerEncoder", {"num_layers": 2, "encoder_layer": "nn.TransformerDecoderLayer(8, 2)"}, [(5, 8)],
     "invalid-argument", "encoder_layer",
     "encoder_layer must be a TransformerEncoderLayer, not `TransformerDecoderLayer`"),
    ("TransformerEncoder", {"num_layers": 2, "nhead": 2, "encoder_layer": "nn.TransformerEncoderLayer(8, 2)"}, [(5, 8)],
     "invalid-argument", "nhead", "nhead belongs into encoder_layer when that is given"),
    ("TransformerEncoder", SMALL | {"num_layers": 2, "norm": "nn.LayerNormm(8)"}, [(5, 8)], "invalid-argument", "norm",
     "norm must be a layer, not the unknown type `nn.LayerNormm`"),
    # the activation
    ("TransformerEncoderLayer", SMALL | {"activation": "silu"}, [(5, 8)], "invalid-argument", "activation",
     "activation must be `relu`, `gelu`, a function such as `F.silu` or a layer such as `nn.PReLU()`, "
     "not the string `silu`"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "inputs", "rule", "at", "message"), WRONG)
def test_one_finding(name: str, args: dict[str, Any], inputs: Any, rule: str, at: str | None, message: str) -> None:
    _, ctx = infer(name, args, *inputs)
    assert [(p.severity, p.rule, p.at, p.message) for p in ctx.problems] == [("error", rule, at, message)]


HELP = [
    ("MultiheadAttention", {"embed_dim": 768, "num_heads": 10}, (5, 768),
     "write `num_heads: 8` or `embed_dim: 770`", 8),
    ("MultiheadAttention", {"num_heads": 10}, (5, 768), "write `num_heads: 8`", 8),
    ("MultiheadAttention", {"embed_dim": 8, "num_heads": 2}, (5, 6), "write `embed_dim: 6`", 6),
    ("TransformerEncoderLayer", SMALL | {"activation": "silu"}, (5, 8), "write `F.silu`", None),
    ("TransformerEncoderLayer", SMALL | {"activation": "GELU"}, (5, 8), "write `gelu`", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "x", "help", "replace"), HELP)
def test_help_has_the_corrected_value(name: str, args: dict[str, Any], x: Any, help: str, replace: Any) -> None:
    _, ctx = infer(name, args, x)
    assert (ctx.problems[0].help, ctx.problems[0].replace) == (help, replace)


def test_activation_that_halves_the_features() -> None:
    _, ctx = infer("TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 4, "activation": "nn.GLU()"}, (5, 8))
    assert ctx.problems[0].message == "GLU does not fit as the activation: it makes (5, 2) of (5, 4)"


def test_negative_dropout_is_passed_over() -> None:
    assert [p.severity for p in infer("MultiheadAttention", MHA | {"dropout": -1}, (5, 8))[1].problems] == ["warning"]
    _, ctx = infer("MultiheadAttention", MHA | {"dropout": -1, "need_weights": False}, (5, 8))
    assert ctx.failed


NEAREST = [(768, 10, 8), (512, 7, 8), (7, 3, 1), (12, 5, 4), (5, 100, 5), (1, 2, 1)]


@pytest.mark.parametrize(("n", "k", "nearest"), NEAREST)
def test_nearest_divisor(n: int, k: int, nearest: int) -> None:
    assert nearest_divisor(n, k) == nearest


def test_unknown_input_keeps_what_is_declared() -> None:
    result, ctx = infer("TransformerEncoderLayer", {"d_model": 512, "nhead": 8}, None)
    assert result.out_shapes[0] is not None and result.out_shapes[0][-1] == 512
    assert result.params == 3152384
    assert not ctx.problems


def test_explain_writes_the_numbers_in() -> None:
    x = (N, 10, 512)
    result, _ = infer("MultiheadAttention", {"num_heads": 8, "batch_first": True}, x)
    assert result.layer.explain((x,), result.out_shapes) == [
        "features of a head = embed_dim/num_heads = 512/8 = 64",
        "query, key and value projections: E*E + E*kdim + E*vdim = 512*512 + 512*512 + 512*512 = 786432",
        "output projection: E*E = 512*512 = 262144",
        "biases: 3*E + E = 3*512 + 512 = 2048",
        "params = 1050624, whatever the number of heads",
        "10 queries, 10 keys, a batch of N",
        "Q K^T and weights*V: 2*N*L*S*E = 102400*N MACs",
        "MACs with the four projections = 10588160*N",
    ]
