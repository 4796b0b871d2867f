"""The table as a tree: depths, sums, and repeats that are alike in one line."""

from __future__ import annotations

import pytest

from shapecalc.api import plan as engine
from shapecalc.network.plan import Plan
from shapecalc.render.page import EVERY_DEPTH, EVERYTHING, Page, View
from shapecalc.render.plan import plain, plan_csv, plan_markdown, terminal
from shapecalc.render.plan.cells import MARK, Cells
from tests.running import Run

NET = """\
input: [8, 16, 16]
blocks:
  unit:
    args: {width: required, s: 1}
    layers:
      - residual:
          body:
            - conv2d: {out: width, k: 3, s: s, p: 1, bias: false}
            - batchnorm2d
          shortcut: {when: s != 1 or in_channels != width, layers: [{conv2d: {out: width, k: 1, s: s}}]}
      - relu
layers:
  - conv2d: {out: 8, k: 1}
  - unit: {width: 8, repeat: 3, name: a}
  - unit: {width: 16, s: 2 if i == 0 else 1, repeat: 4, name: b}
  - flatten
  - linear: {out: 1024, repeat: 5}  # shapecalc: ignore[linear-after-linear]
"""


def plan(text: str = NET) -> Plan:
    made = engine.plan(text=text)
    assert made.ok, made.diagnostics
    return made


def cells_of(made: Plan, view: View = EVERYTHING, most_lines: int | None = None) -> Cells:
    page = Page(height=most_lines or 24, terminal=most_lines is not None, view=view)
    return Cells(made, page)


def shown(made: Plan, view: View) -> list[tuple[str, ...]]:
    cells = cells_of(made, view)
    return list(zip(*(cells.named(name) for name in ("name", "type", "params")), strict=True))


def test_depth_0_is_the_outline_with_sums() -> None:
    assert shown(plan(), View(depth=0)) == [
        ("conv2d_1", "Conv2d 8 k1", "72"),
        ("a.0-2", "3 x unit width=8 s=1", "1,776"),
        ("b.0", "unit width=16 s=2", "1,328"),
        ("b.1-3", "3 x unit width=16 s=1", "7,008"),
        ("flatten_1", "Flatten", "0"),
        ("linear_1.0-4", "5 x Linear 1024", "5,248,000"),
    ]


def test_sums_of_the_outline_are_the_totals() -> None:
    made = plan()
    lines = cells_of(made, View(depth=0)).lines
    for cost in ("params", "macs", "activation_bytes"):
        assert sum(getattr(line.row, cost) * line.count for line in lines) == made.totals[cost]


def test_open_to_a_depth() -> None:
    names = [name for name, _, _ in shown(plan(), View(depth=1))]
    assert names[:5] == ["conv2d_1", "a.0-2", "  residual_1", "  relu_1", "b.0"]
    assert [name for name, _, _ in shown(plan(), View(depth=2))][3] == "    conv2d_1"


def test_lines_inside_a_fold_are_of_one_repeat() -> None:
    lines = shown(plan(), View())
    at = [name for name, _, _ in lines].index("a.0-2")
    inside = [("  residual_1", "residual", "592"), ("    conv2d_1", "Conv2d 8 k3 p1 no-bias", "576")]
    assert lines[at + 1 : at + 3] == inside


def test_unfolded_every_row_has_its_line() -> None:
    made = plan()
    assert len(cells_of(made, View(fold=False)).lines) == len(made.layers)
    assert [name for name, _, _ in shown(made, View(depth=0, fold=False))][1:4] == ["a.0", "a.1", "a.2"]


def test_repeats_that_differ_in_a_shown_column_are_not_folded() -> None:
    names = [name for name, _, _ in shown(plan(), View(["receptive_field"], depth=0))]
    assert "a.0" in names and "a.2" in names and "linear_1.0-4" in names  # all of the input is seen behind flatten


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ("conv2d: {out: 8, k: 3, p: 2**i, d: 1}", None),  # not an expression
        ("conv2d: {out: 8, k: 3, p: i + 1, d: i + 1, repeat: 3}", 3),
        ("conv2d: {out: 8, k: 3, p: 1, repeat: 3}", 1),
        ("conv2d: {out: 8 + i, k: 3, p: 1, repeat: 3}", 3),
        ("conv2d: {out: 8, k: 3, p: 1, trainable: i > 0, repeat: 3}", 2),
        ("conv2d: {out: 8, k: 3, p: 1, bias: i > 0, repeat: 3}", 2),
    ],
)
def test_alike(row: str, count: int | None) -> None:
    made = engine.plan(text=f"input: [8, 16, 16]\nlayers:\n  - {row}\n  - relu\n")
    if count is None:
        assert not made.ok
    else:
        assert made.ok and len(cells_of(made).lines) == count + 1


