"""Expressions in argument values, and pasted PyTorch code: one small grammar, parsed to a tree, never run.

Grammar, loosest first: `a if c else b`, `or`, `and`, `not`, comparisons, `+ -`, `* / // %`, unary `- +`, calls and
indexing, names, numbers, texts, lists and tuples. No attributes but in the dotted name of a pasted layer, and no calls
but those of FUNCTIONS. Length, depth and the size of numbers are capped, so that nothing can hang.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from shapecalc.diagnostics import nearest
from shapecalc.dims import Sym, ceildiv, floordiv, less, less_equal, maximum, minimum, same

MAX_LENGTH: Final = 2000
MAX_DEPTH: Final = 50
MAX_NUMBER: Final = 2**63


class ExprError(Exception):
    """Why an expression has no value: message, offsets within its text, help."""

    def __init__(self, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.help = message, start, end, help


class Tree:
    """A parsed expression: operator, operands, offsets within its text."""

    __slots__ = ("args", "end", "op", "start")

    def __init__(self, op: str, args: tuple[Any, ...], start: int, end: int) -> None:
        self.op, self.args, self.start, self.end = op, args, start, end


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
        left = self.either(level + 1)
        while (word := self.accept(*words)) is not None:
            right = self.either(level + 1)
            if words is _COMPARE and left.op in _COMPARE:  # a < b < c
                right = Tree(word, (left.args[1], right), left.args[1].start, right.end)
                left = Tree("and", (left, right), left.start, right.end)
            else:
                left = Tree(word, (left, right), left.start, right.end)
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
                index = self.ternary()
                value = Tree("index", (value, index), value.start, self.expect("]"))
            elif value.op == "name" and self.accept("("):
                value = self.call(value)
            else:
                return value

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


_parsed: dict[tuple[str, bool], Tree] = {}


def parse(text: str, code: bool = False) -> Tree:
    """The tree of an expression (of pasted code, where dotted names may be called); ExprError with offsets."""
    found = _parsed.get((text, code))
    if found is None:
        if len(text) > MAX_LENGTH:
            raise ExprError(f"the expression is longer than {MAX_LENGTH} characters", 0, len(text))
        parser = _Parser(text, code)
        found = parser.ternary()
        if parser.now[0] != "end":
            word = parser.now[1]
            hint = "write `==` to compare" if word == "=" else None
            raise ExprError(f"unexpected `{word}`", parser.now[2], parser.now[3], hint)
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
        return [evaluate(t, env) for t in tree.args]
    if op == "if":
        return evaluate(tree.args[1] if truth(tree.args[0], env) else tree.args[2], env)
    if op == "and":
        return truth(tree.args[0], env) and truth(tree.args[1], env)
    if op == "or":
        return truth(tree.args[0], env) or truth(tree.args[1], env)
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
        raise ExprError(reason(op, values, error), tree.start, tree.end) from None
    return sized(value, tree)


def reason(op: str, values: list[Any], error: Exception) -> str:
    if isinstance(error, IndexError):
        return f"index {values[1]} is out of range: the list has {len(values[0])} values"
    words = " and ".join(type(v).__name__ for v in values)
    return f"`{op}` does not work on {words}" if isinstance(error, TypeError) else str(error)


def variable(tree: Tree, env: Mapping[str, Any]) -> Any:
    name = tree.args[0]
    try:
        return env[name]
    except KeyError:
        pass
    near = nearest(name, env)
    known = ", ".join(k for k in env if not k.startswith("in_") and k != "N")
    raise ExprError(
        f"unknown name `{name}`",
        tree.start,
        tree.end,
        f"write `{near}`" if near else f"the variables here are {known}" if known else "declare it under `vars:`",
    )


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
    values = [evaluate(t, env) for t in items]
    options = {key: evaluate(t, env) for key, t, _, _ in named}
    try:
        return sized(function(*values, **options), tree)
    except ExprError:
        raise
    except (TypeError, ValueError, OverflowError, ArithmeticError, AttributeError) as error:
        raise ExprError(f"{name}(): {error}", tree.start, tree.end) from None


def truth(tree: Tree, env: Mapping[str, Any]) -> bool:
    value = evaluate(tree, env)
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


def operate(op: str, a: Any, b: Any = None) -> Any:
    if op in ("neg", "pos"):
        numeric(a)
        return -a if op == "neg" else a
    if op == "index":
        if not isinstance(a, (list, tuple)) or not isinstance(b, int):
            raise TypeError
        return a[b]
    if op in _COMPARE:
        return compare(op, a, b)
    if op == "+" and isinstance(a, list) and isinstance(b, list) and len(a) + len(b) <= 10_000:
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
    if isinstance(value, (int, float)) and not -MAX_NUMBER < value < MAX_NUMBER:
        raise ExprError("the number is too large (2^63 or more)", tree.start, tree.end)
    return value
