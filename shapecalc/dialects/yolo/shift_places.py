"""Rows put in at several places of a model file: which sets of rows are tried, what the numbers mean without them."""

from __future__ import annotations

from collections.abc import Iterator, Set
from itertools import combinations
from typing import Final

from shapecalc.dialects.yolo.strides import FOREIGN, Sketch

MOST_NAMES: Final = 5  # all sets of so many modules are tried,
MOST_FOREIGN: Final = 8  # of so many rows,
MOST_PAIRED: Final = 24  # and all pairs of so many
LIKELY: Final = 1.0  # how much rarer each further place is: among modules that the library does not have,
UNLIKELY: Final = 4.0  # and among all


def sets(sketch: Sketch) -> dict[frozenset[int], float]:
    """Sets of rows that may have been put in, and how much rarer they are than one row at one place."""
    found: dict[frozenset[int], float] = {}
    foreign = [i for i in range(len(sketch)) if sketch.rare[i] >= FOREIGN]
    for rows in (*by_module(sketch, foreign), *subsets(foreign[:MOST_FOREIGN])):
        found.setdefault(rows, LIKELY * (places(rows) - 1))
    quiet = [i for i in range(len(sketch)) if new_looking(sketch, i)]
    if len(quiet) <= MOST_PAIRED:
        for pair in combinations(quiet, 2):
            found.setdefault(frozenset(pair), UNLIKELY)
    return {rows: prior for rows, prior in found.items() if places(rows) > 1}


def new_looking(sketch: Sketch, i: int) -> bool:
    """No number in its comment, one input, and the stride stays."""
    return sketch.numbers[i] is None and sketch.factors[i] == 1.0 and sketch.refs[i] == [-1] and not sketch.heads[i]


def by_module(sketch: Sketch, rows: list[int]) -> Iterator[frozenset[int]]:
    names = sorted({sketch.modules[i] for i in rows})
    for chosen in subsets(list(range(len(names[:MOST_NAMES])))):
        words = {names[k] for k in chosen}
        yield frozenset(i for i in rows if sketch.modules[i] in words)


def subsets(items: list[int]) -> Iterator[frozenset[int]]:
    for size in range(1, len(items) + 1):
        yield from map(frozenset, combinations(items, size))


def places(rows: Set[int]) -> int:
    """Runs of rows."""
    return sum(1 for i in rows if i - 1 not in rows)


def undone(sketch: Sketch, new: Set[int]) -> tuple[list[list[int]], list[int | None]]:
    """The references as they should be where these rows were put in, and the number that each row had before."""
    n = len(sketch)
    old = [i for i in range(n) if i not in new]
    before: list[int | None] = [None] * n
    for k, i in enumerate(old):
        before[i] = k
    refs = [[meant(i, ref, old, before[i], new) for ref in own] for i, own in enumerate(sketch.refs)]
    for i in sorted(new):
        if 0 < i < n - 1:
            taken_over(i, refs)
    return refs, before


def meant(i: int, ref: int, old: list[int], before: int | None, new: Set[int]) -> int:
    """A reference of row i. A relative one goes to the new rows that stand below what it read."""
    if ref >= 0:
        return old[ref] if ref < len(old) else ref + len(new)
    if ref == -1 or before is None or before + ref < 0:
        return ref
    target = old[before + ref]
    while target + 1 in new:
        target += 1
    return target - i


def taken_over(i: int, refs: list[list[int]]) -> None:
    """A new row that nobody reads takes the place of the row above it."""
    later = range(i + 1, len(refs))
    if refs[i] != [-1] or any(ref == i or k + ref == i for k in later for ref in refs[k]):
        return
    for k in later:
        refs[k] = [i if ref == i - 1 else ref for ref in refs[k]]
