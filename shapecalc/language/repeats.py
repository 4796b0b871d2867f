"""Rows that say what an earlier row said, of this file or of another: one look-up instead of reading them again.

Only rows that stand for one layer, hang on no variable and gave no finding are remembered. Apart from its place, a
remembered row may differ in its `name` and `from`.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from functools import partial
from typing import Any, Final

from shapecalc.language.arguments import span_of_main, spans_in_mapping
from shapecalc.layers.layer import Layer
from shapecalc.network.network import EMPTY, Bounds, Controls, Ref, Step
from shapecalc.yamltree.fast.forms import Form, MappingForm, Part, PlacedMapping, ScalarForm
from shapecalc.yamltree.nodes import Mapping, Node, Scalar
from shapecalc.yamltree.nodes import Sequence as SequenceNode

MAX_REMEMBERED: Final = 10_000  # rows; then all are forgotten


class Known:
    """What a row means. `word` is the type as written, which a block of a file may take; places count from the row."""

    __slots__ = ("end", "layer", "name", "refs", "start", "type", "word")

    def __init__(
        self, type: str, layer: Layer, word: Any, start: int, end: int, name: str | None, refs: Sequence[Ref] | None
    ) -> None:
        self.type, self.layer, self.word, self.start, self.end = type, layer, word, start, end
        self.name, self.refs = name, refs

    def controls(self, at: int) -> Controls:
        if self.refs is None:
            return EMPTY
        controls = Controls()
        controls.refs = [Ref(ref.target, at + ref.start, at + ref.end) for ref in self.refs]
        return controls


_equal: Final[dict[Any, Known]] = {}  # by a bare word or a form
_alike: Final[dict[Any, Known]] = {}  # by all parts but `name` and `from`


class Repeats:
    """Finds rows that were read before; `blocks` are names that mean something else in this file."""

    __slots__ = ("blocks",)

    def __init__(self, blocks: Container[Any]) -> None:
        self.blocks = blocks

    def find(self, row: Node, refs: Callable[[Node], Sequence[Ref]]) -> Step | None:
        """The step for a row that was read before, perhaps under another name."""
        if row.__class__ is PlacedMapping:
            known = _equal.get(row.form)
            if known is None:
                return self.renamed(row, refs)
            if known.word in self.blocks:
                return None
            at = row.start
            spans = partial(spans_in_row, type(known.layer), row)
            return Step(
                row.source,
                at + known.start,
                at + known.end,
                known.type,
                known.layer,
                name=known.name,
                controls=known.controls(at),
                spans=spans,
            )
        if row.__class__ is Scalar:
            known = _equal.get(row.value)
            if known is not None and known.word not in self.blocks:
                return Step(row.source, row.start, row.end, known.type, known.layer)
        return None

    def renamed(self, row: PlacedMapping, refs: Callable[[Node], Sequence[Ref]]) -> Step | None:
        """The step for a row that differs from an earlier one in its name and its `from` alone."""
        own = Own(row)
        known = _alike.get(own.key)
        if known is None or own.doubtful or known.word in self.blocks:
            return None
        controls = EMPTY
        if own.sources is not None:
            controls = Controls()
            controls.refs = refs(own.sources)
        step = Step(
            row.source,
            own.start,
            own.end,
            known.type,
            known.layer,
            name=own.name,
            controls=controls,
            spans=partial(spans_in_row, type(known.layer), row),
        )
        if controls.refs is None or len(controls.refs) == own.count:  # else something in it was no reference
            remember(_equal, row.form, meaning(step, row.start, known.word))
        return step

    def keep(self, row: Node, step: Any) -> None:
        """Remember a row that was read without a finding, if it is one whose like can be told from its text."""
        if step.__class__ is not Step or step.layer is None or step.problems or not only_refs(step.controls):
            return
        if row.__class__ is Scalar:
            if step.spans is None:
                remember(_equal, row.value, meaning(step, row.start, row.value))
        elif row.__class__ is PlacedMapping:
            own = Own(row)
            if not own.doubtful:
                known = meaning(step, row.start, own.word)
                remember(_equal, row.form, known)
                remember(_alike, own.key, known)


def meaning(step: Step, at: int, word: Any) -> Known:
    """What is remembered of a row that stands at `at`."""
    refs = step.controls.refs
    moved = None if refs is None else [Ref(ref.target, ref.start - at, ref.end - at) for ref in refs]
    assert step.layer is not None
    return Known(step.type, step.layer, word, step.start - at, step.end - at, step.name, moved)


def remember(memory: dict[Any, Known], key: Any, known: Known) -> None:
    if len(memory) >= MAX_REMEMBERED:
        memory.clear()
    memory[key] = known


def only_refs(controls: Controls) -> bool:
    """Is `from` all that a row says besides its arguments?"""
    others = (controls.expect, controls.share, controls.trainable, controls.when, controls.repeat)
    return controls is EMPTY or (controls.times == 1 and not any(other is not None for other in others))


class Own:
    """What a row has for itself: its place, its name, its `from`; and `key`, what it has in common with others."""

    __slots__ = ("doubtful", "end", "key", "name", "sources", "start", "word")

    def __init__(self, row: PlacedMapping) -> None:
        self.name: str | None = None
        self.sources: Node | None = None
        self.doubtful = not row.form.parts
        parts, at = row.form.parts, row.start + row.form.lead
        self.start, self.end = at, at + parts[0].key.size if parts else at
        self.word = parts[0].word if parts else None
        key: list[Any] = []
        inner = parts[0].value if len(parts) == 1 else None
        if isinstance(inner, MappingForm):  # `conv2d: {out: 64, name: conv1}`
            key.append(parts[0].key)
            parts, at = inner.parts, at + parts[0].value_at + inner.lead
        self.read(row, parts, at, key, inner is None or inner.__class__ is ScalarForm)
        self.key = tuple(key)

    @property
    def count(self) -> int:
        """How many references `from` lists."""
        return len(self.sources.items) if isinstance(self.sources, SequenceNode) else 1

    def read(self, row: Node, parts: Sequence[Part], at: int, key: list[Any], is_long: bool) -> None:
        for part in parts:
            word, value = part.word, part.value
            assert value is not None
            if word == "name":
                self.called(value)
            elif word == "from":
                self.sources = value.place(row.source, at + part.value_at)
            else:
                if word == "type" and is_long:
                    self.start = at + part.value_at
                    self.end = self.start + value.size
                    self.word = value.raw if isinstance(value, ScalarForm) else None
                key.append(part)
            at += part.size

    def called(self, value: Form) -> None:
        name = value.value if isinstance(value, ScalarForm) else None
        if isinstance(name, str) and name.strip() and "(" not in name:
            self.name = name
        else:
            self.doubtful = True


_bounds: Final[dict[tuple[MappingForm, str], Bounds | None]] = {}  # counted from the row


def spans_in_row(cls: type[Any], row: PlacedMapping, at: str) -> Bounds | None:
    """Where the argument `at` of a row stands: at the same place in all rows of one form."""
    key = (row.form, at)
    if key not in _bounds:
        if len(_bounds) >= MAX_REMEMBERED:
            _bounds.clear()
        bounds = bounds_in_row(cls, row, at)
        _bounds[key] = None if bounds is None else (bounds[0] - row.start, bounds[1] - row.start)
    found = _bounds[key]
    return None if found is None else (found[0] + row.start, found[1] + row.start)


def bounds_in_row(cls: type[Any], row: PlacedMapping, at: str) -> Bounds | None:
    """`spans_in_row`, looked up in the nodes of the row."""
    _, value = row.pairs[0]
    if any(key.value == "type" for key, _ in row.pairs):
        return spans_in_mapping(cls, row, at)
    if isinstance(value, Mapping):
        return spans_in_mapping(cls, value, at)
    if isinstance(value, Scalar) and value.value is None:
        return None
    return span_of_main(cls, value, at)
