"""A receptive field along one axis: which positions of the input the outputs see.

One output element sees the positions `lo` to `hi`. After a growing layer (a transposed convolution, a resize) that
depends on the phase of the element, so a Field has a pair for each phase.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, gcd, inf
from typing import TYPE_CHECKING, Final, Union

from shapecalc.layers.layer import Phases, Window

if TYPE_CHECKING:
    from fractions import Fraction
    from typing import TypeAlias

    from shapecalc.algebra.dims import Dim

#: An integer, a fraction where steps are not integers, or infinity.
Number: TypeAlias = Union[int, float, "Fraction"]

#: If one axis of one layer takes more work than this, its phases are merged, which gives an upper bound.
MOST_WORK: Final = 20_000


class Field:
    """What the outputs along one axis see: output i the positions lo[i % P] to hi[i % P] + (i // P)*step.

    P is the number of phases. An output that sees nothing (between the taps of a transposed convolution) has
    lo = inf and hi = -inf.
    """

    __slots__ = ("hi", "lo", "step")

    def __init__(self, lo: Sequence[Number] = (0,), hi: Sequence[Number] = (0,), step: Number = 1) -> None:
        self.lo, self.hi, self.step = lo, hi, step

    @property
    def jump(self) -> Number:
        return divided(self.step, len(self.lo))

    def size(self, outputs: Dim | None) -> int:
        """The longest window of that many outputs; a position that is seen in part counts as one."""
        phases = len(self.lo) if not isinstance(outputs, int) else min(outputs, len(self.lo))
        rows = zip(self.lo[:phases], self.hi[:phases], strict=True)
        return max([ceil(high - low) + 1 for low, high in rows if low <= high], default=0)

    def window(self, outputs: Iterable[int]) -> tuple[Number, Number]:
        """The first and the last position that any of these outputs sees."""
        phases = len(self.lo)
        low, high = inf, -inf
        for i in outputs:
            turn, phase = divmod(i, phases)
            low = min(low, self.lo[phase] + turn * self.step)
            high = max(high, self.hi[phase] + turn * self.step)
        return low, high

    def hull(self) -> Field:
        """A single phase that contains all of them."""
        if len(self.lo) == 1:
            return self
        jump = self.jump
        low = min(v - i * jump for i, v in enumerate(self.lo))
        return Field((low,), (max(v - i * jump for i, v in enumerate(self.hi)),), jump)

    def through(self, window: Window | Phases) -> Field:
        """The field after one more window."""
        if isinstance(window, Phases):
            return self.through_phases(window)
        return self.spread(window) if window.transposed else self.gathered(window)

    def gathered(self, window: Window) -> Field:
        """Output o reads o*stride - padding + dilation*t, 0 <= t < kernel."""
        k, s, p, d = window.kernel, window.stride, window.padding, window.dilation
        if len(self.lo) == 1:
            lo, hi = self.lo[0] - p * self.step, self.hi[0] + ((k - 1) * d - p) * self.step
            return Field((lo,), (hi,), self.step * s)
        phases = len(self.lo)
        taps = min(k, phases // gcd(phases, d))  # further taps see the same phases again
        outputs = phases // gcd(phases, s) if isinstance(s, int) else MOST_WORK
        if outputs * taps > MOST_WORK:
            return self.hull().gathered(window)
        rows = []
        for start in range(-p, outputs * s - p, s):
            low, _ = self.window(range(start, start + taps * d, d))
            _, high = self.window(range(start + (k - taps) * d, start + k * d, d))
            rows.append((low, high))
        return of_rows(rows, self.step * (outputs * s // phases))

    def spread(self, window: Window) -> Field:
        """Output o reads the inputs i with o + padding = i*stride + dilation*t, 0 <= t < kernel."""
        s, d, phases = window.stride, window.dilation, len(self.lo)
        each = min(-(-window.kernel * gcd(s, d) // s), phases)
        if phases * s * each + s > MOST_WORK:
            return self.spread_hull(window) if phases == 1 else self.hull().spread(window)
        first = {d * t % s: t for t in reversed(range(min(s, window.kernel)))}
        rows = []
        for o in range(phases * s):
            at = o + window.padding
            t = first.get(at % s)
            rows.append((inf, -inf) if t is None else self.window(read_by(window, at, t, phases)))
        return of_rows(rows, self.step)

    def spread_hull(self, window: Window) -> Field:
        """For a stride with too many phases: its outputs together, each with as many inputs as the widest one reads."""
        g = gcd(window.stride, window.dilation)
        taps = -(-window.kernel * g // window.stride)
        reach = (taps - 1) * (window.dilation // g) * self.step
        middle = divided((2 * window.padding - window.dilation * (window.kernel - 1)) * self.step, 2 * window.stride)
        low, high = self.lo[0] + middle - divided(reach, 2), self.hi[0] + middle + divided(reach, 2)
        return Field((low,), (high,), divided(self.step, window.stride))

    def through_phases(self, window: Phases) -> Field:
        phases = len(self.lo)
        turns = phases // gcd(phases, window.step)
        if turns * len(window.reads) * min(phases, window.longest) > MOST_WORK and phases > 1:
            return self.hull().through_phases(window)
        rows = []
        for turn in range(turns):
            for first, last in window.reads:
                start, end = first + turn * window.step, last + turn * window.step
                low, _ = self.window(range(start, min(end, start + phases - 1) + 1))
                _, high = self.window(range(max(start, end - phases + 1), end + 1))
                rows.append((low, high))
        return of_rows(rows, self.step * (turns * window.step // phases))

    def union(self, other: Field) -> Field:
        """What either of two outputs sees."""
        a, b = self, other
        if a.step * len(b.lo) != b.step * len(a.lo):  # they advance at different rates
            a, b = a.hull(), b.hull()
            return Field((min(*a.lo, *b.lo),), (max(*a.hi, *b.hi),), max(a.step, b.step))
        phases = len(a.lo) * len(b.lo) // gcd(len(a.lo), len(b.lo))
        if phases > MOST_WORK:
            return a.hull().union(b.hull())
        both = zip((a.window((o,)) for o in range(phases)), (b.window((o,)) for o in range(phases)), strict=True)
        return of_rows([(min(u[0], v[0]), max(u[1], v[1])) for u, v in both], a.step * (phases // len(a.lo)))


def of_rows(rows: Sequence[tuple[Number, Number]], step: Number) -> Field:
    lo, hi = zip(*rows, strict=True)
    return Field(lo, hi, step)


def read_by(window: Window, at: int, t: int, phases: int) -> list[int]:
    """The inputs that a transposed window reads for o + padding = `at`, `t` being the first tap that hits one: the
    `phases` first and last of them, which see all that the ones between see."""
    s, d = window.stride, window.dilation
    apart = s // gcd(s, d)
    count = (window.kernel - 1 - t) // apart + 1
    last, back = (at - d * t) // s, d * apart // s
    near = range(min(count, phases))
    return [last - j * back for j in near] + [last - (count - 1 - j) * back for j in near]


def divided(a: Number, b: int) -> Number:
    """a/b as an int where it is one, else as a fraction."""
    if isinstance(a, int) and a % b == 0:
        return a // b
    from fractions import Fraction  # 3 ms, and few networks need it

    return Fraction(a) / b
