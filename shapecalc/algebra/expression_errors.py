"""What is wrong with a text that is not an expression: the first token that cannot be where it is, and a remedy."""

from __future__ import annotations

import re
from typing import Final, Literal, overload

MAX_NESTING: Final = 50
LONGEST_NUMBER: Final = 40
COMPARISONS: Final = ("==", "!=", "<", "<=", ">", ">=")
CONSTANTS: Final = {"True": True, "False": False, "None": None, "true": True, "false": False, "null": None}
DOTTED_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_]\w*)*", re.ASCII)

_BINARY = frozenset((*COMPARISONS, "+", "-", "*", "/", "//", "%", "and", "or"))
_TOKEN = re.compile(
    rf"\s*(?:(?P<number>(?:\d+\.\d*|\.\d+|\d+)(?:[eE][+-]?\d+)?)|(?P<name>{DOTTED_NAME.pattern})"
    r"|(?P<string>'[^'\\]*'|\"[^\"\\]*\")|(?P<sign>//|\*\*|<=|>=|==|!=|[-+*/%<>()\[\],=:]))",
    re.ASCII,
)
_WORDS_OF_GRAMMAR = ("if", "else", "and", "or", "not")
_CLOSING = {"(": ")", "call": ")", "[": "]", "index": "]"}

HINTS: Final = {
    "=": "write `==` to compare",
    "**": "there are no powers here: write the product out",
    ",": "a list is written `[8, 16]`",
    "x": "write `*` for a product",
}


class ExprError(Exception):
    """Why an expression has no value: message, offsets within its text, help."""

    def __init__(self, message: str, start: int, end: int, help: str | None = None) -> None:
        super().__init__(message)
        self.message, self.start, self.end, self.help = message, start, end, help


class NotKnown(ExprError):
    """The value depends on a size that an earlier finding left unknown: there is nothing more to report."""


def too_nested(start: int, end: int) -> ExprError:
    return ExprError(f"the expression is nested more than {MAX_NESTING} deep", start, end)


@overload
def explain(text: str, code: bool) -> ExprError: ...
@overload
def explain(text: str, code: bool, surely: Literal[False]) -> ExprError | None: ...
def explain(text: str, code: bool, surely: bool = True) -> ExprError | None:
    """The error of a text that Python's parser or the grammar refuses; None where none is seen and it need not be."""
    try:
        _Checker(text, code).check()
    except ExprError as error:
        return error
    return ExprError("this is not an expression", 0, len(text)) if surely else None


