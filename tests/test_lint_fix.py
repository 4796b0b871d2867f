"""Fixes: text edits that keep everything else, done once and for all."""

from __future__ import annotations

import itertools
import stat
from pathlib import Path

import pytest

import shapecalc
from shapecalc.text import edits as fixes
from shapecalc.text.findings import Edit, Finding, Fix
from shapecalc.text.source import Source
from tests.linting import ERROR, GOOD, OTHER, Folder

# What is fixed without asking: (before, after).
SAFE = {
    "a key of the spec": ("nmae: x  # the name\n" + GOOD, "name: x  # the name\n" + GOOD),
    "a key with all that follows": (GOOD.replace("layers", "layer"), GOOD),
    "an argument": (GOOD.replace("k: 3", "kernal_size: 3"), GOOD.replace("k: 3", "kernel_size: 3")),
    "an argument of pasted code": (
        "input: [3, 8, 8]\nlayers:\n  - nn.Conv2d(3, 4, kernel_sise=3) # c\n",
        "input: [3, 8, 8]\nlayers:\n  - nn.Conv2d(3, 4, kernel_size=3) # c\n",
    ),
    "in_channels": (ERROR, ERROR.replace("in: 5", "in: 3")),
    "in_channels of pasted code": (
        "input: [3, 8, 8]\nlayers:\n  - nn.Conv2d(5, 4, 3)\n",
        "input: [3, 8, 8]\nlayers:\n  - nn.Conv2d(3, 4, 3)\n",
    ),
    "in_features": (
        "input: [3, 8, 8]\nlayers:\n  - flatten\n  - linear: {in_features:   100, out: 10}   # head\n",
        "input: [3, 8, 8]\nlayers:\n  - flatten\n  - linear: {in_features:   192, out: 10}   # head\n",
    ),
    "num_features": (
        "input: [3, 8, 8]\nlayers:\n  - batchnorm2d: 16\n",
        "input: [3, 8, 8]\nlayers:\n  - batchnorm2d: 3\n",
    ),
    "a redundant bias that is written": (
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3, bias: yes}\n  - batchnorm2d\n",
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3, bias: false}\n  - batchnorm2d\n",
    ),
    "a redundant bias in a flow mapping": (
        "input: [3, 8, 8]\nlayers:\n  - conv2d: { out: 4, k: 3 }  # c\n  - batchnorm2d\n",
        "input: [3, 8, 8]\nlayers:\n  - conv2d: { out: 4, k: 3, bias: false }  # c\n  - batchnorm2d\n",
    ),
    "a redundant bias in a block mapping": (
        "input: [3, 8, 8]\nlayers:\n  - conv2d:\n      out: 4  # width\n      k: 3\n  - batchnorm2d\n",
        "input: [3, 8, 8]\nlayers:\n  - conv2d:\n      out: 4  # width\n      k: 3\n      bias: false\n"
        "  - batchnorm2d\n",
    ),
    "an expression without quotes": (
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: max(8, 4), k: 3}\n",
        'input: [3, 8, 8]\nlayers:\n  - conv2d: {out: "max(8, 4)", k: 3}\n',
    ),
    "a deprecated type": (
        "input: [8, 16, 16]\nlayers:\n  - upsamplingbilinear2d: {scale_factor: 2}  # c\n",
        "input: [8, 16, 16]\nlayers:\n  - upsample: {scale_factor: 2, mode: bilinear, align_corners: true}  # c\n",
    ),
    "a misspelled ignore, and not what it is for": (
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3}  # shapecalc: ignore[redundant-bais] old\n"
        "  - batchnorm2d\n",
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 3}  # shapecalc: ignore[redundant-bias] old\n"
        "  - batchnorm2d\n",
    ),
    "one fix after another": (
        "input: [3, 8, 8]\nlayer:\n  - conv2d: {in: 5, out: 4, kernal_size: 3}\n  - batchnorm2d\n",
        "input: [3, 8, 8]\nlayers:\n  - conv2d: {in: 3, out: 4, kernel_size: 3, bias: false}\n  - batchnorm2d\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), SAFE.values(), ids=SAFE)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_fixed(folder: Folder, before: str, after: str, end: str) -> None:
    folder.put("net.yaml", before.replace("\n", end))
    first = folder.lint("net.yaml", "--fix")
    assert folder.read("net.yaml") == after.replace("\n", end)
    assert first.out.startswith("no findings in 1 file") and first.status == 0
    again = folder.lint("net.yaml", "--fix")  # fixing twice changes nothing
    assert folder.read("net.yaml") == after.replace("\n", end) and again.status == 0


@pytest.mark.parametrize(("before", "after"), SAFE.values(), ids=SAFE)
def test_a_diff_changes_nothing_and_shows_it_all(folder: Folder, before: str, after: str) -> None:
    folder.put("net.yaml", before)
    run = folder.lint("net.yaml", "--diff")
    assert run.status == 1 and folder.read("net.yaml") == before
    lines = run.out.splitlines()
    assert lines[:2] == ["--- a/net.yaml", "+++ b/net.yaml"]
    added = [line[1:] for line in lines[2:] if line.startswith("+")]
    assert added == [line for line in after.splitlines() if line not in before.splitlines()]


# Only on request: what may not be what was meant.
UNSAFE = {
    "a reference": (
        "input: [3]\nlayers:\n  - relu: {name: first}\n  - add: {from: [frist, input]}\n",
        "input: [3]\nlayers:\n  - relu: {name: first}\n  - add: {from: [first, input]}\n",
    ),
    "in_channels in a block": (
        "input: [3, 8, 8]\nblocks:\n  b:\n    - conv2d: {in: 5, out: 3, k: 1}\nlayers:\n  - b\n",
        "input: [3, 8, 8]\nblocks:\n  b:\n    - conv2d: {in: 3, out: 3, k: 1}\nlayers:\n  - b\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), UNSAFE.values(), ids=UNSAFE)
def test_unsafe_fixes_are_asked_for(folder: Folder, before: str, after: str) -> None:
    folder.put("net.yaml", before)
    safe = folder.lint("net.yaml", "--fix")
    assert folder.read("net.yaml") == before and safe.status == 1
    assert "(1 fixable with --fix --unsafe-fixes)" in safe.out
    assert folder.lint("net.yaml", "--fix", "--unsafe-fixes").status == 0
    assert folder.read("net.yaml") == after


def test_only_what_is_chosen_is_fixed(folder: Folder) -> None:
    text = "nmae: x\n" + ERROR
    folder.write(net=text).lint("net.yaml", "--fix", "--select", "unknown-key")
    assert folder.read("net.yaml") == "name: x\n" + ERROR


def test_what_is_suppressed_is_not_fixed(folder: Folder) -> None:
    text = ERROR.replace("k: 3}", "k: 3} # shapecalc: ignore[channel-mismatch]")
    folder.write(net=text).lint("net.yaml", "--fix")
    assert folder.read("net.yaml") == text


def test_every_file_is_fixed_and_others_are_left(folder: Folder) -> None:
    folder.write(a=ERROR, b=ERROR, ci=OTHER, broken="layers: [")
    run = folder.lint(".", "missing.yaml", "--fix")
    assert run.status == 2 and folder.read("ci.yaml") == OTHER and folder.read("broken.yaml") == "layers: ["
    assert folder.read("a.yaml") == folder.read("b.yaml") == ERROR.replace("in: 5", "in: 3")


def test_standard_input_is_fixed_to_standard_output(folder: Folder) -> None:
    run = folder.lint("-", "--fix", stdin=ERROR)
    assert run.out == ERROR.replace("in: 5", "in: 3") and run.status == 0
    assert run.err == "no findings in 1 file (1 fixed)\n"
    assert folder.lint("-", "--fix", stdin=GOOD).out == GOOD


def test_a_byte_order_mark_the_mode_and_a_link_stay(folder: Folder) -> None:
    path = folder.put("real.yaml", b"\xef\xbb\xbf" + ERROR.encode())
    path.chmod(0o640)
    (folder.path / "link.yaml").symlink_to("real.yaml")
    folder.lint("link.yaml", "--fix")
    assert path.read_bytes() == b"\xef\xbb\xbf" + ERROR.replace("in: 5", "in: 3").encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640 and (folder.path / "link.yaml").is_symlink()
    assert sorted(p.name for p in folder.path.iterdir()) == ["link.yaml", "real.yaml"]


def test_a_fix_in_an_included_file(folder: Folder) -> None:
    blocks = "blocks:\n  b:\n    - conv2d: {out: 3, kernal_size: 1}  # c\n"
    folder.write(blocks=blocks, net="include: [blocks.yaml]\ninput: [3, 8, 8]\nlayers:\n  - b\n")
    assert "+    - conv2d: {out: 3, kernel_size: 1}  # c" in folder.lint("net.yaml", "--diff").out
    assert folder.read("blocks.yaml") == blocks
    assert folder.lint("net.yaml", "--fix").status == 0
    assert folder.read("blocks.yaml") == blocks.replace("kernal_size", "kernel_size")


def test_a_file_that_cannot_be_written(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(path: str, text: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(fixes, "write", refused)
    run = folder.write(net=ERROR).lint("net.yaml", "--fix")
    assert run.status == 2 and "cannot write net.yaml: permission denied" in run.err


# Every fix that is offered anywhere. ---------------------------------------------------------------------------------

MISTAKES = sorted((Path(__file__).parent / "mistakes").glob("*.yaml"))


@pytest.mark.parametrize("path", MISTAKES, ids=lambda p: p.stem)
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixing_what_is_full_of_mistakes(folder: Folder, path: Path, unsafe: bool) -> None:
    """Afterwards nothing is left that is certain to be fixed, the text still parses, and twice is as good as once."""
    folder.write(net=path.read_text(encoding="utf-8"))
    before = {d.rule for d in shapecalc.lint(["net.yaml"])[0].diagnostics}
    options = ["--fix", *(["--unsafe-fixes"] if unsafe else [])]
    folder.lint("net.yaml", *options)
    text = folder.read("net.yaml")
    left = shapecalc.lint(["net.yaml"])[0].diagnostics
    assert not [d for d in left if d.fix is not None and d.fix.safe]
    assert "yaml-syntax" in before or "yaml-syntax" not in {d.rule for d in left}
    folder.lint("net.yaml", *options)
    assert folder.read("net.yaml") == text


# Edits. --------------------------------------------------------------------------------------------------------------


def fix(source: Source, *edits: tuple[int, int, str]) -> Fix:
    return Fix("f", [Edit(source.span(start, end), text) for start, end, text in edits])


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([[(0, 2, "x")], [(4, 6, "y")]], [0, 1]),
        ([[(0, 4, "x")], [(2, 6, "y")]], [0]),  # overlap: the first wins
        ([[(2, 6, "y")], [(0, 4, "x")]], [0]),
        ([[(0, 9, "x")], [(2, 3, "y")], [(9, 9, "z")]], [0]),
        ([[(3, 3, "x")], [(3, 3, "y")]], [0]),  # two insertions at one place
        ([[(3, 3, "x")], [(3, 3, "x")]], [0]),  # the same one twice is one
        ([[(0, 1, "x"), (5, 6, "x")], [(5, 6, "y")], [(8, 9, "z")]], [0, 2]),
        ([[(0, 3, "x"), (2, 4, "y")]], []),  # at odds with itself
    ],
)
def test_overlapping_edits(given: list[list[tuple[int, int, str]]], kept: list[int]) -> None:
    source = Source("a", "0123456789")
    made = [fix(source, *edits) for edits in given]
    assert fixes.compatible(made) == [made[k] for k in kept]


def test_compatible_edits_give_the_same_text_in_any_order() -> None:
    source = Source("a", "0123456789")
    made = [fix(source, (0, 1, "aa")), fix(source, (3, 3, "-")), fix(source, (5, 8, "")), fix(source, (9, 10, "end"))]
    texts = {fixes.edited(source, order) for order in itertools.permutations(made)}
    assert texts == {"aa12-348end"}


def test_a_fix_without_edits_is_no_fix() -> None:
    source = Source("a", "text")
    found = Finding("x", "error", "m", source.span(0, 1), fix=Fix("nothing", []))
    assert fixes.offered([found], True) == []


def test_a_diff_of_a_last_line_without_an_end() -> None:
    assert fixes.diff("a.yaml", "x\ny", "x\nz") == (
        "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n"
        "+z\n\\ No newline at end of file\n"
    )
