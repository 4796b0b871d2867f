"""Rules about spellings that PyTorch has given up."""

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

#: Deprecated type -> what Upsample is told instead.
UPSAMPLINGS: Final[dict[str, dict[str, str]]] = {
    "UpsamplingNearest2d": {},
    "UpsamplingBilinear2d": {"mode": "bilinear", "align_corners": "true"},
}
AUTOMATIC_NAME: Final = re.compile(r"\bupsampl\w*_\d")


@rule("deprecated-type", "style", types=UPSAMPLINGS, fixable=True)
def deprecated_type(row: Row, graph: Graph) -> Iterator[Hit]:
    """A layer type that PyTorch keeps only for old code."""
    more = UPSAMPLINGS[row.type]
    said = "".join(f", {name}: {value}" for name, value in more.items())
    yield Hit(
        f"{row.type} is deprecated in PyTorch",
        row,
        None,
        help=f"write `upsample: {{...{said}}}`",
        fix=renamed(row, more),
    )


def renamed(row: Row, more: dict[str, str]) -> Fix | None:
    """The edits; unsafe where another row may refer to a layer by the name that its type gives it."""
    step = row.step
    word = step.span().text
    at = word.lower().rfind("upsampling")
    if at < 0:
        return None
    edits = [
        Edit(
            step.span(),
            word[: at + len("upsampl")].replace("upsampl", "upsample") if word.islower() else word[:at] + "Upsample",
        )
    ]
    if more:
        found = insertion(step, **more)
        if found is None:
            return None
        (start, end), text = found
        edits.append(Edit(Span(step.source, start, end), text))
    safe = AUTOMATIC_NAME.search(step.source.text) is None
    return Fix("write `upsample`", edits, safe)
