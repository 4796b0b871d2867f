"""What symbols must satisfy, in words short to read: ``H divisible by 32``, ``193 <= H <= 224``, ``H >= 5``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from .dims import Dim, Sym, ceildiv, format_dim
from .symbols import Atom, Terms, from_terms, is_int_floor, reduced


def equal_text(a: Dim, b: Dim) -> str:
    """When a = b, solved for a symbol where that is possible."""
    a, b = reduced(a, b)
    difference = a - b
    if not isinstance(difference, Sym):
        return f"{format_dim(a)} = {format_dim(b)}"
    found = _extreme_text(a, b) or _extreme_text(b, a) or _remainder_text(difference) or _solved_text(difference)
    return found or _shorter("=", a, b)


def _extreme_text(a: Dim, b: Dim) -> str | None:
    """When a is the smaller, or the larger, of itself and something else: ``L <= 512`` for L = min(L, 512)."""
    monomials = list(b.terms.items()) if isinstance(b, Sym) else []
    if len(monomials) != 1 or monomials[0][1] != 1 or len(monomials[0][0]) != 1:
        return None
    (atom,) = monomials[0][0]
    if atom.kind not in ("min", "max") or len(atom.args) != 2 or a not in atom.args:
        return None
    other = atom.args[1 - atom.args.index(a)]
    return at_least_text(other, a) if atom.kind == "min" else at_least_text(a, other)


def at_least_text(a: Dim, lo: Dim) -> str:
    """When a >= lo, solved for a symbol where that is possible."""
    a, lo = reduced(a, lo)
    difference = a - lo
    if isinstance(difference, Sym) and len(_variable(difference)) == 1:
        ((monomial, factor),) = _variable(difference).items()
        constant = difference.terms.get((), 0)
        atom = monomial[0] if len(monomial) == 1 and is_int_floor(monomial[0]) else None
        if factor > 0:
            return _bound_text(atom, Sym({monomial: 1}), ">=", ceildiv(-constant, factor))
        return _bound_text(atom, Sym({monomial: 1}), "<=", constant // -factor)
    return _shorter(">=", a, lo)


def divisible_text(a: Dim, k: Dim) -> str:
    """When k divides a, without what is divisible anyhow."""
    a, k = reduced(a, k)
    if not isinstance(a, Sym) or not isinstance(k, int) or k <= 0:
        return f"{format_dim(a)} divisible by {format_dim(k)}"
    variable = {monomial: factor % k for monomial, factor in _variable(a).items() if factor % k}
    constant = a.terms.get((), 0) % k
    if len(variable) == 1:
        ((monomial, factor),) = variable.items()
        if math.gcd(factor, k) == 1:
            return _congruent_text(Sym({monomial: 1}), -constant * pow(factor, -1, k), k)
    return f"{format_dim(from_terms({**variable, (): constant}))} divisible by {format_dim(k)}"


def _congruent_text(value: Dim, remainder: int, k: int) -> str:
    """When value leaves this remainder on division by k."""
    remainder %= k
    if k == 2 and remainder == 1:
        return f"{format_dim(value)} odd"
    offset = remainder if remainder <= k // 2 else remainder - k
    return f"{format_dim(value - offset)} divisible by {format_dim(k)}"


def _variable(dim: Sym) -> Terms:
    return {monomial: factor for monomial, factor in dim.terms.items() if monomial}


def _remainder_text(difference: Sym) -> str | None:
    """For difference = c*(n - k*floor(n/k)) + constant = 0: what n leaves on division by k."""
    floors = [atom for monomial in difference.terms if len(monomial) == 1 for atom in monomial if is_int_floor(atom)]
    for floor in floors:
        for inside, k in _readings(floor, floors):
            scale, odd = divmod(-difference.terms[(floor,)], k)
            rest = difference - Sym({(floor,): -scale * k}) - scale * inside if not odd else None
            if isinstance(rest, int) and rest % scale == 0 and 0 <= -rest // scale < k:
                return divisible_text(inside + rest // scale, k)
    return None


def _readings(floor: Atom, others: list[Atom]) -> list[tuple[Dim, int]]:
    """floor(n/k) as it stands, and with the other floors of the same n inside: floor(H/4) is floor(floor(H/2)/2)."""
    numerator, k = floor.args
    readings: list[tuple[Dim, int]] = [(numerator, k)]
    for other in others:
        n, inner = other.args
        shift = numerator - n
        if inner < k and k % inner == 0 and isinstance(shift, int) and shift % inner == 0:
            readings.append((Sym({(other,): 1}) + shift // inner, k // inner))
    return readings


def _solved_text(difference: Sym) -> str | None:
    """For c*atom + constant = 0: the value of the symbol, or the range that the floor leaves it."""
    variable = _variable(difference)
    if len(variable) != 1:
        return None
    ((monomial, factor),) = variable.items()
    constant = difference.terms.get((), 0)
    if constant % factor:
        return None
    value = -constant // factor
    if len(monomial) == 1 and is_int_floor(monomial[0]):
        numerator, k = monomial[0].args
        return _range_text(numerator, k * value, k * value + k - 1) or f"{monomial[0]} = {format_dim(value)}"
    return f"{format_dim(Sym({monomial: 1}))} = {format_dim(value)}"


def _range_text(numerator: Sym, low: int, high: int) -> str | None:
    """``low <= H <= high`` for low <= c*H + constant <= high with c > 0."""
    variable = _variable(numerator)
    ((monomial, factor), *others) = variable.items()
    if others or len(monomial) > 1 or factor < 0 or monomial[0].kind != "symbol":
        return None
    constant = numerator.terms.get((), 0)
    first, last = max(1, -((constant - low) // factor)), (high - constant) // factor
    if first > last:
        return None
    return f"{monomial[0]} = {first}" if first == last else f"{first} <= {monomial[0]} <= {last}"


def _bound_text(floor: Atom | None, value: Sym, sign: str, bound: Dim) -> str:
    if floor is None:
        return f"{value} {sign} {format_dim(bound)}"
    numerator, k = floor.args
    # floor(n/k) >= v is n >= k*v; floor(n/k) <= v is n <= k*v + k - 1
    return at_least_text(numerator, k * bound) if sign == ">=" else at_least_text(k * bound + k - 1, numerator)


def _shorter(sign: str, a: Dim, b: Dim) -> str:
    """As it stands, or with what is on both sides cancelled."""
    as_given = f"{format_dim(a)} {sign} {format_dim(b)}"
    difference = a - b
    if not isinstance(difference, Sym):
        return as_given
    left = from_terms({monomial: factor for monomial, factor in difference.terms.items() if factor > 0})
    right = from_terms({monomial: -factor for monomial, factor in difference.terms.items() if factor < 0})
    return min(as_given, f"{format_dim(left)} {sign} {format_dim(right)}", key=len)


def merged(conditions: Iterable[str]) -> dict[str, list[str]]:
    """The conditions to show, in order, each with those that it stands for.

    ``H divisible by 2`` and ``floor(H/2) divisible by 2`` are ``H divisible by 4``, and that says ``H >= 4``, too.
    """
    texts = list(dict.fromkeys(conditions))
    multiples = _multiples(texts)
    out: dict[str, list[str]] = {}
    for text in texts:
        name = _covered(text, multiples)
        shown = f"{name} divisible by {multiples[name]}" if name else text
        out.setdefault(shown, []).append(text)
    bounds = [(m[1], int(m[2])) for text in out if (m := re.fullmatch(_BOUND, text))]
    weaker = {f"{name} >= {least}" for name, least in bounds if any(n == name and b > least for n, b in bounds)}
    return {shown: stands_for for shown, stands_for in out.items() if shown not in weaker}


def least_values(conditions: Iterable[str]) -> dict[str, int]:
    """The least that each symbol can be where the conditions hold, as far as they say so of it alone."""
    least: dict[str, int] = {}
    for text in merged(conditions):
        found = re.fullmatch(_BOUND, text) or re.fullmatch(_MULTIPLE, text)
        if found is not None:
            least[found[1]] = max(least.get(found[1], 1), int(found[2]))
    return least


_MULTIPLE = r"(\w+) divisible by ([0-9]{1,18})"
_HALVED = r"floor\((\w+)/([0-9]{1,18})\) divisible by ([0-9]{1,18})"
_BOUND = r"(\w+) >= ([0-9]{1,18})"


def _multiples(texts: list[str]) -> dict[str, int]:
    """What each symbol must be a multiple of, all conditions together."""
    multiples: dict[str, int] = {}
    for text in texts:
        if found := re.fullmatch(_MULTIPLE, text):
            multiples[found[1]] = math.lcm(multiples.get(found[1], 1), int(found[2]))
    halved = [(m[1], int(m[2]), int(m[3])) for text in texts if (m := re.fullmatch(_HALVED, text))]
    for name, inner, outer in sorted(halved, key=lambda found: found[1]):
        # a multiple of k whose floor(H/j), j dividing k, is a multiple of m is a multiple of j*m
        if multiples.get(name, 1) % inner == 0 and multiples.get(name, 1) > 1:
            multiples[name] = math.lcm(multiples[name], inner * outer)
    return multiples


def _covered(text: str, multiples: dict[str, int]) -> str | None:
    """The symbol whose divisibility says this already."""
    if found := re.fullmatch(_MULTIPLE, text):
        return found[1]
    if found := re.fullmatch(_HALVED, text):
        return found[1] if multiples.get(found[1], 1) % (int(found[2]) * int(found[3])) == 0 else None
    if found := re.fullmatch(_BOUND, text):
        return found[1] if multiples.get(found[1], 0) >= int(found[2]) else None
    return None
