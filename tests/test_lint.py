"""`shapecalc lint`: which files are linted, what the exit status says, and that one file never hides another."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import shapecalc
from shapecalc.cli.lint import watch as lint_watch
from shapecalc.linting import run as linter
from shapecalc.render.formats import FINDINGS
from tests.linting import ERROR, GOOD, OTHER, WARNING, Folder

ROOT = Path(__file__).parent.parent

# Exit status. --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "args", "status"),
    [
        (GOOD, "", 0),
        (WARNING, "", 0),
        (ERROR, "", 1),
        (WARNING, "--fail-on warning", 1),
        (WARNING, "--fail-on advice", 1),
        (GOOD, "--fail-on note", 0),
        (ERROR, "--fail-on error", 1),
        (ERROR, "--exit-zero", 0),
        (WARNING, "--max-warnings 0", 1),
        (WARNING, "--max-warnings 1", 0),
        (WARNING, "--max-warnings 0 --exit-zero", 0),
        (WARNING, "--error redundant-bias", 1),
        (ERROR, "--warn channel-mismatch", 0),
        (ERROR, "--warn channel-mismatch --max-warnings 0", 1),
        # wrong usage
        (GOOD, "--fail-on eror", 2),
        (GOOD, "--max-warnings -1", 2),
        (GOOD, "--format sarf", 2),
        (GOOD, "--format json --format sarif", 2),
        (GOOD, "--format json: ", 2),
        (GOOD, "--format json:a.json -o b.json", 2),
        (GOOD, "--select redundnt-bias", 2),
        (GOOD, "--unsafe-fixes", 2),
        (GOOD, "--diff --format json", 2),
        (GOOD, "--format json:- --format full", 2),
        (GOOD, "--format json:-", 0),
        (GOOD, "--select ,", 2),
        (GOOD, "--config nowhere.yaml", 2),
        (GOOD, "--baseline nowhere.json", 2),
        (GOOD, "-j 0", 2),
        (ERROR, "missing.yaml --exit-zero", 2),
    ],
)
def test_exit_status(folder: Folder, text: str, args: str, status: int) -> None:
    assert folder.write(net=text).lint("net.yaml", *args.split()).status == status


def test_summary_counts(folder: Folder) -> None:
    folder.write(a=GOOD, b=ERROR, c=WARNING, d=OTHER)
    assert folder.lint(".").out.splitlines()[-1] == (
        "1 error, 1 warning in 3 files (2 fixable with --fix; 1 other YAML file skipped)"
    )
    assert folder.lint("a.yaml").out == "no findings in 1 file\n"


# Which files. --------------------------------------------------------------------------------------------------------


def linted(folder: Folder, *args: str) -> list[str]:
    files = folder.lint(*args, "--format", "json").data["files"]
    return [os.path.normpath(f["spec"]["path"]).replace(os.sep, "/") for f in files]


def test_folders_are_walked_in_order(folder: Folder) -> None:
    for name in ("b.yaml", "a.yml", "in/c.YAML", "in/deep/d.yaml", ".hidden/e.yaml", "node_modules/f.yaml", "g.txt"):
        folder.put(name, GOOD)
    assert linted(folder, ".") == ["a.yml", "b.yaml", "in/c.YAML", "in/deep/d.yaml"]
    assert linted(folder, "in") == ["in/c.YAML", "in/deep/d.yaml"]
    assert linted(folder, ".hidden") == [".hidden/e.yaml"]


def test_a_file_that_is_named_twice_is_linted_once(folder: Folder) -> None:
    folder.write(a=GOOD, b=OTHER)
    assert linted(folder, "a.yaml", "./a.yaml", ".") == ["a.yaml"]
    assert linted(folder, ".", "b.yaml") == ["a.yaml", "b.yaml"]  # named: not skipped


def test_globs_are_expanded(folder: Folder) -> None:
    for name in ("x/a.yaml", "x/y/b.yaml", "x/c.txt"):
        folder.put(name, GOOD)
    folder.put("x/other.yaml", OTHER)
    assert linted(folder, "x/*.yaml") == ["x/a.yaml"]
    assert linted(folder, "x/**/*.yaml") == ["x/a.yaml", "x/y/b.yaml"]
    assert linted(folder, "?") == ["x/a.yaml", "x/y/b.yaml"]  # a folder that matches is walked
    nothing = folder.lint("z*.yaml")
    assert nothing.status == 2 and nothing.out == "" and "nothing matches z*.yaml" in nothing.err


def test_a_name_with_brackets_is_a_name_where_there_is_such_a_file(folder: Folder) -> None:
    folder.put("net[1].yaml", GOOD)
    assert linted(folder, "net[1].yaml") == ["net[1].yaml"]


SPECS = {
    "plain": GOOD,
    "long form": "input: [3, 8, 8]\nlayers:\n  - {name: a, type: Conv2d, out_channels: 4, kernel_size: 3}\n",
    "pasted code": "input: [3, 8, 8]\nlayers:\n  - nn.Conv2d(3, 4, 3)\n",
    "no input": "layers:\n  - conv2d: {out: 4, k: 3}\n",
    "several inputs": "inputs: {a: [3], b: [3]}\nlayers:\n  - add: {from: [a, b]}\n",
    "misspelled layers": "input: [3, 8, 8]\nlayer:\n  - relu\n",
    "misspelled types": "input: [3, 8, 8]\nlayers:\n  - covn: 8\n",
    "no layers yet": "input: [3, 8, 8]\nlayers:\n",
    "its own blocks": "blocks: {b: [relu]}\nlayers:\n  - b\n",
    "a bare list": "- conv2d: {out: 4, k: 3}\n- relu\n",
    "in braces": "{input: [3, 8, 8], layers: [relu]}\n",
    "quoted keys": '"input": [3, 8, 8]\n"layers": [relu]\n',
    "does not parse": "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3\n  - relu\n",
    "a document mark": "---\n# a net\nname: x\n\ninput: [3, 8, 8]\nlayers: [relu]\n",
    "a YOLO model file": "nc: 80\nscales: {n: [0.5, 0.5, 1024]}\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\nhead:\n"
    "  - [[0], 1, Detect, [nc]]\n",
    "line ends of Windows": GOOD.replace("\n", "\r\n"),
}
OTHERS = {
    "workflow": OTHER,
    "compose": "services:\n  web: {image: nginx, ports: ['80:80']}\n",
    "lambda layers": "service: x\nprovider: {name: aws}\nlayers:\n  common: {path: layer}\n",
    "map style": "version: 8\nsources: {}\nlayers:\n  - {id: water, type: fill, source: osm}\n",
    "training": "model: resnet\nlayers: [64, 128]\ninput: data/train.csv\n",
    "numbers": "input: [1, 2]\nlayers: [64, 64]\n",
    "playbook": "- hosts: all\n  tasks: []\n",
    "blocks alone": "blocks:\n  stage: [relu]\n",
    "empty": "",
    "comments": "# layers:\n",
    "text": "just a line\n",
    "not YAML, not ours": "{{ template }}\n  a: [\n",
    "pre-commit": "repos:\n  - repo: local\n    hooks: [{id: x}]\n",
    "openapi": "openapi: 3.0.0\npaths: {}\ninputs: {name: {type: string}}\n",
}


@pytest.mark.parametrize("text", SPECS.values(), ids=SPECS)
def test_specs_are_told_by_content(folder: Folder, text: str) -> None:
    folder.put("a.yaml", text)
    assert len(linted(folder, ".")) == 1


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_other_yaml_is_skipped_unless_named(folder: Folder, text: str) -> None:
    folder.put("a.yaml", text)
    walked = folder.lint(".")
    assert walked.status == 0 and walked.out == "no specs found (1 other YAML file skipped)\n"
    named = folder.lint("a.yaml")
    assert named.status == 1 and "skipped" not in named.out
    assert folder.lint("a.yaml", "--specs-only").status == 0


def test_standard_input(folder: Folder) -> None:
    run = folder.lint("-", "--stdin-filename", "typed.yaml", "--format", "concise", stdin=ERROR)
    assert run.status == 1 and run.out.startswith("typed.yaml:3:18: error[channel-mismatch]")


VARIANTS = """\
input: [3, 8, 8]
vars: {width: 3}
variants: {narrow: {width: 2}, wide: {width: 9}}
layers:
  - conv2d: {out: width, k: 3}
  - conv2d: {in: 3, out: 4, k: 1}
