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
    from shapecalc.api.bundled import Bundled

EPILOG = """\b
Examples:
  shapecalc specs
  shapecalc plan resnet18
  shapecalc specs resnet18 -o my_resnet.yaml
"""


@click.command("specs", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=options.complete_names)
@writes(NETWORKS)
def command(name: str | None, output: Output[Sequence[Bundled]]) -> int:
    """The bundled networks, with their parameters and MACs; or the text of the spec called NAME, to start from."""
    if name is not None:
        return write_spec(name, output)
    from shapecalc.api.bundled import bundled_networks

    output.write(bundled_networks())
    return 0


def write_spec(name: str, output: Output[Sequence[Bundled]]) -> int:
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
