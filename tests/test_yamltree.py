"""YAML to nodes: values, places, and one finding for what is wrong."""

from __future__ import annotations

import gc
import math
from typing import Any

import pytest
import yaml

from shapecalc.text.findings import Finding, Reporter
from shapecalc.text.source import Source
from shapecalc.yamltree import Mapping, Node, Scalar, Sequence, compose, events, plain


def read(text: str, resolver: str = "1.2") -> tuple[Node | None, list[Finding]]:
    reporter = Reporter()
    return compose(Source("f.yaml", text), reporter, resolver), reporter.findings


def value(text: str, resolver: str = "1.2") -> Any:
    node, found = read(text, resolver)
    assert not found
    return plain(node)


@pytest.fixture(params=["libyaml", "pure"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers: the one in C and the one for where it is missing."""
    if request.param == "pure":
        monkeypatch.setattr(events, "_next_event", lambda text: events._PurePython(text).get_event)
    return str(request.param)


SCALARS = [
    # text, YAML 1.2 core, PyYAML
    ("no", "no", False),
    ("on", "on", True),
    ("true", True, True),
    ("FALSE", False, False),
    ("tRue", "tRue", "tRue"),
    ("~", None, None),
    ("null", None, None),
    ("", None, None),
    ("'null'", "null", "null"),
    ("010", 10, 8),
    ("0o10", 8, "0o10"),
    ("0x1F", 31, 31),
    ("0b11", "0b11", 3),
    ("-7", -7, -7),
    ("+7", 7, 7),
    ("1_000", "1_000", 1000),
    ("1:30", "1:30", 90),
    ("1e3", 1000.0, "1e3"),
    ("1.5e+3", 1500.0, 1500.0),
    ("1.", 1.0, 1.0),
    (".5", 0.5, 0.5),
    ("-.inf", -math.inf, -math.inf),
    (".inf", math.inf, math.inf),
    ("1e999", math.inf, "1e999"),
    ("2020-01-01", "2020-01-01", "2020-01-01"),
    ("3x28x28", "3x28x28", "3x28x28"),
    ("4*width", "4*width", "4*width"),
    ("0x_", "0x_", "0x_"),
    ("-", "-", "-"),
    ("١٢", "١٢", "١٢"),
    ("!!str 3", "3", "3"),
    ("!!float 3", 3.0, 3.0),
    ("! 3", "3", "3"),
]


@pytest.mark.parametrize(("text", "core", "pyyaml"), [case for case in SCALARS if case[0] != "-"])
def test_scalars(text: str, core: object, pyyaml: object, parser: str) -> None:
    for resolver, expected in (("1.2", core), ("1.1", pyyaml)):
        found = value(f"k: {text}\n", resolver)["k"]
        assert found == expected
        assert type(found) is type(expected)


def test_not_a_number() -> None:
    assert math.isnan(value(".nan"))


def test_tree_is_that_of_pyyaml(parser: str) -> None:
    text = "a: [1, {b: c}, []]\nd:\n- e\n-   - f\n    - g: h\ni: |\n  two\n  lines\n'j': {}\n? k\n: l\n"
    assert value(text) == yaml.safe_load(text)


PLACES = [
    # text, path to the node, the text it stands for
    ("a: 12", ["a"], "12"),
    ("a: 'x y'", ["a"], "'x y'"),
    ("a: [1, 2] # c", ["a"], "[1, 2]"),
    ("a: &x 12", ["a"], "12"),
    ("a: !!int &x 12", ["a"], "12"),
    ("a: &x {b: 1}", ["a"], "{b: 1}"),
    ("ä: ö\nb: 😀", ["b"], "😀"),
    ("a: 1\r\nb: 2\r\n", ["b"], "2"),
    # block collections end at their last child, not at the next token
    ("a:\n  - 1\n  - 2\n\n# c\nb: 3\n", ["a"], "- 1\n  - 2"),
    ("a:\n  b: 1\n  c: 2\n\n\nd: 3\n", ["a"], "b: 1\n  c: 2"),
    ("a:\n- 1\n\nb: 3\n", ["a"], "- 1"),
    ("a: |\n  x\n  y\n\nb: 3\n", ["a"], "|\n  x\n  y"),
    ("a:\nb: 3\n", ["a"], ""),
    ("a: &x 1\nb: *x", ["b"], "*x"),
]


@pytest.mark.parametrize(("text", "path", "expected"), PLACES)
def test_places(text: str, path: list[str], expected: str, parser: str) -> None:
    node, _ = read(text)
    for key in path:
        assert isinstance(node, Mapping)
        node = node.get(key)
    assert node is not None
    assert node.span.text == expected


def test_raw_and_quoted() -> None:
    node, _ = read("[010, '010', \"a\\tb\", x]")
    assert isinstance(node, Sequence)
    scalars = [item for item in node.items if isinstance(item, Scalar)]
    assert [(s.value, s.raw, s.quoted) for s in scalars] == [
        (10, "010", False), ("010", "010", True), ("a\tb", "a\tb", True), ("x", "x", False),
    ]  # fmt: skip


def test_alias_keeps_both_places() -> None:
    node, _ = read("a: &x [1]\nb: *x\nc: &s 3\nd: *s\n")
    assert isinstance(node, Mapping)
    use, scalar = node.get("b"), node.get("d")
    assert isinstance(use, Sequence) and isinstance(scalar, Scalar)
    assert use.anchor is node.get("a")
    assert (use.span.line, use.span.column, scalar.value) == (2, 4, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("b: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}", {"x": 1, "y": 3}),
        ("a: &a {x: 1}\nb: &b {x: 2, z: 4}\nc: {<<: [*a, *b], y: 3}", {"x": 1, "z": 4, "y": 3}),
        ("c: {'<<': 1}", {"<<": 1}),
    ],
)
def test_merge_keys(text: str, expected: object) -> None:
    assert value(text)["c"] == expected


FINDINGS = [
    # text, rule, line, column, a part of the message
    ("", "empty-file", 1, 1, "empty"),
    ("\n  \n", "empty-file", 1, 1, "empty"),
    ("# nothing\n---\n", "empty-file", 1, 1, "only comments"),
    ("a: 1\n---\nb: 2\n", "several-documents", 2, 1, "second document"),
    ("a: 1\nb: 2\na: 3\n", "duplicate-key", 3, 1, "`a`"),
    ("a: !foo 1", "unknown-tag", 1, 4, "`!foo`"),
    ("a: !!python/object/apply:os.system [x]", "unknown-tag", 1, 4, "unknown tag"),
    ("a: !!int x", "unknown-tag", 1, 10, "expected int"),
    ("? [1]\n: 2", "key-not-scalar", 1, 3, "a list cannot be a key"),
    ("a: *x", "unknown-anchor", 1, 4, "`&x`"),
    ("a: &a [1, *a]", "self-reference", 1, 11, "`&a`"),
    ("<<: 3", "merge-not-mapping", 1, 5, "`<<`"),
    ("a: " + "9" * 5000, "number-too-long", 1, 4, "5000 characters"),
    # brackets and quotes: the opening one
    ("a:\n  - c: {k: 5\n  - relu\n", "yaml-syntax", 2, 8, "`{` is not closed"),
    ("a: [1, 2", "yaml-syntax", 1, 4, "`[` is not closed"),
    ("a: [1, 2}\n", "yaml-syntax", 1, 4, "`[` is not closed"),
    ("a: [1, [2, 3]\nb: 1\n", "yaml-syntax", 1, 4, "`[` is not closed"),
    ("# {\na: '['\nb: {c: 1\nd: 2\n", "yaml-syntax", 3, 4, "`{` is not closed"),
    ("a: |\n  [x\nb: {c: 1\nd: 2\n", "yaml-syntax", 3, 4, "`{` is not closed"),
    ("a: [1, 2]]\n", "yaml-syntax", 1, 10, "`]` closes nothing"),
    ('a: "x\nb: 1\n', "yaml-syntax", 1, 4, '" is not closed'),
    ('a: "x\nb:\n  - c: {p: "same"}\n', "yaml-syntax", 1, 4, '" is not closed'),
    ("a: 'it's'", "yaml-syntax", 1, 8, "after its closing quote"),
    # tabs
    ("a:\n\t- b\n", "yaml-syntax", 2, 1, "a tab"),
    ("a:\n  - b\n\t- c\n", "yaml-syntax", 3, 1, "a tab"),
    # the rest
    ("a: {k: d[1]}", "yaml-syntax", 1, 8, "needs quotes"),
    ("a: {k: 1 s: 2}", "yaml-syntax", 1, 11, "expected `,` or `}`"),
    ("a: b: c", "yaml-syntax", 1, 5, "not allowed here"),
    ("a: @x", "yaml-syntax", 1, 4, "cannot begin with `@`"),
    ("a:\n  - b\n  c: 3\n", "yaml-syntax", 3, 3, "does not fit the list"),
    ("a: \x01", "yaml-syntax", 1, 4, "U+0001"),
    ("a: \ud800", "yaml-syntax", 1, 4, "surrogate"),
]


@pytest.mark.parametrize(("text", "rule", "line", "column", "message"), FINDINGS)
def test_findings(text: str, rule: str, line: int, column: int, message: str) -> None:
    _, found = read(text)
    assert [(d.rule, d.line, d.column) for d in found] == [(rule, line, column)]
    assert message in found[0].message


@pytest.mark.parametrize("text", [case[0] for case in FINDINGS])
def test_findings_of_the_pure_parser(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "_next_event", lambda text: events._PurePython(text).get_event)
    assert len(read(text)[1]) == 1


@pytest.mark.parametrize("unit", ["[", "- ", "{a: ", "? ", "[{a: "])
def test_deep_nesting(unit: str) -> None:
    node, found = read(unit * 20_000)
    assert node is None
    assert [d.rule for d in found] == ["too-deep"]


def test_nesting_that_is_allowed() -> None:
    assert value("[" * 199 + "]" * 199)


def test_aliases_that_explode() -> None:
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    laughs += "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    assert [d.rule for d in read(laughs)[1]] == ["alias-explosion"]


def test_aliases_that_nest() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 400))
    assert [d.rule for d in read(chain)[1]] == ["too-deep"]


def test_fix_of_an_expression_with_brackets() -> None:
    _, (finding,) = read("a: {repeat: depths[i + 1], k: 3}")
    assert finding.fix is not None
    (edit,) = finding.fix.edits
    assert (edit.span.text, edit.text) == ("depths[i + 1]", '"depths[i + 1]"')


def test_collector_is_put_back() -> None:
    for text in ("a: 1", "a: ["):
        read(text)
        assert gc.isenabled()
    gc.disable()
    try:
        read("a: 1")
        assert not gc.isenabled()
    finally:
        gc.enable()
