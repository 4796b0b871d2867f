"""JSON: the documented object, one layer and one finding per line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

LISTS = ("layers", "diagnostics", "files", "changes")


def render(document: Mapping[str, Any]) -> str:
    """The object as text. Long lists stand with one item per line, everything else with one key per line."""
    lines = [f"{json.dumps(key)}: {value_text(key, value)}" for key, value in document.items()]
    return "{" + ",\n ".join(lines) + "}\n"


def value_text(key: str, value: object) -> str:
    if key in LISTS and isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(map(encode, value)) + "]"
    return encode(value)


encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(", ", ": ")).encode
