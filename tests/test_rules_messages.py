"""Lint rules on small networks: what they report and where, and where they must be silent."""

from __future__ import annotations

import pytest

import shapecalc
from shapecalc.rules.base import RULES
from shapecalc.rules.checking import run
from shapecalc.text.findings import Finding

EVERY = [one.name for one in RULES.values() if one.check is not None]


def spec(given: str, *rows: str) -> str:
    """A network of the rows; `given` is the input, and further keys after a `;`."""
    head = "\n".join(part.strip() for part in given.split(";"))
    return f"input: {head}\nlayers:\n" + "".join(f"  - {row}\n" for row in rows)


def found(text: str, rule: str) -> list[Finding]:
    plan = shapecalc.plan(text=text)
    assert plan.ok, plan.diagnostics
    return run(plan, [rule])


C = "conv2d: {out: 8, k: 3, p: 1}"

FOUND = [
    # windows
    ("unread-border", spec("[3, 224, 224]", "conv2d: {out: 8, k: 3, s: 4, p: 1}"), "3: 4",
     "rows 223 and 224 of 224 are never read: floor drops 3, one of them padding"),
    ("unread-border", spec("[3, 224, 224]", "conv2d: {out: 8, k: 7, s: 2}"), "3: 2",
     "row 224 of 224 is never read: floor drops 1"),
    ("unread-border", spec("[3, 10, 40]", "conv2d: {out: 8, k: 4, s: 4}", "relu"), "3: 4",
     "rows 9 and 10 of 10 are never read: floor drops 2"),
    ("unread-border", spec("[3, 12, 11]", "maxpool2d: 4"), "3: 4",
     "columns 9 to 11 of 11 are never read: floor drops 3"),
    ("unread-border", spec("[3, 9]", "maxpool1d: 2"), "3: 2", "position 9 of 9 is never read: floor drops 1"),
    ("unread-border", spec("[3, 5, 8, 8]", "nn.AvgPool3d(2)"), "3: 2",
     "slice 5 of 5 is never read: floor drops 1"),
    ("skipped-input", spec("[3, 224, 224]", "conv2d: {out: 8, k: 3, s: 4, p: 1}"), "3: 4",
     "stride 4 is larger than the kernel of 3: 1 of 4 rows is never read"),
    ("skipped-input", spec("[3, 8, 65]", "nn.Conv2d(3, 8, (1, 2), stride=(1, 9))"), "3: (1, 9)",
     "stride 9 is larger than the kernel of 2: 7 of 9 columns are never read"),
    ("skipped-input", spec("[3, 64, 64]", "conv2d: {out: 8, k: 3, s: 2, d: 2}"), "3: 2",
     "stride 2 and dilation 2 share a factor: 1 of 2 rows is never read"),
    ("padding-only-output", spec("[3, 30, 30]", "conv2d: {out: 8, k: 3, p: 3}"), "3: 3",
     "padding 3 is as large as the kernel of 3: 2 of 34 output rows see only padding"),
    ("padding-only-output", spec("[3, 30, 30]", "conv2d: {out: 8, k: 1, p: 2}"), "3: 2",
     "padding 2 is as large as the kernel of 1: 4 of 34 output rows see only padding"),
    ("padding-only-output", spec("[3, H, W]", "conv2d: {out: 8, k: 1, p: 1}"), "3: 1",
     "padding 1 is as large as the kernel of 1: the first and the last output row see only padding"),
    ("padding-only-window", spec("[3, 8, 8]", "maxpool2d: {k: 3, s: 2, p: 1, ceil_mode: true}"), "3: true",
     "ceil_mode adds a window that reads no new row: row 8 of 8 again, and padding"),
    ("padding-only-window", spec("[3, 7, 7]", "avgpool2d: {k: 2, p: 1, ceil_mode: true}"), "3: true",
     "ceil_mode adds no window: number 5 would start at row 8 of 7, in the padding, and PyTorch drops it"),
    ("padding-only-window", spec("[3, 6, 6]", "maxpool2d: {k: 1, s: 2, ceil_mode: true}"), "3: true",
     "ceil_mode adds no window: number 4 would start at row 7 of 6, past the end, and PyTorch drops it"),
    ("dilation-without-effect", spec("[3, 8, 8]", "conv2d: {out: 4, k: 1, d: 3}"), "3: 3",
     "dilation 3 has no effect on a kernel of 1: it still sees 1 row"),
    # norms
    ("redundant-bias", spec("[3, 8, 8]", "conv2d: {out: 64, k: 3}", "batchnorm2d"), "3: conv2d",
     "the bias of `conv2d_1` (64 parameters) is cancelled by `batchnorm2d_1`"),
    ("redundant-bias", spec("[3, 8, 8]", "conv2d: {out: 64, k: 3, bias: true}", "instancenorm2d"), "3: true",
     "the bias of `conv2d_1` (64 parameters) is cancelled by `instancenorm2d_1`"),
    ("redundant-bias", spec("[3, H, W]", "lazyconv2d: {out: 64, k: 3}", "lazybatchnorm2d"), "3: lazyconv2d",
     "the bias of `lazyconv2d_1` (64 parameters) is cancelled by `lazybatchnorm2d_1`"),
    ("norm-over-one-position", spec("[8, 9, 9]", "adaptiveavgpool2d: 1", "batchnorm2d"), "4: batchnorm2d",
     "`batchnorm2d_1` averages over a 1x1 map: one value per channel and sample"),
    ("repeated-norm", spec("[8, 9, 9]", "batchnorm2d", "dropout", "batchnorm2d"), "5: batchnorm2d",
     "`batchnorm2d_2` normalizes what `batchnorm2d_1` has just normalized, and undoes its 16 parameters"),
    ("norm-over-one-value", spec("[8, 1, 1]", "groupnorm: 8"), "3: groupnorm",
     "`groupnorm_1` normalizes one value at a time: the result is 0 for any input"),
    ("norm-over-one-value", spec("[8, 1]", "nn.RMSNorm(1)"), "3: nn.RMSNorm",
     "`rmsnorm_1` normalizes one value at a time: the result is 1 or -1 for any input"),
    # activations
    ("repeated-activation", spec("[8, 9, 9]", C, "relu", "maxpool2d: 3", "relu"), "6: relu",
     "`relu_2` has no effect: after `relu_1` no value is below 0"),
    ("repeated-activation", spec("[8]", "sigmoid", "sigmoid"), "4: sigmoid",
     "`sigmoid_2` is the second Sigmoid in a row, after `sigmoid_1`"),
    ("repeated-activation", spec("[8]", "softmax: {dim: 1}", "softmax: {dim: -1}"), "4: softmax",
     "`softmax_2` is the second Softmax in a row, after `softmax_1`"),
    ("repeated-activation", spec("[8]", "softmax: {dim: 1}", "sigmoid"), "4: sigmoid",
     "`sigmoid_1` follows `softmax_1`: its values are between 0 and 1, which a sigmoid maps to 0.5 to 0.73"),
    ("softmax-over-one", spec("[9]", "linear: 1", "nn.Softmax(dim=1)"), "4: 1",
     "Softmax over axis 1, whose size is 1, gives 1 everywhere"),
    ("implicit-dim", spec("[9, 4]", "softmax"), "3: softmax",
     "Softmax without `dim`: PyTorch takes axis 0, the batch, of (N, 9, 4)"),
    ("sequence-over-batch", spec("[5, 9]", "gru: {hidden_size: 4}"), "3: gru",
     "GRU takes axis 0 of (N, 5, 9) as the sequence, which is the batch"),
    ("sequence-over-batch", spec("[9]", "relu", "lstm: {hidden_size: 4, batch_first: true}"), "4: true",
     "LSTM takes axis 0 of (N, 9) as the sequence, which is the batch"),
    ("softmax-over-batch", spec("[9]", "softmax: 0"), "3: 0", "Softmax along axis 0 of (N, 9), which is the batch"),
    ("activation-before-loss", spec("[9]; loss: nn.CrossEntropyLoss()", "linear: 4", "softmax: 1", "flatten"),
     "5: softmax",
     "`softmax_1` (Softmax) before the loss `nn.CrossEntropyLoss()`, which then stays above 0.74 for 4 classes"),
    ("activation-before-loss", spec("[9]; loss: bce_with_logits", "linear: 1", "sigmoid"), "5: sigmoid",
     "`sigmoid_1` (Sigmoid) before the loss `bce_with_logits`, which then stays above 0.31"),
    ("activation-before-loss", spec("[9]; loss: nll_loss", "linear: 4", "softmax: 1"), "5: softmax",
     "`softmax_1` (Softmax) before the loss `nll_loss`, which is then between -1 and 0"),
    # linear layers
    ("linear-after-linear", spec("[784]", "linear: 128", "dropout", "linear: 10"), "5: linear",
     "`linear_2` follows `linear_1` with no activation between them: 101,632 weights where 7,840 are enough"),
    ("linear-on-map", spec("[1, 28, 28]", "linear: 10"), "3: linear",
     "`linear_1` works along the width of a map: the last axis of (N, 1, 28, 28) is 28"),
    ("linear-on-map", spec("[3, 8]", "conv1d: {out: 16, k: 3}", "adaptiveavgpool1d: 1", "linear: 10"), "5: linear",
     "`linear_1` works along the width of a map: the last axis of (N, 16, 1) is 1"),
    # outputs
    ("unused-output", spec("[8]; outputs: [a]", "linear: {out: 9, name: a}", "relu", "linear: 3"), "6: linear",
     "no layer reads the output of `linear_1`: 2 layers and 30 parameters unused"),
    ("unused-output", spec("[8]; blocks: {b: {layers: [linear: 8, relu]}}", "b: {name: side}",
     "linear: {out: 3, from: input}"), "4: b",
     "no layer reads the output of `side`: 2 layers and 72 parameters unused"),
    ("unused-input", "inputs: {a: [3], b: [4]}\nlayers:\n  - relu\n", "1: [4]", "no layer reads the input `b` (N, 4)"),
    ("unused-block", spec("[8]; blocks: {b: {layers: [relu]}}", "linear: 3"), "2: b", "no row uses the block `b`"),
    ("unused-variable", spec("[8]; vars: {w: 3}", "linear: 3"), "2: w", "no expression uses the variable `w`"),
    # training
    ("high-momentum", spec("[8]", "batchnorm1d: {momentum: 0.9}"), "3: 0.9",
     "momentum 0.9 gives the last batch 90 % of the running statistics"),
    ("high-dropout", spec("[8]", "dropout: 1"), "3: 1",
     "dropout with p = 1 leaves nothing: its output is 0 in training"),
    ("stretched-shortcut", spec("[1, 9, 9]", "residual: [conv2d: {out: 8, k: 3, p: 1}]"), "3: residual",
     "the shortcut (N, 1, 9, 9) is broadcast to the shape of the body, (N, 8, 9, 9)"),
    ("mixed-samples", spec("[8]", "linear: {out: 1, name: a}", "squeeze: 1", "mul: {from: [a, -1]}"), "5: mul",
     "mul of (N, 1) and (N,) gives (N, N): every sample is combined with every other"),
    # advice
    ("conv-after-conv", spec("[3, 9, 9]", C, "batchnorm2d", "conv2d: {out: 8, k: 5}"), "5: conv2d",
     "`conv2d_2` follows `conv2d_1` with no activation between them: one 7x7 convolution can do as much"),
    ("conv-after-conv", spec("[3, 9, 9]", "conv2d: {out: 4, k: 3, d: 2, p: same}", "conv2d: {out: 8, k: 1}"),
     "4: conv2d",
     "`conv2d_2` follows `conv2d_1` with no activation between them: one 3x3 convolution of dilation 2 can do as much"),
    ("strided-pointwise", spec("[3, 9, 9]", "conv2d: {out: 8, k: 1, s: 3}"), "3: 3",
     "a kernel of 1 with stride 3 reads 1 of 9 positions"),
    ("uneven-overlap", spec("[3, 9, 9]", "convtranspose2d: {out: 8, k: 3, s: 2}"), "3: 3",
     "kernel 3 is not a multiple of stride 2: outputs alternate between sums of 1 to 4 products per channel"),
    ("gridding-dilations", spec("[3, 64, 64]", *["conv2d: {out: 8, k: 3, d: 2, p: 2}"] * 3), "5: 2",
     "the dilations 2, 2, 2 leave gaps: `conv2d_3` sees 7 of the 13 rows it spans"),
    ("unmixed-groups", spec("[8, 9, 9]", *["conv2d: {out: 8, k: 3, g: 4}"] * 2), "4: 4",
     "`conv2d_1` and `conv2d_2` both have 4 groups of 2 channels, and no layer between them mixes the groups"),
    ("unproductive-layer", spec("[3, 7, 7]", C, C, C, C), "6: conv2d",
     "1 of 4 convolutions cannot see more: before `conv2d_4` the receptive field is 7x7, the input 7x7"),
    ("narrow-receptive-field", spec("[3, 9, 9]", C), "3: conv2d", "the output `conv2d_1` sees 3x3 of the 9x9 input"),
    ("dominant-linear", spec("[3, 9, 9]", C, "flatten", "linear: 100"), "5: linear",
     "`linear_1` holds 64,900 of 65,124 parameters (100 %)"),
    ("saturating-activation", spec("[8]", *["linear: 8", "tanh"] * 7, "linear: 1"), "4: tanh",
     "7 layers in a row end in Tanh"),
    ("early-downsampling", spec("[3, 64, 64]", "conv2d: {out: 8, k: 8, s: 8}"), "3: 8",
     "after 1 convolution each side of the map is 8 times smaller"),
    ("even-kernel", spec("[3, 9, 9]", "conv2d: {out: 8, k: 4, p: 1}"), "3: 4",
     "kernel 4 with padding 1: 9 rows become 8"),
    ("even-kernel", spec("[3, 9, 9]", "conv2d: {out: 8, k: 2, p: same}"), "3: 2",
     "kernel 2 with padding same: the map shifts by half a position"),
    ("implied-stride", spec("[3, 9, 9]", "maxpool2d: 3"), "3: maxpool2d",
     "without `stride` a pool of 3 moves by 3: 9 rows become 3"),
    ("volume-drop", spec("[3, 64, 64]", "maxpool2d: 4", "relu"), "3: maxpool2d",
     "12,288 values become 768: 16.0 times fewer in one layer"),
    ("fractional-upsampling", spec("[3, 7, 7]", "upsample: {size: 15}"), "3: 15",
     "7 becomes 15: a factor of 15/7 = 2.143"),
    ("unaligned-channels", spec("[3]", "linear: 84", "linear: 10"), "3: 84",
     "out_features 84 is not a multiple of 8: computed as 88, 4 of them wasted"),
    ("relu-before-maxpool", spec("[3, 8, 8]", "relu", "maxpool2d: 2"), "4: maxpool2d",
     "`relu_1` processes 192 values before the pool, and would process 48 after it"),
]  # fmt: skip

