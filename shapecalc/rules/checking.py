"""Rules run over a plan: what their checks find becomes findings, one for each line of the file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from shapecalc.rules.base import RULES, Check, Hit, Rule, rules_on_by_default
from shapecalc.rules.graph import Graph
from shapecalc.text.findings import Finding, Label, Severity

if TYPE_CHECKING:
    from shapecalc.layers.layer import Layer
    from shapecalc.network.plan import Plan

#: Rules with their checks: the local ones, then those that also look at other layers.
Asked = tuple[list[tuple[Rule, Check]], list[tuple[Rule, Check]]]
#: Hits of one rule at one place (path, start, end).
Hits = dict[tuple[Rule, str, int, int], list[Hit]]

MAX_QUIET: Final = 10_000


class Checker:
    """Rules by the type of layer that they look at. Used for many plans, it gets faster: it remembers the layers and
    input shapes about which no local rule had anything to say."""

    __slots__ = ("_by_type", "_of_layers", "_quiet", "_whole")

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._of_layers: list[tuple[Rule, Check]] = []
        self._by_type: dict[type[Layer], Asked] = {}
        self._whole: list[tuple[Rule, Check]] = []
        self._quiet: set[Any] = set()
        for rule in rules:
            self._add(rule)

    def _add(self, rule: Rule) -> None:
        if rule.check is not None:
            (self._whole if rule.kinds is None else self._of_layers).append((rule, rule.check))

    def _asked(self, layer: Layer) -> Asked:
        """The rules that look at layers of this one's kinds."""
        asked = self._by_type.get(type(layer))
        if asked is None:
            asked = self._by_type[type(layer)] = ([], [])
            for rule, check in self._of_layers:
                if not layer.kinds.isdisjoint(rule.kinds or ()):
                    asked[0 if rule.local else 1].append((rule, check))
        return asked

    def run(self, plan: Plan) -> list[Finding]:
        """The findings in order of place. Layers that one line makes (in a block, under `repeat`) give one finding."""
        graph = Graph(plan)
        hits: Hits = {}
        self._check_layers(graph, hits)
        for rule, check in self._whole:
            collect(hits, rule, check(graph))
        with_errors = lines_with_errors(plan)
        found = [finding_of(rule, group, graph) for (rule, *_), group in hits.items()]
        if with_errors:
            found = [finding for finding in found if (finding.path, finding.line) not in with_errors]
        found.sort(key=lambda f: (f.span.path, f.span.start, f.rule))
        return found

    def _check_layers(self, graph: Graph, hits: Hits) -> None:
        quiet = self._quiet
        if len(quiet) > MAX_QUIET:
            quiet.clear()
        near: set[tuple[int, int]] = set()  # the same by identity: the objects live as long as the plan
        for row in filter(graph.is_file_row, graph.layers):
            local, others = self._asked(row.layer)
            if local and (id(row.layer), id(row.in_shapes)) not in near:
                key = (row.layer, row.in_shapes)
                if key in quiet or not sum([collect(hits, rule, check(row, graph)) for rule, check in local]):
                    quiet.add(key)
                    near.add((id(row.layer), id(row.in_shapes)))
            for rule, check in others:
                collect(hits, rule, check(row, graph))


def run(plan: Plan, names: Collection[str] | None = None) -> list[Finding]:
    """Findings of the rules called `names` (default: those that are on by default). KeyError for an unknown name."""
    return Checker(rules_on_by_default() if names is None else [RULES[name] for name in sorted(names)]).run(plan)


def lines_with_errors(plan: Plan) -> set[tuple[str, int]]:
    """Lines that have to be rewritten anyway: what rules find there is not reported."""
    if not plan.reporter.has_errors:
        return set()
    return {(f.path, f.line) for f in plan.reporter.findings if f.severity == Severity.ERROR}


def collect(hits: Hits, rule: Rule, new: Iterable[Hit]) -> int:
    """Gathers hits by rule and place; how many there were."""
    count = 0
    for hit in new:
        span = hit.span
        hits.setdefault((rule, span.path, span.start, span.end), []).append(hit)
        count += 1
    return count


def finding_of(rule: Rule, hits: Sequence[Hit], graph: Graph) -> Finding:
    """The finding of the hits at one place, with how many of the layers that the line makes they concern."""
    hit = hits[0]
    row, fix, notes, related = hit.row, hit.fix, list(hit.notes), list(hit.related)
    if row is not None:
        concerned, uses = len({id(hit.row) for hit in hits}), graph.uses(row)
        if uses > 1 and (rule.kinds is not None or concerned > 1):
            part = "all" if concerned == uses else f"{concerned} of the"
            notes.append(f"applies to {part} {uses} layers that this line creates")
        if concerned < uses:
            fix = None
        related += [Label(span, text) for span, text in graph.blocks_around(row)]
    name = row.name if row is not None else None
    return Finding(
        rule.name, rule.severity, hit.message, hit.span, layer=name, notes=notes, help=hit.help, related=related,
        fix=fix,
    )  # fmt: skip
