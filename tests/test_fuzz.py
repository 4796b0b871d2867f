"""No text makes shapecalc raise, and every finding stands inside its file."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import shapecalc
from shapecalc.layers.names_table import NAMES
from shapecalc.render.findings.carets import finding_text
from shapecalc.render.page import Page
from shapecalc.render.plan import plain
from shapecalc.text.findings import MAX_TEXT, Finding

SPECS = sorted((Path(__file__).parent.parent / "specs").glob("*.yaml"))
TEXTS = [path.read_text() for path in SPECS]
NASTY = [
    "0", "-1", "1", "2", "3", "7", "1.5", "0.5", ".nan", ".inf", "1e300", "9223372036854775807", "9223372036854775808",
    "9" * 200, "null", "true", "~", "''", "same", "valid", "N", "H", "width", "[]", "{}", "[1, 2]", "[0, 0]", "[-1, 3]",
    "[1, 2, 3, 4]", "{a: 1}", "[[1, 2], [3]]", "'1//0'", "'4*H'", "'N-1'", "input", "relu", "'nn.ReLU()'", "*x", "&x 3",
    "-99", "'i'", "'a if b'", "'max(1,'", "!!str 3", "(N, 3)", "3x28x28", "x", "'input.0'", "_",
]  # fmt: skip
MARKS = list("\n\t {}[]:,-#'\"|>&*!%@`?\\~é😀\x00\x07\ufeff\u2028\x85")
KEYS = [
    "k", "s", "p", "d", "g", "op", "in", "out", "bias", "dim", "name", "from", "repeat", "expect", "when", "trainable",
    "share", "shape", "kernel_size", "padding_mode", "ceil_mode", "output_size", "scale_factor", "size", "start", "end",
    "step", "dims", "equation", "num_layers", "hidden_size", "num_heads", "embed_dim", "num_groups", "return_indices",
    "batch_first", "bidirectional", "proj_size", "nonsense", "split_size", "chunks", "index", "keepdim", "body",
]  # fmt: skip

fuzz = settings(
    deadline=timedelta(seconds=5),
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def check(text: str) -> None:
    """Plan a text, and everything that is made of the plan."""
    made = shapecalc.plan(text=text)
    json.dumps(made.to_dict())
    plain.render(made, Page())
    for finding in made.diagnostics:
        stands_inside(finding)
        finding_text(finding)


def stands_inside(finding: Finding) -> None:
    source = finding.span.source
    assert len(finding.message) <= MAX_TEXT
    assert finding.message and "\n" not in finding.message
    for span in (finding.span, *(label.span for label in finding.related)):
        assert 0 <= span.start <= span.end <= len(span.source.text)
        assert 1 <= span.line <= span.source.line_count
        assert 1 <= span.column <= len(span.source.line_text(span.line)) + 2
    for edit in finding.fix.edits if finding.fix else ():
        assert 0 <= edit.span.start <= edit.span.end <= len(source.text)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A network of the library with up to four changes."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        kind = draw(st.sampled_from(["delete", "mark", "value", "line", "cut", "double"]))
        if kind == "delete":
            text = text[:start] + text[start + draw(st.integers(1, 30)) :]
        elif kind == "mark":
            text = text[:start] + draw(st.sampled_from(MARKS)) + text[start:]
        elif kind == "value":
            text = replace_word(text, start, draw(st.sampled_from(NASTY + KEYS)))
        elif kind == "cut":
            text = text[:start]
        else:
            lines = text.splitlines(keepends=True)
            at = draw(st.integers(0, max(0, len(lines) - 1)))
            lines[at : at + 1] = lines[at : at + 1] * 2 if kind == "double" else []
            text = "".join(lines)
    return text


def replace_word(text: str, start: int, word: str) -> str:
    """The text with the word at `start`, or the next one, replaced."""
    while start < len(text) and not text[start].isalnum():
        start += 1
    end = start
    while end < len(text) and text[end].isalnum():
        end += 1
    return text[:start] + word + text[end:]


class Raw(str):
    """A value that goes into the YAML text as it is."""


values: st.SearchStrategy[Any] = st.sampled_from(NASTY).map(Raw) | st.integers(-2, 40) | st.booleans()
types = st.sampled_from(sorted(NAMES))
arguments = st.dictionaries(st.sampled_from(KEYS), values, max_size=4)


def extend(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    chains = st.lists(inner, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"sequential": chains}),
        st.fixed_dictionaries({"residual": st.fixed_dictionaries({"body": chains}, optional={"shortcut": chains})}),
        st.fixed_dictionaries({"parallel": st.fixed_dictionaries({"branches": st.lists(chains, max_size=3)})}),
        st.fixed_dictionaries({"residual": chains}),
    )


layers = st.recursive(
    st.one_of(types, st.tuples(types, values | arguments).map(lambda pair: {pair[0]: pair[1]}), values),
    extend,
    max_leaves=8,
)
shapes = st.lists(st.integers(0, 40) | st.sampled_from(["H", "W", "C", "N", "2*H"]), max_size=4) | values
specs = st.fixed_dictionaries(
    {"input": shapes, "layers": st.lists(layers, max_size=6)},
    optional={
        "batch": values, "vars": st.dictionaries(st.sampled_from(["width", "i", "N", "H", "a"]), values, max_size=2),
        "blocks": st.dictionaries(
            st.sampled_from(["b", "relu", "Conv2d"]),
            st.fixed_dictionaries({"layers": st.lists(layers, max_size=2)}, optional={"args": arguments}), max_size=2,
        ),
        "outputs": values, "name": values, "variants": values, "budget": values, "include": values, "inputs": values,
    },
)  # fmt: skip


def written(value: Any) -> str:
    """The value in YAML's flow style."""
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {written(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value)


@fuzz
@given(mutated())
def test_mutated_specs(text: str) -> None:
    check(text)


@fuzz
@given(specs)
@example({"input": [0, 0, 0], "layers": [{"sequential": []}, {"sequential": ["adaptiveavgpool1d"]}]})
def test_generated_specs(spec: dict[str, Any]) -> None:
    check("".join(f"{key}: {written(value)}\n" for key, value in spec.items()))


@fuzz
@given(types, arguments, shapes)
def test_single_layers(name: str, values: dict[str, Any], shape: Any) -> None:
    check(f"input: {written(shape)}\nlayers:\n  - {name}: {written(values)}\n")


@fuzz
@given(st.text(max_size=60) | st.text(alphabet="".join(MARKS) + "ab1", max_size=40))
def test_any_text(text: str) -> None:
    check(text)


@fuzz
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=12,
    )
)
def test_any_data(value: Any) -> None:
    check(yaml.safe_dump(value, allow_unicode=True))


