"""Sizes of one axis: an int wherever possible, else a symbolic expression, else ``UNK``.

Shape rules are written once, with ``+ - * // %`` and these functions, and serve numbers and symbols alike. A symbol is
a positive integer, so comparisons have three values: True, False, and None where it depends on the symbols.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .symbol_text import int_text
from .symbols import UNK, Dim, Sym, UnknownDim, add_all, atom, floordiv, reduced, symbol

__all__ = [
    "UNK",
    "Dim",
    "Sym",
    "UnknownDim",
    "add_all",
    "ceildiv",
    "conv_out",
    "conv_transpose_out",
    "divisible",
    "evaluate",
    "extent",
    "floordiv",
    "format_dim",
    "less",
    "less_equal",
    "maximum",
    "minimum",
    "pool_out",
    "reduced",
    "same",
    "scale_out",
    "substitute",
    "symbol",
]


# ---- arithmetic


def ceildiv(a: Dim, b: Dim) -> Dim:
    """ceil(a / b) for a positive b. UNK for a zero divisor."""
    if isinstance(a, int) and isinstance(b, int):
        return -(-a // b) if b else UNK
    return floordiv(a + b - 1, b)


def minimum(first: Dim, *others: Dim) -> Dim:
    """The smallest; sizes that can never be the smallest are left out."""
    return _extreme("min", (first, *others))


def maximum(first: Dim, *others: Dim) -> Dim:
    """The largest; sizes that can never be the largest are left out."""
    return _extreme("max", (first, *others))


def _extreme(kind: str, dims: tuple[Dim, ...]) -> Dim:
    if all(isinstance(dim, int) for dim in dims):
        return min(dims) if kind == "min" else max(dims)  # type: ignore[type-var]
    if any(isinstance(dim, UnknownDim) for dim in dims):
        return UNK
    kept: list[Dim] = []
    for dim in _flattened(kind, dims):
        orders = [(other, _order(dim, other) * (1 if kind == "max" else -1)) for other in kept]
        if not any(order < 0 for _, order in orders):
            kept = [other for other, order in orders if order == 0] + [dim]
    return kept[0] if len(kept) == 1 else atom(kind, *sorted(kept, key=lambda dim: (isinstance(dim, int), str(dim))))


def _flattened(kind: str, dims: tuple[Dim, ...]) -> list[Dim]:
    flat: list[Dim] = []
    for dim in dims:
        inner = next(iter(dim.atoms())) if isinstance(dim, Sym) and len(dim.terms) == 1 else None
        nested = inner is not None and inner.kind == kind and dim == Sym({(inner,): 1})
        flat += inner.args if nested and inner is not None else [dim]
    return flat


def _order(a: Dim, b: Dim) -> int:
    """-1 for a <= b, 1 for a >= b, 0 where it depends on the symbols."""
    low, high = _range(a - b, sign_only=True)
    return -1 if high <= 0 else 1 if low >= 0 else 0


# ---- comparison: True, False, or None for "depends on the symbols"


def same(a: Dim, b: Dim) -> bool | None:
    """a == b."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    if isinstance(a, UnknownDim) or isinstance(b, UnknownDim):
        return None
    if a == b:
        return True
    low, high = _range(a - b)
    if low > 0 or high < 0 or _remainder(a - b, 0):
        return False
    return True if low == high == 0 else None


def less(a: Dim, b: Dim) -> bool | None:
    """a < b."""
    if isinstance(a, int) and isinstance(b, int):
        return a < b
    low, high = _range(b - a)
    return True if low > 0 else False if high <= 0 else None


def less_equal(a: Dim, b: Dim) -> bool | None:
    """a <= b."""
    if isinstance(a, int) and isinstance(b, int):
        return a <= b
    low, high = _range(b - a)
    return True if low >= 0 else False if high < 0 else None


def extent(dim: Dim, least: Mapping[str, int]) -> tuple[int | float, int | float]:
    """The least and the most that a size can be, each symbol being at least what `least` says, else 1."""
    above = {name: symbol(name) + (number - 1) for name, number in least.items()}
    return _range(substitute(dim, above))


def divisible(a: Dim, k: Dim) -> bool | None:
    """Whether k divides a. Nothing but 0 is divisible by 0."""
    if isinstance(a, int) and isinstance(k, int):
        return a % k == 0 if k else a == 0
    if isinstance(a, UnknownDim) or isinstance(k, UnknownDim):
        return None
    if isinstance(k, int):
        if k == 0:
            return same(a, 0)
        if isinstance(a, Sym) and all(factor % k == 0 for factor in a.terms.values()):
            return True
        return False if _remainder(a, k) else None
    numerator, divisor = reduced(a, k)
    if isinstance(divisor, int):
        return divisible(numerator, divisor)
    rest = numerator - divisor * floordiv(numerator, divisor)
    return True if isinstance(rest, int) and rest == 0 else None


