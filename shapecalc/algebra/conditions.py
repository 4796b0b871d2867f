"""What symbols must satisfy, as values: ``H divisible by 32``, ``193 <= H <= 224``, ``H >= 5``.

A layer makes a condition of two sizes; `solved` brings it into the form that is short to read, about one symbol where
that is possible; its text is made for a reader and never read back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final, Literal

from .dims import Dim, Sym, UnknownDim, ceildiv, divisible, format_dim, less_equal, same, substitute
from .polynomials import Terms
from .symbols import Atom, from_terms, is_int_floor, reduced

Kind = Literal["equal", "unequal", "at_least", "at_most", "between", "divisible", "known"]
Key = tuple[Kind, Dim, Dim, Dim | None, bool, str]

SIGNS: Final = {"equal": "=", "unequal": "!=", "at_least": ">=", "at_most": "<="}


class Condition:
    """`a` equal to, unequal to, at least, at most or divisible by `b`, or between `b` and `most`, both included; or a
    number (`known`, with the `reason`). `training_only`: inference works without it."""

    __slots__ = ("_solved", "a", "b", "kind", "most", "reason", "training_only")

    def __init__(
        self, kind: Kind, a: Dim, b: Dim, most: Dim | None = None, training_only: bool = False, reason: str = ""
    ) -> None:
        self.kind, self.a, self.b, self.most = kind, a, b, most
        self.training_only, self.reason = training_only, reason
        self._solved: Condition | None = None

    def key(self) -> Key:
        return self.kind, self.a, self.b, self.most, self.training_only, self.reason

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Condition) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def __repr__(self) -> str:
        return f"<{self.text()}>"

    def __str__(self) -> str:
        """The solved form in words."""
        return self.solved().text()

    def text(self) -> str:
        """This form in words."""
        if self.kind == "divisible":
            return _divisible_text(self.a, self.b)
        if self.kind == "known":
            return f"{format_dim(self.a)} known, {self.reason}"
        if self.kind == "between" and self.most is not None:
            return f"{format_dim(self.b)} <= {format_dim(self.a)} <= {format_dim(self.most)}"
        return f"{format_dim(self.a)} {SIGNS[self.kind]} {format_dim(self.b)}{' in training' * self.training_only}"

    def solved(self) -> Condition:
        """The same condition, solved for a symbol where that is possible; else short to read."""
        if self._solved is None:
            found = _SOLVERS[self.kind](self) if self.kind in _SOLVERS else self
            if self.training_only:
                found = Condition(found.kind, found.a, found.b, found.most, training_only=True)
            self._solved = found._solved = found
        return self._solved

    def symbols(self) -> frozenset[str]:
        """The names that it is about."""
        dims = (self.a, self.b, self.most)
        return frozenset().union(*(dim.symbols() for dim in dims if isinstance(dim, Sym)))

    def substituted(self, env: Mapping[str, Dim]) -> Condition:
        """The condition with symbols replaced by sizes; symbols not in `env` stay."""
        most = None if self.most is None else substitute(self.most, env)
        a, b = substitute(self.a, env), substitute(self.b, env)
        return Condition(self.kind, a, b, most, self.training_only, self.reason)

    def holds(self, env: Mapping[str, Dim] | None = None) -> bool | None:
        """Whether it holds at these sizes; None where it depends on symbols that are left, or on an unknown size."""
        _, a, b, most, *_ = (self if not env else self.substituted(env)).key()
        if isinstance(a, UnknownDim) or isinstance(b, UnknownDim):
            return None
        if self.kind == "known":
            return True if isinstance(a, int) else None
        if self.kind in ("equal", "unequal"):
            verdict = same(a, b)
            return verdict if verdict is None or self.kind == "equal" else not verdict
        if self.kind == "divisible":
            return divisible(a, b)
        low = less_equal(a, b) if self.kind == "at_most" else less_equal(b, a)
        high = True if most is None else less_equal(a, most)
        return False if low is False or high is False else True if low and high else None


def equal(a: Dim, b: Dim) -> Condition:
    return Condition("equal", a, b)


def at_least(a: Dim, low: Dim) -> Condition:
    return Condition("at_least", a, low)


def multiple(a: Dim, k: Dim) -> Condition:
    """`a` is a multiple of `k`."""
    return Condition("divisible", a, k)


# Solving. ------------------------------------------------------------------------------------------------------------


def _solved_equal(condition: Condition) -> Condition:
    a, b = reduced(condition.a, condition.b)
    difference = a - b
    if not isinstance(difference, Sym):
        return Condition("equal", a, b)
    found = _of_extreme(a, b) or _of_extreme(b, a) or _of_remainder(difference) or _of_one_atom(difference)
    return found or _shorter("equal", a, b)


def _of_extreme(a: Dim, b: Dim) -> Condition | None:
    """When a is the smaller, or the larger, of itself and something else: ``L <= 512`` for L = min(L, 512)."""
    monomials = list(b.terms.items()) if isinstance(b, Sym) else []
    if len(monomials) != 1 or monomials[0][1] != 1 or len(monomials[0][0]) != 1:
        return None
    (atom,) = monomials[0][0]
    if atom.kind not in ("min", "max") or len(atom.args) != 2 or a not in atom.args:
        return None
    other = atom.args[1 - atom.args.index(a)]
    return (at_least(other, a) if atom.kind == "min" else at_least(a, other)).solved()


def _of_remainder(difference: Sym) -> Condition | None:
    """For difference = c*(n - k*floor(n/k)) + constant = 0: the remainder of n on division by k."""
    floors = [atom for monomial in difference.terms if len(monomial) == 1 for atom in monomial if is_int_floor(atom)]
    for floor in floors:
        for inside, k in _readings(floor, floors):
            scale, odd = divmod(-difference.terms[(floor,)], k)
            rest = difference - Sym({(floor,): -scale * k}) - scale * inside if not odd else None
            if isinstance(rest, int) and rest % scale == 0 and 0 <= -rest // scale < k:
                return multiple(inside + rest // scale, k).solved()
    return None


def _readings(floor: Atom, others: list[Atom]) -> list[tuple[Dim, int]]:
    """floor(n/k) itself, and with the other floors of the same n inside: floor(H/4) is floor(floor(H/2)/2)."""
    numerator, k = floor.args
    readings: list[tuple[Dim, int]] = [(numerator, k)]
    for other in others:
        n, inner = other.args
        shift = numerator - n
        if inner < k and k % inner == 0 and isinstance(shift, int) and shift % inner == 0:
            readings.append((Sym({(other,): 1}) + shift // inner, k // inner))
    return readings


def _of_one_atom(difference: Sym) -> Condition | None:
    """For c*atom + constant = 0: the value of the symbol, or the range that the floor leaves it."""
    variable = _variable(difference)
    if len(variable) != 1:
        return None
    ((monomial, factor),) = variable.items()
    constant = difference.terms.get((), 0)
    if constant % factor:
        return None
    value = -constant // factor
    in_range = None
    if len(monomial) == 1 and is_int_floor(monomial[0]):
        numerator, k = monomial[0].args
        in_range = _range(numerator, k * value, k * value + k - 1)
    return in_range or Condition("equal", Sym({monomial: 1}), value)


def _range(numerator: Sym, low: int, high: int) -> Condition | None:
    """``low <= H <= high`` for low <= c*H + constant <= high with c > 0."""
    variable = _variable(numerator)
    ((monomial, factor), *others) = variable.items()
    if others or len(monomial) > 1 or factor < 0 or monomial[0].kind != "symbol":
        return None
    constant = numerator.terms.get((), 0)
    first, last = max(1, -((constant - low) // factor)), (high - constant) // factor
    name = Sym({monomial: 1})
    if first > last:
        return None
    return Condition("equal", name, first) if first == last else Condition("between", name, first, last)


def _solved_at_least(condition: Condition) -> Condition:
    a, low = reduced(condition.a, condition.b)
    difference = a - low
    if isinstance(difference, Sym) and len(_variable(difference)) == 1:
        ((monomial, factor),) = _variable(difference).items()
        constant = difference.terms.get((), 0)
        atom = monomial[0] if len(monomial) == 1 and is_int_floor(monomial[0]) else None
        if factor > 0:
            return _bound(atom, Sym({monomial: 1}), "at_least", ceildiv(-constant, factor))
        return _bound(atom, Sym({monomial: 1}), "at_most", constant // -factor)
    return _shorter("at_least", a, low)


def _bound(floor: Atom | None, value: Sym, kind: Kind, bound: Dim) -> Condition:
    if floor is None:
        return Condition(kind, value, bound)
    numerator, k = floor.args
    # floor(n/k) >= v is n >= k*v; floor(n/k) <= v is n <= k*v + k - 1
    found = at_least(numerator, k * bound) if kind == "at_least" else at_least(k * bound + k - 1, numerator)
    return found.solved()


def _solved_divisible(condition: Condition) -> Condition:
    """Without what is divisible in any case."""
    a, k = reduced(condition.a, condition.b)
    if not isinstance(a, Sym) or not isinstance(k, int) or k <= 0:
        return multiple(a, k)
    variable = {monomial: factor % k for monomial, factor in _variable(a).items() if factor % k}
    constant = a.terms.get((), 0) % k
    if len(variable) == 1:
        ((monomial, factor),) = variable.items()
        if math.gcd(factor, k) == 1:
            remainder = -constant * pow(factor, -1, k) % k
            return multiple(Sym({monomial: 1}) - (remainder if remainder <= k // 2 else remainder - k), k)
    return multiple(from_terms({**variable, (): constant}), k)


_SOLVERS: Final = {"equal": _solved_equal, "at_least": _solved_at_least, "divisible": _solved_divisible}


def _divisible_text(a: Dim, k: Dim) -> str:
    if k == 2 and isinstance(a, Sym) and len(_variable(a)) == 1 and a.terms.get((), 0) % 2 == 1:
        return f"{format_dim(a - a.terms[()])} odd"
    return f"{format_dim(a)} divisible by {format_dim(k)}"


def _variable(dim: Sym) -> Terms:
    return {monomial: factor for monomial, factor in dim.terms.items() if monomial}


def _shorter(kind: Kind, a: Dim, b: Dim) -> Condition:
    """As given, or with what is on both sides cancelled."""
    given = Condition(kind, a, b)
    difference = a - b
    if not isinstance(difference, Sym):
        return given
    left = from_terms({monomial: factor for monomial, factor in difference.terms.items() if factor > 0})
    right = from_terms({monomial: -factor for monomial, factor in difference.terms.items() if factor < 0})
    return min(given, Condition(kind, left, right), key=lambda condition: len(condition.text()))


# Several conditions. -------------------------------------------------------------------------------------------------


def merged(conditions: Iterable[Condition]) -> dict[Condition, list[Condition]]:
    """The conditions to show, solved, in order, each with those that it covers.

    ``H divisible by 2`` and ``floor(H/2) divisible by 2`` are ``H divisible by 4``, which includes ``H >= 4``.
    """
    given = list(dict.fromkeys(conditions))
    multiples = _multiples([condition.solved() for condition in given])
    shown: dict[Condition, list[Condition]] = {}
    for condition in given:
        name = _covered(condition.solved(), multiples)
        whole = condition.solved() if name is None else multiple(name, multiples[name])
        shown.setdefault(whole, []).append(condition)
    least: dict[Dim, int] = {}
    for condition in shown:
        if (bound := _bound_of(condition)) is not None:
            least[bound[0]] = max(least.get(bound[0], 0), bound[1])
    return {c: covers for c, covers in shown.items() if (bound := _bound_of(c)) is None or bound[1] == least[bound[0]]}


def least_values(conditions: Iterable[Condition]) -> dict[str, int]:
    """The least that each symbol can be where the conditions hold, as far as one of them is about it alone."""
    least: dict[str, int] = {}
    for condition in merged(conditions):
        found = _bound_of(condition) or _multiple_of(condition)
        if found is not None:
            name = str(found[0])
            least[name] = max(least.get(name, 1), found[1])
    return least


def _is_symbol(dim: Dim) -> bool:
    return _single_atom(dim, "symbol") is not None


def _single_atom(dim: Dim, kind: str) -> Atom | None:
    """The atom that the size is, if it is one of that kind."""
    if not isinstance(dim, Sym) or len(dim.terms) != 1:
        return None
    ((monomial, factor),) = dim.terms.items()
    return monomial[0] if factor == 1 and len(monomial) == 1 and monomial[0].kind == kind else None


def _bound_of(condition: Condition) -> tuple[Dim, int] | None:
    """(H, 5) for H >= 5."""
    if condition.kind == "at_least" and not condition.training_only and isinstance(condition.b, int):
        return (condition.a, condition.b) if _is_symbol(condition.a) else None
    return None


def _multiple_of(condition: Condition) -> tuple[Dim, int] | None:
    """(H, 32) for H divisible by 32."""
    if condition.kind == "divisible" and isinstance(condition.b, int) and _is_symbol(condition.a):
        return condition.a, condition.b
    return None


def _halved(condition: Condition) -> tuple[Dim, int, int] | None:
    """(H, 2, 16) for floor(H/2) divisible by 16."""
    floor = _single_atom(condition.a, "floor") if condition.kind == "divisible" else None
    if floor is None or not isinstance(condition.b, int):
        return None
    numerator, inner = floor.args
    return (numerator, inner, condition.b) if isinstance(inner, int) and _is_symbol(numerator) else None


def _multiples(conditions: list[Condition]) -> dict[Dim, int]:
    """The number that each symbol must be a multiple of, by all conditions together."""
    multiples: dict[Dim, int] = {}
    for condition in conditions:
        if (divided := _multiple_of(condition)) is not None:
            multiples[divided[0]] = math.lcm(multiples.get(divided[0], 1), divided[1])
    halved = [found for condition in conditions if (found := _halved(condition)) is not None]
    for name, inner, outer in sorted(halved, key=lambda found: found[1]):
        # a multiple of k whose floor(H/j), j dividing k, is a multiple of m is a multiple of j*m
        if multiples.get(name, 1) % inner == 0 and multiples.get(name, 1) > 1:
            multiples[name] = math.lcm(multiples[name], inner * outer)
    return multiples


def _covered(condition: Condition, multiples: Mapping[Dim, int]) -> Dim | None:
    """The symbol whose divisibility includes this condition."""
    if (divided := _multiple_of(condition)) is not None:
        return divided[0]
    if (halved := _halved(condition)) is not None:
        return halved[0] if multiples.get(halved[0], 1) % (halved[1] * halved[2]) == 0 else None
    if (bound := _bound_of(condition)) is not None:
        return bound[0] if multiples.get(bound[0], 0) >= bound[1] else None
    return None
