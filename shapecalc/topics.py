"""What `shapecalc explain` says of rules and formulas: plain texts, by name.

A test compares the rules here with those that the code reports.
"""

from __future__ import annotations

from typing import Final

Rule = tuple[str, str]  # what was found and why it is wrong; an example, "wrong  ->  right"

RULES: Final[dict[str, Rule]] = {
    "alias-explosion": ("the file's aliases (*name) stand for more nodes than any network needs", ""),
    "axis-out-of-range": (
        "an axis (dim) that the tensor does not have; a tensor of rank r has axes -r to r - 1",
        "softmax: {dim: 4}  on (N, C, H, W)  ->  softmax: {dim: 1}",
    ),
    "channel-mismatch": (
        "a layer declares another number of channels than arrives; PyTorch fails in forward",
        "conv2d: {in: 16, out: 32, k: 3}  after 6 channels  ->  in: 6, or leave it out",
    ),
    "duplicate-argument": ("an argument is given twice, by two of its names", "{k: 3, kernel_size: 3}  ->  {k: 3}"),
    "duplicate-key": ("a key is written twice in one mapping; YAML readers silently keep the last", ""),
    "duplicate-name": ("two layers of one list have the same name, so `from` could mean either", ""),
    "element-count-mismatch": (
        "reshape, view or unflatten to a shape with another number of elements",
        "reshape: [N, 100]  on (N, 16, 5, 5)  ->  reshape: [N, 400]",
    ),
    "empty-file": ("the file holds no spec", ""),
    "feature-mismatch": (
        "a linear, norm, recurrent or attention layer declares another number of features than the last axis has",
        "linear: {in: 1050, out: 10}  after flatten of (N, 32, 7, 7)  ->  in: 1568, or leave it out",
    ),
    "groups-not-divisible": (
        "groups must divide in_channels and out_channels",
        "conv2d: {out: 64, k: 3, g: 3}  ->  g: 4",
    ),
    "input-count": ("a layer gets more or fewer tensors than it takes", "add: {from: a}  ->  add: {from: [a, b]}"),
    "invalid-argument": ("a value that PyTorch's constructor or forward refuses, or of the wrong kind", ""),
    "invalid-expression": ("an expression that cannot be worked out: bad syntax, an unknown name or operand", ""),
    "invalid-layer": ("a row of `layers` that is no layer", "- 3  ->  - relu"),
    "invalid-layers": ("`layers`, `body` or `branches` is not a list", ""),
    "invalid-shape": ("a shape with a size that is no whole number >= 0, no name and no expression", ""),
    "kernel-too-large": (
        "the kernel reaches over more positions than the padded input has: dilation*(kernel - 1) + 1 > n + 2*padding",
        "conv2d: {out: 8, k: 7}  on 5x5  ->  k: 5, or p: 1",
    ),
    "key-not-scalar": ("a key of a mapping is itself a list or a mapping", ""),
    "merge-not-mapping": ("`<<` merges something that is no mapping", ""),
    "missing-argument": ("an argument without a default is left out", "conv2d: {out: 8}  ->  conv2d: {out: 8, k: 3}"),
    "missing-file": ("a file named under `include` cannot be read", ""),
    "missing-key": ("the spec lacks a key that it needs, such as `input` or `layers`", ""),
    "not-a-spec": ("the file is YAML, but no mapping with `input` and `layers`", ""),
    "not-divisible": (
        "a size that must be a multiple of another is not: embed_dim by heads, channels by groups or by r^2",
        "pixelshuffle: 2  on 6 channels  ->  a multiple of 4",
    ),
    "not-text": ("the file is binary or not UTF-8", ""),
    "number-too-long": ("a number with more digits than are read", ""),
    "output-padding-too-large": ("output_padding must be smaller than the stride or the dilation", ""),
    "output-too-small": ("an output axis would have a size below 1", ""),
    "over-budget": ("a total exceeds the spec's `budget`", "budget: {params: 5M}"),
    "padding-too-large": ("pool padding above half the kernel, or reflect or circular padding above the size", ""),
    "rank-mismatch": (
        "a tensor with too many or too few axes for the layer",
        "linear after conv2d where flatten was meant; conv2d on (N, 400)",
    ),
    "recursive-block": ("a block uses itself", ""),
    "recursive-include": ("a file includes itself, by itself or through others", ""),
    "self-reference": ("an alias stands inside its own anchor", ""),
    "several-documents": ("the file holds several YAML documents; a spec is one", ""),
    "several-outputs": ("a layer reads all outputs of another; only cat and stack do", "parts  ->  parts.0"),
    "shape-mismatch": (
        "tensors that meet have sizes that do not fit: in a sum, a product, a concatenation, a shared weight",
        "cat: {from: [a, b], dim: 1}  of (N, 8, 28, 28) and (N, 8, 27, 27)",
    ),
    "single-value-per-channel": (
        "a norm has one value per channel to average over: PyTorch refuses that in training. A warning, since "
        "inference works; with --train an error",
        "",
    ),
    "tensor-too-large": ("a tensor of 2^63 elements or more, which cannot exist", ""),
    "too-deep": ("lists or blocks are nested deeper than is read", ""),
    "too-many-layers": ("the spec comes to more layers than are planned", ""),
    "too-many-outputs": ("chunk, split or unbind would give more outputs than are listed", ""),
    "unexpected-shape": ("a layer does not give the shape that its `expect` says", "expect: [N, 10]"),
    "unknown-anchor": ("an alias (*name) without its anchor (&name)", ""),
    "unknown-argument": ("the layer type has no such argument", "conv2d: {filters: 8}  ->  conv2d: {out: 8}"),
    "unknown-key": ("a key that the spec language does not have", "layer:  ->  layers:"),
    "unknown-reference": ("`from`, `share` or `outputs` names no layer above", ""),
    "unknown-tag": ("a YAML tag (!name) that has no meaning here", ""),
    "unknown-type": ("no layer type, function or block has that name", "Dense  ->  linear"),
    "unquoted-expression": (
        "an expression with a comma inside {} or [] falls apart in YAML",
        '{out: max(8, 4)}  ->  {out: "max(8, 4)"}',
    ),
    "yaml-syntax": ("the file is not YAML", ""),
}

