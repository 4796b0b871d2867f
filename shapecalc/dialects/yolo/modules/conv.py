"""Convolution blocks: Conv and its kin, ghost and re-parameterised convolutions, downsampling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import gcd
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named

Kernel = int | Sequence[int]


def autopad(k: Any, d: int = 1) -> Any:
    """Padding that keeps the size at stride 1 for odd kernels: (d*(k - 1) + 1) // 2."""
    if isinstance(k, (list, tuple)):
        return [autopad(each, d) for each in k]
    return (d * (k - 1) + 1) // 2


def check_groups(c1: int, c2: int, g: int) -> None:
    """A grouped convolution needs groups that divide both channel counts."""
    if g < 1:
        raise Refused("invalid-argument", f"groups must be 1 or more, not {g}", "g")
    for count, what in ((c1, "input"), (c2, "output")):
        if count % g:
            low, high = count // g * g, -(-count // g) * g
            near = f"{low} or {high}" if low else f"{high}"
            divisors = [n for n in range(g, 0, -1) if c1 % n == 0 and c2 % n == 0]
            raise Refused(
                "groups-not-divisible",
                f"groups={g} does not divide {count} {what} channels; nearest {near}",
                "g",
                f"write {near} channels, or groups {divisors[0]}",
            )


def check_width(c2: Any) -> None:
    if isinstance(c2, bool) or not isinstance(c2, int) or c2 < 1:
        raise Refused("invalid-argument", f"the output channels must be a number of 1 or more, not {c2}", "c2")


def activated(b: Build, x: Handle, wish: Any, name: str = "act") -> Handle:
    """The activation: the file's default for true, none for false, else the one that is given."""
    chosen = b.site.shared.activation if wish is True else wish
    if not isinstance(chosen, tuple):
        return x
    return b.layer(chosen[0], x, name, **chosen[1])


def conv(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    k: Kernel = 1,
    s: Kernel = 1,
    p: Kernel | None = None,
    g: int = 1,
    d: int = 1,
    act: Any = True,
) -> Handle:
    """Convolution without bias, batch norm, activation: (N, c1, H, W) -> (N, c2, H/s, W/s)."""
    check_groups(c1, c2, g)
    padding = autopad(k, d) if p is None else p
    x = b.layer(
        "Conv2d",
        x,
        "conv",
        in_channels=c1,
        out_channels=c2,
        kernel_size=k,
        stride=s,
        padding=padding,
        dilation=d,
        groups=g,
        bias=False,
    )
    return activated(b, b.layer("BatchNorm2d", x, "bn", num_features=c2), act)


def plain(
    b: Build, x: Handle, name: str, c1: int, c2: int, k: Kernel = 1, s: int = 1, g: int = 1, bias: bool = True
) -> Handle:
    """A convolution alone, padded to keep the size."""
    return b.layer(
        "Conv2d",
        x,
        name,
        in_channels=c1,
        out_channels=c2,
        kernel_size=k,
        stride=s,
        padding=autopad(k),
        groups=g,
        bias=bias,
    )


def conv2(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    k: int = 3,
    s: int = 1,
    p: int | None = None,
    g: int = 1,
    d: int = 1,
    act: Any = True,
) -> Handle:
    """Conv with a parallel 1x1 convolution: batch norm over the sum."""
    check_groups(c1, c2, g)
    padding = autopad(k, d) if p is None else p
    wide = b.layer(
        "Conv2d",
        x,
        "conv",
        in_channels=c1,
        out_channels=c2,
        kernel_size=k,
        stride=s,
        padding=padding,
        dilation=d,
        groups=g,
        bias=False,
    )
    narrow = b.layer(
        "Conv2d",
        x,
        "cv2",
        in_channels=c1,
        out_channels=c2,
        kernel_size=1,
        stride=s,
        padding=autopad(1, d),
        dilation=d,
        groups=g,
        bias=False,
    )
    return activated(b, b.layer("BatchNorm2d", b.layer("add", [wide, narrow]), "bn", num_features=c2), act)


def dwconv(b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, d: int = 1, act: Any = True) -> Handle:
    """Depthwise: Conv with as many groups as divide both channel counts."""
    return conv(b, x, c1, c2, k, s, None, gcd(c1, c2), d, act)


def lightconv(b: Build, x: Handle, c1: int, c2: int, k: int = 1, act: Any = True) -> Handle:
    """A 1x1 Conv without activation, then a depthwise one (PP-HGNet)."""
    x = b.use("conv1", conv, x, c1, c2, 1, act=False)
    return b.use("conv2", dwconv, x, c2, c2, k, act=("ReLU", {}) if act is True else act)


