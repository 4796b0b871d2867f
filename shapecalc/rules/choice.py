"""Which rules count, and how much: the choices of a configuration and of a command line, one laid over the other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from shapecalc.rules.base import CATEGORIES, RULES, Rule
from shapecalc.text.findings import Finding, Severity
from shapecalc.text.spelling import nearest

#: Words that stand for many rules, beside the categories.
GROUPS: Final = {"all": None, "errors": Severity.ERROR, "warnings": Severity.WARNING, "advice": Severity.ADVICE}
#: What is always reported: without it nothing was looked at.
ALWAYS: Final = frozenset((
    "yaml-syntax", "not-text", "unreadable-file", "empty-file", "not-a-spec", "several-documents", "too-deep",
    "alias-explosion", "number-too-long", "internal-error", "invalid-config",
))  # fmt: skip
AS_IT_IS: Final = "as it is"


class Choice:
    """One layer of choices. `select` None: nothing was said, the rules that are on by default."""

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
        return isinstance(other, Choice) and self.key() == other.key()

    def __hash__(self) -> int:
        return hash(self.key())

    def key(self) -> tuple[object, ...]:
        return self.select, self.ignore, self.warn, self.error, self.advice


def known(word: str) -> str | None:
    """The rule, category or group that a word names: `redundant_bias` is redundant-bias; None for no such name."""
    name = word.strip().lower().replace("_", "-")
    return name if name in RULES or name in CATEGORIES or name in GROUPS else None


def suggestion(word: str) -> str | None:
    return nearest(word, [*RULES, *CATEGORIES, *GROUPS])


def stands_for(name: str, rule: Rule) -> int:
    """How closely a name means a rule: 2 by its own name, 1 by its category or severity, 0 as one of all, -1 not."""
    if name == rule.name:
        return 2
    if name == rule.category or GROUPS.get(name) == rule.severity:
        return 1
    return 0 if name == "all" else -1


def closeness(names: Iterable[str], rule: Rule) -> int:
    return max((stands_for(name, rule) for name in names), default=-1)


def level(rule: Rule, choices: Iterable[Choice]) -> str | None:
    """How a rule counts: AS_IT_IS, a severity that was set, or None where it is off. Later choices win; in one, the
    name that means the rule more closely, and then `ignore`."""
    found: str | None = AS_IT_IS if rule.default else None
    for choice in choices:
        if choice.advice and rule.severity == Severity.ADVICE:
            found = found or AS_IT_IS
        on = found or AS_IT_IS
        if choice.select is not None and closeness(choice.select, rule) < 0:
            found = None
        sets: list[tuple[Sequence[str], str | None]] = [
            (choice.ignore, None), (choice.error, Severity.ERROR), (choice.warn, Severity.WARNING),
            (choice.select or (), on),
        ]  # fmt: skip
        names, wanted = max(sets, key=lambda pair: closeness(pair[0], rule))
        if closeness(names, rule) >= 0:
            found = wanted
    return AS_IT_IS if found is None and rule.name in ALWAYS else found


class Policy:
    """How every rule counts, worked out once for all files with the same choices."""

    __slots__ = ("levels", "names")

    def __init__(self, choices: Sequence[Choice]) -> None:
        self.levels = {name: level(rule, choices) for name, rule in RULES.items()}
        self.names: Collection[str] = frozenset(
            name for name, rule in RULES.items() if rule.check is not None and self.levels[name] is not None
        )

    def counts(self, name: str) -> bool:
        """Is a rule on, or any rule of a category?"""
        if name in CATEGORIES:
            return any(self.levels[r.name] is not None for r in RULES.values() if r.category == name)
        return self.levels.get(name, AS_IT_IS) is not None

    def applied(self, found: Iterable[Finding]) -> list[Finding]:
        """The findings whose rules are on, with the severities that were set."""
        kept = []
        for finding in found:
            severity = self.levels.get(finding.rule, AS_IT_IS)
            if severity is None:
                continue
            if severity != AS_IT_IS:
                finding.severity = severity
            kept.append(finding)
        return kept


def names_of(texts: Sequence[str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Rules of a command line, `a,b` and repeated: (those there are, those there are not with the nearest)."""
    found: list[str] = []
    unknown: list[tuple[str, str | None]] = []
    for word in (w.strip() for text in texts for w in text.split(",")):
        name = known(word) if word else None
        if name is not None:
            found.append(name)
        elif word:
            unknown.append((word, suggestion(word)))
    return found, unknown


class UnknownRule(ValueError):
    """A word that names no rule, category or group."""


def choice_of(
    select: Sequence[str] | None, ignore: Sequence[str], warn: Sequence[str], error: Sequence[str], advice: bool
) -> Choice | None:
    """The choices of a caller; None where nothing is chosen. Raises UnknownRule."""
    if select is None and not (ignore or warn or error or advice):
        return None  # the rules need not be loaded
    chosen = None if select is None else checked(select)
    if chosen == []:
        raise UnknownRule("select names no rules: nothing would be looked for")
    return Choice(chosen, checked(ignore), checked(warn), checked(error), advice)


def checked(texts: Sequence[str]) -> list[str]:
    found, unknown = names_of(texts)
    for word, near in unknown:
        hint = f"did you mean `{near}`?" if near else "`shapecalc explain` lists the rules"
        raise UnknownRule(f"there is no rule or category `{word}`; {hint}")
    return found
