"""The library of networks against published figures: torchvision's model tables, or what the file's head names.

tests/test_torchvision.py compares those that torchvision has layer by layer, tests/torch/test_networks.py others with
small modules of PyTorch.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.language.library import Entry, entries
from tests.record_torchvision import unpacked

RECORDS = unpacked()
SPECS = Path(__file__).parent.parent / "specs"

#: (spec, variant): parameters, MACs of one sample, shape of the first output
FIGURES = {
    ("lenet5", None): (61_706, 416_520, (10,)),
    ("alexnet", None): (61_100_840, 714_188_480, (1000,)),
    ("alexnet_2012", None): (60_965_224, 724_406_816, (1000,)),
    ("vgg16", None): (138_357_544, 15_470_264_320, (1000,)),
    ("resnet18", None): (11_689_512, 1_814_073_344, (1000,)),
    ("resnet18", "resnet34"): (21_797_672, 3_663_761_408, (1000,)),
    ("resnet50", None): (25_557_032, 4_089_184_256, (1000,)),
    ("resnet50", "resnet101"): (44_549_160, 7_801_405_440, (1000,)),
    ("resnet50", "resnet152"): (60_192_808, 11_513_626_624, (1000,)),
    ("mobilenet_v2", None): (3_504_872, 300_774_272, (1000,)),
    ("mnasnet", None): (4_383_312, 314_415_872, (1000,)),
    ("ghostnet", None): (5_182_508, 141_150_512, (1000,)),
    ("dcgan_generator", None): (3_576_704, 104_628_224, (3, 64, 64)),
    ("unet", None): (31_030_658, None, (2, 512, 512)),
    ("conv3d_small", None): (16_850_826, None, (10,)),
    ("dcgan_discriminator", None): (2_765_568, 103_817_216, (1, 1, 1)),
    ("vae", None): (652_824, 651_200, (1, 28, 28)),
    ("crnn", None): (8_331_301, 705_143_808, (26, 37)),
    ("pointnet", None): (3_480_049, 448_025_856, (40,)),
    ("tcn", None): (66_510, 51_607_050, (10,)),
    ("transformer_encoder", None): (18_914_304, 2_516_582_400, (128, 512)),
    ("transformer_encoder", "transformer_encoder_big"): (75_577_344, None, (128, 1024)),
    ("bert_base", None): (109_482_240, 11_174_215_680, (768,)),
    ("bert_base", "bert_large"): (335_141_888, None, (1024,)),
    ("mlp_100", None): (784 * 256 + 256 + 98 * (256 * 256 + 256) + 256 * 10 + 10, 6_625_792, (10,)),
    ("linear_regression", None): (9, 8, (1,)),
    ("logistic_regression", None): (7_850, 7_840, (10,)),
    # teaching files: the sums of their layers' formulas
    ("convolutions", None): (761_616, 534_062_080, (64, 56, 56)),
    ("unpooling", None): (19_124, 13_828_096, (4, 64, 64)),
    ("pooling", None): (0, 0, (8, 3, 3)),
}


@pytest.mark.parametrize(("name", "variant"), FIGURES, ids=lambda v: str(v))
def test_figures(name: str, variant: str | None) -> None:
    params, macs, sample = FIGURES[name, variant]
    plan = shapecalc.plan(SPECS / f"{name}.yaml", variant=variant)
    assert plan.ok, [d.message for d in plan.diagnostics]
    assert plan.totals["params"] == params
    assert macs is None or plan.totals["macs"] == macs
    output = next(iter(plan.outputs.values()))
    assert output is not None and output[1:] == sample


def test_every_spec_has_figures() -> None:
    assert {p.stem for p in SPECS.glob("*.yaml")} <= {name for name, _ in FIGURES} | set(RECORDS)


@pytest.mark.parametrize("entry", list(entries()), ids=lambda entry: entry.name)
def test_no_findings(entry: Entry) -> None:
    assert shapecalc.plan(entry.path, variant=entry.variant).diagnostics == []


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda p: p.stem)
def test_a_head_and_a_name(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    assert first.startswith("# ") and first.endswith(".")  # `shapecalc specs` shows it
    assert f"\nname: {path.stem}\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_an_ignore_may_speak_for_a_variant_that_is_not_planned() -> None:
    text = (SPECS / "vgg16.yaml").read_text(encoding="utf-8")
    bare = "".join(line for line in text.splitlines(keepends=True) if "shapecalc: ignore" not in line)
    assert shapecalc.plan(text=text).diagnostics == []
    found = shapecalc.plan(text=bare, variant="vgg16_bn").diagnostics
    assert {d.rule for d in found} == {"redundant-bias"}


def test_symbolic_resnet_is_a_closed_form() -> None:
    plan = shapecalc.plan(SPECS / "resnet50.yaml", inputs={"input": (3, "H", "W")})
    last_map = next(row for row in plan.layers if row.type == "AdaptiveAvgPool2d").in_shapes[0]
    assert last_map is not None
    assert [str(d) for d in last_map] == ["N", "2048", "floor((H - 1)/32) + 1", "floor((W - 1)/32) + 1"]
