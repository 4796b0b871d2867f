"""Expression text -> tree: one small grammar for values in specs, sizes, and pasted PyTorch code. Nothing is run.

Python's own parser reads the text; only the nodes of the grammar are let through: `a if c else b`, `or`, `and`, `not`,
comparisons, `+ - * / // %`, unary `- +`, calls of a name, indexing and slices, names, numbers, strings, lists, tuples.
There are no attributes except in the dotted name of a pasted layer. Length, nesting and the size of numbers are
capped, so that no text can hang. What is wrong with a refused text is found by `expression_errors`.
"""

from __future__ import annotations

import _ast as ast  # the nodes without the rest of the module `ast`, which costs start-up time
import re
from typing import Any, Final

from shapecalc.algebra.expression_errors import (
    COMPARISONS,
    CONSTANTS,
    DOTTED_NAME,
    LONGEST_NUMBER,
    MAX_NESTING,
    ExprError,
    explain,
    too_nested,
)

MAX_LENGTH: Final = 2000
MAX_CODE: Final = 50_000
MAX_CHAIN: Final = 200

_NUMBER = re.compile(r"(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?")
_STRING = re.compile(r"'[^'\\]*'|\"[^\"\\]*\"")
#: What Python reads otherwise than this grammar: comments, line continuations, `1if`.
_DOUBTFUL = re.compile(r"[#\\]|(?<![\w.])\d[\d.]*[A-Za-z_]")
_OPERATORS: Final[dict[type[ast.AST], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.And: "and",
    ast.Or: "or",
    ast.USub: "neg",
    ast.UAdd: "pos",
    ast.Not: "not",
}
assert set(COMPARISONS) <= set(_OPERATORS.values())


class Tree:
    """A parsed expression: operator, operands, offsets within its text; `depth` counts the operators above a leaf.

    Operators: const, name, list, index, slice, call (name, positional, (keyword, value, start, end)...), if, neg, pos,
    and the binary ones by their signs.
    """

    __slots__ = ("args", "depth", "end", "op", "start")

    def __init__(self, op: str, args: tuple[Any, ...], start: int, end: int) -> None:
        self.op, self.args, self.start, self.end = op, args, start, end
        self.depth: int = 1 + max([arg.depth for arg in args if isinstance(arg, Tree)], default=0)
        if self.depth > MAX_CHAIN:
            raise _too_long_a_chain(start, end)

    def __repr__(self) -> str:
        return f"{self.op}{self.args!r}"


def parse(text: str, code: bool = False, most: int | None = None) -> Tree:
    """The tree of an expression (of pasted code, where dotted names may be called). ExprError with offsets.

    `most` is the longest text that is read, if it is not the usual one.
    """
    most = most or (MAX_CODE if code else MAX_LENGTH)
    if len(text) > most:
        raise ExprError(f"the {'code' if code else 'expression'} is longer than {most} characters", 0, len(text))
    flat = text if text.isprintable() else "".join(" " if c.isspace() else c for c in text)
    if _DOUBTFUL.search(flat) is not None:
        _raise_if_wrong(flat, code)
    if flat.count("(") + flat.count("[") > MAX_NESTING:
        _raise_if_nested(flat)
    start = len(flat) - len(flat.lstrip())
    try:
        tree = _python_tree(flat[start:])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        tree = _with_keywords_as_names(flat[start:], code, start)
    try:
        return _Builder(flat, start, code).tree(tree, 0, 0)
    except _NotInGrammar:
        raise explain(flat, code) from None


def _python_tree(text: str) -> ast.expr:
    tree = compile(text, "<expression>", "eval", ast.PyCF_ONLY_AST, dont_inherit=True)
    assert isinstance(tree, ast.Expression)
    return tree.body


def _raise_if_wrong(flat: str, code: bool) -> None:
    error = explain(flat, code, surely=False)
    if error is not None:
        raise error


def _raise_if_nested(flat: str) -> None:
    depth = 0
    for at, character in enumerate(flat):
        depth += (character in "([") - (character in ")]")
        if depth > MAX_NESTING:
            raise too_nested(at, at + 1)


_KEYWORD: Final = re.compile(
    r"\b(?:as|assert|async|await|break|class|continue|def|del|except|finally|for|from|global|import|in|is|lambda"
    r"|nonlocal|pass|raise|return|try|while|with|yield)\b"
)


def _with_keywords_as_names(flat: str, code: bool, start: int) -> ast.expr:
    """The tree of a text in which variables are called like words of Python's own (`in`, `class`); names are read from
    the text, so that these may be blotted out."""
    masked = _KEYWORD.sub(lambda word: "_" * len(word.group()), flat)
    if masked != flat:
        try:
            return _python_tree(masked)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            pass
    raise explain(" " * start + flat, code) from None


class _NotInGrammar(Exception):
    """A node of Python that expressions do not have."""


def _too_long_a_chain(start: int, end: int) -> ExprError:
    return ExprError(f"more than {MAX_CHAIN} operations are chained", start, end)


class _Builder:
    """Python's nodes -> trees, with offsets in characters."""

    def __init__(self, text: str, shift: int, code: bool) -> None:
        self.text, self.shift, self.code = text, shift, code
        self.bytes = None if text.isascii() else text[shift:].encode()

    def offset(self, column: int) -> int:
        """Python counts columns in bytes of UTF-8."""
        if self.bytes is not None:
            column = len(self.bytes[:column].decode())
        return column + self.shift

    def extent(self, node: ast.expr) -> tuple[int, int]:
        return self.offset(node.col_offset), self.offset(node.end_col_offset or 0)

    def tree(self, node: ast.expr, chained: int, nested: int) -> Tree:
        start, end = self.extent(node)
        if chained > MAX_CHAIN:
            raise _too_long_a_chain(start, end)
        if nested > MAX_NESTING:
            raise too_nested(start, end)
        build = _BUILD.get(type(node))
        if build is None:
            raise _NotInGrammar
        tree: Tree = build(self, node, start, end, chained + 1, nested)
        return tree

    def constant(self, node: ast.Constant, start: int, end: int, chained: int, nested: int) -> Tree:
        written = self.text[start:end]
        if isinstance(node.value, str):
            if _STRING.fullmatch(written) is None:
                raise _NotInGrammar
            return Tree("const", (written[1:-1],), start, end)
        if node.value is None or isinstance(node.value, bool):
            return Tree("const", (node.value,), start, end)
        if _NUMBER.fullmatch(written) is None:
            raise _NotInGrammar
        if len(written) > LONGEST_NUMBER:
            raise ExprError("the number is too long", start, end)
        return Tree("const", (node.value,), start, end)

    def name(self, node: ast.expr, start: int, end: int, chained: int, nested: int) -> Tree:
        written = self.text[start:end]
        if written in CONSTANTS:
            return Tree("const", (CONSTANTS[written],), start, end)
        if DOTTED_NAME.fullmatch(written) is None:
            raise _NotInGrammar
        if "." in written and not self.code:
            raise ExprError(f"`{written}`: expressions have no attributes", start, end)
        return Tree("name", (written,), start, end)

    def sequence(self, node: ast.List | ast.Tuple, start: int, end: int, chained: int, nested: int) -> Tree:
        if self.text[start] not in "([":  # `1, 2` without brackets
            raise _NotInGrammar
        return Tree("list", tuple([self.tree(item, chained, nested) for item in node.elts]), start, end)

    def unary(self, node: ast.UnaryOp, start: int, end: int, chained: int, nested: int) -> Tree:
        return Tree(self.sign(node.op), (self.tree(node.operand, chained, nested + 1),), start, end)

    def binary(self, node: ast.BinOp, start: int, end: int, chained: int, nested: int) -> Tree:
        left, right = self.tree(node.left, chained, nested), self.tree(node.right, chained, nested)
        return Tree(self.sign(node.op), (left, right), start, end)

    def logical(self, node: ast.BoolOp, start: int, end: int, chained: int, nested: int) -> Tree:
        word = self.sign(node.op)
        first, *others = [self.tree(value, chained, nested) for value in node.values]
        for other in others:
            first = Tree(word, (first, other), start, other.end)
        return first

    def comparison(self, node: ast.Compare, start: int, end: int, chained: int, nested: int) -> Tree:
        before = self.tree(node.left, chained, nested)
        whole: Tree | None = None
        for operator, operand in zip(node.ops, node.comparators, strict=True):
            after = self.tree(operand, chained, nested)
            pair = Tree(self.sign(operator), (before, after), before.start, after.end)
            whole = pair if whole is None else Tree("and", (whole, pair), start, after.end)
            before = after
        assert whole is not None
        return whole

    def conditional(self, node: ast.IfExp, start: int, end: int, chained: int, nested: int) -> Tree:
        parts = [self.tree(part, chained, nested + 1) for part in (node.test, node.body, node.orelse)]
        return Tree("if", tuple(parts), start, end)

    def call(self, node: ast.Call, start: int, end: int, chained: int, nested: int) -> Tree:
        name = self.tree(node.func, chained, nested)
        if name.op != "name":
            raise _NotInGrammar
        items = tuple([self.tree(item, chained, nested) for item in node.args])
        named = tuple([self.keyword(keyword, chained, nested) for keyword in node.keywords])
        return Tree("call", (name.args[0], items, named), start, end)

    def keyword(self, node: ast.keyword, chained: int, nested: int) -> tuple[str, Tree, int, int]:
        if node.arg is None:
            raise _NotInGrammar
        start = self.offset(node.col_offset)
        return node.arg, self.tree(node.value, chained, nested), start, start + len(node.arg)

    def subscript(self, node: ast.Subscript, start: int, end: int, chained: int, nested: int) -> Tree:
        value = self.tree(node.value, chained, nested)
        part = node.slice
        if not isinstance(part, ast.Slice):
            return Tree("index", (value, self.tree(part, chained, nested)), start, end)
        if part.step is not None or self.text[: end - 1].rstrip().endswith("::"):
            raise _NotInGrammar
        left_out = Tree("const", (None,), end, end)
        ends = [left_out if bound is None else self.tree(bound, chained, nested) for bound in (part.lower, part.upper)]
        return Tree("slice", (value, *ends), start, end)

    def sign(self, operator: ast.AST) -> str:
        sign = _OPERATORS.get(type(operator))
        if sign is None:
            raise _NotInGrammar
        return sign


_BUILD: Final[dict[type[ast.expr], Any]] = {
    ast.Constant: _Builder.constant,
    ast.Name: _Builder.name,
    ast.Attribute: _Builder.name,
    ast.List: _Builder.sequence,
    ast.Tuple: _Builder.sequence,
    ast.UnaryOp: _Builder.unary,
    ast.BinOp: _Builder.binary,
    ast.BoolOp: _Builder.logical,
    ast.Compare: _Builder.comparison,
    ast.IfExp: _Builder.conditional,
    ast.Call: _Builder.call,
    ast.Subscript: _Builder.subscript,
}
