"""Attention on feature maps: PSA, area attention, text-guided attention, the transformer blocks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, Refused, named
from shapecalc.dialects.yolo.modules.conv import conv
from shapecalc.dialects.yolo.modules.csp import bottleneck, c3k, crossed, gathered


def attend(b: Build, q: Handle, k: Handle, v: Handle) -> Handle:
    """Channels before positions: (..., d, L), (..., d, S), (..., e, S) -> (..., e, L), scores normalised over S."""
    scores = b.layer("matmul", [b.layer("transpose", q, dim0=-2, dim1=-1), k])
    scores = b.layer("softmax", scores, dim=-1)
    return b.layer("matmul", [v, b.layer("transpose", scores, dim0=-2, dim1=-1)])


def check_heads(dim: int, heads: int) -> None:
    if heads < 1 or dim % heads:
        raise Refused(
            "not-divisible",
            f"{dim} channels cannot be cut into {heads} heads",
            None,
            f"choose a width that is a multiple of {max(heads, 1)}",
        )


def attention(b: Build, x: Handle, dim: int, num_heads: int = 8, attn_ratio: float = 0.5) -> Handle:
    """Self-attention over all positions, with a depthwise position encoding on the values (YOLOv10)."""
    check_heads(dim, num_heads)
    head = dim // num_heads
    key = int(head * attn_ratio)
    qkv = b.use("qkv", conv, x, dim, dim + 2 * key * num_heads, 1, act=False)
    split = b.layer("unflatten", qkv, dim=1, unflattened_size=[num_heads, 2 * key + head])
    parts = b.layer("split", split, split_size_or_sections=[key, key, head], dim=2)
    q, k, v = (b.layer("flatten", f"{parts}.{i}", start_dim=3) for i in range(3))
    mixed = b.layer("flatten", attend(b, q, k, v), start_dim=1, end_dim=2)
    values = b.layer("flatten", f"{parts}.2", start_dim=1, end_dim=2)
    position = b.use("pe", conv, values, dim, dim, 3, 1, g=dim, act=False)
    return b.use("proj", conv, b.layer("add", [as_map(b, mixed), position]), dim, dim, 1, act=False)


def as_map(b: Build, flat: Handle) -> Handle:
    """(N, C, H*W) -> (N, C, H, W), the sizes being those of the module's input."""
    return b.layer("unflatten", flat, dim=2, unflattened_size=b.sizes)


def psablock(b: Build, x: Handle, c: int, attn_ratio: float = 0.5, heads: int = 4, shortcut: bool = True) -> Handle:
    """Attention and two 1x1 Convs, each added to what came in."""
    y = b.use("attn", attention, x, c, heads, attn_ratio)
    x = b.layer("add", [x, y]) if shortcut else y
    y = b.use("ffn.1", conv, b.use("ffn.0", conv, x, c, 2 * c, 1), 2 * c, c, 1, act=False)
    return b.layer("add", [x, y]) if shortcut else y


def same_width(name: str, c1: int, c2: int) -> None:
    if c1 != c2:
        raise Refused(
            "channel-mismatch",
            f"{name} gives as many channels as it gets: {c1} arrive, {c2} are asked for",
            "c2",
            f"make both {c1}",
        )


