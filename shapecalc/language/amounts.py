"""Amounts of a budget: `5M`, `300M`, `1.5 GMACs`, `1MiB`."""

from __future__ import annotations

import re
from typing import Final

#: What each total is counted in; the words that may stand behind its number.
KINDS: Final = {
    "params": ("params", "param", "parameters"),
    "trainable_params": ("params", "param", "parameters"),
    "macs": ("macs", "mac"),
    "flops": ("flops", "flop"),
    "layers": ("layers", "layer"),
    "param_bytes": ("b", "byte", "bytes"),
    "activation_bytes": ("b", "byte", "bytes"),
    "peak_activation_bytes": ("b", "byte", "bytes"),
}
UNITS: Final = {
    "": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12,
    "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40,
}  # fmt: skip
AMOUNT: Final = re.compile(r"\s*(\d[\d_,]*(?:\.\d+)?(?:e[+]?\d{1,2})?)\s*([a-z]*(?:\s+[a-z]+)?)\s*", re.IGNORECASE)
EXAMPLES: Final = {"b": "`1MiB` or `64 kB`", "macs": "`300M` or `1.5 GMACs`", "flops": "`600M` or `3 GFLOPs`"}


class BadAmount(ValueError):
    """Why a text is no amount of this total."""


def quantity(value: object, key: str) -> float:
    """`5M`, `300k`, `1.5 GMACs`, `1MiB`, `5e6` as a number. Raises BadAmount."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < float("inf"):
        return value
    match = AMOUNT.fullmatch(str(value)) if isinstance(value, str) else None
    if match is None:
        raise BadAmount(f"`{key}` must be an amount such as {example(key)}")
    return float(re.sub("[_,]", "", match[1])) * factor("".join(match[2].lower().split()), key)


def factor(unit: str, key: str) -> int:
    """What a unit multiplies by: a prefix, the word for what is counted, or both."""
    own = KINDS[key]
    for prefix, size in UNITS.items():
        if unit.startswith(prefix) and unit[len(prefix) :] in ("", *own):
            return size
    if unit == "b":
        return 10**9  # as people count parameters: 7B
    others = {word for words in KINDS.values() for word in words} - set(own)
    if any(unit.endswith(word) and unit[: -len(word)] in UNITS for word in others):
        raise BadAmount(f"`{key}` is counted in {own[-1]}, not in {unit}: write {example(key)}")
    raise BadAmount(f"`{key}` has no unit `{unit}`: write an amount such as {example(key)}")


def example(key: str) -> str:
    return EXAMPLES.get(KINDS[key][0], "`5M` or `300k`")
