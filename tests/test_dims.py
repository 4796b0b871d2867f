"""The algebra of sizes: closed forms from tables, and "symbolic, then evaluated" against "computed with numbers"."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shapecalc.algebra import dims
from shapecalc.algebra.conditions import Condition, at_least, equal, merged, multiple
from shapecalc.algebra.dims import (
    UNK,
    Dim,
    Sym,
    ceildiv,
    conv_out,
    conv_transpose_out,
    divisible,
    evaluate,
    floordiv,
    format_dim,
    less,
    less_equal,
    maximum,
    minimum,
    pool_out,
    same,
    scale_out,
    substitute,
    symbol,
)
from shapecalc.algebra.expressions import parse_dim
from tests.conditions import condition, reading

H, W, N, C, CI, CO = (symbol(name) for name in ("H", "W", "N", "C", "C_in", "C_out"))


def resnet(n: Dim) -> Dim:
    """The size after the five stride-2 steps of a ResNet."""
    n = pool_out(conv_out(n, 7, 2, 6), 3, 2, 1)
    for _ in range(3):
        n = conv_out(n, 3, 2, 2)
    return n


CLOSED_FORMS = [
    # sums and products
    (H + 0, "H"),
    (H - H, 0),
    (H * 0, 0),
    (1 - H, "1 - H"),
    (-(H * 2), "-2*H"),
    (H + W + H, "2*H + W"),
    (2 * (H + 1), "2*H + 2"),
    (H * H, "H*H"),
    (W * H * C * N, "N*C*H*W"),
    (CO * 25 * CI + CO, "C_out*(25*C_in + 1)"),
    (64 * 25 * CI + 64, "1600*C_in + 64"),
    (-C * H - C, "-C*(H + 1)"),
    ((H + 1) * (W + 2) * N * 3, "3*N*(H + 1)*(W + 2)"),
    ((2 * H + 1) * (2 * W + 1), "(2*H + 1)*(2*W + 1)"),
    ((H // 2 + 1) * (W // 2 + 1) * 64 * N, "64*N*(floor(H/2) + 1)*(floor(W/2) + 1)"),
    (3 * (H + 1) * (W + 2) + 5 * C * H - 7, "3*(H + 1)*(W + 2) + 5*C*H - 7"),
    (
        9 * (H // 2 + 1) * (W // 2 + 1) - 4 * (H // 8 - 1) * (W // 8 + 1),
        "9*(floor(H/2) + 1)*(floor(W/2) + 1) - 4*(floor(H/8) - 1)*(floor(W/8) + 1)",
    ),
    # floor divisions: multiples come out, common factors cancel, nested ones collapse
    (2 * H // 2, "H"),
    ((2 * H + 1) // 2, "H"),
    ((4 * H + 3) // 2, "2*H + 1"),
    (3 * H // 2, "H + floor(H/2)"),
    (6 * H // 4, "H + floor(H/2)"),
    ((H + 1) // 2, "floor((H - 1)/2) + 1"),
    (H // -2, "floor(H/2) - H"),
    (H // 2 // 3, "floor(H/6)"),
    (((H + 1) // 2 + 3) // 4, "floor((H - 1)/8) + 1"),
    (2 * (H // 2) // 4, "floor(H/4)"),
    ((H // 2 + W) // 3, "floor((H + 2*W)/6)"),
    ((H // 2 + W // 2) // 3, "floor((floor(H/2) + floor(W/2))/3)"),
    (H % 2, "H - 2*floor(H/2)"),
    (2 * H % 2, 0),
    ((4 * H + 3) % 2, 1),
    (7 % H, "7 - H*floor(7/H)"),
    (C * (H // 2) * 2 // C, "2*floor(H/2)"),
    # division by symbols: what a reshape with -1 asks for
    (N * C * H * W // (N * C), "H*W"),
    (N * C * H // (2 * N), "floor(C*H/2)"),
    (N * (H // 2 + 1) * 7 // (H // 2 + 1), "7*N"),
    ((H * H - 1) // (H - 1), "H + 1"),
    ((N * C + H) // N, "C + floor(H/N)"),
    (H // (W + 1), "floor(H/(W + 1))"),
    (0 // H, 0),
    # minimum and maximum
    (minimum(H, H + 1), "H"),
    (minimum(H, 1), 1),
    (minimum(H, 5, minimum(W, 7)), "min(H, W, 5)"),
    (maximum(H, 0), "H"),
    (maximum(H // 2, H), "H"),
    (maximum(H, W, H), "max(H, W)"),
    (minimum(3, 4), 3),
    # layers on one axis
    (conv_out(H, 3, 1, 2), "H"),
    (conv_out(H, 3), "H - 2"),
    (conv_out(H, 3, 2, 2), "floor((H - 1)/2) + 1"),
    (conv_out(H, 2, 2), "floor(H/2)"),
    (conv_out(H, symbol("k")), "H - k + 1"),
    (pool_out(H, 3, 2, 0, 1, True), "floor(H/2)"),
    (pool_out(H, 2, 2, 0, 1, True), "floor((H - 1)/2) + 1"),
    (conv_transpose_out(H, 4, 2, 1), "2*H"),
    (conv_transpose_out(conv_out(H, 2, 2), 2, 2), "2*floor(H/2)"),
    (resnet(H), "floor((H - 1)/32) + 1"),
    (scale_out(H, 2.0), "2*H"),
    (scale_out(H, 0.5), "floor(H/2)"),
    (scale_out(2 * H, 0.5), "H"),
    (scale_out(H + 1, 0.3), "floor(0.3*(H + 1))"),
]


@pytest.mark.parametrize(("dim", "text"), CLOSED_FORMS, ids=str)
def test_closed_form(dim: Dim, text: str | int) -> None:
    assert dim == text if isinstance(text, int) else format_dim(dim) == text


@pytest.mark.parametrize("dim", [dim for dim, _ in CLOSED_FORMS], ids=format_dim)
def test_what_is_printed_can_be_read(dim: Dim) -> None:
    assert parse_dim(format_dim(dim)) == dim


@pytest.mark.parametrize("text", ["", "3.5", "-x-", "H W", "H/2", "foo(H)", "H**2", "a.b", "[1]",
                                  "1" * 5000, "H if 1 else 2", "(" * 300, "'a'", "min()",
                                  "floor('a'*H)", "floor(True*H)", "H\n+"], ids=lambda text: text[:20])  # fmt: skip
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a size|too long"):
        parse_dim(text)


COMPARISONS = [
    # a, b, a == b, a < b, a <= b
    (H, H, True, False, True),
    (H, H + 1, False, True, True),
    (H, W, None, None, None),
    (H, 1, None, False, None),
    (0, H, False, True, True),
    (H, 0, False, False, False),
    (2 * H, 2 * W + 1, False, None, None),
    ((H - 1) // 2 + 1, H // 2, None, False, None),
    (H // 2, H, False, True, True),
    (H // 2 + ceildiv(H, 2), H, True, False, True),
    (2 * (H // 2), H, None, None, True),
    (H // 2 + 2, (H - 1) // 2, False, False, False),
    (H * W, H, None, False, None),
    (C * (H // 2), C * H, False, True, True),
    ((H + 1) * (W + 1), H * W, False, False, False),
    (minimum(H, 5), 6, False, True, True),
    (maximum(H, 5), 4, False, False, False),
    (H // W, -1, False, False, False),
    (scale_out(H, 0.3), 0, None, False, None),
    (UNK, H, None, None, None),
    (UNK, UNK, None, None, None),
    (H * 10**400, W, None, None, None),
    (H + 10**400, 10**400, False, False, False),
]


@pytest.mark.parametrize(("a", "b", "equal", "smaller", "at_most"), COMPARISONS, ids=str)
def test_comparison(a: Dim, b: Dim, equal: bool | None, smaller: bool | None, at_most: bool | None) -> None:
    assert (same(a, b), less(a, b), less_equal(a, b)) == (equal, smaller, at_most)
    assert same(b, a) == equal


@pytest.mark.parametrize(("a", "k", "expected"), [
    (6, 3, True), (7, 3, False), (0, 0, True), (7, 0, False), (H, 1, True), (2 * H, 2, True), (2 * H + 1, 2, False),
    (4 * H + 2, 4, False), (4 * H + 1, 2, False), (H, 2, None), (H * W, W, True), (H, W, None),
    (2 * (H // 2), 2, True), (6 * H + 3, 4, False), (UNK, 2, None), (H, UNK, None), (H, 0, False),
    (4 * N, 6 * N, False), (12 * N, 6 * N, True), (4 * H * N, 6 * N, None), (6, H, None),
])  # fmt: skip
def test_divisible(a: Dim, k: Dim, expected: bool | None) -> None:
    assert divisible(a, k) is expected


EQUALITIES = [
    (H, W, "H = W"),
    (H + 2, W + 2, "H = W"),
    (2 * H, 14, "H = 7"),
    (2 * (H // 2), H, "H divisible by 2"),
    (H, 32 * (H // 32), "H divisible by 32"),
    (2 * ((H - 1) // 2 + 1), H, "H divisible by 2"),
    (2 * ((H - 1) // 2) + 1, H, "H odd"),
    (2 * (H // 4), H // 2, "floor(H/2) divisible by 2"),
    (4 * ((H + 1) // 4), H, "H divisible by 4"),
    (resnet(H), 7, "193 <= H <= 224"),
    (H // 2, 0, "H = 1"),
    (3 * H // 4, 6, "8 <= H <= 9"),
    (H * W, 12 * C, "H*W = 12*C"),
    (N * C * H, 3 * N, "C*H = 3"),
    (512 * resnet(H) * resnet(W), 25088, "(floor((H - 1)/32) + 1)*(floor((W - 1)/32) + 1) = 49"),
]


@pytest.mark.parametrize(("a", "b", "text"), EQUALITIES, ids=str)
def test_equal_text(a: Dim, b: Dim, text: str) -> None:
    assert str(equal(a, b)) == text


@pytest.mark.parametrize(("a", "lo", "text"), [
    (H + 2, 5, "H >= 3"), (conv_out(H, 5, 2), 1, "H >= 5"), (resnet(H), 2, "H >= 33"), (H, W, "H >= W"),
    (5, H, "H <= 5"), (7, H // 2, "H <= 15"), (3 * H, 7, "H >= 3"), (C * H, 4 * C, "H >= 4"),
])  # fmt: skip
def test_at_least_text(a: Dim, lo: Dim, text: str) -> None:
    assert str(at_least(a, lo)) == text


@pytest.mark.parametrize(("a", "k", "text"), [
    (H, 2, "H divisible by 2"), (H + 1, 2, "H odd"), (3 * H + 2, 4, "H - 2 divisible by 4"), (H, W, "H divisible by W"),
    (2 * H, 4, "H divisible by 2"), (N * H * W, 49 * N, "H*W divisible by 49"), (C * H, 4, "C*H divisible by 4"),
])  # fmt: skip
def test_divisible_text(a: Dim, k: Dim, text: str) -> None:
    assert str(multiple(a, k)) == text


@pytest.mark.parametrize(("conditions", "shown"), [
    (["H >= 2", "H divisible by 2", "H >= 4", "floor(H/2) divisible by 2"], ["H divisible by 4"]),
    (["floor(H/4) divisible by 2", "floor(H/2) divisible by 2", "H divisible by 2"], ["H divisible by 8"]),
    (["H divisible by 4", "H divisible by 6", "H >= 13"], ["H divisible by 12", "H >= 13"]),
    (["floor(W/2) divisible by 2", "H divisible by 2"], ["floor(W/2) divisible by 2", "H divisible by 2"]),
    (["floor(H/3) divisible by 2", "H divisible by 2"], ["floor(H/3) divisible by 2", "H divisible by 2"]),
    (["W >= 5", "W >= 3", "W >= 5", "H = W", "H = W", "H odd"], ["W >= 5", "H = W", "H odd"]),
    (["H - 1 divisible by 4", "C divisible by H"], ["H - 1 divisible by 4", "C divisible by H"]),
], ids=str)  # fmt: skip
def test_conditions_are_merged(conditions: list[str], shown: list[str]) -> None:
    assert [str(found) for found in merged(map(condition, conditions))] == shown
    for n, w in itertools.product(range(1, 60), (1, 2, 4, 5, 9)):
        env = {"H": n, "W": w, "C": 12}
        assert all(reading(text)(env) for text in conditions) == all(reading(text)(env) for text in shown)


# ---- unknown, limits


def test_unknown_absorbs() -> None:
    for value in (UNK + 1, 1 - UNK, UNK * H, H - UNK, H // UNK, UNK // 2, 7 % UNK, -UNK):
        assert value is UNK
    assert conv_out(UNK, 3) is UNK and minimum(UNK, 3) is UNK
    assert format_dim(UNK) == "?" and parse_dim("?") is UNK


@pytest.mark.parametrize("value", [
    conv_out(5, 3, 0), conv_out(H, 3, 0), ceildiv(3, 0), floordiv(H, 0), H % 0,
    scale_out(7, 0.0), scale_out(7, math.nan), scale_out(10**400, 2.0), scale_out(H, math.inf),
])  # fmt: skip
def test_no_value(value: Dim) -> None:
    assert value is UNK


@pytest.mark.parametrize(("number", "text"), [
    (10**20, "1" + "0" * 20), (10**5000, "1e5000"), (-(10**5000) * 25, "-2.5e5001"),
    (9996 * 10**5000, "9.996e5003"), (99999 * 10**5000, "1e5005"),
], ids=["plain", "power", "negative", "digits", "rounded up"])  # fmt: skip
def test_long_numbers_have_a_short_text(number: int, text: str) -> None:
    assert format_dim(number) == text
    assert str(H * number) == f"{text}*H"


def test_expressions_do_not_grow_without_limit() -> None:
    total: Dim = 1
    for i in range(300):
        total = total * (symbol(f"a{i}") + i)
    assert total is UNK
    deep: Dim = H
    for i in range(5000):
        deep = minimum(scale_out(deep, 0.3), symbol(f"b{i % 7}"))
    assert deep is UNK
    long: Dim = 1
    for _ in range(50_000):
        long = long * H
    assert long is UNK


# ---- the rules themselves, by brute force


def torch_pool_out(n: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """pooling_output_shape_pad_lr of PyTorch, word for word."""
    size = (n + 2 * p - d * (k - 1) - 1 + (s - 1 if ceil_mode else 0)) // s + 1
    return size - 1 if ceil_mode and (size - 1) * s >= n + p else size


def test_pool_out_is_what_pytorch_computes() -> None:
    cases = 0
    for n, k, s, d in itertools.product(range(1, 20), range(1, 7), range(1, 8), range(1, 4)):
        for p, ceil_mode in itertools.product(range(k // 2 + 1), (False, True)):
            assert pool_out(n, k, s, p, d, ceil_mode) == torch_pool_out(n, k, s, p, d, ceil_mode)
            cases += 1
    assert cases > 10_000


def test_pool_out_on_symbols_is_what_pytorch_computes() -> None:
    for k, s, d in itertools.product(range(1, 6), range(1, 6), range(1, 3)):
        for p in range(k // 2 + 1):
            closed = pool_out(H, k, s, p, d, True)
            assert all(evaluate(closed, {"H": n}) == torch_pool_out(n, k, s, p, d, True) for n in range(1, 20))


def test_nested_floor_identity() -> None:
    for a, s, b, t in itertools.product(range(-4, 5), range(1, 5), range(-4, 5), range(1, 5)):
        closed = ((H + a) // s + b) // t
        assert all(evaluate(closed, {"H": n}) == ((n + a) // s + b) // t for n in range(1, 25))


# ---- properties

SMALL = st.integers(1, 4)
SIZE = st.integers(1, 300)
STEP = st.one_of(
    st.tuples(st.just("conv"), st.integers(1, 7), SMALL, st.integers(0, 6), SMALL),
    st.tuples(st.just("pool"), st.integers(1, 5), SMALL, st.integers(0, 2), SMALL, st.booleans()),
    st.tuples(st.just("transpose"), st.integers(1, 5), SMALL, st.integers(0, 2), st.integers(0, 1), SMALL),
    st.tuples(st.just("scale"), st.sampled_from([2.0, 3.0, 0.5, 1.5, 0.25, 0.3, 1.7])),
    st.tuples(st.just("concat"), st.integers(0, 20)),
    st.tuples(st.just("join")),
    st.tuples(st.just("times"), SMALL),
    st.tuples(st.just("divide"), st.integers(1, 9)),
    st.tuples(st.just("remainder"), st.integers(1, 9)),
    st.tuples(st.just("fold")),
    st.tuples(st.just("min"), st.integers(1, 40)),
    st.tuples(st.just("max"), st.integers(-5, 40)),
)


def walk(steps: list[tuple], n: Dim, other: Dim) -> list[Dim]:
    """All sizes of the chain; `other` is a second axis that joins in."""
    seen = [n]
    for name, *args in steps:
        if name == "conv":
            n = conv_out(n, *args)
        elif name == "pool":
            n = pool_out(n, args[0], args[1], min(args[2], args[0] // 2), *args[3:])
        elif name == "transpose":
            n = conv_transpose_out(n, *args)
        elif name == "scale":
            n = scale_out(maximum(n, 1), args[0])
        elif name == "concat":
            n = n + args[0]
        elif name == "join":
            n = n + other
        elif name == "times":
            n = n * args[0]
        elif name == "divide":
            n = n // args[0]
        elif name == "remainder":
            n = n % args[0]
        elif name == "fold":
            n = n * other // maximum(other, 1)
        else:
            n = minimum(n, args[0]) if name == "min" else maximum(n, args[0])
        seen.append(n)
    return seen


@settings(max_examples=400, deadline=None)
@given(st.lists(STEP, max_size=7), st.lists(st.tuples(SIZE, SIZE), min_size=1, max_size=8))
def test_symbolic_then_evaluated_is_computed_with_numbers(steps: list[tuple], sizes: list[tuple[int, int]]) -> None:
    closed = walk(steps, H, W)
    for height, width in sizes:
        env = {"H": height, "W": width}
        for dim, number in zip(closed, walk(steps, height, width), strict=True):
            assert dim is UNK or evaluate(dim, env) == number
            assert dim is UNK or substitute(dim, {"H": height, "W": width}) == number


@settings(max_examples=200, deadline=None)
@given(st.lists(STEP, max_size=5), st.lists(STEP, max_size=3), SMALL)
def test_text_reads_back_as_the_same_size(steps: list[tuple], others: list[tuple], factor: int) -> None:
    first, second = walk(steps, H, W), walk(others, W, H)
    for dim in (*first, first[-1] * second[-1] - factor * first[0] * second[0] + sum(second)):
        assert dim is UNK or parse_dim(format_dim(dim)) == dim


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, max_size=4), st.lists(STEP, max_size=4), st.integers(1, 6))
def test_comparisons_are_never_wrong(left: list[tuple], right: list[tuple], k: int) -> None:
    a, b = walk(left, H, W)[-1], walk(right, H, W)[-1]
    draw = random.Random(repr((left, right)))
    sizes = [*itertools.product(range(1, 7), repeat=2)]
    sizes += [(draw.randint(1, 99), draw.randint(1, 99)) for _ in range(20)]
    for height, width in sizes:
        env = {"H": height, "W": width}
        x, y = evaluate(a, env), evaluate(b, env)
        if isinstance(x, int) and isinstance(y, int):
            assert same(a, b) in (None, x == y)
            assert less(a, b) in (None, x < y)
            assert less_equal(a, b) in (None, x <= y)
            assert divisible(a, k) in (None, x % k == 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(STEP, max_size=4), st.lists(STEP, max_size=4), st.integers(-3, 12), st.integers(1, 6))
def test_conditions_say_what_they_mean(left: list[tuple], right: list[tuple], number: int, k: int) -> None:
    a, b = walk(left, H, W)[-1], walk(right, H, W)[-1]
    for x, y in ((a, b), (a, number), (number, b)):
        if x is UNK or y is UNK or not (isinstance(x, Sym) or isinstance(y, Sym)):
            continue
        grid = [{"H": height, "W": width} for height, width in itertools.product((1, 2, 3, 4, 6, 7, 11), repeat=2)]
        values = [(env, evaluate(x, env), evaluate(y, env)) for env in grid]
        if same(x, y) is None:
            means(equal(x, y), [(env, u == v) for env, u, v in values])
        if less(x, y) is None:
            means(at_least(x, y), [(env, u >= v) for env, u, v in values])
        if divisible(x, k) is None:
            means(multiple(x, k), [(env, u % k == 0) for env, u, v in values])


def means(made: Condition, values: list[tuple[dict[str, int], bool]]) -> None:
    """The condition, its solved form and its text hold where, and only where, they should."""
    said = reading(str(made))
    for env, holds in values:
        assert said(env) == made.holds(env) == made.solved().holds(env) == holds


def test_symbols_and_substitution() -> None:
    dim = resnet(H) * N + minimum(W, 5)
    assert isinstance(dim, Sym) and dim.symbols() == {"H", "N", "W"}
    assert substitute(dim, {"H": 224, "W": 9}) == 7 * N + 5
    assert substitute(dim, {"X": 1}) is dim
    assert substitute(resnet(H), {"H": 32 * C}) == C
    assert substitute(7, {"H": 1}) == 7 and substitute(UNK, {"H": 1}) is UNK


def test_equal_expressions_are_one_value() -> None:
    assert len({H + 1, 1 + H, symbol("H") + 1, resnet(H), (H - 1) // 32 + 1, dims.symbol("H") * 1 + 1}) == 2
    assert H != 1 and H != "H"
