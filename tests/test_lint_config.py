"""Choice of rules: the command line, the nearest configuration, and what is said about mistakes in it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shapecalc.linting.config_files import load
from shapecalc.linting.config_keys import KEYS
from tests.linting import ERROR, WARNING, Folder

# an error, and a warning beside it
MIXED = "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3}\n  - batchnorm2d\n  - conv2d: {in: 5, out: 4, k: 3}\n"


def found(folder: Folder, *args: str) -> list[str]:
    """`severity[rule]` of every finding."""
    lines = folder.lint(*args, "--format", "concise").out.splitlines()
    return [line.split(": ")[1] for line in lines]


E, W = "error[channel-mismatch]", "warning[redundant-bias]"


@pytest.mark.parametrize(
    ("args", "wanted"),
    [
        ("", [W, E]),
        ("--select redundant-bias", [W]),
        ("--select redundant_bias", [W]),
        ("--select errors", [E]),
        ("--select warnings", [W]),
        ("--select shapes", [E]),
        ("--select waste,shapes", [W, E]),
        ("--select waste --select shapes", [W, E]),
        ("--select all", [W, E]),
        ("--select unused-output", []),
        ("--ignore redundant-bias", [E]),
        ("--ignore waste", [E]),
        ("--ignore all", []),
        ("--ignore errors", [W]),
        ("--ignore all --error redundant-bias", ["error[redundant-bias]"]),
        ("--select all --ignore redundant-bias", [E]),
        ("--select redundant-bias --ignore waste", [W]),  # the rule's own name means it more closely
        ("--select waste --ignore redundant-bias", []),
        ("--error redundant-bias", ["error[redundant-bias]", E]),
        ("--error warnings", ["error[redundant-bias]", E]),
        ("--warn errors", [W, "warning[channel-mismatch]"]),
        ("--select waste --error redundant-bias", ["error[redundant-bias]"]),
    ],
)
def test_choice(folder: Folder, args: str, wanted: list[str]) -> None:
    assert found(folder.write(net=MIXED), "net.yaml", *args.split()) == wanted


def test_the_same_choice_for_plan(folder: Folder) -> None:
    folder.write(net=MIXED)
    assert "redundant-bias" not in folder.run("plan", "net.yaml", "--ignore", "redundant-bias").out
    assert folder.run("plan", "net.yaml", "--ignore", "errors").status == 0
    assert folder.run("plan", "net.yaml", "--ignore", "errors", "--error", "redundant-bias").status == 1
    folder.put(".shapecalc.yaml", "ignore: [errors]\nfail-on: warning\n")
    assert folder.run("plan", "net.yaml").status == 1
    assert folder.run("plan", "net.yaml", "--ignore", "all").status == 0
    assert folder.run("plan", "net.yaml", "--isolated").status == 1
    assert folder.run("plan", "net.yaml", "--select", "redundnt-bias").status == 2


def test_advice_is_asked_for(folder: Folder) -> None:
    from shapecalc.rules.base import RULES

    rule = next(r for r in RULES.values() if not r.default and r.bad)
    folder.write(net=rule.bad)
    assert f"advice[{rule.name}]" not in found(folder, "net.yaml")
    assert f"advice[{rule.name}]" in found(folder, "net.yaml", "--advice")
    assert found(folder, "net.yaml", "--select", rule.name) == [f"advice[{rule.name}]"]
    assert f"warning[{rule.name}]" in found(folder, "net.yaml", "--warn", rule.name)
    folder.put(".shapecalc.yaml", "advice: true")
    assert f"advice[{rule.name}]" in found(folder, "net.yaml")


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("redundnt-bias", "did you mean `redundant-bias`?"),
        ("shape", "did you mean `shapes`?"),
        ("E501", "lists the rules"),
    ],
)
def test_an_unknown_rule_is_wrong_usage(folder: Folder, word: str, said: str) -> None:
    run = folder.write(net=MIXED).lint("net.yaml", "--ignore", word)
    assert run.status == 2 and f"there is no rule or category `{word}`" in run.err and said in run.err


# Configuration. ------------------------------------------------------------------------------------------------------

YAML = ".shapecalc.yaml"


def test_the_nearest_configuration_counts(folder: Folder) -> None:
    for name in ("net.yaml", "a/net.yaml", "a/b/net.yaml"):
        folder.put(name, WARNING)
    folder.put(YAML, "error: [redundant-bias]")
    folder.put("a/b/setup.cfg", "[metadata]\nname = x\n\n[shapecalc]\nignore = redundant-bias\n")
    folder.put("a/setup.cfg", "[metadata]\nname = x\n")  # without the section: not a configuration
    assert found(folder, "net.yaml") == found(folder, "a") == ["error[redundant-bias]"]
    assert found(folder, "a/b/net.yaml") == []
    assert found(folder, "a/b/net.yaml", "--config", YAML) == ["error[redundant-bias]"]
    assert found(folder, "net.yaml", "--isolated") == [W]
    typed = folder.lint("-", "--stdin-filename", "a/b/x.yaml", stdin=WARNING)
    assert typed.out == "no findings in 1 file\n"


def test_the_command_line_is_laid_over_the_configuration(folder: Folder) -> None:
    folder.write(net=MIXED).put(YAML, "ignore: [shapes]\nerror: [warnings]")
    assert found(folder, "net.yaml") == ["error[redundant-bias]"]
    assert found(folder, "net.yaml", "--warn", "redundant-bias") == [W]
    assert found(folder, "net.yaml", "--select", "all") == ["error[redundant-bias]", E]
    assert found(folder, "net.yaml", "--error", "shapes") == ["error[redundant-bias]", E]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("fail-on: warning", 1),
        ("max-warnings: 0", 1),
        ("max-warnings: 1", 0),
        ("fail-on: error", 0),
        ("", 0),
        ("# nothing yet\n", 0),
        ("error: redundant-bias, unused-output", 1),  # one word or several
    ],
)
def test_limits_of_the_configuration(folder: Folder, text: str, status: int) -> None:
    folder.write(net=WARNING).put(YAML, text)
    assert folder.lint("net.yaml").status == status
    assert folder.lint("net.yaml", "--fail-on", "error", "--max-warnings", "5", "--warn", "all").status == 0


def test_files_that_are_excluded_or_have_rules_of_their_own(folder: Folder) -> None:
    for name in ("net.yaml", "old/a.yaml", "old/deep/b.yaml", "new/vendor/c.yaml"):
        folder.put(name, WARNING)
    folder.put(YAML, "exclude: [old]\nper-file-ignores: {'vendor': [waste], '**/x.yaml': [shapes]}")
    run = folder.lint(".", "--format", "jsonl")
    assert [line.partition('"path": "')[2].partition('"')[0] for line in run.out.splitlines()] == ["net.yaml"]
    assert found(folder, "old/a.yaml") == [W]  # named
    assert found(folder, "old/a.yaml", "--specs-only") == []


def test_setup_cfg_takes_lists_over_lines(folder: Folder) -> None:
    text = """\
