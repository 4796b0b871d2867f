"""Blocks, `expect` and `budget`: what they take, and where their findings stand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import shapecalc
from shapecalc.language.amounts import BadAmount, quantity
from shapecalc.network.plan import Plan
from shapecalc.text.findings import Finding


def plan(text: str, head: str = "input: [3, 8, 8]\n") -> Plan:
    return shapecalc.plan(text=head + text)


def errors(made: Plan) -> list[Finding]:
    return [d for d in made.diagnostics if d.severity == "error"]


UP = """\
blocks:
  up:
    args: {out: required}
    layers:
      - convtranspose2d: {from: input.0, out: out, k: 2, s: 2, name: u}
      - cat: {from: [u, input.1], dim: 1}
      - conv2d: {out: out, k: 3, p: 1}
layers:
  - conv2d: {out: 8, k: 3, p: 1, name: skip}
  - maxpool2d: 2
"""


def test_a_block_of_two_inputs() -> None:
    made = plan(UP + "  - up: {out: 4, from: [-1, skip]}\n")
    assert made.ok and str(made.layers[-1].out_shapes[0]) == "(<N>, 4, 8, 8)"
    block = next(row for row in made.layers if row.kind == "block")
    assert [str(shape) for shape in block.in_shapes] == ["(<N>, 8, 4, 4)", "(<N>, 8, 8, 8)"]
    assert made.from_names(block) == ["maxpool2d_1", "skip"]


def test_an_input_that_is_not_given() -> None:
    (found,) = errors(plan(UP + "  - up: {out: 4}\n"))
    assert found.message == "this block is given 1 input: there is no `input.1`"
    assert found.help == "give it more where it is used: `from: [a, b]`" and found.span.text == "input.1"


def test_inputs_of_a_chain_of_blocks_are_the_first_ones() -> None:
    made = plan("blocks: {b: [{add: {from: [input, input.0, -1]}}]}\nlayers: [{b: {repeat: 2}}]\n")
    assert made.from_names(made.layers[1]) == ["input"] * 3


# What a block sees. --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("block", "use", "channels"),
    [
        ("{args: {w: in_channels*2}, layers: [{conv2d: {out: w, k: 1}}]}", "b", 6),
        ("{args: {w: 4, h: w + 1}, layers: [{conv2d: {out: h, k: 1}}]}", "b", 5),
        ("{args: {w: 4, h: w + 1}, layers: [{conv2d: {out: h, k: 1}}]}", "b: {w: 9}", 10),
        ("{args: {w: required}, layers: [{conv2d: {out: w, k: 1}}]}", "b: {w: width}", 16),
        ("{args: {w: required}, layers: [{conv2d: {out: w, k: 1}}]}", "b: 7", 7),
        ("{args: [w], layers: [{conv2d: {out: w, k: 1}}]}", "b: {w: 7}", 7),
        ('[{conv2d: {out: "in_shape[2] + in_features", k: 1}}]', "b", 16),
        ("[{conv2d: {out: width, k: 1}}]", "b", 16),
        ("[{conv2d: {out: i + 5, k: 1}}]", "b: {repeat: 3}", 7),
        ("{args: {w: required}, layers: [{conv2d: {out: w, k: 1}}]}", "b: {w: in_channels + i, repeat: 3}", 5),
        ("{args: {width: 5}, layers: [{conv2d: {out: width, k: 1}}]}", "b", 5),  # its own before the file's
        ("{args: {act: relu}, layers: [{conv2d: {out: 4, k: 1, when: act == 'relu'}}]}", "b", 4),
        ("[{conv2d: {out: 4, k: 1, when: in_channels == 4}}]", "b", 3),
        ("[{conv2d: {out: 4, k: 1}}]", "b: {when: width < 3}", 3),
        ("[{conv2d: {out: 4, k: 1}}]", "b: {repeat: 0}", 3),
        ("[]", "b", 3),
        ("{layers: []}", "b", 3),
    ],
)
def test_variables(block: str, use: str, channels: int) -> None:
    made = plan(f"vars: {{width: 16}}\nblocks: {{b: {block}}}\nlayers:\n  - {use}\n  - relu\n")
    assert not errors(made), made.diagnostics
    shape = made.layers[-1].out_shapes[0]
    assert shape is not None and shape[1] == channels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        # a block does not see what the block around it was given, nor its layers
        (
            "blocks:\n  a: [{conv2d: {out: w, k: 1}}]\n  b: {args: {w: 4}, layers: [a]}\nlayers: [b]\n",
            "not the text `w`",
        ),
        ("blocks:\n  a: [{conv2d: {out: i, k: 1}}]\n  b: [a]\nlayers: [{b: {repeat: 2}}]\n", "not the text `i`"),
        ("blocks: {a: [{relu: {from: r}}]}\nlayers: [{relu: {name: r}}, a]\n", "there is no layer `r`"),
        ("blocks: {a: [{relu: {name: r}}]}\nlayers: [a, {relu: {from: r}}]\n", "there is no layer `r`"),
        # recursion, with its chain
        ("blocks: {a: [a]}\nlayers: [a]\n", "block `a` uses itself: a -> a"),
        ("blocks: {a: [b], b: [{residual: [c]}], c: [a]}\nlayers: [relu]\n", "block `a` uses itself: a -> b -> c -> a"),
        # arguments
        (
            "blocks: {a: {args: {w: required, v: required}, layers: [relu]}}\nlayers: [a]\n",
            "block `a` needs `w` and `v`",
        ),
        ("blocks: {a: {args: {wide: 1}, layers: [relu]}}\nlayers: [{a: {wid: 2}}]\n", "has no argument `wid`"),
        ("blocks: {a: [relu]}\nlayers: [{a: 3}]\n", "block `a` takes no value"),
        ("blocks: {a: {args: {w: 1/0}, layers: [relu]}}\nlayers: [a]\n", "division by zero"),
        ("blocks: {a: {arg: {w: 1}, layers: [relu]}}\nlayers: [relu]\n", "a block has no key `arg`"),
        ("blocks: {a: {args: {w: 1}}}\nlayers: [a]\n", "block `a` has no `layers:`"),
        ("blocks: {a: 3}\nlayers: [relu]\n", "block `a` must be a list of layers"),
        ("blocks: [relu]\nlayers: [relu]\n", "`blocks` must be a mapping"),
        # names that mean something already
        ("blocks: {relu: [gelu]}\nlayers: [relu]\n", "block `relu` has the name of a layer type"),
        ("blocks: {residual: [gelu]}\nlayers: [relu]\n", "block `residual` has the name of a layer type"),
        ("blocks: {Conv2d: [gelu]}\nlayers: [relu]\n", "block `Conv2d` has the name of a layer type"),
        ("blocks: {a: {args: {in: 3, from: 2}, layers: [relu]}}\nlayers: [relu]\n", "`from` cannot be a variable"),
    ],
)
def test_refused(text: str, message: str) -> None:
    found = errors(plan(text))
    assert len(found) == 1 and message in found[0].message, found


def test_a_finding_in_a_block_points_at_the_line_and_at_each_use() -> None:
    text = """\
