"""Rows that `when` leaves out: what the rows after them read."""

from __future__ import annotations

import pytest

import shapecalc

HEAD = """\
input: [4, 8, 8]
vars: {on: false}
layers:
  - conv2d: {out: 6, k: 1, name: a}
  - conv2d: {out: 6, k: 3, name: b}
"""


@pytest.mark.parametrize(
    ("row", "shapes"),
    [
        ("relu: {when: on}", [(6, 6, 6)]),
        ("relu: {when: on, from: a}", [(6, 8, 8)]),
        ("add: {when: on, from: [b, a]}", [(6, 6, 6)]),  # a sum of one term is that term
        ("cat: {when: on, from: [a, b], dim: 1}", [(6, 8, 8)]),
        ("sub: {when: not on, from: [b, b]}", [(6, 6, 6)]),
    ],
)
def test_what_is_left_out_passes_its_first_input_on(row: str, shapes: list[tuple[int, ...]]) -> None:
    for rows in (row, f"{row[:-1]}, name: last}}"):
        made = shapecalc.plan(text=HEAD + f"  - {rows}\n  - conv2d: {{out: 5, k: 1, name: c}}\n")
        assert made.ok, made.diagnostics
        found = {r.name: r for r in made.layers}["c"]
        assert [s[1:] for s in found.in_shapes] == shapes


def test_a_block_whose_last_row_is_left_out_gives_one_output() -> None:
    made = shapecalc.plan(
        text="""
input: [4, 8, 8]
blocks:
  part:
    - conv2d: {out: 8, k: 1}
    - add: {from: [-1, input], when: in_channels == 8}
layers:
  - part: {repeat: 2}
"""
    )
    blocks = [r for r in made.layers if r.kind == "block"]
    assert made.ok
    assert [r.out_shapes for r in blocks] == [((*blocks[0].in_shapes[0][:1], 8, 8, 8),)] * 2
