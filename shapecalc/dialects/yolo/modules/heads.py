"""Heads that decode boxes: Detect and what is built on it. Shapes are those of evaluation: (N, 4 + nc + extra, A) for
A places on all levels together.

Of a head with two copies of its towers (`end2end`) both run; the prediction shown is the first copy's. Weights that
evaluation leaves alone (prompt encoders, denoising) count as parameters and cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named
from shapecalc.dialects.yolo.modules.conv import conv, dwconv

Channels = tuple[int, ...]
Tower = Callable[[Build, str, Handle, int], Handle]


# Towers: one small network for each level. ---------------------------------------------------------------------------


def tower(b: Build, name: str, x: Handle, c1: int, c: int, out: int) -> Handle:
    """Two 3x3 Convs and a plain 1x1 convolution."""
    x = b.use(f"{name}.1", conv, b.use(f"{name}.0", conv, x, c1, c, 3), c, c, 3)
    return b.layer("Conv2d", x, f"{name}.2", in_channels=c, out_channels=out, kernel_size=1)


def lighttower(b: Build, name: str, x: Handle, c1: int, c: int, out: int) -> Handle:
    """Depthwise 3x3 and 1x1 Convs in turn, and a plain 1x1 convolution (YOLOv10)."""
    x = b.use(f"{name}.0.1", conv, b.use(f"{name}.0.0", dwconv, x, c1, c1, 3), c1, c, 1)
    x = b.use(f"{name}.1.1", conv, b.use(f"{name}.1.0", dwconv, x, c, c, 3), c, c, 1)
    return b.layer("Conv2d", x, f"{name}.2", in_channels=c, out_channels=out, kernel_size=1)


def widths(ch: Channels, nc: int, reg_max: int) -> tuple[int, int]:
    """Inner channels of the box towers and of the class towers."""
    return max(16, ch[0] // 4, reg_max * 4), max(ch[0], min(nc, 100))


def levels(b: Build, parts: Sequence[Handle]) -> Handle:
    """The places of all levels in one row: (N, C, A)."""
    flat = [b.layer("flatten", part, start_dim=2) for part in parts]
    return b.layer("cat", flat, dim=2)


def towers(b: Build, name: str, xs: Handles, ch: Channels, c: int, out: int, make: Any = tower) -> Handle:
    """One tower for each level, their outputs in one row."""
    return levels(b, [make(b, f"{name}.{i}", x, c1, c, out) for i, (x, c1) in enumerate(zip(xs, ch, strict=True))])


# Boxes. --------------------------------------------------------------------------------------------------------------


def dfl(b: Build, x: Handle, c1: int) -> Handle:
    """The mean of each side's distribution over c1 bins: (N, 4*c1, A) -> (N, 4, A) (generalised focal loss)."""
    x = b.layer("transpose", b.layer("unflatten", x, dim=1, unflattened_size=[4, c1]), dim0=1, dim1=2)
    x = b.layer("softmax", x, dim=1)
    weigh = b.site.shared.layer("Conv2d", {"in_channels": c1, "out_channels": 1, "kernel_size": 1, "bias": False})
    return b.layer("squeeze", b.step(weigh, x, "conv", frozen=True), dim=1)


def boxes(b: Build, x: Handle, reg_max: int) -> Handle:
    """Distances to the four sides -> boxes in pixels."""
    if reg_max > 1:
        x = b.use("dfl", dfl, x, reg_max)
    return b.layer("mul", x, other=8.0)


def decoded(b: Build, box: Handle, scores: Handle, extra: Sequence[Handle], reg_max: int) -> Handle:
    """Boxes, class probabilities and what the head adds, in one tensor."""
    return b.layer("cat", [boxes(b, box, reg_max), b.layer("sigmoid", scores), *extra], dim=1)


