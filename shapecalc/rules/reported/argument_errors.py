"""What is reported of the arguments of layers, before any shape is looked at."""

from __future__ import annotations

from shapecalc.rules.base import define

define(
    "unknown-argument",
    "arguments",
    """The layer type, or the block, has no such argument.

    Why: arguments carry PyTorch's names, or the short ones (`out`, `k`, `s`, `p`, `d`, `g`). PyTorch would raise
    TypeError.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, kernal_size: 3}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, kernel_size: 3}
    """,
    fixable=True,
)

define(
    "duplicate-argument",
    "arguments",
    """An argument is given twice, by two of its names.

    Why: `k` is `kernel_size`; one of the two values would have no effect.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, kernel_size: 5}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3}
    """,
)

define(
    "missing-argument",
    "arguments",
    """An argument without a default is left out.

    Why: PyTorch's constructor would raise TypeError. Only what the input fixes (in_channels, in_features,
    num_features) may be left out.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3}
    """,
)

define(
    "invalid-argument",
    "arguments",
    """A value of the wrong kind, or one that PyTorch refuses.

    Why: PyTorch's constructor or forward would raise.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, s: 0, p: 1}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, s: 2, p: 1}
    """,
)

define(
    "invalid-expression",
    "arguments",
    """An expression that cannot be worked out.

    Why: bad syntax, an unknown name, a division by 0. Expressions take the variables in scope, + - * / // %,
    comparisons, `a if c else b`, and a few functions; nothing else is evaluated.

    Bad:
        input: [3, 32, 32]
        vars: {width: 8}
        layers:
          - conv2d: {out: 2*widht, k: 3}

    Good:
        input: [3, 32, 32]
        vars: {width: 8}
        layers:
          - conv2d: {out: 2*width, k: 3}
    """,
)

define(
    "invalid-shape",
    "arguments",
    """A shape with a size that is no whole number, no name and no expression.

    Why: sizes count elements.

    Bad:
        input: [3, 32, 32.5]
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "groups-not-divisible",
    "arguments",
    """`groups` does not divide the channels.

    Why: a grouped convolution splits in_channels and out_channels into equal parts. PyTorch raises ValueError.

    Bad:
        input: [6, 32, 32]
        layers:
          - conv2d: {out: 64, k: 3, g: 3}

    Good:
        input: [6, 32, 32]
        layers:
          - conv2d: {out: 66, k: 3, g: 3}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "not-divisible",
    "arguments",
    """A size that must be a multiple of another is not.

    Why: embed_dim is split among heads, channels among groups, and PixelShuffle makes r*r channels one.

    Bad:
        input: [6, 32, 32]
        layers:
          - pixelshuffle: 2

    Good:
        input: [8, 32, 32]
        layers:
          - pixelshuffle: 2
    """,
)

define(
    "output-padding-too-large",
    "arguments",
    """`output_padding` is not smaller than the stride or the dilation.

    Why: it chooses among the sizes that one stride maps together, and there are only `stride` of them.

    Bad:
        input: [8, 16, 16]
        layers:
          - convtranspose2d: {out: 4, k: 2, s: 2, output_padding: 2}

    Good:
        input: [8, 16, 16]
        layers:
          - convtranspose2d: {out: 4, k: 2, s: 2, output_padding: 1}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "padding-too-large",
    "arguments",
    """Pool padding above half the kernel, or reflected padding above the size.

    Why: a window of a pool could lie in the padding altogether; and only what is there can be reflected or wrapped.

    Bad:
        input: [8, 32, 32]
        layers:
          - maxpool2d: {k: 2, p: 2}

    Good:
        input: [8, 32, 32]
        layers:
          - maxpool2d: {k: 2, p: 1}
    """,
    fixable=True,
    unsafe=True,
)
