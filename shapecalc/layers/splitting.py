"""Functions with several outputs: chunk, split and unbind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shapecalc.algebra.conditions import Condition
from shapecalc.algebra.dims import UNK, Dim, floordiv, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axis, sizes_text
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example
from shapecalc.layers.params import Int, IntOrInts
from shapecalc.layers.places import Places, without
from shapecalc.layers.shaping import View, has_axes

#: More pieces of one tensor than this are taken for a mistake.
MAX_PIECES: Final = 65_536


def pieces(x: Shape, index: int, sizes: Sequence[Dim]) -> list[Shape | None]:
    return [(*x[:index], size, *x[index + 1 :]) for size in sizes]


def too_many(ctx: Context, count: int, at: str | None) -> bool:
    if count <= MAX_PIECES:
        return False
    ctx.error("too-many-outputs", f"{count} outputs are more than the {MAX_PIECES} that are modelled", at=at)
    return True


class Chunk(View):
    """Cuts an axis into at most `chunks` pieces of ceil(n/chunks), the last one smaller."""

    type = "chunk"
    function = True
    main = "chunks"
    chunks = Int(lo=1, help="how many pieces; there may be fewer")
    dim = Int(0, help="the axis")
    examples = (
        Example({"chunks": 2, "dim": 1}, [(2, 64, 8)], [(2, 32, 8), (2, 32, 8)]),
        Example({"chunks": 3}, [(10,)], [(4,), (4,), (2,)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x = xs[0]
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "chunk") else None
        if index is None or too_many(
            ctx,
            self.chunks
            if not isinstance(x[index], int)
            else min(
                self.chunks,
                max(int(x[index]), 1),  # type: ignore[arg-type]
            ),
            "chunks",
        ):
            return None
        return pieces(x, index, self.sizes(ctx, x[index]))

    def sizes(self, ctx: Context, n: Dim) -> list[Dim]:
        """Sizes of the pieces. A symbol is taken to be divisible, which is recorded."""
        if not isinstance(n, int):
            if n is not UNK:
                ctx.divisible(n, self.chunks)
            return [floordiv(n, self.chunks) if n is not UNK else UNK] * self.chunks
        if n == 0:
            return [0] * self.chunks
        return cut(n, -(-n // self.chunks))


def cut(n: int, size: int) -> list[Dim]:
    """Pieces of `size`, the last one smaller; one empty piece of nothing."""
    whole, rest = divmod(n, size) if size else (1, 0)
    return [*[size] * whole, *([rest] if rest or not whole else [])]


class Split(View):
    """Cuts an axis into pieces of one size (the last one smaller), or into the sizes of a list, which must add up."""

    type = "split"
    function = True
    main = "split_size_or_sections"
    split_size_or_sections = IntOrInts(lo=0, short=("split_size",), help="the size of a piece, or the list of sizes")
    dim = Int(0, help="the axis")
    examples = (
        Example({"split_size_or_sections": [16, 48], "dim": 1}, [(2, 64, 8)], [(2, 16, 8), (2, 48, 8)]),
        Example({"split_size_or_sections": 4}, [(10,)], [(4,), (4,), (2,)]),
    )

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x, wish = xs[0], self.split_size_or_sections
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "split") else None
        if index is None:
            return None
        if isinstance(wish, tuple):
            if too_many(ctx, len(wish), "split_size_or_sections"):
                return None
            self.check_sum(ctx, x, index, wish)
            return pieces(x, index, wish)
        return self.equal_pieces(ctx, x, index, wish)

    def check_sum(self, ctx: Context, x: Shape, index: int, wish: tuple[Dim, ...]) -> None:
        total: Dim = 0
        for size in wish:
            total = total + size
        if ctx.equal(x[index], total):
            return
        rest = x[index] - (total - wish[-1]) if wish else None
        fixed = [*wish[:-1], rest] if isinstance(rest, int) and rest > 0 else None
        ctx.error(
            "shape-mismatch",
            f"the sizes add up to {format_dim(total)}, axis {index} has {format_dim(x[index])}",
            at="split_size_or_sections",
            note=f"{' + '.join(map(format_dim, wish[:12]))} = {format_dim(total)}; input {format_shape(x)}",
            help=f"write `{sizes_text(fixed)}`" if fixed else None,
            replace=fixed,
        )

    def equal_pieces(self, ctx: Context, x: Shape, index: int, size: Dim) -> list[Shape | None] | None:
        n = x[index]
        if not isinstance(n, int) or not isinstance(size, int):
            return self.symbolic_pieces(ctx, x, index, n, size)
        if size == 0 and n != 0:
            ctx.error(
                "invalid-argument",
                f"split_size 0 is only for an empty axis, axis {index} has {n}",
                at="split_size_or_sections",
                help="write the size of a piece, 1 or more",
            )
            return None
        if size and too_many(ctx, n // size, "split_size_or_sections"):
            return None
        return pieces(x, index, cut(n, size) if size else [0])

    def symbolic_pieces(self, ctx: Context, x: Shape, index: int, n: Dim, size: Dim) -> list[Shape | None] | None:
        """Pieces of a symbol where their number is one, such as 3*D in pieces of D; else nothing is known."""
        if n is UNK or size is UNK or size == 0:
            return None
        count = floordiv(n, size)
        if not isinstance(count, int) or same(count * size, n) is not True or too_many(ctx, count, None):
            ctx.need(None, Condition("known", n, 0, reason=f"to count the pieces of {format_dim(size)}"))
            return None
        return pieces(x, index, [size] * count)


class Unbind(View):
    """Takes an axis apart: (n, *) -> n tensors (*)."""

    type = "unbind"
    function = True
    main = "dim"
    dim = Int(0, help="the axis")
    examples = (Example({}, [(3, 2, 8)], [(2, 8), (2, 8), (2, 8)]),)

    def output(self, ctx: Context, *xs: Shape) -> list[Shape | None] | None:
        x = xs[0]
        index = axis(ctx, self.dim, x) if has_axes(ctx, x, "unbind") else None
        if index is None:
            return None
        n = x[index]
        if not isinstance(n, int):
            if n is not UNK:
                ctx.need(None, Condition("known", n, 0, reason="to count the outputs"))
            return None
        return None if too_many(ctx, n, "dim") else [(*x[:index], *x[index + 1 :])] * n

    def places(self, x: Shape, y: Shape) -> Places:
        return without(len(x), (self.dim,))
