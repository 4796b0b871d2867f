"""What a layer reports of itself: problems with its arguments and inputs, and conditions on symbols."""

from __future__ import annotations

from shapecalc.algebra import conditions
from shapecalc.algebra.conditions import Condition
from shapecalc.algebra.dims import UNK, Dim, divisible, less, same


class Problem:
    """What is wrong with one use of a layer, without a place: `at` names an argument or `input.K` (or is the
    offsets of an expression). `forward`: found when the inputs came, not from the arguments alone."""

    __slots__ = ("at", "forward", "help", "message", "note", "replace", "rule", "severity", "training_only")

    def __init__(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None,
        note: str | None,
        help: str | None,
        replace: object,
        severity: str,
        training_only: bool,
    ) -> None:
        self.rule, self.message, self.at, self.note = rule, message, at, note
        self.help, self.replace, self.severity, self.training_only = help, replace, severity, training_only
        self.forward = False

    def __repr__(self) -> str:
        return f"{self.severity}[{self.rule}] at {self.at}: {self.message}"


class Context:
    """Collects what a layer has to say of its arguments and inputs: problems, and conditions on symbols."""

    __slots__ = ("conditions", "problems", "written")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.conditions: list[Condition] = []
        self.written: dict[str, str] = {}

    @property
    def failed(self) -> bool:
        return any(p.severity == "error" for p in self.problems)

    def error(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None = None,
        note: str | None = None,
        help: str | None = None,
        replace: object = None,
        training_only: bool = False,
    ) -> None:
        self.problems.append(Problem(rule, message, at, note, help, replace, "error", training_only))

    def warning(
        self,
        rule: str,
        message: str,
        at: str | tuple[int, int] | None = None,
        note: str | None = None,
        help: str | None = None,
        replace: object = None,
        training_only: bool = False,
    ) -> None:
        self.problems.append(Problem(rule, message, at, note, help, replace, "warning", training_only))

    def need(self, verdict: bool | None, condition: Condition) -> bool:
        """False only where the condition is surely broken; where it depends on symbols, it is recorded."""
        if verdict is None and not any(other.solved() == condition.solved() for other in self.conditions):
            self.conditions.append(condition)
        return verdict is not False

    def equal(self, a: Dim, b: Dim) -> bool:
        if a is UNK or b is UNK:
            return True
        verdict = same(a, b)
        return True if verdict else self.need(verdict, conditions.equal(a, b))

    def at_least(self, a: Dim, lo: Dim) -> bool:
        if a is UNK or lo is UNK:
            return True
        verdict = less(a, lo)
        return True if verdict is False else self.need(None if verdict is None else False, conditions.at_least(a, lo))

    def divisible(self, a: Dim, k: Dim) -> bool:
        if a is UNK or k is UNK:
            return True
        verdict = divisible(a, k)
        return True if verdict else self.need(verdict, conditions.multiple(a, k))
