"""All model files that the package ships, at every scale: what shapecalc plans is what the package builds."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.dialects.yolo.weights import tensors
from tests.ultralytics import library

CASES = list(library.cases())


def test_every_file_is_here() -> None:
    assert len(library.files()) == 66
    assert len(CASES) == 246


@pytest.mark.parametrize(("path", "scale"), CASES, ids=lambda v: v.stem if isinstance(v, Path) else v)
def test_agrees_row_by_row(path: Path, scale: str) -> None:
    built = library.build(path, scale)
    plan = shapecalc.plan(path, batch=1, variant=scale or None)
    assert plan.ok
    rows = [row for row in plan.layers if row.depth == 0]
    assert [row.params for row in rows] == [row.params for row in built.rows]
    assert [list(row.out_shapes[0]) for row in rows] == [row.output for row in built.rows]
    assert plan.totals["params"] == built.params
    assert plan.totals["trainable_params"] == built.trainable
    assert abs(plan.totals["macs"] - built.macs) <= 0.001 * built.macs
    assert tensors(plan) == built.weights
    head = rows[-1]
    if len(head.in_shapes) > 1 and len(built.stride) > 1:
        side = plan.inputs["input"][-1]
        assert [side / shape[-1] for shape in head.in_shapes] == built.stride
