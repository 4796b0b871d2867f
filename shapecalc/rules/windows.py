"""Rules about windows that slide over a map: what they miss, and what they see besides it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import pool_out
from shapecalc.rules.axes import Axis, alike, axes, likewise, ordinals
from shapecalc.rules.axes import count as counted
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.edits import set_argument
from shapecalc.rules.graph import Graph
from shapecalc.rules.types import AVG_POOLS, CONVOLUTIONS, MAX_POOLS, POOLS

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

COUNTED = 100_000  # positions that are looked at one by one


@rule("unread-border", "correctness", types=CONVOLUTIONS | POOLS, local=True)
def unread_border(row: Row, graph: Graph) -> Iterator[Hit]:
    """The last rows or columns of the input are in no window."""
    hit = [(a, unread(a)) for a in axes(row, graph) if a.k > 1]
    groups = alike([a for a, missed in hit if missed > 0])
    texts = [unread_text(group[0]) for group in groups]
    if not texts:
        return
    first = groups[0]
    notes = [windows_text(first[0]), *likewise(first), *texts[1:]]
    yield Hit(texts[0], row, ("stride", "kernel_size"), notes=notes, help=unread_help(row, first[0]))


def unread(axis: Axis) -> int:
    """Input positions after the end of the last window."""
    if axis.n is None or not axis.out:
        return 0
    return axis.n - ((axis.out - 1) * axis.s - axis.p + axis.extent)


def unread_text(axis: Axis) -> str:
    assert axis.n is not None and axis.out is not None
    missed = unread(axis)
    left = axis.n + 2 * axis.p - axis.extent - (axis.out - 1) * axis.s
    padding = left - missed
    some = "one of them" if padding == 1 else f"{padding} of them"
    rows = ordinals(axis.word, range(axis.n - missed + 1, axis.n + 1))
    verb = "is" if missed == 1 else "are"
    return f"{rows} of {axis.n} {verb} never read: floor drops {left}" + (f", {some} padding" if padding else "")


def windows_text(axis: Axis) -> str:
    assert axis.n is not None and axis.out is not None
    last = axis.n - unread(axis)
    padded = f" + 2*{axis.p}" if axis.p else ""
    return (
        f"floor(({axis.n}{padded} - {axis.extent})/{axis.s}) + 1 = {counted(axis.out, 'window')}; "
        f"the last one ends at {axis.word} {last}"
    )


def unread_help(row: Row, axis: Axis) -> str:
    """What reads everything: ceil_mode, more padding, or another input."""
    assert axis.n is not None and axis.out is not None
    missed = unread(axis)
    left = (axis.n + 2 * axis.p - axis.extent) % axis.s
    fits = f"{counted(axis.n - missed, axis.word)} or {axis.n + axis.s - left} fit"
    if row.type in MAX_POOLS | AVG_POOLS:
        return f"write `ceil_mode: true` to read them too, or change the layers above: {fits}"
    padding = next((p for p in range(axis.p + 1, axis.extent) if unread(padded(axis, p)) <= 0), None)
    if padding is not None and row.type in CONVOLUTIONS:
        return f"write `padding: {padding}` to read them too, or change the layers above: {fits}"
    return f"change the layers above: {fits}"


def padded(axis: Axis, p: int) -> Axis:
    """The same axis with another padding."""
    assert axis.n is not None
    out = (axis.n + 2 * p - axis.extent) // axis.s + 1
    return Axis(axis.index, axis.word, axis.n, out, axis.k, axis.s, p, axis.d)


@rule("skipped-input", "correctness", types=CONVOLUTIONS | POOLS, local=True)
def skipped_input(row: Row, graph: Graph) -> Iterator[Hit]:
    """The stride is larger than the kernel, or shares a factor with the dilation: some input is never read."""
    hit = [a for a in axes(row, graph) if a.k > 1 and a.s > 1 and a.out != 1 and residues(a) < a.s]
    for group in alike(hit)[:1]:
        axis = group[0]
        missed = axis.s - residues(axis)
        share = f"{missed} of {axis.s} {axis.word}s"
        if axis.extent < axis.s:
            message = f"stride {axis.s} is wider than the kernel of {axis.extent}: {share} is never read"
        else:
            message = f"stride {axis.s} and dilation {axis.d} keep step: {share} is never read"
        message = message.replace("is never", "are never") if missed > 1 else message
        yield Hit(
            message,
            row,
            "stride",
            notes=[*skipped_note(axis), *likewise(group)],
            help=f"write `stride: {axis.k}` or less, or a kernel of {axis.s} or more"
            if axis.d == 1
            else f"write a dilation that shares no factor with the stride of {axis.s}",
        )


def residues(axis: Axis) -> int:
    """Positions out of each `stride` that some window reads."""
    return len({tap * axis.d % axis.s for tap in range(min(axis.k, axis.s))})


def skipped_note(axis: Axis) -> list[str]:
    if axis.n is None or axis.out is None or axis.n > COUNTED or axis.out * axis.k > COUNTED:
        return []
    read = {o * axis.s - axis.p + tap * axis.d for o in range(axis.out) for tap in range(axis.k)}
    unread = sum(position not in read for position in range(axis.n))
    return [f"{counted(axis.out, 'window')} of {axis.k} read {axis.n - unread} of {axis.n} {axis.word}s"]


@rule("padding-only-output", "correctness", types=CONVOLUTIONS, local=True)
def padding_only_output(row: Row, graph: Graph) -> Iterator[Hit]:
    """The padding is as large as the kernel, so that some outputs see only padding."""
    if row.layer is None or row.layer.__dict__.get("padding_mode", "zeros") != "zeros":
        return
    for group in alike([a for a in axes(row, graph) if a.p >= a.extent])[:1]:
        axis = group[0]
        what = f"the first and the last output {axis.word} see"
        if axis.n is not None and axis.out:
            ends = range(axis.out) if axis.out <= COUNTED else ()
            blind = sum(o * axis.s + axis.extent <= axis.p or o * axis.s >= axis.p + axis.n for o in ends)
            what = f"{blind} of {counted(axis.out, f'output {axis.word}')} {'sees' if blind == 1 else 'see'}"
        yield Hit(
            f"padding {axis.p} is as wide as the kernel of {axis.extent}: {what} nothing but padding",
            row,
            "padding",
            notes=likewise(group),
            help=f"write `padding: {(axis.extent - 1) // 2}`",
        )


@rule("dilation-without-effect", "waste", types=CONVOLUTIONS | MAX_POOLS, fixable=True, local=True)
def dilation_without_effect(row: Row, graph: Graph) -> Iterator[Hit]:
    """A dilation on a kernel of 1."""
    dilated = [a for a in axes(row, graph) if a.d > 1]
    if dilated and all(a.k == 1 for a in dilated):
        yield Hit(
            f"dilation {dilated[0].d} has no effect on a kernel of 1: it still sees 1 {dilated[0].word}",
            row,
            "dilation",
            help="leave the dilation out, or widen the kernel",
            fix=set_argument(row, "dilation", "1"),
        )


@rule("padding-only-window", "correctness", types=MAX_POOLS | AVG_POOLS, local=True)
def padding_only_window(row: Row, graph: Graph) -> Iterator[Hit]:
    """The window that ceil_mode adds contains no new input, only padding."""
    if row.layer is None or not row.layer.__dict__.get("ceil_mode"):
        return
    hit = [(a, text) for a in axes(row, graph) if (text := useless_window(a)) is not None]
    if hit:
        first, message = hit[0]
        group = next(g for g in alike([a for a, _ in hit]) if g[0] is first)
        yield Hit(message, row, "ceil_mode", notes=likewise(group), help="leave `ceil_mode` out")


def useless_window(axis: Axis) -> str | None:
    """What the window that ceil_mode adds on this axis holds, where that is nothing new."""
    if axis.n is None or axis.out is None:
        return None
    plain = pool_out(axis.n, axis.k, axis.s, axis.p, axis.d)
    if not isinstance(plain, int) or (axis.n + 2 * axis.p - axis.extent) % axis.s == 0:
        return None
    last_read = (plain - 1) * axis.s - axis.p + axis.extent  # how many positions the windows before it reach
    if axis.out == plain:
        return (
            f"ceil_mode adds no window: number {plain + 1} would start at {axis.word} {plain * axis.s - axis.p + 1} "
            f"of {axis.n}, {'in the padding' if axis.p else 'past the end'}, and PyTorch drops it"
        )
    if last_read < axis.n:
        return None
    start = plain * axis.s - axis.p + 1
    seen = ordinals(axis.word, range(start, axis.n + 1))
    return f"ceil_mode adds a window that reads no new {axis.word}: {seen} of {axis.n} again, and padding"
