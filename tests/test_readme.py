"""Every console block of the README prints what it says. `python -m tests.test_readme` writes the blocks anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)```\n", re.DOTALL)
FILE = re.compile(r"<!-- file: (?P<name>\S+) -->\n```yaml\n(?P<text>.*?)```\n", re.DOTALL)


def output_of(command: str, folder: Path) -> str:
    """What a command of the README prints, run where its files and specs/ are."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
    words = command.replace("shapecalc", f"{sys.executable} -m shapecalc", 1)
    done = subprocess.run(words, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
    return "\n".join(line.rstrip() for line in (done.stdout + done.stderr).splitlines()) + "\n"


def prepared(folder: Path) -> Path:
    (folder / "specs").symlink_to(ROOT / "specs")
    for name in ("net.yaml", "detector.yaml"):
        (folder / name).write_text((ROOT / "tests" / "readme" / name).read_text(encoding="utf-8"), encoding="utf-8")
    return folder


@pytest.mark.parametrize("match", list(BLOCK.finditer(README.read_text(encoding="utf-8"))), ids=lambda m: m["command"])
def test_console_block(match: re.Match[str], tmp_path: Path) -> None:
    assert output_of(match["command"], prepared(tmp_path)) == match["output"]


@pytest.mark.parametrize("match", list(FILE.finditer(README.read_text(encoding="utf-8"))), ids=lambda m: m["name"])
def test_file_block(match: re.Match[str]) -> None:
    assert (ROOT / "tests" / "readme" / match["name"]).read_text(encoding="utf-8") == match["text"]


def main() -> None:
    import tempfile

    text = README.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        text = BLOCK.sub(lambda m: f"```console\n$ {m['command']}\n{output_of(m['command'], folder)}```\n", text)
        files = {m["name"]: (folder / m["name"]).read_text(encoding="utf-8") for m in FILE.finditer(text)}
        text = FILE.sub(lambda m: f"<!-- file: {m['name']} -->\n```yaml\n{files[m['name']]}```\n", text)
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
