"""The look of findings: carets under the right characters, whatever stands in the line."""

from __future__ import annotations

from shapecalc.render.findings.carets import finding_text
from shapecalc.render.findings.one_line import concise, summary
from shapecalc.text.findings import Finding, Label
from shapecalc.text.source import Source

SPEC = """\
name: net
layers:
  - conv2d: {out: 6, k: 5}
  - relu
  - conv2d: {in: 16, out: 16, k: 5}
"""


def place(source: Source, text: str, nth: int = 0):
    start = -1
    for _ in range(nth + 1):
        start = source.text.index(text, start + 1)
    return source.span(start, start + len(text))


def mismatch(source: Source) -> Finding:
    return Finding(
        "channel-mismatch",
        "error",
        "conv2d_2 expects 16 channels, 6 arrive",
        place(source, "16"),
        label="in_channels",
        notes=["conv2d_1 gives (N, 6, 24, 24)"],
        help="write `6`",
        related=[Label(place(source, "conv2d"), "gives 6 channels")],
    )


def test_two_labels() -> None:
    assert (
        finding_text(mismatch(Source("net.yaml", SPEC)))
        == """\
error[channel-mismatch]: conv2d_2 expects 16 channels, 6 arrive
 --> net.yaml:5:18
  |
3 |   - conv2d: {out: 6, k: 5}
  |     ------ gives 6 channels
...
5 |   - conv2d: {in: 16, out: 16, k: 5}
  |                  ^^ in_channels
  |
  = note: conv2d_1 gives (N, 6, 24, 24)
  = help: write `6`
"""
    )


def test_concise_and_summary() -> None:
    found = mismatch(Source("net.yaml", SPEC))
    assert concise([found]) == "net.yaml:5:18: error[channel-mismatch]: conv2d_2 expects 16 channels, 6 arrive\n"
    assert summary([found, found]) == "2 errors"
    assert summary([]) == ""


def test_two_labels_on_one_line() -> None:
    source = Source("a.yaml", "cat: [left, right]\n")
    found = Finding(
        "shape-mismatch",
        "error",
        "sizes differ",
        place(source, "right"),
        label="28x28",
        related=[Label(place(source, "left"), "56x56")],
    )
    assert finding_text(found).splitlines()[2:6] == [
        "  |",
        "1 | cat: [left, right]",
        "  |       ----  ^^^^^ 28x28",
        "  |       56x56",
    ]


def test_labels_on_one_place() -> None:
    source = Source("a.yaml", "relu: {repeat: 3}\n")
    found = Finding("x", "error", "m", place(source, "relu"), related=[Label(place(source, "relu"), "the first")])
    assert finding_text(found).splitlines()[4] == "  | ^^^^ the first"
    found.related = [Label(place(source, "relu: {repeat"), "around it")]
    assert finding_text(found).splitlines()[4] == "  | ^^^^--------- around it"


def caret(text: str, wanted: str, width: int | None = None) -> tuple[str, str]:
    """The source line and the caret line of a finding at `wanted`."""
    source = Source("a.yaml", text)
    lines = finding_text(Finding("x", "error", "m", place(source, wanted)), width=width).splitlines()
    return lines[3][4:], lines[4][4:]


def test_tabs_are_laid_out() -> None:
    line, marks = caret("\ta:\tbad", "bad")
    assert line.index("bad") == marks.index("^") == 8
    assert marks.count("^") == 3


def test_wide_characters_take_two_columns() -> None:
    line, marks = caret("名前: bad", "bad")
    assert line == "名前: bad"
    assert marks.index("^") == 6


def test_a_wide_word_gets_two_carets_a_character() -> None:
    assert caret("a: 名前", "名前")[1] == "   ^^^^"


def test_long_lines_are_cut_around_the_place() -> None:
    line, marks = caret("a" * 500 + " bad " + "b" * 500, "bad", width=60)
    assert len(line) <= 60 and line.startswith("... ") and line.endswith(" ...")
    assert line[marks.index("^") :].startswith("bad")


def test_a_place_at_the_start_of_a_long_line() -> None:
    line, marks = caret("bad: " + "b" * 500, "bad", width=60)
    assert line.startswith("bad: b") and marks == "^^^"


def test_control_characters_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in finding_text(Finding("x", "error", "m \x1b[2J", Source("a", "\x1b[31m").span(0, 5)))


def test_an_empty_file_has_a_place_and_no_line_to_show() -> None:
    found = Finding("empty-file", "error", "nothing in it", Source("a.yaml", "").span(0, 0), help="write one")
    assert finding_text(found) == "error[empty-file]: nothing in it\n --> a.yaml:1:1\n  = help: write one\n"


def test_colours_only_on_request() -> None:
    found = mismatch(Source("net.yaml", SPEC))
    assert "\x1b" not in finding_text(found)
    assert "\x1b[1;31merror[channel-mismatch]\x1b[0m" in finding_text(found, color=True)


def test_messages_wrap_at_the_width() -> None:
    found = Finding("x", "error", "word " * 30, Source("a", "text").span(0, 4), notes=["note " * 30])
    assert max(map(len, finding_text(found, width=60).splitlines())) <= 60


def test_a_label_in_another_file() -> None:
    block, spec = Source("blocks.yaml", "conv2d: 8\n"), Source("net.yaml", "use: block\n")
    found = Finding("x", "error", "m", place(spec, "block"), related=[Label(place(block, "8"), "from here")])
    assert " ::: blocks.yaml:1\n1 | conv2d: 8\n  |         - from here\n" in finding_text(found)


def test_a_span_over_lines_marks_the_first() -> None:
    source = Source("a.yaml", "layers:\n  - a\n  - b\n")
    assert "1 | layers:\n  | ^^^^^^^\n" in finding_text(Finding("x", "error", "m", source.span(0, 18)))
