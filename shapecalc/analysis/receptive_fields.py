"""Receptive fields: which positions of the network's input one element of a layer's output sees.

Each spatial axis of the input is followed by itself. One output element sees the positions `lo` to `hi`; after a
growing layer (a transposed convolution, a resize) that hangs on the element's phase, so a Field has a pair for each
phase. Sizes and steps are those far from the border; a layer that reads a whole axis sees what there is of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, gcd, inf
from typing import TYPE_CHECKING, Any, Final

from shapecalc.algebra.shape import Shape
from shapecalc.layers.layer import GLOBAL, UNKNOWN, Phases, Window, Windows, spatial_rank

if TYPE_CHECKING:
    from shapecalc.algebra.dims import Dim
    from shapecalc.layers.layer import Layer
    from shapecalc.network.plan import Row

Number = Any  # int, a Fraction where steps are not whole, or infinity

#: More work than this for one axis of one layer, and the phases are put together: an upper bound.
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
        """The longest window of that many outputs; a position that is seen in part counts."""
        phases = len(self.lo) if not isinstance(outputs, int) else min(outputs, len(self.lo))
        rows = zip(self.lo[:phases], self.hi[:phases], strict=True)
        return max([ceil(high - low) + 1 for low, high in rows if low <= high], default=0)

    def window(self, outputs: Iterable[int]) -> tuple[Number, Number]:
        """All that some of the outputs see."""
        phases = len(self.lo)
        low, high = inf, -inf
        for i in outputs:
            turn, phase = divmod(i, phases)
            low = min(low, self.lo[phase] + turn * self.step)
            high = max(high, self.hi[phase] + turn * self.step)
        return low, high

    def hull(self) -> Field:
        """One phase that holds all of them."""
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
        taps = min(k, phases // gcd(phases, d))  # the next ones see the same phases further on
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
        """A stride with too many phases: its outputs together, each with as many inputs as the widest reads."""
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
        """What is seen by either of two outputs that meet."""
        a, b = self, other
        if a.step * len(b.lo) != b.step * len(a.lo):  # they walk at different paces
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


class Fixed:
    """What all outputs see alike: positions `lo` to `hi`, as far as the input has them."""

    __slots__ = ("hi", "lo")

    def __init__(self, lo: Number = -inf, hi: Number = inf) -> None:
        self.lo, self.hi = lo, hi


WHOLE: Final = Fixed()


class Seen:
    """One spatial axis of the input as a tensor shows it: what its elements see, along which of the tensor's axes.

    `mixed`: these axes also run along something else (after flatten), so that steps on them mean nothing.
    """

    __slots__ = ("axes", "field", "mixed")

    def __init__(self, field: Field | Fixed, axes: tuple[int, ...], mixed: bool = False) -> None:
        self.field, self.axes, self.mixed = field, axes, mixed

    def after(self, field: Field | Fixed, axes: tuple[int, ...] | None = None) -> Seen:
        return Seen(field, self.axes if axes is None else axes, self.mixed)


#: What a tensor shows: one for each spatial axis of the network's input. (Where there is a None instead, the tensor
#: hangs on no such axis: a constant, an input without one.)
View = tuple[Seen, ...]
LOST: Final[View] = ()  # nobody can tell


# One layer. ----------------------------------------------------------------------------------------------------------


def seen_through(layer: Layer, view: View, x: Shape, y: Shape) -> View:
    """What a layer's output shows of what its input shows."""
    windows = layer.windows(len(x))
    if windows == UNKNOWN:
        return LOST
    out = view
    if isinstance(windows, str):
        out = (Seen(WHOLE, ()),) * len(view)
    elif windows is not None:
        found = [on_axes(seen, windows, x) for seen in view]
        out = tuple(seen for seen in found if seen is not None)
        if len(out) < len(view):
            return LOST
    places = layer.places(x, y)
    if places is not None:
        return tuple(moved(seen, places, x) for seen in out)
    if len(y) < len(x) and any(seen.axes for seen in out):  # axes are gone, and the layer does not say which
        return LOST
    return out


def on_axes(seen: Seen, windows: Windows, x: Shape) -> Seen | None:
    """One axis of the input after windows on the last axes of a tensor of shape `x`."""
    first = len(x) - len(windows)
    touched = [(axis, windows[axis - first]) for axis in seen.axes if axis >= first]
    touched = [(axis, window) for axis, window in touched if window is not None]
    if not touched or isinstance(seen.field, Fixed):
        return seen
    if any(window == UNKNOWN for _, window in touched):
        return None
    if all(window == GLOBAL for _, window in touched):
        return read_whole(seen, [axis for axis, _ in touched], x)
    if seen.mixed or len(seen.axes) > 1:
        return None
    window = touched[0][1]
    assert not isinstance(window, str) and window is not None
    return seen.after(seen.field.through(window))


