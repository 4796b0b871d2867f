"""The bundled networks, as a table, JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from shapecalc.network.plain_data import plain
from shapecalc.render.page import Page
from shapecalc.render.table import GAP, of_rows, table_lines, table_width
from shapecalc.render.text import cut, exact

if TYPE_CHECKING:
    from shapecalc.algebra.dims import Dim

NARROWEST = 20  # of the last column


class Figures(TypedDict):
    """One network: its name, the file and the variant that it is, one sample's shapes, and its costs."""

    name: str
    spec: str
    variant: str | None
    title: str
    inputs: dict[str, list[str]]
    params: Dim
    macs: Dim


def table(networks: Sequence[Figures], page: Page) -> str:
    """Name, input, parameters, MACs and title; a variant under the name that `plan` takes for it."""
    rows = [(f["name"], inputs_text(f), exact(f["params"]), exact(f["macs"]), title(f)) for f in networks]
    columns = of_rows(("name", "input", "params", "MACs", "title"), (False, False, True, True, False), rows)
    if page.terminal:
        room = max(page.width - table_width(columns[:-1]) - GAP, NARROWEST)
        columns[-1].texts = [cut(text, room) for text in columns[-1].texts]
    head, rule, *lines = table_lines(columns)
    return "\n".join((head, rule[: page.width], *lines)) + "\n"


def inputs_text(figures: Figures) -> str:
    return ", ".join("x".join(shape) for shape in figures["inputs"].values())


def title(figures: Figures) -> str:
    variant = figures["variant"]
    return figures["title"] if variant in (None, figures["spec"]) else f"variant of {figures['spec']}"


def json(networks: Sequence[Figures], page: Page) -> str:
    """The list as an object; sizes and costs that depend on symbols as strings."""
    from shapecalc.render.json_text import dumps
    from shapecalc.text.json_head import VERSION

    return dumps({"version": VERSION, "specs": [plain(dict(figures)) for figures in networks]})


def csv(networks: Sequence[Figures], page: Page) -> str:
    """One line per name."""
    from shapecalc.render.csv_text import csv_text

    fields = ("name", "spec", "variant", "input", "params", "macs")
    lines = ((f["name"], f["spec"], f["variant"] or "", inputs_text(f), f["params"], f["macs"]) for f in networks)
    return csv_text([fields, *lines])