FORMULAS: Final[dict[str, str]] = {
    "conv": """\
out = floor((n + 2*padding - dilation*(kernel - 1) - 1)/stride) + 1, on each axis

dilation*(kernel - 1) + 1 is the extent of the dilated kernel. `padding: same` adds extent - 1 in all (stride 1 only).
params = out_channels*in_channels/groups*kernel volume (+ out_channels with bias)
Source: torch.nn.Conv2d""",
    "pool": """\
out = floor((n + 2*padding - extent)/stride) + 1, extent = dilation*(kernel - 1) + 1
with ceil_mode: ceil instead of floor, but the last window must start inside the input or its left padding

The stride defaults to the kernel; padding is at most half the kernel. No parameters, no MACs.
Source: torch.nn.MaxPool2d""",
    "conv-transpose": """\
out = (n - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1, on each axis

With stride s, s input sizes of the convolution that it undoes map to one output; output_padding chooses among them.
Source: torch.nn.ConvTranspose2d""",
    "receptive-field": """\
field = field + (extent - 1)*jump, jump = jump*stride, from 1 and 1 at the input, layer by layer

field is the size of the input window that one output element sees, jump the input step between two neighbours.
Where branches meet, the union of their windows counts. It may be larger than the input.""",
    "macs": """\
MACs: multiply-accumulates of convolutions, linear and bilinear layers, matmuls, attention and recurrent layers;
FLOPs are 2 x MACs. Half of what torch.utils.flop_counter.FlopCounterMode counts. In a table they are for one sample,
while the batch is N.

conv    macs = output positions * kernel volume * in_channels/groups * out_channels
linear  macs = rows * in_features * out_features""",
    "params": """\
params are learnable scalars, as sum(p.numel() for p in module.parameters()) counts them; shared weights once.
buffers (running statistics) are saved but not learned and count apart.""",
    "memory": """\
activation bytes: size of the outputs that layers allocate. Views (flatten, reshape, permute) and in-place operations
take none. Peak: the most that is alive at once while the graph runs in order, parameters and the network's inputs
apart; a tensor lives until its last reader has run. --dtype sets the bytes of a number.""",
    "shape": """\
28        every spatial axis           conv2d --in 28
28x32     height and width             conv2d --in 28x32
3x28x28   channels, height, width      `,` does as well as `x`
8x3x28x28 with the batch
3xHxW     names are symbols: the answer is a closed form""",
}
