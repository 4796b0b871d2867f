"""The command line as a user has it: output, exit status, and what is said about wrong usage."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, Run

LENET = (ROOT / "specs" / "lenet5.yaml").as_posix()
BAD = "input: [1, 28, 28]\nlayers:\n  - conv2d: {out: 6, k: 5}\n  - conv2d: {in: 7, out: 16, k: 5}\n"


# layer ---------------------------------------------------------------------------------------------------------------


def test_layer_as_in_the_readme() -> None:
    run = Run("layer", "conv2d", "--in", "28", "--k", "5")
    assert run.status == 0
    assert (
        run.out
        == """\
Conv2d C_out k5
  input  = (N, C_in, 28, 28)
  output = (N, C_out, 24, 24)
  params = C_out*(25*C_in + 1)
  MACs   = 14400*C_in*C_out (of one sample)
"""
    )


@pytest.mark.parametrize(
    ("args", "output", "params"),
    [
        # spellings of the shape
        ("conv2d --in 28 --k 5 --cin 3 --cout 6", "(N, 6, 24, 24)", "456"),
        ("conv2d --in 28x32 --k 5 --cin 3 --cout 6", "(N, 6, 24, 28)", "456"),
        ("conv2d --in 3x28x28 --k 5 --cout 6", "(N, 6, 24, 24)", "456"),
        ("conv2d --in 3,28,28 --k 5 --cout 6", "(N, 6, 24, 24)", "456"),
        ("conv2d --in 8x3x28x28 --k 5 --cout 6", "(8, 6, 24, 24)", "456"),
        ("conv2d --in 3x28x28 --k 5 --cout 6 --batch 4", "(4, 6, 24, 24)", "456"),
        ("conv2d --in 3xHxW --k 1 --cout 6", "(N, 6, H, W)", "24"),
        ("conv1d --in 100 --k 5 --cin 2 --cout 3", "(N, 3, 96)", "33"),
        ("conv1d --in 2x100 --k 5 --cout 3", "(N, 3, 96)", "33"),
        ("linear --in 784 --out 10", "(N, 10)", "7,850"),
        ("linear --in 5x784 --out 10", "(N, 5, 10)", "7,850"),
        # spellings of arguments
        ("conv2d --in 3x28x28 --kernel-size 3x5 --out-channels 6", "(N, 6, 26, 24)", "276"),
        ("conv2d --in 3x28x28 --kernel_size=3,5 --out 6", "(N, 6, 26, 24)", "276"),
        ("conv2d --in 3x28x28 --k 3 --out 6 --p same --no-bias", "(N, 6, 28, 28)", "162"),
        ("conv2d --in 3x28x28 --k 3 --out 6 --bias false", "(N, 6, 26, 26)", "162"),
        ("conv2d --bias --in 3x28x28 --k 3 --out 6", "(N, 6, 26, 26)", "168"),
        ("maxpool2d --in 8x112x112 --k 3 --s 2 --ceil-mode", "(N, 8, 56, 56)", "0"),
        # the type: any spelling, anywhere
        ("nn.Conv2d --in 3x28x28 --k 5 --cout 6", "(N, 6, 24, 24)", "456"),
        ("--in 3x28x28 conv_2d --k 5 --cout 6", "(N, 6, 24, 24)", "456"),
        # several inputs, sequences
        ("cat --in 3x4 --in 5x4 --dim 1", "(N, 8, 4)", "0"),
        ("bilinear --in 4 --in 5 --out 3", "(N, 3)", "63"),
        ("lstm --in 10x32 --hidden-size 64 --batch-first", "(N, 10, 64), (1, N, 64), (1, N, 64)", "25,088"),
    ],
)
def test_layer(args: str, output: str, params: str) -> None:
    run = Run("layer", *args.split())
    assert run.status == 0, run.out + run.err
    assert f"  output = {output}\n" in run.out
    assert f"  params = {params}\n" in run.out


def test_pasted_code() -> None:
    run = Run("layer", "nn.Conv2d(3, 64, 3)", "--in", "3x28x28")
    assert run.status == 0 and "  output = (N, 64, 26, 26)\n" in run.out


def test_a_finding_points_at_the_argument() -> None:
    run = Run("layer", "conv2d", "--in", "28", "--k", "50")
    assert run.status == 1
    assert " --> <command line>:1:36\n" in run.out
    assert (
        "1 | shapecalc layer conv2d --in 28 --k 50\n"
        "  |                                    ^^\n"
    ) in run.out  # fmt: skip


def test_a_finding_points_into_pasted_code() -> None:
    run = Run("layer", "nn.Conv2d(3, 64, 3)", "--in", "5x28x28")
    line, marks = [text[4:] for text in run.out.splitlines() if text.startswith(("1 |", "  |  "))][:2]
    assert run.status == 1 and line[marks.index("^")] == "3"


def test_explain_shows_the_numbers() -> None:
    run = Run("layer", "conv2d", "--in", "28", "--k", "5", "--explain")
    assert "(28 + 2*0 - 1*(5 - 1) - 1)/1" in run.out and "= 24" in run.out


def test_layer_json() -> None:
    run = Run("layer", "conv2d", "--in", "3x28x28", "--k", "5", "--cout", "6", "--format", "json")
    data = json.loads(run.out)
    assert data["ok"] and data["out_shapes"] == [["N", 6, 24, 24]] and data["params"] == 456


def test_help_of_a_type_shows_its_arguments() -> None:
    run = Run("layer", "maxpool2d", "--help")
    assert run.status == 0
    for text in ("--kernel-size, --k", "--ceil-mode, --no-ceil-mode", "default false", "Examples:", "--explain"):
        assert text in run.out


# plan and lint -------------------------------------------------------------------------------------------------------


def test_plan() -> None:
    run = Run("plan", LENET)
    assert run.status == 0
    assert "params               61,706" in run.out and "\x1b" not in run.out
    assert max(map(len, run.out.splitlines())) <= 80


def test_plan_reads_standard_input() -> None:
    run = Run("plan", "-", "--stdin-filename", "typed.yaml", stdin=BAD)
    assert run.status == 1
    assert " --> typed.yaml:4:18\n" in run.out and "\nE  1  conv2d_2" in run.out and run.out.endswith("1 error\n")


def test_plan_json_is_the_documented_object() -> None:
    data = json.loads(Run("plan", LENET, "--format", "json", "--batch", "1").out)
    assert data["version"] == 1 and data["ok"] and data["totals"]["params"] == 61706
    assert data["totals"]["macs"] == 416520 and data["totals"]["peak_activation_bytes"] == 37632
    assert data["totals"]["activation_bytes"] == 58408
    assert data["layers"][0]["receptive_field"] == [5, 5] and data["layers"][0]["jump"] == [1, 1]


@pytest.mark.parametrize("format_", ["csv", "markdown"])
def test_other_formats(format_: str) -> None:
    run = Run("plan", LENET, "--format", format_)
    assert run.status == 0 and "conv" in run.out and run.err == ""


def test_findings_of_csv_go_to_standard_error() -> None:
    run = Run("plan", "-", "--format", "csv", stdin=BAD)
    assert run.status == 1 and "channel-mismatch" in run.err and "channel-mismatch" not in run.out


def test_output_file(tmp_path: Path) -> None:
    target = tmp_path / "plan.txt"
    run = Run("plan", LENET, "-o", str(target), FORCE_COLOR="1")
    assert run.out == "" and "61,706" in target.read_text(encoding="utf-8")


def test_inputs_and_dtype() -> None:
    whole = Run("plan", LENET, "--in", "1x28x28", "--dtype", "fp16", "--format", "json", "--batch", "2")
    assert json.loads(whole.out)["totals"]["param_bytes"] == 2 * 61706


def test_columns() -> None:
    run = Run("plan", LENET, "--columns", "receptive_field,jump,memory,params%", COLUMNS="140")
    heading = next(line for line in run.out.splitlines() if " name " in line)
    assert heading.split() == ["#", "name", "type", "output", "field", "jump", "params", "params%", "MACs", "memory"]


def test_lint(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(BAD, encoding="utf-8")
    run = Run("lint", "specs", str(tmp_path), "--format", "concise")
    assert run.status == 1
    assert run.out.count("\n") == 1 and "bad.yaml:4:18: error[channel-mismatch]: " in run.out
    assert Run("lint", "specs").status == 0
    data = json.loads(Run("lint", str(tmp_path / "*.yaml"), "--format", "json").out)
    assert data["version"] == 1 and [f["ok"] for f in data["files"]] == [False] and "layers" not in data["files"][0]


# explain, schema, specs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["conv2d", "Conv2d", "cat", "channel-mismatch", "receptive-field", "macs"])
def test_explain(name: str) -> None:
    run = Run("explain", name)
    assert run.status == 0 and run.out.count("\n") > 2


def test_explain_lists_everything() -> None:
    run = Run("explain")
    assert "Conv2d" in run.out and "unknown-type" in run.out and max(map(len, run.out.splitlines())) <= 80


def test_specs() -> None:
    assert "resnet18" in Run("specs").out.split()
    piped = Run("plan", "-", stdin=Run("specs", "lenet5").out)
    assert piped.status == 0 and "61,706" in piped.out


# wrong usage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ("paln", "did you mean `plan`?"),
        ("net.yaml", "write `shapecalc plan net.yaml`"),
        ("plan missing.yaml", "cannot read missing.yaml: no such file or directory"),
        ("plan specs", "cannot read specs: is a directory"),
        ("plan specs/lenet5.yaml --columns memroy", "did you mean `memory`?"),
        ("plan specs/lenet5.yaml --set depth", "NAME=VALUE"),
        ("plan specs/lenet5.yaml --in 3x", "--in"),
        ("plan specs/lenet5.yaml --dtype fp33", "fp32"),
        ("layer", "TYPE"),
        ("layer conv2d --kernal 3", "--kernel-size"),
        ("layer conv2d --filters 3", "--out-channels"),
        ("layer conv2d --in 1x2x3x4x5 --k 3", "CxHxW"),
        ("explain conv2dd", "did you mean"),
        ("specs resnet19", "did you mean"),
        ("lint nothing*.yaml", "nothing matches"),
    ],
)
def test_wrong_usage_is_2(args: str, said: str) -> None:
    run = Run(*args.split())
    assert run.status == 2 and run.out == ""
    assert said in run.err.replace("\n", " ")


@pytest.mark.parametrize("command", ["", "plan", "layer", "diff", "lint", "explain", "schema", "specs"])
def test_every_help_has_an_example(command: str) -> None:
    run = Run(*command.split(), "--help")
    assert run.status == 0 and "Examples:" in run.out
    assert command == "" or "--color" in run.out


def test_version() -> None:
    import shapecalc

    assert Run("--version").out == f"shapecalc {shapecalc.__version__}\n"


@pytest.mark.parametrize(
    ("choice", "env", "colored"),
    [
        ("auto", {}, False),
        ("always", {}, True),
        ("always", {"NO_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "1"}, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(choice: str, env: dict[str, str], colored: bool) -> None:
    run = Run("plan", "-", "--color", choice, stdin=BAD, **env)
    assert ("\x1b[" in run.out) == colored


def test_a_closed_pipe_is_silent() -> None:
    code = f"{sys.executable} -m shapecalc plan specs/resnet18.yaml --format json | head -c 10"
    done = subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stderr == "" and len(done.stdout) == 10


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_script(shell: str) -> None:
    done = Run(_SHAPECALC_COMPLETE=f"{shell}_source")
    assert done.status == 0 and "shapecalc" in done.out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("shapecalc pl", "plan"),
        ("shapecalc layer convtr", "convtranspose2d"),
        ("shapecalc layer conv2d --ker", "--kernel-size"),
        ("shapecalc explain channel-", "channel-mismatch"),
        ("shapecalc specs res", "resnet18"),
    ],
)
def test_completion(words: str, found: str) -> None:
    count = str(len(words.split()) - 1)
    done = Run(_SHAPECALC_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count)
    assert found in [line.partition(",")[2] for line in done.out.splitlines()]


def test_an_encoding_without_the_characters() -> None:
    spec = "name: ünïcode 名\ninput: [4]\nlayers: [relu]\n"
    assert Run("plan", "-", stdin=spec, PYTHONIOENCODING="utf-8").status == 0
    done = subprocess.run(
        [sys.executable, "-m", "shapecalc", "plan", "-"],
        input=spec.encode(),
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0 and b"Traceback" not in done.stderr
