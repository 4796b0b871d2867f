"""Random arguments and small random inputs for every layer type.

A case is drawn in three steps. The type's hook (HOOKS, one line per type) gives arguments and inputs that fit
together; the arguments it leaves alone are drawn from their descriptors; and a quarter to a third of the cases get one
thing spoiled: an argument out of its range, a tuple of the wrong length, a wrong channel, rank or size.
Case `number` of a type is the same for ever: every case has a random generator of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from shapecalc.layers.params import REQUIRED

SPOILED = 0.32
ODD = 0.06

#: Types that take most of what comes have more of their cases spoiled.
TOLERANT = {"AlphaDropout", "Dropout", "Dropout2d", "Dropout3d", "Embedding", "FeatureAlphaDropout", "GroupNorm",
            "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "Hardtanh", "LazyLinear", "PairwiseDistance",
            "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "add", "div",
            "mean", "amax", "mul", "roll", "slice", "sub", "sum", "CELU", "RReLU", "PReLU", "constant",
            "parameter"}  # fmt: skip
FLOAT, INDEX, BOOL = "float", "index", "bool"


class Tensor:
    """An input to make: its shape and what it holds. An index tensor holds zeros, which every index range allows."""

    __slots__ = ("kind", "shape")

    def __init__(self, shape: Sequence[int], kind: str = FLOAT) -> None:
        self.shape, self.kind = tuple(shape), kind

    def __repr__(self) -> str:
        maker = {FLOAT: "ones({})", INDEX: "zeros({}, dtype=torch.int64)", BOOL: "zeros({}, dtype=torch.bool)"}
        return "torch." + maker[self.kind].format(self.shape)


class Case:
    """One drawn call: the arguments by name and the inputs in order; `odd` with one argument of a strange kind."""

    __slots__ = ("args", "inputs", "name", "number", "odd")

    def __init__(self, name: str, number: int, args: dict[str, Any], inputs: list[Tensor], odd: bool) -> None:
        self.name, self.number, self.args, self.inputs, self.odd = name, number, args, inputs, odd

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [x.shape for x in self.inputs]

    def __repr__(self) -> str:
        words = ", ".join(f"{k}={v!r}" for k, v in self.args.items())
        return f"{self.name}({words}) on {', '.join(map(repr, self.inputs))}"


class Draw:
    """What a hook draws with: random choices, and the case under construction."""

    __slots__ = ("args", "fixed", "inputs", "kinds", "rng")

    def __init__(self, rng: random.Random, kinds: dict[str, Any]) -> None:
        self.rng = rng
        self.kinds = kinds
        self.args: dict[str, Any] = {}
        self.inputs: list[Tensor] = []
        self.fixed: set[str] = set()

    def pick(self, *values: Any) -> Any:
        return values[int(self.rng.random() * len(values))]

    def chance(self, p: float) -> bool:
        return self.rng.random() < p

    def int(self, lo: int, hi: int) -> int:
        return lo + int(self.rng.random() * (hi - lo + 1))

    def set(self, **args: Any) -> None:
        self.args.update(args)

    def maybe(self, p: float = 0.5, **args: Any) -> None:
        """Sets the arguments with probability p; else they keep their defaults."""
        if self.rng.random() < p:
            self.args.update(args)
        self.fixed.update(args)

    def leave(self, *names: str) -> None:
        """These arguments keep their defaults unless the hook set them."""
        self.fixed.update(names)

    def give(self, *shapes: Sequence[int], kind: str = FLOAT) -> None:
        self.inputs += [Tensor(s, kind) for s in shapes]

    def spatial(self, n: int, lo: int, hi: int) -> Any:
        """One integer, or one for each of n axes."""
        if self.rng.random() < 0.5:
            return self.int(lo, hi)
        return tuple(self.int(lo, hi) for _ in range(n))

    def sizes(self, n: int, lo: int = 1, hi: int = 9) -> tuple[int, ...]:
        """n sizes; one in 40 is zero."""
        return tuple(0 if self.rng.random() < 0.025 else self.int(lo, hi) for _ in range(n))

    def batch(self) -> tuple[int, ...]:
        """No batch axis, or one of size 1 to 3, now and then 0."""
        return self.pick((), (1,), (2,), (2,), (3,), (1,), (2,), (0,) if self.chance(0.3) else (2,))

    def shape(self, lo: int = 0, hi: int = 4, top: int = 5) -> tuple[int, ...]:
        """Any shape of lo to hi axes."""
        return self.sizes(self.int(lo, hi), 1, top)


Hook = Callable[[Draw], None]


def axes_of(value: Any, n: int) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,) * n


# ---------------------------------------------------------------- convolutions, pools, unpools


def conv(d: Draw, n: int, lazy: bool = False) -> None:
    groups = d.pick(1, 1, 1, 2, 3)
    c_in = groups * d.int(1, 3)
    d.set(out_channels=groups * d.int(1, 3), kernel_size=d.spatial(n, 1, 3))
    if not lazy:
        d.set(in_channels=c_in)
    d.maybe(groups=groups) if groups == 1 else d.set(groups=groups)
    d.maybe(stride=d.spatial(n, 1, 3))
    words = d.chance(0.2)
    d.maybe(padding=d.pick("same", "valid") if words else d.spatial(n, 0, 2))
    if words and d.chance(0.8):
        d.args.pop("stride", None)
    d.maybe(0.4, dilation=d.spatial(n, 1, 2))
    d.maybe(0.3, padding_mode=d.pick("zeros", "reflect", "replicate", "circular"))
    d.give((*d.batch(), c_in, *d.sizes(n, 2 if d.chance(0.8) else 1, 9 if n < 3 else 6)))


def conv_transpose(d: Draw, n: int, lazy: bool = False) -> None:
    conv(d, n, lazy)
    if isinstance(d.args.get("padding"), str):
        d.args["padding"] = d.int(0, 1)
    if d.chance(0.9):
        d.args.pop("padding_mode", None)
    if d.chance(0.3):
        d.set(output_padding=d.spatial(n, 0, 1))
        d.set(stride=d.spatial(n, 2, 3))
    d.leave("output_padding")


def pool(d: Draw, n: int) -> None:
    kernel = d.spatial(n, 1, 4)
    half = min(axes_of(kernel, n)) // 2
    d.set(kernel_size=kernel)
    d.maybe(stride=d.spatial(n, 1, 4))
    d.maybe(padding=d.spatial(n, 0, half))
    d.maybe(0.3, dilation=d.spatial(n, 1, 2)) if "dilation" in d.kinds else None
    d.maybe(0.3, divisor_override=d.int(1, 5)) if "divisor_override" in d.kinds else None
    d.give((*d.batch(), *d.sizes(1, 1, 4), *d.sizes(n, 2 if d.chance(0.7) else 1, 9 if n < 3 else 6)))


def lp_pool(d: Draw, n: int) -> None:
    d.set(norm_type=d.pick(1, 2, 2.0, 3), kernel_size=d.spatial(n, 1, 4))
    d.maybe(stride=d.spatial(n, 1, 4))
    d.give((*d.batch(), *d.sizes(1, 1, 4), *d.sizes(n, 2, 9 if n < 3 else 6)))


def adaptive_pool(d: Draw, n: int) -> None:
    size = d.spatial(n, 1, 4)
    if isinstance(size, tuple):
        size = tuple(None if d.chance(0.2) else 0 if d.chance(0.05) else v for v in size)
    d.set(output_size=size)
    d.give((*d.batch(), *d.sizes(1, 1, 4), *d.sizes(n, 1, 9 if n < 3 else 6)))


def fractional_pool(d: Draw, n: int) -> None:
    d.set(kernel_size=d.spatial(n, 1, 3))
    if d.chance(0.5):
        d.set(output_size=d.spatial(n, 1, 4))
    else:
        d.set(output_ratio=d.pick(0.5, 0.3, 0.7, (0.5, 0.6, 0.7)[:n]))
    d.leave("output_size", "output_ratio", "_random_samples")
    if d.chance(0.05):
        d.set(output_size=2, output_ratio=0.5)
    d.give((*d.batch(), *d.sizes(1, 1, 4), *d.sizes(n, 4, 9)))


def unpool(d: Draw, n: int) -> None:
    d.set(kernel_size=d.spatial(n, 1, 3))
    d.maybe(stride=d.spatial(n, 1, 3))
    d.maybe(0.3, padding=d.spatial(n, 0, 1))
    shape = (*d.batch(), *d.sizes(1, 1, 4), *d.sizes(n, 1, 5))
    d.give(shape)
    d.give(shape, kind=INDEX)


# ---------------------------------------------------------------- linear, norms, activations


def linear(d: Draw, lazy: bool = False) -> None:
    features = d.sizes(1, 1, 6)[0]
    d.set(out_features=d.sizes(1, 1, 6)[0])
    if not lazy:
        d.set(in_features=features)
    d.give((*d.shape(0, 3), features))


def bilinear(d: Draw) -> None:
    a, b = d.int(1, 5), d.int(1, 5)
    d.set(in1_features=a, in2_features=b, out_features=d.int(1, 5))
    lead = d.shape(0, 3)
    d.give((*lead, a), (*lead, b))


def norm(d: Draw, n: int, lazy: bool = False, batched: bool = True) -> None:
    channels = d.int(1, 5)
    if not lazy:
        d.set(num_features=channels)
    d.maybe(momentum=d.pick(0.1, None, 0.9))
    lead = d.pick((1,), (2,), (3,), (2,)) if batched else d.batch()
    n = d.pick(0, 1) if n == 1 and batched else n
    d.give((*lead, channels, *d.sizes(n, 1, 4)))


def sync_norm(d: Draw) -> None:
    norm(d, d.int(1, 3))
    d.leave("process_group")


def group_norm(d: Draw) -> None:
    groups = d.int(1, 4)
    channels = groups * d.int(1, 3)
    d.set(num_groups=groups, num_channels=channels)
    d.give((*d.sizes(1, 1, 3), channels, *d.shape(0, 3)))


def layer_norm(d: Draw) -> None:
    shape = d.shape(1, 4)
    k = d.int(1, min(2, len(shape)))
    d.set(normalized_shape=shape[-1] if k == 1 and d.chance(0.6) else shape[-k:])
    d.give(shape)


def local_response_norm(d: Draw) -> None:
    d.set(size=d.int(1, 6))
    d.give(d.shape(2, 5) if d.chance(0.9) else d.shape(0, 2))


def pointwise(d: Draw) -> None:
    d.give(d.shape(0, 5))


def lambd(d: Draw) -> None:
    d.maybe(lambd=d.pick(0.5, 0.1, 0, -0.5))
    pointwise(d)


def hardtanh(d: Draw) -> None:
    d.maybe(min_val=d.pick(-1.0, 0.0, 0.5), max_val=d.pick(1.0, 6, 0.2))
    d.leave("min_value", "max_value")
    pointwise(d)


def rrelu(d: Draw) -> None:
    d.maybe(lower=d.pick(0.1, 0.2, 0.5), upper=d.pick(0.3, 0.6, 0.2))
    pointwise(d)


def prelu(d: Draw) -> None:
    shape = d.shape(0, 4)
    d.maybe(num_parameters=shape[1] if len(shape) > 1 and d.chance(0.7) else d.int(1, 3))
    d.give(shape)


def glu(d: Draw) -> None:
    shape = list(d.shape(1, 4))
    dim = d.int(-len(shape), len(shape) - 1)
    dim = -1 if d.chance(0.4) else dim
    shape[dim] = 2 * d.int(1, 3) if d.chance(0.85) else d.int(1, 5)
    d.maybe(0.9 if dim != -1 else 0.5, dim=dim)
    d.give(shape)


def along(d: Draw) -> None:
    """One axis of any tensor: softmax and its kin."""
    shape = d.shape(0, 4)
    d.maybe(0.8, dim=axis(d, len(shape)))
    d.give(shape)


def axis(d: Draw, rank: int, extra: int = 0) -> int:
    """A valid axis; one in nine just outside."""
    limit = max(rank, 1) + extra
    return d.int(-limit - 1, limit) if d.chance(0.2) else d.int(-limit, limit - 1)


def softmax2d(d: Draw) -> None:
    d.give(d.shape(3, 4) if d.chance(0.85) else d.shape(0, 5))


def dropout(d: Draw) -> None:
    d.maybe(p=d.pick(0.5, 0.0, 1.0, 0.25, 1))
    pointwise(d)


def feature_dropout(d: Draw, n: int) -> None:
    d.maybe(p=d.pick(0.5, 0.0, 1.0, 0.25))
    d.give(d.shape(n + 1, n + 2) if d.chance(0.8) else d.shape(0, 5))


def embedding(d: Draw) -> None:
    rows = d.int(1, 6)
    d.set(num_embeddings=rows, embedding_dim=d.sizes(1, 1, 5)[0])
    d.maybe(0.3, padding_idx=d.int(-rows, rows - 1))
    d.maybe(0.2, max_norm=d.pick(1.0, 2.0))
    d.leave("_weight", "_freeze", "norm_type", "scale_grad_by_freq", "sparse")
    d.give(d.shape(0, 3), kind=INDEX)


def embedding_bag(d: Draw) -> None:
    rows = d.int(1, 6)
    d.set(num_embeddings=rows, embedding_dim=d.int(1, 5))
    d.maybe(0.3, padding_idx=d.int(-rows, rows - 1))
    d.maybe(mode=d.pick("mean", "sum", "max"))
    d.leave("_weight", "norm_type", "max_norm", "sparse", "scale_grad_by_freq")
    if d.chance(0.5):
        d.give(d.sizes(2, 1, 4), kind=INDEX)
    else:
        d.give(d.sizes(1, 1, 5), d.sizes(1, 1, 4), kind=INDEX)


# ---------------------------------------------------------------- padding, shaping, upsampling, distances


def pad(d: Draw, n: int, any_rank: bool = False) -> None:
    low = d.pick(0, 0, -1)
    d.set(padding=d.int(low, 3) if d.chance(0.5) else tuple(d.int(low, 3) for _ in range(2 * n)))
    if "value" in d.kinds:
        d.maybe(0.9, value=d.pick(0, 1.5))
    lead = d.sizes(d.int(0, 3), 1, 3) if any_rank else (*d.batch(), *d.sizes(1, 1, 4))
    d.give((*lead, *d.sizes(n, 1, 6)))


def flatten(d: Draw) -> None:
    shape = d.shape(1, 5)
    first = d.int(0, len(shape) - 1)
    last = d.int(first, len(shape) - 1)
    d.maybe(start_dim=first - len(shape) * d.int(0, 1) if d.chance(0.85) else d.int(-6, 6))
    d.maybe(end_dim=last - len(shape) * d.int(0, 1) if d.chance(0.85) else d.int(-6, 6))
    d.give(shape)


def unflatten(d: Draw) -> None:
    shape = list(d.shape(1, 4))
    dim = d.int(0, len(shape) - 1)
    parts = [d.int(1, 3) for _ in range(d.int(1, 3))]
    shape[dim] = product(parts)
    if d.chance(0.3):
        parts[d.int(0, len(parts) - 1)] = -1
    d.set(dim=dim - len(shape) * d.int(0, 1), unflattened_size=tuple(parts))
    d.give(shape)


def product(values: Sequence[int]) -> int:
    out = 1
    for v in values:
        out *= v
    return out


def fold(d: Draw) -> None:
    size, kernel = d.spatial(2, 2, 6), d.spatial(2, 1, 3)
    dilation, padding, stride = d.spatial(2, 1, 2), d.spatial(2, 0, 1), d.spatial(2, 1, 2)
    d.set(output_size=size, kernel_size=kernel, dilation=dilation, padding=padding, stride=stride)
    pairs = zip(*(axes_of(v, 2) for v in (size, kernel, dilation, padding, stride)), strict=True)
    blocks = product([max((o + 2 * p - dl * (k - 1) - 1) // s + 1, 1) for o, k, dl, p, s in pairs])
    d.give((*d.batch(), d.int(1, 3) * product(axes_of(kernel, 2)), blocks))


def unfold(d: Draw) -> None:
    d.set(kernel_size=d.spatial(2, 1, 3))
    d.maybe(dilation=d.spatial(2, 1, 2))
    d.maybe(padding=d.spatial(2, 0, 2))
    d.maybe(stride=d.spatial(2, 1, 3))
    d.give((*d.batch(), *d.sizes(1, 1, 3), *d.sizes(2, 2, 7)))


def pixel_shuffle(d: Draw) -> None:
    r = d.int(1, 3)
    d.set(upscale_factor=r)
    d.give((*d.shape(0, 2, 3), r * r * d.int(1, 2), *d.sizes(2, 1, 4)))


def pixel_unshuffle(d: Draw) -> None:
    r = d.int(1, 3)
    d.set(downscale_factor=r)
    d.give((*d.shape(0, 2, 3), d.int(1, 2), r * d.int(1, 3), r * d.int(1, 3)))


def channel_shuffle(d: Draw) -> None:
    groups = d.int(1, 4)
    d.set(groups=groups)
    d.give((*d.sizes(1, 1, 3), groups * d.int(1, 3), *d.shape(1, 3)))


MODES = {1: ("nearest", "linear"), 2: ("nearest", "bilinear", "bicubic"), 3: ("nearest", "trilinear")}


def upsample(d: Draw) -> None:
    n = d.int(1, 3)
    mode = d.pick(*MODES[n], "nearest", "area", "nearest-exact") if d.chance(0.9) else d.pick("linear", "bicubic")
    d.maybe(0.9 if mode != "nearest" else 0.5, mode=mode)
    resize(d, n)
    if mode.endswith(("linear", "cubic")) or d.chance(0.1):
        d.maybe(align_corners=d.pick(True, False))
    d.leave("align_corners")


def resize(d: Draw, n: int) -> None:
    if d.chance(0.5):
        d.set(size=d.spatial(n, 1, 8))
    else:
        d.set(scale_factor=d.pick(2, 1.5, 0.7, 3, 1.3, 2.0, tuple(d.pick(2.0, 1.6, 0.6) for _ in range(n))))
        if "recompute_scale_factor" in d.kinds:
            d.maybe(0.3, recompute_scale_factor=d.pick(True, False, None))
    d.leave("size", "scale_factor", "recompute_scale_factor")
    d.give((*d.sizes(1, 1, 3), *d.sizes(1, 1, 3), *d.sizes(n, 1, 6)))


def upsample_2d(d: Draw) -> None:
    resize(d, 2)


def pair(d: Draw, alike: float = 0.6) -> None:
    """Two tensors that broadcast."""
    shape = d.shape(0, 4)
    d.give(shape, shape if d.chance(alike) else tuple(1 if d.chance(0.3) else v for v in shape[d.int(0, len(shape)) :]))
    if d.chance(0.3):
        d.inputs.reverse()


def similarity(d: Draw) -> None:
    pair(d)
    d.maybe(dim=axis(d, max(len(x.shape) for x in d.inputs)))


# ---------------------------------------------------------------- recurrent, attention


def recurrent(d: Draw, cell: str) -> None:
    inner, hidden, layers = d.int(1, 4), d.int(1, 4), d.pick(1, 1, 2, 3)
    first, both = d.chance(0.5), d.chance(0.5)
    d.set(input_size=inner, hidden_size=hidden)
    d.maybe(num_layers=layers) if layers == 1 else d.set(num_layers=layers)
    d.args.update({k: True for k, v in (("batch_first", first), ("bidirectional", both)) if v})
    d.maybe(0.3, dropout=d.pick(0.0, 0.2, 1.0))
    d.maybe(0.3, bias=d.pick(True, False))
    projected = d.int(1, hidden - 1) if cell == "LSTM" and hidden > 1 and d.chance(0.4) else 0
    if projected:
        d.set(proj_size=projected)
    if cell == "RNN":
        d.maybe(0.5, nonlinearity=d.pick("tanh", "relu"))
    d.leave("batch_first", "bidirectional", "proj_size", "num_layers", "bias", "dropout", "nonlinearity")
    batch, length = d.pick((), (1,), (2,), (3,)), d.int(1, 4)
    d.give((length, inner) if not batch else (*batch, length, inner) if first else (length, *batch, inner))
    if d.chance(0.5):
        state = (layers * (2 if both else 1), *batch)
        d.give((*state, projected or hidden), *([(*state, hidden)] if cell == "LSTM" else []))


def recurrent_cell(d: Draw, cell: str) -> None:
    inner, hidden, batch = d.int(1, 4), d.int(1, 4), d.batch()
    d.set(input_size=inner, hidden_size=hidden)
    d.maybe(0.3, bias=d.pick(True, False))
    if cell == "RNN":
        d.maybe(0.5, nonlinearity=d.pick("tanh", "relu"))
    d.leave("bias", "nonlinearity")
    d.give((*batch, inner))
    if d.chance(0.6):
        d.give(*[(*batch, hidden)] * (2 if cell == "LSTM" else 1))


def attention(d: Draw) -> None:
    heads = d.int(1, 3)
    width, batch = heads * d.int(1, 3), d.pick((), (1,), (2,), (2,))
    source, target = d.int(1, 4), d.int(1, 4)
    first = d.chance(0.5)
    d.set(embed_dim=width, num_heads=heads)
    key, value = d.pick(width, d.int(1, 5)), d.pick(width, d.int(1, 5))
    d.args.update({k: v for k, v in (("kdim", key), ("vdim", value)) if v != width})
    d.args.update({"batch_first": True} if first else {})
    d.leave("kdim", "vdim", "batch_first", "dropout", "need_weights", "average_attn_weights")
    d.maybe(0.3, dropout=d.pick(0.0, 0.5))
    if "need_weights" in d.kinds:
        d.maybe(0.3, need_weights=d.pick(True, False))
    if "average_attn_weights" in d.kinds:
        d.maybe(0.3, average_attn_weights=d.pick(True, False))

    def sequence(length: int, features: int) -> tuple[int, ...]:
        return (*batch, length, features) if first or not batch else (length, *batch, features)

    d.give(sequence(target, width), sequence(source, key), sequence(source, value))


def transformer(d: Draw, inputs: int, whole: bool = False) -> None:
    heads = d.int(1, 2)
    width, batch = heads * d.int(1, 3), d.pick((), (1,), (2,), (2,))
    d.set(d_model=width, nhead=heads, dim_feedforward=d.int(1, 4))
    if whole:
        d.set(num_encoder_layers=d.pick(1, 1, 0, 2), num_decoder_layers=d.pick(1, 1, 0, 2))
    d.maybe(0.2, dropout=d.pick(0.0, 0.3, 1.0))
    d.maybe(0.3, activation=d.pick("relu", "gelu"))
    first = d.chance(0.5)
    d.args.update({"batch_first": True} if first else {})
    d.leave("batch_first", "custom_encoder", "custom_decoder", "num_encoder_layers", "num_decoder_layers")
    for _ in range(inputs):
        length = d.int(1, 4)
        d.give((*batch, length, width) if first or not batch else (length, *batch, width))


def transformer_stack(d: Draw, inputs: int) -> None:
    """The layer's own arguments, or the layer as code."""
    transformer(d, inputs)
    d.set(num_layers=d.int(1, 3))
    if d.chance(0.3):
        own = {k: d.args.pop(k) for k in list(d.args) if k != "num_layers"}
        stem = ("encoder", "decoder")[inputs - 1]
        slot, kind = f"{stem}_layer", f"Transformer{stem.capitalize()}Layer"
        d.set(**{slot: f"nn.{kind}({', '.join(f'{k}={v!r}' for k, v in own.items())})"})
        d.leave(*d.kinds)
    d.leave("norm", "encoder_layer", "decoder_layer", "layer_norm_eps")
    d.maybe(0.3, norm=f"nn.LayerNorm({d.inputs[0].shape[-1]})")


