"""`--format spec`: the expanded network in the long form is the same network."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import shapecalc
from shapecalc.language.library import entries
from shapecalc.layers.registry import catalogue
from shapecalc.network.plan import Plan
from shapecalc.render.plan.expanded_spec import expanded, string
from tests.running import Run

TYPES = {cls.type: cls for cls in catalogue()}


def facts(plan: Plan) -> list[tuple[Any, ...]]:
    """All that must be the same of each layer."""
    return [
        (
            row.name, row.type, plan.from_names(row), [*map(str, row.in_shapes)], [*map(str, row.out_shapes)],
            repr(row.args), row.params, row.trainable_params, row.buffers, row.macs, row.activation_bytes,
            row.owner and row.owner.name,
        )
        for row in plan.layers
        if row.kind == "layer"
    ]  # fmt: skip


def check(plan: Plan) -> str:
    """The spec of a plan, once it has given the same plan again; and itself."""
    assert not plan.reporter.has_errors, plan.diagnostics
    text = expanded(plan)
    again = shapecalc.plan(text=text)
    assert not again.reporter.has_errors, (again.diagnostics, text)
    assert facts(again) == facts(plan)
    assert again.totals == plan.totals
    assert again.inputs == plan.inputs
    assert list(again.outputs.values()) == list(plan.outputs.values())
    assert expanded(again).split("\n", 1)[1] == text.split("\n", 1)[1]
    return text


SLOW = pytest.mark.slow


@pytest.mark.parametrize("name", [pytest.param(e.name, marks=SLOW if e.variant else ()) for e in entries()])
def test_library(name: str) -> None:
    """Every spec and every variant."""
    check(shapecalc.plan(name))


@pytest.mark.parametrize("name", sorted(TYPES))
def test_every_type(name: str) -> None:
    """Each example of each type, on its own whole shapes."""
    cls = TYPES[name]
    for example in cls.examples:
        result = shapecalc.layer(cls.type, *example.inputs, **example.kwargs)
        if not result.ok or cls.takes_anything:
            continue
        names = [f"x{k}" for k in range(len(example.inputs))]
        row = {"type": cls.type, **({"from": names} if names else {}), **plain(example.kwargs)}
        inputs = dict(zip(names, map(list, example.inputs), strict=True)) or {"x": [1]}
        spec = {"inputs": inputs, "batch": None, "layers": [row]}
        text = yaml.safe_dump(spec, sort_keys=False).replace("'null'", "null")
        check(shapecalc.plan(text=text))


def plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return {k: plain(v) for k, v in value.items()} if isinstance(value, dict) else value


HEAD = "name: t\ninput: [8, 12, 12]\n"


ENCODER_LAYER = "{transformerencoderlayer: {d_model: 16, nhead: 4, batch_first: true}}"
ENCODER = "{transformerencoder: {encoder_layer: " + ENCODER_LAYER + ", num_layers: 2}}"


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        # weights shared and frozen
        ("[{conv2d: {out: 8, k: 1, name: a}}, {conv2d: {out: 8, k: 1, share: a}}]", "share: a}"),
        ("[{conv2d: {out: 8, k: 1, trainable: false}}]", "trainable: false}"),
        ("[{b: {name: a}}, {b: {share: a, repeat: 2}}, {b: {trainable: false}}]", "share: a.conv2d_1}"),
        # what is read: several outputs, blocks
        ("[{chunk: {chunks: 2, dim: 1}}, {cat: {from: chunk_1, dim: 1}}]", "from: [chunk_1.0, chunk_1.1]"),
        ("[{chunk: {chunks: 2, dim: 1}}, {relu: {from: chunk_1.1}}]", "from: chunk_1.1}"),
        ("[{maxpool2d: {k: 2, return_indices: true, name: p}}, {maxunpool2d: {k: 2, from: [p, p.1]}}]", "[p.0, p.1]"),
        ("[{residual: [relu]}, {sequential: [{conv2d: {out: 2, k: 1}}]}]", "residual_1.relu_1"),
        ("[{parameter: {shape: [8, 12, 12]}}, {add: {from: [parameter_1, input]}}]", "shape: [8, 12, 12]}"),
        # values
        ("[{batchnorm2d: {momentum: null, eps: 1e-3}}]", "momentum: null"),
        ("[{zeropad2d: [1, 0, 2, 0]}]", "padding: [1, 0, 2, 0]"),
        ("[{adaptiveavgpool2d: [null, 3]}]", "output_size: [null, 3]"),
        ("[{conv2d: {out: 4, k: 3, p: same, padding_mode: reflect}}]", "padding: same"),
        # names, budget
        ("[{relu: {name: 'on'}}, {relu: {name: '17', from: 'on'}}]", 'name: "17"'),
        ("[{relu: {name: 'a b'}}, {relu: {from: 'a b'}}]\nbudget: {params: 5M, macs: 1.5 GMACs}", '"a b"'),
        ("[relu]\nbatch: 4", "batch: 4"),
    ],
)
def test_rows(layers: str, said: str) -> None:
    blocks = "blocks: {b: [{conv2d: {out: 8, k: 1}}, batchnorm2d]}\n"
    assert said in check(shapecalc.plan(text=f"{HEAD}{blocks}layers: {layers}\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("inputs: {a: [4, 8], b: [4, 8]}\nlayers: [{lstm: {hidden_size: 3, from: a}}]", "inputs: {a: ["),
        ("inputs: {a: [4], b: [4]}\nlayers: [{add: {from: [a, b]}}]\noutputs: [add_1, b]", "outputs: [add_1, b]"),
        ("inputs: {a: [3, 4], b: [4, 5]}\nlayers: [{einsum: {equation: 'nij,njk->nik', from: [a, b]}}]", 'nik"'),
        ("input: [2, 8, 12, 12]\nbatch: null\nlayers: [relu]", "batch: null"),
        ("input: [8, H, W]\nlayers: [{conv2d: {out: 4, k: 3, s: 2}}, flatten]", "input: [8, H, W]"),
        ("input: [8, H, 4]\nlayers: [{reshape: {shape: [N, 8, 2*H, -1]}}, {upsample: 2}]", '"2*H"'),
        ("input: [8, H, 4]\nlayers: [{upsample: {size: [floor((H + 3)/2), 2]}}]", '"floor((H - 1)/2) + 2"'),
        (f"input: [7, 16]\nlayers: [{ENCODER}]", "encoder_layer: {type: TransformerEncoderLayer"),
        ("name: 'a: b # c'\ninput: [3]\nlayers: [relu]", 'name: "a: b # c"'),
    ],
)  # fmt: skip
def test_files(text: str, said: str) -> None:
    assert said in check(shapecalc.plan(text=text + "\n"))


def test_options_are_put_in() -> None:
    text = check(shapecalc.plan("resnet50", set={"classes": 7}, batch=2, inputs={"input": (3, 64, 64)}))
    assert "batch: 2" in text and "out_features: 7" in text and "input: [3, 64, 64]" in text


def test_names_that_two_layers_would_have() -> None:
    text = HEAD + "blocks: {b: [{relu: {name: c}}]}\nlayers: [{b: {name: a}}, {relu: {name: a.c}}]\n"
    rows = yaml.safe_load(expanded(shapecalc.plan(text=text)))["layers"]
    assert [row["name"] for row in rows] == ["a.c", "a.c_2"]


WORDS = [
    "",
    "on",
    "Yes",
    "null",
    "~",
    "1e3",
    "0x10",
    "-1",
    ".5",
    "a: b",
    "# x",
    "a,b",
    "é",
    "[a",
    "'",
    '"',
    "y",
    "9" * 200,
]


@pytest.mark.parametrize("word", WORDS)
def test_strings_come_back(word: str) -> None:
    assert yaml.safe_load(string(word)) == word
    named = shapecalc.plan(text=f"name: {string(word)}\ninput: [3]\nlayers: [relu]\n")
    assert named.network.name == word


def test_command(tmp_path: Any) -> None:
    run = Run("plan", "resnet101", "--format", "spec", "-o", str(tmp_path / "long.yaml"))
    assert run.status == 0
    assert "44,549,160" in Run("plan", str(tmp_path / "long.yaml")).out
    (tmp_path / "bad.yaml").write_text("input: [3, 8, 8]\nlayers: [{conv2d: {in: 4, out: 3, k: 1}}]\n")
    bad = Run("plan", str(tmp_path / "bad.yaml"), "--format", "spec")
    assert bad.status == 1 and bad.out == "" and "channel-mismatch" in bad.err
