"""The Transformer: its encoder and decoder layers, the stacks of them, and the whole.

In PyTorch a stack repeats a layer object. Here the layer is given as code or as a mapping, or the stack takes that
layer's arguments itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from shapecalc.algebra.dims import UNK, Dim, format_dim
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.attention import (
    MultiheadAttention,
    attend,
    axes,
    check_batch,
    check_features,
    check_heads,
    report_rank,
)
from shapecalc.layers.context import Context
from shapecalc.layers.inference import count, fill, shapes_of
from shapecalc.layers.kinds import SEQUENCE
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.layer_arguments import Activation, LayerArg
from shapecalc.layers.params import Bool, Count, Float, Ignored, Int

T = TypeVar("T")

#: More layers than this are a slip, and would take long to list.
MOST_LAYERS = 10_000

# Encoder and decoder layers. -----------------------------------------------------------------------------------------


def prefixed(prefix: str, tensors: Mapping[str, Shape]) -> dict[str, Shape]:
    return {f"{prefix}.{name}": shape for name, shape in tensors.items()}


class Block(Layer, abstract=True, kinds=SEQUENCE):
    """What encoder and decoder layers share: attentions, a feed-forward part, and a norm for each of them."""

    sequence = True
    main = "nhead"
    attentions: tuple[str, ...] = ("self_attn",)

    d_model = Count(fills=True, lo=1, help="features of the input and of the output")
    nhead = Int(lo=1, help="heads of each attention; divides d_model")
    dim_feedforward = Count(2048, lo=0, help="features inside the feed-forward part")
    dropout = Float(0.1, lo=0, hi=1, help="probability of each dropout")
    activation = Activation("relu", help="activation inside the feed-forward part")
    layer_norm_eps = Float(1e-5, help="eps of the layer norms")
    batch_first = Bool(False, help="input and output are (N, L, E) instead of (L, N, E)")
    norm_first = Bool(False, help="normalize before each part instead of after it")
    bias = Bool(True, help="learn the biases of projections, linear layers and norms")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"d_model": xs[0][-1]}

    def construct(self, ctx: Context) -> None:
        check_heads(ctx, self, "d_model", "nhead")

    def check_input(self, ctx: Context, x: Shape) -> bool:
        """Rank and features of the sequence that runs through."""
        if len(x) not in (2, 3):
            report_rank(ctx, self, x, self.d_model)
            return False
        return check_features(ctx, self, x, self.d_model, "d_model", "input") and self.check_activation(ctx, x)

    def check_activation(self, ctx: Context, x: Shape) -> bool:
        """A layer as activation must keep the shape, since linear2 reads dim_feedforward features."""
        if not isinstance(self.activation, Layer):
            return True
        inside = (*x[:-1], self.dim_feedforward)
        tried = Context()
        (y, *_), inner = run(self.activation, tried, inside)
        bad = tried.failed or (y is not None and not ctx.equal(y[-1], self.dim_feedforward))
        if bad:
            makes = f"it makes {format_shape(y)} of {format_shape(inside)}"
            why = tried.problems[0].message if tried.problems else makes
            ctx.error(
                "shape-mismatch",
                f"{inner.type} does not fit as the activation: {why}",
                at="activation",
                note=f"it stands between linear1 and linear2, on {format_dim(self.dim_feedforward)} features",
            )
        return not bad

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        raise NotImplementedError

    def attention(self) -> MultiheadAttention:
        return MultiheadAttention(
            embed_dim=self.d_model, num_heads=self.nhead, bias=self.bias, batch_first=self.batch_first
        )

    def salvage(self, *xs: Shape) -> Shape:
        return xs[0]

    def guess(self) -> Shape | None:
        return batched(self.d_model)

    def weights(self) -> dict[str, Shape]:
        size, inner = self.d_model, self.dim_feedforward
        found: dict[str, Shape] = {}
        for name in self.attentions:
            found |= prefixed(name, self.attention().weights())
        found |= self.affine("linear1", (inner, size), inner) | self.affine("linear2", (size, inner), size)
        for k in range(len(self.attentions) + 1):
            found |= self.affine(f"norm{k + 1}", (size,), size)
        if isinstance(self.activation, Layer):
            found |= prefixed("activation", self.activation.weights())
        return found

    def affine(self, name: str, weight: Shape, bias: Dim) -> dict[str, Shape]:
        found: dict[str, Shape] = {f"{name}.weight": weight}
        return found | {f"{name}.bias": (bias,)} if self.bias else found

    def feedforward_macs(self, x: Shape) -> Dim:
        length, batch = axes(x, self.batch_first)
        rows = length if batch is None else length * batch
        return 2 * rows * self.d_model * self.dim_feedforward

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def arguments(self) -> dict[str, Any]:
        return plain_layers(super().arguments())

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        return explain_parts(self, xs, self.attentions)


def plain_layers(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as data: a layer becomes its long form."""
    return {k: {"type": v.type, **v.arguments()} if isinstance(v, Layer) else v for k, v in arguments.items()}


