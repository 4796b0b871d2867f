"""Comments that suppress findings, and what is said about those that do not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import shapecalc
from tests.linting import Folder

HEAD = "input: [3, 8, 8]\nlayers:\n"
NORM = "  - batchnorm2d\n"

# Specs whose one finding (redundant-bias) a comment suppresses.
SUPPRESSED = {
    "at the end of the line": "  - conv2d: {out: 4, k: 3}  # shapecalc: ignore[redundant-bias] kept for old weights\n",
    "on the line before": "  # shapecalc: ignore[redundant-bias]\n  - conv2d: {out: 4, k: 3}\n",
    "before other comments": "  # shapecalc: ignore[redundant-bias]\n  # stem\n\n  - conv2d: {out: 4, k: 3}\n",
    "without blanks": "  - conv2d: {out: 4, k: 3} #shapecalc:ignore[redundant-bias]\n",
    "with blanks": "  - conv2d: {out: 4, k: 3} #  shapecalc :  ignore [ redundant-bias ]  why\n",
    "as a title": "  - conv2d: {out: 4, k: 3} # Shapecalc: Ignore[redundant-bias]\n",
    "of several rules": "  - conv2d: {out: 4, k: 3} # shapecalc: ignore[redundant-bias, redundant_bias]\n",
    "by category": "  - conv2d: {out: 4, k: 3} # shapecalc: ignore[waste]\n",
    "over the lines of a layer": (
        "  # shapecalc: ignore[redundant-bias]\n  - conv2d:\n      out: 4\n      k: 3\n      bias: true\n"
    ),
    "at the first line of a layer": (
        "  - conv2d:  # shapecalc: ignore[redundant-bias]\n      out: 4\n      k: 3\n      bias: true\n"
    ),
    "at the last line of a layer": "  - conv2d: {out: 4,\n      k: 3} # shapecalc: ignore[redundant-bias]\n",
    "at the line itself": (
        "  - conv2d:\n      out: 4\n      bias: true  # shapecalc: ignore[redundant-bias]\n      k: 3\n"
    ),
    "in the file": "  - conv2d: {out: 4, k: 3}\n# shapecalc: ignore-file[redundant-bias] everywhere\n",
    "in a list of one line": "  - conv2d: {out: 4, k: 3}  # shapecalc: ignore[redundant-bias]\r\n",
}


@pytest.mark.parametrize("text", SUPPRESSED.values(), ids=SUPPRESSED)
def test_suppressed(text: str) -> None:
    assert shapecalc.plan(text=HEAD + text + NORM).diagnostics == []
    without = "\n".join(line.partition("#")[0] for line in (HEAD + text + NORM).split("\n"))
    assert [d.rule for d in shapecalc.plan(text=without).diagnostics] == ["redundant-bias"]


# Comments that suppress nothing, and what is reported beside redundant-bias.
NOT = {
    "another line": ("  - conv2d: {out: 4, k: 3}\n  # shapecalc: ignore[redundant-bias]\n", "unused-ignore"),
    "another layer": ("  - relu # shapecalc: ignore[redundant-bias]\n  - conv2d: {out: 4, k: 3}\n", "unused-ignore"),
    "another rule": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore[unknown-type]\n", "unused-ignore"),
    "misspelled": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore[redundant-bais]\n", "unknown-rule"),
    "no such rule": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore[E501]\n", "unknown-rule"),
    "no rules": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore\n", "invalid-ignore"),
    "empty brackets": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore[]\n", "invalid-ignore"),
    "an open bracket": ("  - conv2d: {out: 4, k: 3} # shapecalc: ignore[redundant-bias\n", "invalid-ignore"),
    "another linter's word": ("  - conv2d: {out: 4, k: 3} # shapecalc: disable=redundant-bias\n", "invalid-ignore"),
    "a misspelled word": ("  - conv2d: {out: 4, k: 3} # shapecalc: ingore[redundant-bias]\n", "invalid-ignore"),
    "no colon": ("  - conv2d: {out: 4, k: 3} # shapecalc ignore[redundant-bias]\n", "invalid-ignore"),
    "prose": ("  - conv2d: {out: 4, k: 3} # shapecalc: a note about the layer\n", None),
    "prose without a colon": ("  - conv2d: {out: 4, k: 3} # see shapecalc explain redundant-bias\n", None),
    "a text": ("  - conv2d: {out: 4, k: 3, name: '# shapecalc: ignore[redundant-bias]'}\n", None),
    "a block text": ("  - conv2d: {out: 4, k: 3}\n", None),
    "no blank before it": (
        "  - conv2d:\n      out: 4\n      k: 3\n      name: a#shapecalc:ignore[redundant-bias]\n",
        None,
    ),
}


@pytest.mark.parametrize(("text", "said"), NOT.values(), ids=NOT)
def test_not_suppressed(text: str, said: str | None) -> None:
    found = [d for d in shapecalc.plan(text=HEAD + text + NORM).diagnostics if d.severity != "error"]
    assert sorted(d.rule for d in found) == sorted(["redundant-bias"] + ([said] if said else []))
    for finding in found:
        if finding.rule == "unknown-rule":
            assert finding.span.text in ("redundant-bais", "E501")


def test_a_block_text_is_no_comment() -> None:
    text = "description: |\n  # shapecalc: ignore-file[redundant-bias]\n" + HEAD + "  - conv2d: {out: 4, k: 3}\n" + NORM
    assert [d.rule for d in shapecalc.plan(text=text).diagnostics] == ["redundant-bias"]


def test_before_a_composite_or_a_block_it_speaks_for_all_of_it() -> None:
    body = "      body:\n        - conv2d: {out: 3, k: 1}\n        - batchnorm2d\n"
    for comment, count in (("  # shapecalc: ignore[redundant-bias]\n", 0), ("", 1)):
        assert len(shapecalc.plan(text=HEAD + comment + "  - residual:\n" + body).diagnostics) == count
    block = "  b:\n    - conv2d: {out: 3, k: 1}\n    - batchnorm2d\n"
    for comment, count in (("  # shapecalc: ignore[redundant-bias]\n", 0), ("", 1)):
        assert len(shapecalc.plan(text="blocks:\n" + comment + block + HEAD + "  - b\n").diagnostics) == count


def test_the_first_line_of_a_composite_does_not_speak_for_its_layers() -> None:
    text = (
        "  - residual: # shapecalc: ignore[redundant-bias]\n"
        "      body:\n        - conv2d: {out: 3, k: 1}\n        - batchnorm2d\n"
    )
    rules = [d.rule for d in shapecalc.plan(text=HEAD + text).diagnostics]
    assert sorted(rules) == ["redundant-bias", "unused-ignore"]


def test_before_layers_it_does_not_speak_for_all_layers() -> None:
    text = "input: [3, 8, 8]\n# shapecalc: ignore[redundant-bias]\nlayers:\n  - conv2d: {out: 4, k: 3}\n" + NORM
    assert sorted(d.rule for d in shapecalc.plan(text=text).diagnostics) == ["redundant-bias", "unused-ignore"]


def test_an_error_can_be_suppressed() -> None:
    text = HEAD + "  - conv2d: {in: 5, out: 4, k: 3} # shapecalc: ignore[channel-mismatch] padded at run time\n"
    made = shapecalc.plan(text=text)
    assert made.ok and made.diagnostics == []


def test_what_stops_all_reading_cannot(folder: Folder) -> None:
    folder.write(net="# shapecalc: ignore-file[yaml-syntax]\ninput: [3\n")
    assert sorted(folder.lint("net.yaml", "--format", "concise").rules) == ["invalid-ignore", "yaml-syntax"]


def test_an_ignore_is_not_unused_where_its_rule_is_off(folder: Folder) -> None:
    folder.write(net=HEAD + "  - relu # shapecalc: ignore[redundant-bias]\n")
    assert folder.lint("net.yaml", "--format", "concise").rules == ["unused-ignore"]
    assert folder.lint("net.yaml", "--ignore", "redundant-bias", "--format", "concise").rules == []
    assert folder.lint("net.yaml", "--ignore", "unused-ignore", "--format", "concise").rules == []


def test_an_ignore_of_advice_is_not_unused_without_advice(folder: Folder) -> None:
    from shapecalc.rules.base import RULES

    advice = next(name for name, rule in RULES.items() if not rule.default)
    folder.write(net=HEAD + f"  - relu # shapecalc: ignore[{advice}]\n")
    assert folder.lint("net.yaml", "--format", "concise").rules == []
    assert folder.lint("net.yaml", "--advice", "--select", f"{advice},unused-ignore", "--format", "concise").rules == [
        "unused-ignore"
    ]


def test_comments_of_an_included_file_count_for_what_is_found_there(folder: Folder) -> None:
    block = "blocks:\n  b:\n    - conv2d: {out: 3, k: 1} # shapecalc: ignore[redundant-bias]\n    - batchnorm2d\n"
    folder.put("blocks.yaml", block + "    - relu # shapecalc: ignore[unused-output]\n")
    folder.write(net="include: [blocks.yaml]\n" + HEAD + "  - b\n")
    assert folder.lint("net.yaml", "--format", "concise").rules == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("  - relu  # shapecalc: ignore[redundant-bias] why\n", "  - relu\n"),
        ("  # shapecalc: ignore[redundant-bias]\n  - relu\n", "  - relu\n"),
        ("  - relu # shapecalc: ignore[unknown-typo]\n", "  - relu\n"),
    ],
)
def test_an_unused_ignore_is_taken_out(folder: Folder, before: str, after: str) -> None:
    folder.write(net=HEAD + before)
    assert folder.lint("net.yaml", "--fix").status == 0
    assert folder.read("net.yaml") == HEAD + after


def test_one_unused_name_is_taken_out_of_a_list(folder: Folder) -> None:
    line = "  - conv2d: {out: 4, k: 3} # shapecalc: ignore[%s] why\n"
    lists = ("unknown-type, redundant-bias", "redundant-bias, unknown-type", "redundant-bias,unknown-type,no-size")
    for names in lists:
        folder.write(net=HEAD + line % names.replace(",no-size", ",channel-mismatch") + NORM)
        assert folder.lint("net.yaml", "--fix").out.startswith("no findings")
        assert folder.read("net.yaml") == HEAD + line % "redundant-bias" + NORM


def test_an_ignore_is_not_unused_behind_an_error(folder: Folder) -> None:
    """The layer that failed may be the one whose finding it suppresses."""
    folder.write(net=HEAD + "  - conv2d: {in: 9, out: 4, k: 3} # shapecalc: ignore[redundant-bias]\n" + NORM)
    assert "unused-ignore" not in folder.lint("net.yaml", "--format", "concise").rules


def test_rows_of_a_model_file(folder: Folder) -> None:
    """A comment speaks for a row of another dialect as for a layer."""
    head = "nc: 4\nscales: {n: [0.5, 0.25, 1024]}\nbackbone:\n"
    text = head + "%s  - [-1, 1, Cnov, [64, 3, 2]]%s\nhead:\n  - [[0], 1, Detect, [nc]]\n"
    first = folder.write(net=text % ("", "")).lint("net.yaml", "--format", "jsonl").out
    rules = {json.loads(line)["rule"] for line in first.splitlines() if '"line": 4' in line}
    assert rules
    comment = f"# shapecalc: ignore[{', '.join(sorted(rules))}]"
    for above, beside in ((f"  {comment}\n", ""), ("", f"  {comment}")):
        left = folder.write(net=text % (above, beside)).lint("net.yaml", "--format", "jsonl").out
        assert not rules & {json.loads(line)["rule"] for line in left.splitlines()}


PARTS = ["# shapecalc", ":", " ", "ignore", "ignore-file", "[", "]", ",", "waste", "x", "\n", "'"]


@given(st.lists(st.sampled_from(PARTS)))
@settings(max_examples=200, deadline=None)
def test_any_comment_is_read_or_has_findings(parts: list[str]) -> None:
    """Whatever is written: no traceback, and the rest of the file is read."""
    made = shapecalc.plan(text=HEAD + "  - relu\n" + "".join("# " + part if part == "\n" else part for part in parts))
    assert all(0 <= d.span.start <= d.span.end for d in made.diagnostics)
