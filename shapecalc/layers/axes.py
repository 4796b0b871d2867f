"""Axes and sizes that several families reason about: negative axes, broadcasting, `-1` in a shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapecalc.algebra.dims import UNK, Dim, floordiv, format_dim, less_equal, same
from shapecalc.algebra.shape import Shape, format_shape, numel
from shapecalc.layers.context import Context


def axis(ctx: Context, dim: object, x: Shape, at: str = "dim", *, new: bool = False) -> int | None:
    """`dim` as an index from 0 into `x`; None after reporting one that is out of range.

    `new`: the axis is about to be inserted, so one more is allowed. A tensor without axes counts as having one.
    """
    count = max(len(x) + new, 1)
    if not isinstance(dim, int):
        ctx.error("invalid-argument", f"{at} must be a fixed integer, not `{dim}`", at=at)
        return None
    if -count <= dim < count:
        return dim % count
    ctx.error(
        "axis-out-of-range",
        f"{at} {dim} is out of range for an input of {axes(len(x))}",
        at=at,
        note=f"input {format_shape(x)}: {at} may be {-count} to {count - 1}",
        help=f"write `{count - 1 if dim > 0 else -count}` or count from the end: `-1` is the last axis",
        replace=count - 1 if dim > 0 else -count,
    )
    return None


def axes(n: int) -> str:
    return "1 axis" if n == 1 else f"{n} axes"


def axis_list(ctx: Context, dims: object, x: Shape, at: str = "dim") -> list[int] | None:
    """Several axes, each from 0; None after reporting one that is out of range or named twice."""
    out: dict[int, None] = {}
    for dim in dims if isinstance(dims, tuple) else (dims,):
        index = axis(ctx, dim, x, at)
        if index is None:
            return None
        if index in out:
            ctx.error(
                "invalid-argument",
                f"{at} names axis {index} twice",
                at=at,
                note=f"input {format_shape(x)} has {axes(len(x))}; `{dim}` is axis {index}",
                help="name every axis once",
            )
            return None
        out[index] = None
    return list(out)


def single(ctx: Context, a: Dim, b: Dim) -> Dim | None:
    """The size of two broadcast axes; None where they cannot go together."""
    if a == 1 or b == 1:
        return b if a == 1 else a
    if a is UNK or b is UNK:
        return b if a is UNK else a
    if not ctx.equal(a, b):
        return None
    return b if isinstance(b, int) else a


def broadcast(ctx: Context, a: Shape, b: Shape) -> tuple[Shape, int | None]:
    """Both shapes stretched to each other, and the axis where they cannot: nobody knows its size then."""
    rank = max(len(a), len(b))
    own = Context()
    left = (1,) * (rank - len(a)) + tuple(a)
    right = (1,) * (rank - len(b)) + tuple(b)
    sizes: list[Dim] = []
    wrong: int | None = None
    for index in range(rank):
        size = single(own, left[index], right[index])
        if size is None and (wrong is None or index > wrong):
            wrong = index
        sizes.append(UNK if size is None else size)
    for condition in own.conditions if wrong is None else ():
        ctx.need(None, condition)
    return tuple(sizes), wrong


def mismatch_note(a: Shape, b: Shape, wrong: int) -> str:
    """Both shapes aligned from the last axis, with the axis that does not fit named."""
    rank = max(len(a), len(b))
    back = rank - wrong
    return (
        f"aligned from the last axis, {format_shape(a)} and {format_shape(b)} have "
        f"{format_dim(a[-back])} and {format_dim(b[-back])} on axis {-back}; they must be equal or one of them 1"
    )


def equation(sizes: Sequence[Dim]) -> str:
    """`16*5*5 = 400`, or the size alone."""
    total = format_dim(numel(tuple(sizes)))
    return total if len(sizes) == 1 else f"{product_text(sizes)} = {total}"


def product_text(sizes: Sequence[Dim]) -> str:
    """`16*5*5`; sums in brackets."""
    words = [format_dim(s) for s in sizes[:12]] + ["..."] * (len(sizes) > 12)
    return "*".join(f"({w})" if " " in w and len(words) > 1 else w for w in words) or "1"


def infer_sizes(ctx: Context, sizes: Sequence[Dim], total: Dim, source: Sequence[Dim], at: str) -> Shape:
    """`sizes` with a `-1` worked out so that they hold `total` elements, which are those of `source`.

    Reports what PyTorch refuses: sizes below -1, more than one -1, a count that does not fit. Sizes that may be what
    is wrong with the count are not known from there on.
    """
    sizes = tuple(sizes)
    low = [s for s in sizes if isinstance(s, int) and s < -1]
    open_ = [i for i, s in enumerate(sizes) if s == -1]
    if low or len(open_) > 1:
        what = f"a size of {low[0]}" if low else f"{len(open_)} sizes of -1"
        ctx.error(
            "invalid-argument",
            f"{at} has {what}",
            at=at,
            note="sizes are 0 or more; one of them may be -1: what is left over",
        )
        return tuple(UNK if isinstance(s, int) and s < 0 else s for s in sizes)
    if not open_:
        if ctx.equal(total, numel(sizes)):
            return sizes
        repairs = repaired(sizes, total)
        report_count(ctx, sizes, total, source, at, repairs)
        if len(repairs) == 1:
            return tuple(UNK if i in repairs else s for i, s in enumerate(sizes))
        return numbers_unknown(sizes)
    return with_rest(ctx, sizes, open_[0], total, source, at)


def with_rest(ctx: Context, sizes: tuple[Dim, ...], hole: int, total: Dim, source: Sequence[Dim], at: str) -> Shape:
    """`sizes` with the one at `hole` replaced by what is left of `total`."""
    others = sizes[:hole] + sizes[hole + 1 :]
    known = numel(others)
    if known == 0:
        report_ambiguous(ctx, sizes, total, at)
        return (*sizes[:hole], UNK, *sizes[hole + 1 :])
    if total is UNK or known is UNK:
        return (*sizes[:hole], UNK, *sizes[hole + 1 :])
    if not ctx.divisible(total, known):
        ctx.error(
            "element-count-mismatch",
            f"{format_dim(total)} elements do not divide into {at} {sizes_text(sizes)}",
            at=at,
            note=f"{equation(source)}, not a multiple of {equation(others)}",
            help=nearby(sizes, hole, total),
        )
        return numbers_unknown(sizes)
    return (*sizes[:hole], floordiv(total, known), *sizes[hole + 1 :])


def report_ambiguous(ctx: Context, sizes: Sequence[Dim], total: Dim, at: str) -> None:
    if total == 0 or total is UNK:
        ctx.error("invalid-argument", f"-1 in {at} {sizes_text(sizes)} could be anything beside a 0", at=at)
    else:
        ctx.error(
            "element-count-mismatch",
            f"{at} {sizes_text(sizes)} holds no elements, the input holds {format_dim(total)}",
            at=at,
        )


def sizes_text(sizes: Sequence[Dim]) -> str:
    words = [format_dim(s) for s in sizes[:12]] + (["..."] if len(sizes) > 12 else [])
    return "[" + ", ".join(words) + "]"


def numbers_unknown(sizes: Sequence[Dim]) -> Shape:
    """Symbols stay: of a shape with a wrong count, it is a number that is wrong."""
    return tuple(UNK if isinstance(s, int) else s for s in sizes)


def report_count(
    ctx: Context, sizes: Sequence[Dim], total: Dim, source: Sequence[Dim], at: str, repairs: Mapping[int, Dim]
) -> None:
    """A shape that holds another number of elements than the input; the help changes the last size that it can."""
    wanted = numel(tuple(sizes))
    fix = None
    if repairs:
        index = max(repairs)
        fix = [*sizes[:index], repairs[index], *sizes[index + 1 :]]
    ctx.error(
        "element-count-mismatch",
        f"{at} {sizes_text(sizes)} holds {format_dim(wanted)} elements, the input holds {format_dim(total)}",
        at=at,
        note=f"input: {equation(source)}; {at}: {equation(sizes)}",
        help=f"write `{sizes_text(fix)}`" if fix else f"give sizes whose product is {format_dim(total)}",
        replace=fix,
    )


def repaired(sizes: Sequence[Dim], total: Dim) -> dict[int, Dim]:
    """The sizes of which each, changed alone to this, makes the count fit."""
    found: dict[int, Dim] = {}
    for index in range(len(sizes) if len(sizes) <= 12 else 0):
        rest = numel((*sizes[:index], *sizes[index + 1 :]))
        if isinstance(rest, int) and isinstance(total, int):
            if rest > 0 and total % rest == 0:
                found[index] = total // rest
        elif rest is not UNK and total is not UNK and same(floordiv(total, rest) * rest, total):
            found[index] = floordiv(total, rest)
    return found


def nearby(sizes: Sequence[Dim], hole: int, total: Dim) -> str | None:
    """The help where the one fixed size beside -1 could be changed to a near divisor."""
    fixed = [i for i, s in enumerate(sizes) if i != hole and isinstance(s, int) and s > 1]
    if len(fixed) != 1:
        return None
    others = numel(tuple(s for i, s in enumerate(sizes) if i not in (hole, fixed[0])))
    rest = floordiv(total, others)
    if not isinstance(rest, int) or rest <= 0 or same(rest * others, total) is not True:
        return None
    near = near_divisor(rest, int(sizes[fixed[0]]))  # type: ignore[arg-type]
    return f"use a divisor of {rest}, such as {near}" if near and near > 1 else None


def near_divisor(total: int, wish: int) -> int | None:
    """The divisor of `total` nearest to `wish`, searched a little way around it."""
    for step in range(1, 4096):
        for candidate in (wish - step, wish + step):
            if candidate > 0 and total % candidate == 0:
                return candidate
    return None


def at_most(a: Dim, b: Dim) -> bool | None:
    """a <= b, None where nobody can tell."""
    if a is UNK or b is UNK:
        return None
    return less_equal(a, b)
