"""The language sentence by sentence: what each key takes, and the one finding for what it does not take."""

from __future__ import annotations

import pytest

import shapecalc
from shapecalc.network.plan import Plan


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
        ("when", "N > 3", "cannot tell whether N > 3"),
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


# Rows. ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "name", "shape"),
    [
        ("Conv2d: {out: 4, k: 1}", "conv2d_1", "Nx4x8x8"),
        ("nn.Conv2d: {out: 4, k: 1}", "conv2d_1", "Nx4x8x8"),
        ("conv_2d: {out: 4, k: 1}", "conv2d_1", "Nx4x8x8"),
        ("CONV2D: {cout: 4, k: 1, s: 2, p: 1, d: 1, g: 1}", "conv2d_1", "Nx4x5x5"),
        ("torch.nn.Conv2d: {out: 4, k: 1}", "conv2d_1", "Nx4x8x8"),
        ("nn.Conv2d(3, 4, kernel_size=1, bias=False),", "conv2d_1", "Nx4x8x8"),
        ("self.stem = nn.Conv2d(3, 4, 1)", "stem", "Nx4x8x8"),
        ("stem = Conv2d(3, 4, 1),", "stem", "Nx4x8x8"),
        ("F.relu", "relu_1", "Nx3x8x8"),
        ("nn.ReLU(inplace=True)", "relu_1", "Nx3x8x8"),
        ("{name: x, type: Conv2d, from: input, out_channels: 4, kernel_size: [7, 7], padding: 3}", "x", "Nx4x8x8"),
        ("conv2d: {out: 010, k: 1, bias: off}", "conv2d_1", "Nx10x8x8"),
        ("conv2d: {out: 0x10, k: 1}", "conv2d_1", "Nx16x8x8"),
        ("maxpool2d: [2, 1]", "maxpool2d_1", "Nx3x4x8"),
        ("relu: ", "relu_1", "Nx3x8x8"),
        # composites
        ("residual: []", "residual_1", "Nx3x8x8"),
        ("residual: {body: [{conv2d: {out: 4, k: 1}}], merge: cat}", "residual_1", "Nx7x8x8"),
        ("residual: {body: [relu], shortcut: gelu}", "residual_1", "Nx3x8x8"),
        ("residual: {body: [relu], shortcut: {conv2d: {out: 3, k: 1}}}", "residual_1", "Nx3x8x8"),
        ("residual: {body: [relu], shortcut: {when: false, layers: [flatten]}}", "residual_1", "Nx3x8x8"),
        ("parallel: [relu, [gelu, tanh], {conv2d: {out: 2, k: 1}}]", "parallel_1", "Nx8x8x8"),
        ("parallel: {branches: {a: [relu], b: []}, merge: stack, dim: 1}", "parallel_1", "Nx2x3x8x8"),
        ("nn.Sequential: [relu, {conv2d: {out: 2, k: 1}}]", "sequential_1", "Nx2x8x8"),
        ("{type: residual, body: [relu], name: r}", "r", "Nx3x8x8"),
    ],
)
def test_rows(row: str, name: str, shape: str) -> None:
    made = plan(f"layers:\n  - {row}\n")
    assert messages(made) == [] and rows(made) == {name: shape}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{typ: ReLU}", "a layer has no key `typ`"),
        ("{relu: {}, gelu: {}}", "two layers in one row: `relu` and `gelu`"),
        ("conv2d: {out: 4, k: 1}\n    name: z", "`name` stands beside `conv2d`"),
        ("{type: 3}", "`type` must be the name of a layer type"),
        ("[relu, gelu]", "a list is not a layer"),
        ("~", "`null` is not a layer"),
        ("relu gelu", "unknown layer type `relu gelu`"),
        ("nn.Convv2d(3)", "unknown layer type `nn.Convv2d`"),
        ("self.x = nn.Conv2d(3, 4, 1 +)", "unexpected `)`"),
        ("conv2d: {in: 3, cin: 3, out: 4, k: 1}", "in_channels of Conv2d is given twice"),
        ("conv2d: {out: 4, k: 1, k: 2}", "the key `k` is written twice"),
        ("residual: relu", "residual needs `body`"),
        ("residual: {bdy: [relu]}", "residual has no key `bdy`"),
        ("residual: {body: [relu], merge: relu}", "`merge` must be a function of several tensors"),
        ("residual: {body: [relu], shortcut: {wen: true, layers: [relu]}}", "a branch has no key `wen`"),
        ("parallel: []", "`branches` is empty"),
        ("sequential: {layer: [relu]}", "sequential has no key `layer`"),
    ],
)
def test_wrong_rows(row: str, message: str) -> None:
    found = messages(plan(f"layers:\n  - {row}\n"))
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize(
    ("row", "shape", "fixed"),
    [
        ("conv2d: [out: 3, k: 1]", "Nx3x8x8", "conv2d: {out: 3, k: 1}"),
        ("conv2d: [{out: 3, k: 1}]", "Nx3x8x8", "conv2d: {out: 3, k: 1}"),
        ("conv2d: [5, k: [1, 1], name: c]", "Nx5x8x8", "conv2d: {out_channels: 5, k: [1, 1], name: c}"),
        ("conv2d:\n    - out: 3\n    - k: 1  # small", "Nx3x8x8", None),
        ("b: [w: 6]", "Nx6x8x8", "b: {w: 6}"),
        ("residual: [body: [relu], merge: cat]", "Nx6x8x8", "residual: {body: [relu], merge: cat}"),
    ],
)
def test_arguments_in_a_list(row: str, shape: str, fixed: str | None) -> None:
    head = "input: [3, 8, 8]\nblocks: {b: {args: {w: 4}, layers: [{conv2d: {out: w, k: 1}}]}}\n"
    made = plan(f"layers:\n  - {row}\n", head)
    (found,) = made.diagnostics
    name = row.partition(":")[0]
    assert found.message == f"the arguments of `{name}` are a mapping, not a list"
    assert list(rows(made).values()) == [shape]
    if fixed is None:
        assert found.fix is None and found.help == "write `key: value` for each, without `-`"
    else:
        assert found.help == f"write `{fixed}`" and found.fix is not None
        (edit,) = found.fix.edits
        assert f"{name}: {edit.text}" == fixed and edit.span.text == row.partition(": ")[2]


