"""Bottlenecks and the cross-stage blocks built of them: C1 to C3k2, GELAN, CIB, pyramid pooling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Refused, named
from shapecalc.dialects.yolo.modules.conv import Kernel, activated, conv, dwconv, ghostconv, plain, repconv


def bottleneck(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    shortcut: bool = True,
    g: int = 1,
    k: Sequence[Kernel] = (3, 3),
    e: float = 0.5,
) -> Handle:
    """Two Convs, added to the input where `shortcut` asks for it and the channels allow it (ResNet)."""
    h = int(c2 * e)
    y = b.use("cv2", conv, b.use("cv1", conv, x, c1, h, k[0], 1), h, c2, k[1], 1, g=g)
    return b.layer("add", [x, y]) if shortcut and c1 == c2 else y


def bottleneckcsp(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """Cross-stage partial block with plain convolutions on both ways (CSPNet)."""
    h = int(c2 * e)
    y = b.use("cv1", conv, x, c1, h, 1, 1)
    y = plain(b, b.repeat("m", n, bottleneck, y, h, h, shortcut, g, e=1.0), "cv3", h, h, bias=False)
    y = b.layer("cat", [y, plain(b, x, "cv2", c1, h, bias=False)], dim=1)
    y = b.layer("SiLU", b.layer("BatchNorm2d", y, "bn", num_features=2 * h), "act", inplace=True)
    return b.use("cv4", conv, y, 2 * h, c2, 1, 1)


def ghostbottleneck(b: Build, x: Handle, c1: int, c2: int, k: int = 3, s: int = 1) -> Handle:
    """Two ghost convolutions, a depthwise stride between them, added to the input (GhostNet)."""
    h = c2 // 2
    if s == 1 and c1 != c2:
        raise Refused(
            "channel-mismatch",
            f"GhostBottleneck at stride 1 adds its input: {c1} and {c2} channels differ",
            "c2",
            f"write {c1} output channels, or stride 2",
        )
    y = b.use("conv.0", ghostconv, x, c1, h, 1, 1)
    if s == 2:
        y = b.use("conv.1", dwconv, y, h, h, k, s, act=False)
    y = b.use("conv.2", ghostconv, y, h, c2, 1, 1, act=False)
    if s == 2:
        x = b.use("shortcut.0", dwconv, x, c1, c1, k, s, act=False)
        x = b.use("shortcut.1", conv, x, c1, c2, 1, 1, act=False)
    return b.layer("add", [y, x])


def c1(b: Build, x: Handle, c1: int, c2: int, n: int = 1) -> Handle:
    """A 1x1 Conv, then n 3x3 ones beside the identity."""
    y = b.use("cv1", conv, x, c1, c2, 1, 1)
    return b.layer("add", [b.repeat("m", n, conv, y, c2, c2, 3), y])


def halves(b: Build, x: Handle, c1: int, c2: int, h: int, inner: Callable[[Handle], Handle]) -> Handle:
    """1x1 Conv to two halves, one of which goes through `inner`; both joined by a 1x1 Conv."""
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, 2 * h, 1, 1), chunks=2, dim=1)
    y = b.layer("cat", [inner(f"{cut}.0"), f"{cut}.1"], dim=1)
    return b.use("cv2", conv, y, 2 * h, c2, 1)


def c2(b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> Handle:
    """Half of the channels through n bottlenecks."""
    h = int(c2 * e)
    return halves(b, x, c1, c2, h, lambda y: b.repeat("m", n, bottleneck, y, h, h, shortcut, g, e=1.0))


def gathered(b: Build, x: Handle, c1: int, c2: int, h: int, n: int, inner: Callable[[int, Handle], Handle]) -> Handle:
    """1x1 Conv to two halves, n blocks one after another on the second, and every output joined (C2f)."""
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, 2 * h, 1, 1), chunks=2, dim=1)
    parts = [f"{cut}.0", f"{cut}.1"]
    for i in range(n):
        parts.append(inner(i, parts[-1]))
    return b.use("cv2", conv, b.layer("cat", parts, dim=1), (2 + n) * h, c2, 1)


def c2f(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = False, g: int = 1, e: float = 0.5
) -> Handle:
    """Two halves, n bottlenecks, all of it joined (YOLOv8)."""
    h = int(c2 * e)
    return gathered(b, x, c1, c2, h, n, lambda i, y: b.use(f"m.{i}", bottleneck, y, h, h, shortcut, g, k=(3, 3), e=1.0))


def crossed(b: Build, x: Handle, c1: int, c2: int, n: int, e: float, inner: Callable[[Handle, int], Handle]) -> Handle:
    """Two 1x1 Convs side by side, one followed by `inner`, joined by a third (C3)."""
    h = int(c2 * e)
    left = inner(b.use("cv1", conv, x, c1, h, 1, 1), h)
    y = b.layer("cat", [left, b.use("cv2", conv, x, c1, h, 1, 1)], dim=1)
    return b.use("cv3", conv, y, 2 * h, c2, 1)


def c3(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    shortcut: bool = True,
    g: int = 1,
    e: float = 0.5,
    k: Sequence[Kernel] = (1, 3),
) -> Handle:
    """Cross-stage partial block with three Convs and n bottlenecks (YOLOv5)."""
    return crossed(b, x, c1, c2, n, e, lambda y, h: b.repeat("m", n, bottleneck, y, h, h, shortcut, g, k=k, e=1.0))


def c3x(b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5) -> Handle:
    """C3 with 1x3 and 3x1 kernels."""
    return c3(b, x, c1, c2, n, shortcut, g, e, k=((1, 3), (3, 1)))


def c3k(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5, k: int = 3
) -> Handle:
    """C3 with square kernels of one size."""
    return c3(b, x, c1, c2, n, shortcut, g, e, k=(k, k))


def c3ghost(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """C3 with ghost bottlenecks."""
    return crossed(b, x, c1, c2, n, e, lambda y, h: b.repeat("m", n, ghostbottleneck, y, h, h))


def c3k2(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    c3k_: bool = False,
    e: float = 0.5,
    attn: bool = False,
    g: int = 1,
    shortcut: bool = True,
) -> Handle:
    """C2f with C3k blocks, or with attention, in the place of bottlenecks (YOLO11)."""
    h = int(c2 * e)

    def inner(i: int, y: Handle) -> Handle:
        if attn:
            from shapecalc.dialects.yolo.modules.attention import psablock

            y = b.use(f"m.{i}.0", bottleneck, y, h, h, shortcut, g)
            return b.use(f"m.{i}.1", psablock, y, h, heads=max(h // 64, 1))
        if c3k_:
            return b.use(f"m.{i}", c3k, y, h, h, 2, shortcut, g)
        return b.use(f"m.{i}", bottleneck, y, h, h, shortcut, g)

    return gathered(b, x, c1, c2, h, n, inner)


def repc3(b: Build, x: Handle, c1: int, c2: int, n: int = 3, e: float = 1.0) -> Handle:
    """Two 1x1 Convs, n re-parameterised ones on the first; the sum (RT-DETR)."""
    h = int(c2 * e)
    left = b.repeat("m", n, repconv, b.use("cv1", conv, x, c1, h, 1, 1), h, h)
    y = b.layer("add", [left, b.use("cv2", conv, x, c1, h, 1, 1)])
    return b.use("cv3", conv, y, h, c2, 1, 1) if h != c2 else y


# GELAN (YOLOv9). -----------------------------------------------------------------------------------------------------


def repbottleneck(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    shortcut: bool = True,
    g: int = 1,
    k: Sequence[Kernel] = (3, 3),
    e: float = 0.5,
) -> Handle:
    """A bottleneck that begins with a re-parameterised convolution."""
    h = int(c2 * e)
    y = b.use("cv2", conv, b.use("cv1", repconv, x, c1, h, 3, 1), h, c2, k[1], 1, g=g)
    return b.layer("add", [x, y]) if shortcut and c1 == c2 else y


def repcsp(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """C3 with re-parameterised bottlenecks."""
    return crossed(b, x, c1, c2, n, e, lambda y, h: b.repeat("m", n, repbottleneck, y, h, h, shortcut, g, e=1.0))


def elan(
    b: Build, x: Handle, c1: int, c2: int, c3: int, c4: int, inner: Callable[[str, Handle, int], Handle]
) -> Handle:
    """Two halves, two stages one after the other on the second, everything joined by a 1x1 Conv."""
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, c3, 1, 1), chunks=2, dim=1)
    first = inner("cv2", f"{cut}.1", c3 // 2)
    second = inner("cv3", first, c4)
    y = b.layer("cat", [f"{cut}.0", f"{cut}.1", first, second], dim=1)
    return b.use("cv4", conv, y, c3 + 2 * c4, c2, 1, 1)


def repncspelan4(b: Build, x: Handle, c1: int, c2: int, c3: int, c4: int, n: int = 1) -> Handle:
    """ELAN with cross-stage stages of re-parameterised bottlenecks (GELAN)."""

    def stage(name: str, y: Handle, c: int) -> Handle:
        return b.use(f"{name}.1", conv, b.use(f"{name}.0", repcsp, y, c, c4, n), c4, c4, 3, 1)

    return elan(b, x, c1, c2, c3, c4, stage)


def elan1(b: Build, x: Handle, c1: int, c2: int, c3: int, c4: int) -> Handle:
    """ELAN with one 3x3 Conv for each stage."""
    return elan(b, x, c1, c2, c3, c4, lambda name, y, c: b.use(name, conv, y, c, c4, 3, 1))


def sppelan(b: Build, x: Handle, c1: int, c2: int, c3: int, k: int = 5) -> Handle:
    """1x1 Conv, three max pools one after another, everything joined."""
    parts = [b.use("cv1", conv, x, c1, c3, 1, 1)]
    for name in ("cv2", "cv3", "cv4"):
        parts.append(pool(b, parts[-1], k, name))
    return b.use("cv5", conv, b.layer("cat", parts, dim=1), 4 * c3, c2, 1, 1)


def pool(b: Build, x: Handle, k: int, name: str | None = None) -> Handle:
    """Max pool at stride 1; odd kernels keep the size."""
    return b.layer("MaxPool2d", x, name, kernel_size=k, stride=1, padding=k // 2)


def spp(b: Build, x: Handle, c1: int, c2: int, k: Sequence[int] = (5, 9, 13)) -> Handle:
    """1x1 Conv, max pools of several sizes side by side, everything joined (SPPNet)."""
    h = c1 // 2
    y = b.use("cv1", conv, x, c1, h, 1, 1)
    parts = [y, *(pool(b, y, size, f"m.{i}") for i, size in enumerate(k))]
    return b.use("cv2", conv, b.layer("cat", parts, dim=1), h * (len(k) + 1), c2, 1, 1)


def sppf(b: Build, x: Handle, c1: int, c2: int, k: int = 5, n: int = 3, shortcut: bool = False) -> Handle:
    """1x1 Conv, n max pools one after another, everything joined: SPP at less cost."""
    h = c1 // 2
    parts = [b.use("cv1", conv, x, c1, h, 1, 1, act=not shortcut)]
    for _ in range(n):
        parts.append(pool(b, parts[-1], k))
    y = b.use("cv2", conv, b.layer("cat", parts, dim=1), h * (n + 1), c2, 1, 1)
    return b.layer("add", [y, x]) if shortcut and c1 == c2 else y


# Compact inverted blocks (YOLOv10). ----------------------------------------------------------------------------------


def cib(b: Build, x: Handle, c1: int, c2: int, shortcut: bool = True, e: float = 0.5, lk: bool = False) -> Handle:
    """Depthwise and pointwise Convs in turn; `lk` takes a large kernel in the middle."""
    h = 2 * int(c2 * e)
    y = b.use("cv1.0", conv, x, c1, c1, 3, g=c1)
    y = b.use("cv1.1", conv, y, c1, h, 1)
    y = b.use("cv1.2", repvggdw, y, h) if lk else b.use("cv1.2", conv, y, h, h, 3, g=h)
    y = b.use("cv1.3", conv, y, h, c2, 1)
    y = b.use("cv1.4", conv, y, c2, c2, 3, g=c2)
    return b.layer("add", [x, y]) if shortcut and c1 == c2 else y


def repvggdw(b: Build, x: Handle, c: int) -> Handle:
    """Depthwise 7x7 and 3x3 side by side."""
    wide = b.use("conv", conv, x, c, c, 7, 1, 3, g=c, act=False)
    narrow = b.use("conv1", conv, x, c, c, 3, 1, 1, g=c, act=False)
    return activated(b, b.layer("add", [wide, narrow]), True)


def c2fcib(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    shortcut: bool = False,
    lk: bool = False,
    g: int = 1,
    e: float = 0.5,
) -> Handle:
    """C2f with compact inverted blocks."""
    h = int(c2 * e)
    return gathered(b, x, c1, c2, h, n, lambda i, y: b.use(f"m.{i}", cib, y, h, h, shortcut, e=1.0, lk=lk))


MODULES: dict[str, Callable[..., Any]] = {
    "Bottleneck": bottleneck,
    "BottleneckCSP": bottleneckcsp,
    "GhostBottleneck": ghostbottleneck,
    "C1": c1,
    "C2": c2,
    "C2f": c2f,
    "C3": c3,
    "C3x": c3x,
    "C3k": c3k,
    "C3Ghost": c3ghost,
    "C3k2": c3k2,
    "RepC3": repc3,
    "RepBottleneck": repbottleneck,
    "RepCSP": repcsp,
    "RepNCSPELAN4": repncspelan4,
    "ELAN1": elan1,
    "SPPELAN": sppelan,
    "SPP": spp,
    "SPPF": sppf,
    "CIB": cib,
    "RepVGGDW": repvggdw,
    "C2fCIB": c2fcib,
}
named(MODULES)