[shapecalc]
# rules
ignore =
    unused-output,
    redundant-bias
fail-on = warning
advice = no
per-file-ignores =
    old/*: shapes
    x.yaml: waste, shapes

[other]
ignore = nothing
"""
    folder.write(net=WARNING, x=MIXED).put("setup.cfg", text)
    assert found(folder, "net.yaml") == [] and found(folder, "x.yaml") == []
    assert folder.lint("net.yaml").status == 0


# Mistakes in it: (text, where, what is said).
MISTAKES = [
    ("ignor: [redundant-bias]", "1:1", "write `ignore`"),
    ("fail_on: warning", "1:1", "write `fail-on`"),
    ("ignore:\n  - redundant-bais", "2:5", "write `redundant-bias`"),
    ("ignore: {a: b}", "1:9", "must be a list of names"),
    ("fail-on: warnings", "1:10", "write `warning`"),
    ("max-warnings: many", "1:15", "must be a number of warnings"),
    ("advice: maybe", "1:9", "must be true or false"),
    ("per-file-ignores: [a]", "1:19", "must map patterns of files to rules"),
    ("baseline: [a, b]", "1:11", "must be the name of a file"),
    ("- ignore", "1:1", "a configuration must be a mapping"),
    ("ignore: [", "1:9", "yaml-syntax"),
    ("ignore: [shapes]\nignore: [waste]", "2:1", "is written twice"),
]


@pytest.mark.parametrize(("text", "where", "said"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_mistakes_in_a_configuration_have_their_place(folder: Folder, text: str, where: str, said: str) -> None:
    folder.write(net=WARNING).put(YAML, text)
    run = folder.lint("net.yaml")
    assert run.status == 2 and f"--> {YAML}:{where}\n" in run.out and said in run.out
    assert "redundant-bias]" in run.out  # the spec is linted all the same
    assert "(1 fixable with --fix)" in run.out  # and the configuration is not what --fix changes
    plan = folder.run("plan", "net.yaml")
    assert plan.status == 2 and f"--> {YAML}:{where}\n" in plan.err


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("[shapecalc]\nignor = x\n", "2:1", "write `ignore`"),
        ("[a]\nb = c\n[shapecalc]\nignore = shapes, redundant-bais\n", "4:18", "write `redundant-bias`"),
        ("[tool:shapecalc]\nignore = shapes\n", "1:1", "write `[shapecalc]`"),
        ("[shapecalc]\nignore =\n  shapes\n  nonsense-x\n", "4:3", "lists the rules"),
    ],
)
def test_mistakes_in_a_setup_cfg_have_their_place(folder: Folder, text: str, where: str, said: str) -> None:
    folder.write(net=WARNING).put("setup.cfg", text)
    run = folder.lint("net.yaml")
    assert run.status == 2 and f"--> setup.cfg:{where}\n" in run.out and said in run.out


def test_a_configuration_that_is_no_text(folder: Folder) -> None:
    folder.write(net=WARNING).put(YAML, b"\xff\xfe\0")
    run = folder.lint("net.yaml", "--format", "concise")
    assert run.status == 2 and run.rules == ["unreadable-file", "redundant-bias"]


def test_show_config(folder: Folder) -> None:
    folder.write(net=ERROR).put(YAML, "ignore: [redundant-bias]\nfail-on: warning\n")
    folder.put("a/.shapecalc.yaml", "error: [redundant-bias]\n")
    folder.put("a/net.yaml", ERROR)
    run = folder.lint(".", "--show-config", "--warn", "unused-ignore")
    first, second = run.out.split("\n\n")
    assert run.status == 0
    assert "# for net.yaml\n" in first and f"config: {YAML}\nfail-on: warning\n" in first
    assert "\n  redundant-bias: off  # set\n" in first and "\n  channel-mismatch: error\n" in first
    assert "config: a/.shapecalc.yaml\n" in second and "\n  redundant-bias: error  # set\n" in second


# Baselines. ----------------------------------------------------------------------------------------------------------

BASELINE = ".shapecalc-baseline.json"


def test_a_baseline_knows_what_was_found_by_layer_not_by_line(folder: Folder) -> None:
    folder.write(net=MIXED)
    wrote = folder.lint("net.yaml", "--write-baseline")
    assert wrote.status == 0 and wrote.out == f"wrote 2 findings to {BASELINE}; use it with --baseline {BASELINE}\n"
    known = folder.lint("net.yaml", "--baseline", BASELINE)
    assert known.status == 0 and known.out == "no findings in 1 file (2 more in the baseline)\n"
    folder.write(net="# moved\n\n" + MIXED + "  - conv2d: {in: 9, out: 4, k: 1}\n")
    assert found(folder, "net.yaml", "--baseline", BASELINE) == [E]
    folder.write(other=MIXED)
    assert found(folder, "other.yaml", "--baseline", BASELINE) == [W, E]
    assert folder.lint("net.yaml", "missing.yaml", "--write-baseline").status == 2  # not a finding to get used to


def test_what_is_gone_is_said(folder: Folder) -> None:
    folder.write(net=MIXED, other=WARNING)
    folder.lint(".", "--write-baseline", "--baseline", "known.json")
    folder.write(net=ERROR.replace("in: 5", "in: 3"))
    run = folder.lint("net.yaml", "--baseline", "known.json")
    assert run.err == "2 findings of the baseline are gone; --write-baseline removes them from known.json\n"
    folder.lint("net.yaml", "--baseline", "known.json", "--write-baseline")
    assert '"net.yaml"' not in folder.read("known.json") and '"other.yaml"' in folder.read("known.json")


def test_the_baseline_of_the_configuration(folder: Folder) -> None:
    folder.put("a/net.yaml", MIXED)
    folder.put("a/.shapecalc.yaml", "baseline: known.json")
    assert folder.lint("a").status == 2
    assert folder.lint("a", "--write-baseline").out == "wrote 2 findings to a/known.json\n"
    assert folder.lint("a").status == 0 and '"net.yaml"' in folder.read("a/known.json")
    folder.monkeypatch.chdir(folder.path / "a")
    assert folder.lint("net.yaml").status == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 2, "findings": {}}', '{"version": 1, "findings": {"a": {"b": {"c": "d"}}}}']
)
def test_what_is_no_baseline(folder: Folder, text: str) -> None:
    folder.write(net=ERROR).put("known.json", text)
    run = folder.lint("net.yaml", "--baseline", "known.json")
    assert run.status == 2 and "known.json is not a baseline" in run.err


MARKS = [*":[]{},=#&*!|>'-", "all", "yes", "1", "waste", "\n", "\t", "  "]


@given(st.lists(st.sampled_from([*KEYS, *MARKS])).map(" ".join), st.sampled_from([YAML, "setup.cfg"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_configuration_is_read_or_has_findings(folder: Folder, text: str, name: str) -> None:
    """Whatever the text: no traceback, and what it means nothing by is said."""
    path = folder.put(name, ("[shapecalc]\n" if name == "setup.cfg" else "") + text)
    config = load(str(path))
    assert all(d.span.source.path == str(path) and d.message for d in config.findings)
