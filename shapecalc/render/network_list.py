"""The networks that come along, as a table, JSON or CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shapecalc.network.plain_data import plain
from shapecalc.render.text import cut, exact

Figures = Mapping[str, Any]
GAP = "  "
NARROWEST = 20


def table(listed: Sequence[Figures], width: int | None) -> str:
    """Name, input, parameters, MACs and what it is; a variant under the name it is planned by."""
    heads = ("name", "input", "params", "MACs", "what it is")
    rows = [heads, *((f["name"], inputs(f), exact(f["params"]), exact(f["macs"]), about(f)) for f in listed)]
    sizes = [max(len(row[k]) for row in rows) for k in range(4)]
    left = sum(sizes) + 4 * len(GAP)
    lines = []
    for name, shape, params, macs, what in rows:
        cells = (name.ljust(sizes[0]), shape.ljust(sizes[1]), params.rjust(sizes[2]), macs.rjust(sizes[3]))
        last = what if width is None else cut(what, max(width - left, NARROWEST))
        lines.append(GAP.join((*cells, last)).rstrip())
    return "\n".join([lines[0], "-" * (left + len(heads[-1])), *lines[1:]]) + "\n"


def inputs(figures: Figures) -> str:
    return ", ".join("x".join(shape) for shape in figures["inputs"].values())


def about(figures: Figures) -> str:
    variant = figures["variant"]
    return f"variant of {figures['spec']}" if variant not in (None, figures["spec"]) else str(figures["title"])


def json(listed: Sequence[Figures]) -> str:
    """The listing as an object; sizes and costs that hang on symbols as texts."""
    from shapecalc.render.json_text import encode

    lines = ",\n  ".join(encode(plain(dict(figures))) for figures in listed)
    return f'{{"version": 1,\n "specs": [\n  {lines}]}}\n'


def csv(listed: Sequence[Figures]) -> str:
    """One line per name."""
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("name", "spec", "variant", "input", "params", "macs"))
    for f in listed:
        writer.writerow((f["name"], f["spec"], f["variant"] or "", inputs(f), f["params"], f["macs"]))
    return out.getvalue()
