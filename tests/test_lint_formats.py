"""The formats of `shapecalc lint`: what programs read must load, and hold what stands in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from tests.linting import ERROR, GOOD, WARNING, Folder

DATA = Path(__file__).parent / "data"

# Texts that formats must escape: markup, control characters, what separates fields.
HOSTILE = "input: [3, 8, 8]\nlayers:\n  - \"a,b:c%|<&>`*]]>\\e\\x01\\u2028\": 3\n  - relu: {from: 'x\n\n    y'}\n"


def test_several_formats_each_to_its_file(folder: Folder) -> None:
    folder.write(net=ERROR)
    run = folder.lint("net.yaml", "--format", "concise", "--format", "sarif:out.sarif", "--format", "junit:j.xml")
    assert run.status == 1 and run.rules == ["channel-mismatch"]
    assert json.loads(folder.read("out.sarif"))["version"] == "2.1.0"
    assert ElementTree.fromstring(folder.read("j.xml")).tag == "testsuites"


def test_the_output_file_is_that_of_the_format_without_one(folder: Folder) -> None:
    folder.write(net=ERROR)
    run = folder.lint("net.yaml", "--format", "json", "--format", "github:g.txt", "-o", "out.json")
    assert run.out == "" and not json.loads(folder.read("out.json"))["files"][0]["ok"]
    assert folder.read("g.txt").startswith("::error file=net.yaml,line=3,col=18,")


def test_a_file_that_cannot_be_written(folder: Folder) -> None:
    folder.write(net=GOOD)
    run = folder.lint("net.yaml", "--format", "sarif:no/where.sarif")
    assert run.status == 2 and "cannot write no/where.sarif" in run.err


# JSON. ---------------------------------------------------------------------------------------------------------------


def test_json_is_the_plan_without_layers(folder: Folder) -> None:
    folder.write(a=WARNING, b=ERROR)
    data = folder.lint("a.yaml", "b.yaml", "missing.yaml", "--format", "json").data
    plan = json.loads(folder.run("plan", "a.yaml", "--format", "json").out)
    del plan["layers"]
    assert data["version"] == 1 and data["files"][0] == plan
    assert [f["ok"] for f in data["files"]] == [True, False, False]
    assert data["files"][2]["spec"]["path"] == "missing.yaml"
    assert data["files"][2]["diagnostics"][0]["rule"] == "unreadable-file"


def test_json_lines_are_the_findings(folder: Folder) -> None:
    folder.write(a=WARNING, b=ERROR)
    lines = [json.loads(line) for line in folder.lint(".", "--format", "jsonl").out.splitlines()]
    files = folder.lint(".", "--format", "json").data["files"]
    assert lines == [d for f in files for d in f["diagnostics"]]
    assert folder.lint(".", "--select", "unused-ignore", "--format", "jsonl").out == ""


# SARIF. --------------------------------------------------------------------------------------------------------------


def sarif(folder: Folder, *args: str) -> dict[str, Any]:
    """The run of a SARIF log that is valid."""
    log = folder.lint(*args, "--format", "sarif").data
    schema = json.loads((DATA / "sarif-2.1.0-subset.json").read_text(encoding="utf-8"))
    checker = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    assert [error.message for error in checker.iter_errors(log)] == []
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif_points_at_the_place_and_describes_the_rule(folder: Folder) -> None:
    folder.write(net=WARNING)
    run = sarif(folder, "net.yaml")
    (result,), rules = run["results"], run["tool"]["driver"]["rules"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "net.yaml"}
    assert place["region"] == {
        "startLine": 3, "startColumn": 34, "endLine": 3, "endColumn": 38,
        "snippet": {"text": "  - conv2d: {out: 4, k: 3, bias: true}"},
    }  # fmt: skip
    assert result["level"] == "warning" and rules[result["ruleIndex"]]["id"] == result["ruleId"] == "redundant-bias"
    rule = rules[0]
    assert "norm" in rule["shortDescription"]["text"] and "```yaml\ninput:" in rule["help"]["markdown"]
    assert rule["defaultConfiguration"] == {"level": "warning"} and rule["properties"]["tags"] == ["waste"]
    (change,) = result["fixes"][0]["artifactChanges"]
    assert change["artifactLocation"] == {"uri": "net.yaml"}
    assert change["replacements"][0]["insertedContent"] == {"text": "false"}
    assert result["relatedLocations"][0]["physicalLocation"]["region"]["startLine"] == 4


def fingerprints(folder: Folder) -> list[str]:
    return [r["partialFingerprints"]["shapecalc/v1"] for r in sarif(folder, "net.yaml")["results"]]


def test_fingerprints_stay_when_lines_move_and_differ_between_findings(folder: Folder) -> None:
    two = WARNING + "  - conv2d: {out: 4, k: 1}\n  - batchnorm2d\n  - covn\n  - covn\n"
    before = fingerprints(folder.write(net=two))
    assert len(set(before)) == len(before) == 4
    assert fingerprints(folder.write(net="# a comment\n\n" + two)) == before


def test_sarif_of_anything(folder: Folder) -> None:
    folder.write(hostile=HOSTILE, a=ERROR, good=GOOD)
    folder.put("sp ace/ü%.yaml", ERROR)
    run = sarif(folder, ".", "missing.yaml", "--advice")
    assert not run["invocations"][0]["executionSuccessful"]
    uris = [a["location"]["uri"] for a in run["artifacts"]]
    assert "sp%20ace/%C3%BC%25.yaml" in uris and "good.yaml" in uris
    assert sarif(folder, "good.yaml")["results"] == []


# JUnit. --------------------------------------------------------------------------------------------------------------


def junit(folder: Folder, *args: str) -> ElementTree.Element:
    return ElementTree.fromstring(folder.lint(*args, "--format", "junit").out)


def test_junit_has_a_suite_for_each_file(folder: Folder) -> None:
    folder.write(a=GOOD, b=ERROR, c=WARNING)
    suites = junit(folder, ".")
    assert [(s.get("name"), s.get("tests"), s.get("failures")) for s in suites] == [
        ("a.yaml", "1", "0"), ("b.yaml", "1", "1"), ("c.yaml", "1", "0"),
    ]  # fmt: skip
    assert (suites.get("tests"), suites.get("failures")) == ("3", "1")
    case = suites[1][0]
    assert (case.get("name"), case.get("classname"), case.get("line")) == ("channel-mismatch at 3:18", "b.yaml", "3")
    failure = case.find("failure")
    assert failure is not None and "^" in (failure.text or "") and failure.get("type") == "error[channel-mismatch]"


def test_junit_fails_what_fails_the_run(folder: Folder) -> None:
    folder.write(c=WARNING)
    assert junit(folder, "c.yaml").find(".//failure") is None
    assert junit(folder, "c.yaml", "--fail-on", "warning").find(".//failure") is not None
    folder.put(".shapecalc.yaml", "fail-on: warning")
    assert junit(folder, "c.yaml").find(".//failure") is not None


def test_junit_of_anything(folder: Folder) -> None:
    folder.write(hostile=HOSTILE)
    cases = junit(folder, "hostile.yaml").findall(".//testcase")
    assert any("<&>" in (case.findtext("failure") or "") for case in cases)


# GitHub. -------------------------------------------------------------------------------------------------------------


def test_github_annotations_are_one_line_each_and_escaped(folder: Folder) -> None:
    folder.write(hostile=HOSTILE, a=WARNING)
    lines = folder.lint(".", "--format", "github").out.splitlines()
    assert len(lines) == len(folder.lint(".", "--format", "jsonl").out.splitlines())
    assert all(line.startswith(("::error file=", "::warning file=")) for line in lines)
    unknown = next(line for line in lines if "unknown-type" in line)
    head, _, message = unknown[2:].partition("::")
    assert "a,b:c%25|<&>" in message and "%0A" in message  # notes follow on lines of their own
    assert [part.partition("=")[0] for part in head.split(" ", 1)[1].split(",")] == [
        "file", "line", "col", "endLine", "endColumn", "title",
    ]  # fmt: skip


def test_github_escapes_names_of_files(folder: Folder) -> None:
    folder.put("a,b:c%.yaml", ERROR)
    assert "::error file=a%2Cb%3Ac%25.yaml,line=3," in folder.lint(".", "--format", "github").out


def test_github_paths_are_those_of_the_repository(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder.put("in/net.yaml", ERROR)
    monkeypatch.setenv("GITHUB_WORKSPACE", str(folder.path))
    monkeypatch.chdir(folder.path / "in")
    assert "file=in/net.yaml," in folder.lint("net.yaml", "--format", "github").out
    assert "file=in/net.yaml," in folder.lint(str(path), "--format", "github").out


# Markdown. -----------------------------------------------------------------------------------------------------------


def test_markdown_is_one_table(folder: Folder) -> None:
    folder.write(hostile=HOSTILE, a=WARNING)
    lines = folder.lint(".", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("**shapecalc**: ") and lines[1] == ""
    assert lines[2:4] == ["| place | severity | rule | finding |", "| --- | --- | --- | --- |"]
    rows = lines[4:]
    assert len(rows) == len(folder.lint(".", "--format", "jsonl").out.splitlines())
    for row in rows:
        assert row.replace("\\|", "").count("|") == 5, row
    assert folder.write(b=GOOD).lint("b.yaml", "--format", "markdown").out == "**shapecalc**: no findings in 1 file\n"


# All mistakes that there are examples of. ----------------------------------------------------------------------------


def test_every_format_of_every_mistake(folder: Folder) -> None:
    """Each kind of finding goes through each format, and all formats tell of the same number."""
    for path in sorted((Path(__file__).parent / "mistakes").glob("*.yaml")):
        folder.put(path.name, path.read_bytes())
    options = (".", "--advice")
    count = len(folder.lint(*options, "--format", "jsonl").out.splitlines())
    assert count > 50
    assert len(sarif(folder, *options)["results"]) == count
    suites = junit(folder, *options)
    assert len([*suites.iter("failure"), *suites.iter("system-out")]) == count
    for name in ("github", "concise"):
        assert len(folder.lint(*options, "--format", name).out.splitlines()) == count
    shown = folder.lint(*options, "--format", "full").out.splitlines()
    assert sum(line.lstrip().startswith("--> ") for line in shown) == count
