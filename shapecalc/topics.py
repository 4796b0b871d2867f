"""What `shapecalc explain` says of formulas: plain texts, by name."""

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
