"""Activations: element by element but for the softmaxes, GLU and PReLU's channels. None of them costs MACs."""

from __future__ import annotations

from typing import ClassVar, Final

from shapecalc.algebra.dims import Dim, floordiv, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axis
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import (
    ACTIVATION,
    IDEMPOTENT,
    IDENTITY_ABOVE_ZERO,
    NONNEGATIVE,
    SOFTMAX,
    SOFTMAX_ALONG_DIM,
    UNIT_INTERVAL,
)
from shapecalc.layers.layer import UNKNOWN, Example, Kept, Layer, Shapes, Windows
from shapecalc.layers.params import Bool, Choice, Count, Float, Ignored, Int
from shapecalc.layers.places import whole_axes

FLOAT32_MAX: Final = 3.4028234663852886e38


class Pointwise(Kept, abstract=True, kinds=ACTIVATION):
    """An activation of each element by itself: (*) -> (*)."""

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return xs[0]


class InPlace(Pointwise, abstract=True):
    """An activation that can overwrite its input."""

    inplace = Bool(False, help="overwrite the input: no memory for the output")


def same_example(**kwargs: object) -> tuple[Example, ...]:
    return (Example(kwargs, [(2, 16, 8, 8)], [(2, 16, 8, 8)]),)


class ReLU(InPlace, kinds=NONNEGATIVE | IDENTITY_ABOVE_ZERO | IDEMPOTENT):
    """y = max(0, x): (*) -> (*)."""

    examples = same_example()


class ReLU6(InPlace, kinds=NONNEGATIVE | IDEMPOTENT):
    """y = min(max(0, x), 6): (*) -> (*)."""

    examples = same_example()


class Sigmoid(Pointwise, kinds=NONNEGATIVE | UNIT_INTERVAL):
    """y = 1/(1 + exp(-x)): (*) -> (*)."""

    examples = same_example()


class Hardsigmoid(InPlace, kinds=NONNEGATIVE | UNIT_INTERVAL):
    """y = min(max(0, x/6 + 1/2), 1): (*) -> (*)."""

    examples = same_example()


class Tanh(Pointwise):
    """y = tanh(x): (*) -> (*)."""

    examples = same_example()


class SiLU(InPlace):
    """y = x*sigmoid(x), also called swish: (*) -> (*)."""

    examples = same_example()


class Mish(InPlace):
    """y = x*tanh(softplus(x)): (*) -> (*)."""

    examples = same_example()


class Hardswish(InPlace):
    """y = x*min(max(0, x + 3), 6)/6: (*) -> (*)."""

    examples = same_example()


class ELU(InPlace, kinds=IDENTITY_ABOVE_ZERO):
    """y = x above 0, alpha*(exp(x) - 1) below: (*) -> (*)."""

    order = ("alpha", "inplace")
    alpha = Float(1.0, help="how far below 0 it goes")
    examples = same_example()


class CELU(InPlace, kinds=IDENTITY_ABOVE_ZERO):
    """y = max(0, x) + min(0, alpha*(exp(x/alpha) - 1)): (*) -> (*)."""

    order = ("alpha", "inplace")
    alpha = Float(1.0, help="how far below 0 it goes; not 0")
    examples = same_example(alpha=0.5)

    def construct(self, ctx: Context) -> None:
        if self.alpha == 0:
            ctx.error(
                "invalid-argument",
                "alpha of CELU must not be 0",
                at="alpha",
                note="x is divided by alpha",
                help="write `alpha: 1.0`, the default",
                replace=1.0,
            )


class SELU(InPlace):
    """y = 1.0507*(max(0, x) + min(0, 1.6733*(exp(x) - 1))): (*) -> (*)."""

    examples = same_example()


class GELU(Pointwise):
    """y = x*P(X < x) for X normally distributed: (*) -> (*)."""

    approximate = Choice("none", "tanh", default="none", help="the exact curve, or its approximation by tanh")
    examples = same_example(approximate="tanh")


class Hardshrink(Pointwise, kinds=IDEMPOTENT):
    """y = x where |x| > lambd, else 0: (*) -> (*)."""

    lambd = Float(0.5, help="half width of the gap")
    examples = same_example()


class Softshrink(Pointwise):
    """y = x moved by lambd towards 0, and 0 within: (*) -> (*)."""

    lambd = Float(0.5, help="half width of the gap, 0 or more")
    examples = same_example()

    def construct(self, ctx: Context) -> None:
        if not 0 <= self.lambd <= FLOAT32_MAX:
            ctx.error(
                "invalid-argument",
                f"lambd of Softshrink must be a number >= 0, not `{self.lambd}`",
                at="lambd",
                help=f"write `lambd: {-self.lambd}`" if -FLOAT32_MAX <= self.lambd < 0 else None,
                replace=-self.lambd if -FLOAT32_MAX <= self.lambd < 0 else None,
            )


