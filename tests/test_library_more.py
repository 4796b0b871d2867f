"""The library as its users take it: other sizes and symbols as input, and what it shows of the language."""

from __future__ import annotations

from typing import Any

import pytest

import shapecalc
from shapecalc.language.library import find, names
from shapecalc.text.source import load_source
from tests.running import Run

HALVES = ("floor((H - 1)/{0}) + 1", "floor((W - 1)/{0}) + 1")


def maps(channels: int, by: int) -> tuple[str, ...]:
    """What a network gives whose windows are padded so that `by` pixels, or what is left of them, become one."""
    return ("N", str(channels), *(text.format(by) for text in HALVES))


#: name: input, outputs, conditions
SYMBOLIC: dict[str, tuple[tuple[Any, ...], dict[str, tuple[str, ...]], list[str]]] = {
    "fcn_resnet50": ((3, "H", "W"), {"mask": ("N", "21", "H", "W")}, []),
    "deeplabv3_resnet50": ((3, "H", "W"), {"mask": ("N", "21", "H", "W")}, ["N >= 2 in training"]),
    "fpn_resnet50": ((3, "H", "W"), {f"p{k}": maps(256, 2**k) for k in range(2, 7)}, []),
    "unet": ((1, "H", "W"), {"mask": ("N", "2", "H", "W")}, ["H divisible by 16", "W divisible by 16"]),
    "dcgan_generator": ((100, "H", "W"), {"picture": ("N", "3", "16*H + 48", "16*W + 48")}, []),
    "dcgan_discriminator": (
        (3, "H", "W"),
        {"real": ("N", "1", "floor(H/16) - 3", "floor(W/16) - 3")},
        ["H >= 64", "W >= 64"],
    ),
    "crnn": ((1, 32, "W"), {"characters": ("N", "floor(W/4) + 1", "37")}, ["W >= 4"]),
    "bert_base": (("L",), {"pooled": ("N", "768")}, ["L <= 512"]),
    "transformer_encoder": (("L", 512), {"encoded": ("N", "L", "512")}, []),
}


@pytest.mark.parametrize("name", SYMBOLIC)
def test_symbols(name: str) -> None:
    """Closed forms, and what the symbols must satisfy."""
    shape, outputs, conditions = SYMBOLIC[name]
    plan = shapecalc.plan(name, inputs=dict.fromkeys(shapecalc.plan(name).inputs, shape))
    assert plan.ok, plan.diagnostics
    assert {k: tuple(map(str, v or ())) for k, v in plan.outputs.items()} == outputs
    assert plan.conditions == conditions


def test_vision_transformers_grow_their_positions() -> None:
    """The table of positions follows the picture: 197 places at 224, 785 at 448."""
    small, large = (shapecalc.plan("vit_b_16", inputs={"input": (3, n, n)}) for n in (224, 448))
    assert large.totals["params"] - small.totals["params"] == (785 - 197) * 768


@pytest.mark.parametrize(
    ("size", "macs"),
    [((224, 224), 4_490_566_656), ((256, 256), 7_345_441_536), ((250, 300), 8_132_574_336)],
)
def test_swin_pads_as_torchvision(size: tuple[int, int], macs: int) -> None:
    """Figures of torchvision's swin_t, which pads a map that its windows do not divide."""
    assert shapecalc.plan("swin_t", inputs={"input": (3, *size)}).totals["macs"] == macs


def test_bert_of_too_many_words() -> None:
    (found,) = shapecalc.plan("bert_base", inputs={"words": (600,), "segments": (600,)}).diagnostics
    assert found.rule == "shape-mismatch" and found.line == 13


@pytest.mark.parametrize(
    ("name", "macs"),
    [("standard", 115_605_504), ("asymmetric", 77_070_336), ("depthwise", 1_806_336), ("separable", 14_651_392)],
)
def test_nine_convolutions(name: str, macs: int) -> None:
    """64 channels at 56 x 56: 9, 6, 9/64 and 9/64 + 1 products for each pair of an input and an output channel."""
    plan = shapecalc.plan("convolutions")
    assert len(plan.outputs) == 9
    assert next(row.macs for row in plan.layers if row.name == name) == macs


