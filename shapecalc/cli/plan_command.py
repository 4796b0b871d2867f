"""`shapecalc plan net.yaml`: the table, its totals, and the findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from shapecalc.cli import options
from shapecalc.cli.destinations import Output, writes
from shapecalc.cli.spec_argument import Spec, takes_spec
from shapecalc.render.formats import PLAN
from shapecalc.render.page import View
from shapecalc.render.plan.columns import ALIASES, ALL, COLUMNS

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

EPILOG = """\b
Examples:
  shapecalc plan net.yaml
  shapecalc plan resnet50                      a bundled network
  shapecalc plan net.yaml --in 3x256x256 --batch 8 --dtype fp16
  shapecalc plan net.yaml --columns receptive_field,jump,memory
  shapecalc plan net.yaml --depth 0
  shapecalc plan resnet50 --sort macs --top 10
  shapecalc plan net.yaml -o plan.json
  shapecalc plan yolo11n.yaml --set nc=1       a YOLO model file, as ultralytics 8.4.190 builds it
  shapecalc plan yolo11.yaml --variant x --depth 1
  shapecalc plan net.yaml --format spec        the same network with its blocks written out
"""

RANKS = [column.name for column in COLUMNS.values() if column.ranks]
USUAL = [column.name for column in COLUMNS.values() if column.usual]
MORE = {column.name: column.help for column in COLUMNS.values() if not column.usual} | {ALL: "every column"}


@click.command("plan", epilog=EPILOG)
@options.columns(MORE, USUAL, ALIASES)
@options.depth
@options.sort(RANKS)
@options.top
@click.option("--fold/--no-fold", default=True, help="One line for equal repeats (3 x bottleneck). [default]")
@writes(PLAN)
@takes_spec
def command(
    spec: Spec,
    columns: list[str],
    depth: int | None,
    sort: str | None,
    top: int | None,
    fold: bool,
    output: Output[Plan],
) -> int:
    """The per-layer table of SPEC: type, output shape, parameters, multiply-accumulates; the totals; and every finding
    under it. SPEC is a file, the name of a bundled network (`shapecalc specs` lists them), or - for standard input."""
    if depth is None and spec.plan.network.dialect.rows_are_modules:
        depth = 0
    output.write(spec.plan, View(columns, depth=depth, fold=fold, sort=sort, top=top))
    return spec.finish(output)
