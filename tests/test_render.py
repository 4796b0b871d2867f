"""Whole outputs: the look of the table and of the other formats."""

from __future__ import annotations

import csv
import io
import json

import pytest

from shapecalc.api import plan as engine
from shapecalc.network.plan import Plan
from shapecalc.render import json_text
from shapecalc.render.layout import truncated, width_of, wrap
from shapecalc.render.page import Page
from shapecalc.render.plan import plain, plan_csv, plan_markdown, terminal
from shapecalc.render.value_text import byte_text, exact, short, type_text

NET = """\
name: small
input: [3, 32, 32]
layers:
  - conv2d: {out: 16, k: 3, p: 1, bias: false, name: stem}
  - batchnorm2d
  - residual: [{conv2d: {out: 16, k: 3, p: 1}}, relu]
  - maxpool2d: 2
  - flatten
  - linear: {out: 10, name: logits}
"""
BAD = NET.replace("out: 16, k: 3, p: 1}}", "in: 8, out: 16, k: 3, p: 1}}")


def plan(text: str = NET, **options: object) -> Plan:
    return engine.plan(text=text, **options)  # type: ignore[arg-type]


def test_plain_at_80_columns() -> None:
    assert (
        plain.render(plan(), Page())
        == """\
small: input (N, 3, 32, 32) -> logits (N, 10)

#  name           type                     output           params       MACs
-----------------------------------------------------------------------------
0  stem           Conv2d 16 k3 p1 no-bias  (N, 16, 32, 32)     432    442,368
1  batchnorm2d_1  BatchNorm2d              (N, 16, 32, 32)      32          0
2  residual_1     residual                 (N, 16, 32, 32)   2,320  2,359,296
3    conv2d_1     Conv2d 16 k3 p1          (N, 16, 32, 32)   2,320  2,359,296
4    relu_1       ReLU                     (N, 16, 32, 32)       0          0
5    add_1        add                      (N, 16, 32, 32)       0          0
6  maxpool2d_1    MaxPool2d k2             (N, 16, 16, 16)       0          0
7  flatten_1      Flatten                  (N, 4096)             0          0
8  logits         Linear 10                (N, 10)          40,970     40,960

layers                    8
params               43,754  trainable 43,754, buffers 33
MACs              2,842,624  multiply-accumulates, one sample
FLOPs             5,685,248  2 x MACs: conv, linear, matmul, attention, rnn
parameter memory  170.9 KiB  fp32
forward memory    336.0 KiB  fp32, what layers allocate, one sample
peak memory       192.0 KiB  fp32, most alive at once, no params
"""
    )


def test_no_line_is_longer_than_80() -> None:
    assert max(map(len, plain.render(plan(), Page()).splitlines())) <= 80


def test_more_columns_use_more_width() -> None:
    narrow = plain.render(plan(), Page(70)).splitlines()
    wide = plain.render(plan(), Page(140)).splitlines()
    assert "no-bias" in wide[4] and "442,368" in wide[4]
    assert "…" in narrow[4] and "442.37k" in narrow[4]


def test_rows_inside_a_block_are_indented() -> None:
    lines = plain.render(plan(), Page()).splitlines()
    block = next(i for i, line in enumerate(lines) if "residual_1" in line)
    assert "    conv2d_1" in lines[block + 1] and "residual_1." not in lines[block + 1]


def test_the_row_with_the_finding_is_marked() -> None:
    marked = [line for line in plain.render(plan(BAD), Page()).splitlines() if line.startswith("E ")]
    assert len(marked) == 1 and "conv2d_1" in marked[0]


def test_conditions_are_shown() -> None:
    text = plain.render(plan("input: [8, H, W]\nlayers:\n  - pixelunshuffle: 2\n"), Page())
    assert "needs H divisible by 2" in text


def test_a_drawn_table_holds_the_same_texts() -> None:
    made = plan()
    drawn = terminal.render(made, Page(80))
    for row in made.layers:
        assert row.type in drawn
    assert "\x1b" not in drawn and "\x1b[" in terminal.render(made, Page(80, color=True))
    assert max(map(len, drawn.splitlines())) <= 80


def test_csv_has_all_digits() -> None:
    rows = list(csv.DictReader(io.StringIO(plan_csv.render(plan(batch=2), Page()))))
    assert rows[0]["name"] == "stem" and rows[0]["out_shapes"] == "2x16x32x32" and rows[0]["macs"] == "884736"
    assert {row["kind"] for row in rows} == {"layer", "block"}


def test_json_is_the_document() -> None:
    made = plan(BAD)
    assert json.loads(json_text.render(made, Page())) == made.to_dict()


def test_markdown_escapes() -> None:
    text = plan_markdown.render(plan(NET.replace("stem", "'a|b'")), Page())
    assert "| a\\|b |" in text


def test_a_long_network_is_fast() -> None:
    """Equal values are formatted once: 3,000 rows take no more than a few milliseconds each hundred."""
    text = "input: [3, 8, 8]\nlayers:\n" + "  - conv2d: {out: 3, k: 3, p: 1}\n  - relu\n" * 1500
    assert plain.render(plan(text), Page()).count("\n") > 3000


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (999, "999"), (61706, "61.71k"), (118_013_952, "118.01M"), (4_089_184_256, "4.09G")]
)
def test_short(value: int, text: str) -> None:
    assert short(value) == text


@pytest.mark.parametrize(("value", "text"), [(40, "40 B"), (4096, "4.0 KiB"), (102_228_128, "97.5 MiB"), (None, "?")])
def test_bytes(value: int, text: str) -> None:
    assert byte_text(value) == text


def test_small_texts() -> None:
    assert exact(61706) == "61,706" and exact(None) == "?"
    assert type_text("Conv2d", {"in_channels": 3, "out_channels": 64, "kernel_size": (7, 7), "stride": (2, 1)}) == (
        "Conv2d 64 k7 s2x1"
    )
    assert truncated("abcdef", 4) == "abc…" and truncated("名前です", 5) == "名前…"
    assert width_of("名前") == 4 and width_of("e\u0301") == 1
    assert wrap("  one two three", 20) == "  one two three"
    assert wrap("a " * 30, 20, hang=2).count("\n") > 1
