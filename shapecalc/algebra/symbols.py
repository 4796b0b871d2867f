"""Symbolic sizes: integer polynomials over atoms, in normal form.

An atom is a symbol (a positive integer), a floor division, a minimum or maximum, or a scaled size. A constant is never
a ``Sym``: operations give an ``int`` where nothing symbolic is left, and ``UNK`` beyond the limits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .polynomials import Terms, common_monomial, divide, divide_out, product
from .symbol_text import ATOM_TEXT, rank, sum_text

MAX_TERMS = 400
MAX_DEGREE = 24
MAX_DEPTH = 24
MAXATOM_TEXT = 1500


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


class Atom:
    """A factor of a product: ``symbol``, ``floor`` (numerator, divisor), ``min``, ``max`` or ``scale``."""

    __slots__ = ("_hash", "args", "depth", "kind", "order", "text")

    def __init__(self, kind: str, args: tuple[Any, ...]) -> None:
        self.kind = kind
        self.args = args
        self.text: str = ATOM_TEXT[kind](*args)
        self.order = (rank(kind, self.text), self.text)
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
            self._text = sum_text(self.terms)
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
    return Sym({(made,): 1}) if len(made.text) <= MAXATOM_TEXT else UNK


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
    return from_terms(product(left, right))


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
    monomial = tuple(atom for atom in common_monomial([*a, *b]) if atom.kind == "symbol")
    return divide_out(a, number, monomial), divide_out(b, number, monomial)


def _terms(dim: int | Sym) -> Terms:
    return {(): dim} if isinstance(dim, int) else dim.terms


_ATOM_VALUE: dict[str, Callable[..., int]] = {
    "floor": lambda numerator, divisor: numerator // divisor,
    "min": min,
    "max": max,
    "scale": lambda size, factor: math.floor(float(size) * factor),
}
