"""The registries of formats, columns and commands: every entry works, and `--format` and `-o` choose among them."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from unittest import mock

import pytest

from shapecalc.analysis.compare import compare
from shapecalc.api import plan as engine
from shapecalc.api.bundled import bundled
from shapecalc.cli import COMMANDS, cli
from shapecalc.language.library import Entry
from shapecalc.linting.config_files import Configs
from shapecalc.linting.results import Report
from shapecalc.linting.run import lint_targets
from shapecalc.linting.settings import Settings
from shapecalc.linting.targets import targets
from shapecalc.network.plan import Plan
from shapecalc.render.formats import COMPARISON, FINDINGS, LAYER, NETWORKS, PLAN, Format, Formats
from shapecalc.render.page import Page, View
from shapecalc.render.plan.columns import COLUMNS
from tests.running import Run

LENET = "specs/lenet5.yaml"
BAD = "input: [3, 8, 8]\nlayers:\n  - conv2d: {in: 4, out: 2, k: 1}\n"
KINDS = {"plan": PLAN, "layer": LAYER, "comparison": COMPARISON, "findings": FINDINGS, "networks": NETWORKS}


def plan() -> Plan:
    return engine.plan(LENET)


def report() -> Report:
    return lint_targets(targets([LENET]), Settings(Configs(isolated=True)))


def texts(formats: Formats[object], subject: object) -> dict[str, str | None]:
    return {each.name: each.render(subject, Page()) for each in formats}


def test_every_format_writes_its_kind_of_object() -> None:
    found = {
        "plan": texts(PLAN, plan()),  # type: ignore[arg-type]
        "layer": texts(LAYER, engine.layer("Conv2d", (1, 3, 8, 8), args=(3, 6, 5))),  # type: ignore[arg-type]
        "comparison": texts(COMPARISON, compare(plan(), plan())),  # type: ignore[arg-type]
        "findings": texts(FINDINGS, report()),  # type: ignore[arg-type]
        "networks": texts(NETWORKS, [bundled(Entry("lenet5", LENET, None))]),  # type: ignore[arg-type]
    }
    silent = {"concise", "github", "jsonl"}  # nothing to say of a spec without findings
    assert {name for kind in found.values() for name, text in kind.items() if not text} == silent
    for kind in found.values():
        assert json.loads(kind["json"] or "")["version"] == 1


@pytest.mark.parametrize("kind", KINDS)
def test_names_and_endings_are_unique(kind: str) -> None:
    formats: Formats[object] = KINDS[kind]  # type: ignore[assignment]
    names = [each.name for each in formats]
    endings = [each.ending for each in formats if each.ending]
    assert len(set(names)) == len(names) and len(set(endings)) == len(endings)
    assert all(each.help for each in formats)


def test_a_new_format_is_one_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the registry holds is all that `--format` knows of a format."""
    extra: Format[Plan] = Format("names", "plan.plan_csv", ".names", "for a test", shows_findings=False)
    monkeypatch.setattr("shapecalc.render.formats.PLAN", (*PLAN, extra))
    with mock.patch.dict(sys.modules):
        sys.modules.pop("shapecalc.cli.plan_command", None)
        run = Run("plan", LENET, "--format", "names")
        assert run.status == 0 and run.out.startswith("index,kind")
        assert "names" in Run("plan", "--help").out


# Where a format goes. ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("out.txt", "lenet5: input"),
        ("out", "lenet5: input"),
        ("out.json", '{"version": 1'),
        ("out.csv", "index,kind"),
        ("out.md", "**lenet5"),
        ("out.yaml", "# lenet5.yaml, expanded"),
    ],
)
def test_the_ending_of_a_file_chooses_its_format(tmp_path: Path, name: str, begins: str) -> None:
    run = Run("plan", LENET, "-o", str(tmp_path / name))
    assert run.status == 0 and run.out == "" and (tmp_path / name).read_text().startswith(begins)


def test_a_format_that_is_named_wins_over_the_ending(tmp_path: Path) -> None:
    Run("plan", LENET, "--format", "csv", "-o", str(tmp_path / "out.json"))
    assert (tmp_path / "out.json").read_text().startswith("index,kind")


