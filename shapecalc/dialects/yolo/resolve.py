"""What the library's parser makes of the rows: scaled widths and repeats, constructor arguments, running channels.

The parser never looks at a tensor: it keeps one number of channels for each row, by rules that go by the module's name.
Rows after one whose real output differs are built for the number it believes in; so they are here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from shapecalc.dialects.yolo.family import ATTENTION, Family
from shapecalc.dialects.yolo.modules import ALIASES
from shapecalc.dialects.yolo.rows import FileRow

IMAGE: Final = -1
NOTHING: Final = -2  # a reference past the first row
Channels = Any  # int; a list for a row with several outputs; None where it cannot be known


class Settings:
    """What the file (and the command line) sets for all rows."""

    __slots__ = (
        "anchors", "depth", "divisor", "end2end", "input_channels", "kpt_shape", "letter", "max_channels", "nc",
        "reg_max", "width",
    )  # fmt: skip

    def __init__(self) -> None:
        self.depth: float = 1.0
        self.width: float = 1.0
        self.max_channels: float = math.inf
        self.letter = ""
        self.nc = 80
        self.reg_max = 16
        self.end2end = False
        self.kpt_shape: Any = 1.0
        self.input_channels: Any = 3
        self.anchors: int | None = None
        self.divisor = 8

    def scaled(self, wish: Any) -> Any:
        """A width as built: min(width, max_channels) * width multiple, up to the next multiple of 8."""
        if isinstance(wish, bool) or not isinstance(wish, (int, float)) or not math.isfinite(wish):
            return wish
        return math.ceil(min(wish, self.max_channels) * self.width / self.divisor) * self.divisor

    def repeats(self, wish: int) -> int:
        """Repeats as built; Python rounds halves to the even number."""
        return max(round(wish * self.depth), 1) if wish > 1 else wish

    @property
    def outputs(self) -> int | None:
        """Channels of one anchor-based detection map: anchors * (classes + 5)."""
        return None if self.anchors is None else self.anchors * (self.nc + 5)


class Resolver:
    """Walks the rows once; each gets its references, repeats, constructor arguments and channels."""

    def __init__(self, family: Family, settings: Settings, rows: Sequence[FileRow]) -> None:
        self.family, self.settings, self.rows = family, settings, rows
        self.channels: list[Channels] = []
        self.running: Channels = settings.input_channels
        backbone_like = {"C3k2", "A2C2f", "C2fCIB"}
        self.legacy = not any(row.module in backbone_like for row in rows)

    def run(self) -> None:
        for row in self.rows:
            self.locate(row)
            self.row(row)
            self.channels.append(row.c2)

    def locate(self, row: FileRow) -> None:
        """`from` as absolute rows; IMAGE for row 0's -1."""
        row.reads = [self.absolute(row.index, ref) for ref in row.written]
        row.n = row.times = self.settings.repeats(row.repeats)

    @staticmethod
    def absolute(index: int, ref: int) -> int:
        if ref >= 0:
            return ref
        return index + ref if index + ref >= 0 or index == 0 else NOTHING

    def of(self, read: int) -> Channels:
        """The parser's channels of an earlier row."""
        if read == IMAGE:
            return self.settings.input_channels if not self.channels else None
        return self.channels[read] if 0 <= read < len(self.channels) else None

    def row(self, row: FileRow) -> None:
        row.c1 = self.of(row.reads[0]) if row.reads else None
        if row.declared is not None:
            row.declared.resolve(self, row)
        elif self.family.scales(row.module):
            self.scaled(row)
        else:
            self.rule(row)(self, row)
        self.running = row.c2 if isinstance(row.c2, int) else self.running

    def rule(self, row: FileRow) -> Rule:
        name = ALIASES.get(row.module, row.module)
        if name in ATTENTION:
            return Resolver.attention
        if (self.family.name == "yolov5" and name in self.family.heads) or name in ("IDetect", "IAuxDetect"):
            return Resolver.anchored
        return RULES.get(name, Resolver.other)

    # Rules. ----------------------------------------------------------------------------------------------------------

    def scaled(self, row: FileRow) -> None:
        """(c1, c2, [repeats], the rest): the first argument is the width."""
        wish = row.args[0] if row.args else None
        keep = row.module == "Classify" or (self.settings.outputs is not None and wish == self.settings.outputs)
        row.c2 = wish if keep else self.settings.scaled(wish)
        if row.args:
            row.built[0] = row.c2
        rest = self.overridden(row, list(row.args[1:]))
        if row.module == "Conv" and len(rest) == 5 and isinstance(rest[4], tuple):
            rest.insert(4, 1)  # YOLOv7's Conv has no dilation before the activation
        row.values = [row.c1, row.c2, *rest]
        if isinstance(row.c2, bool) or not isinstance(row.c2, int) or row.c2 < 1:
            row.c2 = None  # which is said where it stands, and once
        if self.family.repeats(row.module):
            row.values.insert(2, row.n)
            row.n = 1

    def overridden(self, row: FileRow, rest: list[Any]) -> list[Any]:
        """What hangs on the scale's letter itself, or on widths other than the first."""
        letter = self.settings.letter
        if self.family.name != "ultralytics" or not row.args:
            return rest
        if row.module == "C3k2" and letter in ("m", "l", "x"):
            rest = [True, *rest[1:]]
            row.built[1] = True
        elif row.module == "A2C2f" and letter in ("l", "x"):
            row.built[len(row.args)], row.built[len(row.args) + 1] = True, 1.2
            rest = [*rest, True, 1.2]
        elif row.module == "C2fAttn" and len(rest) > 1:
            e = rest[5] if len(rest) > 5 else 0.5
            heads = rest[1]
            if isinstance(heads, int) and heads > 1:
                most = self.settings.max_channels // 2 // 32
                heads = int(max(round(min(heads, most)) * self.settings.width, 1))
            if isinstance(row.c2, int) and isinstance(e, (int, float)):
                rest[:2] = [int(row.c2 * e), heads]
                row.built[1], row.built[2] = rest[0], heads
        return rest

    def other(self, row: FileRow) -> None:
        """Any other name: arguments unchanged, the channels taken to stay."""
        row.values, row.c2 = list(row.args), row.c1

    def attention(self, row: FileRow) -> None:
        """Published attention: built for the channels that come in, which stay."""
        row.values, row.c2 = [row.c1], row.c1

    def aifi(self, row: FileRow) -> None:
        row.values, row.c2 = [row.c1, *row.args], self.running

    def hg(self, row: FileRow) -> None:
        row.values = [row.c1, *row.args]
        row.c2 = row.args[1] if len(row.args) > 1 else None
        if row.module == "HGBlock":
            row.values.insert(4, row.n)
            row.n = 1

    def resnet(self, row: FileRow) -> None:
        row.values = list(row.args)
        first = len(row.args) > 3 and bool(row.args[3])
        width = row.args[1] if len(row.args) > 1 else None
        row.c1 = row.args[0] if row.args else None
        row.c2 = width if first or not isinstance(width, int) else 4 * width

    def norm(self, row: FileRow) -> None:
        row.values, row.c2 = [row.c1], self.running

    def concat(self, row: FileRow) -> None:
        row.values = list(row.args)
        counts = [self.of(read) for read in row.reads]
        row.c2 = sum(counts) if counts and all(isinstance(c, int) for c in counts) else None

    def widths(self, row: FileRow) -> tuple[Channels, ...]:
        return tuple(self.of(read) for read in row.reads)

    def head(self, row: FileRow) -> None:
        """Heads get their arguments, then bins, copies and the widths of what they read."""
        args = list(row.args)
        if row.module.startswith(("Segment", "YOLOESegment")) and len(args) > 2:
            args[2] = row.built[2] = self.settings.scaled(args[2])
        settings = self.settings
        row.values, row.c2 = [*args, settings.reg_max, settings.end2end, self.widths(row)], self.running

    def plain_head(self, row: FileRow) -> None:
        args = row.args[:1] if row.module == "Depth" else row.args
        row.values, row.c2 = [*args, self.widths(row)], self.running

    def decoder(self, row: FileRow) -> None:
        row.values, row.c2 = [*row.args[:1], self.widths(row), *row.args[1:]], self.running

    def split(self, row: FileRow) -> None:
        row.values = [row.c1, *row.args]
        row.c2 = list(row.args[0]) if row.args and isinstance(row.args[0], list) else None

    def fuse(self, row: FileRow) -> None:
        row.values = list(row.args)
        row.c2 = self.of(row.reads[-1]) if row.reads else None

    def external(self, row: FileRow) -> None:
        row.values = list(row.args[1:])
        row.c2 = row.args[0] if row.args else None

    # The older dialect. ----------------------------------------------------------------------------------------------

    def anchored(self, row: FileRow) -> None:
        """Detect of YOLOv5 and v7: classes, anchors, widths."""
        args = list(row.args)
        if row.module == "Segment" and len(args) > 3:
            args[3] = row.built[3] = self.settings.scaled(args[3])
        row.values, row.c2 = [*args, self.widths(row)], self.running

    def shortcut(self, row: FileRow) -> None:
        row.values, row.c2 = list(row.args), self.of(row.reads[0]) if row.reads else None

    def folded(self, row: FileRow) -> None:
        """Modules that trade size for channels."""
        row.values = list(row.args)
        g = row.args[0] if row.args and isinstance(row.args[0], int) and row.args[0] > 0 else 2
        if isinstance(row.c1, int):
            row.c2 = {"ReOrg": 4 * row.c1, "Contract": row.c1 * g * g, "Expand": row.c1 // (g * g)}.get(
                row.module, row.c1 // 2
            )


