"""Expressions in argument values, and pasted PyTorch code: one small grammar, parsed to a tree, never run.

Grammar, loosest first: `a if c else b`, `or`, `and`, `not`, comparisons, `+ -`, `* / // %`, unary `- +`, calls,
indexing and parts of lists, names, numbers, texts, lists and tuples. No attributes but in the dotted name of a pasted
layer, and no calls but those of FUNCTIONS. Length, depth and the size of numbers are capped, so that nothing can hang.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from shapecalc.algebra.dims import UNK, Sym, ceildiv, floordiv, less, less_equal, maximum, minimum, same
from shapecalc.text.spelling import nearest

MAX_LENGTH: Final = 2000
MAX_CODE: Final = 50_000
MAX_DEPTH: Final = 50
MAX_CHAIN: Final = 200
MAX_ITEMS: Final = 10_000
MAX_NUMBER: Final = 2**63


class ExprError(Exception):
    """Why an expression has no value: message, offsets within its text, help."""

    def __init__(self, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.help = message, start, end, help


class NotKnown(ExprError):
    """A value hangs on a size that is not known because of an earlier finding: nothing more to say of it."""


class Tree:
    """A parsed expression: operator, operands, offsets within its text; `depth` of the tree under it."""

    __slots__ = ("args", "depth", "end", "op", "start")

    def __init__(self, op: str, args: tuple[Any, ...], start: int, end: int) -> None:
        self.op, self.args, self.start, self.end = op, args, start, end
        self.depth: int = 1 + max([arg.depth for arg in args if isinstance(arg, Tree)], default=0)
        if self.depth > MAX_CHAIN:
            raise ExprError(f"more than {MAX_CHAIN} operations build on one another", start, end)

    def __repr__(self) -> str:
        return f"{self.op}{self.args!r}"


_TOKEN = re.compile(
    r"\s*(?:(?P<num>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]\w*)*)"
    r"|(?P<text>'[^'\\]*'|\"[^\"\\]*\")|(?P<op>//|\*\*|<=|>=|==|!=|[-+*/%<>()\[\],=:]))"
)
_COMPARE = ("==", "!=", "<", "<=", ">", ">=")
_WORDS = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}


def tokens(text: str) -> list[tuple[str, str, int, int]]:
    """(kind, text, start, end) for each token, then an end mark."""
    out = []
    at, stop = 0, len(text.rstrip())
    while at < stop:
        m = _TOKEN.match(text, at)
        if m is None:
            bad = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExprError(f"`{text[bad]}` is not part of an expression", bad, bad + 1)
        kind = m.lastgroup or "op"
        out.append((kind, m.group(kind), m.start(kind), m.end(kind)))
        at = m.end()
    out.append(("end", "", stop, stop))
    return out


class _Parser:
    """Recursive descent over the tokens, with a cap on depth."""

    def __init__(self, text: str, code: bool) -> None:
        self.tokens, self.at, self.depth, self.code = tokens(text), 0, 0, code

    @property
    def now(self) -> tuple[str, str, int, int]:
        return self.tokens[self.at]

    def fail(self, message: str) -> ExprError:
        return ExprError(message, self.now[2], max(self.now[3], self.now[2] + 1))

    def accept(self, *words: str) -> str | None:
        kind, text = self.now[:2]
        if kind != "text" and text in words:
            self.at += 1
            return text
        return None

    def expect(self, word: str) -> int:
        end = self.now[3]
        if self.accept(word) is None:
            found = f"`{self.now[1]}`" if self.now[0] != "end" else "the end"
            raise self.fail(f"expected `{word}`, found {found}")
        return end

    def ternary(self) -> Tree:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"the expression is nested more than {MAX_DEPTH} deep")
        value = self.either(0)
        if self.accept("if"):
            condition = self.either(0)
            self.expect("else")
            other = self.ternary()
            value = Tree("if", (condition, value, other), value.start, other.end)
        self.depth -= 1
        return value

    LEVELS = (("or",), ("and",), ("not",), _COMPARE, ("+", "-"), ("*", "/", "//", "%"))

    def either(self, level: int) -> Tree:
        if level == len(self.LEVELS):
            return self.unary()
        words = self.LEVELS[level]
        if words == ("not",):
            start = self.now[2]
            if self.accept("not"):
                self.depth += 1
                if self.depth > MAX_DEPTH:
                    raise self.fail(f"the expression is nested more than {MAX_DEPTH} deep")
                operand = self.either(level)
                self.depth -= 1
                return Tree("not", (operand,), start, operand.end)
            return self.either(level + 1)
        left = before = self.either(level + 1)
        chained = False
        while (word := self.accept(*words)) is not None:
            right = self.either(level + 1)
            if words is _COMPARE and chained:  # a < b < c
                pair = Tree(word, (before, right), before.start, right.end)
                left = Tree("and", (left, pair), left.start, right.end)
            else:
                left = Tree(word, (left, right), left.start, right.end)
            before, chained = right, True
        return left

    def unary(self) -> Tree:
        start = self.now[2]
        word = self.accept("-", "+")
        if word is None:
            return self.postfix()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.fail(f"the expression is nested more than {MAX_DEPTH} deep")
        operand = self.unary()
        self.depth -= 1
        return Tree("neg" if word == "-" else "pos", (operand,), start, operand.end)

    def postfix(self) -> Tree:
        value = self.atom()
        while True:
            if self.accept("["):
                value = self.subscript(value)
            elif value.op == "name" and self.accept("("):
                value = self.call(value)
            else:
                return value

    def subscript(self, value: Tree) -> Tree:
        """`x[i]`, or a part of a list: `x[i:j]`, where either may be left out."""
        start = self.now[2]
        left_out = Tree("const", (None,), start, start)
        first = left_out if self.now[1] == ":" else self.ternary()
        if not self.accept(":"):
            return Tree("index", (value, first), value.start, self.expect("]"))
        last = left_out if self.now[1] == "]" else self.ternary()
        return Tree("slice", (value, first, last), value.start, self.expect("]"))

    def call(self, name: Tree) -> Tree:
        items: list[Tree] = []
        named: list[tuple[str, Tree, int, int]] = []
        while not (self.now[1] == ")" and self.now[0] == "op"):
            kind, text, start, end = self.now
            if kind == "name" and self.tokens[self.at + 1][1] == "=":
                self.at += 2
                named.append((text, self.ternary(), start, end))
            elif named:
                raise self.fail("an argument without a name comes after one with a name")
            else:
                items.append(self.ternary())
            if not self.accept(","):
                break
        return Tree("call", (name.args[0], tuple(items), tuple(named)), name.start, self.expect(")"))

    def atom(self) -> Tree:
        kind, text, start, end = self.now
        self.at += 1
        if kind == "num":
            if len(text) > 40:
                raise ExprError("the number is too long", start, end)
            return Tree("const", (int(text) if text.isdigit() else float(text),), start, end)
        if kind == "text":
            return Tree("const", (text[1:-1],), start, end)
        if kind == "name" and text in _WORDS:
            return Tree("const", (_WORDS[text],), start, end)
        if kind == "name" and text not in ("if", "else", "and", "or", "not"):
            if "." in text and not self.code:
                raise ExprError(f"`{text}`: attributes do not exist in expressions", start, end)
            return Tree("name", (text,), start, end)
        if text in ("(", "[") and kind == "op":
            return self.bracket(text, start)
        self.at -= 1
        if text == "**":
            raise self.fail("`**` does not exist in expressions; write the product out")
        raise self.fail(f"unexpected `{text}`" if kind != "end" else "the expression ends too early")

    def bracket(self, opening: str, start: int) -> Tree:
        closing = ")" if opening == "(" else "]"
        items: list[Tree] = []
        comma = False
        while self.now[1] != closing or self.now[0] != "op":
            items.append(self.ternary())
            comma = bool(self.accept(","))
            if not comma:
                break
        end = self.expect(closing)
        if opening == "(" and len(items) == 1 and not comma:
            return Tree(items[0].op, items[0].args, start, end)
        return Tree("list", tuple(items), start, end)


HINTS: Final = {
    "=": "write `==` to compare",
    "**": "there are no powers here: write the product out",
    ",": "a list is written `[8, 16]`",
    "x": "write `*` for a product",
}
_parsed: dict[tuple[str, bool], Tree] = {}


def parse(text: str, code: bool = False) -> Tree:
    """The tree of an expression (of pasted code, where dotted names may be called); ExprError with offsets."""
    found = _parsed.get((text, code))
    if found is None:
        most = MAX_CODE if code else MAX_LENGTH
        if len(text) > most:
            raise ExprError(f"the {'code' if code else 'expression'} is longer than {most} characters", 0, len(text))
        parser = _Parser(text, code)
        found = parser.ternary()
        if parser.now[0] != "end":
            word = parser.now[1]
            raise ExprError(f"unexpected `{word}`", parser.now[2], parser.now[3], HINTS.get(word))
        if len(_parsed) < 5000:
            _parsed[text, code] = found
    return found


# Evaluation. ---------------------------------------------------------------------------------------------------------


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
    """What to raise where these values cannot be worked with: nobody is to blame for a size that is not known."""
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
    """The kind of a value in a reader's words."""
    if value is None:
        return "null"
    kinds = ((bool, "true or false"), (int, "an integer"), (float, "a fraction"), (str, "a text"), (list, "a list"))
    return next((word for kind, word in kinds if isinstance(value, kind)), "a symbol")


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
        plural = "" if wanted == "1" else "s"
        raise ExprError(f"`{name}` takes {wanted} argument{plural}, not {count}", tree.start, tree.end)


def truth(tree: Tree, env: Mapping[str, Any]) -> bool:
    return decided(evaluate(tree, env), tree)


def decided(value: Any, tree: Tree) -> bool:
    """Is a condition's value true? ExprError where nobody can tell."""
    if isinstance(value, Unsure):
        raise ExprError(
            f"nobody can tell whether {value.text}: it depends on a symbol",
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
    if op in _COMPARE:
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
