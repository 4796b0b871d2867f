"""Expressions in arguments: values, findings with their place inside the value, and texts that mean harm."""

from __future__ import annotations

import json

import pytest

import shapecalc
from shapecalc.algebra import expressions as expr
from shapecalc.algebra.expressions import ExprError
from shapecalc.network.plan import Plan

ENV = {"w": 8, "depths": [3, 4, 6], "rate": 0.5, "deep": True, "act": "relu", "in_channels": 3}


def value(text: str) -> object:
    return expr.evaluate(expr.parse(text), ENV)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # arithmetic, as in Python
        ("1 + 2*3", 7), ("(1 + 2)*3", 9), ("7//2", 3), ("-7//2", -4), ("7 % 4", 3), ("7/2", 3.5), ("w/2", 4.0),
        ("2 - 3 - 4", -5), ("-w + 20", 12), ("--w", 8), ("+w", 8), (".5*w", 4.0), ("1e3", 1000.0), ("w*rate", 4.0),
        # comparisons and logic
        ("w > 3", True), ("1 < w < 10", True), ("1 < w < 3 < 9", False), ("1 < 3 < w < 9", True), ("w == 8", True),
        ("w != 8", False), ("act == 'relu'", True), ("not deep", False), ("not w == 3 and deep", True),
        ("w if deep else 3", 8), ("1 if w < 3 else 2 if w < 9 else 3", 2), ("0 or w", 8), ("w and 3", 3),
        ("true", True), ("False", False), ("None", None), ("null", None), ("w if true else 1/0", 8),
        # lists and texts
        ("depths[0]", 3), ("depths[-1]", 6), ("[1, w][1]", 8), ("[8, 16] + [32]", [8, 16, 32]), ("(1, 2)", [1, 2]),
        ("len(depths)", 3), ("'a'", "a"), ('"a"', "a"), ("[]", []), ("(w)", 8), ("(w,)", [8]),
        # functions
        ("min(w, 3)", 3), ("max(1, 2.5, w)", 8), ("max(depths)", 6), ("round(2.6)", 3), ("round(2.567, 1)", 2.6),
        ("floor(2.7)", 2), ("ceil(2.1)", 3), ("int(2.9)", 2), ("int(-2.9)", -2), ("gcd(12, 18)", 6),
        ("make_divisible(37)", 40), ("make_divisible(37, 4)", 36), ("make_divisible(v=37, d=4)", 36),
        ("make_divisible(12*0.75)", 16), ("make_divisible(32*0.35)", 16), ("make_divisible(3)", 8),
    ],
)  # fmt: skip
def test_values(text: str, wanted: object) -> None:
    got = value(text)
    assert got == wanted and type(got) is type(wanted)


