"""What `shapecalc explain NAME` and `shapecalc.explain(NAME)` answer."""

from __future__ import annotations

from shapecalc.dialects.registry import dialects
from shapecalc.guide import page, topics
from shapecalc.layers.names_table import NAMES
from shapecalc.layers.registry import catalogue, lookup
from shapecalc.rules.base import RULES


def explain(name: str | None = None, width: int = 80) -> str:
    """What `name` is, as text of at most `width` columns outside code: a rule, a layer type, a topic, a word of the
    spec language, a guide, or a module of a dialect such as YOLO files; without a name, the list of them. Raises
    ValueError, with the nearest name, for a name that is none of these."""
    if name is None:
        return page.contents(families(), width)
    key = rule_key(name)
    if key in RULES:
        return page.rule(RULES[key], width)
    cls = lookup(name)
    if cls is not None:
        return page.layer_type(cls, width)
    topic = topics.find(key)
    if topic is not None:
        return topic.page(width)
    for dialect in dialects():
        lines = dialect.explain(name)
        if lines is not None:
            return "\n".join(lines) + "\n"
    raise ValueError(unknown(name))


def rule_key(name: str) -> str:
    """`error[unused-output]:`, as findings print it, `[unused-output]`, `Unused_Output` -> unused-output."""
    inner = name.partition("[")[2].partition("]")[0]
    return topics.folded((inner or name).strip(" :"))


def families() -> dict[str, list[str]]:
    """Types by family, as torch.nn writes them."""
    found: dict[str, list[str]] = {}
    for cls in catalogue():
        found.setdefault(cls.__module__.rpartition(".")[2], []).append(cls.type)
    return dict(sorted(found.items()))


def explainable() -> list[str]:
    """Every name, for completion: as layer types are written in a spec, and all others."""
    return [*NAMES, *RULES, *(topic.name for topic in topics.topics())]


def unknown(name: str) -> str:
    """The message about a name that nothing has."""
    from shapecalc.language.words import suggestion
    from shapecalc.text.spelling import nearest

    others = [*RULES, *(topic.name for topic in topics.topics())]
    near = nearest(name, others) if "-" in name else None
    near = near or suggestion(name) or nearest(name, others)
    hint = f"did you mean `{near}`?" if near else "`shapecalc explain` lists what there is"
    return f"nothing is called `{name[:80]}`; {hint}"