class Copies:
    """The towers of a head, written once and built once or twice (`end2end`). A row of them gives its name."""

    def __init__(self, end2end: bool) -> None:
        self.prefixes = ("", "one2one_") if end2end else ("",)

    def __call__(self, build: Callable[[str], Handle]) -> Handle:
        copies = [build(prefix) for prefix in self.prefixes]
        return copies[0]


def detect(
    b: Build, xs: Handles, nc: int, reg_max: int = 16, end2end: bool = False, ch: Channels = (), legacy: bool = False
) -> Handle:
    """Boxes and classes of each place: (N, 4 + nc, A)."""
    return decoded(b, *box_and_class(b, xs, nc, reg_max, end2end, ch, legacy), [], reg_max)


def box_and_class(
    b: Build, xs: Handles, nc: int, reg_max: int, end2end: bool, ch: Channels, legacy: bool, classes: int | None = None
) -> tuple[Handle, Handle]:
    """Raw boxes (N, 4*reg_max, A) and scores (N, nc, A)."""
    c2, c3 = widths(ch, nc, reg_max)
    copies = Copies(end2end)
    box = copies(lambda p: towers(b, f"{p}cv2", xs, ch, c2, 4 * reg_max))
    made = tower if legacy else lighttower
    return box, copies(lambda p: towers(b, f"{p}cv3", xs, ch, c3, nc if classes is None else classes, made))


def v10detect(b: Build, xs: Handles, nc: int, ch: Channels = (), legacy: bool = False) -> Handle:
    """Detect with two copies of light towers (YOLOv10)."""
    return detect(b, xs, nc, 16, True, ch)


def proto(b: Build, x: Handle, c1: int, c_: int = 256, c2: int = 32) -> Handle:
    """Mask prototypes at twice the size of the finest level (YOLACT)."""
    x = b.use("cv1", conv, x, c1, c_, 3)
    x = b.layer("ConvTranspose2d", x, "upsample", in_channels=c_, out_channels=c_, kernel_size=2, stride=2)
    return b.use("cv3", conv, b.use("cv2", conv, x, c_, c_, 3), c_, c2)


def proto26(b: Build, xs: Handles, ch: Channels, c_: int, c2: int, nc: int) -> Handle:
    """Mask prototypes from all levels; a semantic branch serves training alone (YOLO26)."""
    x = xs[0]
    for i, (other, c) in enumerate(zip(xs[1:], ch[1:], strict=True)):
        other = b.use(f"feat_refine.{i}", conv, other, c, ch[0], 1)
        x = b.layer("add", [x, b.layer("interpolate", other, size=b.sizes, mode="nearest")])
    x = b.use("feat_fuse", conv, x, ch[0], c_, 3)
    out = proto(b, x, c_, c_, c2)
    for i, c in enumerate((ch[0], c_)):
        idle_conv(b, f"semseg.{i}", c, c_, 3)
    idle_plain(b, "semseg.2", c_, nc)
    return out


def idle_conv(b: Build, name: str, c1: int, c2: int, k: int = 1) -> None:
    """A Conv that evaluation does not use."""
    b.idle(f"{name}.conv", "Conv2d", in_channels=c1, out_channels=c2, kernel_size=k, bias=False)
    b.idle(f"{name}.bn", "BatchNorm2d", num_features=c2)


def idle_plain(b: Build, name: str, c1: int, c2: int, k: int = 1, g: int = 1) -> None:
    """A convolution that evaluation does not use."""
    b.idle(name, "Conv2d", in_channels=c1, out_channels=c2, kernel_size=k, groups=g)


def segment(
    b: Build,
    xs: Handles,
    nc: int,
    nm: int = 32,
    npr: int = 256,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
    multi: bool = False,
) -> Handles:
    """Detect with mask coefficients, and the prototypes: (N, 4 + nc + nm, A), (N, nm, 2*H, 2*W)."""
    box, scores = box_and_class(b, xs, nc, reg_max, end2end, ch, legacy)
    masks = mask_towers(b, "cv4", xs, ch, nm, end2end)
    return decoded(b, box, scores, [masks], reg_max), prototypes(b, xs, ch, npr, nm, nc, multi)


