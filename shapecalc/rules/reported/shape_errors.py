"""What is reported of shapes that do not fit the layer that they reach."""

from __future__ import annotations

from shapecalc.rules.base import define
from shapecalc.text.findings import Severity

define(
    "channel-mismatch",
    "shapes",
    """A layer declares another number of channels than arrives.

    Why: PyTorch fails in forward: "Given groups=1, weight of size ..., expected input to have 16 channels, but got 6".
    Left out, the number is taken from what arrives.

    Bad:
        input: [3, 28, 28]
        layers:
          - conv2d: {out: 6, k: 5}
          - conv2d: {in: 16, out: 32, k: 3}

    Good:
        input: [3, 28, 28]
        layers:
          - conv2d: {out: 6, k: 5}
          - conv2d: {in: 6, out: 32, k: 3}
    """,
    fixable=True,
)

define(
    "feature-mismatch",
    "shapes",
    """A layer declares another number of features than the last axis has.

    Why: PyTorch fails in forward: "mat1 and mat2 shapes cannot be multiplied". Behind a flatten the number is channels
    x rows x columns.

    Bad:
        input: [32, 7, 7]
        layers:
          - flatten
          - linear: {in: 1050, out: 10}

    Good:
        input: [32, 7, 7]
        layers:
          - flatten
          - linear: {in: 1568, out: 10}
    """,
    fixable=True,
)

define(
    "rank-mismatch",
    "shapes",
    """A tensor with too many or too few axes for the layer.

    Why: Conv2d takes (N, C, H, W), BatchNorm1d (N, C) or (N, C, L). A flatten is missing or stands too early.

    Bad:
        input: [400]
        layers:
          - conv2d: {out: 8, k: 3}

    Good:
        input: [1, 20, 20]
        layers:
          - conv2d: {out: 8, k: 3}
    """,
)

define(
    "shape-mismatch",
    "shapes",
    """Tensors that meet have sizes that do not fit.

    Why: a sum or product needs equal sizes (or 1), a concatenation equal sizes off its axis, a shared weight the same
    shape. In networks with skips an input side that does not halve evenly is the usual cause.

    Bad:
        input: [8, 28, 28]
        layers:
          - conv2d: {out: 8, k: 2, name: a}
          - add: {from: [input, a]}

    Good:
        input: [8, 28, 28]
        layers:
          - conv2d: {out: 8, k: 3, p: 1, name: a}
          - add: {from: [input, a]}
    """,
)

define(
    "axis-out-of-range",
    "shapes",
    """An axis (`dim`) that the tensor does not have.

    Why: a tensor of r axes has axes -r to r - 1; axis 0 is the batch.

    Bad:
        input: [10]
        layers:
          - softmax: {dim: 2}

    Good:
        input: [10]
        layers:
          - softmax: {dim: 1}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "element-count-mismatch",
    "shapes",
    """reshape, view or unflatten to a shape with another number of elements.

    Why: they rename positions, and every element needs one.

    Bad:
        input: [16, 5, 5]
        layers:
          - reshape: [N, 100]

    Good:
        input: [16, 5, 5]
        layers:
          - reshape: [N, 400]
    """,
    fixable=True,
    unsafe=True,
)

define(
    "kernel-too-large",
    "shapes",
    """The kernel reaches over more positions than the padded input has.

    Why: dilation*(kernel - 1) + 1 > n + 2*padding leaves no place for a single window. PyTorch raises "Kernel size
    can't be greater than actual input size". The input is too small for the network, or it is halved once too often.

    Bad:
        input: [3, 5, 5]
        layers:
          - conv2d: {out: 8, k: 7}

    Good:
        input: [3, 5, 5]
        layers:
          - conv2d: {out: 8, k: 5}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "output-too-small",
    "shapes",
    """An output axis would have a size below 1.

    Why: nothing would be left of the map. PyTorch raises "Output size is too small".

    Bad:
        input: [3, 4, 4]
        layers:
          - convtranspose2d: {out: 8, k: 1, s: 1, p: 2}

    Good:
        input: [3, 4, 4]
        layers:
          - convtranspose2d: {out: 8, k: 3, s: 1, p: 1}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "single-value-per-channel",
    "shapes",
    """A norm has one value per channel to average over.

    Why: a mean over one value is that value, and the variance 0. PyTorch refuses that in training ("Expected more than
    1 value per channel when training"). A warning, since inference works; with --train an error.

    Bad:
        input: [8, 1, 1]
        batch: 1
        layers:
          - batchnorm2d

    Good:
        input: [8, 1, 1]
        batch: 1
        layers:
          - layernorm: {normalized_shape: [8, 1, 1]}
    """,
    severity=Severity.WARNING,
)

define(
    "tensor-too-large",
    "shapes",
    """A tensor of 2^63 elements or more.

    Why: PyTorch counts elements in 64 bits; such a tensor cannot exist.

    Bad:
        input: [3, 4000000000, 4000000000]
        layers:
          - relu

    Good:
        input: [3, 4000, 4000]
        layers:
          - relu
    """,
)
