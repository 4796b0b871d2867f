"""A baseline: known findings by path, rule and layer (not by line), so that only new ones count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from shapecalc.rules.choice import ALWAYS
from shapecalc.text.findings import Finding
from shapecalc.text.spelling import nearest

DEFAULT: Final = ".shapecalc-baseline.json"
Key = tuple[str, str, str]  # path relative to the baseline, rule, layer ("" for what belongs to no layer)


class BadBaseline(ValueError):
    """A file that is not a baseline."""


class Baseline:
    """How many findings of each path, rule and layer are known. `left` counts down while findings are matched."""

    __slots__ = ("counts", "left", "path")

    def __init__(self, path: str, counts: Mapping[Key, int]) -> None:
        self.path, self.counts, self.left = path, dict(counts), dict(counts)

    def new(self, path: str, found: Iterable[Finding]) -> list[Finding]:
        """The findings of a file that are not in the baseline."""
        new = []
        for finding in found:
            key = self.key(path, finding)
            if self.left.get(key, 0) > 0 and finding.rule not in ALWAYS:
                self.left[key] -= 1
            else:
                new.append(finding)
        return new

    def key(self, path: str, finding: Finding) -> Key:
        return relative(path, self.path), finding.rule, finding.layer or ""

    def gone(self, paths: Iterable[str]) -> int:
        """How many known findings of these files are no longer found."""
        looked_at = {relative(path, self.path) for path in paths}
        return sum(count for key, count in self.left.items() if key[0] in looked_at)


def relative(path: str, baseline: str) -> str:
    folder = os.path.dirname(os.path.abspath(baseline))
    return path if path.startswith("<") else os.path.relpath(os.path.abspath(path), folder).replace(os.sep, "/")


def load(path: str) -> Baseline:
    """Raises OSError and BadBaseline."""
    import json

    try:
        with open(path, encoding="utf-8-sig") as file:
            return Baseline(path, counts_of(json.load(file)))
    except (ValueError, RecursionError) as error:
        if isinstance(error, BadBaseline):
            raise BadBaseline(f"{path} is not a baseline: {error}") from None
        raise BadBaseline(f"{path} is not a baseline: not JSON ({str(error)[:100]})") from None


def counts_of(data: object) -> dict[Key, int]:
    """`{"version": 1, "findings": {path: {rule: {layer: count}}}}` as counts."""
    if not isinstance(data, dict) or not isinstance(data.get("findings"), dict):
        near = nearest("findings", data) if isinstance(data, dict) else None
        raise BadBaseline("it has no key `findings`" + (f", only `{near}`" if near else ""))
    if data.get("version") != 1:
        raise BadBaseline(f"version {data.get('version')!r}; this program reads version 1")
    counts: dict[Key, int] = {}
    for path, rules in data["findings"].items():
        for rule, layers in rules.items() if isinstance(rules, dict) else ():
            for layer, count in layers.items() if isinstance(layers, dict) else ():
                if not isinstance(count, int):
                    raise BadBaseline(f"{path}, {rule}, {layer}: {count!r} is not a count")
                counts[path, rule, layer] = count
    return counts


def dump(
    path: str, results: Sequence[tuple[str, Sequence[Finding]]], others: Mapping[Key, int] | None = None
) -> tuple[str, int]:
    """The text of a baseline of these findings and of `others`, sorted so that it changes little; and how many
    findings of the results it contains."""
    import json

    counts: dict[Key, int] = dict(others or {})
    total = 0
    for name, found in results:
        for finding in found:
            if finding.rule not in ALWAYS:
                key = (relative(name, path), finding.rule, finding.layer or "")
                counts[key] = counts.get(key, 0) + 1
                total += 1
    tree: dict[str, dict[str, dict[str, int]]] = {}
    for (name, rule, layer), count in counts.items():
        tree.setdefault(name, {}).setdefault(rule, {})[layer] = count
    return json.dumps({"version": 1, "findings": tree}, indent=2, sort_keys=True, ensure_ascii=False) + "\n", total
