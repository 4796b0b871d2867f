"""`shapecalc diff OLD NEW`: what changed between two specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.output import Screen, write, write_error
from shapecalc.cli.plan_command import planned
from shapecalc.cli.values import batch_of, named_shapes, settings_of

if TYPE_CHECKING:
    from shapecalc.analysis.compare import Comparison
    from shapecalc.network.plan import Plan

EPILOG = """\b
Examples:
  shapecalc diff old.yaml new.yaml
  shapecalc diff resnet18 mynet.yaml --in 3x128x128
  git show HEAD:net.yaml | shapecalc diff - net.yaml --format markdown
"""


@click.command("diff", epilog=EPILOG)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@options.inputs("Shape of the input of both, for one sample: 3x224x224, HxW as symbols, or NAME=SHAPE.")
@options.batch
@options.settings
@options.variant
@options.dtype
@options.format_("table", "json", "markdown")
@options.output
@options.stdin_filename
@options.color
def command(
    old: str,
    new: str,
    inputs: tuple[str, ...],
    batch: str | None,
    settings: tuple[str, ...],
    variant: str | None,
    dtype: str,
    format_: str,
    output: str | None,
    stdin_filename: str,
    color: str,
) -> int:
    """What changed from OLD to NEW: rows inserted, removed and changed, parameters, multiply-accumulates and memory
    before and after, and which weights keep name and shape. Rows are aligned by what they are, not by their index. Exit
    status 1: one of the two has an error."""
    if old == new == "-":
        raise click.UsageError("standard input can be one of the two")
    plans = [
        planned(
            path, stdin_filename, inputs={name or "": shape for name, shape in named_shapes(inputs)},
            batch=batch_of(batch), set=settings_of(settings), variant=variant, dtype=dtype,
        )
        for path in (old, new)
    ]  # fmt: skip
    from shapecalc.analysis.compare import compare

    write(text_of(compare(*plans), format_, Screen(color, to_file=output is not None)), output)
    failed = [report_errors(plan) for plan in plans]
    return int(any(failed))


def text_of(comparison: Comparison, format_: str, screen: Screen) -> str:
    if format_ == "json":
        from shapecalc.render import json_text as json

        return json.render(comparison.to_dict())
    from shapecalc.render import comparison as compare

    if format_ == "markdown":
        return compare.markdown(comparison)
    return compare.render(comparison, width=screen.width if screen.terminal else None, color=screen.color)


def report_errors(plan: Plan) -> bool:
    """Says on standard error what is wrong with a spec: behind an error the comparison knows less."""
    if plan.ok:
        return False
    from shapecalc.render.findings.carets import concise

    write_error(concise([d for d in plan.diagnostics if d.severity == "error"]))
    return True
