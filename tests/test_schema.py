"""The JSON Schema: takes every good spec in canonical spellings, refuses what the language refuses without shapes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import shapecalc
from shapecalc.language.reader import BUDGET_KEYS, KEYS
from shapecalc.language.schema import schema, spellings
from shapecalc.layers.registry import catalogue
from tests.running import Run

SPECS = Path(__file__).parent.parent / "specs"
SCHEMA = schema()
VALIDATOR = jsonschema.Draft7Validator(SCHEMA)
TYPES = {cls.type: cls for cls in catalogue()}


def accepted(text: str, validator: Any = VALIDATOR) -> bool:
    return bool(validator.is_valid(yaml.safe_load(text)))


def test_the_schema_is_a_schema_and_small() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    text = json.dumps(SCHEMA)
    assert len(text) < 600_000
    targets = set(re.findall(r'"#/definitions/(\w+)', text))
    assert targets <= set(SCHEMA["definitions"])


def test_top_level_is_the_languages() -> None:
    assert set(SCHEMA["properties"]) == set(KEYS)
    assert set(SCHEMA["properties"]["budget"]["properties"]) == set(BUDGET_KEYS)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_takes_the_library(path: Path) -> None:
    errors = list(VALIDATOR.iter_errors(yaml.safe_load(path.read_text(encoding="utf-8"))))
    assert errors == []


@pytest.mark.parametrize("name", sorted(TYPES))
def test_takes_every_example_of_every_type(name: str) -> None:
    """All spellings of the type; arguments by name as its own examples have them, short form and long form."""
    cls = TYPES[name]
    for example in cls.examples:
        args = json.loads(json.dumps(example.kwargs, default=list))
        rows: list[Any] = [{word: args} for word in spellings(cls)] + [{"type": cls.type, **args}]
        for row in rows:
            assert VALIDATOR.is_valid({"input": [3, 8, 8], "layers": [row]}), row


@pytest.mark.parametrize("whole", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["some", "all"])
@pytest.mark.parametrize("name", sorted(TYPES))
def test_refuses_unknown_keys_and_wrong_kinds_of_every_type(name: str, whole: bool) -> None:
    cls = TYPES[name]
    if cls.takes_anything:
        return
    good = next((json.loads(json.dumps(e.kwargs, default=list)) for e in cls.examples), {})
    plain = [p.name for p in cls.params_ if p.schema() and p.kind not in ("layer", "activation")]
    for key, value in [("kernal_sise", 3), *((name, {"a": 1}) for name in (plain if whole else plain[-1:]))]:
        args = {**good, key: value}
        for row in [{cls.type.lower(): args}, *([{"type": cls.type, **args}] if whole else [])]:
            assert not VALIDATOR.is_valid({"input": [3, 8, 8], "layers": [row]}), row


GOOD = """\
input: [3, 32, 32]
layers:
  - conv2d: {out: 8, k: 3}
"""
BLOCKS = """\
input: [3, 32, 32]
vars: {w: 8}
blocks:
  conv_bn: {args: {out: required, k: 3}, layers: [{conv2d: {out: out, k: k}}, batchnorm2d, relu]}
  down: [{maxpool2d: 2}]
layers:
  - conv_bn: {out: 8, repeat: 2, name: stem}
  - conv_bn: w
  - down
