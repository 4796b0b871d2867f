"""Everything has its text: layer types, rules, formulas; and the command lines that help shows work."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from shapecalc.api.plan import plan
from shapecalc.cli import cli
from shapecalc.guide import topics
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


@pytest.mark.parametrize("name", RULES)
def test_rules(name: str) -> None:
    assert run("explain", name).startswith(name)


TOPICS = list(topics.topics())


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_topics(topic: topics.Topic) -> None:
    """Every page is found under its name and its other names, and says more than its heading."""
    page = run("explain", topic.name)
    assert page.startswith(topic.title) and len(page.splitlines()) > 5
    assert all(run("explain", word) == page for word in topic.aliases)


def test_a_word_leads_to_one_page() -> None:
    words = [topics.folded(word) for topic in TOPICS for word in (topic.name, *topic.aliases)]
    assert sorted(words) == sorted(set(words))
    assert not set(words) & set(RULES)


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.kind == "topics"], ids=lambda topic: topic.name)
def test_topics_have_an_example(topic: topics.Topic) -> None:
    assert topic.example


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.example.startswith("nc:")], ids=lambda topic: topic.name)
def test_examples_of_model_files_are_right(topic: topics.Topic) -> None:
    assert not [d for d in plan(text=topic.example).diagnostics if d.severity != "note"]


@pytest.mark.parametrize("topic", [t for t in TOPICS if t.kind == "language"], ids=lambda topic: topic.name)
def test_examples_of_the_language_are_right_and_use_the_word(topic: topics.Topic) -> None:
    assert plan(text=topic.example).diagnostics == []
    assert re.search(rf"\b{topic.name.removesuffix('s')}", topic.example) or topic.name == "expressions"


def test_every_word_of_the_language_is_explained() -> None:
    """The keys of a file, of a row and of the composites, and other words for them."""
    words = {*KEYS, *CONTROLS, *COMPOSITES, "args", "branches", "body", "shortcut", "merge"}
    for word in words | {"in_channels", "if", "block"}:
        assert "(spec language)" in run("explain", word), word


def test_the_keys_of_a_declared_module_are_explained() -> None:
    from shapecalc.dialects.yolo.declared import KEYS as OF_A_MODULE

    page = run("explain", "modules")
    assert all(f"`{key}`" in page for key in OF_A_MODULE)


LINK = re.compile(r"\[[^\]]+\]\(explain:([^)\s]+)\)")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_links_lead_somewhere(topic: topics.Topic) -> None:
    for name in LINK.findall(topic.text):
        run("explain", name)