SILENT = [
    # a remainder that is padding, a kernel of 1, unknown sizes
    ("unread-border", spec("[3, 224, 224]", "conv2d: {out: 8, k: 3, s: 2, p: 1}")),
    ("unread-border", spec("[3, 56, 56]", "conv2d: {out: 8, k: 1, s: 2}")),
    ("unread-border", spec("[3, H, W]", "conv2d: {out: 8, k: 4, s: 4}")),
    ("unread-border", spec("[3, 7, 7]", "maxpool2d: {k: 2, ceil_mode: true}")),
    ("skipped-input", spec("[3, 16, 16]", "conv2d: {out: 8, k: 4, s: 4}")),
    ("skipped-input", spec("[3, 3, 3]", "conv2d: {out: 8, k: 3, s: 4}")),
    ("skipped-input", spec("[3, 9, 9]", "conv2d: {out: 8, k: 3, s: 2, d: 3}")),
    ("padding-only-output", spec("[3, 9, 9]", "conv2d: {out: 8, k: 3, p: 4, d: 2}")),
    ("padding-only-output", spec("[3, 9, 9]", "conv2d: {out: 8, k: 3, p: 3, padding_mode: circular}")),
    ("padding-only-window", spec("[3, 7, 7]", "maxpool2d: {k: 2, ceil_mode: true}")),
    ("padding-only-window", spec("[3, 8, 8]", "maxpool2d: {k: 2, ceil_mode: true}")),
    # a norm over groups or layers does not cancel the bias; neither does a frozen one, nor one of two readers
    ("redundant-bias", spec("[3, 9, 9]", C, "groupnorm: 4")),
    ("redundant-bias", spec("[3]", "linear: 9", "layernorm")),
    ("redundant-bias", spec("[5, 3]", "linear: 9", "batchnorm1d")),
    ("redundant-bias", spec("[3, 9, 9]", C, "batchnorm2d: {trainable: false}")),
    ("redundant-bias", spec("[3, 9, 9]", "conv2d: {out: 8, k: 1, name: c}", "batchnorm2d", "add: {from: [-1, c]}")),
    ("redundant-bias", spec("[3, 9, 9]", "conv2d: {out: 3, k: 1, name: c}", "batchnorm2d",
                            "conv2d: {out: 3, k: 1, share: c}")),
    ("redundant-bias", spec("[3, 9, 9]", C, "relu", "batchnorm2d")),
    ("norm-over-one-position", spec("[8]", "batchnorm1d")),
    ("norm-over-one-value", spec("[8, 1, 1]", "groupnorm: 4")),
    ("norm-over-one-value", spec("[8, H]", "layernorm")),
    ("repeated-norm", spec("[8]", "layernorm: {name: a}", "layernorm", "add: {from: [-1, a]}")),
    ("repeated-norm", spec("[8, 9, 9]", "groupnorm: 2", "groupnorm: 4")),
    ("repeated-activation", spec("[8, 9]", "softmax: 1", "softmax: 2")),
    ("repeated-activation", spec("[8]", "relu", "relu6")),
    ("repeated-activation", spec("[8]", "relu", "sigmoid")),
    ("softmax-over-one", spec("[K]", "softmax: 1")),
    ("sequence-over-batch", spec("[9, 4]; batch: null", "lstm: {hidden_size: 4}")),
    ("sequence-over-batch", spec("[9, 4]", "permute: [1, 0, 2]", "lstm: {hidden_size: 4}")),
    ("sequence-over-batch", spec("[9, 4]", "transpose: {dim0: 0, dim1: 1}", "multiheadattention: {num_heads: 2}")),
    ("softmax-over-batch", spec("[9, 4]; batch: null", "softmax: 0")),
    ("softmax-over-batch", spec("[9, 4]", "permute: [1, 0, 2]", "softmax: 0")),
    ("activation-before-loss", spec("[9]; loss: mse", "linear: 4", "sigmoid")),
    ("activation-before-loss", spec("[9]; loss: nll_loss", "linear: 4", "logsoftmax: 1")),
    ("activation-before-loss", spec("[9]; loss: cross_entropy", "linear: 4", "sigmoid", "linear: 9")),
    # a factorisation, a layer that others read, weights used twice
    ("linear-after-linear", spec("[784]", "linear: 8", "linear: 784")),
    ("linear-after-linear", spec("[9]", "linear: {out: 9, name: a}", "linear: 9", "add: {from: [-1, a]}")),
    ("linear-after-linear", spec("[F]", "linear: 9", "linear: 9")),
    ("linear-on-map", spec("[3, 8, 8]", C, "flatten: 2", "linear: 4")),
    ("linear-on-map", spec("[3, 8, 8]", C, "permute: [0, 2, 3, 1]", "linear: 4")),
    ("linear-on-map", spec("[12, 7, 9]", "linear: 4")),
    ("unused-output", spec("[8]; outputs: [a, b]", "linear: {out: 9, name: a}", "linear: {out: 9, name: b}")),
    ("unused-output", spec("[8, 4]", "lstm: 16", "relu")),
    ("unused-output", spec("[8]", "chunk: {chunks: 2, dim: 1, name: h}", "relu: {from: h.1}")),
    ("unused-block", spec("[8]; blocks: {a: {layers: [relu]}, b: {layers: [a]}}", "b")),
    ("unused-variable", spec("[8]; vars: {w: 3}", "linear: 2*w")),
    ("unused-variable", spec("[8]; vars: {w: 3}  # w for width", "linear: 3")),
    ("unused-variable", spec("[8]; vars: {stem: &s 3}", "linear: *s")),
    ("high-dropout", spec("[8]", "linear: 8", "dropout: 0.8")),
    ("high-momentum", spec("[8]", "batchnorm1d: {momentum: null}")),
    ("stretched-shortcut", spec("[8, 9, 9]", "residual: [adaptiveavgpool2d: 1, conv2d: {out: 8, k: 1}]")),
    ("stretched-shortcut", spec("[8, 9, 9]", "adaptiveavgpool2d: {name: a, output_size: 1}",
                                "add: {from: [input, a]}")),
    ("mixed-samples", spec("[8]", "unsqueeze: {dim: 0, name: a}", "unsqueeze: {dim: 1, from: input}",
                           "sub: {from: [a, -1]}")),
    ("mixed-samples", spec("[8]", "parameter: {shape: [8], name: a}", "add: {from: [a, input]}")),
    ("redundant-bias", spec("[8, 9, 9]; batch: null", "conv2d: {out: 8, k: 3}", "batchnorm1d")),
    ("conv-after-conv", spec("[8, 9, 9]", "conv2d: {out: 8, k: 3, g: 8}", "conv2d: {out: 16, k: 1}")),
    ("conv-after-conv", spec("[8, 9, 9]", "conv2d: {out: 8, k: [1, 7]}", "conv2d: {out: 16, k: [7, 1]}")),
    ("conv-after-conv", spec("[32, 9, 9]", "conv2d: {out: 8, k: 1}", "conv2d: {out: 48, k: 1}")),
    ("uneven-overlap", spec("[8, 9, 9]", "convtranspose2d: {out: 8, k: 4, s: 2}")),
    ("gridding-dilations", spec("[8, 64, 64]", "conv2d: {out: 8, k: 3, d: 2}", "conv2d: {out: 8, k: 3}",
                                "conv2d: {out: 8, k: 3, d: 2}")),
    ("saturating-activation", spec("[8]", *["linear: 8", "sigmoid"] * 5, "linear: 1")),
    ("unaligned-channels", spec("[3]", "linear: 10")),
    ("dominant-linear", spec("[3]", "linear: 10")),
    ("unproductive-layer", spec("[3, H, W]", C, C)),
    ("narrow-receptive-field", spec("[3, 9, 9]", C, "adaptiveavgpool2d: 1")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "place", "message"), FOUND, ids=[f"{f[0]}-{k}" for k, f in enumerate(FOUND)])
