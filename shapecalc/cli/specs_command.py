"""`shapecalc specs`: the networks that come along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli import options
from shapecalc.cli.output import Screen, write, write_error

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from shapecalc.language.library import Entry

EPILOG = """\b
Examples:
  shapecalc specs
  shapecalc plan resnet18
  shapecalc specs resnet18 -o my_resnet.yaml
"""


def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from shapecalc.language.library import names

    return [CompletionItem(name) for name in names() if name.startswith(incomplete)]


@click.command("specs", epilog=EPILOG)
@click.argument("name", required=False, shell_complete=complete)
@options.format_("table", "json", "csv")
@options.output
@options.color
def command(name: str | None, format_: str, output: str | None, color: str) -> int:
    """The networks that come with shapecalc, with their parameters and MACs; or the text of the spec called NAME, to
    start from."""
    if name is not None:
        return text_of(name, output)
    from shapecalc.language.library import entries

    listed = [figures(entry) for entry in sorted(entries(), key=lambda e: e.name)]
    write(rendered(listed, format_, Screen(color, to_file=output is not None)), output)
    return 0


def text_of(name: str, output: str | None) -> int:
    """Writes the spec's text; a note on standard error where the name is one variant of it."""
    from shapecalc.language.library import find, suggestion
    from shapecalc.text.source import load_source

    entry = find(name.removesuffix(".yaml"))
    if entry is None:
        near = suggestion(name)
        hint = f"did you mean `{near}`?" if near else "`shapecalc specs` lists them"
        raise click.UsageError(f"no network that comes along is called `{name[:80]}`; {hint}")
    write(load_source(entry.path).text, output)
    if entry.variant not in (None, entry.stem):
        write_error(f"`{entry.name}` is a variant of this file: plan it with --variant {entry.variant}\n")
    return 0


def figures(entry: Entry) -> dict[str, Any]:
    """What the listing says of one network, worked out."""
    from shapecalc.api.plan import plan_source
    from shapecalc.text.source import load_source

    source = load_source(entry.path)
    made = plan_source(source, variant=entry.variant)
    return {
        "name": entry.name,
        "spec": entry.stem,
        "variant": entry.variant,
        "title": source.line_text(1).lstrip("# "),
        "inputs": {name: [str(d) for d in (shape or ())[1:]] for name, shape in made.inputs.items()},
        "params": made.totals["params"],
        "macs": made.totals["macs"],
    }


def rendered(listed: list[dict[str, Any]], format_: str, screen: Screen) -> str:
    from shapecalc.render import network_list as specs

    if format_ == "table":
        return specs.table(listed, screen.width if screen.terminal else None)
    return specs.json(listed) if format_ == "json" else specs.csv(listed)