def segment26(
    b: Build,
    xs: Handles,
    nc: int,
    nm: int = 32,
    npr: int = 256,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handles:
    """Segment with prototypes from all levels (YOLO26)."""
    return segment(b, xs, nc, nm, npr, reg_max, end2end, ch, legacy, multi=True)


def mask_towers(b: Build, name: str, xs: Handles, ch: Channels, nm: int, end2end: bool) -> Handle:
    return Copies(end2end)(lambda p: towers(b, f"{p}{name}", xs, ch, max(ch[0] // 4, nm), nm))


def prototypes(b: Build, xs: Handles, ch: Channels, npr: int, nm: int, nc: int, multi: bool) -> Handle:
    return b.use("proto", proto26, xs, ch, npr, nm, nc) if multi else b.use("proto", proto, xs[0], ch[0], npr, nm)


def obb(
    b: Build,
    xs: Handles,
    nc: int,
    ne: int = 1,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """Detect with the angle of each box: (N, 4 + nc + ne, A)."""
    box, scores = box_and_class(b, xs, nc, reg_max, end2end, ch, legacy)
    angle = Copies(end2end)(lambda p: towers(b, f"{p}cv4", xs, ch, max(ch[0] // 4, ne), ne))
    return decoded(b, box, scores, [b.layer("sigmoid", angle)], reg_max)


def obb26(
    b: Build,
    xs: Handles,
    nc: int,
    ne: int = 1,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """OBB with an angle that is not squeezed (YOLO26): the same shapes."""
    return obb(b, xs, nc, ne, reg_max, end2end, ch, legacy)


def keypoints(kpt_shape: Any) -> tuple[int, int]:
    if (
        not isinstance(kpt_shape, (list, tuple))
        or len(kpt_shape) != 2
        or any(isinstance(n, bool) or not isinstance(n, int) or n < 1 for n in kpt_shape)
    ):
        raise Refused(
            "invalid-argument",
            f"kpt_shape is [keypoints, dims], not {kpt_shape}",
            "kpt_shape",
            "write `kpt_shape: [17, 3]` at the top of the file",
        )
    return kpt_shape[0], kpt_shape[1]


def pose(
    b: Build,
    xs: Handles,
    nc: int,
    kpt_shape: Any = (17, 3),
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """Detect with keypoints: (N, 4 + nc + keypoints*dims, A)."""
    nk, nd = keypoints(kpt_shape)
    box, scores = box_and_class(b, xs, nc, reg_max, end2end, ch, legacy)
    points = Copies(end2end)(lambda p: towers(b, f"{p}cv4", xs, ch, max(ch[0] // 4, nk * nd), nk * nd))
    return decoded(b, box, scores, [points], reg_max)


def pose26(
    b: Build,
    xs: Handles,
    nc: int,
    kpt_shape: Any = (17, 3),
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """Pose with the spread of each keypoint; the spread and its flow serve training alone (YOLO26)."""
    nk, nd = keypoints(kpt_shape)
    box, scores = box_and_class(b, xs, nc, reg_max, end2end, ch, legacy)
    c = max(ch[0] // 4, nk * (nd + 2))

    def points(prefix: str) -> Handle:
        parts = []
        for i, (x, c1) in enumerate(zip(xs, ch, strict=True)):
            name = f"{prefix}cv4.{i}"
            y = b.use(f"{name}.1", conv, b.use(f"{name}.0", conv, x, c1, c, 3), c, c, 3)
            where = f"{prefix}cv4_kpts.{i}"
            parts.append(b.layer("Conv2d", y, where, in_channels=c, out_channels=nk * nd, kernel_size=1))
            idle_plain(b, f"{prefix}cv4_sigma.{i}", c, 2 * nk)
        return levels(b, parts)

    found = Copies(end2end)(points)
    for net in ("s", "t"):
        for i in range(6):
            for layer, (c1, c2) in zip((0, 2, 4), ((2, 64), (64, 64), (64, 2)), strict=True):
                b.idle(f"flow_model.{net}.{i}.{layer}", "Linear", in_features=c1, out_features=c2)
    return decoded(b, box, scores, [found], reg_max)


# Open vocabulary. ----------------------------------------------------------------------------------------------------


def contrastive(b: Build, x: Handle, embed: int, with_bn: bool) -> Handle:
    """How well each place matches each class's text: (N, embed, H, W) -> (N, nc, H, W)."""
    classes = b.site.shared.classes
    if with_bn:
        x = b.layer("BatchNorm2d", x, "norm", num_features=embed)
    text = b.tensor("text", 1, classes, embed, frozen=True)
    x = b.layer("einsum", [x, text], equation="bchw,bkc->bkhw")
    return b.layer("add", [b.layer("mul", [x, b.tensor("logit_scale")]), b.tensor("bias", 1)])


def matched(
    b: Build, xs: Handles, ch: Channels, nc: int, reg_max: int, embed: int, with_bn: bool, end2end: bool, legacy: bool
) -> tuple[Handle, Handle]:
    """Raw boxes, and scores that compare an embedding of each place with the text."""
    c2, c3 = widths(ch, nc, reg_max)
    copies = Copies(end2end)
    made = tower if legacy else lighttower
    box = copies(lambda p: towers(b, f"{p}cv2", xs, ch, c2, 4 * reg_max))

    def scored(prefix: str) -> Handle:
        parts = []
        for i, (x, c1) in enumerate(zip(xs, ch, strict=True)):
            y = made(b, f"{prefix}cv3.{i}", x, c1, c3, embed)
            parts.append(b.use(f"{prefix}cv4.{i}", contrastive, y, embed, with_bn))
        return levels(b, parts)

    return box, copies(scored)


def worlddetect(
    b: Build,
    xs: Handles,
    nc: int,
    embed: int = 512,
    with_bn: bool = False,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """Detect whose classes are texts (YOLO-World): (N, 4 + nc, A)."""
    return decoded(b, *matched(b, xs, ch, nc, reg_max, embed, with_bn, end2end, True), [], reg_max)


def prompts(b: Build, ch: Channels, c3: int, embed: int) -> None:
    """The encoders of text and visual prompts, whose result evaluation takes as given."""
    if len(ch) != 3 or c3 > embed:
        raise Refused("invalid-argument", "YOLOE heads read exactly 3 rows, no wider than the embedding")
    b.idle("reprta.m.w12", "Linear", in_features=embed, out_features=4 * embed)
    b.idle("reprta.m.w3", "Linear", in_features=2 * embed, out_features=embed)
    for i, c in enumerate(ch):
        idle_conv(b, f"savpe.cv1.{i}.0", c, c3, 3)
        idle_conv(b, f"savpe.cv1.{i}.1", c3, c3, 3)
        idle_conv(b, f"savpe.cv2.{i}.0", c, c3)
    idle_plain(b, "savpe.cv3", 3 * c3, embed)
    idle_plain(b, "savpe.cv4", 3 * c3, 16, 3)
    idle_plain(b, "savpe.cv5", 1, 16, 3)
    idle_conv(b, "savpe.cv6.0", 32, 16, 3)
    idle_plain(b, "savpe.cv6.1", 16, 16, 3)


def yoloedetect(
    b: Build,
    xs: Handles,
    nc: int,
    embed: int = 512,
    with_bn: bool = False,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handle:
    """Detect whose classes are prompts, in words or drawn (YOLOE): (N, 4 + nc, A)."""
    prompts(b, ch, widths(ch, nc, reg_max)[1], embed)
    return decoded(b, *matched(b, xs, ch, nc, reg_max, embed, with_bn, end2end, legacy), [], reg_max)


def yoloesegment(
    b: Build,
    xs: Handles,
    nc: int,
    nm: int = 32,
    npr: int = 256,
    embed: int = 512,
    with_bn: bool = False,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
    multi: bool = False,
) -> Handles:
    """YOLOEDetect with masks."""
    prompts(b, ch, widths(ch, nc, reg_max)[1], embed)
    box, scores = matched(b, xs, ch, nc, reg_max, embed, with_bn, end2end, legacy)
    masks = mask_towers(b, "cv5", xs, ch, nm, end2end)
    return decoded(b, box, scores, [masks], reg_max), prototypes(b, xs, ch, npr, nm, nc, multi)


def yoloesegment26(
    b: Build,
    xs: Handles,
    nc: int,
    nm: int = 32,
    npr: int = 256,
    embed: int = 512,
    with_bn: bool = False,
    reg_max: int = 16,
    end2end: bool = False,
    ch: Channels = (),
    legacy: bool = False,
) -> Handles:
    """YOLOESegment with prototypes from all levels (YOLO26)."""
    return yoloesegment(b, xs, nc, nm, npr, embed, with_bn, reg_max, end2end, ch, legacy, multi=True)


# Dense maps. ---------------------------------------------------------------------------------------------------------


def classmap(b: Build, name: str, x: Handle, c1: int, c: int, nc: int) -> Handle:
    x = b.use(f"{name}.0", conv, x, c1, c, 3)
    return b.layer("Conv2d", x, f"{name}.1", in_channels=c, out_channels=nc, kernel_size=1)


def semanticsegment(b: Build, xs: Handles, nc: int, ch: Channels = ()) -> Handle:
    """A class for each place of the finest level: (N, nc, H, W); a second head serves training alone (YOLO26)."""
    if len(ch) > 1:
        idle_conv(b, "aux_head.0", ch[1], ch[0], 3)
        idle_plain(b, "aux_head.1", ch[0], nc)
    return classmap(b, "classifier", xs[0], ch[0], ch[0], nc)


def depth(b: Build, xs: Handles, c: int = 256, ch: Channels = ()) -> Handle:
    """Depth at twice the size of the finest level: (N, 1, 2*H, 2*W) (YOLO26)."""
    parts = [b.use(f"proj.{i}", conv, x, c1, c, 1) for i, (x, c1) in enumerate(zip(xs, ch, strict=True))]
    y = parts[-1]
    for i in range(len(parts) - 2, -1, -1):
        y = b.layer("add", [b.layer("Upsample", y, scale_factor=2, mode="bilinear", align_corners=False), parts[i]])
        y = b.use(f"refine.{i}.1", conv, b.use(f"refine.{i}.0", conv, y, c, c, 3), c, c, 3)
    y = b.use("head.0", conv, y, c, c // 2, 3)
    y = b.layer("ConvTranspose2d", y, "head.1", in_channels=c // 2, out_channels=c // 2, kernel_size=2, stride=2)
    y = b.use("head.2", conv, y, c // 2, c // 4, 3)
    return b.layer("Conv2d", y, "head.3", in_channels=c // 4, out_channels=1, kernel_size=1)


MODULES: dict[str, Callable[..., Any]] = {
    "Detect": detect,
    "v10Detect": v10detect,
    "Proto": proto,
    "Proto26": proto26,
    "DFL": dfl,
    "Segment": segment,
    "Segment26": segment26,
    "OBB": obb,
    "OBB26": obb26,
    "Pose": pose,
    "Pose26": pose26,
    "WorldDetect": worlddetect,
    "YOLOEDetect": yoloedetect,
    "YOLOESegment": yoloesegment,
    "YOLOESegment26": yoloesegment26,
    "SemanticSegment": semanticsegment,
    "Depth": depth,
}
named(MODULES)
