"""What people get wrong in model files: one change to a good file gives one finding, and its fix a good file again."""

from __future__ import annotations

import re

import pytest

import shapecalc
from shapecalc.text.edits import edited

GOOD = """\
nc: 4
scales: {n: [0.50, 0.25, 512], s: [1.00, 0.50, 512]}
backbone:
  - [-1, 1, Conv, [64, 3, 2]]  # 0
  - [-1, 1, Conv, [128, 3, 2]]  # 1
  - [-1, 2, C2f, [128, True]]  # 2
  - [-1, 1, Conv, [256, 3, 2]]  # 3
  - [-1, 2, C2f, [256, True]]  # 4
  - [-1, 1, Conv, [512, 3, 2]]  # 5
  - [-1, 1, SPPF, [512, 5]]  # 6
head:
  - [-1, 1, nn.Upsample, [None, 2, nearest]]
  - [[-1, 4], 1, Concat, [1]]
  - [-1, 2, C2f, [256]]  # 9
  - [-1, 1, Conv, [256, 3, 2]]
  - [[-1, 6], 1, Concat, [1]]
  - [-1, 2, C2f, [512]]  # 12
  - [[9, 12], 1, Detect, [nc]]
"""
ROW4 = "[-1, 2, C2f, [256, True]]"
#: what is written, by what it is replaced, the finding (rule, message), the remedy, does `--fix` mend it?
MISTAKES = {
    "comma after repeats": (ROW4, "[-1, 2 C2f, [256, True]]", "invalid-row", "row 4 has 3 parts; a row is [from, "
                            "repeats, module, args]", "a comma is missing: write `2, C2f`", True),
    "comma after from": (ROW4, "[-1 2, C2f, [256, True]]", "invalid-row", "row 4 has 3 parts; a row is [from, "
                         "repeats, module, args]", "a comma is missing: write `-1, 2`", True),
    "from in two lists": ("[[-1, 4],", "[[[-1, 4]],", "invalid-row",
                          "`from` is a row number or a list of them, not `[-1, 4]`", "write `-1, 4`", True),
    "from in quotes": ("[[-1, 4],", "[[-1, '4'],", "invalid-row",
                       "`from` is a row number or a list of them, not `'4'`", "write `4`", True),
    "from by name": ("[[-1, 4],", "[[-1, p3],", "invalid-row",
                     "`from` is a row number or a list of them, not `p3`", "write -1 for the row above", False),
    "repeats in quotes": (ROW4, "[-1, '2', C2f, [256, True]]", "invalid-row",
                          "`repeats` is a number from 0 to 1000, not `'2'`", "write `2`", True),
    "huge repeats": (ROW4, "[-1, 1000000000, C2f, [256, True]]", "invalid-row",
                     "`repeats` is a number from 0 to 1000, not `1000000000`", "write 1", False),
    "no arguments": (ROW4, "[-1, 2, C2f, []]", "missing-argument", "C2f needs c2, the output channels",
                     "write `[64]`", False),
    "arguments left over": ("SPPF, [512, 5]", "SPPF, [512, 5, 3, True, 7, 8]", "unknown-argument",
                            "SPPF takes 4 arguments, 2 more are given", "remove `7, 8`", False),
    "anchors without anchors": ("Detect, [nc]", "Detect, [nc, anchors]", "unknown-argument",
                                "Detect takes 1 argument, 1 more is given", "Detect of YOLOv5 takes them: add "
                                "`anchors:` to the file, or remove `anchors` here", False),
    "classes in quotes": ("nc: 4", "nc: '4'", "invalid-argument", "`nc` must be a whole number of 1 or more, not `'4'`",
                          "write `nc: 4`", True),
    "names alone": ("nc: 4", "names: [a, b, c, d]", "missing-key", "the file has no `nc:`", "add `nc: 4`", False),
    "another word for nc": ("nc: 4", "num_classes: 4", "missing-key", "the file has no `nc:`",
                            "write `nc` instead of `num_classes`", False),
    "misspelled head": ("head:", "heads:", "missing-key", "the file has no `head:`, and the library needs both "
                        "backbone and head", "write `head` instead of `heads`", True),
    "misspelled key": ("nc: 4", "nc: 4\nactvation: nn.ReLU()", "key-without-effect",
                       "`actvation` has no effect: the library reads `activation`", "write `activation`", False),
    "scale for scales": ("scales:", "scale:", "key-without-effect",
                         "`scale` has no effect: the library reads `scales`", "write `scales`", False),
    "no size before the factor": ("[None, 2, nearest]", "[2, nearest]", "argument-order", "2 stands where the size "
                                  "belongs: it would make every map 2x2", "write `[None, 2, nearest]`", True),
    "factor and size swapped": ("[None, 2, nearest]", "[2, None, nearest]", "argument-order", "2 stands where the size "
                                "belongs: it would make every map 2x2", "write `[None, 2, nearest]`", True),
    "none": ("[None, 2, nearest]", "[none, 2, nearest]", "invalid-argument",
             "`none` is a text here, not the empty value", "write None", True),
    "axis of a join": ("[[-1, 6], 1, Concat, [1]]", "[[-1, 6], 1, Concat, [2]]", "invalid-argument",
                       "Concat joins channels, which are axis 1, not 2", "write `[1]`", True),
    "a head without arguments": ("Detect, [nc]", "Detect, []", "missing-argument", "Detect needs nc",
                                 "add nc to the row's arguments", False),
    "a head with too few": ("Detect, [nc]", "Segment, [nc]", "missing-argument", "Segment needs nm and npr",
                            "add nm to the row's arguments", False),
    "a row that is not there": ("[9, 12], 1, Detect", "[9, 99], 1, Detect", "unknown-reference", "row 13 (Detect) "
                                "reads row 99; there are 14 rows, 0-13", "write 12: nobody reads row 12 (C2f)", False),
    "a tuple": ("SPPF, [512, 5]", "SPP, [512, (5, 9)]", "invalid-argument", "`(5, 9)`: YAML has no tuples, and reads "
                "the commas as ends of arguments", "write `[5, 9]`", None),
    "no number of classes": ("nc: 4", "nc:", "invalid-argument", "`nc` must be a whole number of 1 or more, not empty",
                             "write `nc: 80`", False),
    "code in an argument": ("SPPF, [512, 5]", "SPPF, [512, \"__import__('os').abort()\"]", "invalid-argument",
                            "`k` of SPPF is a whole number, not `__import__('os').abort()`", None, False),
    "code as activation": ("nc: 4", "nc: 4\nactivation: __import__('os').abort()", "unknown-type",
                           "`__import__('os').abort()` is no activation of torch.nn", "write for example `nn.ReLU()`",
                           False),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_one_mistake_is_one_finding(name: str) -> None:
    old, new, rule, message, help, mended = MISTAKES[name]
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    found = shapecalc.plan(text=text).diagnostics
    assert [(d.rule, d.message, d.help) for d in found] == [(rule, message, help)]
    fix = found[0].fix
    assert mended is None or (fix is not None and fix.safe) == mended
    if mended and fix is not None:
        assert edited(fix.edits[0].span.source, [fix]) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
        re.sub("# ", "# 第", GOOD),
        GOOD.replace(" SPPF, [", "\tSPPF,\t["),
        GOOD + "author: me\nloss: bce\n",
    ],
)
def test_a_good_file_has_no_finding(text: str) -> None:
    assert not shapecalc.plan(text=text).diagnostics


