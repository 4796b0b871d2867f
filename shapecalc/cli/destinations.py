"""`--format FORMAT[:FILE]` and `-o FILE`: what a command writes, in which formats and where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Generic

import click

from shapecalc.cli import options
from shapecalc.cli.output import page, write, write_error
from shapecalc.render.formats import Format, Formats, Subject
from shapecalc.render.page import EVERYTHING, View

if TYPE_CHECKING:
    pass

Target = tuple[Format[Subject], str | None]  # a format and its file; None: standard output


class Output(Generic[Subject]):
    """Where a command writes: a format and a place, or several."""

    __slots__ = ("chosen", "color", "targets")

    def __init__(self, targets: Sequence[Target[Subject]], color: str, chosen: bool) -> None:
        self.targets, self.color, self.chosen = targets, color, chosen

    def write(self, subject: Subject, view: View = EVERYTHING, *, to_error: bool = False) -> None:
        """Writes every format to its place; with `to_error` to standard error instead of standard output."""
        for format_, path in self.targets:
            text = format_.render(subject, page(self.color, sys.stdout if path is None else None, view))
            if text is not None and to_error and path is None:
                write_error(text)
            elif text is not None:
                write(text, path)

    def write_text(self, text: str) -> None:
        """Writes a text that has no other format to the first place."""
        write(text, self.targets[0][1])

    def writes(self, name: str) -> bool:
        return any(format_.name == name for format_, _ in self.targets)

    @property
    def shows_findings(self) -> bool:
        """Are the findings in one of the texts?"""
        return any(format_.shows_findings for format_, _ in self.targets)


def writes(formats: Formats[Subject]) -> options.Decorator:
    """Adds `--format`, `-o` and `--color`; the command gets what they say as `output`."""

    def decorate(command: options.Command) -> options.Command:
        @wraps(command)
        def run(*, format_: Sequence[Target[Subject]], output: str | None, color: str, **others: object) -> int:
            targets = destinations(format_, output, formats)
            chosen = bool(format_) or output is not None
            return command(output=Output(targets, color, chosen), **others)

        return options.format_(formats, parser(formats))(options.output(options.color(run)))

    return decorate


def parser(formats: Formats[Subject]) -> Callable[..., list[Target[Subject]]]:
    """Reads the values of `--format`."""
    by_name = {format_.name: format_ for format_ in formats}

    def parsed(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[Target[Subject]]:
        targets: list[Target[Subject]] = []
        for value in values:
            name, colon, path = value.partition(":")
            if name not in by_name:
                hint = "give --format once for each" if "," in name else options.meant_or_all(name, list(by_name))
                raise click.BadParameter(f"no format `{name}`; {hint}", ctx, param)
            if colon and not path:
                raise click.BadParameter(f"`{value}` does not name a file; write {name}:FILE", ctx, param)
            targets.append((by_name[name], path if path != "-" and path else None))
        return targets

    return parsed


def destinations(
    targets: Sequence[Target[Subject]], output: str | None, formats: Formats[Subject]
) -> list[Target[Subject]]:
    """Where each format goes: `-o` is the file of the one that names none. UsageError where two go to one place."""
    targets = targets or [(by_ending(output, formats), None)]
    placed = [(format_, output if path is None else path) for format_, path in targets]
    paths = [path for _, path in placed]
    for path in paths:
        if paths.count(path) > 1:
            where = "standard output" if path is None else path
            example = f"{formats[1].name}:FILE"
            raise click.UsageError(f"two formats for {where}; give each its file, as in --format {example}")
    if output is not None and output not in paths:
        raise click.UsageError("-o has no format to write: every --format names its own file")
    return placed


def by_ending(path: str | None, formats: Formats[Subject]) -> Format[Subject]:
    """The format whose files end as the path does, else the default."""
    ends = (format_ for format_ in formats if format_.ending and path is not None and path.endswith(format_.ending))
    return next(ends, formats[0])