def _remainder(difference: Dim, k: int) -> int:
    """What is left of the constant over the common factor of k and the other terms: not 0 means never 0 (mod k)."""
    if not isinstance(difference, Sym):
        return 0
    common = math.gcd(k, *(factor for monomial, factor in difference.terms.items() if monomial))
    return difference.terms.get((), 0) % common


def _range(difference: Dim, sign_only: bool = False) -> tuple[int | float, int | float]:
    if isinstance(difference, int):
        return difference, difference
    if isinstance(difference, UnknownDim):
        return -math.inf, math.inf
    from .intervals import bounds

    return bounds(difference.terms, sign_only)


# ---- one axis of a layer


def conv_out(n: Dim, kernel: Dim, stride: Dim = 1, padding: Dim = 0, dilation: Dim = 1) -> Dim:
    """floor((n + padding - dilation*(kernel - 1) - 1) / stride) + 1; padding is the total of both sides."""
    if stride == 0:
        return UNK
    return (n + padding - dilation * (kernel - 1) - 1) // stride + 1


def pool_out(n: Dim, kernel: Dim, stride: Dim, padding: Dim = 0, dilation: Dim = 1, ceil_mode: bool = False) -> Dim:
    """As a convolution with this padding per side; with ceil_mode a window that starts before the right padding counts.

    With e = dilation*(kernel - 1) + 1 ceil_mode gives min(ceil((n + 2p - e)/s) + 1, ceil((n + p)/s)), which is the one
    division ceil((n + p + min(0, p + s - e))/s), symbolic n or not.
    """
    if not ceil_mode:
        return conv_out(n, kernel, stride, 2 * padding, dilation)
    spare = padding + stride - dilation * (kernel - 1) - 1
    return ceildiv(n + padding + (min(0, spare) if isinstance(spare, int) else minimum(0, spare)), stride)


def conv_transpose_out(
    n: Dim, kernel: Dim, stride: Dim = 1, padding: Dim = 0, output_padding: Dim = 0, dilation: Dim = 1
) -> Dim:
    """(n - 1)*stride - 2*padding + dilation*(kernel - 1) + output_padding + 1; padding is per side."""
    return (n - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + 1


def scale_out(n: Dim, scale: float) -> Dim:
    """floor(n * scale) in double arithmetic, as torch has it. UNK where a double cannot hold the result."""
    if isinstance(n, UnknownDim) or not 0 < scale < 2**20:
        return UNK
    if isinstance(n, int):
        return math.floor(float(n) * scale) if abs(n) < 2**53 else UNK
    numerator, denominator = float(scale).as_integer_ratio()
    if denominator <= 4096 and numerator < 2**20:
        return floordiv(n * numerator, denominator)  # the product is exact in a double, and so is the floor
    return atom("scale", n, float(scale))


# ---- values


def evaluate(dim: Dim, env: Mapping[str, int]) -> Dim:
    """The int at these sizes; UNK stays UNK."""
    return dim.evaluate(env) if isinstance(dim, Sym) else dim


def substitute(dim: Dim, env: Mapping[str, Dim]) -> Dim:
    """The dim with symbols replaced by dims; symbols not in env stay."""
    if not isinstance(dim, Sym):
        return dim
    number = _number(dim, env)
    if number is not None:
        return number
    if not dim.symbols() & env.keys():
        return dim
    products: list[Dim] = []
    for monomial, factor in dim.terms.items():
        product: Dim = factor
        for part in monomial:
            product = product * _substituted(part.kind, part.args, env)
        products.append(product)
    return add_all(products)


def _number(dim: Sym, env: Mapping[str, Dim]) -> int | None:
    """The value of a sum of products of symbols that all have numbers; None for any other dim."""
    total = 0
    for monomial, factor in dim.terms.items():
        for part in monomial:
            value = env.get(part.args[0]) if part.kind == "symbol" else None
            if type(value) is not int:
                return None
            factor *= value
        total += factor
    return total


def _substituted(kind: str, args: tuple[Dim, ...], env: Mapping[str, Dim]) -> Dim:
    if kind == "symbol":
        name = str(args[0])
        return env[name] if name in env else symbol(name)
    first, *others = (substitute(arg, env) for arg in args)
    return _build(kind, first, *others)


def _build(kind: str, first: Dim, *others: Dim) -> Dim:
    if kind == "floor":
        return floordiv(first, others[0])
    if kind == "scale":
        return scale_out(first, others[0])  # type: ignore[arg-type]
    return _extreme(kind, (first, *others))


# ---- text


def format_dim(dim: Dim) -> str:
    """Digits, the closed form, or ``?``; numbers too long to read in short form."""
    return int_text(dim) if isinstance(dim, int) else str(dim)
