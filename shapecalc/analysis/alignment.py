"""Aligning two lists of rows: which row of the new list a row of the old one has become."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
Pair = tuple[int | None, int | None]  # indices in the old and the new list; None: there is no such row

EQUAL: Final = 20
MOST_CELLS: Final = 250_000  # of one table of likenesses; beyond, rows are paired one by one


def aligned(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable], likeness: Callable[[T, T], int]
) -> list[Pair]:
    """Pairs in order: those whose likenesses add up to the most (0: not alike). Rows with equal keys are likest."""
    left, right = [key(row) for row in old], [key(row) for row in new]
    start = common(left, right)
    end = common(left[start:][::-1], right[start:][::-1])
    a, b = range(start, len(old) - end), range(start, len(new) - end)
    pairs: list[Pair] = [(k, k) for k in range(start)]
    pairs += middle(old, new, a, b, left, right, likeness)
    pairs += zip(range(len(old) - end, len(old)), range(len(new) - end, len(new)), strict=True)
    return pairs


def common(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """How many keys at the start are the same."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((k for k, (a, b) in pairs if a != b), min(len(left), len(right)))


def middle(
    old: Sequence[T], new: Sequence[T], a: range, b: range, left: Sequence[Hashable], right: Sequence[Hashable],
    likeness: Callable[[T, T], int],
) -> Iterator[Pair]:  # fmt: skip
    """What stands between the first and the last row that differ."""
    if len(a) * len(b) <= MOST_CELLS:
        yield from between(a, b, lambda i, j: EQUAL if left[i] == right[j] else likeness(old[i], new[j]))
        return
    from difflib import SequenceMatcher

    if len(a) * len(b) > 100 * MOST_CELLS:
        yield from one_by_one(a, b)
        return
    matcher = SequenceMatcher(None, left[a.start : a.stop], right[b.start : b.stop], autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(a[a0:a1], b[b0:b1], strict=True)
        elif (a1 - a0) * (b1 - b0) > MOST_CELLS:
            yield from one_by_one(a[a0:a1], b[b0:b1])
        else:
            yield from between(a[a0:a1], b[b0:b1], lambda i, j: likeness(old[i], new[j]))


def between(left: range, right: range, alike: Callable[[int, int], int]) -> Iterator[Pair]:
    """The best pairs of two stretches."""
    score, best = table(left, right, alike)
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and score[i][j] and best[i][j] == score[i][j] + best[i + 1][j + 1]:
            yield left[i], right[j]
            i, j = i + 1, j + 1
        elif i < len(left) and (j == len(right) or best[i][j] == best[i + 1][j]):
            yield left[i], None
            i += 1
        else:
            yield None, right[j]
            j += 1


def table(left: range, right: range, alike: Callable[[int, int], int]) -> tuple[list[list[int]], list[list[int]]]:
    """How alike rows i and j are, and the most that this can add up to from (i, j) on."""
    score = [[alike(i, j) for j in right] for i in left]
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            pair = score[i][j] + best[i + 1][j + 1] if score[i][j] else 0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    return score, best


def one_by_one(left: range, right: range) -> Iterator[Pair]:
    yield from zip(left, right, strict=False)
    yield from ((i, None) for i in left[len(right) :])
    yield from ((None, j) for j in right[len(left) :])
