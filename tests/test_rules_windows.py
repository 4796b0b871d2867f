"""Rules about windows against counting: every position of small inputs, every window, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from shapecalc.algebra.dims import conv_out, pool_out
from shapecalc.rules.advice.gridding import Taps
from shapecalc.rules.window_axes import Axis, ordinals
from shapecalc.rules.windows import residues, skipped_note, unread, unread_text, useless_window


def axes(ceil: bool = False) -> Iterator[Axis]:
    """Every axis of a small convolution, or of a pool with ceil_mode, that gives an output."""
    for n, k, s, p, d in product(range(1, 14), range(1, 5), range(1, 6), range(4), range(1, 4)):
        if n + 2 * p < d * (k - 1) + 1 or (ceil and p > k // 2):
            continue
        out = pool_out(n, k, s, p, d, True) if ceil else conv_out(n, k, s, 2 * p, d)
        assert isinstance(out, int)
        yield Axis("row", n, out, k, s, p, d)


def read(axis: Axis, windows: int | None = None) -> list[set[int]]:
    """The positions that each window reads, padding as negative ones and those from n on."""
    count = axis.out if windows is None else windows
    assert count is not None
    return [{o * axis.s - axis.p + tap * axis.d for tap in range(axis.k)} for o in range(count)]


def real(axis: Axis, windows: list[set[int]]) -> set[int]:
    assert axis.n is not None
    return {position for window in windows for position in window if 0 <= position < axis.n}


def test_unread_border() -> None:
    """What lies behind the last window, unless padding does."""
    for axis in axes():
        windows = read(axis)
        assert axis.n is not None
        missed = list(range(max(max(w) for w in windows) + 1, axis.n))
        assert max(unread(axis), 0) == len(missed), axis.numbers
        if missed:
            text = unread_text(axis)
            assert text.startswith(ordinals("row", [m + 1 for m in missed]) + f" of {axis.n} ")
            assert unread(Axis("row", axis.n, axis.out, axis.k, axis.s, axis.p, axis.d)) < axis.s


def test_skipped_input() -> None:
    """Positions between the windows that none reads: some in every `stride` of them, wherever there is room."""
    for axis in axes():
        assert axis.n is not None and axis.out is not None
        seen = real(axis, read(axis))
        inner = range(max(0, axis.extent - 1), min(axis.n, (axis.out - 1) * axis.s - axis.p + 1))
        if len(inner) >= axis.s * axis.d:
            assert (residues(axis) < axis.s) == any(position not in seen for position in inner), axis.numbers
        if residues(axis) < axis.s:
            (note,) = skipped_note(axis)
            assert note.endswith(f"of {axis.k} read {len(seen)} of {axis.n} rows")


def test_padding_only_output() -> None:
    """With padding as wide as the kernel, and only then, a first or last window holds no input."""
    for axis in axes():
        windows = read(axis)
        assert axis.n is not None
        first = max(windows[0]) < 0
        assert first == (axis.p >= axis.extent), axis.numbers


def test_padding_only_window() -> None:
    """The window that ceil_mode adds reads something new, or is reported."""
    for axis in axes(ceil=True):
        assert axis.n is not None and axis.out is not None
        plain = pool_out(axis.n, axis.k, axis.s, axis.p, axis.d)
        assert isinstance(plain, int) and plain <= axis.out <= plain + 1
        text = useless_window(axis)
        remainder = (axis.n + 2 * axis.p - axis.extent) % axis.s
        if axis.out == plain:
            assert (text is not None) == (remainder > 0)
            continue
        reach = max(max(w) for w in read(axis, plain)) + 1
        assert (text is not None) == (reach >= axis.n), axis.numbers


@pytest.mark.parametrize("dilations", [(2, 2), (1, 2, 5), (2, 4, 8), (3, 2), (2, 1), (4,), (1, 2, 4, 8), (2, 3, 6)])
def test_gaps_of_dilations(dilations: tuple[int, ...]) -> None:
    seen, positions = Taps(), {0}
    for d in dilations:
        positions = {p + tap * d for p in positions for tap in range(3)}
        bits = 0
        for tap in range(3):
            bits |= seen.bits << tap * d
        seen = Taps(bits, (*seen.dilations, d))
    assert seen.gaps == max(positions) + 1 - len(positions)
