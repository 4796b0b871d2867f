"""What the reader of Ultralytics model files reports besides."""

from __future__ import annotations

from shapecalc.rules.base import define
from shapecalc.text.findings import Severity

define(
    "invalid-row",
    "syntax",
    """A row of a model file that is not `[from, repeats, module, args]`.

    Why: the library unpacks four parts: the row or rows that are read, how often the module stands, its name, and the
    list of its arguments.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv]
        head:
          - [0, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
)

define(
    "invalid-scale",
    "syntax",
    """A value of `scales` that is not `[depth, width, max_channels]`.

    Why: the library unpacks exactly three numbers.

    Bad:
        nc: 10
        scales: {n: [0.5]}
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        scales: {n: [0.5, 0.25, 1024]}
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
)

define(
    "unknown-scale",
    "structure",
    """The file's name asks for a scale that `scales` does not have.

    Why: `yolo11q.yaml` is read as scale `q`; the library stops with a KeyError.
    """,
)

define(
    "unknown-module",
    "structure",
    """A module that the library does not have.

    Why: it is misspelled, or comes from a fork. Declared under `modules:` it is planned without being imported; else it
    is taken to keep the shape of what comes in.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, MyBlock, []]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        modules: {MyBlock: {out: same}}
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, MyBlock, []]
        head:
          - [-1, 1, Classify, [nc]]
    """,
    severity=Severity.WARNING,
)

define(
    "foreign-module",
    "structure",
    """A module that is published, but not part of the library's release.

    Why: the file needs a fork that has the module; the released library stops with a KeyError. It is planned by the
    formulas of its publication.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, SimAM, []]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, nn.Identity, []]
        head:
          - [-1, 1, Classify, [nc]]
    """,
    severity=Severity.NOTE,
)

define(
    "index-shift",
    "structure",
    """A row was inserted or removed, and the row numbers below were not changed.

    Why: rows are referred to by number. After an insertion every number below is one too low: the network may still be
    built, and joins or detects on other maps than were meant. (ultralytics#18606 and many more)

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]  # 0
          - [-1, 1, nn.Identity, []]
          - [-1, 1, Conv, [128, 3, 2]]  # 1
          - [-1, 1, Conv, [256, 3, 2]]  # 2
        head:
          - [[1, 2], 1, Detect, [nc]]  # 3

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]  # 0
          - [-1, 1, nn.Identity, []]  # 1
          - [-1, 1, Conv, [128, 3, 2]]  # 2
          - [-1, 1, Conv, [256, 3, 2]]  # 3
        head:
          - [[2, 3], 1, Detect, [nc]]  # 4
    """,
    fixable=True,
)

define(
    "repeated-module",
    "structure",
    """`repeats` above 1 on a module that cannot follow itself.

    Why: the library builds the same module several times in a row. Only the first fits where the channels change, and a
    stride is applied each time. (ultralytics#7142)

    Bad:
        nc: 10
        backbone:
          - [-1, 3, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 2, Conv, [64, 3, 1]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
)

define(
    "unscaled-module",
    "correctness",
    """A module whose channels are not scaled, and other than the parser believes.

    Why: for modules that are not in its list the parser takes the channels to stay as they were; the rows below are
    built for a number that does not arrive. (ultralytics#20999)

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, nn.Conv2d, [64, 128, 3]]
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 1]]
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
)

define(
    "argument-order",
    "arguments",
    """An argument of another kind than its place takes, such as a Bool for a number.

    Why: arguments go by position; one that is left out moves all that follow.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, C2f, [64, 3]]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 3, C2f, [64, True]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
    severity=Severity.WARNING,
)

define(
    "level-order",
    "correctness",
    """Detection levels that are not read from fine to coarse, or one of them twice.

    Why: the widths of the head's towers come from the first level, and anchors and strides are assigned in order.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 2]]
          - [-1, 1, Conv, [256, 3, 2]]
        head:
          - [[2, 1], 1, Detect, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 2]]
          - [-1, 1, Conv, [256, 3, 2]]
        head:
          - [[1, 2], 1, Detect, [nc]]
    """,
    severity=Severity.WARNING,
)

define(
    "anchor-count",
    "structure",
    """More or fewer rows of anchors than inputs of the head, or anchors not in pairs.

    Why: each level has a row of anchors, of a width and a height each. (yolov5#82, #13413)

    Bad:
        nc: 10
        anchors:
          - [10,13, 16,30]
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 2]]
        head:
          - [[0, 1], 1, Detect, [nc, anchors]]

    Good:
        nc: 10
        anchors:
          - [10,13, 16,30]
          - [33,23, 30,61]
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [128, 3, 2]]
        head:
          - [[0, 1], 1, Detect, [nc, anchors]]
    """,
)

define(
    "stride-mismatch",
    "shapes",
    """A row joins maps of different sizes.

    Why: Concat joins along the channels, so rows and columns have to agree. A map of another stride needs an Upsample
    or a strided Conv first. (ultralytics#14338)

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [[0, 1], 1, Concat, [1]]
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, nn.Upsample, [None, 2, nearest]]
          - [[0, -1], 1, Concat, [1]]
          - [-1, 1, Classify, [nc]]
    """,
)

define(
    "image-size",
    "shapes",
    """The sides of the image are no multiples of the deepest stride.

    Why: sizes are rounded where the stride does not divide them, and after an Upsample two maps of one stride differ by
    a row. (yolov7#1387)
    """,
)

define(
    "key-without-effect",
    "waste",
    """A key that the library overwrites or does not look at.

    Why: `ch` comes from the data set, and beside `scales` the older multiples are not read. (ultralytics#18229)

    Bad:
        nc: 10
        ch: 6
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [[0], 1, Detect, [nc]]

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [[0], 1, Detect, [nc]]
    """,
    severity=Severity.WARNING,
)

define(
    "stale-comment",
    "style",
    """A comment that names another row number than the row has.

    Why: people count by these comments when they write the next reference. 22 % of published files have some.

    Bad:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]  # 0
          - [-1, 1, Conv, [64, 3, 2]]  # 2
        head:
          - [-1, 1, Classify, [nc]]  # 3

    Good:
        nc: 10
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]  # 0
          - [-1, 1, Conv, [64, 3, 2]]  # 1
        head:
          - [-1, 1, Classify, [nc]]  # 2
    """,
    severity=Severity.ADVICE,
    fixable=True,
)

define(
    "stale-summary",
    "style",
    """The figures in the comment of a scale are not those of the network.

    Why: the comment was copied with the file, and the network has changed since.

    Bad:
        nc: 10
        scales:
          n: [1.0, 1.0, 1024]  # summary: 1000 parameters
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]

    Good:
        nc: 10
        scales:
          n: [1.0, 1.0, 1024]  # summary: 99146 parameters
        backbone:
          - [-1, 1, Conv, [64, 3, 2]]
        head:
          - [-1, 1, Classify, [nc]]
    """,
    severity=Severity.ADVICE,
    fixable=True,
)
