"""Stems and stages of other backbones: PP-HGNet, ResNet, and YOLOv9's reversible branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named
from shapecalc.dialects.yolo.modules.conv import conv, lightconv, summed

RELU: tuple[str, dict[str, Any]] = ("ReLU", {})


def hgstem(b: Build, x: Handle, c1: int, cm: int, c2: int) -> Handle:
    """Two strides of 2, a pooled and a convolved way between them (PP-HGNetV2)."""
    x = b.use("stem1", conv, x, c1, cm, 3, 2, act=RELU)
    x = b.layer("ZeroPad2d", x, padding=[0, 1, 0, 1])
    y = b.use("stem2a", conv, x, cm, cm // 2, 2, 1, 0, act=RELU)
    y = b.layer("ZeroPad2d", y, padding=[0, 1, 0, 1])
    y = b.use("stem2b", conv, y, cm // 2, cm, 2, 1, 0, act=RELU)
    pooled = b.layer("MaxPool2d", x, "pool", kernel_size=2, stride=1, padding=0, ceil_mode=True)
    x = b.layer("cat", [pooled, y], dim=1)
    x = b.use("stem3", conv, x, 2 * cm, cm, 3, 2, act=RELU)
    return b.use("stem4", conv, x, cm, c2, 1, 1, act=RELU)


def hgblock(
    b: Build,
    x: Handle,
    c1: int,
    cm: int,
    c2: int,
    k: int = 3,
    n: int = 6,
    lightconv_: bool = False,
    shortcut: bool = False,
    act: Any = RELU,
) -> Handle:
    """n Convs one after another, every output joined, squeezed and excited (PP-HGNetV2)."""
    block = lightconv if lightconv_ else conv
    parts = [x]
    for i in range(n):
        parts.append(b.use(f"m.{i}", block, parts[-1], c1 if i == 0 else cm, cm, k, act=act))
    y = b.use("sc", conv, b.layer("cat", parts, dim=1), c1 + n * cm, c2 // 2, 1, 1, act=act)
    y = b.use("ec", conv, y, c2 // 2, c2, 1, 1, act=act)
    return b.layer("add", [y, x]) if shortcut and c1 == c2 else y


def resnetblock(b: Build, x: Handle, c1: int, c2: int, s: int = 1, e: int = 4) -> Handle:
    """1x1, 3x3 and 1x1 Convs, added to the input (ResNet's bottleneck)."""
    c3 = e * c2
    y = b.use("cv1", conv, x, c1, c2, 1, 1)
    y = b.use("cv2", conv, y, c2, c2, 3, s, 1)
    y = b.use("cv3", conv, y, c2, c3, 1, act=False)
    if s != 1 or c1 != c3:
        x = b.use("shortcut.0", conv, x, c1, c3, 1, s, act=False)
    return b.layer("relu", b.layer("add", [y, x]))


def resnetlayer(
    b: Build, x: Handle, c1: int, c2: int, s: int = 1, is_first: bool = False, n: int = 1, e: int = 4
) -> Handle:
    """A stage of n blocks; the first stage is ResNet's 7x7 stem."""
    if is_first:
        x = b.use("layer.0", conv, x, c1, c2, 7, 2, 3)
        return b.layer("MaxPool2d", x, "layer.1", kernel_size=3, stride=2, padding=1)
    x = b.use("layer.0", resnetblock, x, c1, c2, s, e)
    for i in range(1, n):
        x = b.use(f"layer.{i}", resnetblock, x, e * c2, c2, 1, e)
    return x


def cblinear(b: Build, x: Handle, c1: int, c2s: Sequence[int], k: int = 1, s: int = 1) -> Handle:
    """One biased convolution, its channels cut into the given parts: several outputs."""
    x = b.layer("Conv2d", x, "conv", in_channels=c1, out_channels=sum(c2s), kernel_size=k, stride=s, padding=k // 2)
    return b.layer("split", x, split_size_or_sections=list(c2s), dim=1)


def cbfuse(b: Build, xs: Handles, idx: Sequence[int]) -> Handle:
    """One part of each earlier row, brought to the size of the last input, and the sum of all."""
    parts = [b.layer("interpolate", x, size=b.sizes, mode="nearest") for x in xs[:-1]]
    return summed(b, [*parts, xs[-1]])


def classify(b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, p: int | None = None, g: int = 1) -> Handle:
    """Conv to 1280 channels, global average, linear: (N, c1, H, W) -> (N, c2)."""
    if not isinstance(x, str):
        x = b.layer("cat", x, dim=1)
    x = b.use("conv", conv, x, c1, 1280, k, s, p, g)
    x = b.layer("flatten", b.layer("AdaptiveAvgPool2d", x, "pool", output_size=1), start_dim=1)
    return b.layer("softmax", b.layer("Linear", x, "linear", in_features=1280, out_features=c2), dim=1)


# torchvision. --------------------------------------------------------------------------------------------------------

#: Blocks of each stage, and whether they are bottlenecks (four times as wide at their end).
RESNETS = {
    "resnet18": ((2, 2, 2, 2), False),
    "resnet34": ((3, 4, 6, 3), False),
    "resnet50": ((3, 4, 6, 3), True),
    "resnet101": ((3, 4, 23, 3), True),
    "resnet152": ((3, 8, 36, 3), True),
}


def torchvision(
    b: Build,
    x: Handle,
    model: str,
    weights: Any = "DEFAULT",
    unwrap: bool = True,
    truncate: int = 2,
    split: bool = False,
) -> Handle:
    """A ResNet of torchvision without its last `truncate` parts (2: pool and linear)."""
    if model not in RESNETS or not unwrap or split:
        raise Refused(
            "unknown-module",
            f"the layers of torchvision's `{model}` are not known here",
            "model",
            f"known are {', '.join(RESNETS)}; or declare it under `modules:`",
        )
    parts = resnet_parts(b, *RESNETS[model])
    for part in parts[: len(parts) - truncate]:
        x = part(x)
    return x


def resnet_parts(b: Build, blocks: Sequence[int], wide: bool) -> list[Callable[[Handle], Handle]]:
    """conv1, bn1, relu, maxpool, four stages, avgpool, fc."""
    parts: list[Callable[[Handle], Handle]] = [
        lambda x: b.layer(
            "Conv2d", x, "m.0", in_channels=3, out_channels=64, kernel_size=7, stride=2, padding=3, bias=False
        ),
        lambda x: b.layer("BatchNorm2d", x, "m.1", num_features=64),
        lambda x: b.layer("ReLU", x, "m.2", inplace=True),
        lambda x: b.layer("MaxPool2d", x, "m.3", kernel_size=3, stride=2, padding=1),
    ]
    c1 = 64
    for stage, count in enumerate(blocks):
        parts.append(partial(resnet_stage, b, f"m.{4 + stage}", count, c1, 64 << stage, 2 if stage else 1, wide))
        c1 = (64 << stage) * (4 if wide else 1)
    parts.append(lambda x: b.layer("AdaptiveAvgPool2d", x, "m.8", output_size=1))
    parts.append(lambda x: b.layer("Linear", b.layer("flatten", x), "m.9", in_features=c1, out_features=1000))
    return parts


def resnet_stage(b: Build, name: str, n: int, c1: int, c2: int, s: int, wide: bool, x: Handle) -> Handle:
    for i in range(n):
        x = b.use(f"{name}.{i}", residual, x, c1, c2, s if i == 0 else 1, wide)
        c1 = c2 * 4 if wide else c2
    return x


def residual(b: Build, x: Handle, c1: int, c2: int, s: int, wide: bool) -> Handle:
    """torchvision's BasicBlock, or its Bottleneck."""
    c3 = 4 * c2 if wide else c2
    plan = [(c1, c2, 1, 1), (c2, c2, 3, s), (c2, c3, 1, 1)] if wide else [(c1, c2, 3, s), (c2, c2, 3, 1)]
    y = x
    for i, (a, o, k, step) in enumerate(plan, 1):
        y = normed(b, y, f"conv{i}", f"bn{i}", a, o, k, step)
        if i < len(plan):
            y = b.layer("ReLU", y, inplace=True)
    if s != 1 or c1 != c3:
        x = normed(b, x, "downsample.0", "downsample.1", c1, c3, 1, s)
    return b.layer("ReLU", b.layer("add", [y, x]), inplace=True)


def normed(b: Build, x: Handle, conv: str, norm: str, c1: int, c2: int, k: int, s: int) -> Handle:
    """A convolution without bias and its batch norm, under names of their own."""
    x = b.layer("Conv2d", x, conv, in_channels=c1, out_channels=c2, kernel_size=k, stride=s, padding=k // 2, bias=False)
    return b.layer("BatchNorm2d", x, norm, num_features=c2)


def index(b: Build, x: Handle, index: int = 0) -> Handle:
    """One of several outputs."""
    return b.layer("Identity", x if index == 0 else f"input.{index}")


MODULES: dict[str, Callable[..., Any]] = {
    "HGStem": hgstem,
    "HGBlock": hgblock,
    "ResNetBlock": resnetblock,
    "ResNetLayer": resnetlayer,
    "CBLinear": cblinear,
    "CBFuse": cbfuse,
    "Classify": classify,
    "TorchVision": torchvision,
    "Index": index,
}
named(MODULES)
