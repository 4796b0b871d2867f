"""The inputs of a spec: names for sizes, the batch, whole shapes; and files that include each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shapecalc.api.plan import plan_source
from shapecalc.text.source import Source
from tests.running import Run

NAMED = """\
input: [3, H, W]
batch: B
blocks:
  rows: [{reshape: [B, -1, "H*W"]}]
layers:
  - conv2d: {out: 8, k: 1}
  - rows
  - linear: {out: W, expect: [B, 8, W]}
"""


@pytest.mark.parametrize(
    ("options", "output"),
    [
        # the sizes' names are variables, in blocks too
        ({}, ("B", 8, "W")),
        # and stand for the numbers that the caller gives
        ({"inputs": {"": (3, 8, 4)}}, ("B", 8, 4)),
        ({"inputs": {"": (5,)}}, ("B", 8, 5)),
        ({"inputs": {"": (2, 3, 8, 4)}}, (2, 8, 4)),
        ({"batch": 6}, (6, 8, "W")),
    ],
)
def test_names_of_sizes(options: dict[str, Any], output: tuple[Any, ...]) -> None:
    made = plan_source(Source("net.yaml", NAMED), **options)
    assert made.ok, made.diagnostics
    (shape,) = made.outputs.values()
    assert shape is not None and tuple(d if isinstance(d, int) else str(d) for d in shape) == output


@pytest.mark.parametrize(
    ("args", "output"),
    [
        ("--batch null", "(6, 26, 26)"),
        ("--batch None --in 3x8x8", "(6, 6, 6)"),
        ("--batch null --in 2x3x8x8", "(2, 6, 6, 6)"),
        ("--batch 2", "(2, 6, 26, 26)"),
        ("--batch B", "(B, 6, 26, 26)"),
    ],
)
def test_whole_shapes_on_the_command_line(args: str, output: str) -> None:
    run = Run("plan", "-", *args.split(), stdin="input: [3, 28, 28]\nlayers:\n  - conv2d: {out: 6, k: 3}\n")
    assert run.status == 0 and f"conv2d_1 {output}" in run.out, run.out + run.err


def test_costs_of_a_named_batch_are_not_called_one_sample() -> None:
    out = Run("plan", "-", "--batch", "B", stdin="input: [4]\nlayers:\n  - linear: 5\n").out
    assert "20*B" in out and "batch of B" in out and "one sample" not in out


@pytest.mark.parametrize(
    ("files", "found"),
    [
        # by itself, twice: each place is a finding of its own
        ({"a": "include: [a.yaml, ./a.yaml]"}, [("a.yaml", "`a.yaml` includes itself"), ("a.yaml", "includes itself")]),
        # through others
        ({"a": "include: b.yaml", "b": "include: [a.yaml]"}, [("b.yaml", "among the files that include this one")]),
        ({"a": "include: b.yaml", "b": "include: c.yaml", "c": "include: b.yaml"}, [("c.yaml", "`b.yaml` is among")]),
        # the same file by two ways is none
        ({"a": "include: [b.yaml, c.yaml]", "b": "include: c.yaml", "c": "blocks: {}"}, []),
    ],
)
def test_includes_that_come_round(tmp_path: Path, files: dict[str, str], found: list[tuple[str, str]]) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(f"{text}\ninput: [3]\nlayers: [relu]\n")
    made = plan_source(Source(str(tmp_path / "a.yaml"), (tmp_path / "a.yaml").read_text()))
    assert [d.rule for d in made.diagnostics] == ["recursive-include"] * len(found)
    for finding, (path, message) in zip(made.diagnostics, found, strict=True):
        assert Path(finding.path).name == path and message in finding.message


def test_a_spec_of_the_library_is_included_by_name(tmp_path: Path) -> None:
    """So that a copy of a spec that includes another can be planned where it was copied to."""
    path = tmp_path / "mine.yaml"
    path.write_text(Run("specs", "fcn_resnet50").out, encoding="utf-8")
    assert plan_source(Source(str(path), path.read_text())).totals["params"] == 32_957_013
    # a file beside it goes first
    (tmp_path / "resnet50.yaml").write_text("blocks: {bottleneck: {args: [width], layers: [relu]}}\n")
    made = plan_source(Source(str(path), path.read_text()))
    assert {d.rule for d in made.diagnostics if d.severity == "error"} == {"unknown-argument"}


IDENTITY = ("identity: 4", "identity: [1, 2]", "identity: {a: 3, b: x}", "nn.Identity(54, unused=0.1)", "identity")


@pytest.mark.parametrize("row", IDENTITY)
def test_identity_takes_anything(row: str) -> None:
    made = plan_source(Source("a.yaml", f"input: [3]\nlayers:\n  - {row}\n"))
    assert made.ok, made.diagnostics