def test_make_divisible_is_torchvisions() -> None:
    """The nearest multiple of d, at least d, and never more than 10 % below v."""
    for v in range(1, 400):
        for d in (1, 4, 8, 16):
            near = max(d, int(v + d / 2) // d * d)
            assert value(f"make_divisible({v}, {d})") == (near + d if near < 0.9 * v else near)


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        # no way to run code
        ("9**9**9", "**", "unexpected `**`"), ("__class__", "__class__", "unknown name"),
        ("w.__class__", "w.__class__", "have no attributes"), ("().__class__", ".", "not part of an expression"),
        ("eval('1')", "eval", "unknown function `eval`"), ("open('x')", "open", "unknown function `open`"),
        ("__import__('os')", "__import__", "unknown function"), ("lambda x: x", "x", "unexpected `x`"),
        ("[i for i in w]", "for", "expected `]`"), ("w := 3", ":", "unexpected `:`"), ("`ls`", "`", "not part"),
        ("$(ls)", "$", "not part"), ("{{w}}", "{", "not part"), ("f'{w}'", "'{w}'", "unexpected"),
        # what is not there
        ("wdith", "wdith", "unknown name"), ("depts[0]", "depts", "unknown name `depts`"),
        ("maxx(1, 2)", "maxx", "unknown function `maxx`"), ("abs(w)", "abs", "unknown function `abs`"),
        ("depths[3]", "depths[3]", "index 3 is out of range: the list has 3 values"),
        ("w ^ 2", "^", "`^` is not part of an expression"), ("w = 3", "=", "unexpected `=`"),
        # kinds
        ("w[0]", "w[0]", "a list is indexed by an integer"), ("depths[rate]", "depths[rate]", "indexed by a float"),
        ("depths * 2", "depths * 2", "`*` does not work on a list and an integer"),
        ("'a' * 9", "'a' * 9", "`*` does not work on a string"), ("-act", "-act", "`-` does not work on a string"),
        ("len(w)", "len(w)", "`len` does not work on an integer"), ("max([])", "max([])", "does not work on a list"),
        ("gcd(2.5, 1)", "gcd(2.5, 1)", "does not work on a float and an integer"),
        # arguments of functions
        ("max()", "max()", "`max` takes 1 or more arguments, not 0"),
        ("len(1, 2)", "len(1, 2)", "takes 1 argument, not 2"),
        ("make_divisible(w, e=4)", "e", "has no argument `e`"), ("make_divisible(w, v=4)", "v", "has no argument `v`"),
        ("max(w=3)", "w", "has no argument `w`"), ("make_divisible(d=2, 3)", "3", "comes after one with a name"),
        # numbers
        ("1/0", "1/0", "division by zero"),
        ("w//0", "w//0", "division by zero"), ("w % 0", "w % 0", "division by zero"),
        ("make_divisible(w, 0)", "make_divisible(w, 0)", "divides by zero"),
        ("4294967296*4294967296", "4294967296*4294967296", "too large"), ("int(1e30)", "int(1e30)", "too large"),
        ("9" * 50, "9" * 50, "the number is too long"),
        # unfinished
        ("", "", "ends too early"), ("w +", "", "ends too early"), ("(w", "", "expected `)`, found the end"),
        ("w)", ")", "unexpected `)`"), ("w if deep", "", "expected `else`, found the end"), ("w, 3", ",", "unexpected"),
        ("3 x 3", "x", "unexpected `x`"), ("min(1, 2", "", "expected `)`"), ("depths[0", "", "expected `]`"),
        # length and depth
        ("1" + "+1" * 5_000_000, None, "longer than 2000 characters"), ("(" * 1000, None, "nested more than 50 deep"),
        ("[" * 500 + "]" * 500, None, "nested more than 50 deep"),
        ("-" * 1000 + "1", None, "nested more than 50"),
        ("not " * 400 + "1", None, "nested more than 50"), ("1 if w else " * 150 + "2", None, "nested more than 50"),
        ("w" + "+w" * 900, None, "more than 200 operations"), ("depths" + "[0]" * 600, None, "more than 200"),
        ("w" + "<w" * 900, None, "more than 200 operations"),
        ("len(" * 60 + "w" + ")" * 60, None, "nested more"),
    ],
)  # fmt: skip
def test_findings(text: str, at: str | None, message: str) -> None:
    with pytest.raises(ExprError) as caught:
        value(text)
    error = caught.value
    assert message in error.message
    if at:
        assert text[error.start : error.end] == at


@pytest.mark.parametrize(
    ("text", "help"),
    [("rat*2", "write `rate`"), ("depts[0]", "write `depths`"), ("in_chanels", "write `in_channels`"),
     ("mx(1, 2)", "write `max`"), ("w ** 2", "write the product out"), ("w = 3", "write `==`"),
     ("zzz", "the variables here are w, depths")],
)  # fmt: skip
def test_help(text: str, help: str) -> None:
    with pytest.raises(ExprError) as caught:
        value(text)
    assert help in (caught.value.help or "")


# In a file. ----------------------------------------------------------------------------------------------------------


def plan(row: str, more: str = "") -> Plan:
    return shapecalc.plan(text=f"input: [3, 8, 8]\nvars: {{width: 8, ks: [1, 3]}}\n{more}layers:\n  - {row}\n")


@pytest.mark.parametrize(
    ("row", "at", "rule"),
    [
        ("conv2d: {out: wdith*2, k: 1}", "wdith", "invalid-expression"),
        ('conv2d: {out: "8 + wdith*2", k: 1}', "wdith", "invalid-expression"),
        ('conv2d: {out: 8, k: ["ks[0]", "ks[2]"]}', "ks[2]", "invalid-expression"),
        ("conv2d: {out: 8, k: 1, when: wdith > 1}", "wdith", "invalid-expression"),
        ("conv2d: {out: 8, k: 1, repeat: wdith}", "wdith", "invalid-expression"),
        ("conv2d: {out: 8, k: 1, expect: [N, wdith/0, _, _]}", "wdith/0", "invalid-expression"),
        ("nn.Conv2d(3, wdith*2, 1)", "wdith", "invalid-expression"),
        ("conv2d: {out: max(8, 4), k: 1}", "max(8, 4)", "unquoted-expression"),
        ("conv2d: {k: 1, out: min(width, max(8, 4))}", "min(width, max(8, 4))", "unquoted-expression"),
    ],
)  # fmt: skip
def test_the_column_is_inside_the_value(row: str, at: str, rule: str) -> None:
    (found,) = plan(row).diagnostics
    assert found.rule == rule and found.span.text == at, (found, found.span.text)


