"""What is reported of names, references, blocks and files that do not fit together."""

from __future__ import annotations

from shapecalc.rules.base import define

define(
    "unknown-type",
    "structure",
    """No layer type, function or block has that name.

    Why: types are classes of torch.nn or functions. Names of other frameworks are answered with the right one.

    Bad:
        input: [128]
        layers:
          - Dense: 10

    Good:
        input: [128]
        layers:
          - linear: 10
    """,
    fixable=True,
)

define(
    "unknown-reference",
    "structure",
    """`from`, `share` or `outputs` names no layer above.

    Why: a layer reads what was computed before it, by name or counted back (-1: the layer before). The name is
    misspelled, comes later, or stands inside a block, where it cannot be seen.

    Bad:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, name: stem}
          - relu: {from: stern}

    Good:
        input: [3, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, name: stem}
          - relu: {from: stem}
    """,
    fixable=True,
    unsafe=True,
)

define(
    "duplicate-name",
    "structure",
    """Two layers of one list have the same name.

    Why: a `from` could mean either.

    Bad:
        input: [128]
        layers:
          - linear: {out: 64, name: fc}
          - relu
          - linear: {out: 10, name: fc}

    Good:
        input: [128]
        layers:
          - linear: {out: 64, name: fc1}
          - relu
          - linear: {out: 10, name: fc2}
    """,
)

define(
    "several-outputs",
    "structure",
    """A layer reads all outputs of another at once.

    Why: `chunk`, `split` and `unbind` give several tensors; only `cat` and `stack` read all of them. Others name one.

    Bad:
        input: [8, 32, 32]
        layers:
          - chunk: {chunks: 2, dim: 1, name: halves}
          - relu: {from: halves}

    Good:
        input: [8, 32, 32]
        layers:
          - chunk: {chunks: 2, dim: 1, name: halves}
          - relu: {from: halves.0}
    """,
)

define(
    "input-count",
    "structure",
    """A layer gets more or fewer tensors than it takes.

    Why: `add` takes two and more, `relu` one. What a layer reads is said by `from`.

    Bad:
        input: [8, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, p: 1}
          - add

    Good:
        input: [8, 32, 32]
        layers:
          - conv2d: {out: 8, k: 3, p: 1, name: conv}
          - add: {from: [input, conv]}
    """,
)

define(
    "recursive-block",
    "structure",
    """A block uses itself, directly or through others.

    Why: it would never end.

    Bad:
        input: [8, 32, 32]
        blocks:
          loop:
            layers:
              - relu
              - loop
        layers:
          - conv2d: {out: 8, k: 3}

    Good:
        input: [8, 32, 32]
        blocks:
          step:
            layers:
              - conv2d: {out: 8, k: 3, p: 1}
              - relu
        layers:
          - step: {repeat: 3}
    """,
)

define(
    "missing-file",
    "structure",
    """A file named under `include` cannot be read.

    Why: `include` takes blocks from files beside the spec; the path is relative to the spec's folder.

    Bad:
        input: [3, 32, 32]
        include: [no_such_blocks.yaml]
        layers:
          - relu

    Good:
        input: [3, 32, 32]
        layers:
          - relu
    """,
)

define(
    "recursive-include",
    "structure",
    """A file includes itself, directly or through others.

    Why: it would never end.
    """,
)

define(
    "too-many-layers",
    "structure",
    """The spec comes to more layers than are planned.

    Why: a `repeat` of a billion would take all memory. The plan ends where the limit is reached.

    Bad:
        input: [8]
        layers:
          - relu: {repeat: 100000000}

    Good:
        input: [8]
        layers:
          - linear: 8
    """,
)

define(
    "too-many-outputs",
    "structure",
    """chunk, split or unbind would give more outputs than are listed.

    Why: each output is a tensor of its own; thousands of them are a slip in the size.

    Bad:
        input: [100000, 4]
        layers:
          - unbind: {dim: 1}

    Good:
        input: [4, 100000]
        layers:
          - unbind: {dim: 1, name: parts}
          - add: {from: [parts.0, parts.1]}
    """,
)

define(
    "over-budget",
    "structure",
    """A total exceeds the spec's `budget`.

    Why: the spec itself says what the network may cost at most. The note names the layers that cost most.

    Bad:
        input: [784]
        budget: {params: 5K}
        layers:
          - linear: 10

    Good:
        input: [784]
        budget: {params: 10K}
        layers:
          - linear: 10
    """,
)

define(
    "unexpected-shape",
    "structure",
    """A layer does not give the shape that its `expect` says.

    Why: `expect` pins a shape, so that a change further up shows where it matters.

    Bad:
        input: [784]
        layers:
          - linear: {out: 10, expect: [N, 100]}

    Good:
        input: [784]
        layers:
          - linear: {out: 10, expect: [N, 10]}
    """,
    fixable=True,
    unsafe=True,
)
