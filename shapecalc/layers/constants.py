"""Tensors out of nothing: `parameter` is learned, `constant` is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from shapecalc.algebra.shape import Shape
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Example
from shapecalc.layers.merge import Function
from shapecalc.layers.params import Ints


class Constant(Function):
    """A tensor of a fixed shape that is not learned, such as a mask or a position table. Takes no input."""

    type = "constant"
    arity = (0, 0)
    main = "shape"
    shape = Ints(lo=0, help="the whole shape, batch axis included if there is one")
    allocates = False
    examples: ClassVar[Sequence[Example]] = (Example({"shape": [1, 49, 49]}, [], [(1, 49, 49)]),)

    def output(self, ctx: Context, *xs: Shape) -> Shape:
        return tuple(self.shape)

    def guess(self) -> Shape | None:
        return self.shape


class Parameter(Constant):
    """A learnable tensor of a fixed shape, such as a class token or a position embedding. Takes no input."""

    type = "parameter"
    examples = (Example({"shape": [1, 197, 768]}, [], [(1, 197, 768)], params=197 * 768),)

    def weights(self) -> dict[str, Shape]:
        return {"weight": tuple(self.shape)}
