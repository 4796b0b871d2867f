"""The index shift: a row was inserted or removed, and the absolute numbers below it still mean the old rows.

Every place and size of a shift is tried; the numbering that fits best wins, if it explains what is wrong in the file as
it stands. What speaks for it: references that cannot be, maps of different strides that meet, levels of the head out of
order, rows that nobody reads, references to a join instead of the block after it, and the numbers in the comments.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from shapecalc.dialects.yolo import shift_places as places
from shapecalc.dialects.yolo.family import Family
from shapecalc.dialects.yolo.rows import FileRow
from shapecalc.dialects.yolo.strides import DEAD, Sketch, Verdict, judge, number_bounds
from shapecalc.text.findings import Edit, Finding, Fix, Label, Reporter
from shapecalc.text.source import Span

SIZES: Final = (1, -1, 2, -2, 3)
MOST_ROWS: Final = 400  # every place is tried, and each costs a walk over the rows
PRIOR: Final = 1.0  # what a shift must be worth at least
RARER: Final = 4.0  # how much rarer each further row is
WORDS: Final = {1: "one", 2: "two", 3: "three"}


class Shift:
    """`size` rows were inserted at row `start` (or, where negative, removed before it). `refs`: as they should be;
    `before`: the number that each row had, None for one that was put in; `places`: where, if at several."""

    __slots__ = ("before", "places", "prior", "refs", "size", "start", "verdict")

    def __init__(
        self,
        start: int,
        size: int,
        refs: list[list[int]],
        before: list[int | None],
        verdict: Verdict,
        prior: float | None = None,
    ) -> None:
        self.start, self.size, self.refs, self.before, self.verdict = start, size, refs, before, verdict
        self.prior = RARER * (abs(size) - 1) if prior is None else prior
        self.places: list[int] = []


def find(rows: Sequence[FileRow], family: Family) -> Shift | None:
    """The shift of a file; None for a file whose numbers are right, or wrong in another way."""
    sketch = Sketch(rows, family)
    n = len(sketch)
    now = judge(sketch, sketch.absolute(), range(n))
    if (not now.hard and not now.stale) or n > MOST_ROWS:
        return None
    best: Shift | None = None
    for size in SIZES if n <= MOST_ROWS // 2 else SIZES[:2]:
        for start in range(n):
            shift = tried(sketch, start, size)
            if shift is not None and (best is None or rank(sketch, shift) < rank(sketch, best)):
                best = shift
    if best is None or likeliness(best) > PRIOR:
        best = scattered(sketch, best)
    if best is None or not explains(now, best) or weak(now, best, sketch):
        return None
    if best.verdict.hard and not now.invalid and any(row.unknown is not None for row in rows):
        return None  # a module that is not known may change the stride
    return best


def scattered(sketch: Sketch, best: Shift | None) -> Shift | None:
    """Rows put in at several places, where that fits better than any one place."""
    for new, prior in places.sets(sketch).items():
        if best is not None and prior >= likeliness(best):
            continue
        refs, before = places.undone(sketch, new)
        if refs == sketch.refs:
            continue
        shift = Shift(min(new), len(new), refs, before, judge(sketch, absolute(refs), before), prior)
        shift.places = sorted(i for i in new if i - 1 not in new)
        if best is None or likeliness(shift) < likeliness(best):
            best = shift
    return best


def likeliness(shift: Shift) -> float:
    """The less, the likelier."""
    return shift.verdict.cost + shift.prior


def absolute(refs: Sequence[Sequence[int]]) -> list[list[int]]:
    """References as row numbers; what is past the first row is -2."""
    return [[r if r >= 0 else i + r if i + r >= 0 or i == 0 else -2 for r in own] for i, own in enumerate(refs)]


def explains(now: Verdict, best: Shift) -> bool:
    """Is the file much better with the shift undone, and was it really wrong before?"""
    then = best.verdict
    if not now.hard > then.hard or not then.hard + then.soft < now.hard + now.soft:
        return False
    share = 0.9 if now.invalid and not then.invalid else 0.6
    return then.cost + PRIOR < share * now.cost


def weak(now: Verdict, best: Shift, sketch: Sketch) -> bool:
    """One row that nobody reads and one other reference: that may just as well be a row too many."""
    then = best.verdict
    changed = sum(1 for old, new in zip(sketch.refs, best.refs, strict=True) if old != new)
    return changed == 1 and now.hard - then.hard <= DEAD and now.soft <= then.soft and not now.stale


def rank(sketch: Sketch, shift: Shift) -> tuple[float, int, int, int, int]:
    """The better numbering first: by what speaks against it, then the smaller shift, the likelier place, and the fewer
    changes."""
    changed = sum(1 for old, new in zip(sketch.refs, shift.refs, strict=True) if old != new)
    return likeliness(shift), abs(shift.size), -likelihood(sketch, shift), changed, -shift.start


def likelihood(sketch: Sketch, shift: Shift) -> int:
    """How much the rows that a shift takes for new ones look it: no number in the comment, keeping the stride."""
    if shift.size < 0:
        return 0
    inserted = range(shift.start, min(shift.start + shift.size, len(sketch)))
    fitting = [i for i in inserted if sketch.numbers[i] is None and sketch.factors[i] == 1.0 and not sketch.joins[i]]
    return len(fitting) + sum(sketch.rare[i] for i in inserted)


def tried(sketch: Sketch, start: int, size: int) -> Shift | None:
    """The file with a shift undone; None where nothing would change."""
    n = len(sketch)
    if start + max(size, 0) > n:
        return None
    refs = [[moved(i, r, start, size) for r in own] for i, own in enumerate(sketch.refs)]
    if refs == sketch.refs or any(
        old >= 0 > new for own, then in zip(sketch.refs, refs, strict=True) for old, new in zip(own, then, strict=True)
    ):
        return None
    before = [original(i, start, size) for i in range(n)]
    return Shift(start, size, refs, before, judge(sketch, absolute(refs), before))


def original(i: int, start: int, size: int) -> int | None:
    """The number that row i had before the shift; None for a row that was put in."""
    if i < start:
        return i
    return i - size if size < 0 or i >= start + size else None


def moved(i: int, ref: int, start: int, size: int) -> int:
    """A reference of row i as it should be after the shift."""
    if ref >= 0:
        return current(ref, start, size)
    before = original(i, start, size)
    if ref == -1 or before is None or (size > 0 and before + ref == start - 1):
        return ref  # a new row takes the place of the row above it
    return current(before + ref, start, size) - i


def current(row: int, start: int, size: int) -> int:
    """Where a row of the original stands now; of a removed one the row before it."""
    if size > 0:
        return row if row < start else row + size
    if row < start:
        return row
    return row + size if row >= start - size else start - 1


# The finding. --------------------------------------------------------------------------------------------------------


def report(shift: Shift, rows: Sequence[FileRow], now: Verdict, reporter: Reporter) -> None:
    """One finding for the whole shift, with every reference that it concerns, and the fix."""
    row = rows[min(shift.start, len(rows) - 1)]
    changed = changes(shift, rows)
    where = listing(sorted({r.index for r, _, _ in changed}), rows)
    many = "1 reference" if len(changed) == 1 else f"{len(changed)} references"
    verb = "is" if len(changed) == 1 else "are"
    rest = f"{many} in {where} {verb} off by {distance(changed)}"
    message = lone(changed) or f"{change(shift, rows)} and the numbers below were not changed: {rest}"
    reporter.report(
        Finding(
            "index-shift",
            "error",
            message,
            row.module_node.span,
            layer=str(row.index),
            label="the shift begins here",
            notes=evidence(now, rows),
            help="--fix writes "
            + ", ".join(f"{old} -> {new} in row {r.index}" for r, old, new in changed[:6])
            + (", ..." if len(changed) > 6 else ""),
            related=[*more_places(shift, rows), *labels(changed)],
            fix=Fix("renumber the references", edits(shift, rows)),
        )
    )


def lone(changed: Sequence[tuple[FileRow, int, int]]) -> str:
    """One reference that cannot be may be a slip as well; "" for a shift that shows in more."""
    row, old, _ = changed[0]
    if len(changed) > 1 or old < row.index:
        return ""
    what = "which is itself" if old == row.index else "which is not above it"
    return f"row {row.index} ({row.module}) reads row {old}, {what}: the number is off by {distance(changed)}"


def change(shift: Shift, rows: Sequence[FileRow]) -> str:
    """What was done to the file."""
    if shift.places:
        named = [f"{i} ({rows[i].module})" for i in shift.places]
        return f"rows were inserted at rows {', '.join(named[:-1])} and {named[-1]}"
    row, count = rows[min(shift.start, len(rows) - 1)], abs(shift.size)
    done = "inserted at" if shift.size > 0 else "removed before"
    return f"{'a row was' if count == 1 else f'{count} rows were'} {done} row {row.index} ({row.module})"


def distance(changed: Sequence[tuple[FileRow, int, int]]) -> str:
    """How far off the references are: `one`, `one or two`, `one to three`."""
    steps = sorted({abs(new - old) for _, old, new in changed})
    words = [WORDS.get(n, str(n)) for n in (steps[0], steps[-1])]
    return words[0] if len(steps) == 1 else f"{words[0]} {'or' if len(steps) == 2 else 'to'} {words[1]}"


def changes(shift: Shift, rows: Sequence[FileRow]) -> list[tuple[FileRow, int, int]]:
    return [
        (row, old, new)
        for row, own in zip(rows, shift.refs, strict=True)
        for old, new in zip(row.written, own, strict=True)
        if old != new
    ]


def listing(numbers: Sequence[int], rows: Sequence[FileRow]) -> str:
    words = [str(n) for n in numbers[:6]]
    last = f"{words[-1]} ({rows[numbers[-1]].module})" if len(numbers) <= 6 else "..."
    return f"row {last}" if len(words) == 1 else f"rows {', '.join(words[:-1])} and {last}"


def more_places(shift: Shift, rows: Sequence[FileRow]) -> list[Label]:
    return [Label(rows[i].module_node.span, "and goes on here") for i in shift.places[1:]]


def labels(changed: Sequence[tuple[FileRow, int, int]]) -> list[Label]:
    found = []
    for row, old, new in changed:
        nodes = [node for node, written in zip(row.reads_nodes, row.written, strict=True) if written == old]
        found += [Label(node.span, f"means {new}") for node in nodes[:1]]
    return found


def edits(shift: Shift, rows: Sequence[FileRow]) -> list[Edit]:
    """The references, and the numbers in the comments."""
    found = []
    for row, own in zip(rows, shift.refs, strict=True):
        for node, old, new in zip(row.reads_nodes, row.written, own, strict=True):
            if old != new:
                found.append(Edit(node.span, str(new)))
        before = shift.before[row.index]
        bounds = number_bounds(row)
        if bounds is not None and before != row.index and row.source.text[slice(*bounds)] == str(before):
            found.append(Edit(Span(row.source, *bounds), str(row.index)))
    return found


def evidence(now: Verdict, rows: Sequence[FileRow]) -> list[str]:
    """What is wrong in the file as it stands."""
    found = []
    if now.mismatched:
        names = ", ".join(f"{i} ({rows[i].module})" for i in now.mismatched[:4])
        found.append(f"as it stands, maps of different strides meet in row {names}")
    if now.dead:
        names = ", ".join(f"{i} ({rows[i].module})" for i in now.dead[:4])
        found.append(f"as it stands, nobody reads row {names}")
    if now.stale:
        found.append("the row numbers in the comments say the same")
    return found


def stands(rows: Sequence[FileRow], family: Family) -> Verdict:
    """The verdict on a file as it is."""
    sketch = Sketch(rows, family)
    return judge(sketch, sketch.absolute(), range(len(sketch)))