SEQUENCES = [
    ("nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())", ["sequential_1.conv2d_1", "sequential_1.relu_1"]),
    ("torch.nn.Sequential(nn.Conv2d(3, 4, kernel_size=1),\n      nn.ReLU(),\n    ),", ["sequential_1.conv2d_1",
                                                                               "sequential_1.relu_1"]),
    ("self.stem = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Conv2d(3, 4, 1))", ["stem.sequential_1.relu_1",
                                                                                "stem.conv2d_1"]),
    ("|\n    self.stem = nn.Sequential(\n        nn.Conv2d(3, 4, 1),  # a (comment\n\n        nn.ReLU(),\n    )\n",
     ["stem.conv2d_1", "stem.relu_1"]),
    ("|-\n    # the stem\n    nn.Sequential(OrderedDict([\n      ('conv#1', nn.Conv2d(3, 4, 1)),\n    ]))",
     ["sequential_1.conv#1"]),
    (">\n    nn.Sequential(\n    nn.Conv2d(3, 4, 1))\n", ["sequential_1.conv2d_1"]),
    ('"nn.Sequential(\\n nn.Conv2d(3, 4, 1),\\tnn.Conv2d(4, 5, 1), nn.Conv2d(5, 4, 1))"',
     ["sequential_1.conv2d_1", "sequential_1.conv2d_2", "sequential_1.conv2d_3"]),
    ("nn.Sequential(" + "nn.Conv2d(3, 4, 1), nn.Conv2d(4, 3, 1), " * 100 + "nn.Conv2d(3, 4, 1))",
     [f"sequential_1.conv2d_{k}" for k in range(1, 202)]),
    ("parallel: [nn.Sequential(), 'nn.Sequential(nn.Conv2d(3, 1, 1))']", ["parallel_1.sequential_2.conv2d_1",
                                                                         "parallel_1.cat_1"]),
]  # fmt: skip


@pytest.mark.parametrize(("row", "names"), SEQUENCES, ids=range(len(SEQUENCES)))
def test_pasted_sequences(row: str, names: list[str]) -> None:
    made = plan(f"layers:\n  - {row}\n  - conv2d: {{in: 4, out: 4, k: 1, name: last}}\n")
    assert messages(made) == []
    assert [row.name for row in made.layers if row.kind == "layer"] == [*names, "last"]


@pytest.mark.parametrize(
    ("row", "message", "span", "help"),
    [
        ("nn.Sequential(nn.ReLU, nn.Tanh())", "this is not a layer", "nn.ReLU", "write `nn.ReLU()`"),
        ("|\n    nn.Sequential(\n      nn.ReLU(), # no\n      nn.Rellu())", "unknown layer type `nn.Rellu`", "nn.Rellu",
         "write `relu`"),
        ("|\n    nn.Sequential(\n      nn.ReLU(),\n      nn.Conv2d(9, 4, 3))", "Conv2d expects 9 input channels", "9",
         None),
        ("nn.Sequential(layers=3)", "Sequential takes layers, no argument `layers`", "layers", None),
        ("nn.Sequential(*layers)", "unexpected `*`", "*", None),
        ("nn.Sequential(OrderedDict([('a', nn.ReLU()), ('a', nn.Tanh())]))", "two layers are called `a`", "nn.Tanh",
         None),
        ("nn.Sequential(OrderedDict([nn.ReLU()]))", "OrderedDict takes a list of names and layers", "nn.ReLU()", None),
        ("nn.Sequential(OrderedDict(3))", "OrderedDict takes a list of names and layers", "OrderedDict(3)", None),
        ("nn.Sequential(" * 60 + ")" * 60, "nested more than 50 deep", None, None),
        ("|\n    self.a = nn.ReLU()\n    self.b = nn.ReLU()", "unexpected `self.b`", "self.b",
         "a row is one layer: give each statement a row of its own"),
    ],
)  # fmt: skip
def test_pasted_sequences_that_are_wrong(row: str, message: str, span: str | None, help: str | None) -> None:
    (found,) = plan(f"layers:\n  - {row}\n").diagnostics
    assert message in found.message and span in (None, found.span.text) and (help is None or found.help == help)


