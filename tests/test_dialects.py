"""The registry of formats: a further one is a folder and a line, and all that is shown follows from its object."""

from __future__ import annotations

from pathlib import Path

import pytest

import shapecalc
from shapecalc.cli import main
from shapecalc.dialects import registry

TOY = registry.Format("tests.toy_format", binary=[".toy"], suffixes=[".toy"])


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a binary format that one line registers."""
    monkeypatch.setattr(registry, "FORMATS", [*registry.FORMATS, TOY])
    path = tmp_path / "net.toy"
    path.write_bytes(b"TOY\x10\x03\x05")
    return path


def test_a_binary_format_is_planned(toy: Path) -> None:
    plan = shapecalc.plan(toy)
    assert plan.ok and plan.outputs == {"1": (1, 8, 10, 10)}
    assert [row.params for row in plan.layers] == [3 * 8 * 9 + 8, 8 * 8 * 25 + 8]
    document = plan.to_dict()
    assert document["spec"]["dialect"] == "toy" and [row["from"] for row in document["layers"]] == [["image"], ["0"]]


def test_its_table_has_its_columns_and_marks(toy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(toy)]) == 0
    lines = capsys.readouterr().out.splitlines()
    heading = next(k for k, line in enumerate(lines) if line.startswith("row"))
    assert [line.split() for line in lines[heading : heading + 4] if "-" not in line] == [
        ["row", "byte", "output", "params"],
        ["0", "3", "bytes", "(1,", "8,", "14,", "14)", "224"],
        ["1", "5", "bytes", "(1,", "8,", "10,", "10)*", "?*"],
    ]


def test_a_file_of_it_is_linted_where_it_is_named(toy: Path) -> None:
    (result,) = shapecalc.lint([toy])
    assert result.ok and result.readable


def test_another_file_of_that_name_is_not_of_the_format(toy: Path) -> None:
    toy.write_bytes(b"something else")
    assert not shapecalc.plan(toy).to_dict()["layers"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("input: [3, 8, 8]\nlayers: [relu]\n", "shapecalc"),
        ("- relu\n", "shapecalc"),
        ("nc: 1\nbackbone: [[-1, 1, Conv, [8]]]\nhead: []\n", "ultralytics"),
        ("nc: 1\nanchors: 3\nbackbone: [[-1, 1, Conv, [8]]]\nhead: []\n", "yolov5"),
        ("nc: 1\nanchors: 3\nscales: {n: [1, 1, 512]}\nbackbone: [[-1, 1, Conv, [8]]]\nhead: []\n", "ultralytics"),
        ("input: [3, 8, 8]\nbackbone: [[-1, 1, Conv, [8]]]\nlayers: [relu]\n", "shapecalc"),
        ("head: [1, 2]\nbackbone: {}\n", "ultralytics"),
        ("head: 3\n", "shapecalc"),
        ("backbone: [\n", "ultralytics"),
    ],
)
def test_the_content_tells_the_dialect(text: str, name: str) -> None:
    assert shapecalc.plan(text=text).to_dict()["spec"]["dialect"] == name