"""


@pytest.mark.parametrize(
    ("args", "notes"),
    [
        ("", []),
        ("--variant narrow", ["in variant `narrow`"]),
        ("--variant all", ["in variant `narrow`"]),  # the same place is reported once
        ("--variant other", []),  # a file without it is linted as it is
    ],
)
def test_variants(folder: Folder, args: str, notes: list[str]) -> None:
    data = folder.write(net=VARIANTS).lint("net.yaml", *args.split(), "--format", "json").data
    found = data["files"][0]["diagnostics"]
    assert [d["notes"][-1] for d in found] == notes


# One file never hides another. ---------------------------------------------------------------------------------------


def test_what_cannot_be_read_is_a_finding_among_the_others(folder: Folder) -> None:
    folder.write(a=ERROR, z=ERROR)
    folder.put("binary.yaml", b"layers:\n\0\1\2")
    folder.put("latin.yaml", "input: [3] # caf\xe9\nlayers: [relu]\n".encode("latin-1"))
    run = folder.lint("a.yaml", "missing.yaml", "binary.yaml", "latin.yaml", "z.yaml", "--format", "concise")
    assert run.status == 2
    assert run.rules == ["channel-mismatch", *["unreadable-file"] * 3, "channel-mismatch"]
    assert "missing.yaml:1:1: error[unreadable-file]: cannot read missing.yaml: no such file or directory" in run.out
    assert "not UTF-8 (byte 0xe9 on line 1)" in run.out


@pytest.mark.parametrize(
    ("word", "help"),
    [
        ("resnet34", "`resnet34` is bundled with shapecalc: `shapecalc plan resnet34` shows its findings"),
        ("my_nte.yaml", "did you mean `my_net.yaml`?"),
        ("my_net.yml", "did you mean `my_net.yaml`?"),
        ("my_net", "did you mean `my_net.yaml`?"),
        ("sub/nte.yaml", "did you mean `sub/net.yaml`?"),
        ("none/net.yaml", None),
        ("zzzzzz.yaml", None),
    ],
)
def test_a_word_that_is_no_file(folder: Folder, word: str, help: str | None) -> None:
    folder.write(my_net=GOOD)
    folder.put("sub/net.yaml", GOOD)
    run = folder.lint(word, "--format", "json")
    (found,) = json.loads(run.out)["files"][0]["diagnostics"]
    assert run.status == 2 and found["rule"] == "unreadable-file" and found["help"] == help


def test_binary_files_that_were_found_are_skipped(folder: Folder) -> None:
    folder.put("binary.yaml", b"\x89PNG\0")
    assert folder.lint(".").status == 0


def test_a_folder_that_is_named_like_a_file(folder: Folder) -> None:
    folder.put("dir.yaml/net.yaml", GOOD)
    assert linted(folder, ".") == ["dir.yaml/net.yaml"]


def test_a_broken_link_is_unreadable(folder: Folder) -> None:
    (folder.path / "link.yaml").symlink_to("nowhere.yaml")
    folder.write(a=ERROR)
    run = folder.lint(".", "--format", "concise")
    assert run.status == 2 and run.rules == ["channel-mismatch", "unreadable-file"]


def test_a_defect_of_the_program_is_a_finding(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    real = linter.plan_file

    def defective(parsed: object, **settings: object) -> object:
        if parsed.source.path == "b.yaml":  # type: ignore[attr-defined]
            raise RecursionError("too deep")
        return real(parsed, **settings)  # type: ignore[arg-type]

    monkeypatch.setattr(linter, "plan_file", defective)
    folder.write(a=ERROR, b=GOOD, c=ERROR)
    run = folder.lint(".", "-j", "1", "--format", "concise")
    assert run.status == 1 and run.rules == ["channel-mismatch", "internal-error", "channel-mismatch"]
    assert "shapecalc failed on this file: RecursionError: too deep (test_lint.py:" in run.out


# Several processes. --------------------------------------------------------------------------------------------------


def test_the_order_does_not_depend_on_the_number_of_processes(folder: Folder) -> None:
    for number in range(40):
        folder.put(f"n{number:02}.yaml", (GOOD, ERROR, WARNING, OTHER)[number % 4])
    one, three = (folder.lint(".", "-", "missing.yaml", "-j", j, stdin=ERROR) for j in ("1", "3"))
    assert one.out == three.out and one.status == three.status == 2
    texts = [folder.lint(".", "-j", j, "--format", "json").out for j in ("1", "3")]
    assert texts[0] == texts[1]


# Python. -------------------------------------------------------------------------------------------------------------


def test_from_python(folder: Folder) -> None:
    folder.write(a=GOOD, b=ERROR, c=WARNING)
    results = shapecalc.lint([folder.path, Path("missing.yaml")])
    assert [r.ok for r in results] == [True, False, True, False]
    assert [Path(r.path).name for r in results] == ["a.yaml", "b.yaml", "c.yaml", "missing.yaml"]
    assert [d.rule for r in results for d in r.diagnostics] == [
        "channel-mismatch", "redundant-bias", "unreadable-file",
    ]  # fmt: skip
    assert not shapecalc.lint(["c.yaml"], ignore=["redundant-bias"])[0].diagnostics
    assert not shapecalc.lint(["c.yaml"], error=["redundant-bias"])[0].ok
    with pytest.raises(TypeError):
        shapecalc.lint("a.yaml")
    with pytest.raises(ValueError, match="did you mean `redundant-bias`"):
        shapecalc.lint(["a.yaml"], select=["redundant-bais"])
    with pytest.raises(ValueError, match="nothing matches"):
        shapecalc.lint(["*.yml"])


# Watching. -----------------------------------------------------------------------------------------------------------


def test_watch_lints_again_after_a_change(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing happens between the first two looks, and between the last two."""
    path = folder.put("net.yaml", GOOD)
    changes = iter([None, ERROR, "layers: [", None])
    found = []

    def run() -> int:
        ran = folder.lint("net.yaml", "--format", "concise")
        found.append([rule for rule in ran.rules if rule])
        return ran.status

    def change(seconds: float) -> None:
        try:
            text = next(changes)
        except StopIteration:
            raise KeyboardInterrupt from None
        if text is not None:
            path.write_text(text)

    monkeypatch.setattr(lint_watch.time, "sleep", change)
    assert lint_watch.watch(["net.yaml"], run) == 1
    assert found == [[], ["channel-mismatch"], ["yaml-syntax"]]


