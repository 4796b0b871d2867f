"""Dropout: elements or whole channels set to 0 in training. Shapes stay; there are no weights and no MACs."""

from __future__ import annotations

from typing import ClassVar

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axes
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import DROPOUT, PASSIVE
from shapecalc.layers.layer import Example, Kept
from shapecalc.layers.params import Bool, Float


class DropoutBase(Kept, abstract=True, kinds=DROPOUT | PASSIVE):
    """What all dropouts share: (*) -> (*)."""

    main = "p"
    p = Float(0.5, lo=0, hi=1, help="probability of being dropped")
    inplace = Bool(False, help="overwrite the input: no memory for the output")

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return xs[0]


class Dropout(DropoutBase):
    """Drops single elements and scales the others by 1/(1 - p) in training: (*) -> (*)."""

    examples = (Example({"p": 0.2}, [(8, 120)], [(8, 120)]),)


class AlphaDropout(DropoutBase):
    """Drops single elements and keeps mean and variance, for SELU: (*) -> (*). PyTorch ignores its inplace."""

    examples = (Example({"p": 0.2}, [(8, 120)], [(8, 120)]),)

    @property
    def allocates(self) -> bool:
        return True


class ChannelDropout(DropoutBase, abstract=True):
    """Drops whole channels. Ranks outside `ranks` are dropped by axis 1 all the same, which is hardly meant."""

    ranks: ClassVar[tuple[int, ...]] = ()
    layouts: ClassVar[str] = ""
    least: ClassVar[int] = 2

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) < self.least and self.acts(x):
            ctx.error(
                "rank-mismatch",
                f"{self.type} needs an input of {axes(self.least)} or more, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected {self.layouts}",
                help="write `dropout`",
            )
        elif self.ranks and len(x) not in self.ranks:
            ctx.warning(
                "rank-mismatch",
                f"{self.type} is meant for inputs of {' or '.join(map(str, self.ranks))} axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected {self.layouts}; PyTorch drops by axis 1",
                help="write `dropout` to drop single elements",
            )
        return x

    def acts(self, x: Shape) -> bool:
        """Whether channels are looked at: with p 0 or 1, or nothing to drop, PyTorch takes any rank."""
        return 0 < self.p < 1 and not any(empty(d) for d in x)


def empty(size: Dim) -> bool:
    return isinstance(size, int) and size == 0


class Dropout1d(ChannelDropout):
    """Drops whole channels of sequences in training: (N, C, L) or (C, L) -> the same."""

    spatial_rank = 1
    ranks, layouts = (2, 3), "(C, L) or (N, C, L)"
    examples = (Example({"p": 0.2}, [(8, 16, 50)], [(8, 16, 50)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in self.ranks:
            ctx.error(
                "rank-mismatch",
                f"Dropout1d expects an input of 2 or 3 axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected {self.layouts}",
                help={4: "write `dropout2d`", 5: "write `dropout3d`"}.get(len(x), "write `dropout`"),
            )
        return x


class Dropout2d(ChannelDropout):
    """Drops whole channels of images in training: (N, C, H, W) -> the same."""

    spatial_rank = 2
    ranks, layouts = (3, 4), "(N, C, H, W)"
    examples = (Example({"p": 0.2}, [(8, 16, 5, 5)], [(8, 16, 5, 5)]),)


class Dropout3d(ChannelDropout):
    """Drops whole channels of volumes in training: (N, C, D, H, W) or (C, D, H, W) -> the same."""

    spatial_rank = 3
    ranks, layouts = (4, 5), "(C, D, H, W) or (N, C, D, H, W)"
    least = 1
    examples = (Example({"p": 0.2}, [(8, 16, 3, 5, 5)], [(8, 16, 3, 5, 5)]),)


class FeatureAlphaDropout(ChannelDropout):
    """Drops whole channels and keeps mean and variance, for SELU: (N, C, *) -> the same.

    PyTorch ignores its inplace.
    """

    layouts = "(N, C, *)"
    examples = (Example({"p": 0.2}, [(8, 16, 3, 5, 5)], [(8, 16, 3, 5, 5)]),)

    @property
    def allocates(self) -> bool:
        return True