def test_too_many_rows_are_the_only_finding() -> None:
    text = GOOD.replace("head:", "  - [-1, 1, Conv, [512]]\n" * 5000 + "head:")
    assert [d.message for d in shapecalc.plan(text=text).diagnostics] == ["`backbone` has more than 5,000 rows"]


UNKNOWN = GOOD.replace("C2f, [128, True]", "Mine, []").replace("Conv, [256, 3, 2]]\n", "Down, []]\n")


def test_a_join_that_rests_on_an_assumption_names_the_module_that_it_rests_on() -> None:
    found = [d for d in shapecalc.plan(text=UNKNOWN).diagnostics if d.rule == "stride-mismatch"]
    assert [(d.severity, d.notes, d.help) for d in found] == [
        (
            "warning",
            ["that rests on Down in row 10, which is taken to keep the size"],
            "declare it: `modules: {Down: {stride: 2}}`",
        ),
    ]


def test_both_sides_of_an_image_are_told() -> None:
    found = shapecalc.plan(text=GOOD, inputs={"input": (3, 100, 720)}).diagnostics
    assert [(d.message, d.help) for d in found] == [
        ("100 is not a multiple of 16: row 8 (Concat) gets 14 and 13", "plan with a side of 96 or 112"),
    ]
    found = shapecalc.plan(text=GOOD, inputs={"input": (3, 100, 730)}).diagnostics
    assert [(d.message, d.help) for d in found] == [
        (
            "100 and 730 are no multiples of 16: row 8 (Concat) gets 14 and 13",
            "plan with a side of 96 or 112 instead of 100, and of 720 or 736 instead of 730",
        ),
    ]