Rule = Callable[[Resolver, FileRow], None]

RULES: Final[dict[str, Rule]] = {
    "AIFI": Resolver.aifi,
    "HGStem": Resolver.hg,
    "HGBlock": Resolver.hg,
    "ResNetLayer": Resolver.resnet,
    "nn.BatchNorm2d": Resolver.norm,
    "Concat": Resolver.concat,
    **dict.fromkeys(("Detect", "OBB", "OBB26", "Pose", "Pose26", "WorldDetect", "YOLOEDetect"), Resolver.head),
    **dict.fromkeys(("Segment", "Segment26", "YOLOESegment", "YOLOESegment26"), Resolver.head),
    "v10Detect": Resolver.plain_head,
    "SemanticSegment": Resolver.plain_head,
    "Depth": Resolver.plain_head,
    "RTDETRDecoder": Resolver.decoder,
    "ImagePoolingAttn": Resolver.decoder,
    "CBLinear": Resolver.split,
    "CBFuse": Resolver.fuse,
    "TorchVision": Resolver.external,
    "Index": Resolver.external,
    "Chuncat": Resolver.concat,
    "Shortcut": Resolver.shortcut,
    "Add": Resolver.shortcut,
    "ReOrg": Resolver.folded,
    "Contract": Resolver.folded,
    "Expand": Resolver.folded,
    "Foldcut": Resolver.folded,
}
