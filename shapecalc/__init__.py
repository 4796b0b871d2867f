"""shapecalc: shapes, parameters and costs of neural networks, without running them.

`plan` works out a spec, `layer` one layer, `lint` gives the findings of many files. See `shapecalc --help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["__version__", "layer", "lint", "plan"]

HOMES = {"__version__": "version", "layer": "api.plan", "lint": "linting.run", "plan": "api.plan"}

if TYPE_CHECKING:
    from shapecalc.api.plan import layer, plan
    from shapecalc.linting.run import lint
    from shapecalc.version import __version__


def __getattr__(name: str) -> Any:
    """The public names, imported at first use: `import shapecalc` alone costs nothing."""
    home = HOMES.get(name)
    if home is not None:
        from importlib import import_module

        return getattr(import_module(f"shapecalc.{home}"), name)
    raise AttributeError(f"module 'shapecalc' has no attribute {name!r}")
