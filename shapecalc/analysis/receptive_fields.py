"""Receptive fields: which positions of the network's input one element of a layer's output sees.

Each spatial axis of the input is followed separately. Sizes and steps are those far from the border; a layer that reads
a whole axis sees as much of it as there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf
from typing import TYPE_CHECKING, Final

from shapecalc.algebra.shape import Shape
from shapecalc.analysis.field import Field, Number
from shapecalc.layers.layer import GLOBAL, UNKNOWN, Windows

if TYPE_CHECKING:
    from shapecalc.algebra.dims import Dim
    from shapecalc.layers.layer import Layer
    from shapecalc.network.plan import Row


class Fixed:
    """The same view for all outputs: positions `lo` to `hi`, as far as the input has them."""

    __slots__ = ("hi", "lo")

    def __init__(self, lo: Number = -inf, hi: Number = inf) -> None:
        self.lo, self.hi = lo, hi


WHOLE: Final = Fixed()


class AxisView:
    """What the elements of a tensor see of one spatial axis of the network's input, and along which of its own axes.

    `mixed`: these axes also run along something else (after flatten), so that steps along them have no meaning.
    """

    __slots__ = ("axes", "field", "mixed")

    def __init__(self, field: Field | Fixed, axes: tuple[int, ...], mixed: bool = False) -> None:
        self.field, self.axes, self.mixed = field, axes, mixed

    def after(self, field: Field | Fixed, axes: tuple[int, ...] | None = None) -> AxisView:
        return AxisView(field, self.axes if axes is None else axes, self.mixed)


#: What a tensor sees: one for each spatial axis of the network's input. (None instead of a view: the tensor depends on
#: no such axis. It is a constant, or comes from an input without one.)
View = tuple[AxisView, ...]
LOST: Final[View] = ()  # cannot be known
#: Per spatial axis of the network's input: sizes and jumps; None if unknown.
FieldAndJump = tuple["tuple[Dim, ...] | None", "tuple[int | float, ...] | None"]


# One layer. ----------------------------------------------------------------------------------------------------------


def seen_through(layer: Layer, view: View, x: Shape, y: Shape) -> View:
    """What a layer's output sees, from what its input sees."""
    windows = layer.windows(len(x))
    if windows == UNKNOWN:
        return LOST
    out = view
    if isinstance(windows, str):
        out = (AxisView(WHOLE, ()),) * len(view)
    elif windows is not None:
        found = [on_axes(seen, windows, x) for seen in view]
        out = tuple(seen for seen in found if seen is not None)
        if len(out) < len(view):
            return LOST
    places = layer.places(x, y)
    if places is not None:
        return tuple(moved(seen, places, x) for seen in out)
    if len(y) < len(x) and any(seen.axes for seen in out):  # axes are gone, and it is not known which
        return LOST
    return out


def on_axes(seen: AxisView, windows: Windows, x: Shape) -> AxisView | None:
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


def read_whole(seen: AxisView, axes: Sequence[int], x: Shape) -> AxisView | None:
    """After a layer whose outputs read all positions along `axes`."""
    assert isinstance(seen.field, Field)
    if seen.mixed:
        return AxisView(WHOLE, ())
    if len(axes) < len(seen.axes):
        return None
    n = x[axes[0]]
    if len(axes) > 1 or not isinstance(n, int):
        return AxisView(WHOLE, ())
    phases = len(seen.field.lo)
    ends = [*range(min(n, phases)), *range(max(0, n - phases), n)]
    return AxisView(Fixed(*seen.field.window(ends)), ())


def moved(seen: AxisView, places: Sequence[Sequence[int]], x: Shape) -> AxisView:
    """`seen` with its axes where the layer moves them."""
    axes = tuple(new for axis in seen.axes for new in places[axis])
    others = {new for axis, news in enumerate(places) if axis not in seen.axes and x[axis] != 1 for new in news}
    mixed = seen.mixed or len(axes) > 1 or any(new in others for new in axes)
    return AxisView(seen.field, axes, mixed)


def united(views: Sequence[View]) -> View:
    """What is seen through any of several tensors that are combined, if they see the same axes."""
    first = views[0]
    if len(views) == 1 or all(view is first for view in views):
        return first
    if any(len(view) != len(first) for view in views):
        return LOST
    return tuple(united_axis(axis) for axis in zip(*views, strict=True))


def united_axis(axis: Sequence[AxisView]) -> AxisView:
    axes = tuple(dict.fromkeys(a for seen in axis for a in seen.axes))
    mixed = any(seen.mixed for seen in axis) or len(axes) > 1
    fields = [seen.field for seen in axis]
    if any(isinstance(f, Fixed) for f in fields):
        return AxisView(together(fields), axes, mixed)
    out = fields[0]
    for other in fields[1:]:
        assert isinstance(out, Field) and isinstance(other, Field)
        out = out.union(other)
    return AxisView(out, axes, mixed)


