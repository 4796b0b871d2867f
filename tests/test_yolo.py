"""YOLO model files: which scale, which dialect, what the table and the JSON say, modules that are declared, the fix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import shapecalc
from shapecalc.cli import main

SMALL = Path(__file__).parent / "yolo" / "small.yaml"
TEXT = SMALL.read_text(encoding="utf-8")


def saved(folder: Path, name: str, text: str = TEXT) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def rows(plan: shapecalc.Plan) -> list[Any]:
    return [row for row in plan.layers if row.depth == 0]


def test_the_small_file() -> None:
    plan = shapecalc.plan(SMALL, batch=1)
    assert plan.diagnostics == []
    assert [row.name for row in rows(plan)] == [str(i) for i in range(14)]
    assert {row.kind for row in rows(plan)} == {"block"}
    assert plan.outputs == {"13": (1, 84, 8000)}
    assert plan.inputs == {"input": (1, 3, 640, 640)}


@pytest.mark.parametrize(
    ("name", "scale"),
    [("yolo11n.yaml", "n"), ("yolov8s-seg.yaml", "s"), ("yoloe-v8s.yaml", "s"), ("mine.yaml", "n")],
)
def test_the_file_name_chooses_the_scale(tmp_path: Path, name: str, scale: str) -> None:
    plan = shapecalc.plan(saved(tmp_path, name))
    assert plan.network.variant == scale
    assert plan.layers[0].out_shapes[0][1] == {"n": 16, "s": 32}[scale]  # type: ignore[index]


def test_a_file_that_is_not_there_is_read_at_the_scale_of_its_name(tmp_path: Path) -> None:
    saved(tmp_path, "yolo11.yaml")
    plan = shapecalc.plan(tmp_path / "yolo11s.yaml")
    assert plan.network.variant == "s" and plan.layers[0].out_shapes[0][1] == 32  # type: ignore[index]
    assert main(["plan", str(tmp_path / "yolo11q.yaml")]) == 2


def test_a_letter_that_scales_does_not_have(tmp_path: Path) -> None:
    plan = shapecalc.plan(saved(tmp_path, "yolo11x.yaml"))
    assert [d.rule for d in plan.diagnostics] == ["unknown-scale"]
    assert "--variant n" in str(plan.diagnostics[0].help)


def test_settings_from_outside(tmp_path: Path) -> None:
    assert shapecalc.plan(SMALL, batch=1, variant="s", set={"nc": 1}).outputs == {"13": (1, 5, 8000)}
    for wrong in ({"variant": "q"}, {"set": {"nx": 1}}, {"set": {"nc": 0}}, {"inputs": {"image": (3, 64, 64)}}):
        with pytest.raises(ValueError):
            shapecalc.plan(SMALL, **wrong)


def test_classification_takes_224() -> None:
    text = "nc: 10\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n  - [-1, 1, Classify, [nc]]\n"
    plan = shapecalc.plan(text=text, batch=1)
    assert plan.ok and plan.inputs["input"] == (1, 3, 224, 224) and plan.outputs == {"1": (1, 10)}


def test_repeats_round_half_to_even_and_widths_go_up_to_eights() -> None:
    written = "  - [-1, 6, C2f, [64]]\n  - [-1, 10, C2f, [100]]\n"
    text = f"nc: 1\nscales: {{n: [0.25, 0.33, 1024]}}\nbackbone:\n{written}head: []\n"
    plan = shapecalc.plan(text=text)
    assert [plan.network.rows[i].times for i in (0, 1)] == [2, 2]  # type: ignore[attr-defined]
    assert [row.out_shapes[0][1] for row in rows(plan)] == [24, 40]


def test_json() -> None:
    document = shapecalc.plan(SMALL, variant="s").to_dict()
    assert document["spec"]["dialect"] == "ultralytics" and document["spec"]["variant"] == "s"
    assert document["spec"]["emulates"] == "ultralytics 8.4.190"
    concat = next(row for row in document["layers"] if row["name"] == "8")
    assert concat["from"] == ["7", "4"] and concat["written"] == {"from": [-1, 4], "repeats": 1, "args": [1]}
    assert concat["stride"] == [8.0, 8.0]
    inner = [row for row in document["layers"] if row["name"].startswith("4.")]
    assert inner[0]["name"] == "4.cv1" and inner[0]["depth"] == 1
    json.dumps(document)


def test_the_table_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(SMALL)]) == 0
    out = capsys.readouterr().out
    assert "64 -> 16, 3, 2" in out and "nc -> 80" in out and "2 -> 1" in out
    assert "[n: the first, no letter in the file's name; --variant chooses], as ultralytics 8.4.190" in out
    assert len([line for line in out.splitlines() if "(N, " in line]) == 15
    assert main(["plan", str(SMALL), "--depth", "1"]) == 0
    assert "  cv1" in capsys.readouterr().out


def test_sizes_as_symbols() -> None:
    plan = shapecalc.plan(SMALL, inputs={"input": (3, "H", "W")})
    assert plan.ok
    assert str(plan.layers[0].out_shapes[0]) == "(<N>, 16, <floor((H - 1)/2) + 1>, <floor((W - 1)/2) + 1>)"


def test_an_image_that_does_not_divide() -> None:
    plan = shapecalc.plan(SMALL, inputs={"input": (3, 648, 648)})
    assert [(d.rule, d.message) for d in plan.diagnostics] == [
        ("image-size", "648 is not a multiple of 16: row 8 (Concat) gets 82 and 81"),
    ]
    assert plan.diagnostics[0].help == "plan with a side of 640 or 656"


@pytest.mark.parametrize("head", ["Detect, [nc]", "Segment26, [nc, 32, 64]", "v10Detect, [nc]", "RTDETRDecoder, [nc]"])
def test_written_out_as_a_native_spec_it_is_the_same_network(
    tmp_path: Path, head: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = saved(tmp_path, "mine.yaml", TEXT.replace("Detect, [nc]", head))
    assert main(["plan", str(path), "--format", "spec"]) == 0
    native, own = shapecalc.plan(text=capsys.readouterr().out), shapecalc.plan(path)
    assert native.ok and native.network.dialect.name == "shapecalc"
    assert [native.totals[key] for key in ("params", "macs")] == [own.totals[key] for key in ("params", "macs")]


# Modules that the library does not know. -----------------------------------------------------------------------------

CUSTOM = TEXT.replace("  - [-1, 1, SPPF, [512, 5]] # 6\n", "  - [-1, 1, Mine, [512, 5]] # 6\n")


def test_an_unknown_module_is_one_finding_and_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = saved(tmp_path, "custom.yaml", CUSTOM)
    plan = shapecalc.plan(path, batch=1)
    assert [(d.rule, d.severity) for d in plan.diagnostics] == [("unknown-module", "warning")]
    assert plan.outputs == {"13": (1, 84, 8000)}
    assert main(["plan", str(path)]) == 0
    out = capsys.readouterr().out
    assert "\nparams" in out and f" {plan.totals['params']:,}*  trainable" in out
    assert "(N, 128, 40, 40)*" in out and "* rests on an assumption: 6 Mine is not known" in out
    facts = {row["name"]: row["assumed"] for row in plan.to_dict()["layers"] if row["depth"] == 0}
    assert facts["4"] is False and facts["6"] is True and facts["13"] is True


def test_sizes_that_rest_on_an_unknown_module_are_a_warning(tmp_path: Path) -> None:
    text = TEXT.replace("[-1, 1, Conv, [512, 3, 2]] # 5-P4/16", "[-1, 1, Halve, [512]] # 5-P4/16")
    plan = shapecalc.plan(saved(tmp_path, "custom.yaml", text))
    assert {(d.rule, d.severity) for d in plan.diagnostics} == {
        ("unknown-module", "warning"),
        ("stride-mismatch", "warning"),
    }
    text = "modules: {Halve: {scaled: true, stride: 2}}\n" + text
    assert shapecalc.plan(saved(tmp_path, "custom.yaml", text)).diagnostics == []


@pytest.mark.parametrize(
    ("declared", "channels", "side", "params"),
    [
        ("{out: same}", 128, 40, 0),
        ("{out: 'args[0]', stride: 2, params: 'c1*c2'}", 512, 20, 128 * 512),
        ("{scaled: true, params: 7}", 128, 40, 7),
        ("{out: 'c1 // 2', stride: 0.5}", 64, 80, 0),
        ("[relu]", 128, 40, 0),
        ("{scaled: true, args: [width, k], layers: [{conv2d: {out: width, k: k, p: k // 2, bias: false}}]}", 128, 40,
         128 * 128 * 25),
    ],
)  # fmt: skip
@pytest.mark.parametrize("beside", [False, True], ids=["in the file", "beside it"])
def test_a_declared_module(tmp_path: Path, declared: str, channels: int, side: int, params: int, beside: bool) -> None:
    section = f"modules:\n  Mine: {declared}\n"
    if beside:
        saved(tmp_path, ".shapecalc.yaml", section)
    plan = shapecalc.plan(saved(tmp_path, "custom.yaml", CUSTOM if beside else section + CUSTOM), batch=1)
    assert not [d for d in plan.diagnostics if d.rule == "unknown-module"]
    row = rows(plan)[6]
    assert row.out_shapes[0] == (1, channels, side, side)
    assert row.params == params


@pytest.mark.parametrize(
    ("declared", "rule"),
    [("{outt: same}", "unknown-key"), ("7", "invalid-argument"), ("{out: 'args[9]'}", "invalid-expression")],
)
def test_a_wrong_declaration(tmp_path: Path, declared: str, rule: str) -> None:
    plan = shapecalc.plan(saved(tmp_path, "custom.yaml", f"modules:\n  Mine: {declared}\n" + CUSTOM))
    assert rule in [d.rule for d in plan.diagnostics]


# The shift. ----------------------------------------------------------------------------------------------------------


def inserted(text: str, after: str, row: str) -> str:
    return text.replace(after, after + row)


def test_the_shift_is_one_finding_and_its_fix_makes_the_file_clean(tmp_path: Path) -> None:
    shifted = inserted(TEXT, "  - [-1, 2, C2f, [256, True]]\n", "  - [-1, 1, nn.Identity, []]\n")
    path = saved(tmp_path, "shifted.yaml", shifted)
    plan = shapecalc.plan(path)
    (found,) = plan.diagnostics
    assert found.rule == "index-shift" and found.severity == "error" and found.line == 11
    assert found.message == (
        "a row was inserted at row 5 (nn.Identity) and the numbers below were not changed: "
        "3 references in rows 12 and 14 (Detect) are off by one"
    )
    assert [label.message for label in found.related] == ["means 7", "means 10", "means 13"]
    assert main(["lint", "--fix", str(path)]) == 0
    assert shapecalc.plan(path).diagnostics == []
    assert "[[10, 13], 1, Detect" in path.read_text(encoding="utf-8")
    assert "# 10 (P3/8-small)" in path.read_text(encoding="utf-8")


def test_a_dead_row_is_no_shift() -> None:
    rows = "  - [-1, 1, Conv, [64, 3, 2]]\n  - [-1, 1, Conv, [64, 3]]\n  - [0, 1, Conv, [64, 3]]\n"
    plan = shapecalc.plan(text=f"nc: 4\nbackbone:\n{rows}head:\n  - [-1, 1, Classify, [nc]]\n")
    assert [d.rule for d in plan.diagnostics] == ["unused-output"]


def test_numbers_in_comments_alone(tmp_path: Path) -> None:
    path = saved(tmp_path, "comments.yaml", TEXT.replace("# 9 (P3", "# 8 (P3").replace("# 12 (P4", "# 11 (P4"))
    assert [(d.rule, d.severity) for d in shapecalc.plan(path).diagnostics] == [("stale-comment", "advice")]


# Safety and robustness. ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        "[-1, 1, Conv, [0, 3, 2]]",
        "[-1, 1, Conv, [64, 3, 0]]",
        "[-1, 1, Conv, [64, -3]]",
        "[-1, 1, Conv, [1.0e+30, 3]]",
        "[-1, 1, Conv, [99999999999999999999999, 3]]",
        "[-1, 1, Conv, [[64], 3]]",
        "[-1, 1, Conv, [null, 3]]",
        "[-1, 1, C2f, [64, true, 0]]",
        "[-1, 1, C2f, [64, true, 1, 0.001]]",
        "[-1, 1, C2f, [64, true, 1, .nan]]",
        "[-1, 1000, C2f, [64]]",
        "[-1, 1, RepNCSPELAN4, [64, 32, 16, 999999999]]",
        "[-1, 1, SPP, [64, [0, 1]]]",
        "[-1, 1, SPP, [64, 5]]",
        "[-1, 1, nn.Conv2d, []]",
        "[-1, 1, nn.Linear, [3, 4]]",
        "[-1, 1, nn.LSTM, [3, 4]]",
        "[-1, 1, nn.Nothing, [3, 4]]",
        "[-1, 1, TorchVision, [512, os.system]]",
        "[-1, 1, Index, [3, 7]]",
        "[-1, 1, CBLinear, [[]]]",
        "[-1, 1, CBLinear, [64]]",
        "[-1, 1, HGBlock, [0, 0]]",
        "[-1, 1, AIFI, [1024, 8]]",
        "[-1, 1, A2C2f, [32, true, 0]]",
        "[[-1], 1, Detect, [nc]]",
        "[[-1], 1, Detect, []]",
        "[[-1], 1, Segment, [nc, 0, 0]]",
        "[[-1], 1, Pose, [nc, kpt_shape]]",
        "[[-1], 1, RTDETRDecoder, [nc, 7]]",
        "[[-1], 1, YOLOEDetect, [nc, 512]]",
        "[[-1], 1, CBFuse, [[5]]]",
        "[[-1], 1, Concat, [7]]",
        "[[-1], 1, Concat, [x]]",
        "[[], 1, Concat, [1]]",
        "[[-1, -1], 1, Shortcut, []]",
        "[-1, 1, Conv, [__import__('os').system('true')]]",
        "[{}, {}, {}, {}]",
        "[[[-1]], 1, Conv, [64]]",
        "[]",
    ],
)
def test_any_row_gives_findings_and_no_traceback(row: str) -> None:
    for family in ("", "anchors: 3\n"):
        written = f"  - [-1, 1, Conv, [64, 3, 2]]\n  - {row}\n  - [-1, 1, Conv, [64]]\n"
        text = f"nc: 4\n{family}backbone:\n{written}head: []\n"
        plan = shapecalc.plan(text=text)
        plan.to_dict()
        assert all(d.line >= 1 for d in plan.diagnostics)


@pytest.mark.parametrize(
    "text",
    [
        "backbone: []\nhead: []\n",
        "nc: 1\nbackbone: []\nhead: x\n",
        "nc: 1\nbackbone: [1, 2]\nhead: [[]]\n",
        "nc: {}\nscales: 7\nbackbone: [[-1, 1, Conv, [8]]]\n",
        "nc: 1\nscales: {n: 3}\nbackbone: [[-1, 1, Conv, [8]]]\n",
        "nc: 1\nmodules: 3\nbackbone: [[-1, 1, Conv, [8]]]\n",
        "nc: 1\nanchors: {}\nbackbone: [[-1, 1, Conv, [8]]]\n",
        "nc: 1\nanchors: [[1, 2], 3]\nbackbone: [[-1, 1, Conv, [8]]]\nhead: [[[0], 1, Detect, [nc, anchors]]]\n",
        "nc: 1\nactivation: 7\nkpt_shape: 3\nbackbone: [[-1, 1, Conv, [8]]]\nhead: [[[0], 1, Pose, [nc, kpt_shape]]]\n",
    ],
)
def test_any_file_gives_findings_and_no_traceback(text: str) -> None:
    shapecalc.plan(text=text).to_dict()


def test_start_up_reads_only_what_is_named() -> None:
    """A file of Convs loads the family of convolutions, and no dialect is loaded for a native spec."""
    code = "import sys, shapecalc; shapecalc.plan(sys.argv[1]); print([m for m in sys.modules if '.yolo' in m])"
    env = {**os.environ, "PYTHONPATH": str(SMALL.parents[2])}

    def loaded(path: Path) -> str:
        return subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, env=env).stdout

    assert loaded(SMALL.parents[2] / "specs" / "lenet5.yaml") == "[]\n"
    found = loaded(SMALL)
    assert "modules.csp" in found and "modules.rtdetr" not in found and "modules.popular" not in found