# Variables. ----------------------------------------------------------------------------------------------------------

VARIANTS = """\
vars: {w: 4, d: [1, 2], e: w*2}
variants: {small: {w: 2}, big: {w: 8, d: [3]}, same: }
layers:
  - conv2d: {out: e, k: "d[0]"}
"""


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ({}, "Nx8x8x8"),
        ({"variant": "small"}, "Nx4x8x8"),
        ({"variant": "big"}, "Nx16x6x6"),
        ({"variant": "same"}, "Nx8x8x8"),
        ({"set": {"w": 9}}, "Nx18x8x8"),
        ({"set": {"d": [3, 3]}}, "Nx8x6x6"),
        ({"variant": "big", "set": {"w": 16}}, "Nx32x6x6"),
        ({"batch": 4}, "4x8x8x8"),
        ({"inputs": {"input": (3, 4, 4)}}, "Nx8x4x4"),
        ({"inputs": {"input": (2, 3, 4, 4)}}, "2x8x4x4"),
    ],
)
def test_options(options: dict[str, object], shape: str) -> None:
    made = shapecalc.plan(text="input: [3, 8, 8]\n" + VARIANTS, **options)  # type: ignore[arg-type]
    assert rows(made) == {"conv2d_1": shape}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "smal"}, "there is no variant `smal`; did you mean `small`?"),
        ({"variant": "x"}, "there is no variant `x`"),
        ({"set": {"ww": 9}}, "--set ww: the spec has no variable `ww`; did you mean `w`?"),
        ({"inputs": {"x": (3, 4, 4)}}, "there is no input `x`"),
    ],
)
def test_options_that_do_not_fit(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("?", r"\?")):
        shapecalc.plan(text="input: [3, 8, 8]\n" + VARIANTS, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variants: {a: {w: 1}}\n", "variant `a` sets `w`, which is not among the vars"),
        ("vars: {w: 1}\nvariants: {a: {ww: 1}}\n", "variant `a` sets `ww`"),
        ("vars: {w: 1}\nvariants: [a]\n", "`variants` must be a mapping"),
        ("vars: {w: 1}\nvariants: {a: 3}\n", "variant `a` must be a mapping"),
        ("vars: {a: b, b: 2}\n", "`b` comes later: a variable reads those above it"),
        ("vars: {a: 2, a: 3}\n", "the key `a` is written twice"),
        ("vars: [a]\n", "`vars` must be a mapping"),
        ("var: {a: 1}\n", "a spec has no key `var`"),
    ],
)
def test_wrong_variables(text: str, message: str) -> None:
    found = messages(plan(text + "layers: [relu]\n"))
    assert len(found) == 1 and message in found[0], found


@pytest.mark.parametrize(
    ("text", "message", "help"),
    [
        ("input: [N, 3, 8, 8]\nlayers: [{conv2d: {out: 3, k: 1}}]", "an input is one sample", "write `[3, 8, 8]`"),
        ("input: [1, 3, 8, 8]\nlayers: [{conv2d: {out: 3, k: 1}}]", "expects 4 axes", "leave out the 1 on axis 1"),
        ("inputs: {a: [N, 3]}\nlayers: [{linear: 3}]", "an input is one sample", "write `[3]`"),
        ("input: [4, 3]\nlayers: [{transpose: [1, 2]}, relu]", "transpose takes no", "`transpose: {dim0: 1, dim1: 2}`"),
        ("input: [4, 3]\nlayers: [{relu: 3}, relu]", "ReLU takes no value", "write `relu: {name: value}`"),
        ("input: [4, 3]\nlayers: [*y, relu]", "there is no `&y`", "write `&y` before"),
        ("input: [4, 3]\nlayers: [{linear: 8*i}]", "unknown name `i`", "`i` counts the repeats"),
    ],
)
def test_one_finding_and_what_to_write(text: str, message: str, help: str) -> None:
    (found,) = shapecalc.plan(text=text).diagnostics
    assert message in found.message and help in (found.help or ""), found


def test_whole_shapes_may_begin_with_the_batch() -> None:
    made = shapecalc.plan(text="input: [N, 3, 8, 8]\nbatch: null\nlayers: [{conv2d: {out: 3, k: 1}}]")
    assert made.ok and str(made.layers[-1].out_shapes[0][0]) == "N"
