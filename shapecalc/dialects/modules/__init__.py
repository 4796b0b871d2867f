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
    }.items()
    for name in names.split()
}


def find(name: str, family: str) -> Callable[..., Any] | None:
    """The composition of a module, as the family has it; None for a module that is not known."""
    for key in (f"{family}:{name}", name):
        if key in FILES:
            found: Callable[..., Any] = import_module(f"{__name__}.{FILES[key]}").MODULES[key]
            return found
    return torch_layer(name)


def torch_layer(name: str) -> Callable[..., Any] | None:
    """A layer of torch.nn, `nn.Upsample`, with PyTorch's positional arguments."""
    if not name.startswith(("nn.", "torch.nn.")):
        return None
    from shapecalc.layers.base import lookup

    cls = lookup(name)
    if cls is None or cls.function:
        return None
    names = [p.name for p in cls.params_]

    def compose(b: Any, x: Any, *values: Any) -> Any:
        return b.layer(cls.type, x, None, **dict(zip(names, values, strict=False)))

    compose.__dict__.update(module=name, names=names, required=sum(p.required for p in cls.params_))
    return compose
