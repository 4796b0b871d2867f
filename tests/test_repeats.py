"""Rows are read once for each different text: a plan is the same as if each had been read on its own."""

from __future__ import annotations

import random
from typing import Any

import pytest

import shapecalc
from shapecalc.yamltree.fast import lines as yamllines
from tests.test_mutations import SPECS, long_form, spec
from tests.test_yamllines import TEXTS


def planned(text: str) -> dict[str, Any]:
    return shapecalc.plan(text=text).to_dict()


def one_by_one(text: str, patch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The plan as the full parser and a reader without memory give it."""
    with patch.context() as patched:
        patched.setattr(yamllines, "read", lambda source, resolve: None)
        return planned(text)


CONV = "conv2d: {in: 4, out: 4, k: 3, p: 1}"
LONG = "type: conv2d, in_channels: 4, out_channels: 4, kernel_size: 3, padding: 1"
ROWS = {
    "equal": [CONV, "relu", CONV, "relu", CONV],
    "named": [f"{{name: a, {LONG}}}", f"{{name: b, {LONG}}}", f"{{name: a, {LONG}}}", f"{{{LONG}, name: c}}"],
    "names of other kinds": [f"{{name: a, {LONG}}}", f"{{name: 1, {LONG}}}", f"{{name: [x], {LONG}}}"],
    "name inside": ["conv2d: {out: 4, k: 1, name: a}", "conv2d: {out: 4, k: 1, name: b}", "conv2d: {out: 4, k: 1}"],
    "sources": [f"{{name: a, {LONG}}}", f"{{name: b, from: a, {LONG}}}", f"{{name: c, from: zz, {LONG}}}", "relu"],
    "bad sources": [f"{{name: a, {LONG}}}", f"{{name: b, from: {{}}, {LONG}}}", f"{{name: c, from: [a, a], {LONG}}}"],
    "main argument": ["linear: 8", "linear: 9", "linear: 8", "dropout: 0.5", "dropout: 1.5", "dropout: 0.5"],
    "a failing row twice": ["conv2d: {in: 3, out: 4, k: 1}", "conv2d: {in: 3, out: 4, k: 1}"],
    "a layer that fails on its second input": ["conv2d: {in: 4, out: 8, k: 1}", "conv2d: {in: 4, out: 8, k: 1}"],
    "wrong keys": ["conv2d: {out: 4, k: 1, w: 2}", "conv2d: {out: 4, k: 1, w: 2}", "nonsense", "nonsense", "3", "3"],
    "further keys": ["{conv2d: {out: 4, k: 1}, name: a}", "{conv2d: {out: 4, k: 1}, name: b}"],
    "controls": ["conv2d: {out: 4, k: 1, repeat: 2}", "conv2d: {out: 4, k: 1}", "conv2d: {out: 4, k: 1, repeat: 2}"],
    "type inside": ["conv2d: {type: relu, out: 4, k: 1}", "conv2d: {type: relu, out: 4, k: 1}"],
    "type alone": ["{type: relu}", "{type: relu}", "{name: a, type: relu}", "{name: b, type: relu}"],
    "code": ["nn.Conv2d(4, 4, 1)", "nn.Conv2d(4, 4, 1)", "nn.Conv2d(3, 4, 1)", "nn.Conv2d(3, 4, 1)"],
    "quoted": ["'relu'", "relu", '"relu"', "{name: 'a b', type: relu}", "{name: 'c d', type: relu}"],
    "empty": ["{}", "{}", "relu: {}", "relu: {}"],
    "layers that are arguments": ["{transformerencoder: {num_layers: 2}}"] * 2,
}


@pytest.mark.parametrize("rows", ROWS.values(), ids=ROWS)
def test_rows(rows: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    text = "input: [4, 16, 16]\nlayers:\n" + "".join(f"  - {row}\n" for row in rows)
    assert planned(text) == one_by_one(text, monkeypatch)


@pytest.mark.parametrize("name", ["lenet5", "mobilenet_v2", "resnet50", "unet", "vgg16"])
def test_networks(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = shapecalc.plan(SPECS / f"{name}.yaml")
    text = spec(made, long_form(made))
    assert planned(text) == one_by_one(text, monkeypatch)


@pytest.mark.parametrize("changes", [2, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", TEXTS)
def test_files_with_lines_changed(name: str, changes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file with a line twice, or numbers and words changed in one of two equal lines."""
    drawn = random.Random(f"{name} {changes}")
    lines = TEXTS[name].split("\n")
    for _ in range(changes):
        at = drawn.randrange(len(lines))
        line = "".join(drawn.choice("0179") if c.isdigit() and drawn.random() < 0.3 else c for c in lines[at])
        text = "\n".join([*lines[: at + 1], line, *lines[at:]])
        assert planned(text) == one_by_one(text, monkeypatch)
