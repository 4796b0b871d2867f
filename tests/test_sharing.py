"""`share` and `trainable`, of layers and of whole blocks."""

from __future__ import annotations

import pytest

import shapecalc
from shapecalc.network.plan import Plan

HEAD = """\
input: [8, 6, 6]
vars: {frozen: true}
blocks:
  pair:
    args: {k: 3}
    layers:
      - conv2d: {out: 8, k: k, p: k // 2, name: c}
      - batchnorm2d
      - sequential: [{conv2d: {out: 8, k: 1}}]
  thin: [{conv2d: {out: 8, k: 1}}]
layers:
"""
TWICE = "conv2d: {out: 8, k: 3, p: 1, name: a, repeat: 2}"
CONV = 8 * 8 * 9 + 8  # 584
PAIR = CONV + 16 + 72


def plan(*rows: str) -> Plan:
    return shapecalc.plan(text=HEAD + "".join(f"  - {row}\n" for row in rows))


@pytest.mark.parametrize(
    ("rows", "params", "trainable"),
    [
        # layers
        (["conv2d: {out: 8, k: 3, p: 1, name: a}", "conv2d: {out: 8, k: 3, p: 1, share: a}"], CONV, CONV),
        (["conv2d: {out: 8, k: 3, p: 1, name: a}", "conv2d: {out: 8, k: 3, p: 1, share: a, repeat: 3}"], CONV, CONV),
        ([TWICE, "conv2d: {out: 8, k: 3, p: 1, share: a.0}"], 2 * CONV, 2 * CONV),
        ([TWICE, "conv2d: {out: 8, k: 3, p: 1, share: a}"], 2 * CONV, 2 * CONV),
        (["conv2d: {out: 8, k: 3, p: 1}", "conv2d: {out: 8, k: 3, p: 1, share: conv2d_1}"], CONV, CONV),
        (["conv2d: {out: 8, k: 3, p: 1, trainable: false}", "conv2d: {out: 8, k: 1}"], CONV + 72, 72),
        (["conv2d: {out: 8, k: 3, p: 1, trainable: no}"], CONV, 0),
        (["conv2d: {out: 8, k: 3, p: 1, trainable: not frozen}"], CONV, 0),
        # blocks
        (["pair: {name: a}", "pair: {share: a}"], PAIR, PAIR),
        (["pair: {name: a}", "pair: {share: a, repeat: 11}"], PAIR, PAIR),
        (["pair: {name: a}", "conv2d: {out: 8, k: 3, p: 1, share: a.c}"], PAIR, PAIR),
        (["pair: {trainable: false}", "thin"], PAIR + 72, 72),
        (["pair: {trainable: not frozen}", "thin"], PAIR + 72, 72),
        (["sequential: {layers: [pair, thin], trainable: false}"], PAIR + 72, 0),
        (["residual: {body: [{pair: {name: a}}, {pair: {share: a}}]}"], PAIR, PAIR),
        (["parallel: {branches: [[{conv2d: {out: 8, k: 1, name: a}}], [{conv2d: {out: 8, k: 1, share: a}}]]}"], 72, 72),
    ],
)  # fmt: skip
def test_counted_once(rows: list[str], params: int, trainable: int) -> None:
    made = plan(*rows)
    assert made.ok, made.diagnostics
    assert (made.totals["params"], made.totals["trainable_params"]) == (params, trainable)
    outline = [row for row in made.layers if row.depth == 0]
    assert sum(row.params for row in outline) == params
    assert sum(row.trainable_params for row in outline) == trainable
    assert sum(row.buffers for row in outline) == made.totals["buffers"]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["conv2d: {out: 8, k: 3, name: a, share: a}"], "`a` cannot share its own weights"),
        (["conv2d: {out: 8, k: 3, share: b}", "conv2d: {out: 8, k: 3, name: b}"], "there is no layer `b` to share"),
        (["conv2d: {out: 8, k: 3, name: a}", "conv2d: {out: 9, k: 3, share: a}"], "bias (9,) against weight (8,"),
        (["conv2d: {out: 8, k: 3, name: a}", "linear: {out: 8, share: a}"], "cannot share the weights of `a`"),
        (["conv2d: {out: 8, k: 3, name: a}", "relu: {share: a}"], "no weights against"),
        (["pair: {name: a}", "pair: {share: a, k: 1}"], "(at `pair_1.c`)"),
        (["pair: {name: a}", "thin: {share: a}"], "1 layers with weights against 3"),
        (["conv2d: {out: 8, k: 1, name: a}", "thin: {share: a}"], "a block against a layer"),
        (["pair: {name: a}", "conv2d: {out: 8, k: 3, share: c}"], "there is no layer `c`"),
        (["thin: {share: input}"], "there is no layer `input`"),
    ],
)  # fmt: skip
def test_refused(rows: list[str], said: str) -> None:
    found = [d for d in plan(*rows).diagnostics if d.severity == "error"]
    assert len(found) == 1 and said in found[0].message, found