class LeakyReLU(InPlace, kinds=IDENTITY_ABOVE_ZERO):
    """y = x above 0, negative_slope*x below: (*) -> (*)."""

    order = ("negative_slope", "inplace")
    main = "negative_slope"
    negative_slope = Float(0.01, help="slope below 0")
    examples = same_example(negative_slope=0.2)


class LogSigmoid(Pointwise):
    """y = log(1/(1 + exp(-x))): (*) -> (*)."""

    examples = same_example()


class Softplus(Pointwise, kinds=NONNEGATIVE):
    """y = log(1 + exp(beta*x))/beta: (*) -> (*)."""

    beta = Float(1.0, help="sharpness")
    threshold = Float(20.0, help="above beta*x = threshold it is taken for linear")
    examples = same_example()


class Softsign(Pointwise):
    """y = x/(1 + |x|): (*) -> (*)."""

    examples = same_example()


class Tanhshrink(Pointwise):
    """y = x - tanh(x): (*) -> (*)."""

    examples = same_example()


class Threshold(InPlace):
    """y = x above threshold, else value: (*) -> (*)."""

    order = ("threshold", "value", "inplace")
    threshold = Float(help="where x begins to pass")
    value = Float(help="what stands in below")
    examples = same_example(threshold=0.1, value=20)


class RReLU(InPlace, kinds=IDENTITY_ABOVE_ZERO):
    """y = x above 0, a*x below, a drawn between lower and upper in training: (*) -> (*)."""

    order = ("lower", "upper", "inplace")
    lower = Float(1 / 8, help="least slope below 0")
    upper = Float(1 / 3, help="greatest slope below 0")
    examples = same_example()

    def construct(self, ctx: Context) -> None:
        for name in ("lower", "upper"):
            value = getattr(self, name)
            if value - value != 0:
                ctx.error("invalid-argument", f"{name} of RReLU must be a finite number, not `{value}`", at=name)
                return
        if self.lower > self.upper:
            ctx.error(
                "invalid-argument",
                f"lower of RReLU is {self.lower:g}, above upper {self.upper:g}",
                at="lower" if "lower" in self.__dict__["given"] else "upper",
                help=f"write `lower: {self.upper:g}, upper: {self.lower:g}`",
            )


class Hardtanh(InPlace, kinds=IDEMPOTENT):
    """y = min(max(min_val, x), max_val): (*) -> (*)."""

    order = ("min_val", "max_val", "inplace", "min_value", "max_value")
    min_val = Float(-1.0, help="least value")
    max_val = Float(1.0, help="greatest value, above min_val")
    min_value = Float(None, help="old name of min_val, which it overrides")
    max_value = Float(None, help="old name of max_val, which it overrides")
    examples = same_example(min_val=0, max_val=6)

    def construct(self, ctx: Context) -> None:
        low = self.min_val if self.min_value is None else self.min_value
        high = self.max_val if self.max_value is None else self.max_value
        if high <= low:
            ctx.error(
                "invalid-argument",
                f"max_val of Hardtanh must be above min_val, got {high:g} and {low:g}",
                at=next((n for n in ("max_val", "max_value") if n in self.__dict__["given"]), "min_val"),
                help=f"write `min_val: {high:g}, max_val: {low:g}`" if high < low else None,
            )


