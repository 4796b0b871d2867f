"""Rows that say what an earlier row said: one look-up instead of reading them again.

Only rows that stand for one layer, hang on no variable and gave no finding are remembered. Apart from its place, a
remembered row may differ in its `name` and `from`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from shapecalc.network import EMPTY, Bounds, Controls, Ref, Step
from shapecalc.nodes import Mapping, Node, Scalar
from shapecalc.spec.arguments import span_of_main, spans_in_mapping
from shapecalc.yamlforms import Form, MappingForm, Part, PlacedMapping, ScalarForm


class Repeats:
    """What was read so far, by the text of a row."""

    __slots__ = ("alike", "equal")

    def __init__(self) -> None:
        self.equal: dict[Any, Step] = {}  # by a bare word or a form
        self.alike: dict[Any, Step] = {}  # by all parts but `name` and `from`

    def find(self, row: Node, refs: Callable[[Node], Sequence[Ref]]) -> Step | None:
        """The step for a row that was read before, perhaps under another name."""
        if row.__class__ is PlacedMapping:
            model = self.equal.get(row.form)
            if model is None:
                return self.renamed(row, refs)
            spans = partial(spans_in_row, type(model.layer), row)
            start, end = row.start + model.start, row.start + model.end
            return Step(row.source, start, end, model.type, model.layer, spans=spans)
        if row.__class__ is Scalar:
            model = self.equal.get(row.value)
            if model is not None:
                return Step(row.source, row.start, row.end, model.type, model.layer)
        return None

    def renamed(self, row: PlacedMapping, refs: Callable[[Node], Sequence[Ref]]) -> Step | None:
        """The step for a row that differs from an earlier one in its name and its `from` alone."""
        own = Own(row)
        model = self.alike.get(own.key)
        if model is None or own.doubtful:
            return None
        controls = EMPTY
        if own.sources is not None:
            controls = Controls()
            controls.refs = refs(own.sources)
        spans = partial(spans_in_row, type(model.layer), row)
        return Step(
            row.source, own.start, own.end, model.type, model.layer, name=own.name, controls=controls, spans=spans
        )

    def keep(self, row: Node, step: Any) -> None:
        """Remember a row that was read without a finding, if it is one whose like can be told from its text."""
        if step.__class__ is not Step or step.layer is None or step.problems or not only_refs(step.controls):
            return
        if row.__class__ is Scalar:
            if step.spans is None:
                self.equal[row.value] = step
        elif row.__class__ is PlacedMapping:
            form = row.form
            if step.name is None and step.controls is EMPTY:
                start, end = step.start - row.start, step.end - row.start
                self.equal[form] = Step(row.source, start, end, step.type, step.layer)
            own = Own(row)
            if not own.doubtful:
                self.alike[own.key] = step


def only_refs(controls: Controls) -> bool:
    """Is `from` all that a row says besides its arguments?"""
    others = (controls.expect, controls.share, controls.trainable, controls.when, controls.repeat)
    return controls is EMPTY or (controls.times == 1 and not any(other is not None for other in others))


class Own:
    """What a row has for itself: its place, its name, its `from`; and `key`, what it has in common with others."""

    __slots__ = ("doubtful", "end", "key", "name", "sources", "start")

    def __init__(self, row: PlacedMapping) -> None:
        self.name: str | None = None
        self.sources: Node | None = None
        self.doubtful = not row.form.parts
        parts, at = row.form.parts, row.start + row.form.lead
        self.start, self.end = at, at + parts[0].key.size if parts else at
        key: list[Any] = []
        inner = parts[0].value if len(parts) == 1 else None
        if isinstance(inner, MappingForm):  # `conv2d: {out: 64, name: conv1}`
            key.append(parts[0].key)
            parts, at = inner.parts, at + parts[0].value_at + inner.lead
        self.read(row, parts, at, key, inner is None or inner.__class__ is ScalarForm)
        self.key = tuple(key)

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
                key.append(part)
            at += part.size

    def called(self, value: Form) -> None:
        name = value.value if isinstance(value, ScalarForm) else None
        if isinstance(name, str) and name.strip() and "(" not in name:
            self.name = name
        else:
            self.doubtful = True


def spans_in_row(cls: type[Any], row: PlacedMapping, at: str) -> Bounds | None:
    """Where the argument `at` of a row stands."""
    _, value = row.pairs[0]
    if any(key.value == "type" for key, _ in row.pairs):
        return spans_in_mapping(cls, row, at)
    if isinstance(value, Mapping):
        return spans_in_mapping(cls, value, at)
    if isinstance(value, Scalar) and value.value is None:
        return None
    return span_of_main(cls, value, at)