# ---------------------------------------------------------------- functions


def two(d: Draw) -> None:
    d.leave("other")
    if "alpha" in d.kinds:
        d.maybe(0.2, alpha=d.pick(1, 2))
    d.leave("rounding_mode", "out")
    pair(d, 0.4)


def matmul(d: Draw) -> None:
    a, b, c = d.sizes(3, 1, 4)
    lead = d.shape(0, 2, 3)
    left = d.pick((b,), (a, b), (*lead, a, b), (*lead, a, b))
    right = d.pick((b,), (b, c), (*lead, b, c), (*(1 if d.chance(0.3) else v for v in lead), b, c))
    d.give(left, right)


def bmm(d: Draw) -> None:
    n, a, b, c = d.sizes(4, 1, 4)
    d.give((n, a, b), (n, b, c))


def cat(d: Draw) -> None:
    shape = d.shape(1, 4)
    dim = axis(d, len(shape))
    at = dim % len(shape)
    d.maybe(0.9 if at else 0.5, dim=dim)
    for _ in range(d.int(1, 3)):
        d.give((*shape[:at], *d.sizes(1, 1, 4), *shape[at + 1 :]) if "dim" in d.args else shape)
    if d.chance(0.05):
        d.give((0,))


def stack(d: Draw) -> None:
    shape = d.shape(0, 3)
    d.maybe(0.8, dim=axis(d, len(shape), 1))
    d.give(*[shape] * d.int(1, 3))


