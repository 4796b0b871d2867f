"""Reads the conditions a plan shows as a person would, so that tests can ask whether they hold."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable

from shapecalc.algebra.conditions import Condition, multiple
from shapecalc.algebra.dims import divisible, evaluate
from shapecalc.algebra.expressions import parse_dim

Env = dict[str, int]

SIGNS = {
    "divisible by": divisible,
    "<=": operator.le,
    ">=": operator.ge,
    "!=": operator.ne,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}


def reading(text: str) -> Callable[[Env], bool]:
    """The condition as a function: sizes -> whether it holds."""
    if text.endswith(" odd"):
        number = parse_dim(text[:-4])
        return lambda env: evaluate(number, env) % 2 == 1
    for sign, compare in SIGNS.items():
        parts = [parse_dim(part) for part in text.split(f" {sign} ")] if f" {sign} " in text else []
        if parts:
            return lambda env: all(compare(a, b) for a, b in itertools.pairwise([evaluate(p, env) for p in parts]))
    raise AssertionError(text)


def condition(text: str) -> Condition:
    """The condition that a text stands for."""
    if text.endswith(" odd"):
        return multiple(parse_dim(text[:-4]) + 1, 2)
    for sign, kind in ((" divisible by ", "divisible"), (" >= ", "at_least"), (" = ", "equal")):
        if sign in text:
            left, right = text.split(sign)
            return Condition(kind, parse_dim(left), parse_dim(right))  # type: ignore[arg-type]
    raise AssertionError(text)
