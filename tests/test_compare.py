"""`shapecalc diff`: rows aligned by what they are, costs before and after, weights that still fit."""

from __future__ import annotations

import json

import pytest

import shapecalc
from shapecalc.analysis.alignment import aligned
from shapecalc.analysis.compare import Comparison, compare
from tests.linting import Folder

OLD = """\
input: [3, 32, 32]
layers:
  - conv2d: {name: stem, out: 8, k: 3, p: 1}
  - relu
  - conv2d: {name: body, out: 8, k: 3, p: 1}
  - relu
  - add: {name: sum, from: [stem, body]}
  - flatten
  - linear: {name: head, out: 10}
"""


def compared(new: str, old: str = OLD) -> Comparison:
    return compare(shapecalc.plan(text=old), shapecalc.plan(text=new))


def told(comparison: Comparison) -> list[str]:
    """`changed body: out_channels 8 -> 9` for each change."""
    lines = []
    for change in comparison.changes:
        what = "; ".join(change.what) if change.kind == "changed" else ""
        lines.append(f"{change.kind} {change.row.name}" + (f": {what}" if what else ""))
    return lines


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        ("", "", []),
        # one row in, one row out: the others are where they were
        ("  - relu\n  - conv", "  - batchnorm2d\n  - relu\n  - conv", ["inserted batchnorm2d_1"]),
        ("  - relu\n  - conv", "  - conv", ["removed relu_1"]),
        ("  - flatten\n", "  - dropout: 0.5\n  - flatten\n", ["inserted dropout_1"]),
        # arguments, types, names, references
        ("body, out: 8, k: 3, p: 1", "body, out: 8, k: 5, p: 2", [
            "changed body: kernel_size [3, 3] -> [5, 5]; padding [1, 1] -> [2, 2]"]),
        ("out: 10", "out: 10, bias: false", ["changed head: bias default -> False"]),
        ("  - relu\n  - conv", "  - gelu\n  - conv", ["inserted gelu_1", "removed relu_1"]),
        ("name: body", "name: trunk", None),
        ("name: head", "name: classifier", ["changed classifier: name head -> classifier"]),
        ("[stem, body]", "[body, body]", ["changed sum: reads body, not stem"]),
        # what follows from it is not what was changed
        ("input: [3", "input: [4", ["affected stem"]),
        ("32, 32]", "16, 16]", [
            "affected stem", "affected relu_1", "affected body", "affected relu_2", "affected sum",
            "affected flatten_1", "affected head"]),
        # text that says the same otherwise
        ("conv2d: {name: stem, out: 8, k: 3, p: 1}", "conv2d: {name: stem, in: 3, out: 8, k: [3, 3], padding: 1}", []),
    ],
)  # fmt: skip
def test_rows(before: str, after: str, wanted: list[str] | None) -> None:
    new = OLD.replace(before, after, 1) if before else OLD
    assert before == "" or new != OLD
    new = new.replace("[stem, body]", "[stem, trunk]") if "trunk" in new else new
    assert told(compared(new)) == (["changed trunk: name body -> trunk"] if wanted is None else wanted)


def test_a_row_at_every_position_is_one_inserted_row() -> None:
    rows = OLD.splitlines(keepends=True)
    for at in range(2, len(rows) + 1):
        new = "".join([*rows[:at], "  - identity\n", *rows[at:]])
        assert told(compared(new)) == ["inserted identity_1"], at
        assert told(compared(OLD, new)) == ["removed identity_1"], at


def test_inside_blocks_what_is_written_otherwise_is_shown_and_what_follows_is_not() -> None:
    block = "    args: {w: 4}\n    layers: [{conv2d: {out: w, k: 1}}, relu]\n"
    old = f"input: [3, 8, 8]\nblocks:\n  b:\n{block}layers:\n  - b\n"
    assert told(compared(old.replace("- b", "- b: {w: 5}"), old)) == ["changed b_1: w 4 -> 5"]
    inner = compared(old.replace("k: 1", "k: 3, p: 1"), old)
    assert told(inner) == [
        "affected b_1", "changed b_1.conv2d_1: kernel_size [1, 1] -> [3, 3]; padding default -> [1, 1]",
    ]  # fmt: skip


def test_totals_before_and_after() -> None:
    comparison = compared(OLD.replace("out: 10", "out: 20"))
    old, new = comparison.old.totals, comparison.new.totals
    assert [(n, a, b) for n, a, b in comparison.totals if n == "params"] == [("params", old["params"], new["params"])]
    assert new["params"] - old["params"] == 10 * (8 * 32 * 32 + 1)


def test_weights_that_still_fit() -> None:
    found = compared(OLD.replace("body, out: 8, k: 3, p: 1", "body, out: 8, k: 5, p: 2")).tensors
    assert (found.total, len(found.unchanged), found.reshaped) == (6, 5, ["body.weight"])
    renamed = compared(OLD.replace("name: head", "name: classifier")).tensors
    assert renamed.renamed == [("head.weight", "classifier.weight"), ("head.bias", "classifier.bias")]
    inserted = compared(OLD.replace("  - relu\n  - conv", "  - batchnorm2d\n  - relu\n  - conv")).tensors
    assert len(inserted.unchanged) == 6 and len(inserted.added) == 5 and not inserted.removed