def test_equal_rows_of_the_file_are_not_repeats() -> None:
    made = plan("input: [8, 16, 16]\nlayers:\n" + "  - conv2d: {out: 8, k: 3, p: 1}\n  - relu\n" * 3)
    assert len(cells_of(made).lines) == 6


def test_a_repeat_with_a_finding_stands_alone_and_its_closed_block_is_marked() -> None:
    text = "input: [8, 16, 16]\nblocks:\n  b: [{conv2d: {in: 8, out: 9, k: 1}}]\nlayers:\n  - b: {repeat: 4}\n"
    made = engine.plan(text=text)
    cells = cells_of(made, View(depth=0))
    marks = cells.marked()[0]
    assert marks.name == MARK
    assert list(zip(marks.texts, cells.named("name"), strict=True))[:2] == [("", "b_1.0"), ("E", "b_1.1")]


@pytest.mark.parametrize(("most", "depth"), [(3, 0), (6, 0), (12, 1), (20, 1), (100, None), (None, None)])
def test_what_fits(most: int | None, depth: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shapecalc.render.page.FEWEST_LINES", 0)
    cells = cells_of(plan(), most_lines=most)
    depths = {line.row.depth for line in cells.lines}
    assert max(depths) == (2 if depth is None else depth)
    assert any(f"open to depth {depth}" in note for note in cells.notes) == (depth is not None)


def test_every_format_has_the_tree() -> None:
    made = plan()
    closed = Page(100, view=View(depth=0))
    assert "3 x unit" in plain.render(made, closed) and "residual" not in plain.render(made, closed)
    assert "3 x unit" in terminal.render(made, closed)
    assert "| a.0-2 | 3 x unit width=8 s=1 |" in plan_markdown.render(made, closed)
    assert plan_csv.render(made, Page()).count("\n") == len(made.layers) + 1  # programs get every row, never folded
    assert plan_csv.render(made, closed).count("\n") == 1 + 1 + 3 + 4 + 1 + 5
    assert "equal repeats" in plain.render(made, Page()) and "equal repeats" not in plain.render(made, closed)


@pytest.mark.parametrize(
    ("args", "status", "said"),
    [
        ("--depth 0", 0, "3 x bottleneck"),
        ("--depth 0 --no-fold", 0, "bottleneck_2.3 "),
        ("--depth all", 0, "batchnorm2d_4"),
        ("--depth -1", 2, "write 0 for the outline"),
        ("--depth x", 2, "write 0 for the outline"),
        ("--depth 0 --format markdown", 0, "| bottleneck_2.1-3 | 3 x bottleneck"),
        ("--depth 0 --format csv", 0, "92,block,0,bottleneck_3.0,bottleneck,"),
        ("--depth 0 --format json", 0, '"bottleneck_2.1.residual_1.conv2d_1"'),
    ],
)
def test_command_line(args: str, status: int, said: str) -> None:
    run = Run("plan", "specs/resnet50.yaml", *args.split())
    assert run.status == status and said in (run.out + run.err).replace("bottleneck\\_", "bottleneck_")


def test_a_low_terminal_shows_the_outline() -> None:
    text = "input: [1, 8, 8]\nblocks:\n  b: [relu, relu]\nlayers:\n" + "  - b\n" * 30
    made = engine.plan(text=text)
    low = Page(height=5, terminal=True)
    assert low.most_lines == 40 and Page(height=60, terminal=True).most_lines == 60 and Page().most_lines is None
    assert len(Cells(made, low).lines) == 30 and len(Cells(made, Page()).lines) == 90  # piped: everything
    assert len(Cells(made, Page(height=5, terminal=True, view=View(depth=EVERY_DEPTH))).lines) == 90
