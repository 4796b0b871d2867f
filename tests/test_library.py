"""The bundled networks by name: found, listed, printed, and the message for a name that does not exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import shapecalc
from shapecalc.api.plan import UsageError
from shapecalc.language.library import entries, find, names, suggestion
from tests.running import Run

SPECS = Path(__file__).parent.parent / "specs"


def test_every_name_is_found_as_listed() -> None:
    listed = {entry.name: entry for entry in entries()}
    assert {p.stem for p in SPECS.glob("*.yaml")} <= set(listed)
    for name, entry in listed.items():
        found = find(name)
        assert found is not None and (found.path, found.variant) == (entry.path, entry.variant)


def test_a_name_is_listed_once() -> None:
    assert len(names()) == len(set(names()))


def test_a_variant_is_found_in_its_file() -> None:
    entry = find("resnet101")
    assert entry is not None and entry.variant == "resnet101" and entry.stem != "resnet101"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../specs/resnet50", "specs/resnet50", "/etc/hosts", "resnett", "lenet5.yaml", "-", "a b"]
)
def test_what_is_no_name(name: str) -> None:
    assert find(name) is None


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("ResNet-50", "resnet50"),
        ("resnet50.yaml", "resnet50"),
        ("./lenet5.yml", "lenet5"),
        ("lenett5", "lenet5"),
        ("qqq", None),
    ],
)
def test_suggestion(word: str, meant: str | None) -> None:
    assert suggestion(word) == meant


def test_python_plans_by_name() -> None:
    assert shapecalc.plan("resnet101").totals["params"] == 44_549_160
    assert shapecalc.plan("resnet101", variant="resnet101").totals["params"] == 44_549_160
    with pytest.raises(UsageError, match="itself a variant of"):
        shapecalc.plan("resnet101", variant="resnet152")
    with pytest.raises(FileNotFoundError):
        shapecalc.plan("resnett")


def test_a_file_comes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "resnet50").write_text("name: mine\ninput: [3, 8, 8]\nlayers: [relu]\n")
    (tmp_path / "resnet18").mkdir()
    assert shapecalc.plan("resnet50").network.name == "mine"
    assert shapecalc.plan("resnet18").totals["params"] == 11_689_512


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ("plan resnet101", 0, "44,549,160"),
        ("plan resnet101 --variant resnet101", 0, "44,549,160"),
        ("plan resnet101 --set classes=10", 0, "42,520,650"),
        ("plan lenet", 2, "did you mean the bundled network `lenet5`?"),
        ("plan resnet50.yml", 2, "did you mean the bundled network `resnet50`?"),
        ("plan qqq", 2, "`shapecalc specs` lists the bundled networks"),
        ("plan tests", 2, "cannot read tests: is a directory"),
        ("plan resnet101 --variant resnet152", 2, "is itself a variant of"),
        ("plan resnet101 --variant resnet11", 2, "is itself a variant of"),
        ("specs resnett", 2, "no bundled network is called `resnett`"),
        ("specs resnet101", 0, "`resnet101` is a variant of this file: plan it with --variant resnet101"),
    ],
)
def test_command_line(args: str, status: int, said: str) -> None:
    run = Run(*args.split())
    assert run.status == status and said in run.out + run.err


def test_specs_prints_the_text() -> None:
    assert Run("specs", "lenet5").out == (SPECS / "lenet5.yaml").read_text(encoding="utf-8")


def test_specs_lists_what_planning_gives() -> None:
    listed = json.loads(Run("specs", "--format", "json").out)["specs"]
    assert [item["name"] for item in listed] == sorted(names())
    for item in listed:
        plan = shapecalc.plan(item["name"])
        assert plan.ok and (item["params"], item["macs"]) == (plan.totals["params"], plan.totals["macs"])
    table = Run("specs").out.splitlines()
    assert [line.split()[0] for line in table[2:]] == sorted(names())
    assert any(line.split()[:4] == ["lenet5", "1x28x28", "61,706", "416,520"] for line in table)
    assert "lenet5,lenet5,,1x28x28,61706,416520" in Run("specs", "--format", "csv").out.splitlines()
