"""How symbolic sizes are written: ``floor((H - 1)/2) + 1``, sums as products where they are."""

from __future__ import annotations

import math
from collections.abc import Callable

from .polynomials import Monomial, Terms, common_monomial, divide, divide_out, monomial_quotient

_PLAIN_INT = 10**30


def int_text(number: int) -> str:
    """The decimal digits, or a short form (``1.234e5000``) of a number nobody reads to the end."""
    if -_PLAIN_INT < number < _PLAIN_INT:
        return str(number)
    power, exponent = math.modf(math.log10(abs(number)))
    digits, carry = f"{10**power:.3e}".split("e")
    sign = "-" if number < 0 else ""
    return f"{sign}{float(digits):g}e{int(exponent) + int(carry)}"


def rank(kind: str, text: str) -> int:
    """N comes first in a product, then channels, then other symbols, then what is computed."""
    if kind != "symbol":
        return 3
    return 0 if text == "N" else 1 if text.startswith("C") else 2


def sum_text(terms: Terms) -> str:
    if len(terms) == 1:
        ((monomial, factor),) = terms.items()
        return _product_text(factor, monomial)
    common = common_monomial(terms)
    number = math.gcd(*terms.values()) * (-1 if max(terms.values()) < 0 else 1)
    factors = _factors(divide_out(terms, number, common))
    if not common and len(factors) == 1:
        return _plain_sum(terms)
    sums = sorted(_parenthesised(polynomial_text(part)) for part in factors)
    return "*".join([*([_product_text(number, common)] if common or number != 1 else []), *sums])


def _plain_sum(terms: Terms) -> str:
    products, rest = _grouped(terms)
    ordered = sorted(rest, key=lambda monomial: (not monomial, -len(monomial), monomial))
    parts = [*products, *((rest[monomial], _product_text(1, monomial)) for monomial in ordered)]
    first = next((place for place, (factor, _) in enumerate(parts) if factor > 0), 0)
    parts.insert(0, parts.pop(first))
    text = _times_text(*parts[0])
    for factor, name in parts[1:]:
        text += (" + " if factor > 0 else " - ") + _times_text(abs(factor), name)
    return text


def _grouped(terms: Terms) -> tuple[list[tuple[int, str]], Terms]:
    """Products c*m*(x + a)*(y + b) found in a long sum, as factor and text, and what is left of it."""
    rest, products = dict(terms), []
    for monomial in sorted(terms, key=lambda monomial: (-len(monomial), monomial)) if len(terms) > 3 else ():
        if len(monomial) < 2 or monomial not in rest or monomial[-1] == monomial[-2]:
            continue
        common, x, y, factor = monomial[:-2], monomial[-2], monomial[-1], rest[monomial]
        with_x, with_y = (*common, x), (*common, y)
        b, a = rest.get(with_x, 0), rest.get(with_y, 0)
        if a and b and a % factor == 0 and b % factor == 0:
            sums = [{(x,): 1, (): a // factor}, {(y,): 1, (): b // factor}]
            texts = [atom.text for atom in common] + [_parenthesised(polynomial_text(part)) for part in sums]
            products.append((factor, "*".join(texts)))
            for taken in (monomial, with_x, with_y):
                del rest[taken]
            rest[common] = rest.get(common, 0) - a * b // factor
            if not rest[common]:
                del rest[common]
    return products, rest


def _times_text(factor: int, name: str) -> str:
    if name == "1":
        return int_text(factor)
    return f"{'-' if factor < 0 else ''}{name}" if factor in (1, -1) else f"{int_text(factor)}*{name}"


def _product_text(factor: int, monomial: Monomial) -> str:
    return _times_text(factor, "*".join(atom.text for atom in monomial) or "1")


def _factors(terms: Terms) -> list[Terms]:
    """A sum as a product of sums, each found as A*atom + A*q = A*(atom + q)."""
    if not 4 <= len(terms) <= 64:
        return [terms]
    for atom in sorted({atom for monomial in terms for atom in monomial}):
        with_atom = {m: f for m, f in terms.items() if atom in m}
        if len(with_atom) < 2 or any(m.count(atom) > 1 for m in with_atom):
            continue
        coefficient = {monomial_quotient(m, (atom,)) or (): f for m, f in with_atom.items()}
        number, common = math.gcd(*coefficient.values()), common_monomial(coefficient)
        primitive = divide_out(coefficient, number, common)
        quotient, rest = divide({m: f for m, f in terms.items() if m not in with_atom}, primitive)
        if not rest:
            quotient[tuple(sorted((*common, atom)))] = number
            return _factors(primitive) + _factors(quotient)
    return [terms]


def _parenthesised(value: object, signs: str = " ") -> str:
    """In brackets where it is a sum (or, with the sign given, a product)."""
    text = str(value)
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character in signs and depth == 0:
            return f"({text})"
    return text


def polynomial_text(terms: Terms) -> str:
    """A sum that may be a number alone."""
    terms = {monomial: factor for monomial, factor in terms.items() if factor}
    return sum_text(terms) if terms.keys() - {()} else int_text(terms.get((), 0))


def _floor_text(numerator: object, divisor: object) -> str:
    below = int_text(divisor) if isinstance(divisor, int) else _parenthesised(divisor, " *")
    above = int_text(numerator) if isinstance(numerator, int) else _parenthesised(numerator)
    return f"floor({above}/{below})"


def _list_text(name: str) -> Callable[..., str]:
    return lambda *args: f"{name}({', '.join(int_text(a) if isinstance(a, int) else str(a) for a in args)})"


ATOM_TEXT: dict[str, Callable[..., str]] = {
    "symbol": lambda name: name,
    "floor": _floor_text,
    "min": _list_text("min"),
    "max": _list_text("max"),
    "scale": lambda size, factor: f"floor({factor!r}*{_parenthesised(size, ' *')})",
}