def reshape(d: Draw) -> None:
    shape = d.shape(1, 4)
    target = list(shape)
    d.rng.shuffle(target)
    if len(target) > 1 and d.chance(0.5):
        target = [target[0] * target[1], *target[2:]]
    if d.chance(0.4):
        target[d.int(0, len(target) - 1)] = -1
    d.set(shape=tuple(target))
    d.give(shape)


def permute(d: Draw) -> None:
    shape = d.shape(1, 4)
    dims = list(range(len(shape)))
    d.rng.shuffle(dims)
    d.set(dims=tuple(v - len(shape) if d.chance(0.2) else v for v in dims))
    d.give(shape)


def transpose(d: Draw) -> None:
    shape = d.shape(0, 4)
    d.set(dim0=axis(d, len(shape)), dim1=axis(d, len(shape)))
    d.give(shape)


def squeeze(d: Draw) -> None:
    shape = tuple(1 if d.chance(0.5) else v for v in d.shape(0, 4))
    d.maybe(0.7, dim=axis(d, len(shape)) if d.chance(0.8) else (0, -1))
    d.give(shape)


def unsqueeze(d: Draw) -> None:
    shape = d.shape(0, 4)
    d.set(dim=axis(d, len(shape), 1))
    d.give(shape)


def expand(d: Draw) -> None:
    size = d.shape(0, 4)
    cut = size[d.int(0, len(size)) :]
    d.set(**{d.pick(*[k for k in ("sizes", "size") if k in d.kinds]): tuple(-1 if d.chance(0.15) else v for v in size)})
    d.leave("sizes", "size")
    d.give(tuple(1 if d.chance(0.4) else v for v in cut))


