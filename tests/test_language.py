"""The language sentence by sentence: what each key takes, and the one finding for what it does not take."""

from __future__ import annotations

import pytest

import shapecalc
from shapecalc.infer import Plan


def plan(text: str, head: str = "input: [3, 8, 8]\n") -> Plan:
    return shapecalc.plan(text=head + text)


def rows(made: Plan) -> dict[str, str]:
    """The first output of each row of the outline."""
    return {r.name: "x".join(map(str, r.out_shapes[0] or "?")) for r in made.layers if r.depth == 0}


def messages(made: Plan) -> list[str]:
    return [d.message for d in made.diagnostics if d.severity == "error"]


CONTROL = "vars: {w: 2}\nlayers:\n  - conv2d: {out: 4, k: 1, name: c, KEY: VALUE}\n  - relu: {from: c}\n"
THREE = "layers:\n  - relu: {name: a}\n  - gelu: {from: VALUE}\n  - tanh: {name: b}\n"


@pytest.mark.parametrize(
    ("key", "value", "channels"),
    [
        ("repeat", "2", 4),
        ("repeat", "0", 3),
        ("repeat", "w", 4),
        ("repeat", "'2'", 4),
        ("repeat", "2*w - 4", 3),
        ("when", "true", 4),
        ("when", "false", 3),
        ("when", "w", 4),
        ("when", "w > 3", 3),
        ("when", "'w > 1'", 4),
        ("when", "no", 3),
        ("when", "on", 4),
        ("when", "0", 3),
        ("when", "in_channels == 3", 4),
        ("trainable", "false", 4),
        ("trainable", "off", 4),
        ("trainable", "w > 1", 4),
        ("expect", "[N, 4, 8, 8]", 4),
    ],
)
def test_controls(key: str, value: str, channels: int) -> None:
    made = plan(CONTROL.replace("KEY", key).replace("VALUE", value))
    assert messages(made) == [] and rows(made)["relu_1"] == f"Nx{channels}x8x8"


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("repeat", "-1", "`repeat` must be an integer >= 0, not `-1`"),
        ("repeat", "1.5", "not `1.5`"),
        ("repeat", "true", "not `true`"),
        ("repeat", "[2]", "not `[2]`"),
        ("repeat", "null", "not `null`"),
        ("repeat", "1e2", "not `100.0`"),
        ("repeat", "ww*2", "unknown name `ww`"),
        ("when", "nope", "unknown name `nope`"),
        ("when", "[1]", "`when` must be a condition"),
        ("when", "null", "`when` must be a condition"),
        ("when", "N > 3", "nobody can tell whether N > 3"),
        ("trainable", "maybe", "unknown name `maybe`"),
        ("trainable", "[1]", "`trainable` must be true or false"),
        ("name", "[a]", "`name` must be a text"),
        ("share", "c", "`c` cannot share its own weights"),
        ("share", "[a]", "`share` must be the name of a layer"),
        ("share", "nope", "there is no layer `nope` to share"),
        ("kernel", "3", "Conv2d has no argument `kernel`"),
        ("repaet", "3", "Conv2d has no argument `repaet`"),
    ],
)
def test_wrong_controls(key: str, value: str, message: str) -> None:
    text = CONTROL.replace("name: c, KEY: VALUE", f"name: c, {key}: {value}" if key != "name" else f"name: {value}")
    found = messages(plan(text if key != "name" else text.replace("{from: c}", "{}")))
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize(
    ("value", "sources"),
    [
        ("a", ["a"]),
        ("-1", ["a"]),
        ("[a]", ["a"]),
        ("-2", ["input"]),
        ("input", ["input"]),
        ("input.0", ["input"]),
        ("a.0", ["a"]),
    ],
)
def test_from(value: str, sources: list[str]) -> None:
    made = plan(THREE.replace("VALUE", value))
    assert messages(made) == [] and made.from_names(made.layers[1]) == sources


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("nope", "there is no layer `nope`"),
        ("b", "`b` comes later"),
        ("-9", "`from: -9` counts from the layer before"),
        ("0", "`from: 0` is not a reference"),
        ("1", "`from: 1` is not a reference"),
        ("[]", "takes 1 input, 0 arrive"),
        ("null", "`from` takes a layer's name"),
        ("true", "`from` takes a layer's name"),
        ("1.5", "no layer `1.5`"),
        ("{a: 1}", "`from` takes a layer's name"),
        ("[a, a]", "takes 1 input, 2 arrive"),
        ("a.1", "`a` has 1 output"),
        ("input.1", "`input` has 1 output"),
        ("'-1'", "`-1` in quotes is a name"),
        ("relu_1", "no layer `relu_1`"),
        ("gelu_1", "no layer `gelu_1`"),
    ],
)
def test_wrong_from(value: str, message: str) -> None:
    found = messages(plan(THREE.replace("VALUE", value)))
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("[{relu: {name: a, from: a}}]", "`a` reads itself"),
        ("[{relu: {name: a}}, {gelu: {name: a}}]", "two layers are called `a`"),
        ("[{relu: {name: input}}]", "`input` is what comes in"),
        (
            "[{conv2d: {out: 4, k: 1, repeat: 3, name: r}}, {relu: {from: r.3}}]",
            "`r` stands 3 times, there is no `r.3`",
        ),
        (
            "[{conv2d: {out: 4, k: 1, when: false, name: a}}, {conv2d: {out: 4, k: 1, share: a}}]",
            "left out by its `when`",
        ),
        ("[{chunk: {chunks: 3, dim: 1, name: c}}, {add: {from: c}}]", "`c` gives 3 outputs; only cat and stack"),
        ("[{chunk: {chunks: 3, dim: 1, name: c}}, {relu: {from: c.3}}]", "`c` has 3 outputs, there is no `c.3`"),
        ("[relu]\noutputs: [nope]", "there is no layer `nope`"),
        ("[relu]\noutputs: []", "`outputs:` names no layer"),
        ("[relu]\noutputs: null", "`outputs` takes a layer's name"),
        ("[relu]\ninputs: {a: [3]}", "cannot stand together"),
        ("[relu]\nvars: {N: 3}", "`N` cannot be a variable"),
        ("[relu]\nvars: {a-b: 3}", "`a-b` cannot be a variable"),
        ("[relu]\nvars: {if: 3}", "`if` cannot be a variable"),
        ("[relu]\nvars: {a: {b: 1}}", "a variable is a number"),
    ],
)
def test_one_mistake_is_one_finding(layers: str, message: str) -> None:
    found = messages(plan(f"layers: {layers}\n"))
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize(
    ("head", "shape"),
    [
        ("input: 8\n", "Nx8"),
        ("input: 3x8x8\n", "Nx3x8x8"),
        ("input: '3x8'\n", "Nx3x8"),
        ("input: []\n", "N"),
        ("input: [C, H, W]\n", "NxCxHxW"),
        ("vars: {w: 4}\ninput: [3, w, 2*w]\n", "Nx3x4x8"),
        ("inputs: {a: 3}\n", "Nx3"),
        ("input: [3, 8]\nbatch: 4\n", "4x3x8"),
        ("input: [2, 8]\nbatch: null\n", "2x8"),
        ("input: [3, 8]\nbatch: B\n", "Bx3x8"),
    ],
)
def test_inputs(head: str, shape: str) -> None:
    made = plan("layers: [relu]\n", head)
    assert messages(made) == [] and rows(made)["relu_1"] == shape


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ("input: [3, -8]\n", "a size must be an integer >= 0"),
        ("input: [3, 8.5]\n", "a size must be an integer"),
        ("input: null\n", "a size must be an integer"),
        ("input: {a: [3]}\n", "a shape is a list of sizes"),
        ("inputs: [3, 8]\n", "`inputs` must be a mapping"),
        ("inputs: {}\n", "the spec has no `input:`"),
        ("input: [1, [2]]\n", "a size must be an integer"),
        ("input: [true]\n", "a size must be an integer"),
        ("input: [3, 8]\nbatch: -1\n", "`batch` must be an integer"),
        ("input: [3]\nbatch: 2.5\n", "`batch` must be"),
        ("", "the spec has no `input:`"),
        ("inputs: {a: [3], a: [4]}\n", "the key `a` is written twice"),
    ],
)
def test_wrong_inputs(head: str, message: str) -> None:
    found = messages(plan("layers: [relu]\n", head))
    assert len(found) == 1 and message in found[0], found
