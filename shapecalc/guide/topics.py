"""What `shapecalc explain` says of formulas and of the words of the spec language: plain texts, by name."""

from __future__ import annotations

from typing import Final

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
Where branches meet, the union of their windows counts. It may be larger than the input.
Behind a layer that grows (transposed convolution, resize) it hangs on the output's phase: the widest counts. A layer
that reads a whole axis sees what of the input reaches it, and has no jump; sequences (N, L, E) have neither.""",
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


class Word:
    """A word of the spec language: what it does, and a spec that uses it."""

    __slots__ = ("example", "text")

    def __init__(self, text: str, example: str) -> None:
        self.text, self.example = text, example


#: Other words that people look these up by.
ALSO: Final[dict[str, str]] = {
    "block": "blocks",
    "args": "blocks",
    "in-channels": "blocks",
    "in-shape": "blocks",
    "in-features": "blocks",
    "shortcut": "residual",
    "body": "residual",
    "skip": "residual",
    "branches": "parallel",
    "merge": "parallel",
    "expression": "expressions",
    "variable": "vars",
    "variables": "vars",
    "set": "vars",
    "variant": "variants",
    "input": "inputs",
    "i": "repeat",
    "if": "when",
    "assert": "expect",
    "layer": "layers",
    "name": "from",
    "freeze": "trainable",
    "type": "layers",
}

LANGUAGE: Final[dict[str, Word]] = {
    "layers": Word(
        """\
The network, row by row. A row is a bare type, a type with its arguments, the long form with `type:`, or a layer as
PyTorch code has it. Arguments carry PyTorch's names or short ones (out, k, s, p, d, g); a value alone is the argument
that matters most. Counts that the input fixes may be left out. Each row reads the one before.""",
        """\
input: [3, 32, 32]
layers:
  - conv2d: {out: 16, k: 3, p: 1}
  - relu
  - maxpool2d: 2
  - {name: second, type: Conv2d, in_channels: 16, out_channels: 32, kernel_size: 3}
  - nn.Conv2d(32, 64, 3, padding=1)
""",
    ),
    "from": Word(
        """\
What a row reads, where it is not the row before: a name, a list of names, or a negative number (-1: the row before).
`name` gives a row its name; without one it is its type and a count, `conv2d_1`. Output k of a layer with several is
`name.k`, repeat i of a repeated one `name.i`. In a block, `input` is what reaches it (input.0, input.1, ...).""",
        """\
input: [3, 32, 32]
layers:
  - conv2d: {out: 16, k: 3, p: 1, name: left}
  - conv2d: {out: 16, k: 1, from: input, name: right}
  - cat: {dim: 1, from: [left, right]}
""",
    ),
    "blocks": Word(
        """\
A list of layers under a name, used like a layer type. Its `args`, with defaults or `required`, are variables inside; a
value alone is the first of them. It knows the shape that reaches it as in_channels, in_features (the last axis) and
in_shape. Names of layers outside are not visible in it, and it may not lead back to itself.""",
        """\
input: [3, 32, 32]
blocks:
  conv_bn:
    args: {width: required, stride: 1}
    layers:
      - conv2d: {out: width, k: 3, s: stride, p: 1, bias: false}
      - batchnorm2d
      - relu
layers:
  - conv_bn: 16
  - conv_bn: {width: 32, stride: 2}
""",
    ),
    "residual": Word(
        """\
The body's output and its input, added; or the output of the `shortcut`, where one is written. With `when` the shortcut
is there only where the condition holds, else it is the identity. `merge` names another function than add, such as mul
or cat. `residual: [...]` is a body alone.""",
        """\
input: [16, 32, 32]
layers:
  - residual:
      body:
        - conv2d: {out: 32, k: 3, s: 2, p: 1}
        - relu
        - conv2d: {out: 32, k: 3, p: 1}
      shortcut:
        when: in_channels != 32
        layers:
          - conv2d: {out: 32, k: 1, s: 2}
""",
    ),
    "parallel": Word(
        """\
Several branches from one input, brought together: by default `cat` along axis 1, the channels. `merge` names another
function (add, mul, stack), `dim` another axis. An empty branch is the identity.""",
        """\
input: [64, 28, 28]
layers:
  - parallel:
      branches:
        - [conv2d: {out: 32, k: 1}]
        - [conv2d: {out: 16, k: 1}, relu, conv2d: {out: 32, k: 3, p: 1}]
        - [maxpool2d: {k: 3, s: 1, p: 1}, conv2d: {out: 16, k: 1}]
""",
    ),
    "sequential": Word(
        """\
Rows under one name, repeated or left out together. Unlike a block it is written where it is used, and sees the names
around it. A pasted `nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU())` is such a row, too; several lines after `- |`.""",
        """\
input: [3, 32, 32]
layers:
  - sequential:
      repeat: 3
      layers:
        - conv2d: {out: 16, k: 3, p: 1}
        - relu
""",
    ),
    "repeat": Word(
        """\
How many times a row, a block or a composite stands in a row, each reading the one before; 0 leaves it out. `i` counts
from 0. The repeats are `name.0`, `name.1`, ...; `name` alone is the last.""",
        """\
input: [3, 64, 64]
vars: {widths: [16, 32, 64]}
layers:
  - conv2d: {out: "widths[i]", k: 3, s: 2, p: 1, repeat: len(widths), name: stage}
