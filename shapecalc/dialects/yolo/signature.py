"""The arguments of a composition: their names, how many are needed, and which values belong in their places."""

from __future__ import annotations

from typing import Any, Final

#: Arguments that the parser adds by itself: they are not counted against the row.
ADDED: Final = ("ch", "legacy", "reg_max", "end2end")
#: What modules call the arguments of a convolution.
SHORT: Final = {
    "kernel_size": "k",
    "stride": "s",
    "padding": "p",
    "dilation": "d",
    "groups": "g",
    "out_channels": "c2",
    "num_features": "c2",
}


def signature(compose: Any) -> tuple[list[str], int]:
    """The names of a composition's arguments after the build and its input, and how many have no default."""
    stated = compose.__dict__
    if "names" in stated:
        return stated["names"], stated["required"]
    code = compose.__code__
    names = [name.rstrip("_") for name in code.co_varnames[2 : code.co_argcount]]
    return names, len(names) - len(compose.__defaults__ or ())


def counted(n: int) -> str:
    return "no arguments" if n == 0 else "1 argument" if n == 1 else f"{n} arguments"


def misfit(kind: str, value: Any) -> str | None:
    """What belongs in the place of a value of the wrong kind."""
    if kind == "bool":
        return "true or false" if not isinstance(value, bool) and value not in (0, 1) else None
    if kind == "int" and (not isinstance(value, int) or value is None):
        return "a whole number"
    if kind.startswith("Kernel") and not is_kernel(value) and not (value is None and "None" in kind):
        return "a whole number or a list of them"
    if kind == "int | None" and not isinstance(value, int) and value is not None:
        return "a whole number"
    if kind == "float" and not isinstance(value, (int, float)):
        return "a number"
    return None


def is_kernel(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(isinstance(each, int) for each in value)
    return isinstance(value, int)
