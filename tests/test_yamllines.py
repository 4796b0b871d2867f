"""The line reader against the full parser: the same nodes at the same places, or no answer at all."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.text.findings import Reporter
from shapecalc.text.source import Source
from shapecalc.yamltree.events import from_events, pyyaml_resolver
from shapecalc.yamltree.fast import lines as yamllines
from shapecalc.yamltree.nodes import Mapping, Node, Scalar, Sequence, plain, resolve_core

ROOT = Path(__file__).parent.parent
FILES = [*sorted((ROOT / "specs").glob("*.yaml")), *sorted((ROOT / "tests" / "mistakes").glob("*.yaml"))]
TEXTS = {path.name: path.read_text() for path in FILES}
MARKS = [
    *" \n\t\r:-#,[]{}'\"?&*!|>%@`\\~=<.+/()$^;abk10_é\xa0\u2028\x85\ufeff😀", "\n\n", "\n  ", "\n    ", "\n- ",
    "\n  - ", "  ", ": ", ", ", "- ", " #", ":\n", "---", "...", "<<: ", "null", "x: 1", "{a: 1}", "[1, 2]", "{}",
    "[]", "''", "&x ",
]  # fmt: skip

fuzz = settings(deadline=None, derandomize=True)


def flat(node: Node | None) -> Any:
    """Everything that a tree says, places included."""
    if isinstance(node, Scalar):
        return node.start, node.end, type(node.value), repr(node.value), node.raw, node.quoted
    if isinstance(node, Sequence):
        return "list", node.start, node.end, [flat(item) for item in node.items]
    if isinstance(node, Mapping):
        return "mapping", node.start, node.end, [(flat(key), flat(value)) for key, value in node.pairs]
    return node


def is_read(text: str) -> bool:
    """Is the text read line by line? If so, the full parser must say the same, without a finding."""
    source, reporter = Source("f.yaml", text), Reporter()
    root = yamllines.read(source, resolve_core)
    if root is None:
        return False
    assert flat(root) == flat(from_events(source, reporter, resolve_core))
    assert not reporter.findings
    return True


READ = [
    "a: 1",
    "a: 1\n",
    "# of the file\n\na: 1 # of the line\n   # of nothing\nb: x y  z\n",
    "a:\nb: \nc: # nothing\n",
    "a:\n  b:\n    c: 1\nd: 2\n",
    "a:\n- b\n- c: 1\n  d: 2\ne: 3\n",
    "a:\n  - b\n  - c:\n      d: 2\n  - e:\n    - f\n    g: h\n",
    "- a\n-  b: 1\n   c: 2\n",
    "  - a\n  - b: {c: 1}\n    d: 2\n",
    "a: {b: 1, c: [1, 2], d: {e: f}, g: 'h, i', j: \"k\"}\n",
    "a: { b: 1 , c: [ 1 , 2 ] }  # spaces\nd: {}\ne: []\nf: [[1, 2], [{g: [3]}]]\n",
    "- {a: 1}\n- {a: 1}\n- {a: 1}\n  \n- {a: 1} \n",
    "- a: {b: 1}\n- a: {b: 1}\n  c: 2\n- a: {b: 1}\n",
    "a: nn.Conv2d(3, 64, kernel_size=(3, 3))\nb: 2 if i == 0 else 1\nc: http://x/y\nd: depths[0]\n",
    "a: -1\nb: -x\nc: 1e3\nd: .5\ne: ~\nf: 'null'\ng: null\nh: 0x1F\n1: i\n",
    "größe: é\n",
    "a:\n  - - b\n    - c: {d: 1}\n    - e: 1\n      f: 2\n  - - - g\n    - h\n  - i\n",
    "- - a: 1\n    b: 2\n  -  - c:\n         d\n- -  e: {f: 1}\n".replace("         d\n", "         d: 1\n"),
    "a: [b: 1, c: {d: 2}, [e: [f]], g]\nh: {i: [j: 1], k: l > 0, m: n>0}\n",
]
LEFT = [
    "",
    "# nothing\n",
    "a\n",
    "{a: 1}\n",
    "[1, 2]\n",
    "--- \na: 1\n",
    "a: 1\n...\n",
    "a: 1\na: 2\n",
    "a: {b: 1, b: 2}\n",
    "- - - - a\n",
    "a: b\n  c\n",
    "- a\n  b\n",
    "- a\n - b\n",
    "a: 1\n  b: 2\n",
    "a:\n    b: 1\n  c: 2\n",
    "a:\n  - b\n  c: 1\n",
    "- a\nb: 1\n",
    "a: {b: 1,\n    c: 2}\n",
    "a: {b: 1, }\n",
    "a: {b}\n",
    "a: {b: 1} c\n",
    "a: {b: 1}b: 2}\n",
    "a: {b: 1, ",
    "a: [1, 2\n",
    "a: 'b\n",
    "a: 'it''s'\n",
    'a: "b\\n"\n',
    "a: &x 1\nb: *x\n",
    "a: !!str 1\n",
    "<<: {a: 1}\n",
    "a: |\n  b\n",
    "a: >\n  b\n",
    "? a\n: b\n",
    "a: b: c\n",
    "a: @b\n",
    "a:\t1\n",
    "a: 1\r\n",
    "a: \x01\n",
    "a: " + "1" * 200,
    "a: " + "[" * 60 + "]" * 60,
    "".join(" " * k + "a:\n" for k in range(60)),
    "k" * 2000 + ": 1\n",
]


@pytest.mark.parametrize("text", READ)
def test_plain_texts_are_read(text: str) -> None:
    assert is_read(text)


@pytest.mark.parametrize("text", LEFT)
def test_other_texts_are_left_to_the_full_parser(text: str) -> None:
    assert not is_read(text)


@pytest.mark.parametrize("name", TEXTS)
def test_files(name: str) -> None:
    """Every file as it is, and with a few characters changed, a hundred times."""
    text = TEXTS[name]
    is_read(text)
    drawn = random.Random(name)
    for _ in range(100):
        is_read(mutated(text, drawn))


def mutated(text: str, drawn: random.Random) -> str:
    """Some lines of a text, with characters put in, replaced or left out."""
    lines = text.split("\n")
    first = drawn.randrange(len(lines))
    text = "\n".join(lines[first : first + drawn.randrange(1, 12)])
    for _ in range(drawn.randrange(3)):
        at = drawn.randrange(len(text) + 1)
        put = drawn.choice(MARKS) if drawn.random() < 0.8 else ""
        text = text[:at] + put + text[at + drawn.randrange(3) :]
    return text


@fuzz
@given(st.lists(st.sampled_from(MARKS), max_size=25).map("".join))
def test_random_texts(text: str) -> None:
    is_read(text)


@fuzz
@given(st.data())
def test_random_blocks(data: st.DataObject) -> None:
    """Lines that hold something, at random depths: where blocks begin, go on and end."""
    starts = st.sampled_from(["", "- ", "a: ", "b:", "- c: ", "- d:", "-  e: ", "-", "- - ", "-  - j: "])
    values = st.sampled_from(["", "x", "{f: 1}", "[g, 2]", "[k: 1, l]", "'h'", "# i"])
    lines = st.lists(st.tuples(st.integers(0, 5), starts, values), min_size=1, max_size=8)
    is_read("\n".join(" " * indent + start + value for indent, start, value in data.draw(lines)))


def test_scalars_resolve_as_asked() -> None:
    source = Source("f.yaml", "a: yes\nb: 010\nc: [no, 1_0]\nd: 1:30\n")
    old, new = (yamllines.read(source, resolve) for resolve in (pyyaml_resolver(), resolve_core))
    assert plain(old) == {"a": True, "b": 8, "c": [False, 10], "d": 90}
    assert plain(new) == {"a": "yes", "b": 10, "c": ["no", "1_0"], "d": "1:30"}
    assert flat(old) == flat(from_events(source, Reporter(), pyyaml_resolver()))


def test_equal_lines_share_their_form() -> None:
    """What makes repeated layers cheap: their nodes say that they are equal."""
    root = yamllines.read(Source("f", "- conv2d: {out: 8, k: 3}\n- relu\n- conv2d: {out: 8, k: 3}\n"), resolve_core)
    assert isinstance(root, Sequence)
    first, _, third = root.items
    assert first.form is third.form  # type: ignore[attr-defined]
    assert flat(first) != flat(third)
