"""What range a symbolic size can have, every symbol being at least 1."""

from __future__ import annotations

import math
from functools import lru_cache

from .polynomials import Terms
from .symbols import Atom, Sym, is_int_floor

Bound = int | float  # float only for the infinities
Interval = tuple[Bound, Bound]
INF = math.inf
ANY: Interval = (-INF, INF)
_LARGE = 80  # sums with more terms get the rough bounds


def bounds(terms: Terms, sign_only: bool = False) -> Interval:
    """The tightest interval found that surely holds the sum; with sign_only one that lies on one side of 0 will do."""
    best = _shifted(terms)
    if len(terms) > _LARGE or best[0] == best[1]:
        return best
    scale = 1
    slack: Interval = (0, 0)
    for _ in range(8):
        if sign_only and (best[0] >= 0 or best[1] <= 0):
            break
        floor = _linear_floor(terms)
        if floor is None:
            break
        # floor(n/d) = (n - r)/d with 0 <= r < d, so d*(A*floor + B) = A*n + d*B - A*r
        numerator, divisor = floor.args
        factor, rest = _split(terms, floor)
        slack = _add(_scale(slack, divisor), _multiply(_scale(bounds(factor), -1), (0, divisor - 1)))
        terms = _combine(factor, numerator, rest, divisor)
        scale *= divisor
        if len(terms) > _LARGE:
            break
        best = _intersect(best, _divide(_add(_shifted(terms), slack), scale))
    return best


def _linear_floor(terms: Terms) -> Atom | None:
    """The innermost-last floor by an int that occurs in the sum at most once in each product."""
    floors = {atom for monomial in terms for atom in monomial if is_int_floor(atom)}
    linear = [atom for atom in floors if all(monomial.count(atom) < 2 for monomial in terms)]
    return max(linear, key=lambda atom: (atom.depth, atom.order), default=None)


def _split(terms: Terms, atom: Atom) -> tuple[Terms, Terms]:
    """terms = factor*atom + rest."""
    factor: Terms = {}
    rest: Terms = {}
    for monomial, number in terms.items():
        if atom in monomial:
            place = monomial.index(atom)
            factor[monomial[:place] + monomial[place + 1 :]] = number
        else:
            rest[monomial] = number
    return factor, rest


def _combine(factor: Terms, numerator: Sym, rest: Terms, divisor: int) -> Terms:
    """factor*numerator + divisor*rest."""
    total = {monomial: divisor * number for monomial, number in rest.items()}
    for a, number_a in factor.items():
        for b, number_b in numerator.terms.items():
            monomial = tuple(sorted(a + b))
            total[monomial] = total.get(monomial, 0) + number_a * number_b
    return {monomial: number for monomial, number in total.items() if number}


def _shifted(terms: Terms) -> Interval:
    """Bounds of the sum, written in (atom - its least value) so that every product is at least 0."""
    ranges = {atom: atom_bounds(atom) for atom in {atom for monomial in terms for atom in monomial}}
    shift = len(terms) <= _LARGE and all(len(monomial) <= 6 for monomial in terms)
    if shift:
        terms = _shift(terms, ranges)
        ranges = {atom: _from_zero(interval) for atom, interval in ranges.items()}
    total: Interval = (0, 0)
    for monomial, number in terms.items():
        product: Interval = (1, 1)
        for atom in monomial:
            product = _multiply(product, ranges[atom])
        total = _add(total, _scale(product, number))
    return total


def _from_zero(interval: Interval) -> Interval:
    low, high = interval
    return interval if low == -INF else (0, _plus(high, -low))


def _shift(terms: Terms, ranges: dict[Atom, Interval]) -> Terms:
    shifted: Terms = {}
    for monomial, number in terms.items():
        parts: Terms = {(): number}
        for atom in monomial:
            low = ranges[atom][0]
            parts = _times_shifted(parts, atom, low if isinstance(low, int) else 0)
        for m, f in parts.items():
            shifted[m] = shifted.get(m, 0) + f
    return shifted


def _times_shifted(parts: Terms, atom: Atom, low: int) -> Terms:
    """parts * ((atom - low) + low), the atom standing for (atom - low) in the result."""
    product: Terms = {}
    for monomial, number in parts.items():
        longer = (*monomial, atom)
        product[longer] = product.get(longer, 0) + number
        if low:
            product[monomial] = product.get(monomial, 0) + number * low
    return product


@lru_cache(4096)
def atom_bounds(atom: Atom) -> Interval:
    """The interval of one atom, worked out once."""
    if atom.kind == "symbol":
        return 1, INF
    ranges = [bounds(arg.terms) if isinstance(arg, Sym) else (arg, arg) for arg in atom.args]
    if atom.kind == "min":
        return min(low for low, _ in ranges), min(high for _, high in ranges)
    if atom.kind == "max":
        return max(low for low, _ in ranges), max(high for _, high in ranges)
    if atom.kind == "scale":
        return _scaled_bounds(ranges[0], atom.args[1])
    return _quotient_bounds(*ranges)


def _scaled_bounds(size: Interval, factor: float) -> Interval:
    if factor < 0 or size[0] < 0 or size[0] > 2**53:
        return ANY
    return math.floor(size[0] * factor), INF if size[1] > 2**53 else math.floor(size[1] * factor)


def _quotient_bounds(numerator: Interval, divisor: Interval) -> Interval:
    if divisor[0] == divisor[1] and isinstance(divisor[0], int):
        return _floor(numerator[0], divisor[0]), _floor(numerator[1], divisor[0])
    if divisor[0] >= 1 and isinstance(divisor[0], int) and numerator[0] >= 0:
        return 0, _floor(numerator[1], divisor[0])
    return ANY


def _floor(bound: Bound, divisor: int) -> Bound:
    return bound // divisor if isinstance(bound, int) else bound


def _add(a: Interval, b: Interval) -> Interval:
    return _plus(a[0], b[0]), _plus(a[1], b[1])


def _plus(a: Bound, b: Bound) -> Bound:
    return a + b if isinstance(a, int) and isinstance(b, int) else a if isinstance(a, float) else b


def _scale(interval: Interval, number: int) -> Interval:
    low, high = _times(interval[0], number), _times(interval[1], number)
    return (low, high) if number >= 0 else (high, low)


def _multiply(a: Interval, b: Interval) -> Interval:
    corners = [_times(x, y) for x in (a[0], a[1]) for y in (b[0], b[1])]
    return min(corners), max(corners)


def _times(a: Bound, b: Bound) -> Bound:
    """The product; 0 times infinity is 0, and no int becomes a float on the way (it may be too large)."""
    if a == 0 or b == 0:
        return 0
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return INF if (a > 0) == (b > 0) else -INF


def _divide(interval: Interval, number: int) -> Interval:
    """The integers x with number*x in the interval."""
    low, high = interval
    return -_floor(-low, number), _floor(high, number)


def _intersect(a: Interval, b: Interval) -> Interval:
    return max(a[0], b[0]), min(a[1], b[1])
