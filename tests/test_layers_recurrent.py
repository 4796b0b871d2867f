"""RNN, LSTM, GRU and their cells: shapes, weights, MACs, what is refused and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from shapecalc.algebra.dims import symbol
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import Result, infer_layer
from shapecalc.layers.registry import lookup

N, L, H = symbol("N"), symbol("L"), symbol("H")


def infer(name: str, args: dict[str, Any], *xs: Any) -> tuple[Result, Context]:
    cls = lookup(name)
    assert cls is not None
    ctx = Context()
    return infer_layer(build(cls, args, ctx), xs, ctx), ctx


SHAPES = [
    # layout: the states are (layers, N, H) whatever batch_first says, and lose the N with the input
    ("LSTM", {"hidden_size": 20}, [(5, 3, 10)], [(5, 3, 20), (1, 3, 20), (1, 3, 20)]),
    ("LSTM", {"hidden_size": 20, "batch_first": True}, [(3, 5, 10)], [(3, 5, 20), (1, 3, 20), (1, 3, 20)]),
    ("LSTM", {"hidden_size": 20, "batch_first": True}, [(5, 10)], [(5, 20), (1, 20), (1, 20)]),
    ("GRU", {"hidden_size": 20, "num_layers": 2}, [(5, 3, 10)], [(5, 3, 20), (2, 3, 20)]),
    # directions and projection
    ("GRU", {"hidden_size": 20, "bidirectional": True}, [(5, 3, 10)], [(5, 3, 40), (2, 3, 20)]),
    ("LSTM", {"hidden_size": 20, "proj_size": 7}, [(5, 3, 10)], [(5, 3, 7), (1, 3, 7), (1, 3, 20)]),
    ("LSTM", {"hidden_size": 9, "proj_size": 2, "bidirectional": True, "num_layers": 3}, [(5, 3, 10)],
     [(5, 3, 4), (6, 3, 2), (6, 3, 9)]),
    # initial states, the empty batch
    ("RNN", {"hidden_size": 4}, [(5, 3, 10), (1, 3, 4)], [(5, 3, 4), (1, 3, 4)]),
    ("LSTM", {"hidden_size": 4, "proj_size": 2}, [(5, 3, 10), (1, 3, 2), (1, 3, 4)], [(5, 3, 2), (1, 3, 2), (1, 3, 4)]),
    ("RNN", {"hidden_size": 4}, [(5, 0, 10)], [(5, 0, 4), (1, 0, 4)]),
    # cells
    ("RNNCell", {"hidden_size": 4}, [(3, 10)], [(3, 4)]),
    ("GRUCell", {"hidden_size": 4}, [(10,)], [(4,)]),
    ("LSTMCell", {"hidden_size": 4}, [(3, 10), (3, 4), (3, 4)], [(3, 4), (3, 4)]),
    ("GRUCell", {"input_size": 0, "hidden_size": 0}, [(3, 0)], [(3, 0)]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "inputs", "outputs"), SHAPES)
def test_output_shapes(name: str, args: dict[str, Any], inputs: Any, outputs: Any) -> None:
    result, ctx = infer(name, args, *inputs)
    assert not ctx.problems
    assert list(result.out_shapes) == outputs


def test_symbols_stay_closed_forms() -> None:
    result, ctx = infer("LSTM", {"hidden_size": 20, "bidirectional": True, "batch_first": True}, (N, L, 10))
    assert list(result.out_shapes) == [(N, L, 40), (2, N, 20), (2, N, 20)]
    assert result.macs == N * L * 2 * 80 * 30
    assert not ctx.problems and not ctx.conditions


def test_symbolic_features_make_symbolic_weights() -> None:
    result, _ = infer("GRU", {"hidden_size": 4}, (L, N, H))
    assert result.params == 12 * H + 12 * 4 + 24


def test_symbolic_initial_state_is_a_condition() -> None:
    _, ctx = infer("GRU", {"hidden_size": 4}, (L, N, 3), (1, 5, 4))
    assert not ctx.problems
    assert [str(c) for c in ctx.conditions] == ["N = 5"]


WEIGHTS = [
    ("RNN", {"input_size": 3, "hidden_size": 4},
     {"weight_ih_l0": (4, 3), "weight_hh_l0": (4, 4), "bias_ih_l0": (4,), "bias_hh_l0": (4,)}),
    ("GRU", {"input_size": 3, "hidden_size": 4, "bias": False, "bidirectional": True},
     {"weight_ih_l0": (12, 3), "weight_hh_l0": (12, 4),
      "weight_ih_l0_reverse": (12, 3), "weight_hh_l0_reverse": (12, 4)}),
    ("LSTM", {"input_size": 3, "hidden_size": 4, "proj_size": 2, "num_layers": 2, "bias": False},
     {"weight_ih_l0": (16, 3), "weight_hh_l0": (16, 2), "weight_hr_l0": (2, 4),
      "weight_ih_l1": (16, 2), "weight_hh_l1": (16, 2), "weight_hr_l1": (2, 4)}),
    ("LSTMCell", {"input_size": 3, "hidden_size": 4},
     {"weight_ih": (16, 3), "weight_hh": (16, 4), "bias_ih": (16,), "bias_hh": (16,)}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "weights"), WEIGHTS)
def test_weights_are_named_as_in_a_checkpoint(name: str, args: dict[str, Any], weights: Any) -> None:
    cls = lookup(name)
    assert cls is not None
    assert build(cls, args, Context()).weights() == weights


MACS = [
    # steps * batch * directions * (g*H*(H_in + H_out) + H_out*H for a projection)
    ("RNN", {"hidden_size": 4}, (5, 3, 10), 15 * 4 * 14),
    ("GRU", {"hidden_size": 4, "bidirectional": True}, (5, 3, 10), 15 * 2 * 12 * 14),
    ("LSTM", {"hidden_size": 4, "num_layers": 2}, (5, 3, 10), 15 * 16 * (14 + 8)),
    ("LSTM", {"hidden_size": 4, "proj_size": 2}, (5, 10), 5 * (16 * 12 + 8)),
    ("LSTMCell", {"hidden_size": 4}, (3, 10), 3 * 16 * 14),
]


@pytest.mark.parametrize(("name", "args", "x", "macs"), MACS)
def test_macs_are_the_matmuls(name: str, args: dict[str, Any], x: Any, macs: int) -> None:
    assert infer(name, args, x)[0].macs == macs


WRONG = [
    # arguments
    ("LSTM", {"hidden_size": 0}, [(5, 3, 10)], "invalid-argument", "hidden_size",
     "hidden_size must be an integer >= 1, not `0`"),
    ("LSTM", {"hidden_size": 4, "num_layers": 0}, [(5, 3, 10)], "invalid-argument", "num_layers",
     "num_layers must be an integer from 1 to 10000, not `0`"),
    ("LSTM", {"hidden_size": 4, "proj_size": 4}, [(5, 3, 10)], "invalid-argument", "proj_size",
     "proj_size must be smaller than hidden_size: got 4 and 4"),
    ("GRU", {"hidden_size": 4, "dropout": 1.5}, [(5, 3, 10)], "invalid-argument", "dropout",
     "dropout must be a number from 0 to 1, not `1.5`"),
    ("GRU", {"hidden_size": 4, "proj_size": 2}, [(5, 3, 10)], "unknown-argument", "proj_size",
     "GRU has no argument `proj_size`"),
    ("RNN", {"hidden_size": 4, "nonlinearity": "sigmoid"}, [(5, 3, 10)], "invalid-argument", "nonlinearity",
     "nonlinearity must be one of `tanh`, `relu`, not the string `sigmoid`"),
    # the input
    ("LSTM", {"input_size": 9, "hidden_size": 4}, [(5, 3, 10)], "feature-mismatch", "input_size",
     "LSTM expects 9 features, the input has 10"),
    ("LSTM", {"input_size": 3, "hidden_size": 4}, [(3,)], "rank-mismatch", "input",
     "LSTM expects an input of (L, 3) or (L, N, 3), got (3,) of 1 axis"),
    ("GRU", {"hidden_size": 4, "batch_first": True}, [(3, 0, 10)], "shape-mismatch", "input",
     "GRU needs a sequence of at least one step, the input (3, 0, 10) has none"),
    # initial states
    ("GRU", {"hidden_size": 4}, [(5, 3, 10), (1, 2, 4)], "shape-mismatch", "input.1",
     "h_0 must be (1, 3, 4), got (1, 2, 4)"),
    ("GRU", {"hidden_size": 4}, [(5, 10), (1, 1, 4)], "rank-mismatch", "input.1",
     "h_0 must be (1, 4), got (1, 1, 4)"),
    ("LSTM", {"hidden_size": 4, "proj_size": 2}, [(5, 3, 10), (1, 3, 2), (1, 3, 2)], "shape-mismatch", "input.2",
     "c_0 must be (1, 3, 4), got (1, 3, 2)"),
    ("LSTM", {"hidden_size": 4}, [(5, 3, 10), (1, 3, 4)], "input-count", "from",
     "LSTM takes 1 or 3 inputs, 2 arrive"),
    # cells
    ("GRUCell", {"hidden_size": 4}, [(2, 3, 10)], "rank-mismatch", "input",
     "GRUCell expects an input of (N, 10) or (10,), got (2, 3, 10) of 3 axes"),
    ("LSTMCell", {"hidden_size": 4}, [(3, 10), (3, 4), (1, 4)], "shape-mismatch", "input.2",
     "c_0 must be (3, 4), got (1, 4)"),
    ("RNNCell", {"input_size": 9, "hidden_size": 4}, [(3, 10)], "feature-mismatch", "input_size",
     "RNNCell expects 9 features, the input has 10"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "inputs", "rule", "at", "message"), WRONG)
def test_one_finding(name: str, args: dict[str, Any], inputs: Any, rule: str, at: str, message: str) -> None:
    _, ctx = infer(name, args, *inputs)
    assert [(p.severity, p.rule, p.at, p.message) for p in ctx.problems] == [("error", rule, at, message)]


def test_help_has_the_corrected_value() -> None:
    _, ctx = infer("LSTM", {"input_size": 9, "hidden_size": 4}, (5, 3, 10))
    assert ctx.problems[0].help == "write `input_size: 10`, or leave it out"
    assert ctx.problems[0].replace == 10
    _, ctx = infer("LSTM", {"hidden_size": 4, "proj_size": 4}, (5, 3, 10))
    assert ctx.problems[0].help == "write at most 3, or leave proj_size out for no projection"


BROADCAST = [
    ("RNNCell", [(3,), (4, 4)], [(4, 4)]),
    ("LSTMCell", [(3,), (4,), (4, 4)], [(4, 4), (4, 4)]),
]


@pytest.mark.parametrize(("name", "inputs", "outputs"), BROADCAST)
def test_a_matrix_of_states_for_one_sample_is_accepted_with_a_warning(name: str, inputs: Any, outputs: Any) -> None:
    result, ctx = infer(name, {"hidden_size": 4}, *inputs)
    assert list(result.out_shapes) == outputs
    assert [p.severity for p in ctx.problems] == ["warning"]


def test_unknown_input_keeps_what_is_declared() -> None:
    result, ctx = infer("LSTM", {"input_size": 3, "hidden_size": 20}, None)
    assert [y[-1] for y in result.out_shapes if y is not None] == [20, 20, 20]
    assert result.params == 4 * 20 * 23 + 160
    assert not ctx.problems


def explained(name: str, args: dict[str, Any], x: Any) -> list[str]:
    result, _ = infer(name, args, x)
    return result.layer.explain((x,), result.out_shapes)


def test_explain_writes_the_numbers_in() -> None:
    assert explained("LSTM", {"hidden_size": 64, "num_layers": 2, "bidirectional": True}, (10, 2, 32)) == [
        "output = (10, 2, 128)",
        "h_n = (4, 2, 64)",
        "c_n = (4, 2, 64)",
        "output features = directions*H_out = 2*64",
        "g = 4 gates, H = 64",
        "params of layer 0, each direction: g*H*(H_in + H_out) + 2*g*H = 256*(32 + 64) + 2*256 = 25088",
        "params of layer 1, each direction: g*H*(H_in + H_out) + 2*g*H = 256*(128 + 64) + 2*256 = 49664",
        "params = 2*(25088 + 1*49664) = 149504",
        "MACs = batch*steps*weights without biases = 2*10*147456 = 2949120",
    ]
    assert explained("GRUCell", {"hidden_size": 4}, (3, 10)) == [
        "g = 3 gates, H = 4",
        "params = g*H*(H_in + H) + 2*g*H = 12*(10 + 4) + 2*12 = 192",
        "MACs = N*168 = 504",
    ]
