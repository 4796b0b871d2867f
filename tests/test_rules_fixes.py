"""Fixes of lint rules: the text after them, in every form that a row has; and nothing is left to fix after them."""

from __future__ import annotations

import pytest

from shapecalc.api.plan import plan_source
from shapecalc.language import repeats
from shapecalc.rules.base import RULES, Rule
from shapecalc.rules.checking import run
from shapecalc.text.edits import edited, offered
from shapecalc.text.source import Source

FIXABLE = [one for one in RULES.values() if one.check is not None and one.fixable]

BIAS = """\
input: [16, 32, 32]
layers:
  - {row}
  - batchnorm2d
"""
#: A convolution or linear layer as it stands before a batch norm, and what becomes of it.
ROWS = [
    ("conv2d: {out: 8, k: 3}", "conv2d: {out: 8, k: 3, bias: false}"),
    ("conv2d: {out: 8, k: 3, bias: true}", "conv2d: {out: 8, k: 3, bias: false}"),
    ("conv2d: {out: 8, k: 3, bias: True}", "conv2d: {out: 8, k: 3, bias: False}"),
    ("conv2d: {out: 8, bias: yes, k: 3}", "conv2d: {out: 8, bias: false, k: 3}"),
    ("conv2d: {out: 8, k: [3, 3], name: x}", "conv2d: {out: 8, k: [3, 3], name: x, bias: false}"),
    ("conv2d: {out: 8, k: 3,}", "conv2d: {out: 8, k: 3, bias: false,}"),
    ("conv2d: {out: 8, k: 3}  # the stem", "conv2d: {out: 8, k: 3, bias: false}  # the stem"),
    ("conv2d:\n      out: 8\n      k: 3", "conv2d:\n      out: 8\n      k: 3\n      bias: false"),
    ("conv2d:\n      out: 8  # wide\n      k: 3  # odd",
     "conv2d:\n      out: 8  # wide\n      k: 3  # odd\n      bias: false"),
    ("conv2d:\n      out: 8\n      k:\n        - 3\n        - 3",
     "conv2d:\n      out: 8\n      k:\n        - 3\n        - 3\n      bias: false"),
    ("conv2d:\r\n      out: 8\r\n      k: 3\r", "conv2d:\r\n      out: 8\r\n      k: 3\r\n      bias: false\r"),
    ("{type: Conv2d, out_channels: 8, kernel_size: 3}", "{type: Conv2d, out_channels: 8, kernel_size: 3, bias: false}"),
    ("type: conv2d\n    out: 8\n    k: 3", "type: conv2d\n    out: 8\n    k: 3\n    bias: false"),
    ("nn.Conv2d(16, 8, 3)", "nn.Conv2d(16, 8, 3, bias=False)"),
    ("nn.Conv2d(16, 8, kernel_size=3, padding=1)", "nn.Conv2d(16, 8, kernel_size=3, padding=1, bias=False)"),
    ("nn.Conv2d(16, 8, 3, bias=True)", "nn.Conv2d(16, 8, 3, bias=False)"),
    ("nn.Conv2d(16, 8, 3, 1, 0, 1, 1, True)", "nn.Conv2d(16, 8, 3, 1, 0, 1, 1, False)"),
    ('"nn.Conv2d(16, 8, (3, 3))"', '"nn.Conv2d(16, 8, (3, 3), bias=False)"'),
]  # fmt: skip