blocks:
  inner:
    args: {a: 2}
    layers:
      - conv2d: {in: 7, out: a, k: 1}
  outer:
    args: {b: 3, stride: 1}
    layers:
      - relu
      - inner: {a: 2*b}
layers:
  - relu
  - outer: {b: 4, stride: 2 if i == 0 else 1, repeat: 4}
  - outer
"""
    (found,) = errors(plan(text))
    assert (found.line, found.span.text, found.layer) == (6, "7", "outer_1.0.inner_1.conv2d_1")
    assert [(label.line, label.message) for label in found.related[-2:]] == [
        (11, "in block `inner`, used at line 11 with a=8"),
        (14, "in block `outer`, used at line 14 with b=4, stride=2, repeat 1 of 4"),
    ]


WORDS = """\
vars: {width: 8}
blocks:
  a: {args: {v: required}, layers: [{conv2d: {out: "%s", k: 1}}, {conv2d: {out: 2*v, k: v}}]}
"""


@pytest.mark.parametrize(
    ("inside", "text", "value", "variable"),
    [
        ("v", "layers:\n  - a: {v: widht}\n", "widht", "width"),
        ("v", "layers:\n  - a: widht\n", "widht", "width"),
        ("2*v", "layers:\n  - a: {v: widht}\n", "widht", "width"),
        ("v[1]", "layers:\n  - a: {v: [width, widht]}\n", "widht", "width"),
        ("v", "layers:\n  - a: {v: in_chanels}\n", "in_chanels", "in_channels"),
        ("v", "  b: {args: {w: widht}, layers: [{a: w}]}\nlayers:\n  - b\n", "widht", "width"),
        ("v", "layers:\n  - a: {v: zzz}\n", "zzz", None),
    ],
)
def test_a_misspelled_variable_as_an_argument(inside: str, text: str, value: str, variable: str | None) -> None:
    (found,) = errors(plan(WORDS % inside + text))
    label = next(label for label in found.related if label.span.text == value)
    said = f"; did you mean the variable `{variable}`?" if variable else ""
    assert found.line == 4 and label.message == f"`v` is the text `{value}`{said}"
    assert found.help == (f"write `{variable}` where `v` gets its value" if variable else None)


def test_each_misspelled_argument_is_one_finding() -> None:
    used = "layers:\n  - a: widht\n  - a: 1\n  - a: wdth\n  - a: widht\n  - relu: {repeat: widht}\n"
    found = errors(plan(WORDS % "v" + used))
    assert [(d.line, d.message.split()[-1]) for d in found] == [(4, "`wdth`"), (4, "`widht`"), (10, "`widht`")]
    assert [label.line for label in found[1].related if "did you mean" in label.message] == [6, 9]
    assert found[2].help == "write `width`"


def test_texts_stay_texts() -> None:
    rows = "[{relu: {when: act == 'relu'}}, {gelu: {when: act == 'gelu'}}]"
    block = f"blocks: {{a: {{args: {{act: required}}, layers: {rows}}}}}\n"
    made = plan("vars: {gelus: 8}\n" + block + "layers:\n  - a: {act: gelu}\n")
    assert not errors(made) and [row.type for row in made.layers] == ["a", "GELU"]
    assert made.to_dict()["layers"][0]["args"] == {"act": "gelu"}


# Expectations. -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("[N, 8, 6, 6]", None),
        ("[N, 8, _, 6]", None),
        ("[_, _, _, _]", None),
        ("[N, '_', 6, 6]", None),
        ("[N, 2*width, 6, 6]", None),
        ("[N, out, 6, 6]", None),
        ("[_, 8, 3*2, 7 - 1]", None),
        ("[N, 8, 6, 5]", "is expected to give [N, 8, 6, 5], it gives [N, 8, 6, 6]"),
        ("[N, 8, _, 5]", "is expected to give [N, 8, _, 5], it gives"),
        ("[1, 8, 6, 6]", "is expected to give [1, 8, 6, 6], it gives [N"),
        ("[N, 8, 6]", "is expected to give [N, 8, 6]"),
        ("[]", "is expected to give []"),
        ("8", "`expect` is a shape such as"),
        ("[N, -1, 6, 6]", "a size must be an integer >= 0"),
        ("[N, 8.5, 6, 6]", "a size must be an integer"),
        ("[N, [8], 6, 6]", "a size must be an integer"),
        ("{a: 1}", "`expect` is a shape such as"),
    ],
)
def test_expect(expect: str, said: str | None) -> None:
    made = plan(f"vars: {{width: 4}}\nlayers:\n  - conv2d: {{out: 8, k: 3, expect: {expect}}}\n")
    if said is None:
        assert not errors(made), made.diagnostics
    elif "[1," not in expect:
        (found,) = errors(made)
        assert said in found.message and found.line == 4


def test_expect_of_blocks_and_composites() -> None:
    made = plan(
        "blocks: {b: [{conv2d: {out: 4, k: 1}}]}\nlayers:\n"
        "  - b: {expect: [N, 4, 8, 8]}\n  - b: {expect: [N, 5, 8, 8]}\n"
        "  - residual: {body: [relu], expect: [N, 6, 8, 8]}\n"
    )
    assert [(d.rule, d.line) for d in errors(made)] == [("unexpected-shape", 5), ("unexpected-shape", 6)]


# Budgets. ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "key", "amount"),
    [
        ("5M", "params", 5e6),
        ("5m", "params", 5e6),
        ("300k", "params", 3e5),
        ("7B", "params", 7e9),
        (5, "params", 5),
        ("1_000_000", "params", 1e6),
        ("1,000,000", "params", 1e6),
        ("5e6", "params", 5e6),
        ("2.5 M params", "params", 2.5e6),
        ("1.5 GMACs", "macs", 1.5e9),
        ("300M", "macs", 3e8),
        ("1TMAC", "macs", 1e12),
        ("4 GFLOPs", "flops", 4e9),
        ("4 GFLOPS", "flops", 4e9),
        ("1MiB", "activation_bytes", 2**20),
        ("1 MB", "activation_bytes", 10**6),
        ("512B", "activation_bytes", 512),
        ("512 bytes", "param_bytes", 512),
        ("1.5 GiB", "param_bytes", 1.5 * 2**30),
        ("64 KiB", "peak_activation_bytes", 65536),
        ("12", "layers", 12),
        ("0", "params", 0),
    ],
)
def test_amounts(text: object, key: str, amount: float) -> None:
    assert quantity(text, key) == amount


@pytest.mark.parametrize(
    ("text", "key", "message"),
    [
        ("lots", "params", "must be an amount such as `5M`"),
        ("", "params", "must be an amount"),
        (-1, "macs", "must be"),
        (None, "macs", "must be an amount"),
        (True, "params", "must be an amount"),
        (float("inf"), "params", "must be"),
        ("5 MACs", "params", "`params` is counted in parameters, not in macs"),
        ("1MiB", "macs", "counted in mac"),
        ("5 parsecs", "params", "`params` has no unit `parsecs`"),
        ("5MM", "params", "no unit `mm`"),
        ("1e999", "params", "must be an amount"),
        ("5M M", "params", "no unit `mm`"),
        ("-5M", "params", "must be"),
        ("5 GFLOPs", "macs", "`macs` is counted in mac"),
    ],
)
def test_bad_amounts(text: object, key: str, message: str) -> None:
    with pytest.raises(BadAmount) as caught:
        quantity(text, key)
    assert message in str(caught.value)


LAYERS = "layers:\n  - conv2d: {out: 80, k: 3, name: wide}\n  - conv2d: {out: 8, k: 3}\n  - relu\n"


@pytest.mark.parametrize(
    ("key", "amount", "message", "note"),
    [
        (
            "params",
            "5k",
            "params is 8,008, over the budget of 5,000 by 3,008 (60.2 %)",
            "`conv2d_1` (5,768, 72 %), `wide` (2,240",
        ),
        (
            "macs",
            "0.1 MMACs",
            "macs is 169,920, over the budget of 100,000 by 69,920 (69.9 %)",
            "`conv2d_1` (92,160, 54 %)",
        ),
        ("flops", "100k", "flops is 339,840, over", "`conv2d_1` (184,320, 54 %)"),
        ("param_bytes", "1KiB", "param_bytes is 32,032, over the budget of 1,024 by", "`conv2d_1` (23,072, 72 %)"),
        ("activation_bytes", "1KiB", "activation_bytes is 12,544, over", "`wide` (11,520, 92 %)"),
        (
            "peak_activation_bytes",
            "1KiB",
            "peak_activation_bytes is 12,032, over",
            "the largest outputs are those of `wide`",
        ),
        ("layers", "2", "layers is 3, over the budget of 2 by 1 (50.0 %)", None),
        ("params", "0", "params is 8,008, over the budget of 0 by 8,008", "most are in"),
    ],
)
def test_over_budget(key: str, amount: str, message: str, note: str | None) -> None:
    (found,) = errors(plan(LAYERS + f"budget: {{{key}: {amount}}}\n"))
    assert found.message.startswith(message), found.message
    assert found.span.text == amount
    assert not found.notes if note is None else note in found.notes[0]


def test_within_budget() -> None:
    assert not errors(
        plan(LAYERS + "budget: {params: 8008, macs: 169920, flops: 0.4M, activation_bytes: 1MiB, layers: 3}\n")
    )


POOLED = "layers:\n  - conv2d: {out: 8, k: 3}\n  - maxpool2d: 2\n  - conv2d: {out: 8, k: 3}\n"


@pytest.mark.parametrize(
    ("sizes", "budget", "conditions"),
    [
        ("H, H", "{macs: 300M}", ["H >= 8", "H <= 916"]),
        ("H, 2*H", "{activation_bytes: 1MiB}", ["H >= 8", "H <= 106"]),
        ("H, 16", "{flops: 10M, layers: 3, params: 1k}", ["H >= 8", "H <= 1123"]),
        ("H, W", "{macs: 300M, params: 1k}", ["H >= 8", "W >= 8", "MACS <= 300,000,000"]),
        ("H, H", "{peak_activation_bytes: 20kB}", ["H >= 8", "H <= 24"]),
        ("H, H", "{macs: 11160}", ["H >= 8", "H <= 9"]),
    ],
)
def test_where_symbols_stay_within_a_budget(sizes: str, budget: str, conditions: list[str]) -> None:
    made = plan(POOLED + f"budget: {budget}\n", head=f"input: [3, {sizes}]\n")
    wanted = [text.replace("MACS", str(made.totals["macs"])) for text in conditions]
    assert not errors(made) and made.conditions == wanted
    bound = re.fullmatch(r"H <= (\d+)", conditions[-1])
    for more in (0, 1) if bound is not None else ():
        size = str(int(bound[1]) + more) if bound is not None else ""
        head = f"input: [3, {sizes.replace('H', size)}]\n"
        assert len(errors(plan(POOLED + f"budget: {budget}\n", head))) == more


def test_over_budget_whatever_the_symbols_are() -> None:
    (found,) = errors(plan(POOLED + "budget: {macs: 10k, flops: 16k, params: 1M}\n", head="input: [3, H, H]\n"))
    assert found.message == "flops is at least 16,704, over the budget of 16,000 by 704 (4.4 %)"
    assert found.span.text == "16k" and found.notes[0].startswith("flops is 432*H*H + 1152*floor(H/2)*floor(H/2)")


# Includes. -----------------------------------------------------------------------------------------------------------


def included(tmp_path: Path, files: dict[str, str]) -> Plan:
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return shapecalc.plan(tmp_path / "net.yaml")


NET = "input: [3, 8, 8]\ninclude: [a.yaml]\nlayers:\n  - a\n"
RELU = NET.replace("- a\n", "- relu\n")


def test_blocks_of_files_beside_the_spec_and_of_what_they_include(tmp_path: Path) -> None:
    files = {
        "net.yaml": "vars: {w: 5}\n" + NET,
        "a.yaml": "include: b.yaml\nblocks: {a: [b, relu]}\n",
        "b.yaml": "blocks: {b: [{conv2d: {out: w, k: 1}}]}\n",
    }
    made = included(tmp_path, files)
    assert made.ok and str(made.layers[-1].out_shapes[0]) == "(<N>, 5, 8, 8)"


def test_a_finding_in_an_included_file(tmp_path: Path) -> None:
    made = included(tmp_path, {"net.yaml": NET, "a.yaml": "blocks:\n  a: [{conv2d: {in: 4, out: 5, k: 1}}]\n"})
    (found,) = errors(made)
    assert found.path.endswith("a.yaml") and found.line == 2
    assert found.related[-1].path.endswith("net.yaml") and found.related[-1].line == 4


LIB = "blocks:\n  part: [{conv2d: {out: %d, k: 1}}]\n  %s: [part, own]\n"


def test_each_file_means_its_own_blocks(tmp_path: Path) -> None:
    files = {
        "net.yaml": "include: [a.yaml, b.yaml]\ninput: [3, 8, 8]\nblocks:\n  own: [relu]\nlayers:\n  - a\n  - b\n",
        "a.yaml": LIB % (5, "a"),
        "b.yaml": LIB % (7, "b"),
    }
    made = included(tmp_path, files)
    sizes = [(row.type, row.out_shapes[0][1]) for row in made.layers if row.kind == "layer"]
    assert not errors(made) and sizes == [("Conv2d", 5), ("ReLU", 5), ("Conv2d", 7), ("ReLU", 7)]
    (found,) = errors(included(tmp_path, {**files, "net.yaml": files["net.yaml"] + "  - part\n  - relu\n"}))
    assert found.line == 8 and found.message == "`a.yaml` and `b.yaml` have a block `part` each"


def test_one_file_by_two_ways(tmp_path: Path) -> None:
    way = "include: [c.yaml]\n"
    net = NET.replace("[a.yaml]", "[a.yaml, b.yaml, c.yaml]")
    files = {"net.yaml": net, "a.yaml": way, "b.yaml": way, "c.yaml": "blocks: {a: [relu]}\n"}
    assert included(tmp_path, files).diagnostics == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"net.yaml": RELU.replace("a.yaml", "no.yaml")}, "cannot read `no.yaml`: no such file"),
        ({"net.yaml": RELU.replace("a.yaml", "net.yaml")}, "`net.yaml` includes itself"),
        ({"net.yaml": NET, "a.yaml": "include: net.yaml\nblocks: {a: [relu]}\n"}, "is among the files that include"),
        ({"net.yaml": NET + "blocks: {a: [relu]}\n", "a.yaml": "blocks: {a: [gelu]}\n"}, "two blocks are called `a`"),
        ({"net.yaml": RELU.replace("[a.yaml]", "[3]")}, "`include` takes names of files"),
    ],
)
def test_includes_that_go_wrong(tmp_path: Path, files: dict[str, str], message: str) -> None:
    found = errors(included(tmp_path, files))
    assert len(found) == 1 and message in found[0].message, found
