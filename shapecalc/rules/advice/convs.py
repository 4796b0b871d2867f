"""Advice about convolutions: what they leave out, what they repeat, what hardware likes."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import numel
from shapecalc.layers.kinds import (
    ACTIVATION,
    CHANNEL_NORM,
    CONVOLUTION,
    LINEAR,
    MAX_POOL,
    PASSIVE,
    POOL,
    TRANSPOSED,
)
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, argument, in_shape, is_a, label, out_shape
from shapecalc.rules.window_axes import axes, grouped, other_axes
from shapecalc.text.english import counted

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Layers that are linear in inference, or do nothing.
AFFINE: Final = PASSIVE | CHANNEL_NORM


def is_pointwise(row: Row) -> bool:
    """Is every side of the kernel 1?"""
    kernel = argument(row, "kernel_size")
    return kernel is not None and all(k == 1 for k in kernel)


@advice("conv-after-conv", "design", kinds=CONVOLUTION)
def conv_after_conv(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two convolutions with no activation between them."""
    first = graph.before(row, AFFINE)
    if first is None or not is_a(first, CONVOLUTION) or graph.only_reader(first, AFFINE) is not row:
        return
    if separable(first) or separable(row):
        return
    ins, outs = argument(first, "in_channels"), argument(first, "out_channels")
    if is_pointwise(first) and isinstance(ins, int) and isinstance(outs, int) and outs < ins:
        return
    padding = argument(row, "padding")
    padded = padding != "valid" and set(padding) != {0}
    yield Hit(
        f"`{row.name}` follows `{first.name}` with no activation between them: one {merged(first, row)} can do as much",
        row,
        notes=["except at the borders, where each of them pads"] if padded else [],
        related=[label(first)],
        help="put an activation such as `relu` between them, or keep one of the two",
    )


def merged(first: Row, row: Row) -> str:
    """The convolution that sees what two of them see: `5x5 convolution`, `3x3 convolution of dilation 2`."""
    if is_pointwise(row) and set(argument(first, "dilation")) != {1}:
        dilations = argument(first, "dilation")
        dilation = dilations[0] if len(set(dilations)) == 1 else list(dilations)
        return f"{'x'.join(map(str, argument(first, 'kernel_size')))} convolution of dilation {dilation}"
    sides = [a + (b - 1) * s for a, b, s in zip(extent(first), extent(row), argument(first, "stride"), strict=False)]
    return f"{'x'.join(map(str, sides))} convolution"


def extent(row: Row) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(argument(row, "kernel_size"), argument(row, "dilation"), strict=True)]


def separable(row: Row) -> bool:
    """Does it work on groups of channels, or along one axis only?"""
    kernel = argument(row, "kernel_size")
    return argument(row, "groups") != 1 or len(set(kernel)) > 1


@advice("strided-pointwise", "design", kinds=CONVOLUTION | POOL)
def strided_pointwise(row: Row, graph: Graph) -> Iterator[Hit]:
    """A kernel of 1 with a stride: most of the map is never read."""
    found = axes(row, graph)
    if not found or any(a.k != 1 for a in found) or all(a.s == 1 for a in found):
        return
    share = 1
    for axis in found:
        share *= axis.s
    yield Hit(
        f"a kernel of 1 with stride {found[-1].s} reads 1 of {share} positions",
        row,
        "stride",
        notes=[f"{100 - 100 / share:.0f} % of the values from the layers before it are dropped"],
        help="put an average pool before it, or let a larger kernel take the stride",
    )


@advice("uneven-overlap", "design", kinds=TRANSPOSED)
def uneven_overlap(row: Row, graph: Graph) -> Iterator[Hit]:
    """A transposed convolution whose kernel is not a multiple of its stride, which causes a checkerboard pattern."""
    if row.layer is None or row.layer.broken:
        return
    triples = list(zip(argument(row, "kernel_size"), argument(row, "stride"), argument(row, "dilation"), strict=True))
    uneven = [(k, s) for k, s, d in triples if s > 1 and k % s and gcd(s, d) == 1]
    if not uneven:
        return
    k, s = uneven[0]
    low, high = k // s, -(-k // s)
    power = len(uneven)
    yield Hit(
        f"kernel {k} is not a multiple of stride {s}: outputs alternate between sums of {low**power} to {high**power} "
        "products per channel",
        row,
        "kernel_size",
        notes=[f"on each axis {k % s} of {s} outputs get {high} products, the others {low}"],
        help=f"write `kernel_size: {high * s}` (with its padding), or upsample and use a plain convolution",
    )


