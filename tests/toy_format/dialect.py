"""`TOY`, the side of the image, then one byte for the kernel of each convolution: rows 0, 1, ..."""

from __future__ import annotations

from typing import Final

from shapecalc.language.reader import Options
from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.registry import lookup
from shapecalc.network.dialect import Dialect, RowColumn, SpecFile
from shapecalc.network.network import Network, Step
from shapecalc.network.plan import Row
from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source


class ToyNetwork(Network):
    def cell(self, column: str, row: Row) -> str:
        return f"{bytes(self.source.data)[4 + row.index]} bytes"

    def is_assumed(self, row: Row | None = None) -> bool:
        return row is None or row.index == 1

    def is_unknown(self, row: Row) -> bool:
        return self.is_assumed(row)


class Toy(Dialect):
    name = "toy"
    numbered = True
    columns = ("name", RowColumn("kernel byte", "byte", "the byte of the kernel"), "output", "params")
    headings = {"name": "row"}

    def open(self, source: Source) -> SpecFile:
        return SpecFile(source, self, None, Reporter())

    def claim(self, file: SpecFile) -> Dialect | None:
        return self if bytes(file.source.data).startswith(b"TOY") else None

    def read(self, file: SpecFile, options: Options) -> Network:
        _, side, *kernels = bytes(file.source.data)[2:]
        network = ToyNetwork(file.source, None, self)
        network.inputs["image"] = (1, 3, side, side)
        cls = lookup("Conv2d")
        assert cls is not None
        for index, kernel in enumerate(kernels):
            layer = build(cls, {"out_channels": 8, "kernel_size": kernel}, Context())
            network.items.append(Step(file.source, 0, 0, "Conv2d", layer, name=str(index)))
        return network


DIALECT: Final = Toy()