def run(layer: Layer, ctx: Context, *xs: Shape) -> tuple[Shapes, Layer]:
    """Output shapes of a layer inside another one, and that layer with what the inputs fix filled in."""
    filled = fill(layer, xs)
    before = len(ctx.problems)
    filled.construct(ctx)
    if any(p.severity == "error" for p in ctx.problems[before:]):
        return shapes_of(filled.guess()), filled
    return shapes_of(filled.output(ctx, *xs)), filled


def relay(ctx: Context, check: Callable[[Context], T], slot: str | None, inputs: bool = False) -> T:
    """The result of a check of a layer inside another one, whose problems are reported as those of the outer one.

    They stand at `slot`, the argument that holds the inner layer; without it, or if they are about its inputs and
    `inputs` says that these are the outer ones too, they stay where they are.
    """
    inner = Context()
    result = check(inner)
    for p in inner.problems:
        stays = slot is None or (inputs and str(p.at).startswith("input"))
        report = ctx.error if p.severity == "error" else ctx.warning
        if stays:
            at: Any = p.at
            report(p.rule, p.message, at, p.note, p.help, p.replace)
        else:
            report(p.rule, f"{slot}: {p.message}", slot, p.note, p.help)
    for condition in inner.conditions:
        ctx.need(None, condition)
    return result


def explain_parts(layer: Layer, xs: Shapes, names: Sequence[str]) -> list[str]:
    """Parameters by part: what comes before the last dot of a weight's name, attentions as one."""
    try:
        sums: dict[str, Dim] = {}
        for name, shape in layer.weights().items():
            part = next((p for p in names if name.startswith(p + ".")), name.rpartition(".")[0])
            sums[part] = sums.get(part, 0) + numel(shape)
    except TypeError:  # a size that is not known yet
        return []
    lines = [f"{part}: {format_dim(n)}" for part, n in sums.items()]
    total: Dim = 0
    for n in sums.values():
        total = total + n
    done = [f"params = {' + '.join(format_dim(n) for n in sums.values())} = {format_dim(total)}"]
    if xs and all(x is not None and len(x) in (2, 3) for x in xs):
        done.append(f"MACs = {format_dim(layer.macs(xs, ()))}")
    return lines + done


