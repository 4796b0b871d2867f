"""Console blocks of Markdown pages: their commands run in a folder with the page's own files, and what they print.

<!-- file: net.yaml -->     the block of code that follows is a file; a later block may replace it
```yaml

```console
$ shapecalc plan net.yaml
what it prints
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.running import ROOT, Run

PART = re.compile(
    r"<!-- file: (?P<name>\S+) -->\n```\w*\n(?P<text>.*?)```\n|```console\n(?P<block>.*?)```\n", re.DOTALL
)
PIPES = re.compile(r"[|<>;&]")


def run_again(markdown: str) -> str:
    """The page with the output of every command as it is today."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "specs").symlink_to(ROOT / "specs")
        return PART.sub(lambda part: part_again(part, folder), markdown)


def part_again(part: re.Match[str], folder: Path) -> str:
    if part["name"]:
        (folder / part["name"]).write_text(part["text"], encoding="utf-8")
        return part[0]
    commands = [line for line in part["block"].splitlines() if line.startswith("$ ")]
    return "```console\n" + "\n".join(f"{line}\n{output_of(line[2:], folder)}" for line in commands) + "```\n"


def output_of(command: str, folder: Path) -> str:
    """What a command prints on both streams, in 80 columns without colours."""
    if command.startswith("shapecalc ") and not PIPES.search(re.sub(r"'[^']*'|\"[^\"]*\"", "", command)):
        done = Run(*shlex.split(command)[1:], cwd=folder, COLUMNS="80", NO_COLOR="1")
        text = done.out + done.err
    else:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "NO_COLOR": "1"}
        words = re.sub(r"\bshapecalc ", f"{sys.executable} -m shapecalc ", command)
        text = subprocess.run(
            words, shell=True, cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ).stdout
    return "".join(line.rstrip() + "\n" for line in text.splitlines())
