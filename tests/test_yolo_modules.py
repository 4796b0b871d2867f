"""Parameters of the dialect's modules against closed formulas, and their output shapes."""

from __future__ import annotations

import pytest

import shapecalc
from shapecalc.dialects.yolo import modules

SIDE = 64


def conv(a: int, b: int, k: int | tuple[int, int] = 1, g: int = 1) -> int:
    """Convolution without bias and its batch norm."""
    h, w = k if isinstance(k, tuple) else (k, k)
    return a * b * h * w // g + 2 * b


def linear(i: int, o: int) -> int:
    return i * o + o


def bottleneck(a: int, b: int, k: tuple[object, object] = (3, 3), e: float = 0.5) -> int:
    h = int(b * e)
    return conv(a, h, k[0]) + conv(h, b, k[1])  # type: ignore[arg-type]


def attention(d: int, heads: int, ratio: float = 0.5) -> int:
    key = int(d // heads * ratio)
    return conv(d, d + 2 * key * heads) + conv(d, d) + conv(d, d, 3, d)


def psablock(c: int) -> int:
    return attention(c, max(c // 64, 1)) + conv(c, 2 * c) + conv(2 * c, c)


def mha(c: int) -> int:
    return 4 * c * c + 4 * c


def ghost(a: int, b: int, k: int = 1) -> int:
    return conv(a, b // 2, k) + conv(b // 2, b // 2, 5, b // 2)


def c3(a: int, b: int, n: int, inner: int) -> int:
    return 2 * conv(a, b // 2) + conv(b, b) + n * inner


def c2f(a: int, b: int, n: int, inner: int) -> int:
    return conv(a, b) + conv((2 + n) * (b // 2), b) + n * inner


def repcsp(a: int, b: int, n: int) -> int:
    h = b // 2
    return 2 * conv(a, h) + conv(2 * h, b) + n * (conv(h, h, 3) + conv(h, h) + conv(h, h, 3))


def ablock(d: int, ratio: float) -> int:
    h = int(d * ratio)
    return conv(d, 3 * d) + conv(d, d) + conv(d, d, 7, d) + conv(d, h) + conv(h, d)


def res(h: int) -> int:
    return conv(h, h // 2) + conv(h // 2, h // 2, 3) + conv(h // 2, h)


def resx(h: int) -> int:
    return conv(h, h) + conv(h, h, 3, 32) + conv(h, h)


C3K = c3(32, 32, 2, bottleneck(16, 16, e=1.0))

# module, input channels, repeats, arguments, parameters, output channels, stride
CASES = [
    ("Conv", 16, 1, "32, 3, 2", conv(16, 32, 3), 32, 2),
    ("Conv", 16, 1, "32, 3, 1, None, 4", conv(16, 32, 3, 4), 32, 1),
    ("DWConv", 16, 1, "32, 3, 2", conv(16, 32, 3, 16), 32, 2),
    ("GhostConv", 16, 1, "32, 3, 2", ghost(16, 32, 3), 32, 2),
    ("ConvTranspose", 16, 1, "32", 16 * 32 * 4 + 2 * 32, 32, 0.5),
    ("DWConvTranspose2d", 16, 1, "32, 2, 2", 16 * 32 * 4 // 16 + 32, 32, 0.5),
    ("nn.ConvTranspose2d", 16, 1, "32, 2, 2, 0", 16 * 32 * 4 + 32, 32, 0.5),
    ("Focus", 3, 1, "32, 3", conv(12, 32, 3), 32, 2),
    ("AConv", 16, 1, "32", conv(16, 32, 3), 32, 2),
    ("ADown", 16, 1, "32", conv(8, 16, 3) + conv(8, 16), 32, 2),
    ("SCDown", 16, 1, "32, 3, 2", conv(16, 32) + conv(32, 32, 3, 32), 32, 2),
    ("Conv2", 32, 1, "32, 32", conv(32, 32, 3) + 32 * 32, 32, 1),
    ("RepConv", 32, 1, "32, 32", conv(32, 32, 3) + conv(32, 32), 32, 1),
    ("Bottleneck", 32, 1, "64", bottleneck(32, 64), 64, 1),
    ("BottleneckCSP", 32, 2, "64", conv(32, 32) + 32 * 32 * 2 + conv(64, 64) + 4 * 32 + 2 * bottleneck(32, 32, e=1.0),
     64, 1),
    ("GhostBottleneck", 32, 1, "32", ghost(32, 16) + ghost(16, 32), 32, 1),
    ("GhostBottleneck", 32, 1, "64, 3, 2",
     ghost(32, 32) + ghost(32, 64) + conv(32, 32, 3, 32) + conv(32, 32, 3, 32) + conv(32, 64), 64, 2),
    ("C1", 32, 2, "64", conv(32, 64) + 2 * conv(64, 64, 3), 64, 1),
    ("C2", 32, 2, "64", conv(32, 64) + conv(64, 64) + 2 * bottleneck(32, 32, e=1.0), 64, 1),
    ("C2f", 32, 3, "64, true", c2f(32, 64, 3, bottleneck(32, 32, e=1.0)), 64, 1),
    ("C3", 32, 2, "64", c3(32, 64, 2, bottleneck(32, 32, (1, 3), 1.0)), 64, 1),
    ("C3x", 32, 2, "64", c3(32, 64, 2, bottleneck(32, 32, ((1, 3), (3, 1)), 1.0)), 64, 1),
    ("C3Ghost", 32, 2, "64", c3(32, 64, 2, ghost(32, 16) + ghost(16, 32)), 64, 1),
    ("C3TR", 32, 2, "64", c3(32, 64, 1, linear(32, 32)) + 2 * (3 * 32 * 32 + mha(32) + 2 * 32 * 32), 64, 1),
    ("C3k2", 32, 2, "64", c2f(32, 64, 2, bottleneck(32, 32)), 64, 1),
    ("C3k2", 32, 2, "64, true", c2f(32, 64, 2, C3K), 64, 1),
    ("C3k2", 32, 1, "64, true, 0.5, true", c2f(32, 64, 1, bottleneck(32, 32) + psablock(32)), 64, 1),
    ("RepC3", 32, 2, "64", 2 * conv(32, 64) + 2 * (conv(64, 64, 3) + conv(64, 64)), 64, 1),
    ("RepNCSPELAN4", 32, 1, "64, 48, 32, 2",
     conv(32, 48) + repcsp(24, 32, 2) + conv(32, 32, 3) + repcsp(32, 32, 2) + conv(32, 32, 3) + conv(112, 64), 64, 1),
    ("ELAN1", 32, 1, "64, 48, 32", conv(32, 48) + conv(24, 32, 3) + conv(32, 32, 3) + conv(112, 64), 64, 1),
    ("SPPELAN", 32, 1, "64, 32", conv(32, 32) + conv(128, 64), 64, 1),
    ("SPP", 32, 1, "64", conv(32, 16) + conv(64, 64), 64, 1),
    ("SPPF", 32, 1, "64, 5", conv(32, 16) + conv(64, 64), 64, 1),
    ("PSA", 128, 1, "128", conv(128, 128) + conv(128, 128) + psablock(64), 128, 1),
    ("C2PSA", 256, 2, "256", conv(256, 256) + conv(256, 256) + 2 * psablock(128), 256, 1),
    ("C2fPSA", 128, 2, "128", conv(128, 128) + conv(256, 128) + 2 * psablock(64), 128, 1),
    ("C2fCIB", 32, 1, "64, true, true",
     c2f(32, 64, 1, conv(32, 32, 3, 32) + conv(32, 64) + conv(64, 64, 7, 64) + conv(64, 64, 3, 64) + conv(64, 32)
         + conv(32, 32, 3, 32)), 64, 1),
    ("A2C2f", 64, 2, "128, true, 4", conv(64, 64) + conv(192, 128) + 2 * 2 * ablock(64, 2.0), 128, 1),
    ("A2C2f", 64, 1, "128, false, -1",
     conv(64, 64) + conv(128, 128) + c3(64, 64, 2, bottleneck(32, 32, e=1.0)), 128, 1),
    ("AIFI", 64, 1, "128, 8", mha(64) + linear(64, 128) + linear(128, 64) + 4 * 64, 64, 1),
    ("HGStem", 3, 1, "32, 48",
     conv(3, 32, 3) + conv(32, 16, 2) + conv(16, 32, 2) + conv(64, 32, 3) + conv(32, 48), 48, 4),
    ("HGBlock", 32, 2, "16, 64, 3", conv(32, 16, 3) + conv(16, 16, 3) + conv(64, 32) + conv(32, 64), 64, 1),
    ("ResNetLayer", 64, 1, "64, 32, 2, False, 2",
     conv(64, 32) + conv(32, 32, 3) + conv(32, 128) + conv(64, 128) + conv(128, 32) + conv(32, 32, 3) + conv(32, 128),
     128, 2),
    ("TorchVision", 3, 1, "512, resnet18, DEFAULT, True, 2", 11_176_512, 512, 32),
    ("TorchVision", 3, 1, "2048, resnet50, DEFAULT, True, 2", 23_508_032, 2048, 32),
    ("SE", 64, 1, "", 2 * 64 * 4, 64, 1),
    ("ECA", 64, 1, "", 3, 64, 1),
    ("CBAM", 64, 1, "", linear(64, 64) + 2 * 49, 64, 1),
    ("CoordAtt", 64, 1, "", linear(64, 8) + 2 * 8 + 2 * linear(8, 64), 64, 1),
    ("SimAM", 64, 1, "", 0, 64, 1),
    ("EMA", 64, 1, "", 2 * 8 + linear(8, 8) + 8 * 8 * 9 + 8, 64, 1),
    ("GSConv", 32, 1, "64, 3, 2", ghost(32, 64, 3), 64, 2),
    ("SPPCSPC", 32, 1, "64",
     2 * conv(32, 64) + 2 * conv(64, 64, 3) + conv(64, 64) + conv(256, 64) + conv(128, 64), 64, 1),
    ("MP", 32, 1, "", 0, 32, 2),
    ("SP", 32, 1, "5", 0, 32, 1),
    ("ReOrg", 3, 1, "", 0, 12, 2),
    ("Contract", 4, 1, "2", 0, 16, 2),
    ("Expand", 16, 1, "2", 0, 4, 0.5),
    ("Foldcut", 32, 1, "", 0, 16, 1),
    ("DownC", 32, 1, "64", conv(32, 32) + conv(32, 32, 3) + conv(32, 32), 64, 2),
    ("Stem", 3, 1, "32", conv(3, 16, 3) + conv(16, 16) + conv(16, 16, 3) + conv(32, 32), 32, 4),
    ("BottleneckCSPA", 32, 2, "64", c3(32, 64, 2, bottleneck(32, 32, (1, 3), 1.0)), 64, 1),
    ("BottleneckCSPB", 32, 2, "64",
     conv(32, 64) + conv(64, 64) + conv(128, 64) + 2 * bottleneck(64, 64, (1, 3), 1.0), 64, 1),
    ("BottleneckCSPC", 32, 2, "64",
     2 * conv(32, 32) + conv(32, 32) + conv(64, 64) + 2 * bottleneck(32, 32, (1, 3), 1.0), 64, 1),
    ("ResCSPA", 32, 2, "64", c3(32, 64, 2, res(32)), 64, 1),
    ("ResXCSPC", 32, 2, "128", 2 * conv(32, 64) + conv(64, 64) + conv(128, 128) + 2 * resx(64), 128, 1),
]  # fmt: skip


@pytest.mark.parametrize(("name", "c1", "n", "args", "params", "c2", "stride"), CASES)
def test_module(name: str, c1: int, n: int, args: str, params: int, c2: int, stride: float) -> None:
    """The row alone on an image with c1 channels."""
    text = f"nc: 80\nbackbone:\n  - [-1, {n}, {name}, [{args}]]\nhead: []\n"
    plan = shapecalc.plan(text=text, inputs={"input": (c1, SIDE, SIDE)}, batch=1)
    assert not [d for d in plan.diagnostics if d.severity != "note"]
    row = plan.layers[0]
    assert (row.name, row.kind, row.type) == ("0", "block", name)
    assert row.out_shapes == ((1, c2, SIDE / stride, SIDE / stride),)
    assert row.params == params == plan.totals["params"]


def test_every_composition_is_listed() -> None:
    """The table that says which file composes which module is complete, and says no more."""
    from importlib import import_module

    for file in sorted(set(modules.FILES.values())):
        found = set(import_module(f"shapecalc.dialects.yolo.modules.{file}").MODULES)
        assert found == {name for name, place in modules.FILES.items() if place == file}


HEADS = [
    ("Detect, [nc]", 2 * (conv(64, 64, 3) + conv(64, 64, 3) + linear(64, 64)) + 16
     + 2 * (conv(64, 80, 3) + conv(80, 80, 3) + linear(80, 80)), [(84, 320)]),
    ("OBB, [nc, 1]", None, [(85, 320)]),
    ("Pose, [nc, [17, 3]]", None, [(84 + 51, 320)]),
    ("Segment, [nc, 32, 64]", None, [(116, 320), (32, 32, 32)]),
    ("RTDETRDecoder, [nc]", None, [(300, 6)]),
]  # fmt: skip


@pytest.mark.parametrize(("head", "params", "outputs"), HEADS, ids=[h[0].partition(",")[0] for h in HEADS])
def test_head(head: str, params: int | None, outputs: list[tuple[int, ...]]) -> None:
    """Heads on two levels of 16x16 and 8x8 places."""
    text = (
        "nc: 80\nbackbone:\n  - [-1, 1, Conv, [64, 3, 4]]\n  - [-1, 1, Conv, [64, 3, 2]]\n"
        f"head:\n  - [[0, 1], 1, {head}]\n"
    )
    plan = shapecalc.plan(text=text, inputs={"input": (3, SIDE, SIDE)}, batch=1)
    assert plan.ok
    row = next(row for row in plan.layers if row.name == "2")
    assert [shape[1:] for shape in row.out_shapes if shape is not None] == outputs
    assert params is None or row.params == params


def test_old_detect() -> None:
    """The head of YOLOv5: one convolution for each level."""
    text = (
        "nc: 4\nanchors: 3\ndepth_multiple: 1.0\nwidth_multiple: 1.0\nbackbone:\n  [[-1, 1, Conv, [64, 3, 2]],\n"
        "   [-1, 1, Conv, [64, 3, 2]]]\nhead:\n  [[[0, 1], 1, Detect, [nc, anchors]]]\n"
    )
    plan = shapecalc.plan(text=text, inputs={"input": (3, SIDE, SIDE)}, batch=1)
    assert plan.ok and plan.network.dialect.name == "yolov5"
    row = next(row for row in plan.layers if row.name == "2")
    assert row.params == 2 * linear(64, 3 * 9)
    assert row.out_shapes == ((1, 3 * (32 * 32 + 16 * 16), 9),)


@pytest.mark.parametrize("name", sorted({name.rpartition(":")[2] for name in modules.FILES}))
def test_every_module_is_explained(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    from shapecalc.cli import main

    assert main(["explain", name]) == 0
    out = capsys.readouterr().out
    if "a module of YOLO model files" in out:  # else it is a layer type, too
        assert out.startswith(name) and "arguments" in out and len(out.splitlines()[1].strip()) > 15
