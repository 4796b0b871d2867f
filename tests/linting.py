"""Running `shapecalc lint` in this process, in a folder of its own."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from shapecalc.cli import main

GOOD = "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3}\n  - relu\n"
ERROR = "input: [3, 8, 8]\nlayers:\n  - conv2d: {in: 5, out: 4, k: 3}\n  - relu\n"
WARNING = "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3, bias: true}\n  - batchnorm2d\n"
OTHER = "name: CI\non: push\njobs: {test: {runs-on: ubuntu-latest}}\n"


class Ran:
    """Exit status and output of one run."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err
        assert "Traceback" not in err

    @property
    def data(self) -> Any:
        return json.loads(self.out)

    @property
    def rules(self) -> list[str]:
        """The rule of each line of --format concise."""
        return [line.partition("[")[2].partition("]")[0] for line in self.out.splitlines()]


class Folder:
    """A folder with files in it; `lint` runs there."""

    def __init__(self, path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.path, self.monkeypatch, self.capsys = path, monkeypatch, capsys
        monkeypatch.chdir(path)
        for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "GITHUB_WORKSPACE"):
            monkeypatch.delenv(name, raising=False)

    def write(self, **files: str) -> Folder:
        """Writes files: `a="..."` is a.yaml; a name with a dot or slash stands as it is."""
        for name, text in files.items():
            self.put(name if "." in name else f"{name}.yaml", text)
        return self

    def put(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8") if isinstance(text, str) else text)
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode("utf-8")

    def run(self, *args: str, stdin: str = "") -> Ran:
        self.monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
        status = main(args)
        out, err = self.capsys.readouterr()
        return Ran(status, out, err)

    def lint(self, *args: str, stdin: str = "") -> Ran:
        return self.run("lint", *args, stdin=stdin)
