"""Writes `names_table.py`, the table from normalized type names to their definitions.

The table lets `lookup` import one family instead of all. `python -m shapecalc.layers.write_names_table` writes it anew;
a test fails while it does not match the definitions.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
#: Modules of this folder that define no layer types.
MACHINERY = {
    "__init__",
    "axes",
    "build",
    "context",
    "inference",
    "kinds",
    "layer",
    "layer_arguments",
    "names_table",
    "params",
    "places",
    "registry",
    "spatial",
    "write_names_table",
}


def families() -> list[str]:
    return sorted(p.stem for p in HERE.glob("*.py") if p.stem not in MACHINERY)


def table() -> dict[str, str]:
    """Normalized name -> `module:Class`. Where a class and a function share a name, the class wins."""
    from shapecalc.layers.layer import Layer
    from shapecalc.layers.registry import normalized

    found: dict[str, str] = {}
    functions: dict[str, str] = {}
    for family in families():
        for attribute, value in vars(import_module("shapecalc.layers." + family)).items():
            local = isinstance(value, type) and issubclass(value, Layer) and value.__module__.endswith("." + family)
            if not local or value.abstract:
                continue
            into = functions if value.function else found
            for name in {normalized(n) for n in (value.type, *value.names)}:
                if name in into and into[name] != f"{family}:{attribute}":
                    raise SystemExit(f"{name} is defined twice: {into[name]} and {family}:{attribute}")
                into[name] = f"{family}:{attribute}"
    return dict(sorted({**functions, **found}.items()))


def text() -> str:
    rows = "".join(f'    "{name}": "{place}",\n' for name, place in table().items())
    return (
        '"""Normalized type name -> `module:Class`. Written by `python -m shapecalc.layers.write_names_table`."""\n\n'
        f"NAMES: dict[str, str] = {{\n{rows}}}\n"
    )


def main() -> None:
    target = HERE / "names_table.py"
    if "--check" in sys.argv[1:]:
        raise SystemExit(0 if target.read_text(encoding="utf-8") == text() else "stale: run it without --check")
    target.write_text(text(), encoding="utf-8")


if __name__ == "__main__":
    main()