@advice("even-kernel", "design", kinds=CONVOLUTION)
def even_kernel(row: Row, graph: Graph) -> Iterator[Hit]:
    """An even kernel padded as if it were odd: the size changes by one, or the map shifts by half a position."""
    same = argument(row, "padding") == "same"
    even = [a for a in axes(row, graph) if a.k % 2 == 0 and a.s == 1 and a.n is not None and a.out is not None]
    padded = [a for a in even if same or (a.p and abs((a.out or 0) - (a.n or 0)) <= a.d)]
    for group in grouped(padded)[:1]:
        axis = group[0]
        effect = f"padding {axis.p}: {axis.n} {axis.word}s become {axis.out}"
        if axis.n == axis.out:
            effect = f"padding {'same' if same else axis.p}: the map shifts by half a position"
        yield Hit(
            f"kernel {axis.k} with {effect}",
            row,
            "kernel_size",
            notes=other_axes(group),
            help=f"write a kernel of {axis.k - 1} or {axis.k + 1}",
        )


@advice("implied-stride", "design", kinds=MAX_POOL)
def implied_stride(row: Row, graph: Graph) -> Iterator[Hit]:
    """A max pool with an odd kernel and no stride."""
    kernel = argument(row, "kernel_size")
    if row.layer is None or argument(row, "stride") is not None or not any(k > 1 and k % 2 for k in kernel):
        return
    found = axes(row, graph)
    sizes = f": {found[0].n} {found[0].word}s become {found[0].out}" if found and found[0].n is not None else ""
    yield Hit(
        f"without `stride` a pool of {kernel[0]} moves by {kernel[0]}{sizes}",
        row,
        help=f"write the stride: `s: {kernel[0]}`, or `s: 2`",
    )


@advice("unmixed-groups", "design", kinds=CONVOLUTION)
def unmixed_groups(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two grouped convolutions with the same number of groups and nothing between them that mixes the groups."""
    groups = argument(row, "groups")
    if not isinstance(groups, int) or groups < 2:
        return
    first = graph.before(row, AFFINE | ACTIVATION | POOL)
    if first is None or not is_a(first, CONVOLUTION) or argument(first, "groups") != groups:
        return
    channels = argument(row, "in_channels")
    part = f" of {channels // groups} channels" if isinstance(channels, int) else ""
    yield Hit(
        f"`{first.name}` and `{row.name}` both have {groups} groups{part}, and no layer between them mixes the groups",
        row,
        "groups",
        related=[label(first)],
        help=f"put `channelshuffle: {groups}` or a 1x1 convolution between them",
    )


@advice("early-downsampling", "design")
def early_downsampling(graph: Graph) -> Iterator[Hit]:
    """The map shrinks by a factor of 8 or more within the first three convolutions."""
    for number, row in enumerate([row for row in graph.layers if is_a(row, CONVOLUTION)][:3], 1):
        jump = max(row.jump or (), default=0)
        if jump >= 8:
            message = f"after {counted(number, 'convolution')} each side of the map is {jump} times smaller"
            yield Hit(message, row, "stride", help="spread the strides over more layers")
            return


@advice("unaligned-channels", "design", kinds=CONVOLUTION | LINEAR)
def unaligned_channels(row: Row, graph: Graph) -> Iterator[Hit]:
    """A number of channels or features that is not a multiple of 8."""
    name = "out_features" if is_a(row, LINEAR) else "out_channels"
    width = argument(row, name)
    if not isinstance(width, int) or width % 8 == 0 or width < 8:
        return
    if row.index in last_weighted(graph):
        return
    up = -(-width // 8) * 8
    yield Hit(
        f"{name} {width} is not a multiple of 8: computed as {up}, {up - width} of them wasted",
        row,
        name,
        help=f"write {up - 8} or {up}",
    )


def last_weighted(graph: Graph) -> set[int]:
    """The layers with weights that make the outputs of the network."""
    return graph.cached("last weighted", lambda: find_last_weighted(graph))


def find_last_weighted(graph: Graph) -> set[int]:
    found = set()
    for index in graph.outputs:
        row = graph.rows[index] if index >= 0 else None
        while row is not None and not is_a(row, CONVOLUTION | LINEAR):
            row = graph.before(row)
        if row is not None:
            found.add(row.index)
    return found


@advice("volume-drop", "design", kinds=CONVOLUTION | POOL)
def volume_drop(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer whose output has less than an eighth of the values of its input."""
    x, y = in_shape(row), out_shape(row)
    if x is None or y is None or all(d == 1 for d in y[2:]):
        return
    source = graph.before(row)
    if source is not None and len(graph.readers[source.index]) > 1:
        return
    if row.index in last_weighted(graph):
        return
    before, after = numel(x[1:]), numel(y[1:])
    if isinstance(before, int) and isinstance(after, int) and 0 < after * 8 < before:
        yield Hit(
            f"{before:,} values become {after:,}: {before / after:.1f} times fewer in one layer",
            row,
            help="shrink in smaller steps, or widen the channels",
        )