""",
    ),
    "when": Word(
        """\
The condition under which a row is there; where it does not hold, the row gives what it was given, the first of several.
A symbol in it that could go either way is a finding: give the input as numbers.""",
        """\
input: [3, 32, 32]
vars: {norm: true}
layers:
  - conv2d: {out: 16, k: 3, bias: not norm}
  - batchnorm2d: {when: norm}
  - maxpool2d: {k: 2, when: "in_shape[2] > 16"}
""",
    ),
    "vars": Word(
        """\
Numbers, texts, true and false, and lists under a name, for expressions; a later one may be worked out from those before
it. `--set NAME=VALUE` changes one for a run, a variant several at once.""",
        """\
input: [3, 32, 32]
vars: {width: 16, wide: 4*width, classes: 10}
layers:
  - conv2d: {out: wide, k: 3}
  - adaptiveavgpool2d: 1
  - flatten
  - linear: classes
""",
    ),
    "variants": Word(
        """\
Other values for some of the vars, under a name: `--variant large` plans the network with them. In the networks that
come along, a variant is found by its own name: `shapecalc plan resnet101`.""",
        """\
input: [3, 32, 32]
vars: {width: 16, depth: 2}
variants:
  large: {width: 64, depth: 8}
layers:
  - conv2d: {out: width, k: 3, p: 1, repeat: depth}
""",
    ),
    "expressions": Word(
        """\
Any argument may be worked out from variables: + - * / // %, comparisons, and, or, not, `a if c else b`, lists,
x[i] and x[i:j], and min max round floor ceil int len gcd make_divisible(v, d=8). Variables are the vars, a block's
args, N (the batch), i (in a repeat), in_channels, in_features and in_shape. Nothing else is evaluated. Inside [ ] and
{ } YAML wants quotes around an expression that holds , [ ] { }.""",
        """\
input: [3, 64, 64]
vars: {alpha: 0.75}
layers:
  - conv2d: {out: make_divisible(32*alpha), k: 3, s: 2, p: 1}
  - interpolate: {size: "in_shape[2:]"}
  - conv2d: {out: "max(8, make_divisible(8*alpha))", k: 1}
""",
    ),
    "expect": Word(
        """\
The shape that a layer must give; `_` stands for any size. Another shape is an error at this place. Expressions are
taken, so that it can follow the input.""",
        """\
input: [3, 32, 32]
layers:
  - conv2d: {out: 16, k: 3, p: 1, expect: [N, 16, "in_shape[2]", "in_shape[3]"]}
  - adaptiveavgpool2d: {output_size: 1, expect: [N, _, 1, 1]}
""",
    ),
    "budget": Word(
        """\
Limits that the network must keep: params, trainable_params, macs, flops, layers, param_bytes, activation_bytes,
peak_activation_bytes, with units (5M, 1.5 GMACs, 1MiB). Costs are for one sample while the batch is N. Where a total
hangs on a symbol, the plan says up to which size it keeps the limit (`needs H <= 916`).""",
        """\
input: [3, 32, 32]
budget: {params: 1k, macs: 1M, activation_bytes: 100KiB}
layers:
  - conv2d: {out: 16, k: 3, p: 1}
""",
    ),
    "share": Word(
        """\
The name of a layer whose weights this one uses: they are counted once. Both must have weights of the same shapes.""",
        """\
inputs: {left: [64], right: [64]}
layers:
  - linear: {out: 16, from: left, name: one}
  - linear: {out: 16, from: right, name: other, share: one}
  - sub: {from: [one, other]}
""",
    ),
    "trainable": Word(
        """\
`trainable: false` freezes a layer, or all layers of a block: its parameters count, but not as trainable ones.""",
        """\
input: [3, 32, 32]
layers:
  - conv2d: {out: 16, k: 3, trainable: false}
  - conv2d: {out: 16, k: 3}
""",
    ),
    "include": Word(
        """\
Files whose blocks can be used here: beside the spec, or of the networks that come along (`shapecalc specs`). The rows
of an included block mean the blocks of their own file, whatever else goes by the same name.""",
        """\
include: [resnet50.yaml]
input: [3, 224, 224]
layers:
  - conv2d: {out: 64, k: 7, s: 4, p: 3}
  - bottleneck: {width: 64, repeat: 2}
""",
    ),
    "inputs": Word(
        """\
The shape of one sample: `input: [3, 224, 224]`, or several by name under `inputs:`. A name instead of a size is a
symbol. `--in 3x256x256`, `--in NAME=SHAPE` plan it with others.""",
        """\
inputs: {image: [3, 64, 64], mask: [1, 64, 64]}
layers:
  - cat: {dim: 1, from: [image, mask]}
  - conv2d: {out: 8, k: 3, p: 1}
""",
    ),
    "outputs": Word(
        """\
The names of what the network gives; left out, it is the last layer.""",
        """\
input: [16]
layers:
  - linear: {out: 4, name: mean}
  - linear: {out: 4, from: input, name: spread}
outputs: [mean, spread]
""",
    ),
    "batch": Word(
        """\
The number of samples, where it is not left open as the symbol N; `--batch 8` sets it for a run. `batch: null` means
that the shapes are whole.""",
        """\
input: [1, 3, 32, 32]
batch: null
layers:
  - conv2d: {out: 8, k: 3}
""",
    ),
}
