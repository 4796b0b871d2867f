"""SPEC, the argument of every command that plans one spec, and the options that say how it is planned."""

from __future__ import annotations

import os
import sys
from functools import cached_property, wraps
from typing import TYPE_CHECKING, TypedDict

import click

from shapecalc.cli import options
from shapecalc.cli.output import page, write_error
from shapecalc.cli.rule_options import Chosen, rules
from shapecalc.cli.values import batch_of, inputs_of, settings_of
from shapecalc.text.findings import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapecalc.algebra.dims import Dim
    from shapecalc.algebra.shape import Shape
    from shapecalc.cli.destinations import Output
    from shapecalc.linting.settings import Settings
    from shapecalc.network.plan import Plan


class PlanOptions(TypedDict):
    """How a spec is planned, as `plan_source` takes it."""

    inputs: dict[str, Shape]
    batch: Dim | str | None
    set: dict[str, object]
    variant: str | None
    dtype: str


def plan_options(
    inputs: Sequence[str], batch: str | None, settings: Sequence[str], variant: str | None, dtype: str
) -> PlanOptions:
    """The options of the command line as values."""
    return {
        "inputs": inputs_of(inputs),
        "batch": batch_of(batch),
        "set": settings_of(settings),
        "variant": variant,
        "dtype": dtype,
    }


class Spec:
    """The SPEC of a command line, and how it is planned and linted."""

    def __init__(self, path: str, given: PlanOptions, lint: Settings, fail_on: str | None) -> None:
        self.path, self.given, self.lint, self.fail_on = path, given, lint, fail_on

    @cached_property
    def plan(self) -> Plan:
        return planned(self.path, self.given, self.lint)

    def finish(self, output: Output[Plan]) -> int:
        """The exit status, after the findings that the output does not show have been written to standard error."""
        config = self.lint.configs.of(self.plan.network.source.path)
        for findings in ([] if output.shows_findings else self.plan.diagnostics, config.findings):
            if findings:
                from shapecalc.render.findings.with_count import with_count

                write_error(with_count(findings, page(output.color, sys.stderr)).lstrip("\n"))
        failed = options.failed(
            [d.severity for d in self.plan.diagnostics], self.fail_on or config.fail_on or Severity.ERROR
        )
        return 2 if config.findings else int(failed)


def takes_spec(command: options.Command) -> options.Command:
    """Adds SPEC and its options; the command gets them as `spec`."""

    @wraps(command)
    def run(
        *,
        spec: str,
        inputs: tuple[str, ...],
        batch: str | None,
        settings: tuple[str, ...],
        variant: str | None,
        train: bool,
        dtype: str,
        chosen: Chosen,
        fail_on: str | None,
        stdin_filename: str,
        **others: object,
    ) -> int:
        lint = chosen.settings(train=train, stdin_name=stdin_filename)
        given = plan_options(inputs, batch, settings, variant, dtype)
        return command(spec=Spec(spec, given, lint, fail_on), **others)

    return options.all_of(SPEC_OPTIONS)(run)


SPEC_OPTIONS: tuple[options.Decorator, ...] = (
    click.argument("spec", metavar="SPEC", shell_complete=options.complete_specs()),
    options.inputs(),
    options.batch,
    options.settings,
    options.variant(),
    options.train,
    options.dtype,
    options.stdin_filename,
    rules,
    options.fail_on,
)


def planned(path: str, given: PlanOptions, lint: Settings) -> Plan:
    """The plan of a file, its findings chosen as its configuration and the options say. UsageError for a file that
    cannot be read and for options that do not fit it."""
    from shapecalc.api.plan import UsageError, open_spec, plan_source
    from shapecalc.text.source import BadText, os_error_text

    try:
        source, variant = open_spec(path, given["variant"], lint.stdin_name)
        settings = given | {"variant": variant}
        return plan_source(source, train=lint.trains(source.path), policy=lint.policy(source.path), **settings)
    except OSError as error:
        raise click.UsageError(os_error_text(error, path) + name_hint(path)) from None
    except (BadText, UsageError) as error:
        raise click.UsageError(str(error)) from None


def name_hint(path: str) -> str:
    """The bundled network that a word may mean which is not a file."""
    if os.path.exists(path):
        return ""
    from shapecalc.language import library

    near = library.suggestion(path)
    if near is not None:
        return f"; did you mean the bundled network `{near}`?"
    return "" if "." in path or os.sep in path else "; `shapecalc specs` lists the bundled networks"
