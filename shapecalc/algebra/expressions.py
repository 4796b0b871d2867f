"""Values of expressions: a parsed tree over variables, with functions and symbols. Parsing is `grammar`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from shapecalc.algebra.dims import (
    UNK,
    Dim,
    Sym,
    ceildiv,
    floordiv,
    less,
    less_equal,
    maximum,
    minimum,
    same,
    scale_out,
    symbol,
)
from shapecalc.algebra.expression_errors import COMPARISONS, ExprError, NotKnown
from shapecalc.algebra.grammar import Tree, parse
from shapecalc.text import english
from shapecalc.text.spelling import nearest

__all__ = ["FUNCTIONS", "ExprError", "NotKnown", "Tree", "evaluate", "kind_of", "parse", "parse_dim", "truth"]

MAX_ITEMS: Final = 10_000
MAX_NUMBER: Final = 2**63
MAX_SIZE_TEXT: Final = 5000


def make_divisible(v: Any, d: Any = 8) -> int:
    """torchvision's channel rounding: nearest multiple of d, at least d, never more than 10 % below v."""
    rounded = max(d, int(v + d / 2) // d * d)
    return int(rounded + d if rounded < 0.9 * v else rounded)


def _round(v: Any, digits: Any = 0) -> Any:
    return round(v, digits) if digits else round(v)


def _floor(v: Any) -> Any:
    return v if isinstance(v, Sym) else math.floor(v)


def _ceil(v: Any) -> Any:
    return v if isinstance(v, Sym) else math.ceil(v)


def _int(v: Any) -> Any:
    return v if isinstance(v, Sym) else int(v)


def _smallest(*values: Any) -> Any:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return minimum(*items) if any(isinstance(v, Sym) for v in items) else min(items)


def _largest(*values: Any) -> Any:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return maximum(*items) if any(isinstance(v, Sym) for v in items) else max(items)


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "min": _smallest,
    "max": _largest,
    "round": _round,
    "floor": _floor,
    "ceil": _ceil,
    "int": _int,
    "len": len,
    "gcd": math.gcd,
    "make_divisible": make_divisible,
}
#: How many arguments each takes, and the names that the later ones have.
TAKES: Final[Mapping[str, tuple[int, int, tuple[str, ...]]]] = {
    "min": (1, 1000, ()),
    "max": (1, 1000, ()),
    "round": (1, 2, ()),
    "floor": (1, 1, ()),
    "ceil": (1, 1, ()),
    "int": (1, 1, ()),
    "len": (1, 1, ()),
    "gcd": (1, 1000, ()),
    "make_divisible": (1, 2, ("v", "d")),
}
#: What these give of a quotient of symbols, for which `/` alone has no value.
ROUNDED: Final[Mapping[str, Callable[..., Any]]] = {"floor": floordiv, "ceil": ceildiv, "int": floordiv}


def evaluate(tree: Tree, env: Mapping[str, Any]) -> Any:
    """The value of a tree over the variables of `env`; ExprError where it has none."""
    op = tree.op
    if op == "const":
        return tree.args[0]
    if op == "name":
        return variable(tree, env)
    if op == "list":
        return sized([evaluate(t, env) for t in tree.args], tree)
    if op == "if":
        return evaluate(tree.args[1] if truth(tree.args[0], env) else tree.args[2], env)
    if op in ("and", "or"):
        left = evaluate(tree.args[0], env)
        return evaluate(tree.args[1], env) if decided(left, tree.args[0]) == (op == "and") else left
    if op == "not":
        return not truth(tree.args[0], env)
    if op == "call":
        return call(tree, env)
    values = [evaluate(t, env) for t in tree.args]
    try:
        value = operate(op, *values)
    except ZeroDivisionError:
        raise ExprError("division by zero", tree.start, tree.end) from None
    except (TypeError, ValueError, OverflowError, IndexError) as error:
        raise refused(values)(reason(op, values, error), tree.start, tree.end) from None
    return sized(value, tree)


def refused(values: list[Any]) -> type[ExprError]:
    """What to raise where these values do not fit: an unknown size was reported where it arose."""
    return NotKnown if any(v is UNK for v in values) else ExprError


