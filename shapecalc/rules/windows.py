"""Rules about windows that slide over a map: what they miss, and what they see beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from shapecalc.algebra.dims import pool_out
from shapecalc.layers.kinds import AVERAGE_POOL, CONVOLUTION, MAX_POOL, POOL
from shapecalc.rules.argument_fixes import set_argument
from shapecalc.rules.base import Hit, rule
from shapecalc.rules.graph import Graph, argument, is_a
from shapecalc.rules.window_axes import Axis, axes, grouped, ordinals, other_axes
from shapecalc.text.english import counted

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

MOST_WALKED = 100_000  # positions that are looked at one by one


# Input that is never read. -------------------------------------------------------------------------------------------


@rule("unread-border", "correctness", kinds=CONVOLUTION | POOL, local=True)
def unread_border(row: Row, graph: Graph) -> Iterator[Hit]:
    """The last rows or columns of the input are in no window."""
    groups = grouped(axis for axis in axes(row, graph) if axis.k > 1 and unread(axis) > 0)
    if not groups:
        return
    messages = [unread_text(group[0]) for group in groups]
    first = groups[0]
    notes = [windows_text(first[0]), *other_axes(first), *messages[1:]]
    yield Hit(messages[0], row, ("stride", "kernel_size"), notes=notes, help=unread_help(row, first[0]))


def unread(axis: Axis) -> int:
    """Input positions after the end of the last window."""
    if axis.n is None or not axis.out:
        return 0
    return axis.n - ((axis.out - 1) * axis.s - axis.p + axis.extent)


def unread_text(axis: Axis) -> str:
    assert axis.n is not None and axis.out is not None
    missed = unread(axis)
    remainder = axis.n + 2 * axis.p - axis.extent - (axis.out - 1) * axis.s
    padding = remainder - missed
    part = f", {'one of them' if padding == 1 else f'{padding} of them'} padding" if padding else ""
    rows = ordinals(axis.word, range(axis.n - missed + 1, axis.n + 1))
    return f"{rows} of {axis.n} {'is' if missed == 1 else 'are'} never read: floor drops {remainder}{part}"


def windows_text(axis: Axis) -> str:
    assert axis.n is not None and axis.out is not None
    padded = f" + 2*{axis.p}" if axis.p else ""
    windows = f"floor(({axis.n}{padded} - {axis.extent})/{axis.s}) + 1 = {counted(axis.out, 'window')}"
    return f"{windows}; the last one ends at {axis.word} {axis.n - unread(axis)}"


def unread_help(row: Row, axis: Axis) -> str:
    """What reads everything: ceil_mode, more padding, or another input."""
    assert axis.n is not None and axis.out is not None
    larger = axis.n + axis.s - (axis.n + 2 * axis.p - axis.extent) % axis.s
    change = f"change the layers above: {counted(axis.n - unread(axis), axis.word)} or {larger} fit"
    if is_a(row, MAX_POOL | AVERAGE_POOL):
        return f"write `ceil_mode: true` to read them too, or {change}"
    padding = next((p for p in range(axis.p + 1, axis.extent) if unread(with_padding(axis, p)) <= 0), None)
    if padding is not None and is_a(row, CONVOLUTION):
        return f"write `padding: {padding}` to read them too, or {change}"
    return change


def with_padding(axis: Axis, p: int) -> Axis:
    assert axis.n is not None
    return Axis(axis.word, axis.n, (axis.n + 2 * p - axis.extent) // axis.s + 1, axis.k, axis.s, p, axis.d)


@rule("skipped-input", "correctness", kinds=CONVOLUTION | POOL, local=True)
def skipped_input(row: Row, graph: Graph) -> Iterator[Hit]:
    """The stride is larger than the kernel, or shares a factor with the dilation: some input is never read."""
    skipping = [a for a in axes(row, graph) if a.k > 1 and a.s > 1 and a.out != 1 and residues(a) < a.s]
    for group in grouped(skipping)[:1]:
        axis = group[0]
        missed = axis.s - residues(axis)
        if axis.extent < axis.s:
            cause = f"stride {axis.s} is larger than the kernel of {axis.extent}"
        else:
            cause = f"stride {axis.s} and dilation {axis.d} share a factor"
        help = f"write a dilation that shares no factor with the stride of {axis.s}"
        if axis.d == 1:
            help = f"write `stride: {axis.k}` or less, or a kernel of {axis.s} or more"
        message = f"{cause}: {missed} of {axis.s} {axis.word}s {'is' if missed == 1 else 'are'} never read"
        yield Hit(message, row, "stride", notes=[*skipped_note(axis), *other_axes(group)], help=help)


def residues(axis: Axis) -> int:
    """Positions out of each `stride` that some window reads."""
    return len({tap * axis.d % axis.s for tap in range(min(axis.k, axis.s))})


def skipped_note(axis: Axis) -> list[str]:
    if axis.n is None or axis.out is None or axis.n > MOST_WALKED or axis.out * axis.k > MOST_WALKED:
        return []
    positions = {o * axis.s - axis.p + tap * axis.d for o in range(axis.out) for tap in range(axis.k)}
    read = len(positions.intersection(range(axis.n)))
    return [f"{counted(axis.out, 'window')} of {axis.k} read {read} of {axis.n} {axis.word}s"]


# Padding and dilation. -----------------------------------------------------------------------------------------------


@rule("padding-only-output", "correctness", kinds=CONVOLUTION, local=True)
def padding_only_output(row: Row, graph: Graph) -> Iterator[Hit]:
    """The padding is as large as the kernel, so that some outputs see only padding."""
    if (argument(row, "padding_mode") or "zeros") != "zeros":
        return
    for group in grouped(axis for axis in axes(row, graph) if axis.p >= axis.extent)[:1]:
        axis = group[0]
        yield Hit(
            f"padding {axis.p} is as large as the kernel of {axis.extent}: {blind_outputs(axis)} only padding",
            row,
            "padding",
            notes=other_axes(group),
            help=f"write `padding: {(axis.extent - 1) // 2}`",
        )


def blind_outputs(axis: Axis) -> str:
    """`2 of 34 output rows see`."""
    if axis.n is None or not axis.out:
        return f"the first and the last output {axis.word} see"
    ends = range(axis.out) if axis.out <= MOST_WALKED else ()
    blind = sum(o * axis.s + axis.extent <= axis.p or o * axis.s >= axis.p + axis.n for o in ends)
    return f"{blind} of {counted(axis.out, f'output {axis.word}')} {'sees' if blind == 1 else 'see'}"


@rule("dilation-without-effect", "waste", kinds=CONVOLUTION | MAX_POOL, fixable=True, local=True)
def dilation_without_effect(row: Row, graph: Graph) -> Iterator[Hit]:
    """A dilation on a kernel of 1."""
    dilated = [axis for axis in axes(row, graph) if axis.d > 1]
    if dilated and all(axis.k == 1 for axis in dilated):
        yield Hit(
            f"dilation {dilated[0].d} has no effect on a kernel of 1: it still sees 1 {dilated[0].word}",
            row,
            "dilation",
            help="leave the dilation out, or use a larger kernel",
            fix=set_argument(row, "dilation", "1"),
        )


@rule("padding-only-window", "correctness", kinds=MAX_POOL | AVERAGE_POOL, local=True)
def padding_only_window(row: Row, graph: Graph) -> Iterator[Hit]:
    """The window that ceil_mode adds contains no new input, only padding."""
    if not argument(row, "ceil_mode"):
        return
    useless = [(axis, message) for axis in axes(row, graph) if (message := useless_window(axis)) is not None]
    if useless:
        first, message = useless[0]
        group = next(group for group in grouped(axis for axis, _ in useless) if group[0] is first)
        yield Hit(message, row, "ceil_mode", notes=other_axes(group), help="leave `ceil_mode` out")


def useless_window(axis: Axis) -> str | None:
    """What is wrong with the window that ceil_mode adds on this axis; None if it reads new input."""
    if axis.n is None or axis.out is None:
        return None
    plain = pool_out(axis.n, axis.k, axis.s, axis.p, axis.d)
    if not isinstance(plain, int) or (axis.n + 2 * axis.p - axis.extent) % axis.s == 0:
        return None
    start = plain * axis.s - axis.p + 1
    if axis.out == plain:
        outside = "in the padding" if axis.p else "past the end"
        return (
            f"ceil_mode adds no window: number {plain + 1} would start at {axis.word} {start} of {axis.n}, {outside}, "
            "and PyTorch drops it"
        )
    last_read = (plain - 1) * axis.s - axis.p + axis.extent  # by the windows before it
    if last_read < axis.n:
        return None
    again = ordinals(axis.word, range(start, axis.n + 1))
    return f"ceil_mode adds a window that reads no new {axis.word}: {again} of {axis.n} again, and padding"
