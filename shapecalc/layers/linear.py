"""Linear, LazyLinear, Bilinear, Identity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapecalc.algebra.dims import UNK, Dim, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.axes import axes, product_text
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import LINEAR, PASSIVE
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Windows
from shapecalc.layers.params import Bool, Count, Ignored


class Affine(Layer, abstract=True, kinds=LINEAR):
    """y = x*W^T + b on the last axis: (*, in_features) -> (*, out_features)."""

    sequence = True
    main = "out_features"

    in_features: Any
    out_features = Count(help="size of the last axis of the output", short=("out", "cout"))
    bias = Bool(True, help="learn an additive bias, one value per output feature")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"in_features": xs[0][-1]}

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if not x:
            ctx.error(
                "rank-mismatch",
                f"{self.type} needs an input of at least one axis, a scalar arrives",
                at="input",
                note="the last axis holds the features: (*, in_features)",
            )
            return (self.out_features,)
        if not ctx.equal(x[-1], self.in_features):
            self.report(ctx, x)
        return (*x[:-1], self.out_features)

    def report(self, ctx: Context, x: Shape) -> None:
        """A last axis that is not in_features; tells a forgotten flatten from a wrong number."""
        got, want = format_dim(x[-1]), format_dim(self.in_features)
        flat = numel(x[1:])
        flatten = len(x) > 2 and same(flat, self.in_features) is True
        note = f"the last axis of the input {format_shape(x)} holds the features"
        if len(x) > 2 and flat is not UNK:
            # The number that people know from the paper is the flattened one: show where it comes from.
            note += f"; flattened from axis 1 there are {product_text(x[1:])} = {format_dim(flat)}"
        ctx.error(
            "feature-mismatch",
            f"{self.type} expects {want} input features, got {got}",
            at="in_features",
            note=note,
            help="put `flatten` before this layer" if flatten else f"write `in_features: {got}`",
            replace=None if flatten else x[-1],
        )

    def salvage(self, *xs: Shape) -> Shape | None:
        return (*xs[0][:-1], UNK if self.out_features is None else self.out_features)

    def weights(self) -> dict[str, Shape]:
        found: dict[str, Shape] = {"weight": (self.out_features, self.in_features)}
        if self.bias:
            found["bias"] = (self.out_features,)
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        """in_features multiply-accumulates for each element of the output."""
        assert ys[0] is not None
        features: Dim = self.in_features
        return numel(ys[0]) * features

    def windows(self, rank: int) -> Windows:
        return [GLOBAL]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        inside, outside = format_dim(self.in_features), format_dim(self.out_features)
        lines = ["y = x*W^T + b" if self.bias else "y = x*W^T", f"W: ({outside}, {inside})"]
        if x is not None and y is not None:
            lines.append(f"output: {format_shape(x)} with the last axis {inside} -> {outside}: {format_shape(y)}")
            factors = (*y, self.in_features)
            lines.append(f"MACs = {worked(factors)}")
        lines.append(parameter_line(self))
        return lines


class Linear(Affine):
    """An affine map of the last axis: (*, in_features) -> (*, out_features).

    y = x*W^T + b; params = out_features*in_features + out_features; MACs = elements of y * in_features.
    """

    in_features = Count(fills=True, help="size of the last axis of the input", short=("in", "cin"))
    order = ("in_features", "out_features", "bias", "device", "dtype")
    examples = (
        Example({"in_features": 784, "out_features": 120}, [(8, 784)], [(8, 120)], params=94200, macs=752640),
        Example({"in_features": 5, "out_features": 3, "bias": False}, [(2, 7, 5)], [(2, 7, 3)], params=15, macs=210),
    )


class LazyLinear(Affine):
    """Linear whose in_features is the last axis of its first input: (*, F) -> (*, out_features)."""

    inferred = ("in_features",)
    examples = (Example({"out_features": 10}, [(8, 84)], [(8, 10)], params=850, macs=6720),)


class Bilinear(Layer):
    """A bilinear map of two inputs: (*, in1_features), (*, in2_features) -> (*, out_features).

    y_k = x1^T*A_k*x2 + b_k; params = out_features*in1_features*in2_features + out_features. MACs: one for each weight
    and row (FlopCounterMode does not count this layer).
    """

    sequence = True
    arity = (2, 2)
    main = "out_features"
    examples = (
        Example(
            {"in1_features": 20, "in2_features": 30, "out_features": 40},
            [(8, 20), (8, 30)],
            [(8, 40)],
            params=24040,
            macs=192000,
        ),
    )

    in1_features = Count(fills=True, lo=1, help="size of the last axis of the first input")
    in2_features = Count(fills=True, lo=1, help="size of the last axis of the second input")
    out_features = Count(help="size of the last axis of the output", short=("out", "cout"))
    bias = Bool(True, help="learn an additive bias, one value per output feature")
    device = Ignored(help="where the weights are kept")
    dtype = Ignored(help="type of the weights")

    def fill(self, *xs: Shape) -> dict[str, Dim]:
        return {"in1_features": xs[0][-1], "in2_features": xs[1][-1]}

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        a, b = xs
        if not a or len(a) != len(b):
            self.report_rank(ctx, a, b)
            return (*a[:-1], self.out_features)
        if not self.check_lead(ctx, a, b):
            return (*a[:-1], self.out_features)
        for index, (x, name) in enumerate(((a, "in1_features"), (b, "in2_features"))):
            self.check_features(ctx, x, name, index)
        return (*a[:-1], self.out_features)

    def report_rank(self, ctx: Context, a: Shape, b: Shape) -> None:
        what = "is a scalar" if not a else f"has {axes(len(a))}, the second {axes(len(b))}"
        ctx.error(
            "rank-mismatch",
            f"{self.type} needs two inputs of as many axes, the first {what}",
            at="input.1" if a else "input.0",
            note=f"inputs {format_shape(a)} and {format_shape(b)}; they are not broadcast",
        )

    def check_lead(self, ctx: Context, a: Shape, b: Shape) -> bool:
        for axis in range(len(a) - 1):
            if not ctx.equal(a[axis], b[axis]):
                ctx.error(
                    "shape-mismatch",
                    f"the inputs of {self.type} differ on axis {axis}: {format_dim(a[axis])} and {format_dim(b[axis])}",
                    at="input.1",
                    note=f"inputs {format_shape(a)} and {format_shape(b)}: all axes but the last must be equal, "
                    "they are not broadcast",
                )
                return False
        return True

    def check_features(self, ctx: Context, x: Shape, name: str, index: int) -> None:
        want: Dim = getattr(self, name)
        if ctx.equal(x[-1], want) and ctx.at_least(x[-1], 1):
            return
        given = name in self.__dict__["given"]
        ctx.error(
            "feature-mismatch",
            f"{self.type} expects {format_dim(want) if given else 'at least 1'} features of its "
            f"{('first', 'second')[index]} input, got {format_dim(x[-1])}",
            at=name if given else f"input.{index}",
            note=f"the last axis of {format_shape(x)} holds the features",
            help=f"write `{name}: {format_dim(x[-1])}`" if given and x[-1] != 0 else None,
            replace=x[-1] if given and x[-1] != 0 else None,
        )

    def weights(self) -> dict[str, Shape]:
        found: dict[str, Shape] = {"weight": (self.out_features, self.in1_features, self.in2_features)}
        if self.bias:
            found["bias"] = (self.out_features,)
        return found

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        assert ys[0] is not None
        return numel(ys[0]) * self.in1_features * self.in2_features

    def windows(self, rank: int) -> Windows:
        return [GLOBAL]

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        lines = ["y_k = x1^T*A_k*x2 + b_k for each of the output features" if self.bias else "y_k = x1^T*A_k*x2"]
        if ys[0] is not None:
            factors = (*ys[0], self.in1_features, self.in2_features)
            lines.append(f"MACs = {worked(factors)}")
        lines.append(parameter_line(self))
        return lines


class Identity(Layer, kinds=PASSIVE):
    """Gives its input unchanged: (*) -> (*). Takes any arguments and ignores them."""

    takes_anything = True
    examples = (Example({}, [(2, 3)], [(2, 3)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return xs[0]

    @property
    def allocates(self) -> bool:
        return False


def worked(sizes: Sequence[Dim]) -> str:
    """`32*7*7 = 1568`; only the product where it says the same."""
    terms, total = product_text(sizes), format_dim(numel(tuple(sizes)))
    return terms if terms == total else f"{terms} = {total}"


def parameter_line(layer: Layer) -> str:
    """`params = 120*784 + 120 = 94200`, tensor by tensor."""
    shapes = list(layer.weights().values())
    if not shapes:
        return "params = 0"
    total: Dim = sum((numel(s) for s in shapes), start=0)
    terms = " + ".join(product_text(s) for s in shapes)
    return f"params = {terms}" + ("" if terms == format_dim(total) else f" = {format_dim(total)}")
