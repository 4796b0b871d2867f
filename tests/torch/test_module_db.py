"""PyTorch's own sample calls of its modules (`module_db`), Transformer family included."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import nn

from shapecalc.layers.build import build
from shapecalc.layers.context import Context
from shapecalc.layers.inference import infer_layer
from shapecalc.layers.layer import Layer
from shapecalc.layers.registry import lookup
from tests.torch.differential import flat

pytest.importorskip("expecttest")
module_db = pytest.importorskip("torch.testing._internal.common_modules").module_db

#: Arguments of forward that hold tensors without a say in the output's shape.
MASKS = {"mask", "attn_mask", "key_padding_mask"}


def catalogued() -> list[tuple[Any, type[Layer]]]:
    found = []
    for info in module_db:
        cls = lookup(info.module_cls.__name__)
        if cls is not None and not cls.function and info.module_cls.__module__.startswith("torch.nn.modules"):
            found.append((info, cls))
    return found


def tensors(values: Any) -> Iterator[torch.Tensor]:
    """The tensors in nested tuples and lists, in order."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, (tuple, list)):
            yield from tensors(value)


def call(cls: type[Layer], module: nn.Module, sample: Any) -> tuple[list[tuple[int, ...]], dict[str, Any]]:
    """Input shapes and further arguments of one forward call: what is no mask and no option is an input."""
    given = inspect.signature(module.forward).bind(*sample.forward_input.args, **sample.forward_input.kwargs).arguments
    options = {k: v for k, v in given.items() if k in cls.by_name and not isinstance(v, torch.Tensor)}
    inputs = [v for k, v in given.items() if not any(k == m or k.endswith("_" + m) for m in MASKS)]
    return [tuple(x.shape) for x in tensors(inputs)], options


def compare(cls: type[Layer], kind: type, sample: Any) -> str | None:
    made = sample.constructor_input
    module = kind(*made.args, **made.kwargs).to(torch.float64)
    shapes, options = call(cls, module, sample)
    with torch.no_grad():
        out = module(*sample.forward_input.args, **sample.forward_input.kwargs)
    ctx = Context()
    result = infer_layer(build(cls, {**made.kwargs, **options}, ctx, made.args), tuple(shapes), ctx)
    params = sum(p.numel() for p in module.parameters())
    theirs, ours = (flat(out), params), ([y for y in result.out_shapes if y is not None], result.params)
    if ctx.problems or theirs != ours:
        return f"{made.args} {made.kwargs} {options} on {shapes}: torch {theirs}, shapecalc {ours} {ctx.problems}"
    return None


@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
@pytest.mark.parametrize(("info", "cls"), catalogued(), ids=lambda v: getattr(v, "type", ""))
def test_agrees_on_pytorch_samples(info: Any, cls: type[Layer], training: bool) -> None:
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        samples = info.module_inputs_func(info, "cpu", torch.float64, False, training)
        for sample in samples:
            found.append(compare(cls, info.module_cls, sample))
    assert found, "no samples"
    assert not any(found), "\n".join(f for f in found if f)


def test_most_of_the_database_is_used() -> None:
    """Losses and modules under another namespace are all that is left out."""
    used = {id(info) for info, _ in catalogued()}
    left = {i.module_cls.__name__ for i in module_db if id(i) not in used}
    assert all("Loss" in name or name in {"NLLLoss2d"} for name in left), sorted(left)
