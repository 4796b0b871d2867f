"""The families of YOLO model files, and what their parsers do with a row: which widths scale, who gets the repeats."""

from __future__ import annotations

from typing import Final


class Family:
    """One generation of the dialect. Names of modules decide what its parser does with their rows."""

    __slots__ = ("heads", "joins", "name", "others", "release", "repeated", "scaled")

    def __init__(
        self, name: str, release: str, scaled: str, repeated: str, joins: str, heads: str, others: str
    ) -> None:
        self.name, self.release = name, release
        self.scaled = names(scaled)  # first argument is a width: scaled, and c1 put before it
        self.repeated = names(repeated)  # take the number of repeats as their third argument
        self.joins = names(joins)  # read a list of rows
        self.heads = names(heads)
        self.others = names(others)  # further names that its parser knows

    def lists(self, module: str) -> bool:
        """Does the module read a list of rows?"""
        return module in self.joins or module in self.heads or module in JOINS

    def knows(self, module: str) -> bool:
        """Does the family's own parser know the module?"""
        return any(module in names for names in (self.scaled, self.joins, self.heads, self.others)) or "." in module

    def scales(self, module: str) -> bool:
        return module in self.scaled or (module in SCALED and not self.knows(module))

    def repeats(self, module: str) -> bool:
        return module in self.repeated or (module in REPEATED and not self.knows(module))


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Published modules that forks add, and what they make of their rows.
ATTENTION: Final = names("CBAM SE ECA CoordAtt SimAM EMA GAM")
SCALED: Final = names(
    "GSConv GSBottleneck VoVGSCSP SPPCSPC DownC Stem Res ResX BottleneckCSPA BottleneckCSPB BottleneckCSPC ResCSPA "
    "ResCSPB ResCSPC ResXCSPA ResXCSPB ResXCSPC CrossConv C3SPP LightConv"
)
REPEATED: Final = names(
    "VoVGSCSP SPPCSPC BottleneckCSPA BottleneckCSPB BottleneckCSPC ResCSPA ResCSPB ResCSPC ResXCSPA ResXCSPB ResXCSPC"
)
JOINS: Final = names("Add Shortcut Chuncat IDetect IAuxDetect")

ULTRALYTICS: Final = Family(
    "ultralytics",
    "ultralytics 8.4.190",
    scaled="Classify Conv ConvTranspose GhostConv Bottleneck GhostBottleneck SPP SPPF C2fPSA C2PSA DWConv Focus "
    "BottleneckCSP C1 C2 C2f C3k2 RepNCSPELAN4 ELAN1 ADown AConv SPPELAN C2fAttn C3 C3TR C3Ghost nn.ConvTranspose2d "
    "DWConvTranspose2d C3x RepC3 PSA SCDown C2fCIB A2C2f",
    repeated="BottleneckCSP C1 C2 C2f C3k2 C2fAttn C3 C3TR C3Ghost C3x RepC3 C2fPSA C2fCIB C2PSA A2C2f",
    joins="Concat CBFuse ImagePoolingAttn",
    heads="Detect v10Detect Segment Segment26 OBB OBB26 Pose Pose26 WorldDetect YOLOEDetect YOLOESegment "
    "YOLOESegment26 SemanticSegment Depth RTDETRDecoder",
    others="AIFI HGStem HGBlock ResNetLayer CBLinear TorchVision Index RepConv Conv2 RepVGGDW C3k CIB PSABlock "
    "Attention",
)

YOLOV5: Final = Family(
    "yolov5",
    "yolov5 5081342f, yolov7 a207844b",
    scaled="Conv GhostConv Bottleneck GhostBottleneck SPP SPPF DWConv MixConv2d Focus CrossConv BottleneckCSP C3 C3TR "
    "C3SPP C3Ghost nn.ConvTranspose2d DWConvTranspose2d C3x nn.Conv2d RobustConv RobustConv2 RepConv RepConv_OREPA "
    "DownC Stem GhostStem SPPCSPC GhostSPPCSPC BottleneckCSPA BottleneckCSPB BottleneckCSPC RepBottleneck "
    "RepBottleneckCSPA RepBottleneckCSPB RepBottleneckCSPC Res ResCSPA ResCSPB ResCSPC RepRes RepResCSPA RepResCSPB "
    "RepResCSPC ResX ResXCSPA ResXCSPB ResXCSPC RepResX RepResXCSPA RepResXCSPB RepResXCSPC Ghost GhostCSPA GhostCSPB "
    "GhostCSPC GSConv VoVGSCSP VoVGSCSPC Classify",
    repeated="BottleneckCSP C3 C3TR C3Ghost C3x SPPCSPC GhostSPPCSPC BottleneckCSPA BottleneckCSPB BottleneckCSPC "
    "RepBottleneckCSPA RepBottleneckCSPB RepBottleneckCSPC ResCSPA ResCSPB ResCSPC RepResCSPA RepResCSPB RepResCSPC "
    "ResXCSPA ResXCSPB ResXCSPC RepResXCSPA RepResXCSPB RepResXCSPC GhostCSPA GhostCSPB GhostCSPC VoVGSCSP VoVGSCSPC",
    joins="Concat Chuncat Shortcut",
    heads="Detect Segment IDetect IAuxDetect IBin IKeypoint",
    others="Contract Expand MP SP ReOrg Foldcut Res ResX Bottleneck",
)
