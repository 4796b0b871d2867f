"""Published modules that many forks add: attention on channels and places, slim necks, sums of rows.

Formulas are those of the papers; a fork may differ. Attention modules keep the shape of what they get, so their rows'
arguments (a width here, a kernel there) are left aside.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log2
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named
from shapecalc.dialects.yolo.modules.conv import conv, summed


def gated(b: Build, x: Handle, weights: Handle) -> Handle:
    return b.layer("mul", [x, b.layer("sigmoid", weights)])


def pooled(b: Build, x: Handle) -> Handle:
    """The mean of each channel: (N, C, 1, 1)."""
    return b.layer("AdaptiveAvgPool2d", x, output_size=1)


def squeezed(b: Build, x: Handle, name: str, c: int, h: int, kind: str = "ReLU") -> Handle:
    """Two 1x1 convolutions without bias, through h channels."""
    x = b.layer("Conv2d", x, f"{name}.0", in_channels=c, out_channels=h, kernel_size=1, bias=False)
    return b.layer("Conv2d", b.layer(kind, x), f"{name}.2", in_channels=h, out_channels=c, kernel_size=1, bias=False)


def se(b: Build, x: Handle, c1: int, r: int = 16) -> Handle:
    """Squeeze and excitation: the means of the channels weigh the channels (Hu 2018)."""
    return gated(b, x, squeezed(b, pooled(b, x), "fc", c1, max(c1 // r, 1)))


def eca(b: Build, x: Handle, c1: int) -> Handle:
    """Neighbouring channels weigh each other by one small convolution (Wang 2020)."""
    k = int(abs((log2(c1) + 1) / 2))
    k = k if k % 2 else k + 1
    y = b.layer("transpose", b.layer("flatten", pooled(b, x), start_dim=2), dim0=1, dim1=2)
    y = b.layer("Conv1d", y, "conv", in_channels=1, out_channels=1, kernel_size=k, padding=k // 2, bias=False)
    return gated(b, x, b.layer("unsqueeze", b.layer("transpose", y, dim0=1, dim1=2), dim=3))


def spatial(b: Build, x: Handle, name: str, k: int = 7) -> Handle:
    """Mean and maximum over the channels weigh the places."""
    parts = [b.layer(kind, x, dim=1, keepdim=True) for kind in ("mean", "amax")]
    y = b.layer("cat", parts, dim=1)
    y = b.layer("Conv2d", y, name, in_channels=2, out_channels=1, kernel_size=k, padding=k // 2, bias=False)
    return gated(b, x, y)


def cbam(b: Build, x: Handle, c1: int, r: int = 16) -> Handle:
    """Channel attention from mean and maximum by one shared network, then spatial attention (Woo 2018)."""
    h = max(c1 // r, 1)
    mean = squeezed(b, pooled(b, x), "mlp", c1, h)
    y = b.layer("AdaptiveMaxPool2d", x, output_size=1)
    y = b.again("mlp.0", "Conv2d", y, in_channels=c1, out_channels=h, kernel_size=1, bias=False)
    y = b.again("mlp.2", "Conv2d", b.layer("ReLU", y), in_channels=h, out_channels=c1, kernel_size=1, bias=False)
    return spatial(b, gated(b, x, b.layer("add", [mean, y])), "spatial")


def library_cbam(b: Build, x: Handle, c1: int) -> Handle:
    """The CBAM of the ultralytics package, which its parser cannot see: one 1x1 convolution for the channels."""
    y = b.layer("Conv2d", pooled(b, x), "channel_attention.fc", in_channels=c1, out_channels=c1, kernel_size=1)
    return spatial(b, gated(b, x, y), "spatial_attention.cv1")


def coordatt(b: Build, x: Handle, c1: int, r: int = 32) -> Handle:
    """Rows and columns are averaged apart and weigh the places together (Hou 2021)."""
    h = max(8, c1 // r)
    rows = b.layer("mean", x, dim=3, keepdim=True)
    columns = b.layer("transpose", b.layer("mean", x, dim=2, keepdim=True), dim0=2, dim1=3)
    y = b.layer("cat", [rows, columns], dim=2)
    y = b.layer("Conv2d", y, "conv1", in_channels=c1, out_channels=h, kernel_size=1)
    y = b.layer("Hardswish", b.layer("BatchNorm2d", y, "bn1", num_features=h))
    if b.sizes[0] == -1:
        return x  # of a map that is not known
    parts = b.layer("split", y, split_size_or_sections=b.sizes, dim=2)
    down = b.layer("Conv2d", f"{parts}.0", "conv_h", in_channels=h, out_channels=c1, kernel_size=1)
    across = b.layer("transpose", f"{parts}.1", dim0=2, dim1=3)
    across = b.layer("Conv2d", across, "conv_w", in_channels=h, out_channels=c1, kernel_size=1)
    return gated(b, gated(b, x, down), across)


def simam(b: Build, x: Handle, c1: int) -> Handle:
    """Each place is weighed by how much it stands out from its channel; no parameters (Yang 2021)."""
    away = b.layer("sub", [x, b.layer("mean", x, dim=[2, 3], keepdim=True)])
    spread = b.layer("mul", [away, away])
    return gated(b, x, b.layer("div", [spread, b.layer("sum", spread, dim=[2, 3], keepdim=True)]))


def ema(b: Build, x: Handle, c1: int, factor: int = 8) -> Handle:
    """Groups of channels weigh their places by two ways that learn from each other (Ouyang 2023)."""
    if c1 % factor:
        raise Refused("not-divisible", f"EMA cuts {c1} channels into {factor} groups", None, "a multiple of 8 would do")
    c = c1 // factor
    y = b.layer("unflatten", x, dim=1, unflattened_size=[factor, c])
    flat = b.layer("flatten", y, start_dim=0, end_dim=1)
    normed = b.layer("GroupNorm", flat, "gn", num_groups=c, num_channels=c)
    one = b.layer("Conv2d", normed, "conv1x1", in_channels=c, out_channels=c, kernel_size=1)
    three = b.layer("Conv2d", flat, "conv3x3", in_channels=c, out_channels=c, kernel_size=3, padding=1)
    weighed = gated(b, flat, b.layer("add", [one, three]))
    y = b.layer("unflatten", weighed, dim=0, unflattened_size=[-1, factor])
    return b.layer("flatten", y, start_dim=1, end_dim=2)


def gam(b: Build, x: Handle, c1: int, rate: int = 4) -> Handle:
    """A network over the channels of each place, then two 7x7 convolutions (Liu 2021)."""
    h = max(c1 // rate, 1)
    y = b.layer("permute", x, dims=[0, 2, 3, 1])
    y = b.layer("ReLU", b.layer("Linear", y, "channel_attention.0", in_features=c1, out_features=h))
    y = b.layer("Linear", y, "channel_attention.2", in_features=h, out_features=c1)
    x = b.layer("mul", [x, b.layer("permute", y, dims=[0, 3, 1, 2])])
    y = b.layer("Conv2d", x, "spatial_attention.0", in_channels=c1, out_channels=h, kernel_size=7, padding=3)
    y = b.layer("ReLU", b.layer("BatchNorm2d", y, "spatial_attention.1", num_features=h))
    y = b.layer("Conv2d", y, "spatial_attention.3", in_channels=h, out_channels=c1, kernel_size=7, padding=3)
    return gated(b, x, b.layer("BatchNorm2d", y, "spatial_attention.4", num_features=c1))


# Slim neck (Li 2022). ------------------------------------------------------------------------------------------------


def gsconv(b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, g: int = 1, act: Any = True) -> Handle:
    """A Conv to half of the channels, a depthwise 5x5 for the other half, shuffled."""
    h = c2 // 2
    y = b.use("cv1", conv, x, c1, h, k, s, None, g, act=act)
    y = b.layer("cat", [y, b.use("cv2", conv, y, h, h, 5, 1, None, h, act=act)], dim=1)
    return b.layer("ChannelShuffle", y, groups=2)


def gsbottleneck(b: Build, x: Handle, c1: int, c2: int, k: int = 3, s: int = 1, e: float = 0.5) -> Handle:
    """Two GS convolutions beside a 1x1 Conv, added."""
    h = int(c2 * e)
    y = b.use("conv_lighting.0", gsconv, x, c1, h, 1, 1)
    y = b.use("conv_lighting.1", gsconv, y, h, c2, 3, 1, act=False)
    return b.layer("add", [y, b.use("shortcut", conv, x, c1, c2, 1, 1, act=False)])


def vovgscsp(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """A cross-stage block of GS bottlenecks; its 3x3 Conv `res` is built and not run."""
    h = int(c2 * e)
    left = b.repeat("gsb", n, gsbottleneck, b.use("cv1", conv, x, c1, h, 1, 1), h, h, e=1.0)
    right = b.use("cv2", conv, x, c1, h, 1, 1)
    b.idle("res.conv", "Conv2d", in_channels=h, out_channels=h, kernel_size=3, bias=False)
    b.idle("res.bn", "BatchNorm2d", num_features=h)
    return b.use("cv3", conv, b.layer("cat", [right, left], dim=1), 2 * h, c2, 1)


# Rows that meet. -----------------------------------------------------------------------------------------------------


def add(b: Build, xs: Handles, *ignored: Any) -> Handle:
    """The sum of the rows it reads."""
    return summed(b, xs)


def silence(b: Build, x: Handle, *ignored: Any) -> Handle:
    """Gives what it gets."""
    return b.layer("Identity", x)


MODULES: dict[str, Callable[..., Any]] = {
    "CBAM": cbam,
    "ultralytics:CBAM": library_cbam,
    "SE": se,
    "ECA": eca,
    "CoordAtt": coordatt,
    "SimAM": simam,
    "EMA": ema,
    "GAM": gam,
    "GSConv": gsconv,
    "GSBottleneck": gsbottleneck,
    "VoVGSCSP": vovgscsp,
    "Add": add,
    "Silence": silence,
}
named(MODULES)
library_cbam.__dict__["module"] = "CBAM"
