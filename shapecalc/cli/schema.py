"""`shapecalc schema`: the JSON Schema of the spec language."""

from __future__ import annotations

import click

from shapecalc.cli import options
from shapecalc.cli.output import write

EPILOG = """\b
Examples:
  shapecalc schema -o shapecalc.schema.json
  and in the first line of a spec, for editors:
  # yaml-language-server: $schema=shapecalc.schema.json
"""


@click.command("schema", epilog=EPILOG)
@options.output
@options.color
def command(output: str | None, color: str) -> int:
    """The JSON Schema (draft-07) of the spec language, for editors and validators."""
    import json

    from shapecalc.schema import schema

    write(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", output)
    return 0