OTHERS = [
    ("input: [9]\nlayers:\n  - linear: 8\n  - batchnorm1d\n",
     "input: [9]\nlayers:\n  - linear: {out: 8, bias: false}\n  - batchnorm1d\n"),
    ("input: [9]\nvars: {w: 8}\nlayers:\n  - linear: w\n  - batchnorm1d\n",
     "input: [9]\nvars: {w: 8}\nlayers:\n  - linear: {out: w, bias: false}\n  - batchnorm1d\n"),
    ("input: [9]\nlayers:\n  - linear: 8\n  - softmax\n",
     "input: [9]\nlayers:\n  - linear: 8\n  - softmax: {dim: 1}\n"),
    ("input: [9]\nlayers:\n  - softmax:\n", "input: [9]\nlayers:\n  - softmax: {dim: 1}\n"),
    ("input: [9]\nlayers: [linear: 8, softmax]\n", "input: [9]\nlayers: [linear: 8, softmax: {dim: 1}]\n"),
    ("input: [9]\nlayers:\n  - softmax: {name: p}\n", "input: [9]\nlayers:\n  - softmax: {name: p, dim: 1}\n"),
    ("input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 1, d: 2}\n",
     "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 1, d: 1}\n"),
    ("input: [3, 8, 8]\nlayers:\n  - nn.UpsamplingNearest2d(scale_factor=2)\n",
     "input: [3, 8, 8]\nlayers:\n  - nn.Upsample(scale_factor=2)\n"),
    ("input: [3, 8, 8]\nlayers:\n  - upsampling_bilinear2d: 2\n",
     "input: [3, 8, 8]\nlayers:\n  - upsample: {scale_factor: 2, mode: bilinear, align_corners: true}\n"),
    ("input: [3, 8, 8]\nlayers:\n  - nn.UpsamplingBilinear2d(16)\n",
     "input: [3, 8, 8]\nlayers:\n  - nn.Upsample(16, mode='bilinear', align_corners=True)\n"),
]  # fmt: skip

#: Nothing certain can be written here: the finding comes without a fix.
LEFT = [
    "input: [3, 8, 8]\nvars: {b: true}\nlayers:\n  - conv2d: {out: 4, k: 1, bias: b}\n  - batchnorm2d\n",
    "input: [3, 8, 8]\nlayers:\n  - conv2d: &x {out: 4, k: 1}\n  - relu\n  - conv2d: *x\n  - batchnorm2d\n",
    "input: [3, 8, 8]\nlayers:\n  - conv2d: &x {out: 4, k: 1}\n  - relu\n  - conv2d: {<<: *x}\n  - batchnorm2d\n",
    # one use of the line needs its bias, the other does not
    "input: [3, 8, 8]\nblocks:\n  c: {layers: [conv2d: {out: 4, k: 1}]}\nlayers: [c, batchnorm2d, relu, c]\n",
]


@pytest.fixture(params=["new rows", "remembered rows"], autouse=True)
def memory(request: pytest.FixtureRequest) -> bool:
    """Rows that were read before are read in another way; they are to be mended just so."""
    repeats._equal.clear()
    repeats._alike.clear()
    return str(request.param) == "remembered rows"


def fixed(text: str, memory: bool) -> tuple[str, int]:
    """The text after the safe fixes of everything found by default, and how many findings there were."""
    if memory:
        plan_source(Source("other.yaml", text))
    source = Source("net.yaml", text)
    found = run(plan_source(source))
    return edited(source, offered(found, unsafe=False)), len(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [*((BIAS.replace("{row}", a), BIAS.replace("{row}", b)) for a, b in ROWS), *OTHERS],
    ids=lambda text: " ".join(text.split())[20:60],
)
def test_fixed_text(before: str, after: str, memory: bool) -> None:
    text, count = fixed(before, memory)
    assert (text, count) == (after, 1)
    assert fixed(after, memory) == (after, 0)


@pytest.mark.parametrize("text", LEFT)
def test_left_alone(text: str, memory: bool) -> None:
    assert fixed(text, memory) == (text, 1)


@pytest.mark.parametrize("one", FIXABLE, ids=lambda one: one.name)
def test_the_bad_example_is_clean_after_its_fix(one: Rule) -> None:
    source = Source("bad.yaml", one.bad)
    after = edited(source, offered(run(plan_source(source), [one.name]), unsafe=True))
    again = plan_source(Source("bad.yaml", after))
    assert after != one.bad and again.reporter.findings == [] and run(again, [one.name]) == []
