"""Shapes: text in and out, element counts."""

from __future__ import annotations

import pytest

from shapecalc.algebra.dims import UNK, Dim, symbol
from shapecalc.algebra.shape import Shape, format_shape, numel, parse_shape

H, W, N = symbol("H"), symbol("W"), symbol("N")


@pytest.mark.parametrize(("text", "shape"), [
    ("28", (28,)),
    ("28x32", (28, 32)),
    ("3x28x28", (3, 28, 28)),
    ("8X3X28X28", (8, 3, 28, 28)),
    ("3×28×28", (3, 28, 28)),
    ("3,28,28", (3, 28, 28)),
    (" 3, 28 , 28 ", (3, 28, 28)),
    ("(3, 28, 28)", (3, 28, 28)),
    ("[28,]", (28,)),
    ("3xHxW", (3, H, W)),
    ("Nx3xHxW", (N, 3, H, W)),
    ("N,3,max(H, 2),W", (N, 3, parse_shape("max(H, 2),")[0], W)),
    ("floor((H - 1)/2) + 1,W", ((H - 1) // 2 + 1, W)),
    ("?x3", (UNK, 3)),
    ("0x3", (0, 3)),
])  # fmt: skip
def test_parse(text: str, shape: Shape) -> None:
    assert parse_shape(text) == shape


@pytest.mark.parametrize(("text", "message"), [
    ("", "the shape is empty"),
    ("()", "the shape is empty"),
    ("3x", "a size is missing in '3x'"),
    ("x3", "a size is missing"),
    ("3,,3", "a size is missing in '3,,3'"),
    ("-1x3", "a size cannot be negative: -1"),
    ("2.5x3", "'2.5' is not an integer"),
    ("3*28*28", "'3*28*28' is not an integer; write 28, 3x28x28"),
    ("3 28", "'3 28' is not a size; write an integer or a name"),
    ("3x2$", "'2$' is not a size; write an integer or a name (in '3x2$')"),
    ("²x3", "'²' is not a size"),
    ("1" * 5000, "a size with 5000 digits is too long"),
    ("3x" + "y" * 5000 + "-", "is not a size"),
], ids=lambda text: text[:20])  # fmt: skip
def test_what_is_no_shape(text: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_shape(text)
    assert message in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(("shape", "text"), [
    ((N, 64, 56, 56), "(N, 64, 56, 56)"), ((28,), "(28,)"), ((), "()"), (None, "?"), ((N, UNK), "(N, ?)"),
    ((N, (H - 1) // 2 + 1), "(N, floor((H - 1)/2) + 1)"),
])  # fmt: skip
def test_format(shape: Shape | None, text: str) -> None:
    assert format_shape(shape) == text
    if shape:
        assert parse_shape(text) == shape


@pytest.mark.parametrize(("shape", "count"), [
    ((), 1), ((2, 3, 4), 24), ((2, 0, 4), 0), ((N, 3, H, W), 3 * N * H * W), ((UNK, 2), UNK), ((2**40,) * 3, 2**120),
])  # fmt: skip
def test_numel(shape: Shape, count: Dim) -> None:
    assert numel(shape) == count


def test_shapes_of_unusual_rank() -> None:
    many = parse_shape("x".join(["2"] * 50_000))
    assert numel(many) == 2**50_000
