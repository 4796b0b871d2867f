"""Embedding and EmbeddingBag: rows of a table, picked by indices. The input holds indices, whatever its shape."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.algebra.dims import UNK, Dim, format_dim
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import product_text
from shapecalc.layers.context import Context
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.linear import parameter_line
from shapecalc.layers.params import Bool, Choice, Count, Float, Ignored, Int


def is_zero(size: Dim) -> bool:
    return isinstance(size, int) and size == 0


class Table(Layer, abstract=True):
    """What both share: a table of num_embeddings rows of embedding_dim numbers."""

    sequence = True
    main = "embedding_dim"

    num_embeddings = Count(help="rows of the table: how many different indices there are")
    embedding_dim = Count(help="numbers per row: the last axis of the output")
    padding_idx = Int(None, help="a row that stays 0 and is not learned; negative counts from the end")
    max_norm = Float(None, help="rows of a greater norm are scaled down to it")
    norm_type = Float(2.0, help="p of the norm for max_norm")
    scale_grad_by_freq = Bool(False, exact=True, help="divide gradients by how often an index occurs")
    sparse = Bool(False, exact=True, help="sparse gradients")
    _weight = Ignored(help="the table itself")
    device = Ignored(help="where the table is kept")
    dtype = Ignored(help="type of the table")

    def construct(self, ctx: Context) -> None:
        index, rows = self.padding_idx, self.num_embeddings
        if index is None:
            return
        least = index + 1 if index >= 0 else -index
        if not ctx.at_least(rows, least):
            self.report_padding(ctx, index, rows)

    def report_padding(self, ctx: Context, index: int, rows: Dim) -> None:
        last = rows - 1
        if index < 0 or rows == 0:
            fix, text = None, f"write `num_embeddings: {index + 1 if index >= 0 else -index}`"
        else:
            fix, text = last, f"write `padding_idx: {format_dim(last)}`, or `num_embeddings: {index + 1}`"
        ctx.error(
            "invalid-argument",
            f"padding_idx {index} of {self.type} is not a row of a table of {format_dim(rows)}",
            at="padding_idx",
            note=f"rows are 0 to {format_dim(last)}, or -{format_dim(rows)} to -1 from the end" if rows != 0 else None,
            help=text,
            replace=fix,
        )

    def empty_table(self, ctx: Context, x: Shape) -> None:
        ctx.error(
            "invalid-argument",
            f"{self.type} has no rows, so no index is valid",
            at="num_embeddings",
            note=f"input {format_shape(x)} holds {format_dim(numel(x))} indices",
        )

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_embeddings, self.embedding_dim)}


class Embedding(Table):
    """One row of the table for each index: (*) -> (*, embedding_dim).

    params = num_embeddings*embedding_dim.
    """

    _freeze = Ignored(False, help="do not learn the table")
    order = (
        "num_embeddings",
        "embedding_dim",
        "padding_idx",
        "max_norm",
        "norm_type",
        "scale_grad_by_freq",
        "sparse",
        "_weight",
        "_freeze",
        "device",
        "dtype",
    )
    examples = (Example({"num_embeddings": 10000, "embedding_dim": 64}, [(8, 20)], [(8, 20, 64)], params=640000),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if is_zero(self.num_embeddings) and not any(is_zero(d) for d in x):
            self.empty_table(ctx, x)
        return (*x, self.embedding_dim)

    def salvage(self, *xs: Shape) -> Shape:
        return (*xs[0], UNK if self.embedding_dim is None else self.embedding_dim)

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = [f"each index picks a row of {format_dim(self.embedding_dim)} numbers"]
        if xs[0] is not None and ys[0] is not None:
            lines.append(f"output: {format_shape(xs[0])} and the row: {format_shape(ys[0])}")
        return [*lines, parameter_line(self)]


class EmbeddingBag(Table):
    """Sum, mean or maximum of the rows of each bag of indices: (N, L) -> (N, embedding_dim).

    Or all indices in one row and where each bag begins: (M), (N) -> (N, embedding_dim); with include_last_offset the
    second ends with M and gives one bag less. A third input weighs each index (mode sum only).
    params = num_embeddings*embedding_dim.
    """

    arity = (1, 3)
    mode = Choice("sum", "mean", "max", default="mean", help="what is made of the rows of a bag")
    include_last_offset = Bool(False, exact=True, help="the offsets end with the number of indices")
    order = (
        "num_embeddings",
        "embedding_dim",
        "max_norm",
        "norm_type",
        "scale_grad_by_freq",
        "mode",
        "sparse",
        "_weight",
        "include_last_offset",
        "padding_idx",
        "device",
        "dtype",
    )
    examples = (
        Example({"num_embeddings": 10, "embedding_dim": 3}, [(2, 4)], [(2, 3)], params=30),
        Example({"num_embeddings": 10, "embedding_dim": 3, "mode": "sum"}, [(8,), (2,)], [(2, 3)], params=30),
    )

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        x = xs[0]
        if len(x) == 2:
            bags = self.bags_of_rows(ctx, x, len(xs) > 1)
        elif len(x) == 1:
            bags = self.bags_by_offsets(ctx, x, xs[1] if len(xs) > 1 else None)
        else:
            ctx.error(
                "rank-mismatch",
                f"EmbeddingBag expects indices of 1 or 2 axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected (N, L), or (M) with offsets (N)",
            )
            return (x[0] if x else UNK, self.embedding_dim)
        if not ctx.failed:
            self.check_mode(ctx, xs)
        if not ctx.failed and is_zero(self.num_embeddings) and not any(is_zero(d) for d in (*x, bags)):
            self.empty_table(ctx, x)
        return (bags, self.embedding_dim)

    def bags_of_rows(self, ctx: Context, x: Shape, more: bool) -> Dim:
        """Each row of (N, L) is a bag."""
        if more:
            ctx.error(
                "rank-mismatch",
                "EmbeddingBag takes no offsets beside indices of 2 axes",
                at="input.1",
                note=f"input {format_shape(x)}: each of its {format_dim(x[0])} rows is a bag",
                help="flatten the indices, or leave the offsets out",
            )
        elif not ctx.at_least(x[1], 1):
            ctx.error("shape-mismatch", "EmbeddingBag fails on bags of no indices", at="input")
        return x[0]

    def bags_by_offsets(self, ctx: Context, x: Shape, offsets: Shape | None) -> Dim:
        """A bag begins at each offset."""
        if offsets is None:
            ctx.error(
                "input-count",
                "EmbeddingBag needs offsets beside indices of 1 axis",
                at="from",
                note=f"input {format_shape(x)}: a second input says where each bag begins",
                help="name both: `from: [indices, offsets]`",
            )
            return UNK
        if len(offsets) != 1:
            ctx.error("rank-mismatch", f"offsets must have 1 axis, got {len(offsets)}", at="input.1")
            return offsets[0] if offsets else UNK
        if not self.include_last_offset:
            bags = offsets[0]
        elif not ctx.at_least(offsets[0], 1):
            ctx.error("shape-mismatch", "offsets must hold at least the last offset", at="input.1")
            return UNK
        else:
            bags = offsets[0] - 1
        if is_zero(bags) and not is_zero(x[0]) and (self.mode == "max" or self.padding_idx is not None):
            # PyTorch reads past the end here, and mostly crashes.
            ctx.error("shape-mismatch", "EmbeddingBag has indices and no bag to put them in", at="input.1")
        return bags

    def check_mode(self, ctx: Context, xs: Sequence[Shape]) -> None:
        if self.mode == "max" and (self.scale_grad_by_freq or self.sparse):
            name = "scale_grad_by_freq" if self.scale_grad_by_freq else "sparse"
            ctx.error(
                "invalid-argument",
                f"{name} of EmbeddingBag does not go with mode max",
                at=name,
                help="use mode sum or mean, or leave it out",
            )
        if len(xs) < 3:
            return
        if len(xs[2]) != len(xs[0]) or not all(ctx.equal(a, b) for a, b in zip(xs[2], xs[0], strict=True)):
            ctx.error(
                "shape-mismatch",
                f"per_sample_weights {format_shape(xs[2])} must have the shape of the indices, {format_shape(xs[0])}",
                at="input.2",
            )
        elif self.mode != "sum":
            ctx.error(
                "invalid-argument",
                f"per_sample_weights go with mode sum only, not `{self.mode}`",
                at="mode",
                help="write `mode: sum`",
                replace="sum",
            )

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        lines = []
        if x is not None and y is not None:
            lines.append(f"{product_text(x)} indices in {format_dim(y[0])} bags; {self.mode} of each bag's rows")
        return [*lines, parameter_line(self)]
