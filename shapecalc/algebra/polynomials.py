"""Integer polynomials as dicts: a product of atoms -> its factor. Products, division, common factors.

The order of products is graded lexicographic: the highest degree first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .symbols import Atom

Monomial = tuple["Atom", ...]  # sorted; a power is a repetition; () is the constant
Terms = dict[Monomial, int]
MAX_STEPS = 800


def product(left: Terms, right: Terms) -> Terms:
    found: Terms = {}
    for a, factor_a in left.items():
        for b, factor_b in right.items():
            monomial = tuple(sorted(a + b)) if a and b else a or b
            found[monomial] = found.get(monomial, 0) + factor_a * factor_b
    return found


def divide(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    """Polynomial division (graded lexicographic): a = b*quotient + rest."""
    lead = leading(b)
    rest, quotient, left_over = dict(a), {}, {}
    for _ in range(MAX_STEPS):
        if not rest:
            break
        monomial = leading(rest)
        shared = monomial_quotient(monomial, lead)
        if shared is None or rest[monomial] % b[lead]:
            left_over[monomial] = rest.pop(monomial)
            continue
        factor = rest[monomial] // b[lead]
        quotient[shared] = factor
        for other, value in product(b, {shared: -factor}).items():
            rest[other] = rest.get(other, 0) + value
            if not rest[other]:
                del rest[other]
    left_over.update(rest)
    return quotient, left_over


def leading(terms: Terms) -> Monomial:
    return min(terms, key=lambda monomial: (-len(monomial), monomial))


def monomial_quotient(a: Monomial, b: Monomial) -> Monomial | None:
    rest = list(a)
    for atom in b:
        if atom not in rest:
            return None
        rest.remove(atom)
    return tuple(rest)


def common_monomial(monomials: Iterable[Monomial]) -> Monomial:
    first, *others = monomials
    common: list[Atom] = list(first)
    for monomial in others:
        left = list(monomial)
        kept = []
        for atom in common:
            if atom in left:
                left.remove(atom)
                kept.append(atom)
        common = kept
    return tuple(common)


def divide_out(terms: Terms, number: int, monomial: Monomial) -> Terms:
    return {monomial_quotient(m, monomial) or (): factor // number for m, factor in terms.items()}