def reason(op: str, values: list[Any], error: Exception) -> str:
    if isinstance(error, IndexError):
        return f"index {values[1]} is out of range: the list has {len(values[0])} values"
    if op in ("index", "slice"):
        places = " to ".join(kind_of(v) for v in values[1:] if v is not None)
        return f"a list is indexed by an integer: this is {kind_of(values[0])} indexed by {places}"
    words = " and ".join(map(kind_of, values))
    return f"`{SIGNS.get(op, op)}` does not work on {words}" if isinstance(error, TypeError) else str(error)


SIGNS: Final = {"neg": "-", "pos": "+"}


def kind_of(value: Any) -> str:
    """The kind of a value in a reader's words: `an integer`."""
    return english.a(english.kind_of(value, "symbol"))


def variable(tree: Tree, env: Mapping[str, Any]) -> Any:
    name = tree.args[0]
    try:
        return env[name]
    except KeyError:
        pass
    raise ExprError(f"unknown name `{name}`", tree.start, tree.end, remedy(name, env))


def remedy(name: str, env: Mapping[str, Any]) -> str:
    """What to write for a name that is not known."""
    if name == "i":
        return "`i` counts the repeats: it is known in a row that has a `repeat`"
    near = nearest(name, env)
    known = ", ".join(k for k in env if not k.startswith("in_") and k != "N")
    return f"write `{near}`" if near else f"the variables here are {known}" if known else "declare it under `vars:`"


def call(tree: Tree, env: Mapping[str, Any]) -> Any:
    name, items, named = tree.args
    function = FUNCTIONS.get(name)
    if function is None:
        near = nearest(name, FUNCTIONS)
        listed = ", ".join(FUNCTIONS)
        hint = f"write `{near}`" if near else f"the functions are {listed}"
        raise ExprError(f"unknown function `{name}`", tree.start, tree.start + len(name), hint)
    if name in ROUNDED and len(items) == 1 and items[0].op == "/" and not named:
        over, under = (evaluate(t, env) for t in items[0].args)
        if isinstance(over, Sym) or isinstance(under, Sym):
            return ROUNDED[name](over, under)
    if name == "floor" and len(items) == 1 and items[0].op == "*" and not named:
        factor, size = (evaluate(t, env) for t in items[0].args)
        if isinstance(factor, float) and isinstance(size, Sym):
            return scale_out(size, factor)
    takes(tree)
    values = [evaluate(t, env) for t in items]
    options = {key: evaluate(t, env) for key, t, _, _ in named}
    try:
        return sized(function(*values, **options), tree)
    except ZeroDivisionError:
        raise ExprError(f"`{name}` divides by zero", tree.start, tree.end) from None
    except (TypeError, ValueError, ArithmeticError, AttributeError):
        every = [*values, *options.values()]
        given = " and ".join(map(kind_of, every))
        raise refused(every)(f"`{name}` does not work on {given}", tree.start, tree.end) from None


def takes(tree: Tree) -> None:
    """Refuses a call with too few or too many arguments, or with names that the function does not have."""
    name, items, named = tree.args
    fewest, most, names = TAKES[name]
    for key, _, start, end in named:
        if key not in names[len(items) :]:
            known = " and ".join(f"`{n}`" for n in names)
            hint = f"it takes {known}" if names else None
            raise ExprError(f"`{name}` has no argument `{key}` here", start, end, hint)
    count = len(items) + len(named)
    if not fewest <= count <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} or {most}" if most < 10 else f"{fewest} or more"
        noun = "argument" if wanted == "1" else "arguments"
        raise ExprError(f"`{name}` takes {wanted} {noun}, not {count}", tree.start, tree.end)


def truth(tree: Tree, env: Mapping[str, Any]) -> bool:
    return decided(evaluate(tree, env), tree)


def decided(value: Any, tree: Tree) -> bool:
    """Is a condition's value true? ExprError where it depends on symbols."""
    if isinstance(value, Unsure):
        raise ExprError(
            f"cannot tell whether {value.text}: it depends on a symbol",
            tree.start,
            tree.end,
            "give the input as numbers, for example with `--in`",
        )
    return bool(value)


