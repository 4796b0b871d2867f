"""What a rule is, the index of all rules, and how they are run over a plan.

A rule is one function under the decorator `rule`: its docstring says What, Why, Bad and Good, and its Bad and Good
specs are linted by a test. What the engine itself reports has the same texts, without a function (`define`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from shapecalc.rules.graph import Graph
from shapecalc.text.findings import Finding, Fix, Label, Severity
from shapecalc.text.source import Span

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan, Row

#: Subjects, by which rules can be chosen together.
CATEGORIES: Final = {
    "syntax": "the text is no spec: YAML, keys, forms of a row",
    "structure": "names, references, blocks and outputs that do not fit together",
    "arguments": "values that a layer does not take",
    "shapes": "sizes that do not fit",
    "correctness": "the network does something else than what is written",
    "waste": "parameters, input or work without effect",
    "training": "trains badly, or fails while training",
    "design": "debatable choices with a known cost",
    "style": "works, and is written otherwise today",
}

#: Modules of rules on by default, of advice, and of what the engine reports.
WARNINGS: Final = ("norms", "windows", "activations", "linears", "outputs", "training", "style", "names")
ADVICE: Final = ("advice.convs", "advice.fields", "advice.order", "advice.costs")
ERRORS: Final = (
    "reported.syntax_errors",
    "reported.structure_errors",
    "reported.argument_errors",
    "reported.shape_errors",
    "reported.dialect_reports",
    "reported.reports",
)

Check = Callable[..., "Iterable[Hit]"]
_rules: dict[str, Rule] = {}


class Rule:
    """One rule: its findings are of `severity`, and come with edits where it is `fixable` (`unsafe` ones may change
    what was meant). `check(row, graph)` is called for each layer of `types`, `check(graph)` once where that is None."""

    __slots__ = ("_text", "category", "check", "fixable", "local", "name", "severity", "types", "unsafe")

    def __init__(
        self,
        name: str,
        severity: str,
        category: str,
        text: str,
        *,
        fixable: bool = False,
        unsafe: bool = False,
        check: Check | None = None,
        types: Collection[str] | None = None,
        local: bool = False,
    ) -> None:
        self.name, self.severity, self.category, self._text = name, severity, category, text
        self.fixable, self.unsafe, self.check, self.types, self.local = fixable, unsafe, check, types, local

    def __repr__(self) -> str:
        return f"Rule({self.name!r}, {self.severity!r}, {self.category!r})"

    @property
    def default(self) -> bool:
        """Is it on unless it is switched off? Advice is asked for."""
        return self.severity != Severity.ADVICE

    @property
    def sections(self) -> dict[str, str]:
        """The docstring's parts: `what`, `why`, `bad`, `good`; the examples are whole specs."""
        return sections(self._text)

    @property
    def what(self) -> str:
        return self.sections["what"]

    @property
    def why(self) -> str:
        return self.sections["why"]

    @property
    def bad(self) -> str:
        return self.sections["bad"]

    @property
    def good(self) -> str:
        return self.sections["good"]


def sections(text: str) -> dict[str, str]:
    """Splits a docstring at its lines `Why:`, `Bad:` and `Good:`; examples are dedented, prose is joined."""
    from inspect import cleandoc

    parts: dict[str, list[str]] = {"what": [], "why": [], "bad": [], "good": []}
    current = "what"
    for line in cleandoc(text).split("\n"):
        head, colon, rest = line.partition(":")
        if colon and head in ("Why", "Bad", "Good"):
            current, line = head.lower(), rest.strip()
        parts[current].append(line)
    return {name: example(lines) if name in ("bad", "good") else prose(lines) for name, lines in parts.items()}


def example(lines: Sequence[str]) -> str:
    from textwrap import dedent

    text = dedent("\n".join(lines)).strip("\n")
    return f"{text}\n" if text else ""


def prose(lines: Sequence[str]) -> str:
    """Paragraphs on one line each."""
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n\n".join(" ".join(p.split()) for p in paragraphs)


# Defining. -----------------------------------------------------------------------------------------------------------


def rule(
    name: str,
    category: str,
    *,
    types: Collection[str] | None = None,
    severity: str = Severity.WARNING,
    fixable: bool = False,
    unsafe: bool = False,
    local: bool = False,
) -> Callable[[Check], Check]:
    """Makes a function a rule; its docstring is what `shapecalc explain` prints.

    A `local` rule says the same of the same layer on the same input shape, wherever it stands.
    """

    def keep(check: Check) -> Check:
        text = check.__doc__ or ""
        flags = {"fixable": fixable, "unsafe": unsafe, "local": local}
        add(Rule(name, severity, category, text, check=check, types=types, **flags))
        return check

    return keep


def advice(name: str, category: str, *, types: Collection[str] | None = None) -> Callable[[Check], Check]:
    """A rule that is only run when it is asked for."""
    return rule(name, category, types=types, severity=Severity.ADVICE)


def define(
    name: str, category: str, text: str, *, severity: str = Severity.ERROR, fixable: bool = False, unsafe: bool = False
) -> None:
    """The text of something that the engine reports by itself."""
    add(Rule(name, severity, category, text, fixable=fixable, unsafe=unsafe))


def add(made: Rule) -> None:
    if made.name in _rules:
        raise ValueError(f"two rules are called {made.name}")
    if made.category not in CATEGORIES:
        raise ValueError(f"{made.name}: there is no category {made.category}")
    _rules[made.name] = made