def test_found(rule: str, text: str, place: str, message: str) -> None:
    (one,) = found(text, rule)
    assert (f"{one.line}: {one.span.text}", one.message) == (place, message)
    assert one.severity == RULES[rule].severity and one.help


@pytest.mark.parametrize(("rule", "text"), SILENT, ids=[f"{s[0]}-{k}" for k, s in enumerate(SILENT)])
def test_silent(rule: str, text: str) -> None:
    assert found(text, rule) == []


def test_every_rule_has_a_message_here() -> None:
    assert {f[0] for f in FOUND} >= set(EVERY) - {
        "deprecated-type", "dropout-before-norm", "norm-after-activation", "deep-without-shortcut", "clipped-output",
        "peak-at-first-layer",
    }  # fmt: skip


def test_the_alternative_of_a_global_pool_is_computed() -> None:
    (one,) = found(spec("[3, 9, 9]", C, "flatten", "linear: 100"), "dominant-linear")
    assert one.notes == ["after a global pool: 8*100 + 100 = 900 parameters, 1,124 in total"]
    assert one.help == "put `adaptiveavgpool2d: 1` before the flatten"


def test_a_line_in_a_block_gives_one_finding_for_all_its_layers() -> None:
    text = spec(
        "[8, 9, 9]; blocks: {b: {args: {n: 1}, layers: [conv2d: {out: 8, k: 1}, {batchnorm2d: {when: n}}]}}",
        "b: {repeat: 3}",
        "relu",
        "b: {n: 0}",
    )
    (one,) = found(text, "redundant-bias")
    assert (one.line, one.layer, one.fix) == (2, "b_1.0.conv2d_1", None)
    assert one.notes[-1] == "applies to 3 of the 4 layers that this line creates"
    assert one.related[-1].message == "in block `b`, used at line 4 as `b_1.0`"


def test_a_dead_branch_is_reported_once_with_its_cost() -> None:
    text = spec("[8]; outputs: [a]", "linear: {out: 8, name: a}", "linear: 8", "relu", "linear: 2")
    (one,) = found(text, "unused-output")
    assert one.message == "no layer reads the output of `linear_2`: 3 layers and 90 parameters unused"


def test_dead_layers_are_not_reported_while_a_reference_is_unknown() -> None:
    text = spec("[8]", "linear: {out: 8, name: a}", "linear: {out: 8, from: input}", "add: {from: [-1, b]}")
    plan = shapecalc.plan(text=text)
    assert [d.rule for d in plan.diagnostics] == ["unknown-reference"]