@pytest.mark.parametrize(
    ("paths", "seen"),
    [
        (["a"], {"a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml", ".shapecalc.yaml"}),
        (["a/x.yaml"], {"a/x.yaml", "a/b/y.yaml", ".shapecalc.yaml"}),  # not all that is below it
        (["a/b/**/*.yaml"], {"a/b/y.yaml", "a/b/c/z.yaml", ".shapecalc.yaml"}),
        (["nowhere/x.yaml"], {".shapecalc.yaml"}),
    ],
)
def test_what_is_watched(folder: Folder, paths: list[str], seen: set[str]) -> None:
    for name in ("a/x.yaml", "a/b/y.yaml", "a/b/c/z.yaml", "a/.git/i.yaml", ".shapecalc.yaml", "other/w.yaml"):
        folder.put(name, GOOD)
    found = {os.path.relpath(os.path.abspath(path)).replace(os.sep, "/") for path in lint_watch.state(paths)}
    assert {path for path in found if not path.startswith("..")} == seen


def test_standard_input_cannot_be_watched(folder: Folder) -> None:
    assert folder.lint("-", "--watch").status == 2


# Names of files. -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format_", [format_.name for format_ in FINDINGS])
def test_a_name_that_is_no_text(folder: Folder, format_: str) -> None:
    """A name that is not UTF-8 can be written in every format, to standard output and to a file."""
    name = os.fsdecode(b"caf\xe9\n.yaml")
    (folder.path / name).write_text(ERROR)
    assert folder.lint(name, "--format", format_).status == 1
    assert folder.lint(name, "--format", f"{format_}:out.txt").status == 1 and folder.read("out.txt")


def test_without_a_path(folder: Folder) -> None:
    run = folder.write(net=GOOD).lint()
    assert run.status == 2 and "`shapecalc lint .`" in run.err
    assert "# for net.yaml\n" in folder.lint("--show-config").out
