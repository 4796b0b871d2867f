"""Records what torchvision's networks are: parameters, MACs, and every layer's weights and output shape.

    python -m tests.record_torchvision            # writes tests/data/torchvision.json
    python -m tests.record_torchvision resnet18   # prints one network, to read

Needs torch and torchvision (`pip install torchvision`; a wheel built for another kind of torch than the one installed
does as well, for none of its compiled operators is called). Nothing is downloaded and no memory is taken: the networks
are built on the "meta" device, in evaluation mode, without weights. tests/test_torchvision.py compares the specs with
the file, tests/torch/test_torchvision_live.py the file with the torchvision that is installed.

A layer is one line of text: what was called, the shape of its weight, what is not the default, and the output shape
with a batch of one: `conv2d 64x3x7x7 s2 p3 -> 1x64x112x112`. Fused attention counts as its matmuls.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parent / "data" / "torchvision.json"
IMAGE: Final = (3, 224, 224)

#: models of torchvision at 224 x 224, built by their name alone
PLAIN: Final = (
    "alexnet",
    "vgg11",
    "vgg13",
    "vgg16",
    "vgg19",
    "vgg11_bn",
    "vgg13_bn",
    "vgg16_bn",
    "vgg19_bn",
    "squeezenet1_0",
    "squeezenet1_1",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
    "densenet121",
    "densenet161",
    "densenet169",
    "densenet201",
    "regnet_y_400mf",
    "regnet_y_800mf",
    "regnet_y_1_6gf",
    "regnet_y_3_2gf",
    "regnet_y_8gf",
    "regnet_y_16gf",
    "regnet_x_400mf",
    "regnet_x_800mf",
    "regnet_x_1_6gf",
    "regnet_x_3_2gf",
    "regnet_x_8gf",
    "regnet_x_16gf",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mobilenet_v3_large",
    "mnasnet0_5",
    "mnasnet0_75",
    "mnasnet1_0",
    "mnasnet1_3",
    "shufflenet_v2_x0_5",
    "shufflenet_v2_x1_0",
    "shufflenet_v2_x1_5",
    "shufflenet_v2_x2_0",
    "convnext_tiny",
    "convnext_small",
    "convnext_base",
    "convnext_large",
    "vit_b_16",
    "vit_b_32",
    "vit_l_16",
    "vit_l_32",
    "swin_t",
    "swin_s",
    "swin_b",
)
#: the others: what the constructor is told, and one sample of the input
OTHERS: Final[Mapping[str, tuple[dict[str, Any], tuple[int, ...]]]] = {
    "googlenet": ({"aux_logits": False, "init_weights": False, "transform_input": False}, IMAGE),
    "inception_v3": ({"aux_logits": False, "init_weights": False, "transform_input": False}, (3, 299, 299)),
    **{
        f"efficientnet_b{k}": ({}, (3, size, size))  # the size at which torchvision evaluates each
        for k, size in enumerate((224, 240, 288, 300, 380, 456, 528, 600))
    },
    "fcn_resnet50": ({"aux_loss": False, "weights_backbone": None}, IMAGE),
    "deeplabv3_resnet50": ({"aux_loss": False, "weights_backbone": None}, IMAGE),
    "fpn_resnet50": ({}, IMAGE),
    "r3d_18": ({}, (3, 16, 112, 112)),
}
MODELS: Final = (*PLAIN, *OTHERS)

#: functions that are recorded, under the name that the record gives them
FUNCTIONS: Final = {
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "linear": "linear",
    "batch_norm": "batch_norm",
    "layer_norm": "layer_norm",
    "group_norm": "group_norm",
    "relu": "relu",
    "relu_": "relu",
    "relu6": "relu6",
    "hardtanh": "relu6",
    "gelu": "gelu",
    "silu": "silu",
    "sigmoid": "sigmoid",
    "hardswish": "hardswish",
    "hardsigmoid": "hardsigmoid",
    "softmax": "softmax",
    "max_pool2d": "max_pool",
    "avg_pool2d": "avg_pool",
    "mean": "mean",
    "adaptive_avg_pool2d": "adaptive_avg_pool",
    "adaptive_avg_pool3d": "adaptive_avg_pool",
    "cat": "cat",
    "add": "add",
    "add_": "add",
    "mul": "mul",
    "matmul": "matmul",
    "interpolate": "interpolate",
}


def live_torchvision() -> Any:
    """The module torchvision; a wheel whose compiled part does not load here is told the operators it asks for."""
    import torch

    try:
        import torchvision
    except RuntimeError:
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
            del sys.modules[name]
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        live_torchvision.library = library  # type: ignore[attr-defined]  # the definitions live as long as it does
        import torchvision
    return torchvision


def build(name: str) -> tuple[Any, tuple[int, ...]]:
    """A model in evaluation mode on the meta device, and the shape of one sample."""
    import torch

    models = live_torchvision().models
    options, sample = OTHERS.get(name, ({}, IMAGE))
    # a RegNet computes its widths with tensors, which have no values on the meta device
    with torch.device("cpu" if name.startswith("regnet") else "meta"):
        if name == "fpn_resnet50":
            make = models.detection.backbone_utils.resnet_fpn_backbone
            model = make(backbone_name="resnet50", weights=None, norm_layer=torch.nn.BatchNorm2d)
        else:
            model = models.get_model(name, weights=None, **options)
    return model.to("meta").eval(), sample


def x(sizes: Iterable[int]) -> str:
    return "x".join(map(str, sizes))


def line(name: str, weight: Sequence[int], options: Mapping[str, Any], out: Sequence[int]) -> str:
    """One layer as a text. `options` are those that differ from the default; all-equal tuples are written once."""
    words = [name, *([x(weight)] if weight else [])]
    for key, value in options.items():
        sizes = tuple(value) if isinstance(value, (tuple, list)) else (value,)
        words.append(key + (str(sizes[0]) if len(set(sizes)) == 1 else x(sizes)))
    return " ".join(words) + " -> " + x(out)


def convolution(weight: Any, bias: Any = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1):  # type: ignore[no-untyped-def]
    """What a convolution is told beyond its weight, where it is not the default."""
    given = {"s": (stride, 1), "p": (padding, 0), "d": (dilation, 1), "g": (groups, 1)}
    options = {key: value for key, (value, default) in given.items() if set(as_tuple(value)) != {default}}
    return {**options, **({"bias": ""} if bias is not None else {})}


def as_tuple(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def described(function: str, args: Sequence[Any], kwargs: Mapping[str, Any], out: Sequence[int]) -> str | None:
    """The line of one call; None for what is no layer (a product with a number, a `cat` of one tensor)."""
    name = FUNCTIONS[function]
    if name == "conv":
        return line(function, args[1].shape, convolution(*args[1:], **kwargs), out)
    if name == "linear":
        bias = kwargs.get("bias", args[2] if len(args) > 2 else None)
        return line(name, args[1].shape, {"bias": ""} if bias is not None else {}, out)
    if name == "batch_norm":
        return line(name, args[1].shape, {}, out)
    if name == "layer_norm":
        return line(name, args[1], {}, out)
    if name == "cat" and len(args[0]) == 1:
        return None
    if name in ("add", "mul") and not all(hasattr(a, "shape") and a.dim() for a in args[:2]):
        return None
    return line(name, (), {}, out)


def recorded(model: Any, sample: tuple[int, ...]) -> tuple[list[str], int]:
    """The layers of a model in order of execution, and its MACs."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.overrides import TorchFunctionMode
    from torch.utils.flop_counter import FlopCounterMode

    rows: list[str] = []

    class Recorder(TorchFunctionMode):
        def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
            out = func(*args, **(kwargs or {}))
            name = getattr(func, "__name__", "")
            row = described(name, args, kwargs or {}, out.shape) if name in FUNCTIONS else None
            rows.extend([row] if row is not None else [])
            return out

    def attention(module: Any, args: Any, out: Any) -> None:
        rows.append(line("attention", module.in_proj_weight.shape, {"h": module.num_heads}, out[0].shape))

    for module in model.modules():
        if isinstance(module, torch.nn.MultiheadAttention):
            module.register_forward_hook(attention)
    torch.backends.mha.set_fastpath_enabled(False)
    flops = FlopCounterMode(display=False)
    with flops, torch.no_grad(), sdpa_kernel(SDPBackend.MATH), Recorder():
        model(torch.empty(1, *sample, device="meta"))
    return rows, flops.get_total_flops() // 2


