"""One layer on given input shapes: output shapes, parameters, MACs."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, Final

from shapecalc.algebra.dims import UNK, Dim, Sym, less
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer, Shapes

#: PyTorch counts elements in 64 bits; a tensor of this many cannot exist.
MAX_ELEMENTS: Final = 2**63


class Result:
    """What one call of a layer gives. `layer` has the arguments that the input fixed filled in."""

    __slots__ = ("buffers", "conditions", "layer", "macs", "out_shapes", "params", "problems")

    def __init__(self, layer: Layer, out_shapes: Shapes, params: Dim, buffers: Dim, macs: Dim, ctx: Context) -> None:
        self.layer, self.out_shapes = layer, out_shapes
        self.params, self.buffers, self.macs = params, buffers, macs
        self.problems, self.conditions = tuple(ctx.problems), tuple(ctx.conditions)


def infer_layer(layer: Layer, xs: Shapes, ctx: Context) -> Result:
    """Shapes, parameters and MACs of `layer` on inputs `xs`; what is wrong goes to `ctx`."""
    try:
        return worked_out(layer, xs, ctx)
    except TypeError:  # a definition that compares an argument which is a symbol here
        symbolic = [p for p in layer.params_ if holds_symbol(layer.__dict__[p.name])]
        if not symbolic:
            raise
        at = min(symbolic, key=lambda p: p.kind != "spatial").name
    ctx.error("invalid-argument", f"{at} of {layer.type} must be a number here, not a symbol", at=at)
    return Result(layer, (None,), UNK, UNK, UNK, ctx)


def holds_symbol(value: object) -> bool:
    return isinstance(value, Sym) or (isinstance(value, (list, tuple)) and any(map(holds_symbol, value)))


def worked_out(layer: Layer, xs: Shapes, ctx: Context) -> Result:
    """`infer_layer` for the arguments that the layer's definition knows how to treat."""
    known = all(x is not None for x in xs)
    ys = shapes_of(layer.salvage(*xs) if layer.broken and known and xs else layer.guess())  # type: ignore[arg-type]
    known = known and not layer.broken
    if not layer.broken and arity_fits(layer, len(xs), ctx):
        if known:
            layer = fill(layer, xs)
        before = len(ctx.problems)
        layer.construct(ctx)
        if known:
            refused = [p.at for p in ctx.problems[before:] if p.severity == "error"]
            before = len(ctx.problems)
            wrong = layer.shaping.intersection(refused)
            if wrong:  # sizes that hang on a refused number would look like a second mistake further down
                ys = shapes_of(layer.filled({"broken": wrong}).salvage(*xs))  # type: ignore[arg-type]
            else:
                ys = outputs(layer, xs, Context() if refused else ctx)
            for problem in ctx.problems[before:]:
                problem.forward = True
    params, buffers = count(layer, layer.weights), count(layer, layer.buffers)
    too_large(layer, ys, params, ctx)
    macs: Dim = UNK
    if known and all(y is not None for y in ys):
        macs = guarded_macs(layer, xs, ys)
    return Result(layer, ys, params, buffers, macs, ctx)


def fill(layer: Layer, xs: Shapes) -> Layer:
    """`layer` with the arguments that the input fixes, where they were left out."""
    if not layer.inferred and not any(p.fills and layer.__dict__[p.name] is None for p in layer.params_):
        return layer
    try:
        values = layer.fill(*xs)  # type: ignore[arg-type]
    except IndexError:  # an input of too few axes, which `output` reports
        return layer
    return layer.filled({k: v for k, v in values.items() if layer.__dict__[k] is None})


def outputs(layer: Layer, xs: Shapes, ctx: Context) -> Shapes:
    """Output shapes. After a refused constructor only a guess is wanted, and arithmetic may fail."""
    try:
        return shapes_of(layer.output(ctx, *xs))  # type: ignore[arg-type]
    except (ArithmeticError, LookupError):
        return shapes_of(layer.guess())


def guarded_macs(layer: Layer, xs: Shapes, ys: Shapes) -> Dim:
    try:
        return layer.macs(xs, ys)
    except (ArithmeticError, LookupError, TypeError):  # arguments that were reported already
        return UNK


def shapes_of(given: Shape | Sequence[Shape | None] | None) -> Shapes:
    """One shape, several in a list, or none at all -> a tuple of shapes."""
    if isinstance(given, list):
        return tuple(given)
    return (given,)  # type: ignore[return-value]


def arity_fits(layer: Layer, n: int, ctx: Context) -> bool:
    fewest, most = layer.arity
    if n >= fewest and (most is None or n <= most):
        return True
    wanted = f"{fewest}" if fewest == most else f"at least {fewest}" if most is None else f"{fewest} to {most}"
    ctx.error(
        "input-count",
        f"{layer.type} takes {wanted} input{'' if wanted == '1' else 's'}, {n} arrive" + ("s" if n == 1 else ""),
        at="from",
        help="name them: `from: [a, b]`" if n < fewest else None,
    )
    return False


def count(layer: Layer, tensors: Any) -> Dim:
    """Scalars in the layer's tensors; unknown where an argument failed or is not known yet."""
    try:
        total: Dim = 0
        for shape in tensors().values():
            if None in shape:
                return UNK
            total = total + numel(shape)
        return total
    except (ArithmeticError, LookupError, TypeError):
        return UNK


def huge(shape: Shape) -> bool:
    """Does a tensor of this shape, or one of its axes, have 2^63 elements or more, whatever its symbols stand for?"""
    known = prod(d for d in shape if isinstance(d, int))
    if not known:
        return overflows([d for d in shape if isinstance(d, int)])
    return known >= MAX_ELEMENTS and less(numel(shape), MAX_ELEMENTS) is False


def overflows(sizes: Sequence[int]) -> bool:
    """Is a tensor of no elements too large for PyTorch, which multiplies strides as if 0 were 1, and sizes in order?"""
    strides = prod(max(d, 1) for d in sizes[1:])
    return max(strides, prod(sizes[: sizes.index(0)]), *sizes) >= MAX_ELEMENTS


def too_large(layer: Layer, ys: Shapes, params: Dim, ctx: Context) -> None:
    """Reports a tensor of 2^63 elements or more, which no machine can index."""
    for y in ys:
        if y is None or ctx.failed:
            continue
        if huge(y):
            ctx.error(
                "tensor-too-large",
                f"the output of {layer.type} has 2^63 elements or more",
                note=f"output {format_shape(y)}",
            )
            return
    if isinstance(params, int) and params >= MAX_ELEMENTS and not ctx.failed:
        ctx.error("tensor-too-large", f"{layer.type} has 2^63 parameters or more")
