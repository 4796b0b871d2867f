"""Modules of the YOLOv5 and YOLOv7 repositories that later ones do not have, or have otherwise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named
from shapecalc.dialects.yolo.modules.conv import activated, conv, plain, summed
from shapecalc.dialects.yolo.modules.csp import bottleneck, pool


def narrow_bottleneck(
    b: Build, x: Handle, c1: int, c2: int, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """YOLOv5's bottleneck: a 1x1 and a 3x3 Conv."""
    return bottleneck(b, x, c1, c2, shortcut, g, (1, 3), e)


def bottleneckcsp(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """CSPNet's block around 1x1 and 3x3 bottlenecks."""
    h = int(c2 * e)
    y = b.repeat("m", n, narrow_bottleneck, b.use("cv1", conv, x, c1, h, 1, 1), h, h, shortcut, g, e=1.0)
    y = b.layer("cat", [plain(b, y, "cv3", h, h, bias=False), plain(b, x, "cv2", c1, h, bias=False)], dim=1)
    y = b.layer("SiLU", b.layer("BatchNorm2d", y, "bn", num_features=2 * h), "act")
    return b.use("cv4", conv, y, 2 * h, c2, 1, 1)


def crossconv(
    b: Build, x: Handle, c1: int, c2: int, k: int = 3, s: int = 1, g: int = 1, e: float = 1.0, shortcut: bool = False
) -> Handle:
    """A 1xk and a kx1 Conv."""
    h = int(c2 * e)
    y = b.use("cv2", conv, b.use("cv1", conv, x, c1, h, (1, k), (1, s)), h, c2, (k, 1), (s, 1), g=g)
    return b.layer("add", [x, y]) if shortcut and c1 == c2 else y


def c3spp(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    k: Sequence[int] = (5, 9, 13),
    n: int = 1,
    shortcut: bool = True,
    g: int = 1,
    e: float = 0.5,
) -> Handle:
    """C3 around a pyramid of pools."""
    from shapecalc.dialects.yolo.modules.csp import crossed, spp

    return crossed(b, x, c1, c2, n, e, lambda y, h: b.use("m", spp, y, h, h, k))


def contract(b: Build, x: Handle, gain: int = 2) -> Handle:
    """Space to depth: (N, C, H, W) -> (N, C*gain^2, H/gain, W/gain)."""
    return b.layer("PixelUnshuffle", x, downscale_factor=gain)


def expand(b: Build, x: Handle, gain: int = 2) -> Handle:
    """Depth to space: (N, C, H, W) -> (N, C/gain^2, H*gain, W*gain)."""
    return b.layer("PixelShuffle", x, upscale_factor=gain)


# Heads. --------------------------------------------------------------------------------------------------------------


def anchor_count(anchors: Any) -> int:
    """Anchors for each level: a number, or half of the numbers of a level."""
    if isinstance(anchors, int) and not isinstance(anchors, bool) and anchors > 0:
        return anchors
    if isinstance(anchors, list) and anchors and isinstance(anchors[0], list) and len(anchors[0]) >= 2:
        return len(anchors[0]) // 2
    raise Refused("invalid-argument", "anchors are lists with two numbers for each anchor, or their number", "anchors")


def maps(b: Build, xs: Handles, ch: tuple[int, ...], out: int) -> list[Handle]:
    return [
        b.layer("Conv2d", x, f"m.{i}", in_channels=c, out_channels=out, kernel_size=1)
        for i, (x, c) in enumerate(zip(xs, ch, strict=True))
    ]


def places(b: Build, parts: Sequence[Handle], na: int, no: int) -> Handle:
    """The maps as one list of boxes: (N, anchors*places, outputs)."""
    found = []
    for part in parts:
        y = b.layer("unflatten", b.layer("flatten", part, start_dim=2), dim=1, unflattened_size=[na, no])
        y = b.layer("sigmoid", b.layer("transpose", y, dim0=2, dim1=3))
        found.append(b.layer("flatten", y, start_dim=1, end_dim=2))
    return b.layer("cat", found, dim=1)


def detect(b: Build, xs: Handles, nc: int, anchors: Any, ch: tuple[int, ...] = ()) -> Handle:
    """Boxes, confidence and classes of every anchor: (N, anchors*places, nc + 5)."""
    na, no = anchor_count(anchors), nc + 5
    return places(b, maps(b, xs, ch, na * no), na, no)


def segment(
    b: Build, xs: Handles, nc: int, anchors: Any, nm: int = 32, npr: int = 256, ch: tuple[int, ...] = ()
) -> Handles:
    """Detect with mask coefficients, and the mask prototypes at twice the finest size."""
    na, no = anchor_count(anchors), 5 + nc + nm
    y = b.use("proto.cv1", conv, xs[0], ch[0], npr, 3)
    y = b.use("proto.cv2", conv, b.layer("Upsample", y, scale_factor=2, mode="nearest"), npr, npr, 3)
    y = b.use("proto.cv3", conv, y, npr, nm)
    return places(b, maps(b, xs, ch, na * no), na, no), y


def idetect(b: Build, xs: Handles, nc: int, anchors: Any, ch: tuple[int, ...] = ()) -> Handle:
    """Detect with a learned vector added before and one multiplied after each map (YOLOR)."""
    na, no = anchor_count(anchors), nc + 5
    return places(b, implicit_maps(b, xs, ch, na * no), na, no)


def implicit_maps(b: Build, xs: Handles, ch: tuple[int, ...], out: int) -> list[Handle]:
    found = []
    for i, (x, c) in enumerate(zip(xs, ch, strict=True)):
        x = b.layer("add", [x, b.tensor(f"ia.{i}.implicit", 1, c, 1, 1)])
        y = b.layer("Conv2d", x, f"m.{i}", in_channels=c, out_channels=out, kernel_size=1)
        found.append(b.layer("mul", [y, b.tensor(f"im.{i}.implicit", 1, out, 1, 1)]))
    return found


def iauxdetect(b: Build, xs: Handles, nc: int, anchors: Any, ch: tuple[int, ...] = ()) -> Handle:
    """IDetect on the first half of the rows; the second half gives auxiliary maps, which serve training."""
    na, no = anchor_count(anchors), nc + 5
    half = len(ch) // 2
    for i, c in enumerate(ch[half:]):
        b.idle(f"m2.{i}", "Conv2d", in_channels=c, out_channels=na * no, kernel_size=1)
    return places(b, implicit_maps(b, xs[:half], ch[:half], na * no), na, no)


# YOLOv7. -------------------------------------------------------------------------------------------------------------


def mp(b: Build, x: Handle, k: int = 2) -> Handle:
    """Max pool with kernel and stride k."""
    return b.layer("MaxPool2d", x, "m", kernel_size=k, stride=k)


def sp(b: Build, x: Handle, k: int = 3, s: int = 1) -> Handle:
    """Max pool that keeps the size."""
    return b.layer("MaxPool2d", x, "m", kernel_size=k, stride=s, padding=k // 2)


def reorg(b: Build, x: Handle) -> Handle:
    """Space to depth by 2."""
    return b.layer("PixelUnshuffle", x, downscale_factor=2)


def shortcut(b: Build, xs: Handles, dimension: int = 0) -> Handle:
    """The sum of two rows."""
    return summed(b, xs)


def chuncat(b: Build, xs: Handles, dimension: int = 1) -> Handle:
    """First halves of all rows, then second halves, joined."""
    cuts = [b.layer("chunk", x, chunks=2, dim=dimension) for x in xs]
    return b.layer("cat", [f"{cut}.{k}" for k in (0, 1) for cut in cuts], dim=dimension)


def foldcut(b: Build, x: Handle, dimension: int = 0) -> Handle:
    """The sum of the two halves of the channels."""
    cut = b.layer("chunk", x, chunks=2, dim=1)
    return b.layer("add", [f"{cut}.0", f"{cut}.1"])


def repconv(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    k: int = 3,
    s: int = 1,
    p: int | None = None,
    g: int = 1,
    act: Any = True,
    deploy: bool = False,
) -> Handle:
    """3x3 and 1x1 convolutions and, where shapes allow it, the input, each normed, summed (RepVGG)."""
    parts = []
    for name, kernel in (("rbr_dense", 3), ("rbr_1x1", 1)):
        y = b.layer(
            "Conv2d",
            x,
            f"{name}.0",
            in_channels=c1,
            out_channels=c2,
            kernel_size=kernel,
            stride=s,
            padding=kernel // 2,
            groups=g,
            bias=False,
        )
        parts.append(b.layer("BatchNorm2d", y, f"{name}.1", num_features=c2))
    if c1 == c2 and s == 1:
        parts.append(b.layer("BatchNorm2d", x, "rbr_identity", num_features=c1))
    return activated(b, summed(b, parts), act)


def downc(b: Build, x: Handle, c1: int, c2: int, n: int = 1, k: int = 2) -> Handle:
    """Half by Convs, half by a max pool and a Conv, joined at a stride of k."""
    y = b.use("cv2", conv, b.use("cv1", conv, x, c1, c1, 1, 1), c1, c2 // 2, 3, k)
    z = b.use("cv3", conv, b.layer("MaxPool2d", x, "mp", kernel_size=k, stride=k), c1, c2 // 2, 1, 1)
    return b.layer("cat", [y, z], dim=1)


def stem(b: Build, x: Handle, c1: int, c2: int, k: int = 1, s: int = 1, p: int | None = None, g: int = 1) -> Handle:
    """Two ways to a stride of 4, joined."""
    h = c2 // 2
    x = b.use("cv1", conv, x, c1, h, 3, 2)
    y = b.use("cv3", conv, b.use("cv2", conv, x, h, h, 1, 1), h, h, 3, 2)
    y = b.layer("cat", [y, b.layer("MaxPool2d", x, "pool", kernel_size=2, stride=2)], dim=1)
    return b.use("cv4", conv, y, 2 * h, c2, 1, 1)


def sppcspc(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    shortcut: bool = False,
    g: int = 1,
    e: float = 0.5,
    k: Sequence[int] = (5, 9, 13),
) -> Handle:
    """A pyramid of pools on one of two ways."""
    h = int(2 * c2 * e)
    y = b.use("cv3", conv, b.use("cv1", conv, x, c1, h, 1, 1), h, h, 3, 1)
    y = b.use("cv4", conv, y, h, h, 1, 1)
    y = b.layer("cat", [y, *(pool(b, y, size, f"m.{i}") for i, size in enumerate(k))], dim=1)
    y = b.use("cv6", conv, b.use("cv5", conv, y, 4 * h, h, 1, 1), h, h, 3, 1)
    y = b.layer("cat", [y, b.use("cv2", conv, x, c1, h, 1, 1)], dim=1)
    return b.use("cv7", conv, y, 2 * h, c2, 1, 1)


Inner = Callable[..., Any]


def res(b: Build, x: Handle, c1: int, c2: int, shortcut: bool = True, g: int = 1, e: float = 0.5) -> Handle:
    """A 1x1, a 3x3 and a 1x1 Conv, added to the input."""
    h = int(c2 * e)
    y = b.use("cv2", conv, b.use("cv1", conv, x, c1, h, 1, 1), h, h, 3, 1, g=g)
    y = b.use("cv3", conv, y, h, c2, 1, 1)
    return b.layer("add", [x, y]) if shortcut and c1 == c2 else y


def resx(b: Build, x: Handle, c1: int, c2: int, shortcut: bool = True, g: int = 32, e: float = 0.5) -> Handle:
    """`res` with 32 groups (ResNeXt)."""
    return res(b, x, c1, c2, shortcut, g, e)


def cspa(
    inner: Inner, e_inner: float, b: Build, x: Handle, c1: int, c2: int, n: int, shortcut: bool, g: int, e: float
) -> Handle:
    """Two 1x1 Convs side by side, the blocks after the first, joined by a third."""
    h = int(c2 * e)
    y = b.repeat("m", n, inner, b.use("cv1", conv, x, c1, h, 1, 1), h, h, shortcut, g, e=e_inner)
    return b.use("cv3", conv, b.layer("cat", [y, b.use("cv2", conv, x, c1, h, 1, 1)], dim=1), 2 * h, c2, 1, 1)


def cspb(
    inner: Inner, e_inner: float, b: Build, x: Handle, c1: int, c2: int, n: int, shortcut: bool, g: int, e: float
) -> Handle:
    """One 1x1 Conv before both ways."""
    h = int(c2)
    x = b.use("cv1", conv, x, c1, h, 1, 1)
    y = b.repeat("m", n, inner, x, h, h, shortcut, g, e=e_inner)
    return b.use("cv3", conv, b.layer("cat", [y, b.use("cv2", conv, x, h, h, 1, 1)], dim=1), 2 * h, c2, 1, 1)


def cspc(
    inner: Inner, e_inner: float, b: Build, x: Handle, c1: int, c2: int, n: int, shortcut: bool, g: int, e: float
) -> Handle:
    """A fourth 1x1 Conv after the blocks."""
    h = int(c2 * e)
    y = b.repeat("m", n, inner, b.use("cv1", conv, x, c1, h, 1, 1), h, h, shortcut, g, e=e_inner)
    y = b.use("cv3", conv, y, h, h, 1, 1)
    return b.use("cv4", conv, b.layer("cat", [y, b.use("cv2", conv, x, c1, h, 1, 1)], dim=1), 2 * h, c2, 1, 1)


def csp(way: Callable[..., Handle], inner: Inner, e_inner: float, groups: int = 1) -> Compose:
    """A cross-stage block: one of three ways to join, around one of three bottlenecks."""

    def compose(
        b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = groups, e: float = 0.5
    ) -> Handle:
        return way(inner, e_inner, b, x, c1, c2, n, shortcut, g, e)

    compose.__doc__ = f"A cross-stage block: {way.__doc__} Its n blocks: {inner.__doc__}"
    return compose


Compose = Callable[..., Any]

MODULES: dict[str, Compose] = {
    "yolov5:Bottleneck": narrow_bottleneck,
    "yolov5:BottleneckCSP": bottleneckcsp,
    "yolov5:Detect": detect,
    "yolov5:Segment": segment,
    "yolov5:RepConv": repconv,
    "CrossConv": crossconv,
    "C3SPP": c3spp,
    "Contract": contract,
    "Expand": expand,
    "IDetect": idetect,
    "IAuxDetect": iauxdetect,
    "MP": mp,
    "SP": sp,
    "ReOrg": reorg,
    "Shortcut": shortcut,
    "Chuncat": chuncat,
    "Foldcut": foldcut,
    "DownC": downc,
    "Stem": stem,
    "SPPCSPC": sppcspc,
    "Res": res,
    "ResX": resx,
    "BottleneckCSPA": csp(cspa, narrow_bottleneck, 1.0),
    "BottleneckCSPB": csp(cspb, narrow_bottleneck, 1.0),
    "BottleneckCSPC": csp(cspc, narrow_bottleneck, 1.0),
    "ResCSPA": csp(cspa, res, 0.5),
    "ResCSPB": csp(cspb, res, 0.5),
    "ResCSPC": csp(cspc, res, 0.5),
    "ResXCSPA": csp(cspa, resx, 1.0, 32),
    "ResXCSPB": csp(cspb, resx, 1.0, 32),
    "ResXCSPC": csp(cspc, resx, 1.0, 32),
}
named(MODULES)
for _key in list(MODULES):
    MODULES[_key].__dict__["module"] = _key.rpartition(":")[2]