def chunk(d: Draw) -> None:
    shape = d.shape(1, 4, 7)
    d.set(chunks=d.int(1, 5))
    d.maybe(dim=axis(d, len(shape)))
    d.give(shape)


def split(d: Draw) -> None:
    shape = d.shape(1, 3, 7)
    dim = axis(d, len(shape))
    d.maybe(0.7, dim=dim)
    n = shape[d.args.get("dim", 0) % len(shape)]
    first = d.int(0, n)
    names = [k for k in ("split_size_or_sections", "split_size") if k in d.kinds]
    d.set(**{d.pick(*names): d.int(1, 5) if d.chance(0.5) else (first, n - first)})
    d.leave(*names)
    d.give(shape)


def reduce(d: Draw) -> None:
    shape = d.shape(0, 4)
    rank = max(len(shape), 1)
    many = tuple(d.rng.sample(range(-rank, 0), d.int(1, rank)))
    d.maybe(0.8, dim=axis(d, len(shape)) if d.chance(0.6) else many)
    if "dim" in d.args or d.chance(0.1):
        d.maybe(keepdim=d.pick(True, False))
    d.leave("keepdim", "dtype")
    d.give(shape)


def maximum(d: Draw) -> None:
    if d.chance(0.25):
        return pair(d)
    shape = d.shape(0, 4)
    d.maybe(0.8, dim=axis(d, len(shape)))
    if "dim" in d.args:
        d.maybe(keepdim=d.pick(True, False))
    d.leave("keepdim")
    d.give(shape)