def together(fields: Sequence[Field | Fixed]) -> Fixed:
    """Fixed views as one; the whole axis if another view moves."""
    fixed = [f for f in fields if isinstance(f, Fixed)]
    if len(fixed) < len(fields):
        return WHOLE
    return Fixed(min(f.lo for f in fixed), max(f.hi for f in fixed))


# The whole network. --------------------------------------------------------------------------------------------------


def receptive_fields(rows: Sequence[Row], inputs: Sequence[Shape | None]) -> list[FieldAndJump]:
    """(receptive field, jump) of every row, per spatial axis of the network's input; (None, None) if unknown.

    Branches that meet are united: the widest view counts. Layers that read whole axes have no jump. A block has the
    receptive field of its last layer.
    """
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
    """For each input its spatial axes, as the first layer that decides reads it: the last n for a convolution or pool
    over n axes, none for a layer of sequences. Otherwise all after (N, C)."""
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
        decided = decided_axes(row.layer, axes)
        if decided is not None:
            found[k] = decided
            waiting.discard(k)
        elif row.out_shapes and row.in_shapes[0] is not None and row.out_shapes[0] is not None:
            found_axes = laid_out(row.layer, axes, row.in_shapes[0], row.out_shapes[0])
            if found_axes is not None:
                layout[row.index] = k, found_axes
    usual = [() if shape is None else tuple(range(2, len(shape))) for shape in inputs]
    return [found.get(k, axes) for k, axes in enumerate(usual)]


def decided_axes(layer: Layer, axes: Sequence[int | None]) -> tuple[int, ...] | None:
    """The spatial axes of an input that a layer reads; None for a layer that takes any."""
    if layer.sequence:
        return ()
    count = layer.spatial_rank
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
    """The views of all rows so far. The same layer on the same views is computed once."""

    __slots__ = ("results", "starts", "views", "views_by_key", "whole")

    def __init__(self, inputs: Sequence[Shape | None], spatial: Sequence[tuple[int, ...]]) -> None:
        self.starts = [tuple(AxisView(Field(), (axis,)) for axis in axes) or None for axes in spatial]
        self.whole: Sequence[Dim] = next(
            ([shape[axis] for axis in axes] for shape, axes in zip(inputs, spatial, strict=True) if shape and axes), ()
        )
        self.views: list[View | None] = []
        self.views_by_key: dict[tuple[object, ...], View | None] = {}
        self.results: dict[tuple[int, Shape | None], FieldAndJump] = {}

    def visit(self, row: Row) -> FieldAndJump:
        """The receptive field and jump of the next row."""
        arriving = [self.arriving(source) for source, _ in row.edges]
        y = row.out_shapes[0] if row.out_shapes else None
        # a block has no layer: only the rank of its output matters here
        key = (id(row.layer), y and len(y), *map(id, arriving), *map(id, row.in_shapes))
        if key not in self.views_by_key:
            self.views_by_key[key] = output_view(row, arriving)
        view = self.views_by_key[key]
        self.views.append(view)
        seen_by = (id(view), y)
        if seen_by not in self.results:
            self.results[seen_by] = field_and_jump(view, self.whole, y)
        return self.results[seen_by]

    def arriving(self, source: int) -> View | None:
        if source >= 0:
            return self.views[source]
        return self.starts[-source - 1] if -source <= len(self.starts) else None


def output_view(row: Row, arriving: Sequence[View | None]) -> View | None:
    """What a row's output sees, from what its inputs see."""
    y = row.out_shapes[0] if row.out_shapes else None
    rows = zip(arriving, row.in_shapes, strict=False)
    views = [through_row(row, view, x, y) for view, x in rows if view is not None]
    return LOST if LOST in views else united(views) if views else None


def through_row(row: Row, view: View, x: Shape | None, y: Shape | None) -> View:
    """What the output of one row sees through one of its inputs."""
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
    """The axes counted as in an output of a higher rank: tensors are aligned at their last axes."""
    return tuple(seen.after(seen.field, tuple(a + by for a in seen.axes)) for seen in view) if by > 0 else view


def field_and_jump(view: View | None, whole: Sequence[Dim], y: Shape | None) -> FieldAndJump:
    """Sizes and jumps of an output of shape `y`, as they are reported."""
    if not view or len(view) != len(whole):
        return None, None
    sizes = tuple(size_of(seen, n, y) for seen, n in zip(view, whole, strict=True))
    fields = [seen.field for seen in view if isinstance(seen.field, Field)]
    return sizes, tuple(tidy(f.jump) for f in fields) if len(fields) == len(view) else None


def size_of(seen: AxisView, n: Dim, y: Shape | None) -> Dim:
    """Positions that are seen; of a fixed view only those that an input of size n has."""
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
    """An integer as int, a fraction (after a transposed convolution) as float."""
    return int(number) if number == int(number) else float(number)