def test_other_inputs_leave_the_files_comments_alone() -> None:
    """A comment that suppresses what the file's own input brings about is not called unused for another input."""
    assert Run("plan", "pooling").out.count("warning") == 0
    found = shapecalc.plan("pooling", inputs={"input": (8, 8, 8)}).diagnostics
    assert {d.rule for d in found} == {"unread-border"}


@pytest.mark.parametrize("name", names())
def test_no_findings(name: str) -> None:
    """Neither in a file as it is nor in any of its variants."""
    assert shapecalc.plan(name).diagnostics == []


def test_a_title_breaks_between_outputs() -> None:
    """Never inside a shape, and within 80 columns."""
    head = Run("plan", "convolutions").out.partition("\n\n")[0].split("\n")
    assert len(head) > 1 and max(map(len, head)) <= 80
    assert all(line.count("(") == line.count(")") for line in head)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("vit_b_16", "- linear: in_features", "- linear: 700", "cannot add (N, 197, 700) and (N, 197, 768)"),
        ("convnext_tiny", "k: 7, p: 3", "k: 7, p: 2", "cannot add (N, 96, 54, 54) and (N, 96, 56, 56)"),
        ("mlp_100", "- linear: width", "- linear: {out: width, in: 784}", "Linear expects 784 input features"),
    ],
)
def test_a_mistake_in_a_repeated_block_is_one_finding(name: str, old: str, new: str, message: str) -> None:
    """What follows from it in the repeats after, and behind them, is not reported."""
    entry = find(name)
    assert entry is not None
    text = load_source(entry.path).text
    assert old in text
    (found,) = shapecalc.plan(text=text.replace(old, new)).diagnostics
    assert found.severity == "error" and message in found.message


# Expressions that the library makes use of. --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("in_shape[1:]", (4, 6, 8)),
        ("in_shape[:2] + [48]", ("N", 4, 48)),
        ("in_shape[-2:]", (6, 8)),
        ("in_shape[:]", ("N", 4, 6, 8)),
        ("in_shape[1:-1] + [in_shape[3]]", (4, 6, 8)),
    ],
)
def test_parts_of_lists(text: str, shape: tuple[Any, ...]) -> None:
    plan = shapecalc.plan(text=f'input: [4, 6, 8]\nlayers:\n  - parameter: {{shape: "{text}"}}\n')
    assert plan.ok, plan.diagnostics
    assert tuple(str(d) for d in plan.layers[0].out_shapes[0]) == tuple(map(str, shape))


@pytest.mark.parametrize("text", ["in_shape[1.5:]", "in_shape[N:]", "in_channels[1:]", "in_shape['a':'b']"])
def test_parts_of_lists_by_what_is_no_number(text: str) -> None:
    plan = shapecalc.plan(text=f'input: [4, 6, 8]\nlayers:\n  - parameter: {{shape: "{text}"}}\n')
    assert [d.rule for d in plan.diagnostics] == ["invalid-expression"]
    assert "a list is indexed by an integer" in plan.diagnostics[0].message


SILENT = """\
input: [3, 8, 8]
blocks:
  half:
    - conv2d: {out: 2*in_channels, k: 1}
    - reshape: {shape: [N, in_channels, "in_shape[2] // 2", "2*min(in_shape[2:])"], expect: [N, _, "in_shape[2]", _]}
    - relu: {repeat: "in_shape[2]"}
    - relu: {when: "in_shape[2] > 2"}
layers:
  - nothing
  - half
  - conv2d: {out: 8, k: 1}
  - half
"""


def test_sizes_that_are_not_known_are_no_mistake() -> None:
    """One unknown type: expressions over the shapes behind it say nothing."""
    assert [d.rule for d in shapecalc.plan(text=SILENT).diagnostics] == ["unknown-type"]
