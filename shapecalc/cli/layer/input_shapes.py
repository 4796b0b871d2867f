"""The input shape of one layer from the sizes that `--in` gives, with symbols for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapecalc.algebra.dims import Dim, symbol
from shapecalc.algebra.shape import Shape, format_shape
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import Param
from shapecalc.text.english import truth_of

SPATIAL_NAMES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
CHANNELS = ("in_channels", "num_features", "num_channels")
FEATURES = ("in_features", "in1_features", "input_size", "embed_dim", "d_model", "normalized_shape")
OPEN = {
    "in_channels": "C_in",
    "out_channels": "C_out",
    "in_features": "F_in",
    "out_features": "F_out",
    "num_features": "C",
    "num_channels": "C",
    "hidden_size": "H_out",
    "input_size": "H_in",
}


class BadInput(ValueError):
    """An input shape with a number of sizes that the type cannot have."""


def symbols_for_missing(cls: type[Layer], given: Mapping[str, object]) -> dict[str, object]:
    """Symbols for the required counts that are not given: out_channels is C_out."""
    missing = [p for p in cls.params_ if p.required and p.kind == "count" and not is_given(p, given)]
    return {p.name: symbol(OPEN.get(p.name, p.name)) for p in missing}


def is_given(param: Param[object], given: Mapping[str, object]) -> bool:
    return any(word in given for word in (param.name, *param.short))


def input_shape(cls: type[Layer], sizes: Shape | None, given: Mapping[str, object], batch: Dim | None) -> Shape:
    """The whole shape for the sizes of one `--in` (None: there is none).

    With spatial axes: one size is every axis, then (H, W), (C, H, W), (N, C, H, W). Without: one size is the last axis,
    several are one sample.
    """
    n: Dim = symbol("N") if batch is None else batch
    rank = cls.spatial_rank
    if rank:
        return spatial_shape(cls, sizes, given, n, rank)
    sample = sizes if sizes is not None else (last_size(cls, given),)
    if "batch_first" in cls.by_name:
        return sequence_shape(sample, given, n)
    return (n, *sample)


def spatial_shape(cls: type[Layer], sizes: Shape | None, given: Mapping[str, object], n: Dim, rank: int) -> Shape:
    names = SPATIAL_NAMES[rank]
    if sizes is None:
        sizes = tuple(symbol(name) for name in names)
    if len(sizes) == rank + 2:
        return sizes
    if len(sizes) == rank + 1:
        return (n, *sizes)
    if len(sizes) == 1 or len(sizes) == rank:
        return (n, channels(cls, given), *(sizes if len(sizes) == rank else sizes * rank))
    forms = ["SIZE", "x".join(names), "x".join(("C", *names)), "x".join(("N", "C", *names))]
    wanted = ", ".join(dict.fromkeys(forms[1:] if rank == 1 else forms))
    raise BadInput(f"{cls.type} takes {wanted} as its input, not the {len(sizes)} sizes of {format_shape(sizes)}")


def channels(cls: type[Layer], given: Mapping[str, object]) -> Dim:
    """The input's channels: those the layer declares, else a symbol."""
    for name in CHANNELS:
        if name in cls.by_name:
            value = given.get(name)
            return value if isinstance(value, int) and value >= 0 else symbol(OPEN[name])
    inferred = "C_in" if "out_channels" in cls.by_name else "C"
    return symbol(inferred)


def last_size(cls: type[Layer], given: Mapping[str, object]) -> Dim:
    """The input's last axis: the features that the layer declares, else a symbol."""
    for name in FEATURES:
        if name in cls.by_name:
            value = given.get(name)
            if isinstance(value, list) and value and all(isinstance(v, int) for v in value):
                value = value[-1]
            return value if isinstance(value, int) and value >= 0 else symbol(OPEN.get(name, "F"))
    return symbol("F")


def sequence_shape(sample: Shape, given: Mapping[str, object], n: Dim) -> Shape:
    """(L, N, E), or (N, L, E) with batch_first; the length is the symbol L where only the features are given."""
    if len(sample) == 1:
        sample = (symbol("L"), *sample)
    if len(sample) != 2:
        return (n, *sample)
    first = truth_of(str(given.get("batch_first", "false")))
    return (n, *sample) if first else (sample[0], n, sample[1])


def input_shapes(
    cls: type[Layer], shapes: Sequence[Shape], given: Mapping[str, object], batch: Dim | None
) -> list[Shape]:
    """One whole shape per input. A shape that is given once serves all inputs that the type needs."""
    fewest, most = cls.arity
    if most == 0:
        return []
    given_sizes: list[Shape | None] = list(shapes) or [None]
    if len(given_sizes) == 1:
        given_sizes *= max(fewest, 1)
    return [input_shape(cls, sizes, given, batch) for sizes in given_sizes]
