"""einsum: the equation, its shapes, and the multiply-accumulates of PyTorch's way of working it out."""

from __future__ import annotations

from collections.abc import Sequence

from shapecalc.algebra.dims import UNK, Dim, format_dim, same
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.axes import axes, single
from shapecalc.layers.context import Context
from shapecalc.layers.kinds import MOVES_AXES
from shapecalc.layers.layer import GLOBAL, Example, Layer, Shapes, Window
from shapecalc.layers.params import Text

ELLIPSIS = "..."


class Einsum(Layer, kinds=MOVES_AXES):
    """Sums products of elements named by letters: `bij,bjk->bik` is a batched matrix product.

    Every letter is one axis; a letter that the output leaves out is summed. `...` stands for any axes, which broadcast.
    MACs: PyTorch works from left to right, two tensors at a time, each as a batched matrix product.
    """

    type = "einsum"
    function = True
    arity = (1, None)
    main = "equation"
    equation = Text(help="letters per input, separated by commas, then -> and the letters of the output")
    examples = (
        Example({"equation": "bij,bjk->bik"}, [(3, 2, 5), (3, 5, 4)], [(3, 2, 4)], macs=120),
        Example({"equation": "...i,...i->..."}, [(2, 7, 5), (7, 5)], [(2, 7)], macs=70),
        Example({"equation": "ii->i"}, [(4, 4)], [(4,)]),
    )

    def construct(self, ctx: Context) -> None:
        parse_equation(ctx, self.equation)

    def output(self, ctx: Context, *xs: Shape) -> Shape | None:
        parsed = parse_equation(Context(), self.equation)
        if parsed is None:
            return None
        terms, result = parsed
        if len(terms) != len(xs):
            ctx.error(
                "input-count",
                f"the equation names {len(terms)} inputs, {len(xs)} arrive",
                at="equation",
                note=f"`{self.equation}` has {len(terms)} terms before the arrow",
            )
            return None
        sizes = label_sizes(ctx, terms, xs)
        return None if sizes is None else tuple(n for label in result for n in sizes[label])

    def macs(self, xs: Shapes, ys: Shapes) -> Dim:
        parsed = parse_equation(Context(), self.equation)
        if parsed is None or any(x is None for x in xs):
            return 0
        return pairwise_macs(*parsed, [x for x in xs if x is not None])

    def windows(self, rank: int) -> Sequence[Window] | str | None:
        return GLOBAL


Term = list[str]


def parse_equation(ctx: Context, text: str) -> tuple[list[Term], Term] | None:
    """The labels of each input and of the output (`...` among them); None after reporting what is wrong."""
    left, arrow, right = text.partition("->")
    terms = []
    for part in left.split(","):
        term = parse_term(ctx, part, text)
        if term is None:
            return None
        terms.append(term)
    if not arrow:
        return terms, implicit_result(terms)
    result = parse_term(ctx, right, text)
    return None if result is None or not result_fits(ctx, terms, result, text) else (terms, result)


def parse_term(ctx: Context, part: str, text: str) -> Term | None:
    out: Term = []
    index = 0
    while index < len(part):
        letter = part[index]
        if letter == "." and part[index : index + 3] == ELLIPSIS and ELLIPSIS not in out:
            out.append(ELLIPSIS)
            index += 3
            continue
        if letter != " " and not (letter.isascii() and letter.isalpha()):
            ctx.error(
                "invalid-argument",
                f"`{letter}` does not belong into the equation `{shorten(text)}`",
                at="equation",
                note="letters name axes, `...` (once per term) any axes, `,` and `->` separate",
            )
            return None
        if letter != " ":
            out.append(letter)
        index += 1
    return out


