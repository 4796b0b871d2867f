"""`shapecalc plan net.yaml`: the table, its totals, and what is wrong."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli import options
from shapecalc.cli.output import Screen, write, write_error
from shapecalc.cli.rule_options import Chosen, rules
from shapecalc.cli.values import batch_of, inputs_of, settings_of
from shapecalc.text.findings import Finding, Severity

if TYPE_CHECKING:
    from shapecalc.linting.run import Settings
    from shapecalc.network.plan import Plan
    from shapecalc.render.plan.outline import View

EPILOG = """\b
Examples:
  shapecalc plan net.yaml
  shapecalc plan resnet50                      a network that comes along
  shapecalc plan net.yaml --in 3x256x256 --batch 8 --dtype fp16
  shapecalc plan net.yaml --columns receptive_field,jump,memory
  shapecalc plan net.yaml --depth 0
  shapecalc plan net.yaml --format json -o plan.json
  shapecalc plan yolo11n.yaml --set nc=1       a YOLO model file, as ultralytics 8.4.190 builds it
  shapecalc plan yolo11.yaml --variant x --depth 1
  shapecalc plan net.yaml --format spec        the same network with its blocks written out
"""

EXTRA = ("input", "kernel", "receptive_field", "jump", "params%", "macs%", "memory", "all")
HEADINGS = {"field": "receptive_field", "rf": "receptive_field", "activation_bytes": "memory", "kernel_size": "kernel"}
MOST_DRAWN = 2000  # rows; rich takes 0.3 ms for each
FEWEST_LINES = 40  # of a table on however low a terminal


def columns_of(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[str]:
    """The values of `--columns`, each a list with commas."""
    words = [word.strip() for value in values for word in value.split(",") if word.strip()]
    from shapecalc.text.spelling import nearest

    words = [HEADINGS.get(word, word) for word in map(str.lower, words)]
    for word in words:
        if word not in EXTRA and word not in ("index", "name", "type", "output", "params", "macs"):
            near = nearest(word, EXTRA)
            hint = f"; did you mean `{near}`?" if near else f"; there are {', '.join(EXTRA)}"
            raise click.BadParameter(f"no column `{word}`{hint}", ctx, param)
    return words


def depth_of(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """The value of `--depth`: a number, or `all`."""
    if value is None or value == "all":
        return value
    if not value.isdecimal() or len(value) > 4:
        raise click.BadParameter(f"`{value}` is no depth: write 0 for the outline, 1, 2, ... or all", ctx, param)
    return int(value)


@click.command("plan", epilog=EPILOG)
@click.argument("spec", metavar="SPEC", shell_complete=options.complete_specs())
@options.inputs("Shape of the input, for one sample: 3x224x224, HxW as symbols, or NAME=SHAPE.")
@options.batch
@options.settings
@options.variant
@options.train
@options.dtype
@rules
@click.option(
    "--columns",
    multiple=True,
    metavar="NAME,...",
    callback=columns_of,
    shell_complete=options.complete_list(EXTRA),
    help=f"More columns: {', '.join(EXTRA)}.",
)
@click.option(
    "--depth",
    metavar="N",
    callback=depth_of,
    help="Open blocks to this depth: 0 is the outline, with sums; `all`. On a terminal the default is what fits.",
)
@click.option("--fold/--no-fold", default=True, help="One line for repeats that are alike (3 x bottleneck). [default]")
@options.format_("table", "json", "csv", "markdown", "spec")
@options.output
@options.fail_on
@options.stdin_filename
@options.color
def command(
    spec: str,
    inputs: tuple[str, ...],
    batch: str | None,
    settings: tuple[str, ...],
    variant: str | None,
    train: bool,
    dtype: str,
    chosen: Chosen,
    columns: list[str],
    depth: int | str | None,
    fold: bool,
    format_: str,
    output: str | None,
    fail_on: str | None,
    stdin_filename: str,
    color: str,
) -> int:
    """The per-layer table of SPEC: type, output shape, parameters, multiply-accumulates; the totals; and every finding
    under it. SPEC is a file, the name of a network that comes along (`shapecalc specs` lists them), or - for standard
    input."""
    lint = chosen.settings(train=train, stdin_name=stdin_filename)
    made = planned(
        spec,
        stdin_filename,
        lint,
        inputs=inputs_of(inputs),
        batch=batch_of(batch),
        set=settings_of(settings),
        variant=variant,
        dtype=dtype,
    )
    screen = Screen(color, to_file=output is not None)
    if depth is None and made.network.dialect.rows_are_modules:
        depth = 0
    show(made, format_, columns, view_of(depth, fold, screen), output, screen)
    config = lint.configs.of(made.network.source.path)
    write_error(findings_text(config.findings, screen, False))
    failed = options.failed([d.severity for d in made.diagnostics], fail_on or config.fail_on or Severity.ERROR)
    return 2 if config.findings else int(failed)


def planned(path: str, stdin_filename: str, lint: Settings | None = None, **settings: Any) -> Plan:
    """The plan of a file, its findings chosen as its configuration and the options say; usage errors for a file that
    cannot be read and for options that do not fit it."""
    from shapecalc.api.plan import UsageError, open_spec, plan_source
    from shapecalc.text.source import BadText, os_error_text

    try:
        source, settings["variant"] = open_spec(path, settings.get("variant"), stdin_filename)
        if lint is None:
            return plan_source(source, **settings)
        return plan_source(source, train=lint.trains(source.path), policy=lint.policy(source.path), **settings)
    except OSError as error:
        raise click.UsageError(os_error_text(error, path) + name_hint(path)) from None
    except (BadText, UsageError) as error:
        raise click.UsageError(str(error)) from None


def name_hint(path: str) -> str:
    """What a word may have meant that is no file: a network that comes along."""
    if os.path.exists(path):
        return ""
    from shapecalc.language import library

    near = library.suggestion(path)
    if near is not None:
        return f"; did you mean `{near}`, which comes with shapecalc?"
    return "" if "." in path or os.sep in path else "; `shapecalc specs` lists the networks that come with shapecalc"


def view_of(depth: int | str | None, fold: bool, screen: Screen) -> View:
    """What `--depth` and `--no-fold` mean: without them everything where nobody scrolls, else what fits the screen."""
    from shapecalc.render.plan.outline import View

    most = max(screen.height, FEWEST_LINES) if screen.terminal and depth is None else None
    return View(depth if isinstance(depth, int) else None, fold, most)


def show(made: Plan, format_: str, columns: list[str], view: View, output: str | None, screen: Screen) -> None:
    """Writes the plan in one of the formats. Findings stand under a table, in the JSON, else on standard error."""
    if format_ == "json":
        from shapecalc.render import json_text as json

        return write(json.render(made.to_dict()), output)
    if format_ == "table":
        drawn = table(made, columns, view, screen) if made.layers or made.ok else ""
        return write((drawn + findings(made, screen, screen.terminal)).lstrip("\n"), output)
    if format_ == "spec":
        if made.ok:  # half a network would pass for a whole one
            from shapecalc.render.plan import expanded_spec as spec

            write(spec.render(made), output)
    elif format_ == "csv":
        from shapecalc.render.plan import plan_csv as csv

        write(csv.render(made, depth=view.depth), output)
    else:
        from shapecalc.render.plan import plan_markdown as markdown

        write(markdown.render(made, columns=columns, view=view), output)
    write_error(findings(made, screen, False).lstrip("\n"))


def table(made: Plan, columns: list[str], view: View, screen: Screen) -> str:
    """Drawn on a terminal, plain in a pipe and for a very long network."""
    if (screen.terminal or screen.color) and len(made.layers) <= MOST_DRAWN:
        from shapecalc.render.plan import terminal as drawn

        return drawn.render(made, width=screen.width, columns=columns, color=screen.color, view=view)
    from shapecalc.render.plan import plain

    return plain.render(made, width=screen.width, columns=columns, view=view)


def findings(made: Plan, screen: Screen, wrapped: bool) -> str:
    """All findings and their count, after a blank line; nothing where there are none."""
    return findings_text(made.diagnostics, screen, wrapped)


def findings_text(found: Sequence[Finding], screen: Screen, wrapped: bool) -> str:
    if not found:
        return ""
    from shapecalc.render.findings.carets import render, summary

    text = render(found, width=screen.width if wrapped else None, color=screen.color)
    return f"\n{text}\n{summary(found, color=screen.color)}\n"
