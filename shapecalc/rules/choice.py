"""Choices of rules, as a configuration or a command line makes them, and the names that they use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from shapecalc.rules.base import CATEGORIES, RULES, Rule
from shapecalc.text.findings import Severity
from shapecalc.text.spelling import nearest

#: Words for many rules, beside the categories.
GROUPS: Final = {"all": None, "errors": Severity.ERROR, "warnings": Severity.WARNING, "advice": Severity.ADVICE}
#: What is always reported: after one of these little or nothing was checked.
ALWAYS: Final = frozenset((
    "yaml-syntax", "not-text", "unreadable-file", "empty-file", "not-a-spec", "several-documents", "too-deep",
    "alias-explosion", "number-too-long", "internal-error", "invalid-config",
))  # fmt: skip


class Choice:
    """One layer of choices. `select` None: the rules that are on by default."""

    __slots__ = ("advice", "error", "ignore", "select", "warn")

    def __init__(
        self,
        select: Sequence[str] | None = None,
        ignore: Sequence[str] = (),
        warn: Sequence[str] = (),
        error: Sequence[str] = (),
        advice: bool = False,
    ) -> None:
        self.select = None if select is None else tuple(select)
        self.ignore, self.warn, self.error, self.advice = tuple(ignore), tuple(warn), tuple(error), advice

    def __bool__(self) -> bool:
        return bool(self.select is not None or self.ignore or self.warn or self.error or self.advice)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Choice) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.select, self.ignore, self.warn, self.error, self.advice


def closeness(names: Iterable[str], rule: Rule) -> int:
    """How closely names select a rule: 2 by its own name, 1 by its category or severity, 0 as one of all, -1 not."""
    return max((closeness_of(name, rule) for name in names), default=-1)


def closeness_of(name: str, rule: Rule) -> int:
    if name == rule.name:
        return 2
    if name == rule.category or GROUPS.get(name) == rule.severity:
        return 1
    return 0 if name == "all" else -1


# Names. --------------------------------------------------------------------------------------------------------------


class UnknownRule(ValueError):
    """A word that names no rule, category or group."""


def canonical(word: str) -> str | None:
    """The rule, category or group of that name: `redundant_bias` is redundant-bias; None if there is none."""
    name = word.strip().lower().replace("_", "-")
    return name if name in RULES or name in CATEGORIES or name in GROUPS else None


def suggestion(word: str) -> str | None:
    return nearest(word, [*RULES, *CATEGORIES, *GROUPS])


def choice_of(
    select: Sequence[str] | None, ignore: Sequence[str], warn: Sequence[str], error: Sequence[str], advice: bool
) -> Choice | None:
    """The choices of a caller (`a,b` is two names); None if nothing is chosen. Raises UnknownRule."""
    if select is None and not (ignore or warn or error or advice):
        return None  # the rules need not be loaded
    selected = None if select is None else names_in(select)
    if selected == []:
        raise UnknownRule("select names no rules: nothing would be checked")
    return Choice(selected, names_in(ignore), names_in(warn), names_in(error), advice)


def names_in(texts: Sequence[str]) -> list[str]:
    """The names in `a,b` and `c`; raises UnknownRule."""
    found = []
    for word in filter(None, (word.strip() for text in texts for word in text.split(","))):
        name = canonical(word)
        if name is None:
            near = suggestion(word)
            hint = f"did you mean `{near}`?" if near else "`shapecalc explain` lists the rules"
            raise UnknownRule(f"there is no rule or category `{word}`; {hint}")
        found.append(name)
    return found
