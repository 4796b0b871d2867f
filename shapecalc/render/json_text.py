"""JSON: the documented object, one layer and one finding per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol

from shapecalc.render.page import Page

LISTS = ("layers", "diagnostics", "files", "changes", "specs")  # with one item per line


class PlainData(Protocol):
    """What gives itself as JSON's own types."""

    def to_dict(self) -> dict[str, object]: ...


def render(subject: PlainData, page: Page) -> str:
    return dumps(subject.to_dict())


def dumps(document: Mapping[str, object]) -> str:
    """The object as text: one key per line, long lists one item per line."""
    lines = [f"{encode(key)}: {value_text(key, value)}" for key, value in document.items()]
    return "{" + ",\n ".join(lines) + "}\n"


def value_text(key: str, value: object) -> str:
    if key in LISTS and isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(encode, value)) + "]"
    return encode(value)


encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode
