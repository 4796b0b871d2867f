"""Rules about what PyTorch writes differently today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from shapecalc.language.inserting import insertion
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph
from shapecalc.text.findings import Edit, Fix
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Deprecated type -> the arguments of Upsample that replace it.
UPSAMPLINGS: Final[dict[str, dict[str, str]]] = {
    "UpsamplingNearest2d": {},
    "UpsamplingBilinear2d": {"mode": "bilinear", "align_corners": "true"},
}
AUTOMATIC_NAME: Final = re.compile(r"\bupsampl\w*_\d")


@rule("deprecated-type", "style", kinds=UPSAMPLINGS, fixable=True)
def deprecated_type(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer type that PyTorch keeps only for old code."""
    arguments = UPSAMPLINGS[row.type]
    text = "".join(f", {name}: {value}" for name, value in arguments.items())
    fix = as_upsample(row, arguments)
    yield Hit(f"{row.type} is deprecated in PyTorch", row, help=f"write `upsample: {{...{text}}}`", fix=fix)


def as_upsample(row: Row, arguments: dict[str, str]) -> Fix | None:
    """The edits. They are unsafe if another row may refer to a layer by the name that its type gives it."""
    step = row.step
    word = step.span().text
    at = word.lower().rfind("upsampling")
    if at < 0:
        return None
    edits = [Edit(step.span(), word[:at] + ("upsample" if word.islower() else "Upsample"))]
    if arguments:
        inserted = insertion(step, **arguments)
        if inserted is None:
            return None
        (start, end), text = inserted
        edits.append(Edit(Span(step.source, start, end), text))
    return Fix("write `upsample`", edits, safe=AUTOMATIC_NAME.search(step.source.text) is None)