class PReLU(Kept, kinds=ACTIVATION | IDENTITY_ABOVE_ZERO):
    """y = x above 0, weight*x below, one learned weight or one per channel: (N, C, *) -> the same.

    params = num_parameters.
    """

    main = "num_parameters"
    num_parameters = Count(1, help="1, or the channels of the input")
    init = Float(0.25, help="first value of the weight")
    device = Ignored(help="where the weight is kept")
    dtype = Ignored(help="type of the weight")
    examples = (Example({"num_parameters": 16}, [(2, 16, 8, 8)], [(2, 16, 8, 8)], params=16),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if same(self.num_parameters, 1) is True:
            return x
        if not x:
            ctx.error(
                "rank-mismatch",
                f"PReLU with {format_dim(self.num_parameters)} weights needs channels, a scalar arrives",
                at="input",
                help="write `num_parameters: 1`",
            )
        elif not ctx.equal(x[1] if len(x) > 1 else 1, self.num_parameters):
            self.report(ctx, x)
        return x

    def report(self, ctx: Context, x: Shape) -> None:
        channels: Dim = x[1] if len(x) > 1 else 1
        where = "axis 1 holds the channels" if len(x) > 1 else "without a batch axis it counts as one channel"
        ctx.error(
            "channel-mismatch",
            f"PReLU expects {format_dim(self.num_parameters)} channels, got {format_dim(channels)}",
            at="num_parameters",
            note=f"input {format_shape(x)}: {where}",
            help=f"write `num_parameters: {format_dim(channels)}`, or 1 for all channels",
            replace=channels,
        )

    def weights(self) -> dict[str, Shape]:
        return {"weight": (self.num_parameters,)}


class AlongAxis(Kept, abstract=True, kinds=ACTIVATION | SOFTMAX | SOFTMAX_ALONG_DIM):
    """A softmax of one axis: (*) -> (*). Without `dim` PyTorch takes axis 0 of 0, 1 or 3 axes, else axis 1."""

    main = "dim"
    dim = Int(None, help="the axis that sums to 1; left out: 0 for an input of 0, 1 or 3 axes, else 1")

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if self.dim is not None:
            axis(ctx, self.dim, x)
        return x

    def windows(self, rank: int) -> Windows | str | None:
        return whole_axes(rank, () if self.dim is None else (self.dim,))


class Softmax(AlongAxis, kinds=NONNEGATIVE | UNIT_INTERVAL):
    """y = exp(x)/sum of exp(x) along dim: (*) -> (*)."""

    examples = (Example({"dim": 1}, [(8, 10)], [(8, 10)]),)


class Softmin(AlongAxis, kinds=NONNEGATIVE):
    """y = softmax(-x) along dim: (*) -> (*)."""

    examples = (Example({"dim": 1}, [(8, 10)], [(8, 10)]),)


class LogSoftmax(AlongAxis, kinds=IDEMPOTENT):
    """y = log(softmax(x)) along dim: (*) -> (*)."""

    examples = (Example({"dim": -1}, [(8, 10)], [(8, 10)]),)


class Softmax2d(Kept, kinds=ACTIVATION | SOFTMAX | NONNEGATIVE | UNIT_INTERVAL):
    """Softmax over the channels at each position: (N, C, H, W) or (C, H, W) -> the same."""

    spatial_rank = 2
    examples = (Example({}, [(8, 10, 4, 4)], [(8, 10, 4, 4)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if len(x) not in (3, 4):
            ctx.error(
                "rank-mismatch",
                f"Softmax2d expects an input of 3 or 4 axes, got {len(x)}",
                at="input",
                note=f"input {format_shape(x)}; expected (C, H, W) or (N, C, H, W)",
                help="write `softmax: {dim: 1}`" if len(x) > 1 else None,
            )
        return x


class GLU(Layer):
    """Gated linear unit, a*sigmoid(b) of the halves a and b of one axis: (*, C, *) -> (*, C/2, *)."""

    main = "dim"
    half: ClassVar[int] = 2
    dim = Int(-1, help="the axis that is halved")
    examples = (Example({"dim": 1}, [(2, 16, 8, 8)], [(2, 8, 8, 8)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        (x,) = xs
        if not x:
            ctx.error("rank-mismatch", "GLU halves an axis, a scalar arrives", at="input")
            return x
        index = axis(ctx, self.dim, x)
        if index is None:
            return x
        if not ctx.divisible(x[index], 2):
            self.report(ctx, x, index)
        return (*x[:index], floordiv(x[index], 2), *x[index + 1 :])

    def windows(self, rank: int) -> Windows:
        # both halves: two places of one axis, far from each other
        return [UNKNOWN if axis == self.dim % max(rank, 1) else None for axis in range(rank)]

    def report(self, ctx: Context, x: Shape, index: int) -> None:
        even = next((i for i, d in enumerate(x) if i and isinstance(d, int) and d % 2 == 0), None)
        ctx.error(
            "not-divisible",
            f"GLU halves axis {index}, whose size {format_dim(x[index])} is odd",
            at="dim" if "dim" in self.__dict__["given"] else "input",
            note=f"input {format_shape(x)}",
            help=f"write `dim: {even}`, or give an even size" if even else "give an even size",
            replace=even,
        )

    def explain(self, xs: Shapes, ys: Shapes) -> list[str]:
        x, y = xs[0], ys[0]
        if not x or not y:
            return []
        index = self.dim % len(x)
        return [f"axis {index}: {format_dim(x[index])}/2 = {format_dim(y[index])}"]
