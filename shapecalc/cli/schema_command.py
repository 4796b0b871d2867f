"""`shapecalc schema`: the JSON Schema of the spec language."""

from __future__ import annotations

from collections.abc import Mapping

import click

from shapecalc.cli import options
from shapecalc.cli.output import write

EPILOG = """\b
Examples:
  shapecalc schema -o shapecalc.schema.json
  shapecalc schema net.yaml -o net.schema.json     knows the blocks of net.yaml
  and in the first line of a spec, for editors:
  # yaml-language-server: $schema=shapecalc.schema.json
"""


@click.command("schema", epilog=EPILOG)
@click.argument("spec", required=False, shell_complete=options.complete_specs())
@options.output
@options.color
def command(spec: str | None, output: str | None, color: str) -> int:
    """The JSON Schema (draft-07) of the spec language, for editors and validators; with SPEC that of one file, which
    knows its blocks by name.

    It takes canonical spellings (conv2d, Conv2d, conv_transpose2d). Without SPEC it accepts blocks of any name, except
    names that are almost a layer type's."""
    from shapecalc.language.schema import schema

    write(text_of(schema(blocks_of(spec) if spec is not None else None)), output)
    return 0


def blocks_of(spec: str) -> dict[str, dict[str, bool]]:
    """The blocks that a file has or includes: their arguments, and whether each must be given."""
    from shapecalc.api.plan import open_spec, plan_source
    from shapecalc.text.source import BadText, os_error_text

    try:
        source, variant = open_spec(spec)
    except OSError as error:
        raise click.UsageError(os_error_text(error, spec)) from None
    except BadText as error:
        raise click.UsageError(str(error)) from None
    blocks = plan_source(source, variant=variant).network.blocks
    return {name: {arg: default is None for arg, default in block.args.items()} for name, block in blocks.items()}


def text_of(schema: Mapping[str, object]) -> str:
    """The schema with one definition per line."""
    import json

    def dumps(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def lines(items: Mapping[str, object], skipped: str = "") -> list[str]:
        return [f"{dumps(key)}: {dumps(value)}" for key, value in items.items() if key != skipped]

    definitions = schema["definitions"]
    assert isinstance(definitions, dict)
    inner = ",\n  ".join(lines(definitions))
    return "{" + ",\n ".join([*lines(schema, "definitions"), f'"definitions": {{\n  {inner}}}']) + "}\n"
