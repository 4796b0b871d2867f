"""The families of YOLO model files, and what their parsers do with a row: which widths scale, who gets the repeats."""

from __future__ import annotations

from typing import Final


class Family:
    """One generation of the dialect. Names of modules decide what its parser does with their rows."""

    __slots__ = ("heads", "joins", "name", "release", "repeated", "scaled")

    def __init__(self, name: str, release: str, scaled: str, repeated: str, joins: str, heads: str) -> None:
        self.name, self.release = name, release
        self.scaled = frozenset(scaled.split())  # first argument is a width: scaled, and c1 put before it
        self.repeated = frozenset(repeated.split())  # take the number of repeats as their third argument
        self.joins = frozenset(joins.split())  # read a list of rows
        self.heads = frozenset(heads.split())

    def lists(self, module: str) -> bool:
        """Does the module read a list of rows?"""
        return module in self.joins or module in self.heads


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
)