def test_the_caller_s_own_channels_are_not_held_against_the_summary_comment() -> None:
    text = GOOD.replace("scales: {n: [0.50, 0.25, 512], s: [1.00, 0.50, 512]}", "scales:\n  n: [0.50, 0.25, 512]"
                        "  # summary: 100 layers, 1,234 parameters")  # fmt: skip
    assert [d.rule for d in shapecalc.plan(text=text).diagnostics] == ["stale-summary"]
    assert not shapecalc.plan(text=text, inputs={"input": (1, 640, 640)}).diagnostics


def test_a_swapped_kernel_and_stride() -> None:
    found = shapecalc.plan(text=GOOD.replace("Conv, [64, 3, 2]", "Conv, [64, 2, 3]")).diagnostics
    assert [(d.rule, d.severity, d.message, d.help) for d in found[:1]] == [
        (
            "argument-order",
            "warning",
            "Conv with kernel 2 and stride 3 skips pixels",
            "write `3, 2`, if the two are swapped",
        ),
    ]


# Rows put in at several places. ---------------------------------------------------------------------------------------

COMMENTS = re.compile(r"\][ \t]*#.*$", re.MULTILINE)


def with_attention(text: str, places: tuple[int, ...]) -> str:
    """The text with a row put in above each of these rows."""
    lines = text.split("\n")
    at = [k for k, line in enumerate(lines) if line.startswith("  - [")]
    for place in reversed(places):
        lines.insert(at[place], "  - [-1, 1, CBAM, []]")
    return "\n".join(lines)


@pytest.mark.parametrize("comments", [True, False], ids=["comments", "no comments"])
@pytest.mark.parametrize(
    ("places", "head"),
    [((3, 10), [10, 14]), ((5, 7, 11), [11, 15]), ((3, 5, 7, 10), [12, 16]), ((10, 13), [9, 14]),
     ((7, 10, 13), [10, 15])],
    ids=str,
)  # fmt: skip
def test_rows_at_several_places_are_one_shift(places: tuple[int, ...], head: list[int], comments: bool) -> None:
    good = GOOD if comments else COMMENTS.sub("]", GOOD)
    text = with_attention(good, places)
    found = [d for d in shapecalc.plan(text=text).diagnostics if d.rule != "foreign-module"]
    assert [d.rule for d in found] == ["index-shift"], [d.message for d in found]
    assert found[0].fix is not None
    after = edited(found[0].fix.edits[0].span.source, [found[0].fix])
    assert f"- [{head}, 1, Detect" in after
    assert [d.rule for d in shapecalc.plan(text=after).diagnostics] == ["foreign-module"]


# Declared modules. ----------------------------------------------------------------------------------------------------

DECLARED = GOOD.replace("Conv,", "DSConv,")


@pytest.mark.parametrize(
    "declaration",
    ['{out: "args[0]", scaled: true, stride: "args[2]"}', '{scaled: true, stride: 2}',
     "{scaled: true, args: {c2: 64, k: 1, s: 1}, layers: [{conv2d: {out: c2, k: k, s: s, p: k // 2}}]}",
     "{scaled: true, args: [c2], layers: [{conv2d: {out: c2, k: 3, p: 1}}, {maxpool2d: 2}]}"],
)  # fmt: skip
def test_the_shift_is_seen_through_declared_strides(declaration: str) -> None:
    text = f"modules:\n  DSConv: {declaration}\n" + DECLARED
    assert not shapecalc.plan(text=text).diagnostics
    found = shapecalc.plan(text=with_attention(text, (5,))).diagnostics
    assert [d.rule for d in found] == ["index-shift", "foreign-module"]


