"""Memory, totals and receptive fields of small graphs, worked out by hand."""

from __future__ import annotations

import pytest

from shapecalc.algebra.dims import UNK, Sym
from shapecalc.analysis.totals import DTYPE_BYTES
from shapecalc.api import plan as engine


def totals(text: str, **options: object) -> dict[str, object]:
    made = engine.plan(text=text, **options)  # type: ignore[arg-type]
    assert made.ok, made.diagnostics
    return made.totals


def rows(layers: str, shape: str = "[1, 10]") -> str:
    return f"input: {shape}\nlayers:\n" + "".join(f"  - {line}\n" for line in layers.split("; "))


# One unit is an fp32 vector of 10 elements: 40 bytes.
PEAKS = [
    # a chain: input and output of one layer are alive together
    ("relu; relu; relu", 80),
    # the network's input is the caller's
    ("relu", 40),
    # in-place and views take nothing
    ("relu; {relu: {inplace: true}}; {relu: {inplace: true}}", 40),
    ("relu; flatten; {unsqueeze: 1}", 40),
    # in place on the network's input
    ("{relu: {inplace: true}}", 0),
    # a view keeps its base alive to the view's last reader
    ("{type: ReLU, name: a}; {type: Flatten, name: v}; {type: ReLU, from: v}; {type: ReLU}", 80),
    # a skip connection keeps the early tensor: a, b, c, and then a + c
    ("{type: ReLU, name: a}; relu; {type: ReLU, name: c}; {type: add, from: [a, c]}", 120),
    # what nobody reads is freed at once
    ("{type: ReLU, name: a, from: input}; {type: ReLU, from: input}; {type: ReLU, from: input}", 40),
]


@pytest.mark.parametrize(("layers", "peak"), PEAKS)
def test_peak(layers: str, peak: int) -> None:
    assert totals(rows(layers))["peak_activation_bytes"] == peak


def test_outputs_live_to_the_end() -> None:
    layers = "{type: ReLU, name: a}; {type: ReLU, name: b, from: input}; {relu: {from: input}}"
    text = "outputs: [a, b]\n" + rows(layers)
    assert totals(text)["peak_activation_bytes"] == 120


def test_lenet_as_documented() -> None:
    got = engine.plan("specs/lenet5.yaml", batch=1).totals
    assert (got["activation_bytes"], got["peak_activation_bytes"]) == (58408, 37632)
    assert (got["params"], got["macs"], got["flops"], got["param_bytes"]) == (61706, 416520, 833040, 246824)


@pytest.mark.parametrize("dtype", DTYPE_BYTES)
def test_dtype_sets_the_bytes(dtype: str) -> None:
    got = totals(rows("{linear: {out: 3}}", "[10]"), dtype=dtype)
    assert got["param_bytes"] == 33 * DTYPE_BYTES[dtype]
    assert got["activation_bytes"] == 3 * DTYPE_BYTES[dtype]


def test_costs_are_for_one_sample_while_the_batch_is_open() -> None:
    text = rows("{conv2d: {out: 4, k: 3}}; relu", "[2, 8, 8]")
    one, eight = totals(text), totals(text, batch=8)
    for name in ("macs", "activation_bytes", "peak_activation_bytes"):
        assert eight[name] == 8 * one[name]  # type: ignore[operator]


def test_symbolic_sizes_give_formulas() -> None:
    """Evaluated at sizes, the formulas equal the numbers at these sizes."""
    layers = "{conv2d: {out: 4, k: 3, p: 1}}; {maxpool2d: 2}; {conv2d: {out: 8, k: 3}}; relu"
    symbolic, numeric = totals(rows(layers, "[2, H, W]")), totals(rows(layers, "[2, 30, 21]"))
    for name, value in symbolic.items():
        at = value.evaluate({"H": 30, "W": 21}) if isinstance(value, Sym) else value
        assert at == numeric[name], name


def test_a_block_sums_its_layers() -> None:
    made = engine.plan(text=rows("{residual: [relu, relu]}; relu"))
    assert made.layers[0].kind == "block" and made.layers[0].activation_bytes == 120
    assert made.totals["activation_bytes"] == 160


