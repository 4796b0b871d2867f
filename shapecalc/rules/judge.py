"""What is left of the findings of a plan: those of the engine and of the rules, chosen and not suppressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapecalc.rules.base import RULES, run
from shapecalc.text.findings import Finding, Reporter

if TYPE_CHECKING:
    from shapecalc.network.plan import Plan
    from shapecalc.rules.choice import Policy


def judged(plan: Plan, policy: Policy | None = None) -> list[Finding]:
    """The findings that count, by place. Without a policy: those of the rules that are on by default."""
    reporter = Reporter()
    ruled = run(plan, policy.names if policy is not None else None)
    for finding in (*plan.reporter.findings, *ruled):
        reporter.report(finding)
    found = reporter.findings
    if policy is not None:
        found = policy.applied(found)
    return unsuppressed(found, plan, policy)


def unsuppressed(found: list[Finding], plan: Plan, policy: Policy | None) -> list[Finding]:
    """Without those that a comment in their file suppresses; with those about such comments."""
    sources = {id(d.span.source): d.span.source for d in found}
    sources[id(plan.network.source)] = plan.network.source
    if not any("shapecalc" in source.text.lower() for source in sources.values()):
        return found
    from shapecalc.rules import suppress

    enabled = policy.counts if policy is not None else on_by_default
    if plan.reporter.has_errors:
        enabled = not_told  # behind an error not everything was looked at
    if plan.network.overridden:  # what a comment is there for may come with the file's own input
        enabled = never
    kept = Reporter()
    for finding in suppress.applied(found, plan.network.source, enabled):
        kept.report(finding)
    return kept.findings if policy is None else policy.applied(kept.findings)


def never(name: str) -> bool:
    return False


def on_by_default(name: str) -> bool:
    return name not in RULES or RULES[name].default


def not_told(name: str) -> bool:
    return False