def read_whole(seen: Seen, axes: Sequence[int], x: Shape) -> Seen | None:
    """After a layer whose outputs read all positions along `axes`."""
    assert isinstance(seen.field, Field)
    if seen.mixed:
        return Seen(WHOLE, ())
    if len(axes) < len(seen.axes):
        return None
    n = x[axes[0]]
    if len(axes) > 1 or not isinstance(n, int):
        return Seen(WHOLE, ())
    phases = len(seen.field.lo)
    ends = [*range(min(n, phases)), *range(max(0, n - phases), n)]
    return Seen(Fixed(*seen.field.window(ends)), ())


def moved(seen: Seen, places: Sequence[Sequence[int]], x: Shape) -> Seen:
    """`seen` where the layer puts the axes of its input."""
    axes = tuple(new for axis in seen.axes for new in places[axis])
    others = {new for axis, news in enumerate(places) if axis not in seen.axes and x[axis] != 1 for new in news}
    mixed = seen.mixed or len(axes) > 1 or any(new in others for new in axes)
    return Seen(seen.field, axes, mixed)


def united(views: Sequence[View]) -> View:
    """What is seen through any of several tensors that meet, if they look at the same axes."""
    first = views[0]
    if len(views) == 1 or all(view is first for view in views):
        return first
    if any(len(view) != len(first) for view in views):
        return LOST
    return tuple(united_axis(axis) for axis in zip(*views, strict=True))


def united_axis(axis: Sequence[Seen]) -> Seen:
    axes = tuple(dict.fromkeys(a for seen in axis for a in seen.axes))
    mixed = any(seen.mixed for seen in axis) or len(axes) > 1
    fields = [seen.field for seen in axis]
    if any(isinstance(f, Fixed) for f in fields):
        return Seen(together(fields), axes, mixed)
    out = fields[0]
    for other in fields[1:]:
        assert isinstance(out, Field) and isinstance(other, Field)
        out = out.union(other)
    return Seen(out, axes, mixed)


def together(fields: Sequence[Field | Fixed]) -> Fixed:
    """Fixed views as one; whole where another one moves beside them."""
    fixed = [f for f in fields if isinstance(f, Fixed)]
    if len(fixed) < len(fields):
        return WHOLE
    return Fixed(min(f.lo for f in fixed), max(f.hi for f in fixed))


# The whole network. --------------------------------------------------------------------------------------------------


class ReceptiveFields:
    """(receptive field, jump) of each row, per spatial axis of the network's input; (None, None) where unknown.

    Worked out when the first is asked for: few outputs show them. Branches that meet are united: the widest view
    counts. Where a layer reads whole axes there is no jump.
    """

    __slots__ = ("found", "inputs", "rows")

    def __init__(self, rows: Sequence[Row], inputs: Sequence[Shape | None]) -> None:
        self.rows, self.inputs = rows, inputs
        self.found: list[tuple[Any, Any]] | None = None

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if self.found is None:
            self.found = receptive_fields(self.rows, self.inputs)
        return self.found[index]


def receptive_fields(rows: Sequence[Row], inputs: Sequence[Shape | None]) -> list[tuple[Any, Any]]:
    """(receptive field, jump) of every row. A block shows what its last layer shows."""
    walk = FieldWalk(inputs, spatial_axes(rows, inputs))
    out = [walk.visit(row) for row in rows]
    inside: dict[int, int] = {}
    for row in reversed(rows):
        if row.kind == "block":
            out[row.index] = out[inside.get(row.depth + 1, row.index)]
        inside = {depth: last for depth, last in inside.items() if depth <= row.depth}
        inside.setdefault(row.depth, row.index)
    return out


def spatial_axes(rows: Sequence[Row], inputs: Sequence[Shape | None]) -> list[tuple[int, ...]]:
    """For each input its spatial axes, as the first layer with an opinion reads it: the last n for a convolution or
    pool over n axes, none for a layer of sequences. Else all after (N, C)."""
    found: dict[int, tuple[int, ...]] = {}
    layout: dict[int, tuple[int, tuple[int | None, ...]]] = {}  # tensor -> input, and that one's axis for each of its
    for k, shape in enumerate(inputs):
        if shape is not None and len(shape) > 2:
            layout[-k - 1] = k, tuple(range(len(shape)))
    waiting = {k for k, _ in layout.values()}
    for row in rows:
        if not waiting:
            break
        known = layout.get(row.edges[0][0]) if row.edges else None
        if row.layer is None or row.failed or known is None or known[0] not in waiting:
            continue
        k, axes = known
        decided = opinion(row.layer, axes)
        if decided is not None:
            found[k] = decided
            waiting.discard(k)
        elif row.out_shapes and row.in_shapes[0] is not None and row.out_shapes[0] is not None:
            found_axes = laid_out(row.layer, axes, row.in_shapes[0], row.out_shapes[0])
            if found_axes is not None:
                layout[row.index] = k, found_axes
    usual = [() if shape is None else tuple(range(2, len(shape))) for shape in inputs]
    return [found.get(k, axes) for k, axes in enumerate(usual)]