def functional_pad(d: Draw) -> None:
    shape = d.shape(2, 5)
    mode = d.pick("constant", "constant", "reflect", "replicate", "circular")
    n = d.int(1, min(3, len(shape))) if mode == "constant" or d.chance(0.3) else max(1, len(shape) - 2)
    d.set(pad=tuple(d.int(-1 if d.chance(0.2) else 0, 2) for _ in range(2 * n)))
    d.maybe(0.9 if mode != "constant" else 0.3, mode=mode)
    d.leave("value")
    d.give(shape)


def interpolate(d: Draw) -> None:
    upsample(d)
    d.maybe(0.1, antialias=True) if "antialias" in d.kinds else None


def dot_attention(d: Draw) -> None:
    lead, target, source = d.shape(0, 2, 3), d.int(1, 4), d.int(1, 4)
    e, v = d.int(1, 4), d.int(1, 4)
    d.leave("dropout_p", "is_causal", "scale", "enable_gqa", "attn_mask")
    d.give((*lead, target, e), (*lead, source, e), (*lead, source, v))
    if d.chance(0.25):
        d.give(d.pick((target, source), (*lead, target, source), (source,)))
    elif "is_causal" in d.kinds:
        d.maybe(0.3, is_causal=True)


def slice_(d: Draw) -> None:
    shape = d.shape(1, 4, 7)
    d.maybe(0.8, dim=axis(d, len(shape)))
    d.maybe(0.7, start=d.int(-5, 6))
    d.maybe(0.7, end=d.int(-5, 8))
    d.maybe(0.4, step=d.int(1, 3))
    d.give(shape)