def ghostconv(b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, g: int = 1, act: Any = True) -> Handle:
    """Half of the channels by a Conv, the other half from them by a cheap depthwise 5x5 (GhostNet)."""
    half = c2 // 2
    x = b.use("cv1", conv, x, c1, half, k, s, None, g, act=act)
    return b.layer("cat", [x, b.use("cv2", conv, x, half, half, 5, 1, None, half, act=act)], dim=1)


def repconv(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    k: int = 3,
    s: int = 1,
    p: int = 1,
    g: int = 1,
    d: int = 1,
    act: Any = True,
    bn: bool = False,
) -> Handle:
    """3x3 and 1x1 Convs in parallel, with `bn` the normalised input too (RepVGG)."""
    if k != 3 or p != 1:
        wrong = "k" if k != 3 else "p"
        raise Refused("invalid-argument", f"RepConv has kernel 3 and padding 1, not {k} and {p}", wrong)
    parts = [
        b.use("conv1", conv, x, c1, c2, 3, s, 1, g, act=False),
        b.use("conv2", conv, x, c1, c2, 1, s, 0, g, act=False),
    ]
    if bn and c1 == c2 and s == 1:
        parts.append(b.layer("BatchNorm2d", x, "bn", num_features=c1))
    return activated(b, summed(b, parts), act)


def summed(b: Build, parts: Sequence[Handle]) -> Handle:
    """The sum of several tensors, two at a time."""
    x = parts[0]
    for other in parts[1:]:
        x = b.layer("add", [x, other])
    return x


def convtranspose(
    b: Build, x: Handle, c1: int, c2: int, k: int = 2, s: int = 2, p: int = 0, bn: bool = True, act: Any = True
) -> Handle:
    """Transposed convolution, batch norm, activation."""
    x = b.layer(
        "ConvTranspose2d",
        x,
        "conv_transpose",
        in_channels=c1,
        out_channels=c2,
        kernel_size=k,
        stride=s,
        padding=p,
        bias=not bn,
    )
    return activated(b, b.layer("BatchNorm2d", x, "bn", num_features=c2) if bn else x, act)


def dwconvtranspose2d(
    b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, p1: int = 0, p2: int = 0
) -> Handle:
    """Depthwise transposed convolution, padding p1 and output padding p2."""
    return b.layer(
        "ConvTranspose2d",
        x,
        in_channels=c1,
        out_channels=c2,
        kernel_size=k,
        stride=s,
        padding=p1,
        output_padding=p2,
        groups=gcd(c1, c2),
    )


def focus(
    b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, p: int | None = None, g: int = 1, act: Any = True
) -> Handle:
    """Space to depth by 2, then Conv: (N, c1, H, W) -> (N, c2, H/2, W/2)."""
    x = b.layer("PixelUnshuffle", x, downscale_factor=2)
    return b.use("conv", conv, x, 4 * c1, c2, k, s, p, g, act=act)


def aconv(b: Build, x: Handle, c1: int, c2: int) -> Handle:
    """Average of 2x2 at stride 1, then a 3x3 Conv at stride 2 (YOLOv9)."""
    x = b.layer("AvgPool2d", x, kernel_size=2, stride=1)
    return b.use("cv1", conv, x, c1, c2, 3, 2, 1)


def adown(b: Build, x: Handle, c1: int, c2: int) -> Handle:
    """Average of 2x2, then half of the channels by a 3x3 Conv at stride 2, half by max pool and 1x1 Conv (YOLOv9)."""
    x = b.layer("AvgPool2d", x, kernel_size=2, stride=1)
    cut = b.layer("chunk", x, chunks=2, dim=1)
    left = b.use("cv1", conv, f"{cut}.0", c1 // 2, c2 // 2, 3, 2, 1)
    right = b.layer("MaxPool2d", f"{cut}.1", kernel_size=3, stride=2, padding=1)
    right = b.use("cv2", conv, right, c1 // 2, c2 // 2, 1, 1, 0)
    return b.layer("cat", [left, right], dim=1)


def scdown(b: Build, x: Handle, c1: int, c2: int, k: int, s: int) -> Handle:
    """A 1x1 Conv, then a depthwise one that strides (YOLOv10)."""
    x = b.use("cv1", conv, x, c1, c2, 1, 1)
    return b.use("cv2", conv, x, c2, c2, k, s, None, c2, act=False)


def concat(b: Build, xs: Handles, d: int = 1) -> Handle:
    """Joins its inputs along axis `d`."""
    return b.layer("cat", xs, dim=d)


MODULES: dict[str, Callable[..., Any]] = {
    "Conv": conv,
    "Conv2": conv2,
    "DWConv": dwconv,
    "LightConv": lightconv,
    "GhostConv": ghostconv,
    "RepConv": repconv,
    "ConvTranspose": convtranspose,
    "DWConvTranspose2d": dwconvtranspose2d,
    "Focus": focus,
    "AConv": aconv,
    "ADown": adown,
    "SCDown": scdown,
    "Concat": concat,
}
named(MODULES)
