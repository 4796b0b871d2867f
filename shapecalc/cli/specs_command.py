"""`shapecalc specs`: the bundled networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.destinations import Output, writes
from shapecalc.cli.output import write_error
from shapecalc.render.formats import NETWORKS

if TYPE_CHECKING:
    from shapecalc.language.library import Entry
    from shapecalc.render.network_list import Figures

EPILOG = """\b
Examples:
  shapecalc specs
  shapecalc plan resnet18
  shapecalc specs resnet18 -o my_resnet.yaml
"""


@click.command("specs", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=options.complete_names)
@writes(NETWORKS)
def command(name: str | None, output: Output[Sequence[Figures]]) -> int:
    """The bundled networks, with their parameters and MACs; or the text of the spec called NAME, to start from."""
    if name is not None:
        return write_spec(name, output)
    from shapecalc.language.library import entries

    output.write([figures(entry) for entry in sorted(entries(), key=lambda entry: entry.name)])
    return 0


def write_spec(name: str, output: Output[Sequence[Figures]]) -> int:
    """Writes the spec's text; a note on standard error where the name is one variant of it."""
    from shapecalc.language.library import find, suggestion
    from shapecalc.text.source import load_source

    entry = find(name.removesuffix(".yaml"))
    if entry is None:
        near = suggestion(name)
        hint = f"did you mean `{near}`?" if near else "`shapecalc specs` lists them"
        raise click.UsageError(f"no bundled network is called `{name[:80]}`; {hint}")
    output.write_text(load_source(entry.path).text)
    if entry.variant not in (None, entry.stem):
        write_error(f"`{entry.name}` is a variant of this file: plan it with --variant {entry.variant}\n")
    return 0


def figures(entry: Entry) -> Figures:
    """What the list shows of one network."""
    from shapecalc.api.plan import plan_source
    from shapecalc.text.source import load_source

    source = load_source(entry.path)
    plan = plan_source(source, variant=entry.variant)
    return {
        "name": entry.name,
        "spec": entry.stem,
        "variant": entry.variant,
        "title": source.line_text(1).lstrip("# "),
        "inputs": {name: [str(d) for d in (shape or ())[1:]] for name, shape in plan.inputs.items()},
        "params": plan.totals["params"],
        "macs": plan.totals["macs"],
    }