def shorten(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


def implicit_result(terms: Sequence[Term]) -> Term:
    """Without an arrow: `...`, then the letters that appear once, capitals first."""
    every = [label for term in terms for label in term if label != ELLIPSIS]
    return [ELLIPSIS, *sorted(label for label in set(every) if every.count(label) == 1)]


def result_fits(ctx: Context, terms: Sequence[Term], result: Term, text: str) -> bool:
    for label in result:
        unknown = label != ELLIPSIS and not any(label in term for term in terms)
        if unknown or result.count(label) > 1:
            why = "is in no input" if unknown else "appears twice"
            ctx.error("invalid-argument", f"`{label}` of the output {why} in `{shorten(text)}`", at="equation")
            return False
    return True


def label_sizes(ctx: Context, terms: Sequence[Term], xs: Sequence[Shape]) -> dict[str, tuple[Dim, ...]] | None:
    """The sizes behind every label, broadcast; None after reporting inputs that do not go together."""
    sizes: dict[str, tuple[Dim, ...]] = {ELLIPSIS: ()}
    for place, (term, x) in enumerate(zip(terms, xs, strict=True)):
        own = term_sizes(ctx, term, x, place)
        if own is None:
            return None
        for label, new in own.items():
            old = sizes.get(label)
            joined = new if old is None else joined_sizes(ctx, old, new)
            if joined is None:
                report_label(ctx, label, old or (), new, place, x)
                return None
            sizes[label] = joined
    return sizes


def report_label(ctx: Context, label: str, old: Sequence[Dim], new: Sequence[Dim], place: int, x: Shape) -> None:
    was, now = (", ".join(map(format_dim, s)) for s in (old, new))
    ctx.error(
        "shape-mismatch",
        f"`{label}` is {was} in an earlier input and {now} in input {place}",
        at=f"input.{place}",
        note=f"input {place} is {format_shape(x)}; a letter stands for one size",
    )


def term_sizes(ctx: Context, term: Term, x: Shape, place: int) -> dict[str, tuple[Dim, ...]] | None:
    """The sizes of one input by label; a letter that repeats takes the diagonal and needs equal sizes."""
    letters = sum(label != ELLIPSIS for label in term)
    spare = len(x) - letters
    if spare < 0 or (spare and ELLIPSIS not in term):
        ctx.error(
            "rank-mismatch",
            f"the equation names {axes(letters)} for input {place}, which has {len(x)}",
            at=f"input.{place}",
            note=f"`{''.join(term)}` for {format_shape(x)}",
            help="put `...` for further axes" if spare > 0 else None,
        )
        return None
    out: dict[str, tuple[Dim, ...]] = {}
    index = 0
    for label in term:
        width = spare if label == ELLIPSIS else 1
        new = tuple(x[index : index + width])
        if label in out and not ctx.equal(out[label][0], new[0]):
            ctx.error(
                "shape-mismatch",
                f"`{label}` repeats in input {place} with sizes {format_dim(out[label][0])} and {format_dim(new[0])}",
                at=f"input.{place}",
                note=f"input {place} is {format_shape(x)}; a repeated letter takes the diagonal of equal axes",
            )
            return None
        out[label] = new
        index += width
    return out


def joined_sizes(ctx: Context, a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    rank = max(len(a), len(b))
    left, right = (1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b
    out = [single(ctx, m, n) for m, n in zip(left, right, strict=True)]
    return None if any(n is None for n in out) else tuple(n for n in out if n is not None)


# MACs. ---------------------------------------------------------------------------------------------------------------


def pairwise_macs(terms: Sequence[Term], result: Term, xs: Sequence[Shape]) -> Dim:
    """Multiply-accumulates of the batched products, the first two tensors first (`sumproduct_pair` of ATen)."""
    rows, kept = aligned(terms, result, xs)
    counts = [sum(not one(row[i]) for row in rows) for i in range(len(rows[0]))]
    total: Dim = 0
    current = rows[0]
    for other in rows[1:]:
        macs, current = one_pair(list(current), list(other), counts, kept)
        total = total + macs
    return total


def one(n: Dim) -> bool:
    return n is not UNK and same(n, 1) is True


def aligned(terms: Sequence[Term], result: Term, xs: Sequence[Shape]) -> tuple[list[list[Dim]], int]:
    """Every input as sizes over all labels (1 where it lacks one), the output's first; how many the output has."""
    ctx = Context()
    tables = [term_sizes(ctx, term, x, 0) or {} for term, x in zip(terms, xs, strict=True)]
    wide = max((len(t.get(ELLIPSIS, ())) for t in tables), default=0)
    labels = list(result)
    labels += [ELLIPSIS] * (ELLIPSIS not in labels)
    kept = sum(wide if label == ELLIPSIS else 1 for label in result)
    labels += sorted({label for term in terms for label in term} - set(labels))
    rows = []
    for table in tables:
        row: list[Dim] = []
        for label in labels:
            width = wide if label == ELLIPSIS else 1
            sizes = table.get(label, ())
            row += [1] * (width - len(sizes)) + list(sizes)
        rows.append(row)
    return rows, kept


def one_pair(a: list[Dim], b: list[Dim], counts: list[int], kept: int) -> tuple[Dim, list[Dim]]:
    """MACs of one product and the sizes of what comes out; axes are summed as soon as no other tensor has them."""
    summed = []
    for i in range(kept, len(a)):
        if not one(a[i]) and not one(b[i]):
            counts[i] -= 1
            if counts[i] == 1:
                summed.append(i)
                counts[i] = 0
        elif counts[i] == 1 and not (one(a[i]) and one(b[i])):
            a[i] = b[i] = 1
            counts[i] = 0
    out = [1 if i in summed else (n if one(m) else m) for i, (m, n) in enumerate(zip(a, b, strict=True))]
    if not summed:
        return 0, out  # a plain product, which is not counted
    macs: Dim = 1
    for m, n in zip(a, b, strict=True):
        macs = macs * (n if one(m) else m)
    return macs, out