"""

TAKEN = [
    # types
    "relu", "ReLU", "leaky_relu", "max_pool2d: 2", "MaxPool2d: {k: 3, s: 2}", "conv_transpose2d: {out: 3, k: 2}",
    "nn.Conv2d(3, 8, kernel_size=3)", "nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU())",
    "|\n    # one\n    # two\n    self.a = nn.Sequential(\n      nn.ReLU(),  # three\n    )\n",
    "flatten", "linear: 10", "linear: w", "batchnorm2d: {}", "dropout: 0.5",
    "groupnorm: 4", "upsample: 2", "identity", "maxpool2d: [2, 1]", "adaptiveavgpool2d: [1, null]",
    # arguments
    "conv2d: {out: 8, k: [3, 1], p: same}", "conv2d: {out: 2*w, k: '3 if w > 4 else 1', bias: no}",
    "conv2d: {out_channels: 8, kernel_size: 3, padding_mode: reflect}", "conv2d: {out: 8, k: 3, bias: not w}",
    "batchnorm2d: {eps: 1e-3, momentum: null}", "conv2d: {out: 'max(8, w)', k: 'ks[0]'}",
    "layernorm: {normalized_shape: [8, 'w*2']}", "maxpool2d: {k: 2, s: null}",
    # controls
    "relu: {name: a, from: -1}", "add: {from: [a, -1]}", "relu: {when: w > 3}", "relu: {when: true, trainable: no}",
    "conv2d: {out: 8, k: 1, repeat: 3}", "conv2d: {out: 8, k: 1, repeat: 'd[0]', share: a, expect: [N, _, 3, 2*w]}",
    "{type: Conv2d, name: c, from: [input], out_channels: 8, kernel_size: [3, 3]}",
    # composites
    "residual: [relu]", "residual: {body: [relu], shortcut: {when: w, layers: [relu]}, merge: add}",
    "residual: {body: [relu], shortcut: [relu], name: r, repeat: 2}", "sequential: [relu, {conv2d: {out: 3, k: 1}}]",
    "parallel: [[relu], [relu]]", "parallel: {branches: [[relu], {maxpool2d: 2}], merge: cat, dim: 1}",
    "parallel: {branches: {a: [relu], b: []}, merge: stack}", "sequential: {layers: [relu], when: w == 1}",
    "{type: residual, body: [relu]}",
]  # fmt: skip

REFUSED = [
    # types
    "relux", "conv2dd: {out: 8, k: 3}", "Dense: 10", "GlobalAveragePooling2D", "foo: {a: 1}", "foo", "3", "null",
    "true", "[relu]", "{}", "{relu: , gelu: }", "conv2d: {out: 8, k: 3}\n    name: x",
    "{type: Conv2dd, out_channels: 8}",
    # arguments
    "conv2d", "conv2d: {out: 8}", "conv2d: {k: 3}", "conv2d: {out: 8, kernal: 3}", "conv2d: {out: 8, k: 3x3}",
    "conv2d: {out: 8, k: {a: 1}}", "conv2d: {out: 2.5, k: 3}", "conv2d: {out: -8, k: 3}", "conv2d: {out: true, k: 3}",
    "conv2d: {out: 8, k: [3, 3, 3]}", "conv2d: {out: 8, k: 3, padding_mode: reflectt}", "relu: 3",
    "conv2d: {out: 8, k: 3, bias: 3}", "conv2d: {out: [8], k: 3}", "conv2d: {out: null, k: 3}",
    "conv2d: {out: '', k: 3}", "dropout: half!", "dropout: 1.5", "linear: {out: 10, bias: [true]}",
    "flatten: {start: 1}", "conv2d: {type: Conv2d, out: 8, k: 3}",
    "{type: Conv2d, out_channels: 8, kernel_size: 3, wrong: 1}",
    # controls
    "relu: {from: {a: 1}}", "relu: {from: []}", "relu: {repeat: -1}", "relu: {repeat: [2]}", "relu: {expect: 3}",
    "relu: {share: 3}", "relu: {when: [1]}", "relu: {trainable: 3}", "relu: {name: [a]}",
    # composites
    "residual", "residual: {}", "residual: {bodyy: [relu]}", "residual: {body: relu}", "residual: {body: [relux]}",
    "residual: {body: [relu], merge: relu}", "residual: {body: [relu], shortcut: {whenn: w, layers: [relu]}}",
    "parallel: {branches: [[relux]]}", "sequential: {layers: [{conv2d: {out: 8, kk: 3}}]}", "residual: [relu, 3]",
]  # fmt: skip


@pytest.mark.parametrize("row", TAKEN)
def test_takes_rows(row: str) -> None:
    assert accepted(GOOD + f"  - {row}\n")
    assert accepted(BLOCKS + f"  - {row}\n")


@pytest.mark.parametrize("row", REFUSED)
def test_refuses_rows(row: str) -> None:
    assert not accepted(GOOD + f"  - {row}\n")
    if not row.startswith("foo"):  # the name of a block, as far as a schema can see
        assert not accepted(BLOCKS + f"  - {row}\n")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (GOOD, True),
        (BLOCKS, True),
        ("blocks: {a: [relu]}\n", True),  # a file to include
        (GOOD + "budget: {params: 5M, macs: 1.5 GMACs, activation_bytes: 1MiB}\n", True),
        (GOOD + "outputs: [a, b]\nbatch: null\ninclude: [x.yaml]\nname: n\ndescription: d\n", True),
        (GOOD.replace("input: [3, 32, 32]", "inputs: {a: [3, H, 2*w], b: 5}"), True),
        (GOOD.replace("[3, 32, 32]", "3x32x32"), True),
        (GOOD + "vars: {a: [1, 2], b: 0.5, c: true, d: x}\nvariants: {s: {a: [3]}, t: }\n", True),
        ("input: [3]\n", False),
        ("- relu\n", False),
        (GOOD + "layer: []\n", False),
        (GOOD + "budget: {param: 5M}\n", False),
        (GOOD + "budget: {params: lots}\n", False),
        (GOOD + "budget: {params: -1}\n", False),
        (GOOD.replace("layers:", "layers: {}\nx:"), False),
        (GOOD.replace("[3, 32, 32]", "[3, 32, 32.5]"), False),
        (GOOD.replace("[3, 32, 32]", "[3, -32]"), False),
        (GOOD.replace("[3, 32, 32]", "{a: 1}"), False),
        (GOOD + "vars: [a]\n", False),
        (GOOD + "vars: {a: {b: 1}}\n", False),
        (GOOD + "variants: [a]\n", False),
        (GOOD + "outputs: {a: 1}\n", False),
        (GOOD + "batch: [1]\n", False),
        (BLOCKS.replace("layers: [{conv2d", "layer: [{conv2d"), False),
        (BLOCKS.replace("args:", "arg:"), False),
        (BLOCKS.replace("k: k}}", "kk: k}}"), False),
        (BLOCKS.replace("- conv_bn: w", "- conv2d_: w"), False),
        (BLOCKS.replace("- conv_bn: w", "- batchnrm2d: w"), False),
        (BLOCKS.replace("- conv_bn: w", "- BatchNormalization: w"), False),
        (BLOCKS.replace("name: stem", "name: [stem]"), False),
    ],
)
def test_files(text: str, good: bool) -> None:
    assert accepted(text) == good


@pytest.mark.parametrize("row", [row for row in TAKEN if "w" not in row and "d[0]" not in row and "from" not in row])
def test_what_is_taken_is_the_languages(row: str) -> None:
    """The rows of the table above are good by shapecalc's own judgement of the text, shapes and weights apart."""
    found = shapecalc.plan(text=f"input: [3, 32, 32]\nlayers:\n  - {row}\n").diagnostics
    assert not [d for d in found if d.rule.startswith(("unknown-type", "unknown-key", "unknown-arg", "invalid-"))]