def test_a_comma_in_braces_is_mended() -> None:
    made = plan("conv2d: {out: max(8, 4), k: 1}")
    (found,) = made.diagnostics
    assert found.help == 'write `out: "max(8, 4)"`' and found.fix is not None
    assert found.fix.edits[0].text == '"max(8, 4)"'
    assert str(made.layers[0].out_shapes[0]) == "(<N>, 8, 8, 8)"


def test_a_variable_without_a_value_is_one_finding() -> None:
    made = shapecalc.plan(
        text="input: [3, 8, 8]\nvars: {a: 1/0, b: a*2, c: [a, b]}\nlayers:\n  - conv2d: {out: b, k: 1}\n"
        "  - conv2d: {out: 'c[0]', k: 1, repeat: a, when: a > 1}\n"
    )
    assert [d.message for d in made.diagnostics] == ["division by zero"]


@pytest.mark.parametrize(
    "variables",
    [
        {"a0": [1, 2], **{f"a{i}": f"a{i - 1} + a{i - 1}" for i in range(1, 60)}},
        {"a0": 2, **{f"a{i}": f"a{i - 1}*a{i - 1}" for i in range(1, 60)}},
        {"a0": [1], **{f"a{i}": f"[a{i - 1}, a{i - 1}]" for i in range(1, 60)}},
    ],
)
def test_variables_that_grow(variables: dict[str, object]) -> None:
    """Each is harmless by itself; together they would fill the memory."""
    declared = "".join(f"  {name}: {json.dumps(value)}\n" for name, value in variables.items()).replace('"', "'")
    made = shapecalc.plan(text=f"input: [3]\nvars:\n{declared}layers:\n  - linear: len(a59)\n  - relu\n")
    assert not made.ok


# Far too many layers. ------------------------------------------------------------------------------------------------


def doubling(use: str, levels: int = 40) -> str:
    blocks = "".join(f"  b{k}: {use.replace('NEXT', f'b{k + 1}')}\n" for k in range(levels))
    return f"input: [3]\nvars: {{n: 2, many: 99999999}}\nblocks:\n{blocks}  b{levels}: [relu]\nlayers: [b0]\n"


@pytest.mark.parametrize(
    "text",
    [
        doubling("[NEXT, NEXT]"),
        doubling("[{residual: [NEXT, NEXT]}]"),
        doubling("[{parallel: [[NEXT], [NEXT]]}]"),
        doubling("[{NEXT: {repeat: 2}}]"),
        doubling("[{NEXT: {repeat: n}}]"),
        doubling("{args: {k: 2}, layers: [{NEXT: {repeat: k}}]}"),
        doubling("[{NEXT: {when: in_features > 1}}, {NEXT: {when: in_features > 1}}]"),
        "input: [3]\nlayers: [{relu: {repeat: 1000001}}]\n",
        "input: [3]\nvars: {n: 999999999999}\nlayers: [{relu: {repeat: n}}]\n",
        "input: [3]\nvars: {n: 1000000}\nblocks: {b: [{relu: {repeat: n}}]}\nlayers: [{b: {repeat: n}}]\n",
        "input: [3]\nvars: {n: 99999999}\nblocks: {b: []}\nlayers: [{b: {repeat: n}}]\n",
        "input: [3]\nvars: {n: 99999999}\nlayers: [{sequential: {layers: [{relu: {when: i < 0}}], repeat: n}}]\n",
    ],
)
def test_expansion_is_capped(text: str) -> None:
    found = shapecalc.plan(text=text).diagnostics
    assert [d.rule for d in found if d.severity == "error"] == ["too-many-layers"]


def test_a_long_network_is_not_too_long() -> None:
    blocks = "blocks: {b: {args: {k: 2}, layers: [{relu: {repeat: k}}]}}\n"
    made = shapecalc.plan(text=f"input: [3]\nvars: {{n: 6000}}\n{blocks}layers: [{{b: {{repeat: n, k: 3}}}}]\n")
    assert made.totals["layers"] == 18_000 and not made.reporter.has_errors