@pytest.mark.parametrize(
    ("layers", "field", "jump"),
    [
        ("{conv2d: {out: 4, k: 3}}", (3, 3), (1, 1)),
        ("{conv2d: {out: 4, k: [3, 5], s: [1, 2]}}", (3, 5), (1, 2)),
        ("{conv2d: {out: 4, k: 3, d: 4}}", (9, 9), (1, 1)),
        ("{conv2d: {out: 4, k: 3, s: 2}}; {conv2d: {out: 4, k: 3}}", (7, 7), (2, 2)),
        ("{conv2d: {out: 4, k: 3}}; {adaptiveavgpool2d: 1}", (32, 32), None),
        ("{residual: [{conv2d: {out: 1, k: 3, p: 1}}, {conv2d: {out: 1, k: 3, p: 1}}]}", (5, 5), (1, 1)),
        ("{maxpool2d: 2}; {upsample: {scale_factor: 2}}", (2, 2), (1, 1)),
    ],
)
def test_receptive_field(layers: str, field: tuple[int, ...], jump: tuple[int, ...] | None) -> None:
    last = engine.plan(text=rows(layers, "[1, 32, 32]")).layers[-1]
    assert (last.receptive_field, last.jump) == (field, jump)


def test_a_block_has_the_field_of_its_end() -> None:
    made = engine.plan(text=rows("{residual: [{conv2d: {out: 1, k: 3, p: 1}}, relu]}; relu", "[1, 9, 9]"))
    assert made.layers[0].receptive_field == (3, 3)


def test_sequences_have_no_field_where_none_is_known() -> None:
    made = engine.plan(text="input: [10]\nlayers: [relu]\n")
    assert made.layers[0].receptive_field is None and made.layers[0].jump is None


def test_a_branch_that_cannot_be_followed_leaves_the_sum_unknown() -> None:
    text = "input: [1, 8, 8]\nlayers:\n  - {name: a, type: ReLU}\n  - {type: Unfold, kernel_size: 2, stride: 2}\n"
    text += "  - {type: Fold, output_size: 8, kernel_size: 2, stride: 2}\n  - {type: add, from: [a, -1]}\n"
    made = engine.plan(text=text)
    assert made.ok, made.diagnostics
    assert [row.receptive_field for row in made.layers] == [(1, 1), (2, 2), None, None]


def test_what_hangs_on_no_spatial_axis_takes_nothing_away() -> None:
    text = "inputs: {image: [2, 9, 9], label: [2]}\nlayers:\n"
    text += "  - {name: a, type: Conv2d, from: image, out_channels: 2, kernel_size: 3}\n"
    text += "  - {name: b, type: linear, from: label, out_features: 7}\n  - {type: add, from: [a, b]}\n"
    made = engine.plan(text=text)
    assert made.ok, made.diagnostics
    assert [row.receptive_field for row in made.layers] == [(3, 3), None, (3, 3)]


def failing(*layers: str) -> dict[str, object]:
    made = engine.plan(text="input: [1, 28, 28]\nlayers:\n" + "".join(f"  - {row}\n" for row in layers))
    assert not made.ok
    return made.totals


@pytest.mark.parametrize(
    ("layers", "params", "macs", "bytes_", "partial"),
    [
        # the size after the first layer is not known: what the others are known to cost is summed
        (("conv2d: {out: 6, k: 5}", "conv2d: {out: 6, k: 99}", "flatten", "linear: {in: 9, out: 2}"),
         353_018, 86_418, 13_832, {"macs", "flops", "activation_bytes", "peak_activation_bytes"}),
        (("conv2d: {out: 6, k: 99}", "flatten", "linear: 120"), 58812, None, 480,
         {"params", "trainable_params", "param_bytes", "activation_bytes", "peak_activation_bytes"}),
        # nothing is known
        (("linear: {out: -1}",), None, None, None, set()),
        # the shapes are known all the same
        (("conv2d: {in: 3, out: 6, k: 5}", "relu"), 456, 259200, 27648, set()),
    ],
)  # fmt: skip
def test_sums_of_what_is_known(
    layers: tuple[str, ...], params: int | None, macs: int | None, bytes_: int | None, partial: set[str]
) -> None:
    got = failing(*layers)
    found = [None if value is UNK else value for value in (got["params"], got["macs"], got["activation_bytes"])]
    assert (found, set(got.get("partial", ()))) == ([params, macs, bytes_], partial)  # type: ignore[call-overload]


def test_the_peak_is_one_formula_whatever_the_order() -> None:
    text = "input: [3, H, W]\nlayers:\n" + "  - conv2d: {out: 8, k: 3}\n  - maxpool2d: 2\n" * 3
    assert len({str(engine.plan(text=text).totals["peak_activation_bytes"]) for _ in range(3)}) == 1


def test_two_places_of_one_axis_are_no_window() -> None:
    made = engine.plan(text=rows("{conv1d: {out: 4, k: 3}}; {glu: {dim: 1}}; {glu: {dim: 2}}", "[1, 20]"))
    assert [row.receptive_field for row in made.layers] == [(3,), (3,), None]