def select(d: Draw) -> None:
    shape = d.shape(1, 4)
    dim = axis(d, len(shape))
    n = shape[dim] if -len(shape) <= dim < len(shape) else 1
    d.set(dim=dim, index=axis(d, n))
    d.give(shape)


def roll(d: Draw) -> None:
    shape = d.shape(1, 4)
    if d.chance(0.5):
        d.set(shifts=d.int(-3, 3))
        d.maybe(0.6, dims=axis(d, len(shape)))
    else:
        k = d.int(1, len(shape))
        d.set(shifts=tuple(d.int(-3, 3) for _ in range(k)), dims=tuple(range(k)))
    d.give(shape)


EQUATIONS = ("ij,jk->ik", "bij,bjk->bik", "ij->ji", "ii->i", "i,j->ij", "bhqd,bhkd->bhqk", "...ij,...jk->...ik",
             "ij,ij", "ijk->", "bn,anm,bm->ba", "b...->...")  # fmt: skip


def einsum(d: Draw) -> None:
    equation = d.pick(*EQUATIONS)
    size = {letter: d.int(1, 4) for letter in "abdhijkmnq"}
    dots = d.shape(0, 2, 3)
    d.set(equation=equation)
    for term in equation.split("->")[0].split(","):
        head, *tail = term.split("...")
        d.give([size[v] for v in head] + ([*dots, *(size[v] for v in tail[0])] if tail else []))


def source(d: Draw) -> None:
    shape = d.shape(0, 4)
    d.set(shape=(*shape, -1) if d.chance(0.12) else shape)


# ---------------------------------------------------------------- the table


def per_rank(
    template: str, hook: Callable[..., None], ranks: Sequence[int] = (1, 2, 3), **more: Any
) -> dict[str, Hook]:
    return {template.format(n): partial(hook, n=n, **more) for n in ranks}


