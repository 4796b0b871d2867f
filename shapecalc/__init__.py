"""shapecalc: shapes, parameters and costs of neural networks, without running them.

`plan` works out a spec, `layer` one layer, `lint` gives the findings of many files. See `shapecalc --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "layer", "lint", "plan"]

if TYPE_CHECKING:
    from shapecalc.engine import layer, plan
    from shapecalc.linter import lint


def __getattr__(name: str) -> Any:
    """The public names, imported at first use: `import shapecalc` alone costs nothing."""
    if name in ("layer", "lint", "plan"):
        from importlib import import_module

        return getattr(import_module("shapecalc.linter" if name == "lint" else "shapecalc.engine"), name)
    raise AttributeError(f"module 'shapecalc' has no attribute {name!r}")
