"""One number changed in a network that declares its sizes: exactly one error, on the layer that does not fit.

Some of the library's networks are written out in the long form, where every layer says what it expects (in_channels,
in_features, num_features). Then one number at a time is changed in the text.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import shapecalc
from shapecalc.network.plan import Plan

SPECS = Path(__file__).parent.parent / "specs"
NETWORKS = (
    "alexnet",
    "conv3d_small",
    "dcgan_generator",
    "lenet5",
    "mobilenet_v2",
    "r3d_18",
    "resnet18",
    "resnet50",
    "unet",
    "vgg16",
)
DECLARED = ("in_channels", "in_features", "num_features")


def long_form(plan: Plan) -> list[str]:
    """The expanded network, one line per layer, every argument written out."""
    lines = []
    for row in plan.layers:
        if row.kind == "block":
            continue
        sources = [name.replace(".", "_") for name in plan.from_names(row)]
        parts = [f"name: {row.name.replace('.', '_')}", f"type: {row.type}", f"from: [{', '.join(sources)}]"]
        parts += [f"{key}: {text(value)}" for key, value in row.args.items()]
        lines.append("  - {" + ", ".join(parts) + "}")
    return lines


def text(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(text, value)) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def spec(plan: Plan, lines: list[str]) -> str:
    (sample,) = (shape[1:] for shape in plan.inputs.values() if shape is not None)
    return f"input: [{', '.join(map(str, sample))}]\nlayers:\n" + "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", NETWORKS)
def test_long_form_is_the_same_network(name: str) -> None:
    plan = shapecalc.plan(SPECS / f"{name}.yaml")
    again = shapecalc.plan(text=spec(plan, long_form(plan)))
    assert again.diagnostics == []
    assert again.totals["params"] == plan.totals["params"]
    assert again.totals["macs"] == plan.totals["macs"]


@pytest.mark.parametrize("name", NETWORKS)
def test_declared_sizes_changed(name: str) -> None:
    """in_channels, in_features, num_features of every layer, one at a time: one error, on that layer's value."""
    plan = shapecalc.plan(SPECS / f"{name}.yaml")
    lines = long_form(plan)
    tried = 0
    for index, line in enumerate(lines):
        for key in DECLARED:
            match = re.search(rf"\b{key}: (\d+)", line)
            if match is None:
                continue
            changed = line[: match.start(1)] + str(int(match[1]) + 1) + line[match.end(1) :]
            if "groups: " in line:
                changed = re.sub(r"groups: \d+", "groups: 1", changed)
            found = shapecalc.plan(text=spec(plan, [*lines[:index], changed, *lines[index + 1 :]])).diagnostics
            assert [(d.severity, d.line) for d in found] == [("error", index + 3)], (line, [d.message for d in found])
            assert changed[found[0].column - 1 : found[0].end_column - 1] == str(int(match[1]) + 1)
            tried += 1
    assert tried


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_changed(name: str) -> None:
    """out_channels and out_features, one at a time: one error, on a layer that reads it, with the maker's label."""
    plan = shapecalc.plan(SPECS / f"{name}.yaml")
    lines = long_form(plan)
    for index, line in enumerate(lines):
        match = re.search(r"\bout_(?:channels|features): (\d+)", line)
        if match is None or "groups: " in line or not any("in_" in later for later in lines[index + 1 :]):
            continue
        changed = line[: match.start(1)] + str(int(match[1]) + 1) + line[match.end(1) :]
        found = shapecalc.plan(text=spec(plan, [*lines[:index], changed, *lines[index + 1 :]])).diagnostics
        assert len(found) == 1, (line, [(d.line, d.message) for d in found])
        assert found[0].severity == "error" and found[0].line > index + 3
        assert found[0].related and found[0].related[0].line >= index + 3, (line, found[0].message)


@pytest.mark.parametrize("name", NETWORKS)
def test_groups_changed(name: str) -> None:
    """groups that divide neither channel count: one error, on that value."""
    plan = shapecalc.plan(SPECS / f"{name}.yaml")
    lines = long_form(plan)
    for index, line in enumerate(lines):
        if "type: Conv2d" not in line:
            continue
        bare = re.sub(r", groups: \d+", "", line)
        changed = bare[:-1] + ", groups: 11}"
        found = shapecalc.plan(text=spec(plan, [*lines[:index], changed, *lines[index + 1 :]])).diagnostics
        assert [(d.rule, d.line) for d in found] == [("groups-not-divisible", index + 3)], (line, found)
