"""Policy: which rules count for a plan, and how much; and the findings of the plan that are left of it.

A policy is made of choices, one laid over the other (a configuration's, a command line's), and passed into planning.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Final

from shapecalc.rules.base import CATEGORIES, RULES, Rule, rules_on_by_default
from shapecalc.rules.checking import Checker
from shapecalc.rules.choice import ALWAYS, Choice, closeness
from shapecalc.text.findings import Finding, Reporter, Severity

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan

AS_IT_IS: Final = "as it is"


class Policy:
    """How every rule counts. Made once for all files with the same choices; without any, the rules' own defaults."""

    __slots__ = ("_checker", "_levels", "choices")

    def __init__(self, choices: Iterable[Choice] = ()) -> None:
        self.choices = tuple(choices)
        self._levels: dict[str, str | None] = {}
        self._checker: Checker | None = None

    @property
    def levels(self) -> dict[str, str | None]:
        """AS_IT_IS, a severity that was set, or None (off) for every rule. Loads all rules."""
        if not self._levels:
            self._levels = {name: level(rule, self.choices) for name, rule in RULES.items()}
        return self._levels

    @property
    def raises(self) -> bool:
        """May a warning be an error?"""
        return any(choice.error for choice in self.choices)

    @property
    def checker(self) -> Checker:
        """The rules to be run over a plan; without choices only the modules of those are loaded."""
        if self._checker is None:
            on = (rule for name, rule in RULES.items() if self.levels[name] is not None)
            self._checker = Checker(on if self.choices else rules_on_by_default())
        return self._checker

    def is_on(self, name: str) -> bool:
        """Is a rule on, or any rule of a category?"""
        if name in CATEGORIES:
            return any(on is not None and RULES[rule].category == name for rule, on in self.levels.items())
        return self.levels.get(name, AS_IT_IS) is not None

    def findings(self, plan: Plan) -> list[Finding]:
        """What planning and the rules found, as far as it counts and no comment suppresses it, by place."""
        found = [*plan.reporter.findings, *self.checker.run(plan)]
        return self.unsuppressed(self.weighed(found), plan)

    def weighed(self, found: Iterable[Finding]) -> list[Finding]:
        """The findings whose rules are on, with the severities that were set, by place."""
        reporter = Reporter()
        for finding in found:
            severity = self.levels.get(finding.rule, AS_IT_IS) if self.choices else AS_IT_IS
            if severity is not None:
                finding.severity = finding.severity if severity == AS_IT_IS else severity
                reporter.report(finding)
        return reporter.findings

    def unsuppressed(self, found: list[Finding], plan: Plan) -> list[Finding]:
        """Without what a comment in its file suppresses; with what is wrong with such comments."""
        sources = {id(finding.span.source): finding.span.source for finding in found}
        own = plan.network.source
        sources[id(own)] = own
        if not any("shapecalc" in source.text.lower() for source in sources.values()):
            return found
        from shapecalc.rules import ignore_comments

        # Behind an error not everything was looked at; and with an input from elsewhere a comment may speak for what
        # the file's own input brings.
        partial = plan.reporter.has_errors or plan.network.overridden
        return self.weighed(ignore_comments.applied(found, own, nothing if partial else self.is_on))


def nothing(name: str) -> bool:
    return False


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
        sets: list[tuple[Collection[str], str | None]] = [
            (choice.ignore, None), (choice.error, Severity.ERROR), (choice.warn, Severity.WARNING),
            (choice.select or (), on),
        ]  # fmt: skip
        names, wanted = max(sets, key=lambda pair: closeness(pair[0], rule))
        if closeness(names, rule) >= 0:
            found = wanted
    return AS_IT_IS if found is None and rule.name in ALWAYS else found
