"""Modules of the dialects as compositions of the catalogue's layers: one function each, found by its name.

A function gets the Build that collects the layers, the handle of what comes in (a list of handles for modules that read
several rows) and the constructor's arguments; it returns the handle of what it gives. Names of layers are those of the
module's weights in a checkpoint. Formulas: the papers named in the docstrings.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

#: Which file of this folder composes which modules; a test compares it with the files.
FILES: Final[dict[str, str]] = {
    name: file
    for file, names in {
        "conv": "Concat Conv Conv2 DWConv LightConv GhostConv RepConv ConvTranspose DWConvTranspose2d Focus AConv "
        "ADown SCDown",
        "csp": "Bottleneck BottleneckCSP GhostBottleneck C1 C2 C2f C3 C3x C3k C3Ghost C3k2 RepC3 RepBottleneck RepCSP "
        "RepNCSPELAN4 ELAN1 SPPELAN SPP SPPF CIB RepVGGDW C2fCIB",
        "attention": "Attention PSABlock PSA C2PSA C2fPSA AAttn ABlock A2C2f C2fAttn MaxSigmoidAttnBlock "
        "TransformerLayer TransformerBlock C3TR AIFI ImagePoolingAttn",
        "backbone": "HGStem HGBlock ResNetBlock ResNetLayer CBLinear CBFuse Classify TorchVision Index",
        "heads": "Detect v10Detect Proto Proto26 DFL Segment Segment26 OBB OBB26 Pose Pose26 WorldDetect YOLOEDetect "
        "YOLOESegment YOLOESegment26 SemanticSegment Depth",
        "rtdetr": "MLP MSDeformAttn DeformableTransformerDecoderLayer RTDETRDecoder",
        "popular": "CBAM ultralytics:CBAM SE ECA CoordAtt SimAM EMA GAM GSConv GSBottleneck VoVGSCSP Add Silence",
        "anchored": "yolov5:Bottleneck yolov5:BottleneckCSP yolov5:Detect yolov5:Segment yolov5:RepConv CrossConv "
        "C3SPP Contract Expand IDetect IAuxDetect MP SP ReOrg Shortcut Chuncat Foldcut DownC Stem SPPCSPC Res ResX "
        "BottleneckCSPA BottleneckCSPB BottleneckCSPC ResCSPA ResCSPB ResCSPC ResXCSPA ResXCSPB ResXCSPC",
    }.items()
    for name in names.split()
}


#: Other names that forks have for published modules.
ALIASES: Final[dict[str, str]] = {
    alias: name
    for name, aliases in {
        "SE": "SEAttention SELayer SE_Block SEBlock SEAtt SENet",
        "ECA": "ECAAttention eca_layer ECALayer ECA_Layer ECANet",
        "CoordAtt": "CA CoordAttention CoordAttn CoorAtt",
        "EMA": "EMA_attention EMAAttention",
        "GAM": "GAM_Attention GAMAttention",
        "CBAM": "CBAMBlock CBAM_Module",
        "SimAM": "SimAMModule SimAM_Module",
    }.items()
    for alias in aliases.split()
}


def find(name: str, family: str) -> Callable[..., Any] | None:
    """The composition of a module, as the family has it; None for a module that is not known."""
    known = ALIASES.get(name, name)
    for key in (f"{family}:{known}", known):
        if key in FILES:
            found: Callable[..., Any] = import_module(f"{__name__}.{FILES[key]}").MODULES[key]
            return found
    return torch_layer(name)


def composed(name: str, family: str) -> bool:
    """Is there a composition of the module for this family?"""
    known = ALIASES.get(name, name)
    return f"{family}:{known}" in FILES or known in FILES


def torch_layer(name: str) -> Callable[..., Any] | None:
    """A layer of torch.nn, `nn.Upsample`, with PyTorch's positional arguments."""
    if not name.startswith(("nn.", "torch.nn.")):
        return None
    from shapecalc.layers.registry import lookup

    cls = lookup(name)
    if cls is None or cls.function:
        return None
    names = [p.name for p in cls.params_]

    def compose(b: Any, x: Any, *values: Any) -> Any:
        return b.layer(cls.type, x, None, **dict(zip(names, values, strict=False)))

    compose.__dict__.update(module=name, names=names, required=sum(p.required for p in cls.params_))
    return compose
