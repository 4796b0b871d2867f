"""How numbers, sizes, types and arguments are written for people."""

from __future__ import annotations

from collections.abc import Mapping

Cost = object  # an int, or a symbol with a closed form as its text

UNITS = (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))
BYTE_UNITS = (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
SHORT_NAMES = {
    "kernel_size": "k",
    "output_size": "",
    "stride": "s",
    "padding": "p",
    "output_padding": "op",
    "dilation": "d",
    "groups": "g",
    "out_channels": "",
    "out_features": "",
    "num_embeddings": "",
    "embedding_dim": "",
    "hidden_size": "",
    "num_groups": "",
    "embed_dim": "",
    "d_model": "",
    "num_heads": "heads=",
    "nhead": "heads=",
    "dim": "dim=",
}
FIXED_BY_INPUT = frozenset(
    ("in_channels", "in_features", "num_features", "num_channels", "normalized_shape", "input_size")
)


def exact(value: Cost) -> str:
    """All digits, grouped by thousands: `61,706`; a symbolic value as its formula; `?` where it is not known."""
    if isinstance(value, int):
        return f"{value:,}"
    return "?" if value is None else str(value)


def short(value: Cost) -> str:
    """Three or more digits with a unit: `118.01M`."""
    if not isinstance(value, int) or abs(value) < 10_000:
        return exact(value)
    for unit, size in UNITS:
        if abs(value) >= size:
            return f"{value / size:.2f}{unit}"
    return exact(value)


def byte_text(value: Cost) -> str:
    """`241.0 KiB`; a symbolic number of bytes as its formula."""
    if not isinstance(value, int):
        return "?" if exact(value) == "?" else f"{value} B"
    for unit, size in BYTE_UNITS:
        if abs(value) >= size:
            return f"{value / size:.1f} {unit}"
    return f"{value} B"


def axes(sizes: object) -> str:
    """`7` where all axes agree, `7x5` where they do not, empty for nothing."""
    if sizes is None:
        return ""
    if not isinstance(sizes, (list, tuple)):
        return str(sizes)
    texts = [f"{s:.4g}" if isinstance(s, float) else str(s) for s in sizes]
    return texts[0] if texts and len(set(texts)) == 1 else "x".join(texts)


def type_text(type_: str, args: Mapping[str, object]) -> str:
    """A type and the arguments that matter: `Conv2d 64 k7 s2 p3`."""
    words = [type_]
    for name, value in args.items():
        if name not in FIXED_BY_INPUT:
            words.append(argument_text(name, value))
    return " ".join(words)


def argument_text(name: str, value: object) -> str:
    """One argument, abbreviated as far as it is understood."""
    if name in SHORT_NAMES:
        return SHORT_NAMES[name] + axes(value)
    if name == "bias" and value is False:
        return "no-bias"
    if name == "p":
        return str(value)
    return name if value is True else f"{name}={literal(value)}"


def literal(value: object) -> str:
    """A value as YAML has it, without blanks."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(literal(v) for v in value) + "]"
    if isinstance(value, dict):
        inner = ",".join(f"{k}={literal(v)}" for k, v in value.items() if k != "type")
        return f"{value['type']}({inner})" if "type" in value else f"{{{inner}}}"
    return str(value)
