"""Advice about convolutions: what they leave out, what they repeat, what hardware likes."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.shape import numel
from shapecalc.rules.axes import alike, axes, count, likewise
from shapecalc.rules.base import Hit, advice
from shapecalc.rules.graph import Graph, in_shape, out_shape
from shapecalc.rules.types import (
    ACTIVATIONS,
    CHANNEL_NORMS,
    CONVOLUTIONS,
    LINEAR,
    MAX_POOLS,
    PASSIVE,
    POOLS,
    TRANSPOSED,
)
from shapecalc.text.findings import Label

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Layers that are linear while the network is applied, or do nothing.
AFFINE: Final = PASSIVE | CHANNEL_NORMS


def own(row: Row, name: str) -> Any:
    """An argument of the layer; None where it has none of that name."""
    return row.layer.__dict__.get(name) if row.layer is not None else None


def is_pointwise(row: Row) -> bool:
    """Is every side of the kernel 1?"""
    kernel = own(row, "kernel_size")
    return kernel is not None and all(k == 1 for k in kernel)


@advice("conv-after-conv", "design", types=CONVOLUTIONS)
def conv_after_conv(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two convolutions with no activation between them."""
    first = graph.before(row, AFFINE)
    if first is None or first.type not in CONVOLUTIONS or graph.only_reader(first, AFFINE) is not row:
        return
    if separable(first) or separable(row):
        return
    ins, outs = own(first, "in_channels"), own(first, "out_channels")
    if is_pointwise(first) and isinstance(ins, int) and isinstance(outs, int) and outs < ins:
        return
    padding = own(row, "padding")
    padded = padding != "valid" and set(padding) != {0}
    yield Hit(
        f"`{row.name}` follows `{first.name}` with no activation between them: one {joined(first, row)} can do as much",
        row,
        None,
        notes=["but for the borders, where each pads for itself"] if padded else [],
        related=[Label(first.step.span(), f"`{first.name}`")],
        help="put an activation such as `relu` between them, or keep one of the two",
    )


def joined(first: Row, row: Row) -> str:
    """The convolution that sees what two of them see: `5x5 convolution`, `3x3 convolution of dilation 2`."""
    if is_pointwise(row) and set(own(first, "dilation")) != {1}:
        dilations = own(first, "dilation")
        dilation = dilations[0] if len(set(dilations)) == 1 else list(dilations)
        return f"{'x'.join(map(str, own(first, 'kernel_size')))} convolution of dilation {dilation}"
    sides = [a + (b - 1) * s for a, b, s in zip(extent(first), extent(row), own(first, "stride"), strict=False)]
    return f"{'x'.join(map(str, sides))} convolution"


def extent(row: Row) -> list[int]:
    return [d * (k - 1) + 1 for k, d in zip(own(row, "kernel_size"), own(row, "dilation"), strict=True)]


def separable(row: Row) -> bool:
    """Does it look at channels in groups, or along one axis only?"""
    kernel = own(row, "kernel_size")
    return own(row, "groups") != 1 or len(set(kernel)) > 1


@advice("strided-pointwise", "design", types=CONVOLUTIONS | POOLS)
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
        notes=[f"{100 - 100 / share:.0f} % of what the layers before it computed is dropped"],
        help="put an average pool before it, or let a larger kernel take the stride",
    )


@advice("uneven-overlap", "design", types=TRANSPOSED)
def uneven_overlap(row: Row, graph: Graph) -> Iterator[Hit]:
    """A transposed convolution whose kernel is not a multiple of its stride, which causes a checkerboard pattern."""
    if row.layer is None or row.layer.broken:
        return
    triples = list(zip(own(row, "kernel_size"), own(row, "stride"), own(row, "dilation"), strict=True))
    uneven = [(k, s) for k, s, d in triples if s > 1 and k % s and gcd(s, d) == 1]
    if not uneven:
        return
    k, s = uneven[0]
    low, high = k // s, -(-k // s)
    power = len(uneven)
    yield Hit(
        f"kernel {k} is no multiple of stride {s}: outputs are sums of {low**power} to {high**power} products "
        "a channel, by turns",
        row,
        "kernel_size",
        notes=[f"on each axis {k % s} of {s} outputs get {high}, the others {low}"],
        help=f"write `kernel_size: {high * s}` (with its padding), or upsample and use a plain convolution",
    )


