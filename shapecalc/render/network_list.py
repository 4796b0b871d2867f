"""The bundled networks, as a table, JSON or CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shapecalc.render.layout import truncated
from shapecalc.render.page import Page
from shapecalc.render.table import GAP, of_rows, table_lines, table_width
from shapecalc.render.value_text import exact

if TYPE_CHECKING:
    from shapecalc.api.bundled import Bundled

NARROWEST = 20  # of the last column


def table(networks: Sequence[Bundled], page: Page) -> str:
    """Name, input, parameters, MACs and title; a variant under the name that `plan` takes for it."""
    rows = [(n.name, inputs_text(n), exact(n.params), exact(n.macs), title(n)) for n in networks]
    columns = of_rows(("name", "input", "params", "MACs", "title"), (False, False, True, True, False), rows)
    if page.terminal:
        room = max(page.width - table_width(columns[:-1]) - GAP, NARROWEST)
        columns[-1].texts = [truncated(text, room) for text in columns[-1].texts]
    head, rule, *lines = table_lines(columns)
    return "\n".join((head, rule[: page.width], *lines)) + "\n"


def inputs_text(network: Bundled) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in network.inputs.values())


def title(network: Bundled) -> str:
    is_variant = network.variant not in (None, network.spec)
    return f"variant of {network.spec}" if is_variant else network.title


def json(networks: Sequence[Bundled], page: Page) -> str:
    """The list as an object; sizes, and costs that depend on symbols, as strings."""
    from shapecalc.network.plain_data import plain
    from shapecalc.render.json_text import dumps
    from shapecalc.text.json_head import VERSION

    specs = [
        {
            "name": n.name,
            "spec": n.spec,
            "variant": n.variant,
            "title": n.title,
            "inputs": {name: [str(size) for size in shape] for name, shape in n.inputs.items()},
            "params": plain(n.params),
            "macs": plain(n.macs),
        }
        for n in networks
    ]
    return dumps({"version": VERSION, "specs": specs})


def csv(networks: Sequence[Bundled], page: Page) -> str:
    """One line per name."""
    from shapecalc.render.csv_text import csv_text

    fields = ("name", "spec", "variant", "input", "params", "macs")
    lines = ((n.name, n.spec, n.variant or "", inputs_text(n), n.params, n.macs) for n in networks)
    return csv_text([fields, *lines])
