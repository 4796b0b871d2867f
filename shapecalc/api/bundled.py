"""The bundled networks with what a list of them shows: inputs and costs, computed by planning each."""

from __future__ import annotations

from shapecalc.algebra.dims import Dim
from shapecalc.algebra.shape import Shape
from shapecalc.api.plan import plan_source
from shapecalc.language.library import Entry, entries
from shapecalc.text.source import load_source


class Bundled:
    """One network under the name that `plan` takes for it: the file's stem, the variant, the first line of the file as
    title, the shapes of one sample, parameters, and MACs of one sample."""

    __slots__ = ("inputs", "macs", "name", "params", "spec", "title", "variant")

    def __init__(self, entry: Entry, title: str, inputs: dict[str, Shape], params: Dim, macs: Dim) -> None:
        self.name, self.spec, self.variant = entry.name, entry.stem, entry.variant
        self.title, self.inputs, self.params, self.macs = title, inputs, params, macs


def bundled_networks() -> list[Bundled]:
    """Every file and every variant, by name."""
    return [bundled(entry) for entry in sorted(entries(), key=lambda entry: entry.name)]


def bundled(entry: Entry) -> Bundled:
    source = load_source(entry.path)
    plan = plan_source(source, variant=entry.variant)
    inputs = {name: (shape or ())[1:] for name, shape in plan.inputs.items()}
    return Bundled(entry, source.line_text(1).lstrip("# "), inputs, plan.totals["params"], plan.totals["macs"])
