"""The decoder of RT-DETR: queries picked from all places, refined by deformable attention."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shapecalc.dialects.yolo.build import Build, Handle, Handles, named
from shapecalc.dialects.yolo.modules.attention import check_heads, tokens


def mlp(b: Build, x: Handle, c1: int, hidden: int, c2: int, layers: int) -> Handle:
    """Linear layers with ReLU between them."""
    sizes = [c1, *[hidden] * (layers - 1), c2]
    for i in range(layers):
        x = b.layer("Linear", x, f"layers.{i}", in_features=sizes[i], out_features=sizes[i + 1])
        if i + 1 < layers:
            x = b.layer("ReLU", x)
    return x


def deformable(b: Build, xs: Sequence[Handle], c: int, levels: int, heads: int, points: int, queries: int) -> Handle:
    """Each query reads a few places of every level: (N, queries, c), (N, A, c) -> (N, queries, c) (Deformable DETR).

    What the sampling gives has the queries' shape and takes no matrix product.
    """
    query, feats = xs
    value = b.layer("Linear", feats, "value_proj", in_features=c, out_features=c)
    count = heads * levels * points
    b.layer("Linear", query, "sampling_offsets", in_features=c, out_features=2 * count)
    weights = b.layer("Linear", query, "attention_weights", in_features=c, out_features=count)
    weights = b.layer("softmax", b.layer("unflatten", weights, dim=2, unflattened_size=[heads, -1]), dim=-1)
    sampled = b.layer("slice", value, dim=1, start=0, end=queries)
    return b.layer("Linear", sampled, "output_proj", in_features=c, out_features=c)


def decoderlayer(
    b: Build, xs: Sequence[Handle], c: int, levels: int, heads: int, points: int, ffn: int, queries: int
) -> Handle:
    """Self-attention of the queries, deformable attention, two linear layers; a norm after each."""
    x, feats, position = xs
    q = b.layer("add", [x, position])
    y = b.layer("MultiheadAttention", [q, q, x], "self_attn", embed_dim=c, num_heads=heads, batch_first=True)
    x = b.layer("LayerNorm", b.layer("add", [x, y]), "norm1", normalized_shape=[c])
    q = b.layer("add", [x, position])
    y = b.use("cross_attn", deformable, [q, feats], c, levels, heads, points, queries)
    x = b.layer("LayerNorm", b.layer("add", [x, y]), "norm2", normalized_shape=[c])
    y = b.layer("ReLU", b.layer("Linear", x, "linear1", in_features=c, out_features=ffn))
    y = b.layer("Linear", y, "linear2", in_features=ffn, out_features=c)
    return b.layer("LayerNorm", b.layer("add", [x, y]), "norm3", normalized_shape=[c])


def rtdetrdecoder(
    b: Build,
    xs: Handles,
    nc: int,
    ch: tuple[int, ...] = (),
    hd: int = 256,
    nq: int = 300,
    ndp: int = 4,
    nh: int = 8,
    ndl: int = 6,
    d_ffn: int = 1024,
) -> Handle:
    """Boxes, score and class of each query: (N, nq, 6)."""
    check_heads(hd, nh)
    parts = []
    for i, (x, c) in enumerate(zip(xs, ch, strict=True)):
        y = b.layer("Conv2d", x, f"input_proj.{i}.0", in_channels=c, out_channels=hd, kernel_size=1, bias=False)
        parts.append(tokens(b, b.layer("BatchNorm2d", y, f"input_proj.{i}.1", num_features=hd)))
    feats = b.layer("cat", parts, dim=1)
    b.idle("denoising_class_embed", "Embedding", num_embeddings=nc, embedding_dim=hd)
    memory = b.layer("Linear", feats, "enc_output.0", in_features=hd, out_features=hd)
    memory = b.layer("LayerNorm", memory, "enc_output.1", normalized_shape=[hd])
    b.layer("Linear", memory, "enc_score_head", in_features=hd, out_features=nc)
    x = b.layer("slice", memory, dim=1, start=0, end=nq)
    box = b.layer("sigmoid", b.use("enc_bbox_head", mlp, x, hd, hd, 4, 3))
    scores = x
    for i in range(ndl):
        position = query_position(b, i, box, hd)
        x = b.use(f"decoder.layers.{i}", decoderlayer, [x, feats, position], hd, len(ch), nh, ndp, d_ffn, nq)
        if i == ndl - 1:
            scores = b.layer("Linear", x, f"dec_score_head.{i}", in_features=hd, out_features=nc)
        else:
            b.idle(f"dec_score_head.{i}", "Linear", in_features=hd, out_features=nc)
        box = b.layer("sigmoid", b.layer("add", [b.use(f"dec_bbox_head.{i}", mlp, x, hd, hd, 4, 3), box]))
    best = b.layer("amax", b.layer("sigmoid", scores), dim=2, keepdim=True)
    return b.layer("cat", [box, best, best], dim=2)


def query_position(b: Build, turn: int, box: Handle, hd: int) -> Handle:
    """The position of each query from its box, by one network that every layer uses."""
    x = box
    for i, (c1, c2) in enumerate(((4, 2 * hd), (2 * hd, hd))):
        name = f"query_pos_head.layers.{i}"
        values = {"in_features": c1, "out_features": c2}
        x = b.layer("Linear", x, name, **values) if turn == 0 else b.again(name, "Linear", x, **values)
        if i == 0:
            x = b.layer("ReLU", x)
    return x


MODULES: dict[str, Callable[..., Any]] = {
    "MLP": mlp,
    "DeformableTransformerDecoderLayer": decoderlayer,
    "MSDeformAttn": deformable,
    "RTDETRDecoder": rtdetrdecoder,
}
named(MODULES)
