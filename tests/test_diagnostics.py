"""Findings: their fields, their order, the nearest name."""

from __future__ import annotations

import pytest

from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter, Severity, clip
from shapecalc.text.source import Source
from shapecalc.text.spelling import nearest

SOURCE = Source("net.yaml", "layers:\n  - conv2d: {k: 5}\n")


def test_json() -> None:
    span = SOURCE.span(SOURCE.text.index("5"), SOURCE.text.index("5") + 1)
    other = Source("other.yaml", "x")
    finding = Finding(
        "kernel-too-large", "error", "too large", span, layer="conv2d_1", notes=["5 > 3"], help="k: 3",
        related=[Label(SOURCE.span(0, 6), "here"), Label(other.span(0, 1), "there")],
        fix=Fix("use 3", [Edit(span, "3")]),
    )  # fmt: skip
    place = {"line": 2, "column": 17, "end_line": 2, "end_column": 18}
    first = {"line": 1, "column": 1, "end_line": 1, "end_column": 7, "message": "here"}
    second = {"path": "other.yaml", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "message": "there"}
    assert finding.to_dict() == {
        "rule": "kernel-too-large", "severity": "error", "message": "too large", "path": "net.yaml", **place,
        "layer": "conv2d_1", "notes": ["5 > 3"], "help": "k: 3", "related": [first, second],
        "fix": {"title": "use 3", "safe": True, "edits": [{**place, "text": "3"}]},
    }  # fmt: skip
    assert repr(finding) == "net.yaml:2:17: error[kernel-too-large]: too large"


def test_reporter_sorts_and_drops_doubles() -> None:
    reporter = Reporter()
    reporter.warning("b", "later", SOURCE.span(5, 6))
    assert not reporter.has_errors
    reporter.error("a", "early", SOURCE.span(0, 1))
    reporter.error("a", "early", SOURCE.span(0, 1), help="said once")
    reporter.error("c", "worse at the same place", SOURCE.span(5, 6))
    assert reporter.has_errors
    assert [found.rule for found in reporter.findings] == ["a", "c", "b"]
    assert len(reporter) == 3


def test_severities_are_ordered() -> None:
    assert [s for s in Severity.ORDER if Severity.at_least(s, "warning")] == ["error", "warning"]


def test_long_messages_are_clipped() -> None:
    assert clip("short") == "short"
    assert len(clip("x" * 100_000)) == 1000
    assert len(Finding("r", "error", "9" * 5000, SOURCE.span(0, 1)).message) == 1000


NAMES = ["Conv2d", "Conv3d", "ConvTranspose2d", "MaxPool2d", "ReLU", "kernel_size", "padding", "padding_mode"]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("conv2d", "Conv2d"),
        ("conv_2d", "Conv2d"),
        ("Conv2D", "Conv2d"),
        ("kernelsize", "kernel_size"),
        ("kernal_size", "kernel_size"),
        ("pading", "padding"),
        ("paddin", "padding"),
        ("kern", "kernel_size"),
        ("relu6", "ReLU"),
        ("zzz", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_nearest(word: str, expected: str | None) -> None:
    assert nearest(word, NAMES) == expected
