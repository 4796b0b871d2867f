"""Plain values -> a layer, with every wrong argument reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shapecalc.layers.context import Context
from shapecalc.layers.layer import Layer
from shapecalc.layers.params import BAD, Param
from shapecalc.text.spelling import alike, nearest


def build(
    cls: type[Layer],
    values: Mapping[str, object],
    ctx: Context,
    positional: Sequence[object] = (),
    failed: Iterable[str] = (),
) -> Layer:
    """A layer from plain values, by position and by name; what is wrong goes to `ctx`.

    Always returns a layer: one whose arguments failed lists them in `broken`, and only guesses its output.
    `failed` names arguments whose values were refused (and reported) before they came here.
    """
    parsed: dict[str, Any] = {}
    broken: set[str] = set(failed)
    for p, value, at in assigned(cls, values, ctx, positional, broken):
        if p.name in broken:
            continue
        result = p.parse(value, _Fail(ctx, at))
        if result is BAD:
            broken.add(p.name)
        else:
            parsed[p.name] = result
    missing = [p for p in cls.params_ if p.required and p.name not in parsed and p.name not in broken]
    for p in missing:
        broken.add(p.name)
    if missing:
        report_missing(cls, missing, ctx)
    layer = cls(parsed)
    if broken:
        layer.broken = frozenset(broken)
    return layer


class _Fail:
    """Turns a parameter's complaint into a problem at its place."""

    __slots__ = ("at", "ctx")

    def __init__(self, ctx: Context, at: str) -> None:
        self.ctx, self.at = ctx, at

    def __call__(self, message: str, *, help: str | None = None) -> None:
        self.ctx.error("invalid-argument", message, at=self.at, help=help)


def assigned(
    cls: type[Layer], values: Mapping[str, object], ctx: Context, positional: Sequence[object], broken: set[str]
) -> Iterable[tuple[Param[Any], object, str]]:
    """(parameter, value, where it stands) for each argument given; unknown and doubled ones are reported."""
    if cls.takes_anything:
        return
    taken: set[str] = set()
    for index, value in enumerate(positional):
        if index >= len(cls.params_):
            ctx.error(
                "unknown-argument",
                f"{cls.type} takes at most {len(cls.params_)} arguments, {len(positional)} are given",
                at=f"arg.{index}",
            )
            break
        taken.add(cls.params_[index].name)
        ctx.written[cls.params_[index].name] = f"arg.{index}"
        yield cls.params_[index], value, cls.params_[index].name
    for key, value in values.items():
        found = cls.by_name.get(key)
        if found is None:
            report_unknown(cls, key, taken, values, ctx, broken)
        elif found.name in taken:
            ctx.error(
                "duplicate-argument",
                f"{found.name} of {cls.type} is given twice",
                at=key,
                help=f"keep one of `{ctx.written.get(found.name, found.name)}` and `{key}`",
            )
        else:
            taken.add(found.name)
            ctx.written[found.name] = key
            yield found, value, found.name


#: What other frameworks call PyTorch's arguments.
FOREIGN_ARGUMENTS: Final = {
    "filters": "out_channels",
    "units": "out_features",
    "strides": "stride",
    "pool_size": "kernel_size",
    "kernel_shape": "kernel_size",
    "pads": "padding",
    "pad": "padding",
    "dilations": "dilation",
    "dilation_rate": "dilation",
    "group": "groups",
    "epsilon": "eps",
    "use_bias": "bias",
    "rate": "p",
    "size": "kernel_size",
    "channels": "out_channels",
    "features": "out_features",
    "kernel": "kernel_size",
    "input_dim": "num_embeddings",
    "output_dim": "embedding_dim",
    "num_heads": "nhead",
    "heads": "num_heads",
    "axis": "dim",
    "keepdims": "keepdim",
}


_OWN_ROW: Final = "put it in a row of its own after this one, such as `- {}`"


_NO_EFFECT: Final = "leave it out: it changes no shape and no count"


#: Arguments of other frameworks that are no argument here, and what to do instead.
FOREIGN_ADVICE: Final = {
    "activation": _OWN_ROW.format("relu"),
    "act": _OWN_ROW.format("relu"),
    "nonlinearity": _OWN_ROW.format("relu"),
    "normalization": _OWN_ROW.format("batchnorm2d"),
    "batch_norm": _OWN_ROW.format("batchnorm2d"),
    "dropout": _OWN_ROW.format("dropout: 0.5"),
    "input_shape": "the shape of the input stands at the top of the file: `input: [C, H, W]`",
    "data_format": "channels come first, as in PyTorch: leave it out",
    "kernel_initializer": _NO_EFFECT,
    "bias_initializer": _NO_EFFECT,
    "kernel_regularizer": _NO_EFFECT,
    "init": _NO_EFFECT,
    "lr": _NO_EFFECT,
}


def report_unknown(
    cls: type[Layer], key: str, taken: set[str], values: Mapping[str, object], ctx: Context, broken: set[str]
) -> None:
    """An argument that the type does not have, with the one that was meant; its parameter counts as given."""
    free = [p for p in cls.params_ if p.name not in taken and not any(w in values for w in (p.name, *p.short))]
    word, sure = meant_by(cls, key, free, broken)
    meant = cls.by_name[word].name if word else None
    open_ = any(p.name == meant for p in free)  # else it would be given twice
    if open_:
        broken.add(str(meant))
    allowed = ", ".join(p.name for p in cls.params_ if p.kind != "ignored")
    ctx.error(
        "unknown-argument",
        f"{cls.type} has no argument `{key}`",
        at=key,
        note=f"it takes {allowed}" if allowed else "it takes no arguments",
        help=f"write `{meant}`" if meant else FOREIGN_ADVICE.get(key.lower()),
        replace=meant if open_ and sure else None,
    )


def meant_by(cls: type[Layer], key: str, free: Sequence[Param[Any]], broken: set[str]) -> tuple[str | None, bool]:
    """The argument that an unknown key stands for, if there is one, and whether that is beyond doubt."""
    foreign = FOREIGN_ARGUMENTS.get(key.lower())
    if foreign in cls.by_name:
        return foreign, True
    if key.lower() in FOREIGN_ADVICE:
        return None, False
    word = nearest(key, [w for p in free or cls.params_ for w in (p.name, *p.short) if len(w) > 2 or w == p.name])
    if word is not None:
        return word, alike(key, word)
    # Nobody gives what the type needs: this key may, and two findings would be one mistake told twice.
    return next((p.name for p in free if p.required and p.name not in broken), None), False


def report_missing(cls: type[Layer], missing: Sequence[Param[Any]], ctx: Context) -> None:
    names = " and ".join(p.name for p in missing)
    first = missing[0]
    word = first.short[0] if first.short else first.name
    ctx.error(
        "missing-argument",
        f"{cls.type} needs {names}",
        note="; ".join(f"{p.name}: {p.help}" for p in missing if p.help) or None,
        help=f"add `{word}: ...` ({first.describe()})",
    )
