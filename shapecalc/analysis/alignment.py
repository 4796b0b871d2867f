"""Aligning two lists of rows: which row of the new list a row of the old one has become."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final, TypeVar

T = TypeVar("T")
Pair = tuple[int | None, int | None]  # indices in the old and the new list; None: it has no such row
Likeness = Callable[[int, int], int]

EQUAL: Final = 20
MOST_CELLS: Final = 250_000  # of one table of likenesses; beyond, rows are paired in order


def aligned(
    old: Sequence[T], new: Sequence[T], key: Callable[[T], Hashable], likeness: Callable[[T, T], int]
) -> list[Pair]:
    """Pairs in order, with the largest sum of likenesses (0: not alike). Rows with equal keys are the most alike."""
    left, right = [key(row) for row in old], [key(row) for row in new]
    start = common_prefix(left, right)
    end = common_prefix(left[start:][::-1], right[start:][::-1])
    a, b = range(start, len(old) - end), range(start, len(new) - end)

    def score(i: int, j: int) -> int:
        return EQUAL if left[i] == right[j] else likeness(old[i], new[j])

    pairs: list[Pair] = [(k, k) for k in range(start)]
    pairs += middle(left, right, a, b, score)
    pairs += zip(range(len(old) - end, len(old)), range(len(new) - end, len(new)), strict=True)
    return pairs


def common_prefix(left: Sequence[Hashable], right: Sequence[Hashable]) -> int:
    """How many keys at the start are the same."""
    pairs = enumerate(zip(left, right, strict=False))
    return next((k for k, (a, b) in pairs if a != b), min(len(left), len(right)))


def middle(left: Sequence[Hashable], right: Sequence[Hashable], a: range, b: range, score: Likeness) -> Iterator[Pair]:
    """What is between the first and the last row that differ."""
    if len(a) * len(b) <= MOST_CELLS:
        yield from best_pairs(a, b, score)
        return
    if len(a) * len(b) > 100 * MOST_CELLS:
        yield from in_order(a, b)
        return
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, left[a.start : a.stop], right[b.start : b.stop], autojunk=False)
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        if tag == "equal":
            yield from zip(a[a0:a1], b[b0:b1], strict=True)
        elif (a1 - a0) * (b1 - b0) > MOST_CELLS:
            yield from in_order(a[a0:a1], b[b0:b1])
        else:
            yield from best_pairs(a[a0:a1], b[b0:b1], score)


def best_pairs(left: range, right: range, score: Likeness) -> Iterator[Pair]:
    """The best pairs of two stretches."""
    scores, best = table(left, right, score)
    i = j = 0
    while i < len(left) or j < len(right):
        if i < len(left) and j < len(right) and scores[i][j] and best[i][j] == scores[i][j] + best[i + 1][j + 1]:
            yield left[i], right[j]
            i, j = i + 1, j + 1
        elif i < len(left) and (j == len(right) or best[i][j] == best[i + 1][j]):
            yield left[i], None
            i += 1
        else:
            yield None, right[j]
            j += 1


def table(left: range, right: range, score: Likeness) -> tuple[list[list[int]], list[list[int]]]:
    """The likeness of rows i and j, and the largest sum of likenesses from (i, j) on."""
    scores = [[score(i, j) for j in right] for i in left]
    best = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i in reversed(range(len(left))):
        for j in reversed(range(len(right))):
            pair = scores[i][j] + best[i + 1][j + 1] if scores[i][j] else 0
            best[i][j] = max(pair, best[i + 1][j], best[i][j + 1])
    return scores, best


def in_order(left: range, right: range) -> Iterator[Pair]:
    yield from zip(left, right, strict=False)
    yield from ((i, None) for i in left[len(right) :])
    yield from ((None, j) for j in right[len(left) :])