class Unsure:
    """A comparison of symbols that can go either way."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


def operate(op: str, a: Any, b: Any = None, c: Any = None) -> Any:
    if op in ("neg", "pos"):
        numeric(a)
        return -a if op == "neg" else a
    if op == "index":
        if not isinstance(a, (list, tuple)) or not isinstance(b, int):
            raise TypeError
        return a[b]
    if op == "slice":
        if not isinstance(a, (list, tuple)):
            raise TypeError
        return list(a[b:c])
    if op in COMPARISONS:
        return compare(op, a, b)
    if op == "+" and isinstance(a, list) and isinstance(b, list):
        return a + b
    numeric(a, b)
    if op == "+":
        return a + b
    if op == "-":
        return a - b
    if op == "*":
        return a * b
    if op == "/":
        return quotient(a, b)
    if op == "//":
        return floordiv(a, b) if isinstance(a, Sym) or isinstance(b, Sym) else a // b
    return a % b


def quotient(a: Any, b: Any) -> Any:
    """True division; of symbols only where it comes out even."""
    if not isinstance(a, Sym) and not isinstance(b, Sym):
        return a / b
    down = floordiv(a, b)
    if same(down, ceildiv(a, b)):
        return down
    raise ValueError("`/` of a symbol that may not divide; write `//`")


def numeric(*values: Any) -> None:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float, Sym)):
            raise TypeError


def compare(op: str, a: Any, b: Any) -> Any:
    if not isinstance(a, Sym) and not isinstance(b, Sym):
        if op == "==":
            return a == b
        if op == "!=":
            return a != b
        numeric(a, b)
        return {"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op]
    if op in ("==", "!="):
        verdict = same(a, b)
        verdict = verdict if op == "==" or verdict is None else not verdict
    elif op in ("<", ">"):
        verdict = less(a, b) if op == "<" else less(b, a)
    else:
        verdict = less_equal(a, b) if op == "<=" else less_equal(b, a)
    return Unsure(f"{a} {op} {b}") if verdict is None else verdict


def sized(value: Any, tree: Tree) -> Any:
    """The value, unless it is larger than anything that is meant."""
    if isinstance(value, (int, float)) and not -MAX_NUMBER < value < MAX_NUMBER:
        raise ExprError("the number is too large (2^63 or more)", tree.start, tree.end)
    if isinstance(value, list) and count(value) > MAX_ITEMS:
        raise ExprError(f"the list has more than {MAX_ITEMS:,} values", tree.start, tree.end)
    return value


def count(values: list[Any]) -> int:
    """Values in a list and the lists inside it; counting ends at the cap, for lists may hold one another twice."""
    total = 0
    for value in values:
        total += count(value) if isinstance(value, list) else 1
        if total > MAX_ITEMS:
            break
    return total


# Sizes. --------------------------------------------------------------------------------------------------------------


class _Symbols(dict[str, Dim]):
    """Variables in which every name is a symbol."""

    def __missing__(self, name: str) -> Dim:
        return symbol(name)


def _is_arithmetic(tree: Tree) -> bool:
    """Are there only numbers, names, signs, and functions of them?"""
    if tree.op == "call":
        return not tree.args[2] and all(map(_is_arithmetic, tree.args[1]))
    inner = [arg for arg in tree.args if isinstance(arg, Tree)]
    return tree.op in _ARITHMETIC and all(map(_is_arithmetic, inner))


_ARITHMETIC: Final = frozenset(("const", "name", "neg", "+", "-", "*", "/", "//", "%"))


def parse_dim(text: str) -> Dim:
    """A size from digits, a name, ``?``, or an expression as ``format_dim`` writes it. ValueError for anything else."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        if len(text) > 4000:
            raise ValueError(f"a size with {len(text)} digits is too long")
        return int(text)
    if text == "?":
        return UNK
    if text.isascii() and text.isidentifier():
        return symbol(text)
    try:
        tree = parse(text, most=MAX_SIZE_TEXT)
        value = evaluate(tree, _Symbols()) if _is_arithmetic(tree) else None
    except ExprError:
        value = None
    if isinstance(value, bool) or not isinstance(value, (int, Sym)):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise ValueError(f"{shown!r} is not a size; write an integer or a name")
    return value