def opinion(layer: Layer, axes: Sequence[int | None]) -> tuple[int, ...] | None:
    """The spatial axes of an input, by the first layer that reads it; None for a layer that takes any."""
    if layer.sequence:
        return ()
    count = spatial_rank(type(layer))
    return tuple(axis for axis in axes[len(axes) - count :] if axis is not None) if count else None


def laid_out(layer: Layer, axes: Sequence[int | None], x: Shape, y: Shape) -> tuple[int | None, ...] | None:
    """Which axis of the network's input each axis of the output is; None where axes are joined or split."""
    places = layer.places(x, y)
    if places is None:
        return tuple(axes) if len(x) == len(y) else None
    news = [new for place in places for new in place]
    if any(len(place) > 1 for place in places) or len(set(news)) < len(news):
        return None
    out: list[int | None] = [None] * len(y)
    for axis, place in zip(axes, places, strict=True):
        for new in place:
            out[new] = axis
    return tuple(out)


class FieldWalk:
    """The views of all rows so far. The same layer on the same views is worked out once."""

    __slots__ = ("known", "shown", "starts", "views", "whole")

    def __init__(self, inputs: Sequence[Shape | None], spatial: Sequence[tuple[int, ...]]) -> None:
        self.starts = [tuple(Seen(Field(), (axis,)) for axis in axes) or None for axes in spatial]
        self.whole: Sequence[Dim] = next(
            ([shape[axis] for axis in axes] for shape, axes in zip(inputs, spatial, strict=True) if shape and axes), ()
        )
        self.views: list[View | None] = []
        self.known: dict[Any, View | None] = {}
        self.shown: dict[Any, tuple[Any, Any]] = {}

    def visit(self, row: Row) -> tuple[Any, Any]:
        """The receptive field and jump of the next row."""
        arriving = [self.arriving(source) for source, _ in row.edges]
        y = row.out_shapes[0] if row.out_shapes else None
        # A block has no layer: of what happens inside it the rank of its output is what counts here.
        key = (id(row.layer), y and len(y), *map(id, arriving), *map(id, row.in_shapes))
        if key not in self.known:
            self.known[key] = output_view(row, arriving)
        view = self.known[key]
        self.views.append(view)
        seen_by = (id(view), y)
        if seen_by not in self.shown:
            self.shown[seen_by] = shown(view, self.whole, y)
        return self.shown[seen_by]

    def arriving(self, source: int) -> View | None:
        if source >= 0:
            return self.views[source]
        return self.starts[-source - 1] if -source <= len(self.starts) else None


def output_view(row: Row, arriving: Sequence[View | None]) -> View | None:
    """What a row's output shows, from what its inputs show."""
    y = row.out_shapes[0] if row.out_shapes else None
    rows = zip(arriving, row.in_shapes, strict=False)
    views = [through_row(row, view, x, y) for view, x in rows if view is not None]
    return LOST if LOST in views else united(views) if views else None


def through_row(row: Row, view: View, x: Shape | None, y: Shape | None) -> View:
    """What the output of one row shows of one of its inputs."""
    if view == LOST or x is None or y is None:
        return LOST
    layer = row.layer
    if layer is None or layer.broken or row.failed:
        return view if len(x) == len(y) else LOST
    out = seen_through(layer, view, x, y)
    if len(row.in_shapes) > 1 and layer.places(x, y) is None:
        return shifted(out, len(y) - len(x))
    return out


def shifted(view: View, by: int) -> View:
    """The axes counted as in an output of a higher rank: tensors that meet are aligned at their last axes."""
    return tuple(seen.after(seen.field, tuple(a + by for a in seen.axes)) for seen in view) if by > 0 else view


def shown(view: View | None, whole: Sequence[Dim], y: Shape | None) -> tuple[Any, Any]:
    """Sizes and jumps as they are reported of an output of shape `y`."""
    if not view or len(view) != len(whole):
        return None, None
    sizes = tuple(size_of(seen, n, y) for seen, n in zip(view, whole, strict=True))
    fields = [seen.field for seen in view if isinstance(seen.field, Field)]
    return sizes, tuple(tidy(f.jump) for f in fields) if len(fields) == len(view) else None


def size_of(seen: Seen, n: Dim, y: Shape | None) -> Dim:
    """Positions that are seen; of what is fixed only those that the input of size n has."""
    field = seen.field
    if isinstance(field, Field):
        alone = y is not None and len(seen.axes) == 1 and not seen.mixed
        return field.size(y[seen.axes[0]] if alone and y is not None else None)
    if not isinstance(n, int):
        return n
    if field.hi < field.lo:
        return 0  # nothing at all, from -inf to inf the other way round
    size: int = ceil(min(field.hi, n - 1)) - int(max(field.lo, 0)) + 1
    return max(0, size)


def tidy(number: Number) -> int | float:
    """A whole number as int, a fraction (after a transposed convolution) as float."""
    return number.numerator if number.denominator == 1 else float(number)