HOOKS: dict[str, Hook] = {
    **per_rank("Conv{}d", conv),
    **per_rank("LazyConv{}d", conv, lazy=True),
    **per_rank("ConvTranspose{}d", conv_transpose),
    **per_rank("LazyConvTranspose{}d", conv_transpose, lazy=True),
    **per_rank("MaxPool{}d", pool),
    **per_rank("AvgPool{}d", pool),
    **per_rank("LPPool{}d", lp_pool),
    **per_rank("AdaptiveAvgPool{}d", adaptive_pool),
    **per_rank("AdaptiveMaxPool{}d", adaptive_pool),
    **per_rank("FractionalMaxPool{}d", fractional_pool, (2, 3)),
    **per_rank("MaxUnpool{}d", unpool),
    **per_rank("ReflectionPad{}d", pad),
    **per_rank("ReplicationPad{}d", pad),
    **per_rank("CircularPad{}d", pad),
    **per_rank("ConstantPad{}d", pad, any_rank=True),
    **per_rank("ZeroPad{}d", pad, any_rank=True),
    **per_rank("BatchNorm{}d", norm),
    **per_rank("LazyBatchNorm{}d", norm, lazy=True),
    **per_rank("InstanceNorm{}d", norm, batched=False),
    **per_rank("LazyInstanceNorm{}d", norm, lazy=True, batched=False),
    **per_rank("Dropout{}d", feature_dropout),
    "SyncBatchNorm": sync_norm,
    "GroupNorm": group_norm,
    "LayerNorm": layer_norm,
    "RMSNorm": layer_norm,
    "LocalResponseNorm": local_response_norm,
    "CrossMapLRN2d": local_response_norm,
    "Linear": linear,
    "LazyLinear": partial(linear, lazy=True),
    "Bilinear": bilinear,
    "Dropout": dropout,
    "AlphaDropout": dropout,
    "FeatureAlphaDropout": dropout,
    "Softmax": along,
    "Softmin": along,
    "LogSoftmax": along,
    "Softmax2d": softmax2d,
    "Softshrink": lambd,
    "Hardtanh": hardtanh,
    "RReLU": rrelu,
    "PReLU": prelu,
    "GLU": glu,
    "Embedding": embedding,
    "EmbeddingBag": embedding_bag,
    "Flatten": flatten,
    "Unflatten": unflatten,
    "Fold": fold,
    "Unfold": unfold,
    "PixelShuffle": pixel_shuffle,
    "PixelUnshuffle": pixel_unshuffle,
    "ChannelShuffle": channel_shuffle,
    "Upsample": upsample,
    "UpsamplingNearest2d": upsample_2d,
    "UpsamplingBilinear2d": upsample_2d,
    "CosineSimilarity": similarity,
    "PairwiseDistance": pair,
    "RNN": partial(recurrent, cell="RNN"),
    "LSTM": partial(recurrent, cell="LSTM"),
    "GRU": partial(recurrent, cell="GRU"),
    "RNNCell": partial(recurrent_cell, cell="RNN"),
    "LSTMCell": partial(recurrent_cell, cell="LSTM"),
    "GRUCell": partial(recurrent_cell, cell="GRU"),
    "MultiheadAttention": attention,
    "TransformerEncoderLayer": partial(transformer, inputs=1),
    "TransformerDecoderLayer": partial(transformer, inputs=2),
    "TransformerEncoder": partial(transformer_stack, inputs=1),
    "TransformerDecoder": partial(transformer_stack, inputs=2),
    "Transformer": partial(transformer, inputs=2, whole=True),
    "add": two,
    "sub": two,
    "mul": two,
    "div": two,
    "matmul": matmul,
    "bmm": bmm,
    "cat": cat,
    "stack": stack,
    "reshape": reshape,
    "view": reshape,
    "permute": permute,
    "transpose": transpose,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "expand": expand,
    "chunk": chunk,
    "split": split,
    "unbind": along,
    "mean": reduce,
    "sum": reduce,
    "amax": reduce,
    "max": maximum,
    "pad": functional_pad,
    "interpolate": interpolate,
    "scaled_dot_product_attention": dot_attention,
    "slice": slice_,
    "select": select,
    "roll": roll,
    "einsum": einsum,
    "parameter": source,
    "constant": source,
}


# ---------------------------------------------------------------- from the descriptors


def ordinary(d: Draw, param: Any) -> Any:
    """A value that the descriptor allows."""
    kind = type(param).__name__
    if kind == "Bool":
        return d.chance(0.5)
    if kind == "Choice":
        return d.pick(*param.values)
    if kind == "Float":
        lo = 0.0 if param.lo is None else param.lo
        return d.pick(lo, lo + 0.25, lo + 1) if param.hi is None else d.pick(lo, (lo + param.hi) / 2, param.hi)
    if kind in ("Int", "Count", "IntOrInts", "Ints"):
        lo = 1 if param.lo is None else param.lo
        return d.int(lo, lo + 3)
    if kind in ("Spatial", "Padding", "AdaptiveSize"):
        return d.spatial(param.n, 1 if param.lo is None else param.lo, 3)
    return param.default