def record(name: str) -> dict[str, Any]:
    """Input, parameters, MACs and layers of one network."""
    model, sample = build(name)
    rows, macs = recorded(model, sample)
    params = sum(p.numel() for p in model.parameters())
    return {"input": list(sample), "params": params, "macs": macs, "layers": rows}


def packed(records: Mapping[str, dict[str, Any]]) -> str:
    """The file: each text of a layer once, a network on one line as numbers into them."""
    numbers: dict[str, int] = {}
    for one in records.values():
        one["layers"] = [numbers.setdefault(text, len(numbers)) for text in one["layers"]]
    models = (f"{json.dumps(name)}: {json.dumps(one, separators=(',', ':'))}" for name, one in records.items())
    texts = map(json.dumps, numbers)
    return '{"models": {\n' + ",\n".join(models) + '\n}, "layers": [\n' + ",\n".join(texts) + "\n]}\n"


def unpacked() -> dict[str, dict[str, Any]]:
    """The recorded networks by name, layers as texts."""
    content = json.loads(FILE.read_text(encoding="utf-8"))
    texts = content["layers"]
    for one in content["models"].values():
        one["layers"] = [texts[number] for number in one["layers"]]
    return content["models"]  # type: ignore[no-any-return]


def main(names: Sequence[str]) -> None:
    if not names:
        FILE.write_text(packed({name: record(name) for name in MODELS}), encoding="utf-8")
    for name in names:
        one = record(name)
        print(name, one["input"], f"{one['params']:,} parameters, {one['macs']:,} MACs", *one["layers"], sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