def test_automatic_names_shift() -> None:
    old = "input: [3, 8, 8]\nlayers:\n  - conv2d: {out: 4, k: 1}\n  - conv2d: {out: 5, k: 1}\n"
    found = compared(old.replace("layers:\n", "layers:\n  - conv2d: {out: 3, k: 1}\n"), old)
    assert told(found) == ["inserted conv2d_1"]
    assert ("conv2d_2.weight", "conv2d_3.weight") in found.tensors.renamed


def test_model_files() -> None:
    old = (
        "nc: 4\nscales: {n: [0.5, 0.25, 1024]}\nbackbone:\n  - [-1, 1, Conv, [64, 3, 2]]\n"
        "  - [-1, 1, Conv, [128, 3, 2]]\n  - [-1, 2, C2f, [128, True]]\nhead:\n"
        "  - [-1, 1, nn.Upsample, [None, 2, nearest]]\n  - [[-1, 0], 1, Concat, [1]]\n  - [[4], 1, Detect, [nc]]\n"
    )
    new = old.replace("  - [-1, 2, C2f", "  - [-1, 1, SimAM, []]\n  - [-1, 2, C2f").replace("[[4], 1", "[[5], 1")
    found = compared(new, old)
    assert told(found) == ["inserted 2"] and found.same == 6
    assert ("2.cv1.conv.weight", "3.cv1.conv.weight") in found.tensors.renamed


# Alignment. ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "wanted"),
    [
        ("abc", "abc", "aa bb cc"),
        ("abc", "axbc", "aa -x bb cc"),
        ("abc", "ac", "aa b- cc"),
        ("aaaa", "aaaaa", "aa aa aa aa -a"),
        ("", "ab", "-a -b"),
        ("ab", "", "a- b-"),
        ("aXb", "axb", "aa Xx bb"),  # alike
        ("abcd", "dabc", "-d aa bb cc d-"),
    ],
)
def test_aligned(old: str, new: str, wanted: str) -> None:
    pairs = aligned(old, new, lambda c: c, lambda a, b: 5 if a.lower() == b.lower() else 0)
    said = " ".join(("-" if i is None else old[i]) + ("-" if j is None else new[j]) for i, j in pairs)
    assert said == wanted


def test_long_lists_take_no_time() -> None:
    """Every row of both once, also where all are alike and far too many to compare."""
    old, new = [k % 7 for k in range(30_000)], [k % 7 for k in range(30_001)]
    pairs = aligned([8, *old], [9, *new], lambda c: c, lambda a, b: 1)
    assert [i for i, _ in pairs if i is not None] == list(range(30_001))
    assert [j for _, j in pairs if j is not None] == list(range(30_002))


# The command. --------------------------------------------------------------------------------------------------------


def test_table(folder: Folder) -> None:
    folder.write(a=OLD, b=OLD.replace("  - flatten", "  - maxpool2d: 2\n  - flatten"))
    run = folder.run("diff", "a.yaml", "b.yaml")
    assert (
        run.status == 0
        and run.out
        == """\
a.yaml -> b.yaml

   old  new  name         type          output                    params              MACs
------------------------------------------------------------------------------------------
+         5  maxpool2d_1  MaxPool2d k2  (N, 8, 16, 16)                 0                 0
     5    6  flatten_1    Flatten       (N, 2048)                      0                 0
     6    7  head         Linear 10     (N, 10)         81,930 -> 20,490  81,920 -> 20,480

5 rows unchanged

                     before      after  difference
layers                    7          8  +1 (+14.3 %)
params               82,738     21,298  -61,440 (-74.3 %)
parameter memory  323.2 KiB   83.2 KiB  -240.0 KiB (-74.3 %)
MACs                892,928    831,488  -61,440 (-6.9 %)
forward memory    160.0 KiB  168.0 KiB  +8.0 KiB (+5.0 %)
peak memory        96.0 KiB   96.0 KiB

5 of 6 tensors keep name and shape
1 with another shape under the same name: head.weight
"""
    )


def test_json_and_markdown(folder: Folder) -> None:
    folder.write(a=OLD, b=OLD.replace("out: 10", "out: 20"))
    data = json.loads(folder.run("diff", "a.yaml", "b.yaml", "--format", "json").out)
    assert data["totals"]["params"] == {"before": 82738, "after": 164668}
    (change,) = data["changes"]
    assert change["change"] == "changed" and change["what"] == ["out_features 10 -> 20"]
    assert change["before"]["out_shapes"] == [["N", 10]] and change["after"]["line"] == 9
    assert data["tensors"]["reshaped"] == ["head.weight", "head.bias"] and data["unchanged"] == 6
    lines = folder.run("diff", "a.yaml", "b.yaml", "--format", "markdown").out.splitlines()
    assert lines[0] == "**a.yaml -> b.yaml**" and "| changed | 6 | 6 | head |" in lines[4]


def test_standard_input_and_names_of_the_library(folder: Folder) -> None:
    folder.write(b=OLD)
    assert "no row differs" in folder.run("diff", "-", "b.yaml", stdin=OLD).out
    assert folder.run("diff", "-", "-").status == 2
    assert "122 of 122 tensors keep name and shape" in folder.run("diff", "resnet18", "resnet34").out


def test_a_spec_with_an_error(folder: Folder) -> None:
    folder.write(a=OLD, b=OLD.replace("out: 10", "in: 7, out: 10"))
    run = folder.run("diff", "a.yaml", "b.yaml")
    assert run.status == 1 and "b.yaml:9:30: error[feature-mismatch]" in run.err
    assert folder.run("diff", "a.yaml", "nowhere.yaml").status == 2