def spoilt(d: Draw, param: Any, value: Any) -> Any:
    """A value at or past the edge of what the descriptor allows."""
    kind = type(param).__name__
    if isinstance(value, bool) or kind == "Bool":
        return not value
    if kind == "Choice":
        return d.pick("bogus", *param.values)
    if isinstance(value, str) and kind not in ("Padding", "Choice"):
        return value
    if isinstance(value, (tuple, list)):
        return spoilt_tuple(d, list(value))
    if kind == "Float":
        return d.pick(-0.1, 0, 1, 1.5, -1, 2)
    if kind in ("Spatial", "Padding", "AdaptiveSize"):
        many = tuple(d.int(1, 3) for _ in range(param.n + d.pick(-1, 1, 0)))
        return d.pick(0, -1, many, many, d.int(4, 9), *(["same", "full"] if kind == "Padding" else []))
    number = value if isinstance(value, int) else 1
    return d.pick(0, -1, number + 1, number + 1, number - 1, number + 2, 2 * number, -number, 1.5)


def spoilt_tuple(d: Draw, items: list[Any]) -> tuple[Any, ...]:
    how = d.int(0, 4)
    if how == 0 or not items:
        items.append(d.int(0, 2))
    elif how == 1:
        items.pop()
    else:
        at = d.int(0, len(items) - 1)
        items[at] = d.pick(0, -1, (items[at] or 0) + 1, (items[at] or 0) * 2, -2, 5)
    return tuple(items)


def spoil_argument(d: Draw) -> None:
    names = [k for k, p in d.kinds.items() if k in d.args or k not in d.fixed]
    names = [k for k in names if type(d.kinds[k]).__name__ not in ("Bool", "Ignored", "Text") and "dtype" not in k]
    if not names:
        return spoil_input(d)
    name = d.pick(*names)
    param = d.kinds[name]
    if d.chance(0.05) and param.default is REQUIRED:
        d.args.pop(name, None)
        return None
    value = d.args.get(name, None if param.default is REQUIRED else param.default)
    d.args[name] = spoilt(d, param, value)
    return None


def spoil_input(d: Draw) -> None:
    if not d.inputs:
        return
    if d.chance(0.05):
        d.inputs.pop()
        return
    x = d.inputs[d.int(0, len(d.inputs) - 1)]
    x.shape = spoilt_shape(d, list(x.shape))


def spoilt_shape(d: Draw, shape: list[int]) -> tuple[int, ...]:
    """One axis more or less, or one size changed."""
    how = d.int(0, 9)
    if how <= 1 or not shape:
        shape.insert(d.int(0, len(shape)), d.int(1, 3))
    elif how <= 3:
        shape.pop(d.int(0, len(shape) - 1))
    else:
        at = d.int(0, len(shape) - 1)
        shape[at] = 0 if how == 4 else 1 if how == 5 else max(0, shape[at] + d.pick(-1, 1, 1, 2))
    return tuple(shape)


#: What people hand over by mistake, and what PyTorch takes all the same.
ODDITIES: tuple[Any, ...] = (
    True, False, 2.0, 1.0, 1.5, "2", "same", "valid", (), (2,), (1, 1), (1, 2), (2, 2, 2), (1, 1, 1, 1, 1),
    (True, 1), (1, None), (2.0, 2.0), ((1, 1), (1, 1)), -1, 0, float("nan"), float("inf"),
)  # fmt: skip
#: Far too much for any memory, and refused at once; only where no loop runs so often.
HUGE = (2**45, 2**62, 2**63, -(2**45), (2**45, 1), (1, 2**63))
#: Arguments that make a loop, hold a layer, or are written in another way here than in PyTorch.
UNTOUCHED = ("num_layers", "num_encoder_layers", "num_decoder_layers", "encoder_layer", "decoder_layer", "norm",
             "custom_encoder", "custom_decoder", "chunks", "activation", "upscale_factor", "shape", "size", "sizes",
             "other", "equation")  # fmt: skip
#: The one pool that takes a window of any size, and with ceil_mode walks over all of it.
WALKED = (("MaxPool1d", "kernel_size"),)
SPACIOUS = ("kernel_size", "stride", "padding", "dilation", "output_padding", "pad", "in_features", "in_channels")


def odd_argument(d: Draw, type_name: str) -> bool:
    """One argument of a kind that its descriptor does not draw: a bool or a fraction for a count, a text, a list."""
    names = [k for k, p in d.kinds.items() if type(p).__name__ not in ("Ignored", "Any_") and k not in UNTOUCHED]
    names = [k for k in names if not k.startswith("_")]
    if not names:
        return False
    name = d.pick(*names)
    huge = name in SPACIOUS and (type_name, name) not in WALKED and d.chance(0.2)
    d.args[name] = d.pick(*HUGE) if huge else d.pick(*ODDITIES)
    return True


def draw_case(name: str, cls: Any, number: int, seed: int = 0) -> Case:
    """Case `number` of a layer type; the same whenever it is asked for."""
    kinds = {p.name: p for p in cls.params_}
    d = Draw(random.Random(f"{name}/{seed}/{number}"), kinds)
    HOOKS.get(name, pointwise)(d)
    d.args = {k: v for k, v in d.args.items() if k in kinds}
    for key, param in kinds.items():
        if key in d.args or key in d.fixed or type(param).__name__ in ("Ignored", "Any_", "Text"):
            continue
        if param.default is REQUIRED or (not param.fills and d.chance(0.25)):
            d.args[key] = ordinary(d, param)
    if d.chance(0.75 if name in TOLERANT else SPOILED):
        spoil_argument(d) if d.chance(0.5) else spoil_input(d)
    odd = d.chance(ODD) and odd_argument(d, name)
    return Case(name, number, d.args, d.inputs, odd)
