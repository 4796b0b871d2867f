"""Lint rules: the examples in their docstrings, and what holds for all of them."""

from __future__ import annotations

import re

import pytest

import shapecalc
from shapecalc.diagnostics import Diagnostic, Severity
from shapecalc.rules.base import CATEGORIES, RULES, Rule, run

CHECKED = [one for one in RULES.values() if one.check is not None]
REPORTED = [one for one in RULES.values() if one.check is None and one.bad]


def found(text: str, one: Rule) -> list[Diagnostic]:
    """What is found in a spec: what is on by default, and by the one rule."""
    plan = shapecalc.plan(text=text)
    names = {r.name for r in CHECKED if r.default} | {one.name}
    return plan.reporter.diagnostics + run(plan, names)


@pytest.mark.parametrize("one", [*CHECKED, *REPORTED], ids=lambda one: one.name)
def test_bad_gives_the_one_finding_and_good_none(one: Rule) -> None:
    (finding,) = found(one.bad, one)
    assert (finding.rule, finding.severity) == (one.name, one.severity)
    assert (finding.fix is not None) == one.fixable
    assert finding.fix is None or finding.fix.safe != one.unsafe
    assert found(one.good, one) == []


@pytest.mark.parametrize("one", RULES.values(), ids=lambda one: one.name)
def test_every_rule_says_what_and_why(one: Rule) -> None:
    assert re.fullmatch("[a-z]+(-[a-z]+)+", one.name)
    assert one.what and one.why and one.category in CATEGORIES and one.severity in Severity.ORDER
    assert one.what.endswith(".")


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        run(shapecalc.plan(text="input: [3]\nlayers: [relu]"), ["no-such-rule"])