class TransformerEncoderLayer(Block):
    """Self-attention and a feed-forward part, each with a residual connection and a layer norm.

    Shape: `(L, N, d_model) -> (L, N, d_model)`, with batch_first `(N, L, d_model)`, also without the N. Parameters:
    `4*E*E + 4*E` of the attention, `2*E*F + F + E` of the two linear layers, `2*2*E` of the norms (F =
    dim_feedforward).
    """

    examples = (
        Example(
            {"d_model": 16, "nhead": 4, "dim_feedforward": 32, "batch_first": True},
            [(2, 5, 16)],
            [(2, 5, 16)],
            params=2224,
            macs=22080,
        ),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        return xs[0] if self.check_input(ctx, xs[0]) else settle(xs[0], self.d_model)

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        x = xs[0]
        assert x is not None
        return attend(self.d_model, self.batch_first, x, x) + self.feedforward_macs(x)


class TransformerDecoderLayer(Block):
    """Self-attention, attention over the encoder's output (the memory) and a feed-forward part.

    Shape: `target (T, N, d_model), memory (S, N, d_model) -> (T, N, d_model)`, with batch_first `(N, T, d_model)` and
    `(N, S, d_model)`, also without the N. Parameters: `2*(4*E*E + 4*E)` of the attentions, `2*E*F + F + E` of the two
    linear layers, `3*2*E` of the norms (F = dim_feedforward).
    """

    arity = (2, 2)
    attentions = ("self_attn", "multihead_attn")
    examples = (
        Example(
            {"d_model": 16, "nhead": 4, "dim_feedforward": 32},
            [(5, 2, 16), (7, 2, 16)],
            [(5, 2, 16)],
            params=3344,
            macs=36608,
        ),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        target, memory = xs
        if not self.check_input(ctx, target):
            return settle(target, self.d_model)
        if len(memory) != len(target):
            ctx.error(
                "rank-mismatch",
                f"the memory must have as many axes as the target {format_shape(target)}, got {format_shape(memory)}",
                at="input.1",
            )
        elif check_features(ctx, self, memory, self.d_model, "memory", "input.1"):
            check_batch(ctx, self, target, memory, "memory", "input.1")
        return target

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        target, memory = xs[0], xs[1]
        assert target is not None and memory is not None
        first = attend(self.d_model, self.batch_first, target, target)
        return first + attend(self.d_model, self.batch_first, target, memory) + self.feedforward_macs(target)


def batched(size: Dim | None) -> Shape:
    """A sequence of which only the features are known, if they are."""
    return (UNK, UNK, UNK if size is None else size)


def settle(x: Shape, size: Dim) -> Shape | None:
    """The best guess after a wrong input: its own axes with the declared features."""
    return (*x[:-1], size) if len(x) in (2, 3) else None


# Stacks. -------------------------------------------------------------------------------------------------------------

#: Arguments of the layers that a stack takes for itself when it is not given a layer.
OWN = (
    "d_model",
    "nhead",
    "dim_feedforward",
    "dropout",
    "activation",
    "layer_norm_eps",
    "batch_first",
    "norm_first",
    "bias",
)


class Stack(Layer, abstract=True, kinds=SEQUENCE):
    """`num_layers` equal encoder or decoder layers and a norm after them."""

    sequence = True
    main = "num_layers"
    block: type[Block] = TransformerEncoderLayer
    slot = "encoder_layer"

    num_layers = Int(lo=1, hi=MOST_LAYERS, help="how often the layer is repeated")
    norm = LayerArg(None, help="a norm after the last layer")
    d_model = Count(fills=True, lo=1, help="features; instead of a layer")
    nhead = Int(None, lo=1, help="heads; instead of a layer")
    dim_feedforward = Count(2048, lo=0, help="features inside the feed-forward part; instead of a layer")
    dropout = Float(0.1, lo=0, hi=1, help="probability of each dropout; instead of a layer")
    activation = Activation("relu", help="activation of the feed-forward part; instead of a layer")
    layer_norm_eps = Float(1e-5, help="eps of the layers' norms; instead of a layer")
    batch_first = Bool(False, help="input and output are (N, L, E); instead of a layer")
    norm_first = Bool(False, help="normalize before each part; instead of a layer")
    bias = Bool(True, help="learn biases; instead of a layer")

    @property
    def given_block(self) -> Any:
        return self.__dict__[self.slot]

    @property
    def place(self) -> str | None:
        """Where problems of the repeated layer's arguments stand; None: at the stack's own."""
        return None if self.given_block is None else self.slot

    def layer(self) -> Block:
        """The layer that is repeated: the one given, or one of the stack's own arguments."""
        given: Block | None = self.given_block
        if given is not None:
            return given if given.d_model is not None else given.filled({"d_model": self.d_model})
        values = {name: self.__dict__[name] for name in OWN}
        inner = self.block({name: v for name, v in values.items() if name in self.__dict__["given"] or v is not None})
        inner.__dict__["given"] = frozenset(name for name in OWN if name in self.__dict__["given"])
        return inner

    def fill(self, *xs: Shape) -> dict[str, Any]:
        return {"d_model": xs[0][-1]}

    def construct(self, ctx: Context) -> None:
        own = [name for name in OWN if name in self.__dict__["given"]]
        if self.given_block is not None:
            if own:
                ctx.error(
                    "invalid-argument",
                    f"{own[0]} belongs into {self.slot} when that is given",
                    at=own[0],
                    help=f"write it as an argument of the {self.block.type}, or leave {self.slot} out",
                )
            else:
                relay(ctx, self.layer().construct, self.slot)
        elif self.nhead is None:
            ctx.error(
                "missing-argument",
                f"{self.type} needs {self.slot} or nhead",
                help=f"add `nhead: ...`, or `{self.slot}: nn.{self.block.type}(512, 8)`",
            )
        else:
            self.layer().construct(ctx)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        layer = self.layer()
        y = relay(ctx, lambda inner: layer.output(inner, *xs), self.place, inputs=True)
        if self.norm is None or y is None or ctx.failed:
            return y
        shapes, _ = relay(ctx, lambda inner: run(self.norm, inner, y), "norm")
        return shapes[0]

    def salvage(self, *xs: Shape) -> Shape:
        return xs[0]

    def guess(self) -> Shape | None:
        return None if self.norm is not None else batched(self.layer().d_model)

    def weights(self) -> dict[str, Shape]:
        one = self.layer().weights()
        found: dict[str, Shape] = {}
        for k in range(self.num_layers):
            found |= prefixed(f"layers.{k}", one)
        if self.norm is not None:
            found |= prefixed("norm", fill(self.norm, ((1, 1, self.layer().d_model),)).weights())
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        total = self.num_layers * self.layer().macs(xs, ys)
        if self.norm is None:
            return total
        assert xs[0] is not None
        (y, *_), norm = run(self.norm, Context(), xs[0])
        return total + norm.macs((xs[0],), (y,))

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def arguments(self) -> dict[str, Any]:
        found = plain_layers(super().arguments())
        if self.given_block is not None:
            found.pop("d_model", None)
        return found

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = [f"{self.num_layers} layers, each:", *explain_parts(self.layer(), xs, self.block.attentions)]
        total, one = count(self, self.weights), count(self.layer(), self.layer().weights)
        if total is UNK or one is UNK:
            return lines
        norm = "" if self.norm is None else f" + {format_dim(total - self.num_layers * one)} of the norm"
        return [*lines, f"params of the stack = {self.num_layers}*{format_dim(one)}{norm} = {format_dim(total)}"]


class TransformerEncoder(Stack):
    """A stack of `num_layers` encoder layers, with an optional norm after them.

    Shape: `(L, N, d_model) -> (L, N, d_model)`, with batch_first `(N, L, d_model)`, also without the N. The layer is
    given as in PyTorch (`encoder_layer`: code such as `nn.TransformerEncoderLayer(512, 8)`, or a mapping), or by its
    own arguments, written beside num_layers. Parameters: `num_layers` times the layer's.
    """

    main = "num_layers"
    order = ("encoder_layer", "num_layers", "norm", "enable_nested_tensor", "mask_check", *OWN)
    encoder_layer = LayerArg(None, only="TransformerEncoderLayer", help="the layer that is repeated")
    enable_nested_tensor = Bool(True, help="a speed-up in inference; no effect on shapes")
    mask_check = Bool(True, help="part of that speed-up; no effect on shapes")
    examples = (
        Example(
            {"d_model": 16, "nhead": 4, "dim_feedforward": 32, "num_layers": 2},
            [(5, 2, 16)],
            [(5, 2, 16)],
            params=4448,
            macs=44160,
        ),
    )


class TransformerDecoder(Stack):
    """A stack of `num_layers` decoder layers, with an optional norm after them.

    Shape: `target (T, N, d_model), memory (S, N, d_model) -> (T, N, d_model)`, with batch_first the N comes first;
    also without the N. The layer is given as in PyTorch (`decoder_layer`: code such as
    `nn.TransformerDecoderLayer(512, 8)`, or a mapping), or by its own arguments, written beside num_layers.
    Parameters: `num_layers` times the layer's.
    """

    main = "num_layers"
    arity = (2, 2)
    block = TransformerDecoderLayer
    slot = "decoder_layer"
    order = ("decoder_layer", "num_layers", "norm", *OWN)
    decoder_layer = LayerArg(None, only="TransformerDecoderLayer", help="the layer that is repeated")
    examples = (
        Example(
            {"d_model": 16, "nhead": 4, "dim_feedforward": 32, "num_layers": 2},
            [(5, 2, 16), (7, 2, 16)],
            [(5, 2, 16)],
            params=6688,
            macs=73216,
        ),
    )


# The whole Transformer. ----------------------------------------------------------------------------------------------


class Transformer(Layer, kinds=SEQUENCE):
    """Encoder and decoder: the source is encoded, the target decoded with it as memory; a norm ends each stack.

    Shape: `source (S, N, d_model), target (T, N, d_model) -> (T, N, d_model)`, with batch_first `(N, S, d_model)` and
    `(N, T, d_model)`, also without the N. Parameters: those of the two stacks and `2*2*E` of their norms.
    """

    sequence = True
    main = "d_model"
    arity = (2, 2)
    d_model = Count(512, lo=1, help="features of source, target and output")
    nhead = Int(8, lo=1, help="heads of each attention; divides d_model")
    num_encoder_layers = Int(6, lo=1, hi=MOST_LAYERS, help="encoder layers")
    num_decoder_layers = Int(6, lo=1, hi=MOST_LAYERS, help="decoder layers")
    dim_feedforward = Count(2048, lo=0, help="features inside the feed-forward parts")
    dropout = Float(0.1, lo=0, hi=1, help="probability of each dropout")
    activation = Activation("relu", help="activation inside the feed-forward parts")
    custom_encoder = LayerArg(None, only="TransformerEncoder", help="this encoder instead")
    custom_decoder = LayerArg(None, only="TransformerDecoder", help="this decoder instead")
    layer_norm_eps = Float(1e-5, help="eps of the layer norms")
    batch_first = Bool(False, help="input and output are (N, L, E) instead of (L, N, E)")
    norm_first = Bool(False, help="normalize before each part instead of after it")
    bias = Bool(True, help="learn the biases of projections, linear layers and norms")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")
    examples = (
        Example(
            {"d_model": 8, "nhead": 2, "num_encoder_layers": 1, "num_decoder_layers": 1, "dim_feedforward": 16},
            [(4, 3, 8), (6, 3, 8)],
            [(6, 3, 8)],
            params=1536,
            macs=22848,
        ),
    )

    def stack(self, cls: type[Stack], count: int) -> Stack:
        values = {name: self.__dict__[name] for name in OWN}
        return cls({cls.slot: cls.block(values), "num_layers": count})

    def encoder(self) -> Stack:
        return self.custom_encoder or self.stack(TransformerEncoder, self.num_encoder_layers)

    def decoder(self) -> Stack:
        return self.custom_decoder or self.stack(TransformerDecoder, self.num_decoder_layers)

    def construct(self, ctx: Context) -> None:
        if self.custom_encoder is None or self.custom_decoder is None:
            check_heads(ctx, self, "d_model", "nhead")
        for name in ("custom_encoder", "custom_decoder"):
            stack = self.__dict__[name]
            if stack is not None:
                relay(ctx, stack.construct, name)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        source, target = xs
        guess = settle(target, self.d_model)
        for k, x in enumerate(xs):
            if len(x) not in (2, 3):
                report_rank(ctx, self, x, self.d_model, f"input.{k}")
                return guess
        for k, x in enumerate(xs):
            if not check_features(ctx, self, x, self.d_model, "d_model", f"input.{k}"):
                return guess
        if len(source) != len(target):
            ctx.error(
                "rank-mismatch",
                f"source and target must have equally many axes, got {format_shape(source)} and {format_shape(target)}",
                at="input.1",
            )
            return guess
        if not check_batch(ctx, self, source, target, "target", "input.1", strict=True):
            return guess
        return self.through(ctx, source, target)

    def through(self, ctx: Context, source: Shape, target: Shape) -> Shape | None:
        encoder, decoder = self.encoder(), self.decoder()
        memory = relay(ctx, lambda inner: encoder.output(inner, source), "custom_encoder")
        if memory is None or ctx.failed:
            return settle(target, self.d_model)
        return relay(ctx, lambda inner: decoder.output(inner, target, memory), "custom_decoder")

    def salvage(self, *xs: Shape) -> Shape:
        return xs[-1]

    def guess(self) -> Shape | None:
        return batched(self.d_model)

    def weights(self) -> dict[str, Shape]:
        return self.stack_weights("encoder", self.encoder(), self.custom_encoder) | self.stack_weights(
            "decoder", self.decoder(), self.custom_decoder
        )

    def stack_weights(self, name: str, stack: Stack, custom: Stack | None) -> dict[str, Shape]:
        found = prefixed(name, stack.weights())
        if custom is None:
            found[f"{name}.norm.weight"] = (self.d_model,)
            found |= {f"{name}.norm.bias": (self.d_model,)} if self.bias else {}
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        source, target = xs[0], xs[1]
        return self.encoder().macs((source,), ()) + self.decoder().macs((target, source), ())

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def arguments(self) -> dict[str, Any]:
        return plain_layers(super().arguments())

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = []
        for name, stack in (("encoder", self.encoder()), ("decoder", self.decoder())):
            one = format_dim(count(stack.layer(), stack.layer().weights))
            lines.append(f"{name}: {stack.num_layers} layers of {one} params")
        return [*lines, f"params = {format_dim(count(self, self.weights))}, with the norm after each stack"]
