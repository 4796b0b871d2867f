"""Lint rules: the examples on their pages, and what holds for all of them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import shapecalc
from shapecalc.layers.registry import catalogue
from shapecalc.rules import base
from shapecalc.rules.base import CATEGORIES, RULES, Rule
from shapecalc.rules.checking import run
from shapecalc.text.findings import Finding, Severity

CHECKED = [one for one in RULES.values() if one.check is not None]
REPORTED = [one for one in RULES.values() if one.check is None and one.bad]
PAGES = Path(base.__file__).parent.parent / "guide" / "en" / "rules"


def found(text: str, one: Rule) -> list[Finding]:
    """What is found in a spec: what is on by default, and by the one rule."""
    plan = shapecalc.plan(text=text)
    names = {r.name for r in CHECKED if r.default} | {one.name}
    return plan.reporter.findings + run(plan, names)


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


def test_every_rule_has_a_page_and_every_page_is_of_a_rule() -> None:
    assert {path.stem for path in PAGES.iterdir()} == set(RULES)


@pytest.mark.parametrize("one", RULES.values(), ids=lambda one: one.name)
def test_a_page_has_its_sections_in_order(one: Rule) -> None:
    assert list(one.page) == [one.name, "Why", "Bad", "Good"][: 4 if one.bad else 2]
    assert bool(one.bad) == bool(one.good) and (one.bad or one.check is None)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        run(shapecalc.plan(text="input: [3]\nlayers: [relu]"), ["no-such-rule"])


def test_no_two_rules_have_one_name() -> None:
    with pytest.raises(ValueError, match="two rules are called redundant-bias"):
        base.define("redundant-bias", "waste")
    with pytest.raises(ValueError, match="no category"):
        base.define("a-new-rule", "odd")


def test_the_kinds_that_rules_look_at_are_kinds_of_some_layer() -> None:
    known = frozenset().union(*(cls.kinds for cls in catalogue()))
    for rule in RULES.values():
        assert rule.kinds is None or rule.kinds <= known, rule


def test_every_module_with_rules_is_in_the_index() -> None:
    """A module that defines rules is imported by the index, and nothing else is."""
    folder = Path(base.__file__).parent
    defining = re.compile(r"^(@rule|@advice|define)\(", re.M)
    defined = [p for p in folder.rglob("*.py") if defining.search(p.read_text(encoding="utf-8"))]
    found = {".".join(p.relative_to(folder).with_suffix("").parts) for p in defined}
    assert found - {"base"} == {*base.WARNINGS, *base.ADVICE, *base.REPORTED}


def test_advice_and_texts_of_errors_are_not_loaded_for_the_rules_that_are_on() -> None:
    code = (
        "import sys, shapecalc; shapecalc.plan('specs/lenet5.yaml').diagnostics;"
        "print(*(m for m in sys.modules if m.startswith('shapecalc.rules.')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.removeprefix("shapecalc.rules.") for name in ran.stdout.split()}
    assert loaded >= set(base.WARNINGS) and not loaded & {*base.ADVICE, *base.REPORTED}
