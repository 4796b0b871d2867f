"""Lint rules on the library of networks: where each one fires, and that none of them fails on anything."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import shapecalc
from shapecalc.language.library import Entry, entries
from shapecalc.network.plan import Plan
from shapecalc.rules.base import RULES
from shapecalc.rules.checking import run
from shapecalc.text.findings import Finding

ROOT = Path(__file__).parent.parent
CHECKED = {name: one for name, one in RULES.items() if one.check is not None}
WARNINGS = {name for name, one in CHECKED.items() if one.default}
NETWORKS = {entry.name: entry for entry in entries()}

#: Every network on which a rule fires that is on by default. All of it is true; the files say why they leave it so.
WARNED = {
    "norm-over-one-position": {"deeplabv3_resnet50"},  # the pooled branch of its pyramid
    "padding-only-window": {"pooling"},  # an example of it
    "redundant-bias": {"crnn", "pointnet", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn"},  # as published
    "unread-border": {"pooling", "squeezenet1_0", "squeezenet1_1"},  # an example; a stem without padding
}

#: Networks as they were published, and how many of them each piece of advice has something to say about.
PUBLISHED = (
    "alexnet", "alexnet_2012", "bert_base", "convnext_tiny", "crnn", "dcgan_discriminator", "dcgan_generator",
    "deeplabv3_resnet50", "densenet121", "efficientnet_b0", "fcn_resnet50", "fpn_resnet50", "ghostnet", "googlenet",
    "inception_v3", "lenet5", "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "pointnet", "r3d_18",
    "regnet_y_400mf", "resnet18", "resnet50", "shufflenet_v2_x1_0", "squeezenet1_0", "swin_t", "tcn",
    "transformer_encoder", "unet", "vgg16", "vgg16_bn", "vit_b_16",
)  # fmt: skip
ADVISED = {
    "clipped-output": 0,
    "conv-after-conv": 0,
    "deep-without-shortcut": 0,
    "dominant-linear": 5,
    "dropout-before-norm": 0,
    "early-downsampling": 5,
    "even-kernel": 0,
    "fractional-upsampling": 0,
    "gridding-dilations": 0,
    "implied-stride": 0,
    "narrow-receptive-field": 1,
    "norm-after-activation": 0,
    "peak-at-first-layer": 1,
    "relu-before-maxpool": 16,
    "saturating-activation": 0,
    "strided-pointwise": 7,
    "unaligned-channels": 7,
    "uneven-overlap": 0,
    "unmixed-groups": 1,
    "unproductive-layer": 14,
    "volume-drop": 2,
}


@cache
def planned(name: str) -> Plan:
    entry = NETWORKS[name]
    return shapecalc.plan(entry.path, variant=entry.variant)


@pytest.fixture(scope="module")
def fired() -> dict[str, set[str]]:
    """Rule -> networks (each variant counts) in which it finds something, comments in the files aside."""
    found: dict[str, set[str]] = {}
    for name in NETWORKS:
        for finding in run(planned(name), CHECKED):
            found.setdefault(finding.rule, set()).add(name)
    return found


def test_warnings(fired: dict[str, set[str]]) -> None:
    """No false alarm: every warning in the library stands above."""
    assert {rule: names for rule, names in fired.items() if rule in WARNINGS} == WARNED


def test_advice(fired: dict[str, set[str]]) -> None:
    counts = {rule: len(fired.get(rule, set()) & set(PUBLISHED)) for rule in sorted(set(CHECKED) - WARNINGS)}
    assert counts == ADVISED


@pytest.mark.parametrize("entry", NETWORKS.values(), ids=lambda e: e.name)
def test_what_is_meant_is_suppressed_in_the_file(entry: Entry) -> None:
    assert planned(entry.name).diagnostics == []


def whole(found: list[Finding]) -> None:
    """Every part of a finding can be had, and lies in its file."""
    for one in found:
        one.to_dict()
        edits = one.fix.edits if one.fix is not None else ()
        for span in [one.span, *(part.span for part in (*one.related, *edits))]:
            assert 0 <= span.start <= span.end <= len(span.source.text)


@pytest.mark.parametrize("name", sorted({e.stem for e in NETWORKS.values()}))
def test_sizes_that_are_not_known(name: str) -> None:
    """Symbolic sizes give no finding that the numbers do not give, and no failure."""
    plan = planned(name)
    shapes = {n: s for n, s in plan.inputs.items() if s is not None and len(s) > 2}
    symbolic = {n: (s[1], *(f"{n}{k}" for k in range(len(s) - 2))) for n, s in shapes.items()}
    other = shapecalc.plan(NETWORKS[name].path, inputs=symbolic, variant=NETWORKS[name].variant)
    found = run(other, CHECKED)
    whole(found)
    said = {(d.rule, d.line) for d in run(plan, CHECKED)}
    assert {(d.rule, d.line) for d in found if d.rule in WARNINGS} <= said


@pytest.mark.parametrize("name", ["resnet18", "unet", "mobilenet_v2", "vit_b_16", "crnn"])
def test_a_line_left_out(name: str) -> None:
    """Networks that no longer fit together: the rules look at what is left."""
    lines = Path(NETWORKS[name].path).read_text(encoding="utf-8").splitlines(keepends=True)
    for k in range(0, len(lines), 3):
        whole(run(shapecalc.plan(text="".join(lines[:k] + lines[k + 1 :])), CHECKED))


@pytest.mark.parametrize("path", sorted((ROOT / "tests" / "mistakes").glob("*.yaml")), ids=lambda p: p.stem)
def test_files_full_of_mistakes(path: Path) -> None:
    whole(run(shapecalc.plan(path), CHECKED))