@advice("even-kernel", "design", types=CONVOLUTIONS)
def even_kernel(row: Row, graph: Graph) -> Iterator[Hit]:
    """An even kernel padded as if it were odd: the size changes by one, or the map shifts by half a position."""
    same = own(row, "padding") == "same"
    even = [a for a in axes(row, graph) if a.k % 2 == 0 and a.s == 1 and a.n is not None and a.out is not None]
    hit = [a for a in even if same or (a.p and abs((a.out or 0) - (a.n or 0)) <= a.d)]
    for group in alike(hit)[:1]:
        axis = group[0]
        what = f"padding {axis.p}: {axis.n} {axis.word}s become {axis.out}"
        if axis.n == axis.out:
            what = f"padding {'same' if same else axis.p}: the map moves by half a position"
        yield Hit(
            f"kernel {axis.k} with {what}",
            row,
            "kernel_size",
            notes=likewise(group),
            help=f"write a kernel of {axis.k - 1} or {axis.k + 1}",
        )


@advice("implied-stride", "design", types=MAX_POOLS)
def implied_stride(row: Row, graph: Graph) -> Iterator[Hit]:
    """A max pool with an odd kernel and no stride."""
    kernel = own(row, "kernel_size")
    if row.layer is None or own(row, "stride") is not None or not any(k > 1 and k % 2 for k in kernel):
        return
    found = axes(row, graph)
    sizes = f": {found[0].n} {found[0].word}s become {found[0].out}" if found and found[0].n is not None else ""
    yield Hit(
        f"without `stride` a pool of {kernel[0]} moves by {kernel[0]}{sizes}",
        row,
        None,
        help=f"write the stride: `s: {kernel[0]}`, or `s: 2`",
    )


@advice("unmixed-groups", "design", types=CONVOLUTIONS)
def unmixed_groups(row: Row, graph: Graph) -> Iterator[Hit]:
    """Two grouped convolutions with the same number of groups and nothing between them that mixes the groups."""
    groups = own(row, "groups")
    if not isinstance(groups, int) or groups < 2:
        return
    first = graph.before(row, AFFINE | ACTIVATIONS | POOLS)
    if first is None or first.type not in CONVOLUTIONS or own(first, "groups") != groups:
        return
    channels = own(row, "in_channels")
    part = f" of {channels // groups} channels" if isinstance(channels, int) else ""
    yield Hit(
        f"`{first.name}` and `{row.name}` both work in {groups} groups{part}, and nothing mixes them",
        row,
        "groups",
        related=[Label(first.step.span(), f"`{first.name}`")],
        help=f"put `channelshuffle: {groups}` or a 1x1 convolution between them",
    )


@advice("early-downsampling", "design")
def early_downsampling(graph: Graph) -> Iterator[Hit]:
    """The map shrinks by a factor of 8 or more within the first three convolutions."""
    first = [row for row in graph.layers if row.type in CONVOLUTIONS][:3]
    for row in first:
        jump = row.jump
        if jump is not None and max(jump, default=0) >= 8:
            yield Hit(
                f"after {count(first.index(row) + 1, 'convolution')} the map is {max(jump)} times smaller on a side",
                row,
                "stride",
                help="spread the strides over more layers",
            )
            return


@advice("unaligned-channels", "design", types=CONVOLUTIONS | LINEAR)
def unaligned_channels(row: Row, graph: Graph) -> Iterator[Hit]:
    """A number of channels or features that is not a multiple of 8."""
    name = "out_features" if row.type in LINEAR else "out_channels"
    width = own(row, name)
    if not isinstance(width, int) or width % 8 == 0 or width < 8:
        return
    if row.index in graph.once("last", lambda: last(graph)):
        return
    up = -(-width // 8) * 8
    yield Hit(
        f"{name} {width} is no multiple of 8: computed as {up}, {up - width} of them for nothing",
        row,
        name,
        help=f"write {up - 8} or {up}",
    )


def last(graph: Graph) -> set[int]:
    """The layers with weights that make the outputs of the network."""
    found = set()
    for index in graph.outputs:
        row = graph.rows[index] if index >= 0 else None
        while row is not None and row.type not in CONVOLUTIONS | LINEAR:
            row = graph.before(row)
        if row is not None:
            found.add(row.index)
    return found


@advice("volume-drop", "design", types=CONVOLUTIONS | POOLS)
def volume_drop(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer whose output has less than an eighth of the values of its input."""
    x, y = in_shape(row), out_shape(row)
    if x is None or y is None or all(d == 1 for d in y[2:]):
        return
    source = graph.before(row)
    if source is not None and len(graph.readers[source.index]) > 1:
        return
    if row.index in graph.once("last", lambda: last(graph)):
        return
    before, after = numel(x[1:]), numel(y[1:])
    if isinstance(before, int) and isinstance(after, int) and 0 < after * 8 < before:
        yield Hit(
            f"{before:,} values become {after:,}: {before / after:.1f} times fewer in one layer",
            row,
            None,
            help="shrink in smaller steps, or widen the channels",
        )
