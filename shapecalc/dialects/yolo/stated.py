"""Layers that compute nothing here: an output that is simply stated, and weights that evaluation leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape, numel
from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer, Shapes


class Stated(Layer):
    """Gives the shape it is told. Its figures are those it is told, too."""

    abstract = True
    arity = (0, None)
    type = "Assumed"

    def __init__(self, shape: Shape | None, params: int = 0, place_macs: int = 0) -> None:
        super().__init__()
        self.shape, self.count, self.place_macs = shape, params, place_macs

    def output(self, ctx: Context, *xs: Shape) -> Sequence[Shape | None]:
        return [self.shape]

    def guess(self) -> Sequence[Shape | None]:
        return [self.shape]

    def weights(self) -> dict[str, Shape]:
        return {"weights": (self.count,)} if self.count else {}

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        y = ys[0]
        return 0 if y is None or not self.place_macs else numel((y[0], *y[2:])) * self.place_macs


class Idle(Layer):
    """A layer that is built and not run: it has its weights, and takes and gives nothing."""

    abstract = True
    arity = (0, 0)

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.layer = layer
        self.__dict__["type"] = layer.type

    def output(self, ctx: Context, *xs: Shape) -> Sequence[Shape | None]:
        return []

    def guess(self) -> Sequence[Shape | None]:
        return []

    def weights(self) -> dict[str, Shape]:
        return self.layer.weights()

    def buffers(self) -> dict[str, Shape]:
        return self.layer.buffers()

    def arguments(self) -> dict[str, Any]:
        return {**self.layer.arguments(), "idle": True}


def stated(shape: Shape | None, params: int = 0, place_macs: int = 0) -> Layer:
    """A layer of this output shape, this many parameters and multiply-accumulates for each place of its output."""
    return Stated(shape, params, place_macs)
