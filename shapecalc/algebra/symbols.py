"""Symbolic sizes: integer polynomials over atoms, in normal form.

An atom is a symbol (a positive integer), a floor division, a minimum or maximum, or a scaled size. A constant is never
a ``Sym``: operations give an ``int`` where nothing symbolic is left, and ``UNK`` beyond the limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

MAX_TERMS = 400
MAX_DEGREE = 24
MAX_DEPTH = 24
MAX_ATOM_TEXT = 1500
_PLAIN_INT = 10**30


class UnknownDim:
    """A size that cannot be known. Absorbs all arithmetic; there is one instance, ``UNK``."""

    __slots__ = ()

    def _absorb(self, other: object) -> UnknownDim:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absorb
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _absorb

    def __neg__(self) -> UnknownDim:
        return self

    def __repr__(self) -> str:
        return "?"

    def __reduce__(self) -> str:
        return "UNK"


UNK = UnknownDim()


def int_text(number: int) -> str:
    """The decimal digits, or a short form (``1.234e5000``) of a number nobody reads to the end."""
    if -_PLAIN_INT < number < _PLAIN_INT:
        return str(number)
    power, exponent = math.modf(math.log10(abs(number)))
    digits, carry = f"{10**power:.3e}".split("e")
    sign = "-" if number < 0 else ""
    return f"{sign}{float(digits):g}e{int(exponent) + int(carry)}"


class Atom:
    """A factor of a product: ``symbol``, ``floor`` (numerator, divisor), ``min``, ``max`` or ``scale``."""

    __slots__ = ("_hash", "args", "depth", "kind", "order", "text")

    def __init__(self, kind: str, args: tuple[Any, ...]) -> None:
        self.kind = kind
        self.args = args
        self.text: str = _ATOM_TEXT[kind](*args)
        self.order = (_rank(kind, self.text), self.text)
        self.depth = 1 + max((arg.depth for arg in args if isinstance(arg, Sym)), default=0)
        self._hash = hash((kind, args))

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if not isinstance(other, Atom) or self._hash != other._hash:
            return False
        return self.kind == other.kind and self.args == other.args

    def __hash__(self) -> int:
        return self._hash

    def __lt__(self, other: Atom) -> bool:
        return self.order < other.order

    def __repr__(self) -> str:
        return self.text

    def evaluate(self, env: Mapping[str, int]) -> int:
        if self.kind == "symbol":
            return env[self.args[0]]
        values = [arg.evaluate(env) if isinstance(arg, Sym) else arg for arg in self.args]
        return _ATOM_VALUE[self.kind](*values)

    def symbols(self) -> frozenset[str]:
        if self.kind == "symbol":
            return frozenset(self.args)
        return frozenset().union(*(arg.symbols() for arg in self.args if isinstance(arg, Sym)))


Monomial = tuple[Atom, ...]  # sorted; a power is a repetition; () is the constant
Terms = dict[Monomial, int]


class Sym:
    """An integer polynomial over atoms with at least one atom in it. Immutable and hashable."""

    __slots__ = ("_hash", "_text", "depth", "terms")
    depth: int

    def __init__(self, terms: Terms, depth: int | None = None) -> None:
        self.terms = terms
        self.depth = max([atom.depth for monomial in terms for atom in monomial], default=0) if depth is None else depth
        self._hash: int | None = None
        self._text: str | None = None

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Sym) and self.terms == other.terms)

    def __hash__(self) -> int:
        if self._hash is None:
            self._hash = hash(frozenset(self.terms.items()))
        return self._hash

    def __str__(self) -> str:
        if self._text is None:
            self._text = _sum_text(self.terms)
        return self._text

    def __repr__(self) -> str:
        return f"<{self}>"

    def __add__(self, other: Dim) -> Dim:
        return _add(self, other, 1) if isinstance(other, (int, Sym)) else _unknown(other)

    __radd__ = __add__

    def __sub__(self, other: Dim) -> Dim:
        return _add(self, other, -1) if isinstance(other, (int, Sym)) else _unknown(other)

    def __rsub__(self, other: Dim) -> Dim:
        return -self + other

    def __neg__(self) -> Sym:
        return Sym({monomial: -factor for monomial, factor in self.terms.items()})

    def __mul__(self, other: Dim) -> Dim:
        if isinstance(other, int):
            return Sym({m: factor * other for m, factor in self.terms.items()}, self.depth) if other else 0
        return _multiply(self.terms, other.terms) if isinstance(other, Sym) else _unknown(other)

    __rmul__ = __mul__

    def _times(self, number: int) -> Sym:
        """The product with a number that is not 0: the same atoms, so nothing of them is worked out anew."""
        if number == 1:
            return self
        made = Sym.__new__(Sym)
        made.terms = {monomial: factor * number for monomial, factor in self.terms.items()}
        made.depth, made._hash, made._text = self.depth, None, None
        return made

    def __floordiv__(self, other: Dim) -> Dim:
        return floordiv(self, other)

    def __rfloordiv__(self, other: Dim) -> Dim:
        return floordiv(other, self)

    def __mod__(self, other: Dim) -> Dim:
        return self - other * floordiv(self, other)

    def __rmod__(self, other: Dim) -> Dim:
        return other - self * floordiv(other, self)

    def evaluate(self, env: Mapping[str, int]) -> int:
        """The exact value at these sizes. KeyError for a symbol without one, ZeroDivisionError for a zero divisor."""
        return sum(
            factor * math.prod([atom.evaluate(env) for atom in monomial]) for monomial, factor in self.terms.items()
        )

    def symbols(self) -> frozenset[str]:
        """The names that occur, inside atoms too."""
        return frozenset().union(*(atom.symbols() for atom in self.atoms()))

    def atoms(self) -> set[Atom]:
        return {atom for monomial in self.terms for atom in monomial}


Dim = int | Sym | UnknownDim


def _unknown(other: object) -> Any:
    return UNK if isinstance(other, UnknownDim) else NotImplemented


def symbol(name: str) -> Sym:
    """The symbol of that name: some integer >= 1."""
    found = _SYMBOLS.get(name)
    if found is None:
        found = Sym({(Atom("symbol", (name,)),): 1})
        if len(_SYMBOLS) < 1000:
            _SYMBOLS[name] = found
    return found


_SYMBOLS: dict[str, Sym] = {}


def from_terms(terms: Terms) -> Dim:
    """The dim with these terms: zeros dropped, an int where no atom is left, UNK beyond the limits."""
    terms = {monomial: factor for monomial, factor in terms.items() if factor}
    if not terms:
        return 0
    if len(terms) == 1 and () in terms:
        return terms[()]
    if len(terms) > MAX_TERMS or any(len(monomial) > MAX_DEGREE for monomial in terms):
        return UNK
    return Sym(terms)


def atom(kind: str, *args: Any) -> Dim:
    """The size that is this atom alone; UNK where it is nested too deep or too long to mean anything to a reader."""
    if any(isinstance(arg, Sym) and arg.depth >= MAX_DEPTH for arg in args):
        return UNK
    made = Atom(kind, args)
    return Sym({(made,): 1}) if len(made.text) <= MAX_ATOM_TEXT else UNK


def add_all(values: Iterable[Dim]) -> Dim:
    """The sum, built once: adding many sizes one by one would copy the terms each time."""
    total: Terms = {}
    constant = 0
    for value in values:
        if isinstance(value, int):
            constant += value
        elif isinstance(value, UnknownDim):
            return UNK
        else:
            for monomial, factor in value.terms.items():
                total[monomial] = total.get(monomial, 0) + factor
    if not total:
        return constant
    total[()] = total.get((), 0) + constant
    return from_terms(total)


def _add(left: Sym, right: int | Sym, sign: int) -> Dim:
    terms = dict(left.terms)
    for monomial, factor in ({(): right} if isinstance(right, int) else right.terms).items():
        terms[monomial] = terms.get(monomial, 0) + sign * factor
    return from_terms(terms)


def _multiply(left: Terms, right: Terms) -> Dim:
    if len(left) * len(right) > 10 * MAX_TERMS:
        return UNK
    return from_terms(_product(left, right))


def _product(left: Terms, right: Terms) -> Terms:
    product: Terms = {}
    for a, factor_a in left.items():
        for b, factor_b in right.items():
            monomial = tuple(sorted(a + b)) if a and b else a or b
            product[monomial] = product.get(monomial, 0) + factor_a * factor_b
    return product


# ---- floor division


def floordiv(a: Dim, b: Dim) -> Dim:
    """floor(a / b). UNK for a zero divisor."""
    if isinstance(a, UnknownDim) or isinstance(b, UnknownDim):
        return UNK
    if isinstance(b, int):
        if b == 0:
            return UNK
        if isinstance(a, int):
            return a // b
        return _floor_by_int(a, b) if b > 0 else floordiv(-a, -b)
    return 0 if a == 0 else _floor_by_sym(a, b)


def _floor_by_int(a: Sym, divisor: int) -> Dim:
    """Multiples of the divisor go outside, common factors cancel, a floor inside collapses.

    The constant inside ends in (-divisor, 0], which gives ``floor((H - 1)/2) + 1`` as a convolution is written.
    """
    outside, inside = _split_multiples(a, divisor)
    constant = inside.pop((), 0)
    if not inside:
        return from_terms(outside) + constant // divisor
    common = math.gcd(divisor, *inside.values())
    rest = from_terms({monomial: factor // common for monomial, factor in inside.items()})
    if common > 1:
        return from_terms(outside) + floordiv(rest + constant // common, divisor // common)
    nested = _nested_floor(inside)
    if nested is None:
        return from_terms(outside) + atom("floor", rest + constant, divisor)
    # floor((floor(n/s) + b)/t) = floor((n + s*b)/(s*t)) for every integer b
    numerator, inner = nested.args
    others = rest - Sym({(nested,): 1}) + constant
    return from_terms(outside) + floordiv(numerator + inner * others, inner * divisor)


def _split_multiples(a: Sym, divisor: int) -> tuple[Terms, Terms]:
    """a = divisor*outside + inside."""
    outside: Terms = {}
    inside: Terms = {}
    for monomial, factor in a.terms.items():
        quotient = factor // divisor if monomial else -(-factor // divisor)
        remainder = factor - quotient * divisor
        if quotient:
            outside[monomial] = quotient
        if remainder:
            inside[monomial] = remainder
    return outside, inside


def _nested_floor(inside: Terms) -> Atom | None:
    """The one floor by an int that stands in the sum with factor 1; with several there is no telling which to open."""
    found = [(monomial, factor) for monomial, factor in inside.items() if any(is_int_floor(atom) for atom in monomial)]
    if len(found) == 1 and found[0][1] == 1 and len(found[0][0]) == 1:
        return found[0][0][0]
    return None


def is_int_floor(atom: Atom) -> bool:
    """A floor division by a number."""
    return atom.kind == "floor" and isinstance(atom.args[1], int)


def _floor_by_sym(a: int | Sym, b: Sym) -> Dim:
    numerator = _terms(a)
    quotient, rest = divide(numerator, b.terms)
    if not rest:
        return from_terms(quotient)
    if len(b.terms) > 1:
        quotient, rest = {}, numerator
    rest, divisor = _cancel(rest, b.terms)
    whole, divisor_dim = from_terms(rest), from_terms(divisor)
    if isinstance(divisor_dim, int):
        return from_terms(quotient) + floordiv(whole, divisor_dim)
    if isinstance(whole, UnknownDim) or isinstance(divisor_dim, UnknownDim):
        return UNK
    return from_terms(quotient) + atom("floor", whole, divisor_dim)


def reduced(a: Dim, b: Dim) -> tuple[Dim, Dim]:
    """Both without the number and the symbols that divide every term of both (a symbol is never zero)."""
    if isinstance(a, UnknownDim) or isinstance(b, UnknownDim) or a == 0 or b == 0:
        return a, b
    left, right = _cancel(_terms(a), _terms(b))
    return from_terms(left), from_terms(right)


def _cancel(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    number = math.gcd(*a.values(), *b.values())
    monomial = tuple(atom for atom in _common_monomial([*a, *b]) if atom.kind == "symbol")
    return _divide_out(a, number, monomial), _divide_out(b, number, monomial)


def _terms(dim: int | Sym) -> Terms:
    return {(): dim} if isinstance(dim, int) else dim.terms


def divide(a: Terms, b: Terms) -> tuple[Terms, Terms]:
    """Polynomial division (graded lexicographic): a = b*quotient + rest."""
    lead = _leading(b)
    rest, quotient, left_over = dict(a), {}, {}
    for _ in range(2 * MAX_TERMS):
        if not rest:
            break
        monomial = _leading(rest)
        shared = _monomial_quotient(monomial, lead)
        if shared is None or rest[monomial] % b[lead]:
            left_over[monomial] = rest.pop(monomial)
            continue
        factor = rest[monomial] // b[lead]
        quotient[shared] = factor
        for other, value in _product(b, {shared: -factor}).items():
            rest[other] = rest.get(other, 0) + value
            if not rest[other]:
                del rest[other]
    left_over.update(rest)
    return quotient, left_over


def _leading(terms: Terms) -> Monomial:
    return min(terms, key=lambda monomial: (-len(monomial), monomial))


def _monomial_quotient(a: Monomial, b: Monomial) -> Monomial | None:
    rest = list(a)
    for atom in b:
        if atom not in rest:
            return None
        rest.remove(atom)
    return tuple(rest)


def _common_monomial(monomials: Iterable[Monomial]) -> Monomial:
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


def _divide_out(terms: Terms, number: int, monomial: Monomial) -> Terms:
    return {_monomial_quotient(m, monomial) or (): factor // number for m, factor in terms.items()}


# ---- text


def _rank(kind: str, text: str) -> int:
    """N comes first in a product, then channels, then other symbols, then what is computed."""
    if kind != "symbol":
        return 3
    return 0 if text == "N" else 1 if text.startswith("C") else 2


def _sum_text(terms: Terms) -> str:
    if len(terms) == 1:
        ((monomial, factor),) = terms.items()
        return _product_text(factor, monomial)
    common = _common_monomial(terms)
    number = math.gcd(*terms.values()) * (-1 if max(terms.values()) < 0 else 1)
    factors = _factors(_divide_out(terms, number, common))
    if not common and len(factors) == 1:
        return _plain_sum(terms)
    sums = sorted(_parenthesised(from_terms(part)) for part in factors)
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
            texts = [atom.text for atom in common] + [_parenthesised(from_terms(part)) for part in sums]
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
        coefficient = {_monomial_quotient(m, (atom,)) or (): f for m, f in with_atom.items()}
        number, common = math.gcd(*coefficient.values()), _common_monomial(coefficient)
        primitive = _divide_out(coefficient, number, common)
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


def _floor_text(numerator: Sym | int, divisor: Sym | int) -> str:
    below = int_text(divisor) if isinstance(divisor, int) else _parenthesised(divisor, " *")
    above = int_text(numerator) if isinstance(numerator, int) else _parenthesised(numerator)
    return f"floor({above}/{below})"


def _list_text(name: str) -> Callable[..., str]:
    return lambda *args: f"{name}({', '.join(int_text(a) if isinstance(a, int) else str(a) for a in args)})"


_ATOM_TEXT: dict[str, Callable[..., str]] = {
    "symbol": lambda name: name,
    "floor": _floor_text,
    "min": _list_text("min"),
    "max": _list_text("max"),
    "scale": lambda size, factor: f"floor({factor!r}*{_parenthesised(size, ' *')})",
}
_ATOM_VALUE: dict[str, Callable[..., int]] = {
    "floor": lambda numerator, divisor: numerator // divisor,
    "min": min,
    "max": max,
    "scale": lambda size, factor: math.floor(float(size) * factor),
}
