"""Everything has its text: layer types, rules, formulas; and the command lines that help shows work."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from shapecalc.api.plan import plan
from shapecalc.cli import cli
from shapecalc.guide.topics import ALSO, FORMULAS, LANGUAGE
from shapecalc.language.arguments import CONTROLS
from shapecalc.language.reader import KEYS
from shapecalc.language.words import COMPOSITES
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import catalogue
from shapecalc.rules.base import RULES

PACKAGE = Path(__file__).parent.parent / "shapecalc"
RULE = re.compile("[a-z]+(-[a-z]+)+")
TYPES = catalogue()


def reported_rules() -> set[str]:
    """Rule names in calls that report: `.error("name", ...)`, `.report(..., "name", ...)`, `Finding(...)`."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in ("error", "warning", "report", "Finding"):
                texts = [a.value for a in node.args[:3] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                found |= {t for t in texts if RULE.fullmatch(t)}
    return found


def test_every_rule_is_explained() -> None:
    assert reported_rules() <= set(RULES), "reported under a name that no module of shapecalc/rules/ defines"


def test_no_rule_is_explained_that_is_never_reported() -> None:
    assert {name for name, one in RULES.items() if one.check is None} <= reported_rules()


def run(*args: str) -> str:
    result = CliRunner().invoke(cli, list(args), standalone_mode=False)
    assert result.exception is None, result.exception
    return result.output


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.type)
def test_every_type_is_explained(cls: type[Layer]) -> None:
    text = run("explain", cls.type)
    assert text.startswith(cls.type) and "Examples:" in text
    for param in cls.params_:
        assert param.kind == "ignored" or (param.name in text and param.help), param.name


@pytest.mark.parametrize("cls", TYPES, ids=lambda cls: cls.type)
def test_every_type_has_a_help_whose_examples_work(cls: type[Layer]) -> None:
    text = run("layer", cls.type, "--help")
    lines = [line.strip() for line in text.splitlines() if line.strip().startswith("shapecalc layer")]
    assert lines
    for line in lines:
        words = line.split()[1:]
        result = CliRunner().invoke(cli, words, standalone_mode=False)
        assert result.return_value == 0, f"{line}\n{result.output}{result.exception}"


@pytest.mark.parametrize("name", [*RULES, *FORMULAS, *LANGUAGE])
def test_topics(name: str) -> None:
    assert run("explain", name).startswith(name)


@pytest.mark.parametrize("name", LANGUAGE)
def test_examples_of_the_language_are_right_and_use_the_word(name: str) -> None:
    word = LANGUAGE[name]
    assert plan(text=word.example).diagnostics == []
    assert re.search(rf"\b{name.removesuffix('s')}", word.example) or name == "expressions"


def test_every_word_of_the_language_is_explained() -> None:
    """The keys of a file, of a row and of the composites, and other words for them."""
    words = {*KEYS, *CONTROLS, *COMPOSITES, "args", "branches", "body", "shortcut", "merge"} - {"description", "loss"}
    for word in words | {"in_channels", "if", "block", *ALSO}:
        assert "(spec language)" in run("explain", word), word
    assert set(ALSO.values()) <= set(LANGUAGE)