class Token:
    """`kind` number, name, string, sign or end."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind, self.text, self.start, self.end = kind, text, start, end

    def error(self, message: str, help: str | None = None) -> ExprError:
        return ExprError(message, self.start, max(self.end, self.start + 1), help)

    def quoted(self) -> str:
        return "the end" if self.kind == "end" else f"`{self.text}`"


def tokens(text: str) -> list[Token]:
    """The tokens of a text, then an end mark. ExprError for a character that no expression has."""
    found = []
    at, stop = 0, len(text.rstrip())
    while at < stop:
        match = _TOKEN.match(text, at)
        if match is None:
            bad = at + len(text[at:]) - len(text[at:].lstrip())
            raise ExprError(f"`{text[bad]}` is not part of an expression", bad, bad + 1)
        kind = match.lastgroup or "sign"
        found.append(Token(kind, match.group(kind), *match.span(kind)))
        at = match.end()
    return [*found, Token("end", "", stop, stop)]


class _Checker:
    """Walks over the tokens, which alternate between operands and operators, and keeps the open brackets."""

    def __init__(self, text: str, code: bool) -> None:
        self.tokens, self.code = tokens(text), code
        self.open: list[str] = []  # brackets, and `if` that waits for its `else`
        self.named: list[bool] = []  # for each open call: has an argument with a name come?
        self.prefixes = 0  # signs and `not` before the next operand

    def check(self) -> None:
        wants_operand = True
        before: Token | None = None
        for place, token in enumerate(self.tokens):
            wants_operand = self.operand(token, before, place) if wants_operand else self.operator(token, before)
            before = token

    def operand(self, token: Token, before: Token | None, place: int) -> bool:
        """A token where an operand may begin; whether one is still wanted after it."""
        word = token.text if token.kind in ("sign", "name") else ""
        if word in ("-", "+", "not"):
            self.prefixes += 1
            if self.prefixes > MAX_NESTING:
                raise too_nested(token.start, token.end)
            return True
        self.prefixes = 0
        self.argument(token, before, place)
        if word in ("(", "["):
            self.enter(word, token)
            return True
        empty = before is not None and before.text in ("(", "[", ",") and self.open[-1:] != ["index"]
        if word in (")", "]") and empty:
            self.leave(token)
            return False
        if word == ":" and self.open[-1:] == ["index"]:
            self.open[-1] = "["  # no second colon
            return True
        if word == "]" and before is not None and before.text == ":":
            self.leave(token)
            return False
        if token.kind in ("number", "string") or (token.kind == "name" and word not in _WORDS_OF_GRAMMAR):
            self.value(token)
            return False
        raise self.missing(token)

    def missing(self, token: Token) -> ExprError:
        if token.kind == "end":
            waiting = self.open[-1:]
            if waiting and waiting != ["if"]:
                return token.error(f"expected `{_CLOSING[waiting[0]]}`, found the end")
            return token.error("the expression ends too early")
        if token.text == "**":
            return token.error("expressions have no `**`; write the product out")
        return token.error(f"unexpected `{token.text}`")

    def value(self, token: Token) -> None:
        if token.kind == "number":
            if len(token.text) > LONGEST_NUMBER:
                raise token.error("the number is too long")
            if re.match("0[0-9]", token.text):
                raise token.error("a number does not begin with 0", f"write `{token.text.lstrip('0') or '0'}`")
        elif token.kind == "name" and "." in token.text and not self.code:
            raise token.error(f"`{token.text}`: expressions have no attributes")

    def argument(self, token: Token, before: Token | None, place: int) -> None:
        """In a call: no argument without a name after one with a name."""
        if self.open[-1:] != ["call"] or before is None or before.text not in ("(", ",") or token.text == ")":
            return
        if token.kind == "name" and self.tokens[place + 1].text == "=":
            self.named[-1] = True
        elif self.named[-1]:
            raise token.error("an argument without a name comes after one with a name")

    def operator(self, token: Token, before: Token | None) -> bool:
        """A token after an operand; whether another operand is wanted after it."""
        word = token.text if token.kind in ("sign", "name") else ""
        inside = self.open[-1] if self.open else None
        if word in _BINARY:
            return True
        if word == "if":
            self.open.append("if")
            return True
        if word == "else" and inside == "if":
            self.open.pop()
            return True
        if word == "[" or (word == "(" and before is not None and before.kind == "name"):
            self.enter("index" if word == "[" else "call", token)
            return True
        if word == "," and inside in ("(", "call", "["):
            return True
        if word == "=" and inside == "call" and before is not None and before.kind == "name":
            return True
        if word == ":" and inside == "index":
            self.open[-1] = "["
            return True
        if word in (")", "]") and inside is not None and inside != "if":
            self.leave(token)
            return False
        if token.kind == "end" and not self.open:
            return False
        raise self.unexpected(token, inside)

    def unexpected(self, token: Token, inside: str | None) -> ExprError:
        if inside == "if":
            return token.error(f"expected `else`, found {token.quoted()}")
        if inside is not None:
            return token.error(f"expected `{_CLOSING[inside]}`, found {token.quoted()}")
        return token.error(f"unexpected `{token.text}`", HINTS.get(token.text))

    def enter(self, bracket: str, token: Token) -> None:
        self.open.append(bracket)
        if bracket == "call":
            self.named.append(False)
        if len(self.open) > MAX_NESTING:
            raise too_nested(token.start, token.end)

    def leave(self, token: Token) -> None:
        inside = self.open[-1] if self.open else None
        if inside is None or inside == "if" or _CLOSING[inside] != token.text:
            raise self.unexpected(token, inside)
        self.open.pop()
        if inside == "call":
            self.named.pop()
