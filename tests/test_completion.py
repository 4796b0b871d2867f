"""What the shell offers: commands, types, options, files and the networks that come along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def offered(line: str, shell: str = "bash", cwd: Path = ROOT) -> list[str]:
    words = line.split(" ")
    env = {**os.environ, "_SHAPECALC_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "PYTHONPATH": str(ROOT)}
    env["COMP_CWORD"] = words[-1] if shell == "fish" else str(len(words) - 1)
    code = "from shapecalc.cli import cli; cli(prog_name='shapecalc')"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=cwd, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    lines = [line for line in done.stdout.splitlines() if line not in ("plain", "_")]
    return [line.partition("\t")[0].rpartition(",")[2] for line in lines]


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("shapecalc pl", "plan"),
        ("shapecalc layer conv", "conv2d"),
        ("shapecalc layer conv2d --ker", "--kernel-size"),
        ("shapecalc plan --for", "--format"),
        ("shapecalc plan specs/len", "specs/lenet5.yaml"),
        ("shapecalc plan spe", "specs/"),
        ("shapecalc plan resnet1", "resnet18"),
        ("shapecalc lint specs/vgg", "specs/vgg16.yaml"),
        ("shapecalc explain channel-m", "channel-mismatch"),
        ("shapecalc specs mobile", "mobilenet_v2"),
        ("shapecalc plan x --columns rec", "receptive_field"),
        ("shapecalc plan x --columns kernel,ju", "jump"),
    ],
)
def test_bash(line: str, word: str) -> None:
    assert word in offered(line)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell(shell: str) -> None:
    assert "plan" in offered("shapecalc pl", shell)
    env = {**os.environ, "_SHAPECALC_COMPLETE": f"{shell}_source"}
    code = "from shapecalc.cli import cli; cli(prog_name='shapecalc')"
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "_shapecalc_completion" in done.stdout


def test_files_of_the_folder_and_nothing_else(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yml", "c.txt"):
        (tmp_path / name).write_text("")
    (tmp_path / "d").mkdir()
    assert sorted(offered("shapecalc lint ", cwd=tmp_path)) == ["a.yaml", "b.yml", "d/"]
