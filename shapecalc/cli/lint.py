"""`shapecalc lint PATH...`: findings only, for CI."""

from __future__ import annotations

import os
from collections.abc import Sequence
from glob import glob, has_magic
from typing import TYPE_CHECKING, Any

import click

from shapecalc.cli import options
from shapecalc.cli.output import Screen, write
from shapecalc.cli.plan import planned

if TYPE_CHECKING:
    from shapecalc.infer import Plan

EPILOG = """\b
Examples:
  shapecalc lint specs/
  shapecalc lint net.yaml "models/**/*.yaml" --format concise
  shapecalc lint - --stdin-filename net.yaml --format json < net.yaml
"""


@click.command("lint", epilog=EPILOG)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@options.train
@options.format_("full", "concise", "json")
@options.output
@options.fail_on
@options.stdin_filename
@options.color
def command(
    paths: tuple[str, ...],
    train: bool,
    format_: str,
    output: str | None,
    fail_on: str,
    stdin_filename: str,
    color: str,
) -> int:
    """What is wrong in the specs at PATH: files, directories, globs, or - for standard input."""
    plans = [planned(path, stdin_filename, train=train) for path in files(paths)]
    screen = Screen(color, to_file=output is not None)
    write(text_of(plans, format_, screen), output)
    return int(options.failed([d.severity for made in plans for d in made.diagnostics], fail_on))


def files(paths: Sequence[str]) -> list[str]:
    """Every spec that is meant, once: directories walked, globs expanded."""
    from shapecalc.engine import spec_files

    found: list[str] = []
    for path in paths:
        if path == "-" or os.path.lexists(path) or not has_magic(path):
            found.append(path)
            continue
        matches = sorted(glob(path, recursive=True))
        if not matches:
            raise click.UsageError(f"nothing matches {path}")
        found += matches
    return spec_files(found)


def text_of(plans: Sequence[Plan], format_: str, screen: Screen) -> str:
    if format_ == "json":
        from shapecalc.render import json

        return json.render({"version": 1, "files": [without_layers(made.to_dict()) for made in plans]})
    from shapecalc.render.findings import concise, render, summary

    found = [d for made in plans for d in made.diagnostics]
    if format_ == "concise":
        return concise(found, color=screen.color)
    count = f"{len(plans):,} file{'s' if len(plans) != 1 else ''}"
    if not found:
        return f"no findings in {count}\n"
    wrap = screen.width if screen.terminal else None
    return f"{render(found, width=wrap, color=screen.color)}\n{summary(found, color=screen.color)} in {count}\n"


def without_layers(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != "layers"}