def psa(b: Build, x: Handle, c1: int, c2: int, e: float = 0.5) -> Handle:
    """Half of the channels through attention and two Convs (YOLOv10)."""
    same_width("PSA", c1, c2)
    h = int(c1 * e)
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, 2 * h, 1, 1), chunks=2, dim=1)
    y = f"{cut}.1"
    y = b.layer("add", [y, b.use("attn", attention, y, h, max(h // 64, 1))])
    y = b.layer("add", [y, b.use("ffn.1", conv, b.use("ffn.0", conv, y, h, 2 * h, 1), 2 * h, h, 1, act=False)])
    return b.use("cv2", conv, b.layer("cat", [f"{cut}.0", y], dim=1), 2 * h, c1, 1)


def c2psa(b: Build, x: Handle, c1: int, c2: int, n: int = 1, e: float = 0.5) -> Handle:
    """Half of the channels through n attention blocks (YOLO11)."""
    same_width("C2PSA", c1, c2)
    h = int(c1 * e)
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, 2 * h, 1, 1), chunks=2, dim=1)
    y = b.repeat("m", n, psablock, f"{cut}.1", h, heads=max(h // 64, 1))
    return b.use("cv2", conv, b.layer("cat", [f"{cut}.0", y], dim=1), 2 * h, c1, 1)


def c2fpsa(b: Build, x: Handle, c1: int, c2: int, n: int = 1, e: float = 0.5) -> Handle:
    """C2f with attention blocks."""
    same_width("C2fPSA", c1, c2)
    h = int(c2 * e)
    return gathered(b, x, c1, c2, h, n, lambda i, y: b.use(f"m.{i}", psablock, y, h, heads=max(h // 64, 1)))


# Area attention (YOLO12). --------------------------------------------------------------------------------------------


def aattn(b: Build, x: Handle, dim: int, num_heads: int, area: int = 1) -> Handle:
    """Self-attention inside `area` equal strips of the map."""
    check_heads(dim, num_heads)
    head = dim // num_heads
    qkv = b.use("qkv", conv, x, dim, 3 * dim, 1, act=False)
    qkv = b.layer("unflatten", qkv, dim=1, unflattened_size=[num_heads, 3 * head])
    parts = b.layer("split", qkv, split_size_or_sections=head, dim=2)
    q, k, v = (b.layer("flatten", f"{parts}.{i}", start_dim=3) for i in range(3))
    if area > 1:  # (N, heads, d, area*L) -> (N, heads, area, d, L)
        q, k, v = (b.layer("unflatten", part, dim=3, unflattened_size=[area, -1]) for part in (q, k, v))
        q, k, v = (b.layer("transpose", part, dim0=2, dim1=3) for part in (q, k, v))
    mixed = attend(b, q, k, v)
    if area > 1:
        mixed = b.layer("flatten", b.layer("transpose", mixed, dim0=2, dim1=3), start_dim=3)
    mixed = as_map(b, b.layer("flatten", mixed, start_dim=1, end_dim=2))
    values = b.layer("flatten", f"{parts}.2", start_dim=1, end_dim=2)
    position = b.use("pe", conv, values, dim, dim, 7, 1, 3, g=dim, act=False)
    return b.use("proj", conv, b.layer("add", [mixed, position]), dim, dim, 1, act=False)


def ablock(b: Build, x: Handle, dim: int, num_heads: int, mlp_ratio: float = 1.2, area: int = 1) -> Handle:
    """Area attention and two 1x1 Convs, each added to what came in."""
    x = b.layer("add", [x, b.use("attn", aattn, x, dim, num_heads, area)])
    h = int(dim * mlp_ratio)
    return b.layer("add", [x, b.use("mlp.1", conv, b.use("mlp.0", conv, x, dim, h, 1), h, dim, 1, act=False)])


def a2c2f(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    a2: bool = True,
    area: int = 1,
    residual: bool = False,
    mlp_ratio: float = 2.0,
    e: float = 0.5,
    g: int = 1,
    shortcut: bool = True,
) -> Handle:
    """Stages of two area-attention blocks (or of C3k), everything joined, with a learned residual (YOLO12)."""
    h = int(c2 * e)
    if h % 32:
        low, high = max(int(h // 32 * 32 / e), 0), int(-(-h // 32) * 32 / e)
        raise Refused(
            "not-divisible",
            f"A2C2f has {h} hidden channels; they must be a multiple of 32",
            "c2",
            f"{f'{low} or {high}' if low else high} output channels would do",
        )
    parts = [b.use("cv1", conv, x, c1, h, 1, 1)]
    for i in range(n):
        y = parts[-1]
        if a2:
            y = b.repeat(f"m.{i}", 2, ablock, y, h, h // 32, mlp_ratio, area)
        else:
            y = b.use(f"m.{i}", c3k, y, h, h, 2, shortcut, g)
        parts.append(y)
    y = b.use("cv2", conv, b.layer("cat", parts, dim=1), (1 + n) * h, c2, 1)
    if not (a2 and residual):
        return y
    gamma = b.layer("unflatten", b.tensor("gamma", c2), dim=0, unflattened_size=[1, c2, 1, 1])
    return b.layer("add", [x, b.layer("mul", [gamma, y])])


# Text-guided attention (YOLO-World). ---------------------------------------------------------------------------------


def c2fattn(
    b: Build,
    x: Handle,
    c1: int,
    c2: int,
    n: int = 1,
    ec: int = 128,
    nh: int = 1,
    gc: int = 512,
    shortcut: bool = False,
    g: int = 1,
    e: float = 0.5,
) -> Handle:
    """C2f with a last part that is weighted by how well each place matches the text."""
    h = int(c2 * e)
    if h % nh:
        raise Refused("not-divisible", f"C2fAttn has {h} hidden channels; {nh} heads do not divide them", "nh")
    cut = b.layer("chunk", b.use("cv1", conv, x, c1, 2 * h, 1, 1), chunks=2, dim=1)
    parts = [f"{cut}.0", f"{cut}.1"]
    for i in range(n):
        parts.append(b.use(f"m.{i}", bottleneck, parts[-1], h, h, shortcut, g, k=(3, 3), e=1.0))
    parts.append(b.use("attn", maxsigmoid, parts[-1], h, h, nh, ec, gc))
    return b.use("cv2", conv, b.layer("cat", parts, dim=1), (3 + n) * h, c2, 1)


def maxsigmoid(b: Build, x: Handle, c1: int, c2: int, nh: int = 1, ec: int = 128, gc: int = 512) -> Handle:
    """A 3x3 Conv, weighted by the best match of each place with the text's classes."""
    classes = b.site.shared.classes
    text = b.layer("Linear", b.tensor("text", 1, classes, gc, frozen=True), "gl", in_features=gc, out_features=ec)
    text = b.layer("unflatten", text, dim=2, unflattened_size=[nh, ec // nh])
    embed = b.use("ec", conv, x, c1, ec, 1, act=False) if c1 != ec else x
    embed = b.layer("unflatten", embed, dim=1, unflattened_size=[nh, ec // nh])
    weights = b.layer("einsum", [embed, text], equation="bmchw,bnmc->bmhwn")
    weights = b.layer("amax", weights, dim=-1)
    bias = b.layer("unflatten", b.tensor("bias", nh), dim=0, unflattened_size=[1, nh, 1, 1])
    weights = b.layer("sigmoid", b.layer("add", [weights, bias]))
    y = b.use("proj_conv", conv, x, c1, c2, 3, 1, act=False)
    y = b.layer("unflatten", y, dim=1, unflattened_size=[nh, c2 // nh])
    return b.layer("flatten", b.layer("mul", [y, b.layer("unsqueeze", weights, dim=2)]), start_dim=1, end_dim=2)


# Transformers. -------------------------------------------------------------------------------------------------------


def tokens(b: Build, x: Handle) -> Handle:
    """(N, C, H, W) -> (N, H*W, C)."""
    return b.layer("transpose", b.layer("flatten", x, start_dim=2), dim0=1, dim1=2)


def transformerlayer(b: Build, x: Handle, c: int, num_heads: int) -> Handle:
    """Attention and two linear layers, each added to what came in; no norms, no biases (ViT, simplified)."""
    q, k, v = (b.layer("Linear", x, name, in_features=c, out_features=c, bias=False) for name in ("q", "k", "v"))
    x = b.layer("add", [b.layer("MultiheadAttention", [q, k, v], "ma", embed_dim=c, num_heads=num_heads), x])
    y = b.layer("Linear", x, "fc1", in_features=c, out_features=c, bias=False)
    return b.layer("add", [b.layer("Linear", y, "fc2", in_features=c, out_features=c, bias=False), x])


def transformerblock(b: Build, x: Handle, c1: int, c2: int, num_heads: int, num_layers: int) -> Handle:
    """Positions as tokens, a learned position encoding, transformer layers, and back to a map."""
    if c1 != c2:
        x = b.use("conv", conv, x, c1, c2)
    check_heads(c2, num_heads)
    x = b.layer("permute", b.layer("flatten", x, start_dim=2), dims=[2, 0, 1])
    x = b.layer("add", [x, b.layer("Linear", x, "linear", in_features=c2, out_features=c2)])
    x = b.repeat("tr", num_layers, transformerlayer, x, c2, num_heads)
    return as_map(b, b.layer("permute", x, dims=[1, 2, 0]))


def c3tr(
    b: Build, x: Handle, c1: int, c2: int, n: int = 1, shortcut: bool = True, g: int = 1, e: float = 0.5
) -> Handle:
    """C3 with a transformer of n layers."""
    return crossed(b, x, c1, c2, n, e, lambda y, h: b.use("m", transformerblock, y, h, h, 4, n))


def aifi(b: Build, x: Handle, c1: int, cm: int = 2048, num_heads: int = 8) -> Handle:
    """One transformer encoder layer over all positions (RT-DETR)."""
    check_heads(c1, num_heads)
    if c1 % 4:
        raise Refused("not-divisible", f"AIFI needs channels divisible by 4 for its positions, {c1} arrive", None)
    x = tokens(b, x)
    y = b.layer("MultiheadAttention", [x, x, x], "ma", embed_dim=c1, num_heads=num_heads, batch_first=True)
    x = b.layer("LayerNorm", b.layer("add", [x, y]), "norm1", normalized_shape=[c1])
    y = b.layer("GELU", b.layer("Linear", x, "fc1", in_features=c1, out_features=cm))
    y = b.layer("Linear", y, "fc2", in_features=cm, out_features=c1)
    x = b.layer("LayerNorm", b.layer("add", [x, y]), "norm2", normalized_shape=[c1])
    return as_map(b, b.layer("transpose", x, dim0=1, dim1=2))


def imagepoolingattn(b: Build, xs: Handles, ec: int, ch: tuple[int, ...], ct: int = 512, nh: int = 8) -> Handle:
    """The text attends to 3x3 poolings of each map; the text is what comes out: (N, classes, ct) (YOLO-World)."""
    check_heads(ec, nh)
    parts = []
    for i, (x, c) in enumerate(zip(xs, ch, strict=True)):
        y = b.layer("Conv2d", x, f"projections.{i}", in_channels=c, out_channels=ec, kernel_size=1)
        parts.append(b.layer("flatten", b.layer("AdaptiveMaxPool2d", y, f"im_pools.{i}", output_size=3), start_dim=2))
    image = b.layer("transpose", b.layer("cat", parts, dim=-1), dim0=1, dim1=2)
    text = b.tensor("text", 1, b.site.shared.classes, ct, frozen=True)

    def headed(name: str, y: Handle, c: int) -> Handle:
        y = b.layer("LayerNorm", y, f"{name}.0", normalized_shape=[c])
        y = b.layer("Linear", y, f"{name}.1", in_features=c, out_features=ec)
        y = b.layer("unflatten", y, dim=2, unflattened_size=[nh, ec // nh])
        return b.layer("transpose", b.layer("transpose", y, dim0=1, dim1=2), dim0=2, dim1=3)

    q, k, v = headed("query", text, ct), headed("key", image, ec), headed("value", image, ec)
    y = b.layer("flatten", attend(b, q, k, v), start_dim=1, end_dim=2)
    y = b.layer("Linear", b.layer("transpose", y, dim0=1, dim1=2), "proj", in_features=ec, out_features=ct)
    return b.layer("add", [y, text])


MODULES: dict[str, Callable[..., Any]] = {
    "Attention": attention,
    "PSABlock": psablock,
    "PSA": psa,
    "C2PSA": c2psa,
    "C2fPSA": c2fpsa,
    "AAttn": aattn,
    "ABlock": ablock,
    "A2C2f": a2c2f,
    "C2fAttn": c2fattn,
    "MaxSigmoidAttnBlock": maxsigmoid,
    "TransformerLayer": transformerlayer,
    "TransformerBlock": transformerblock,
    "C3TR": c3tr,
    "AIFI": aifi,
    "ImagePoolingAttn": imagepoolingattn,
}
named(MODULES)
