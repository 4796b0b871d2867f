"""What a rule is, and the index of all rules.

A rule is a function under the decorator `rule`. What other rooms report has a rule without a function (`define`).
What `explain` says about a rule is its page in guide/, with two specs that a test lints.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

from shapecalc.layers.kinds import Kinds
from shapecalc.text import pages
from shapecalc.text.findings import Fix, Label, Severity
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Row

#: Subjects, by which rules can be chosen together.
CATEGORIES: Final = {
    "syntax": "the text is not a spec: YAML, keys, forms of a row",
    "structure": "names, references, blocks and outputs that do not fit together",
    "arguments": "values that a layer does not take",
    "shapes": "sizes that do not fit",
    "correctness": "the network computes something else than what it seems to",
    "waste": "parameters, input or work without effect",
    "training": "trains badly, or fails in training",
    "design": "debatable choices with a known cost",
    "style": "works, but is written differently today",
}

#: Modules of rules on by default, of advice, and of what other rooms report.
WARNINGS: Final = (
    "norms", "windows", "activations", "losses", "linears", "unused", "training", "broadcasts", "style",
)  # fmt: skip
ADVICE: Final = ("advice.convs", "advice.field_sizes", "advice.gridding", "advice.layer_order", "advice.costs")
REPORTED: Final = ("reported",)


class Hit:
    """What a check found in one layer: the text, what it is about (an argument, the first of several that the file
    gives, or a span), and the rest of a finding. Hits in layers that one line makes become one Finding."""

    __slots__ = ("at", "fix", "help", "message", "notes", "related", "row")

    def __init__(
        self,
        message: str,
        row: Row | None,
        at: str | tuple[str, ...] | Span | None = None,
        *,
        help: str | None = None,
        notes: Sequence[str] = (),
        related: Sequence[Label] = (),
        fix: Fix | None = None,
    ) -> None:
        self.message, self.row, self.at = message, row, at
        self.help, self.notes, self.related, self.fix = help, notes, related, fix

    @property
    def span(self) -> Span:
        if isinstance(self.at, Span):
            return self.at
        assert self.row is not None
        step, at = self.row.step, self.at
        if isinstance(at, tuple):
            at = next((name for name in at if step.spans is not None and step.spans(name) is not None), None)
        span: Span = step.span(at)
        return span


Check = Callable[..., "Iterable[Hit]"]
_rules: dict[str, Rule] = {}


class Rule:
    """One rule: its findings are of `severity`, and carry edits where it is `fixable` (`unsafe` ones may change what
    the network computes). `check(row, graph)` is called for each layer of one of the `kinds` (see `layers/kinds.py`),
    `check(graph)` once where that is None."""

    __slots__ = ("_page", "category", "check", "fixable", "kinds", "local", "name", "severity", "unsafe")

    def __init__(
        self,
        name: str,
        category: str,
        severity: str,
        *,
        fixable: bool = False,
        unsafe: bool = False,
        check: Check | None = None,
        kinds: Kinds | None = None,
        local: bool = False,
    ) -> None:
        self.name, self.category, self.severity = name, category, severity
        self.fixable, self.unsafe, self.check, self.kinds, self.local = fixable, unsafe, check, kinds, local
        self._page: dict[str, str] | None = None

    def __repr__(self) -> str:
        return f"Rule({self.name!r}, {self.category!r}, {self.severity!r})"

    @property
    def default(self) -> bool:
        """Is it on unless it is switched off? Advice is opt-in."""
        return self.severity != Severity.ADVICE

    @property
    def page(self) -> dict[str, str]:
        """The sections of its page in the guide."""
        if self._page is None:
            self._page = pages.sections("rules", self.name)
        return self._page

    @property
    def what(self) -> str:
        """What it finds, in one sentence."""
        return pages.prose(self.page.get(self.name, ""))

    @property
    def why(self) -> str:
        return pages.prose(self.page.get("Why", ""))

    @property
    def bad(self) -> str:
        """A whole spec in which it finds something; "" where no spec alone can show it."""
        return pages.code(self.page.get("Bad", ""))

    @property
    def good(self) -> str:
        """The same spec put right."""
        return pages.code(self.page.get("Good", ""))


# Defining. -----------------------------------------------------------------------------------------------------------


def rule(
    name: str,
    category: str,
    *,
    kinds: Collection[str] | None = None,
    severity: str = Severity.WARNING,
    fixable: bool = False,
    unsafe: bool = False,
    local: bool = False,
) -> Callable[[Check], Check]:
    """Makes a function a rule. A `local` rule finds the same in equal layers on equal input shapes, wherever they are
    in a network."""

    of = None if kinds is None else frozenset(kinds)

    def register(check: Check) -> Check:
        _add(Rule(name, category, severity, fixable=fixable, unsafe=unsafe, check=check, kinds=of, local=local))
        return check

    return register


def advice(name: str, category: str, *, kinds: Collection[str] | None = None) -> Callable[[Check], Check]:
    """A rule that only runs on request."""
    return rule(name, category, kinds=kinds, severity=Severity.ADVICE)


def define(
    name: str, category: str, severity: str = Severity.ERROR, *, fixable: bool = False, unsafe: bool = False
) -> None:
    """A rule whose findings another room reports."""
    _add(Rule(name, category, severity, fixable=fixable, unsafe=unsafe))


def _add(rule: Rule) -> None:
    if rule.name in _rules:
        raise ValueError(f"two rules are called {rule.name}")
    if rule.category not in CATEGORIES:
        raise ValueError(f"{rule.name}: there is no category {rule.category}")
    _rules[rule.name] = rule


# Looking up. ---------------------------------------------------------------------------------------------------------


class Index(Mapping[str, Rule]):
    """Every rule by name, sorted; the modules that define them are imported at first use."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: dict[str, Rule] = {}

    def all(self) -> dict[str, Rule]:
        if not self._all:
            load((*WARNINGS, *ADVICE, *REPORTED))
            self._all = dict(sorted(_rules.items()))
        return self._all

    def __getitem__(self, name: str) -> Rule:
        return self.all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())


RULES: Final = Index()


def rules_on_by_default() -> list[Rule]:
    """The rules that are run unless something else is chosen, without loading any other."""
    load(WARNINGS)
    return [rule for rule in _rules.values() if rule.check is not None and rule.default]


def load(modules: Iterable[str]) -> None:
    for module in modules:
        import_module("shapecalc.rules." + module)