@pytest.mark.parametrize("row", REFUSED)
def test_what_is_refused_is_no_good(row: str) -> None:
    made = shapecalc.plan(text=f"input: [3, 32, 32]\nvars: {{w: 8}}\nlayers:\n  - {row}\n")
    assert not made.ok


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_files_own_schema_knows_its_blocks(path: Path) -> None:
    from shapecalc.cli.schema_command import blocks_of

    own = jsonschema.Draft7Validator(schema(blocks_of(str(path))))
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert own.is_valid(data)
    for row in ({"nobodys_block": {}}, "nobodys_block"):
        assert not own.is_valid({**data, "layers": [*data["layers"], row]})


def test_a_files_own_schema_knows_the_arguments_of_blocks(tmp_path: Path) -> None:
    from shapecalc.cli.schema_command import blocks_of

    path = tmp_path / "net.yaml"
    path.write_text(BLOCKS, encoding="utf-8")
    own = jsonschema.Draft7Validator(schema(blocks_of(str(path))))
    assert accepted(BLOCKS, own)
    for row in ("conv_bn: {out: 3}", "conv_bn: 3", "down"):
        assert accepted(BLOCKS + f"  - {row}\n", own), row
    for row in ("conv_bn: {}", "conv_bn", "conv_bn: {out: 3, kk: 1}", "conv_bnn: {out: 3}", "down: 3"):
        assert not accepted(BLOCKS + f"  - {row}\n", own), row


def test_command() -> None:
    run = Run("schema")
    assert run.status == 0 and json.loads(run.out) == json.loads(json.dumps(SCHEMA))
    own = Run("schema", "resnet50")
    assert '"bottleneck"' in own.out and '"bottleneck"' not in run.out
    assert Run("schema", "nosuch.yaml").status == 2
