"""Shapes: text in and out, element counts, broadcasting against numpy's rule by brute force."""

from __future__ import annotations

import itertools

import pytest

from shapecalc.algebra.dims import UNK, Dim, symbol
from shapecalc.algebra.shape import Shape, broadcast, broadcast_pairs, format_shape, numel, parse_shape

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
    ("2.5x3", "'2.5' is no whole number"),
    ("3*28*28", "'3*28*28' is no whole number; write 28, 3x28x28"),
    ("3 28", "'3 28' is no size; write a whole number or a name"),
    ("3x2$", "'2$' is no size; write a whole number or a name (in '3x2$')"),
    ("²x3", "'²' is no size"),
    ("1" * 5000, "a size with 5000 digits is too long"),
    ("3x" + "y" * 5000 + "-", "is no size"),
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
    assert broadcast([many, (2,)]) == (many, None)


def by_numpy(shapes: list[tuple[int, ...]]) -> tuple[int, ...] | None:
    """The rule of numpy's manual: compare from the last axis; equal, or one of them is 1."""
    sizes = [set(column) - {1} for column in itertools.zip_longest(*(reversed(s) for s in shapes), fillvalue=1)]
    if any(len(column) > 1 for column in sizes):
        return None
    return tuple(min(column, default=1) for column in reversed(sizes))


def test_broadcast_numbers() -> None:
    some = [shape for rank in range(3) for shape in itertools.product((0, 1, 2, 3), repeat=rank)]
    for shapes in itertools.chain(itertools.product(some, repeat=2), itertools.product(some[:9], repeat=3)):
        result, axis = broadcast(shapes)
        assert result == by_numpy(list(shapes))
        assert (axis is None) == (result is not None)
        assert broadcast_pairs(shapes) == [] or result is None


@pytest.mark.parametrize(("shapes", "result", "axis"), [
    ([(2, 3), (2, 4)], None, 1),
    ([(2, 3, 4), (5, 4)], None, 1),
    ([(5, 3, 4), (2, 1, 1)], None, 0),
    ([(N, 3), (3,)], (N, 3), None),
    ([(N, H), (N, 1)], (N, H), None),
    ([(H,), (5,)], (5,), None),
    ([(H,), (H + 1,)], (H,), None),
    ([(H + 1,), (H + 2,)], None, 0),
    ([(UNK, 3), (2, 3)], (2, 3), None),
    ([(UNK,), (1,)], (UNK,), None),
    ([(UNK,), (H,)], (UNK,), None),
    ([], (), None),
])  # fmt: skip
def test_broadcast_symbols(shapes: list[Shape], result: Shape | None, axis: int | None) -> None:
    assert broadcast(shapes) == (result, axis)


def test_broadcast_pairs() -> None:
    assert broadcast_pairs([(N, H), (N, 1), (W,)]) == [(H, W)]
    assert broadcast_pairs([(H,), (5,), (H,)]) == [(5, H)]
    assert broadcast_pairs([(UNK, 3), (2, 3)]) == []