@fuzz
@given(st.text(alphabet="0123456789abiN.+-*/%()[]<>=!, 'ifelsnotandrmx", max_size=40))
def test_expressions(text: str) -> None:
    check(f"input: [8]\nvars: {{a: 3, b: [1, 2]}}\nlayers:\n  - linear: {json.dumps(text)}\n")


odd = st.sampled_from(
    [
        *(None, True, 0, -1, 2, 3, 2**63, 10**400, 0.5, float("nan"), float("inf"), "same", "x", "", b"x"),
        *([], [2, 3], (1,), (1, 2, 3), [[1], [2]], {}, {"type": "Linear"}, object(), range(3)),
    ]
)
sizes = st.lists(st.integers(0, 9) | st.sampled_from([1, 3, 8, "H", "N"]), max_size=6).map(tuple)


@fuzz
@given(
    types,
    st.lists(sizes, max_size=3),
    st.dictionaries(st.sampled_from(KEYS), odd, max_size=4),
    st.lists(odd, max_size=4),
)
def test_python_layers(name: str, shapes: list[Any], keywords: dict[str, Any], positional: list[Any]) -> None:
    keywords.pop("name", None)
    result = shapecalc.layer(name, *shapes, args=tuple(positional), **keywords)
    for finding in result.diagnostics:
        stands_inside(finding)
    assert result.ok is not any(d.severity == "error" for d in result.diagnostics)
    str((result.out_shapes, result.params, result.macs))
