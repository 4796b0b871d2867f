"""Every class of torch.nn is in the catalogue, or here with the reason why not; arguments are PyTorch's own."""

from __future__ import annotations

import inspect

import pytest
from torch import nn

from shapecalc.layers.layer import Layer, default_of
from shapecalc.layers.params import REQUIRED, Param
from shapecalc.layers.registry import lookup
from tests.torch.differential import all_types

LOSS = "a loss: maps outputs and targets to a number"
CONTAINER = "a container: holds other modules, computes nothing"
BASE = "a base class, not called itself"
EXCEPTIONS = {
    "AdaptiveLogSoftmaxWithLoss": LOSS,
    "BCELoss": LOSS,
    "BCEWithLogitsLoss": LOSS,
    "CTCLoss": LOSS,
    "CosineEmbeddingLoss": LOSS,
    "CrossEntropyLoss": LOSS,
    "GaussianNLLLoss": LOSS,
    "HingeEmbeddingLoss": LOSS,
    "HuberLoss": LOSS,
    "KLDivLoss": LOSS,
    "L1Loss": LOSS,
    "LinearCrossEntropyLoss": LOSS,
    "MSELoss": LOSS,
    "MarginRankingLoss": LOSS,
    "MultiLabelMarginLoss": LOSS,
    "MultiLabelSoftMarginLoss": LOSS,
    "MultiMarginLoss": LOSS,
    "NLLLoss": LOSS,
    "NLLLoss2d": LOSS,
    "PoissonNLLLoss": LOSS,
    "SmoothL1Loss": LOSS,
    "SoftMarginLoss": LOSS,
    "TripletMarginLoss": LOSS,
    "TripletMarginWithDistanceLoss": LOSS,
    "Container": CONTAINER,
    "ModuleDict": CONTAINER,
    "ModuleList": CONTAINER,
    "ParameterDict": CONTAINER,
    "ParameterList": CONTAINER,
    "Sequential": "a composite of the spec language",
    "DataParallel": "copies a module to several devices; no shape of its own",
    "Module": BASE,
    "RNNBase": BASE,
    "RNNCellBase": BASE,
}
FUNCTIONS = (
    "add",
    "sub",
    "mul",
    "div",
    "matmul",
    "bmm",
    "cat",
    "stack",
    "flatten",
    "reshape",
    "view",
    "permute",
    "transpose",
    "squeeze",
    "unsqueeze",
    "expand",
    "chunk",
    "split",
    "unbind",
    "mean",
    "sum",
    "max",
    "amax",
    "softmax",
    "pad",
    "interpolate",
    "scaled_dot_product_attention",
    "slice",
    "select",
    "roll",
    "einsum",
    "relu",
    "max_pool2d",
    "adaptive_avg_pool2d",
    "parameter",
    "constant",
)

#: May be left out here: a stack also takes the arguments of the layer that it repeats.
OPTIONAL = {"encoder_layer", "decoder_layer"}


def torch_classes() -> dict[str, type]:
    return {n: c for n, c in vars(nn).items() if inspect.isclass(c) and issubclass(c, nn.Module)}


@pytest.mark.parametrize("name", sorted(torch_classes()))
def test_every_class_is_in_the_catalogue_or_an_exception(name: str) -> None:
    found = lookup(name)
    known = found is not None and not found.function and found.type == name
    assert known != (name in EXCEPTIONS), f"{name}: in the catalogue: {known}; an exception: {name in EXCEPTIONS}"


def test_exceptions_exist() -> None:
    """Classes that this PyTorch does not have yet may be listed; misspelled ones may not."""
    assert not {n for n in EXCEPTIONS if n not in torch_classes()} - {"LinearCrossEntropyLoss"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_listed_function_is_in_the_catalogue(name: str) -> None:
    assert lookup(name) is not None


def classes() -> list[type[Layer]]:
    return [cls for cls in all_types() if not cls.function and hasattr(nn, cls.type)]


def signature(cls: type[Layer]) -> list[inspect.Parameter]:
    """The constructor's parameters in order; those of RNN, LSTM and GRU stand at their base class."""
    kind = getattr(nn, cls.type)
    if cls.type in ("RNN", "LSTM", "GRU"):
        found = list(inspect.signature(nn.RNNBase.__init__).parameters.values())[2:]
        if cls.type == "RNN":
            at = [p.name for p in found].index("num_layers") + 1
            found.insert(at, inspect.Parameter("nonlinearity", found[0].kind, default="tanh"))
        return found if cls.type == "LSTM" else [p for p in found if p.name != "proj_size"]
    return [p for p in inspect.signature(kind).parameters.values() if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.type)
def test_arguments_stand_in_pytorch_order(cls: type[Layer]) -> None:
    theirs = [p.name for p in signature(cls)]
    ours = [p.name for p in cls.params_]
    assert ours[: len(theirs)] == theirs


def plain(value: object) -> object:
    """A default as it compares: functions by name, one-element repeats as their element."""
    if callable(value):
        return getattr(value, "__name__", value)
    if isinstance(value, (tuple, list)) and value and len(set(value)) == 1:
        return value[0]
    return value


def same_default(ours: Param[object], theirs: inspect.Parameter) -> bool:
    if theirs.default is inspect.Parameter.empty:
        return ours.required or ours.fills or ours.name in OPTIONAL
    if ours.kind == "ignored":
        return True
    if ours.default is REQUIRED:
        return False
    return plain(theirs.default) in (plain(ours.default), plain(default_of(ours)))


@pytest.mark.parametrize("cls", classes(), ids=lambda cls: cls.type)
def test_defaults_are_pytorchs(cls: type[Layer]) -> None:
    own = {p.name: p for p in cls.params_}
    wrong = [p.name for p in signature(cls) if p.name in own and not same_default(own[p.name], p)]
    assert not wrong
