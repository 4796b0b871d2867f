"""`shapecalc diff OLD NEW`: what changed between two specs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.destinations import Output, writes
from shapecalc.cli.output import write_error
from shapecalc.cli.rule_options import Chosen
from shapecalc.cli.spec_argument import plan_options, planned
from shapecalc.render.formats import COMPARISON

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
@click.argument("old", metavar="OLD", shell_complete=options.complete_specs())
@click.argument("new", metavar="NEW", shell_complete=options.complete_specs())
@options.inputs("Shape of the input of both, for one sample: 3x224x224, HxW as symbols, or NAME=SHAPE.")
@options.batch
@options.settings
@options.variant()
@options.dtype
@options.stdin_filename
@writes(COMPARISON)
def command(
    old: str,
    new: str,
    inputs: tuple[str, ...],
    batch: str | None,
    settings: tuple[str, ...],
    variant: str | None,
    dtype: str,
    stdin_filename: str,
    output: Output[Comparison],
) -> int:
    """What changed from OLD to NEW: rows inserted, removed and changed, parameters, multiply-accumulates and memory
    before and after, and which weights keep name and shape. Rows are aligned by what they are, not by their index. Exit
    status 1: one of the two has an error."""
    if old == new == "-":
        raise click.UsageError("only one of the two can be standard input")
    given = plan_options(inputs, batch, settings, variant, dtype)
    lint = Chosen(isolated=True).settings(stdin_name=stdin_filename)
    plans = [planned(path, given, lint) for path in (old, new)]
    from shapecalc.analysis.compare import compare

    output.write(compare(*plans))
    for plan in plans:
        report_errors(plan)
    return int(not all(plan.ok for plan in plans))


def report_errors(plan: Plan) -> None:
    """Writes to standard error what is wrong with a spec: behind an error the comparison knows less."""
    if not plan.ok:
        from shapecalc.render.findings.one_line import concise

        write_error(concise([finding for finding in plan.diagnostics if finding.severity == "error"]))
