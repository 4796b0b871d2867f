"""How many layers a network comes to, found without walking them: so that far too many are refused at once.

Blocks are counted once for each set of values that their arguments have. Conditions and repeats that hang on shapes
are not known here: a condition is taken to hold unless the walk has seen it fail, a repeat not to be there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from shapecalc.algebra.expressions import ExprError
from shapecalc.network.network import Group

MOST: Final = 10**15


class Counter:
    """Counts the rows of lists of items. `seen` has the conditions that were met: item -> did it always hold?"""

    __slots__ = ("known", "seen")

    def __init__(self, seen: Mapping[int, bool]) -> None:
        self.seen = seen
        self.known: dict[tuple[int, str], int] = {}

    def items(self, items: Sequence[Any], env: Mapping[str, Any]) -> int:
        total = 0
        for item in items:
            total += self.times(item, env) * self.rows(item, env)
            if total > MOST:
                return MOST
        return total

    def times(self, item: Any, env: Mapping[str, Any]) -> int:
        """How often an item stands; 0 where nobody knows."""
        controls = item.controls
        try:
            if controls.when is not None and not controls.when(env):
                return 0
        except ExprError:
            if not self.seen.get(id(item), True):
                return 0
        try:
            return controls.repeat(env) if controls.repeat is not None else 1
        except ExprError:
            return 0

    def rows(self, item: Any, env: Mapping[str, Any]) -> int:
        """Rows of one item, its own among them."""
        if not isinstance(item, Group):
            return 1
        try:
            body = item.expand(env, env)
        except ExprError:
            return item.size
        if item.opaque and body.chains:
            key = (id(body.chains[0]), repr(body.variables))
            if key not in self.known:
                self.known[key] = self.chains(body, {**env, **(body.variables or {})})
            return self.known[key]
        return self.chains(body, env)

    def chains(self, body: Any, env: Mapping[str, Any]) -> int:
        return 1 + sum(self.items(chain, env) for chain in body.chains)