class Index(Mapping[str, Rule]):
    """Every rule by name, sorted; the modules that hold them are imported at first use."""

    __slots__ = ("_all",)

    def __init__(self) -> None:
        self._all: dict[str, Rule] = {}

    def all(self) -> dict[str, Rule]:
        if not self._all:
            load((*WARNINGS, *ADVICE, *ERRORS))
            self._all = dict(sorted(_rules.items()))
        return self._all

    def __getitem__(self, name: str) -> Rule:
        return self.all()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.all())

    def __len__(self) -> int:
        return len(self.all())


RULES: Final = Index()


def load(modules: Iterable[str]) -> None:
    for module in modules:
        import_module("shapecalc.rules." + module)


# Findings. -----------------------------------------------------------------------------------------------------------


class Hit:
    """What a check found in one layer: the text, what it is about (an argument, the first that is written of several,
    or a span), and the rest of a Finding."""

    __slots__ = ("at", "details", "message", "row")

    def __init__(
        self, message: str, row: Row | None, at: str | tuple[str, ...] | Span | None = None, **details: Any
    ) -> None:
        self.message, self.row, self.at, self.details = message, row, at, details

    @property
    def span(self) -> Span:
        if isinstance(self.at, Span):
            return self.at
        assert self.row is not None
        step, at = self.row.step, self.at
        if isinstance(at, tuple):
            at = next((name for name in at if step.spans is not None and step.spans(name) is not None), None)
        found: Span = step.span(at)
        return found


def run(plan: Plan, names: Collection[str] | None = None) -> list[Finding]:
    """Findings of the rules called `names` (default: those that are on without being asked for), in order of place.

    A line that stands for many layers (in a block, under `repeat`) gives one finding. KeyError for an unknown name.
    """
    graph = Graph(plan)
    found: list[Finding] = []
    refused = lines_with_errors(plan)
    groups: dict[Any, list[Hit]] = {}
    by_type, whole, quiet = dispatch(names)
    if len(quiet) > MAX_QUIET:
        quiet.clear()
    near: set[tuple[int, int]] = set()  # the same for the very objects of this plan, which live as long as it does
    for row in filter(graph.is_written, graph.layers):
        local, others = by_type.get(row.type, NO_RULES)
        if local and (id(row.layer), id(row.in_shapes)) not in near:
            key = (row.layer, row.in_shapes)
            if key in quiet or not sum([collect(groups, one, one.check(row, graph)) for one in local]):
                quiet.add(key)
                near.add((id(row.layer), id(row.in_shapes)))
        for one in others:
            collect(groups, one, one.check(row, graph))
    for one in whole:
        collect(groups, one, one.check(graph))
    for (one, *_), hits in groups.items():
        made = finding_of(one, hits, graph)
        if not refused or (made.path, made.line) not in refused:
            found.append(made)
    found.sort(key=lambda d: (d.span.path, d.span.start, d.rule))
    return found


def lines_with_errors(plan: Plan) -> set[tuple[str, int]]:
    """Lines that have to be written anew anyway: what else is odd about them is not said."""
    if not plan.reporter.has_errors:
        return set()
    return {(d.path, d.line) for d in plan.reporter.findings if d.severity == Severity.ERROR}


def collect(groups: dict[Any, list[Hit]], one: Rule, hits: Iterable[Hit]) -> int:
    """Gathers hits of the same rule at the same place; how many there were."""
    count = 0
    for hit in hits:
        span = hit.span
        groups.setdefault((one, span.path, span.start, span.end), []).append(hit)
        count += 1
    return count


ByType = dict[str, tuple[list[Any], list[Any]]]
NO_RULES: Final[tuple[list[Any], list[Any]]] = ([], [])
MAX_QUIET: Final = 10_000
_dispatched: dict[Any, tuple[ByType, list[Any], set[Any]]] = {}


def dispatch(names: Collection[str] | None) -> tuple[ByType, list[Any], set[Any]]:
    """The rules to ask for each type of layer (local ones, others), and those for the network as a whole; and what was
    quiet so far: (layer, input shapes) about which no local rule had anything to say."""
    key = None if names is None else frozenset(names)
    if key not in _dispatched:
        _dispatched[key] = (*sorted_out(chosen(names)), set())
    return _dispatched[key]


def chosen(names: Collection[str] | None) -> list[Rule]:
    if names is not None:
        return [RULES[name] for name in sorted(names)]
    load(WARNINGS)
    return [r for r in _rules.values() if r.check is not None and r.default]


def sorted_out(rules: Iterable[Rule]) -> tuple[ByType, list[Any]]:
    by_type: ByType = {}
    checked = [one for one in rules if one.check is not None]
    for one in checked:
        for type in one.types or ():
            by_type.setdefault(type, ([], []))[0 if one.local else 1].append(one)
    return by_type, [one for one in checked if one.types is None]


def finding_of(one: Rule, hits: Sequence[Hit], graph: Graph) -> Finding:
    """One finding of the first place, with how many layers the same line stands for."""
    first = hits[0]
    details = dict(first.details)
    fix: Fix | None = details.pop("fix", None)
    notes = list(details.pop("notes", ()))
    related = list(details.pop("related", ()))
    row = first.row
    if row is not None:
        layers = len({id(hit.row) for hit in hits})
        uses = graph.uses(row)
        if uses > 1 and (one.types is not None or layers > 1):
            notes.append(
                f"so in {'all ' if layers == uses else f'{layers} of '}{uses} layers that this line stands for"
            )
        if layers < uses:
            fix = None
        related += [Label(span, text) for span, text in graph.blocks_around(row)]
    return Finding(
        one.name,
        one.severity,
        first.message,
        first.span,
        layer=row.name if row is not None else None,
        notes=notes,
        related=related,
        fix=fix,
        **details,
    )
