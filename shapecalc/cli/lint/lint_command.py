"""`shapecalc lint PATH...`: findings only, for CI."""

from __future__ import annotations

from functools import partial

import click

from shapecalc.cli import options
from shapecalc.cli.destinations import writes
from shapecalc.cli.lint.lint_once import Request, lint_once
from shapecalc.cli.rule_options import rules
from shapecalc.render.formats import FINDINGS

EPILOG = """\b
Examples:
  shapecalc lint specs/
  shapecalc lint net.yaml "models/**/*.yaml" --format concise
  shapecalc lint models/ --format full --format sarif:findings.sarif
  shapecalc lint net.yaml --fix
  shapecalc lint models/ --write-baseline; shapecalc lint models/ --baseline .shapecalc-baseline.json
  shapecalc lint - --stdin-filename net.yaml --format json < net.yaml
"""


def jobs_of(ctx: click.Context, param: click.Parameter, value: str) -> int | None:
    """The value of `-j`; None: as many as are worth starting."""
    if value == "auto":
        return None
    if value.isdecimal() and 0 < int(value) <= 1024:
        return int(value)
    raise click.BadParameter(f"`{value[:20]}` is not a number of processes: write 1 or more, or auto", ctx, param)


@click.command("lint", epilog=EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, shell_complete=options.complete_specs(names=False))
@rules
@options.train
@options.variant("Which variant, in specs that have it; all: every one.")
@click.option("--fix", is_flag=True, help="Fix in the files what is mechanical and certain.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and change nothing.")
@click.option("--unsafe-fixes", is_flag=True, help="With --fix or --diff: also fixes that may not be what you meant.")
@click.option("--baseline", metavar="FILE", default=None, help="Only findings that are not in FILE.")
@click.option("--write-baseline", is_flag=True, help="Write all findings to the baseline.")
@writes(FINDINGS)
@options.fail_on
@click.option(
    "--max-warnings",
    metavar="N",
    type=click.IntRange(min=0),
    default=None,
    help="Exit with 1 for more than N warnings.",
)
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever the findings.")
@click.option("--specs-only", is_flag=True, help="Skip other YAML and excluded files even where they are named.")
@click.option("--show-config", is_flag=True, help="Show the configuration of each file and how each rule counts.")
@click.option("--watch", is_flag=True, help="Lint again whenever a file changes.")
@click.option(
    "-j", "--jobs", metavar="N", default="auto", callback=jobs_of, help="Number of processes.  [default: auto]"
)
@options.stdin_filename
def command(**given: object) -> int:
    """What is wrong in the specs at PATH: files, directories, globs, or - for standard input."""
    request = Request(**given)
    check(request)
    run = partial(lint_once, request)
    if not request.watch:
        return run()
    from shapecalc.cli.lint.watch import watch

    return watch(request.paths, run)


def check(request: Request) -> None:
    """Refuses options that contradict each other."""
    changes = request.fix or request.diff
    if not request.paths and not request.show_config:
        raise click.UsageError("no PATH given; `shapecalc lint .` lints every spec below this folder")
    if request.unsafe_fixes and not changes:
        raise click.UsageError("--unsafe-fixes needs --fix or --diff")
    if request.diff and request.output.chosen:
        raise click.UsageError("--diff shows only the changes: --format and -o cannot be combined with it")
    if request.write_baseline and changes:
        raise click.UsageError("--write-baseline cannot be combined with --fix or --diff")
    if request.watch and "-" in request.paths:
        raise click.UsageError("--watch cannot watch standard input")