@pytest.mark.parametrize(
    ("declaration", "message"),
    [("{out: -3}", '`out` of module CBAM is `same`, a number of channels or an expression such as "args[0]", not `-3`'),
     ("{stride: 0}", "`stride` of module CBAM is a number above 0 (0.5: twice as large), not `0`"),
     ("{inputs: 3}", "`inputs` of module CBAM is `one` or `list`, not `3`"),
     ("{params: 2.5}", "`params` of module CBAM is a whole number or an expression, not `2.5`"),
     ("{scaled: 2}", "`scaled` of module CBAM is true or false, not `2`"),
     ("{layers: relu}", "`layers` of module CBAM is a list of layers, not `relu`"),
     ('{out: "args[5]"}', "`out` of CBAM has no value at row 6: index 5 is out of range: the list has 0 values"),
     ("{out: \"__import__('os').abort()\"}", "`out` of CBAM has no value at row 6: `.` is not part of an expression"),
     ("same", "module `CBAM` is declared by a mapping, not `same`")],
)  # fmt: skip
def test_a_wrong_declaration_is_one_finding(declaration: str, message: str) -> None:
    text = f"modules: {{CBAM: {declaration}}}\n" + GOOD.replace("SPPF, [512, 5]]", "CBAM, []]")
    found = [d for d in shapecalc.plan(text=text).diagnostics if d.rule != "foreign-module"]
    assert [d.message for d in found] == [message]


def test_a_refusal_that_rests_on_an_assumption_is_a_warning() -> None:
    text = (
        GOOD.replace("Conv, [64, 3, 2]", "Mine, [64, 3, 2]")
        .replace("C2f, [128, True]", "EMA, [32]")
        .replace("  - [-1, 1, Conv, [128, 3, 2]]", "  - [-1, 1, nn.Identity, []]")
    )
    found = [d for d in shapecalc.plan(text=text).diagnostics if d.rule == "not-divisible"]
    assert [(d.severity, d.message, d.notes) for d in found] == [
        (
            "warning",
            "EMA cuts 3 channels into 8 groups",
            ["that rests on Mine in row 0, which is taken to keep the channels"],
        ),
    ]


@pytest.mark.parametrize(("wanted", "meant"), [("S", "s"), ("yolov8s", "s"), ("small", "s"), ("nano", "n")])
def test_a_scale_by_another_name(wanted: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f"there is no scale `{wanted}`; did you mean `{meant}`"):
        shapecalc.plan(text=GOOD, variant=wanted)


def test_a_lone_reference_to_itself_is_told_as_that() -> None:
    found = shapecalc.plan(text=GOOD.replace("[9, 12], 1", "[9, 13], 1")).diagnostics
    assert [(d.rule, d.message) for d in found] == [
        ("index-shift", "row 13 (Detect) reads row 13, which is itself: the number is off by one"),
    ]


@pytest.mark.parametrize("value", ["0", "-64", ".inf", "-.inf", ".nan", "{a: 1}", "[64]", "1e400", "yes"])
def test_a_width_that_is_none_is_one_finding(value: str) -> None:
    for old in ("Conv, [64, ", "C2f, [512]"):
        text = GOOD.replace(old, old.replace("64", value).replace("512", value))
        found = shapecalc.plan(text=text).diagnostics
        assert len(found) == 1 and found[0].severity == "error", [d.message for d in found]
        assert found[0].message.startswith(f"`c2` of {old.partition(',')[0]} is a whole number")


def test_a_file_without_a_backbone_is_one_finding() -> None:
    found = shapecalc.plan(text=GOOD.replace("backbone:", "backbones:")).diagnostics
    assert [(d.rule, d.help) for d in found] == [("missing-key", "write `backbone` instead of `backbones`")]