def test_several_formats_at_once(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    run = Run("plan", LENET, "--format", "table", "--format", f"json:{path}")
    assert "peak memory" in run.out and json.loads(path.read_text())["ok"]


@pytest.mark.parametrize(
    ("command", "args", "error"),
    [
        ("plan", "--format tabel", "no format `tabel`; did you mean `table`?"),
        ("plan", "--format svgz", "there are table, json"),
        ("plan", "--format table,json", "give --format once for each"),
        ("plan", "--format json:", "does not name a file; write json:FILE"),
        ("plan", "--format table --format json", "two formats for standard output"),
        ("plan", "--format json:a.json -o b.json", "-o has no format to write"),
        ("layer", "--format yaml", "no format `yaml`; there are text, json"),
    ],
)
def test_wrong_use(command: str, args: str, error: str) -> None:
    subject = [LENET] if command == "plan" else ["relu"]
    run = Run(command, *subject, *args.split())
    assert run.status == 2 and error in run.err


def test_half_a_network_is_not_written_as_a_spec(tmp_path: Path) -> None:
    spec, out = tmp_path / "bad.yaml", tmp_path / "out.yaml"
    spec.write_text(BAD)
    run = Run("plan", str(spec), "--format", "spec", "-o", str(out))
    assert run.status == 1 and "channel-mismatch" in run.err and not out.exists()


# Lines and columns. --------------------------------------------------------------------------------------------------


def values(run: Run, column: str) -> list[str]:
    rows = [line for line in run.out.splitlines() if line.startswith("| ")]
    table = list(csv.DictReader((line.strip("| ") for line in rows), delimiter="|", skipinitialspace=True))
    return [(row.get(column) or "").strip() for row in table]


def test_sorted_by_a_column() -> None:
    run = Run("plan", LENET, "--sort", "params", "--top", "3", "--format", "markdown")
    assert values(run, "params ")[1:4] == ["48,120", "10,164", "2,416"]
    assert "3 of 12 rows, largest params first" in run.out


def test_closed_blocks_are_ranked_by_their_sums() -> None:
    run = Run("plan", "resnet50", "--sort", "macs", "--top", "2", "--depth", "0")
    assert "2 of 23 rows" in run.out and "bottleneck_2.0" in run.out and "residual" not in run.out


def test_a_sorted_column_is_shown() -> None:
    assert " memory" in Run("plan", LENET, "--sort", "memory").out.splitlines()[2]


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ("--sort name", "no column to sort by: `name`"),
        ("--sort param", "did you mean `params`?"),
        ("--top 0", "0 is not in the range"),
        ("--columns flops", "no column `flops`"),
    ],
)
def test_columns_that_are_not_there(args: str, error: str) -> None:
    run = Run("plan", LENET, *args.split())
    assert run.status == 2 and error in run.err


def test_every_column_has_a_help_text_and_one_text_for_each_line() -> None:
    from shapecalc.render.plan.cells import Cells

    cells = Cells(plan(), Page(view=View(["all"])))
    assert [texts.name for texts in cells.texts] == list(COLUMNS)
    assert all(column.help for column in COLUMNS.values())
    assert {len(texts.texts) for texts in cells.texts} == {12}


# Commands. -----------------------------------------------------------------------------------------------------------


def test_help_lists_the_commands_in_groups() -> None:
    text = Run("--help").out
    places = [text.index(f"\n{group}:\n") for group in dict.fromkeys(entry.group for entry in COMMANDS.values())]
    assert places == sorted(places)
    for entry in COMMANDS.values():
        assert f"\n  {entry.name} " in text


@pytest.mark.parametrize("name", COMMANDS)
def test_options_that_commands_share_are_the_same(name: str) -> None:
    """One spelling and one help text, but for the shape of the input and the variants of several files."""
    import click

    context = click.Context(cli)
    own = {p.name: p for p in cli.get_command(context, name).params if isinstance(p, click.Option)}  # type: ignore[union-attr]
    plans = {p.name: p for p in cli.get_command(context, "plan").params if isinstance(p, click.Option)}  # type: ignore[union-attr]
    for key in own.keys() & plans.keys() - {"inputs", "variant", "format_"}:
        assert own[key].opts == plans[key].opts and own[key].help == plans[key].help, key
