"""The ultralytics package as a black box: a model file in, and out come parameters, output shapes and MACs by row.

Its model files are read where they are installed. Nothing is downloaded: pre-trained weights are replaced by none.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import ultralytics
import yaml
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from ultralytics.nn import tasks

torch.set_num_threads(1)

FOLDER = Path(ultralytics.__file__).parent / "cfg" / "models"
INITIALISERS = ("kaiming_uniform_", "uniform_", "xavier_uniform_", "normal_", "trunc_normal_", "xavier_normal_")
MODELS = {
    "Classify": "ClassificationModel",
    "RTDETRDecoder": "RTDETRDetectionModel",
    "WorldDetect": "WorldModel",
    "SemanticSegment": "SemanticSegmentationModel",
    "Depth": "DepthModel",
    "YOLOEDetect": "YOLOEModel",
    "YOLOESegment": "YOLOESegModel",
    "Segment": "SegmentationModel",
    "Pose": "PoseModel",
    "OBB": "OBBModel",
}


def files() -> list[Path]:
    return sorted(FOLDER.rglob("*.yaml"))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def cases() -> Iterator[tuple[Path, str]]:
    """Every file that the package ships at every scale that it has."""
    for path in files():
        for scale in yaml.safe_load(text_of(path)).get("scales") or [""]:
            yield path, scale


class Row:
    """One row of a built model."""

    def __init__(self, module: Any, macs: int) -> None:
        self.params = sum(p.numel() for p in module.parameters())
        self.output: list[int] = []
        self.macs = macs


class Built:
    """A model as the package builds it, run once without data for its shapes and MACs."""

    def __init__(self, config: dict[str, Any]) -> None:
        model = without_initialisation(model_class(config["head"][-1][2]), config).eval()
        self.params = sum(p.numel() for p in model.parameters())
        self.trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
        self.weights = {name: tuple(p.shape) for name, p in model.named_parameters()}
        self.stride = [float(s) for s in model.stride]
        side = 224 if config["head"][-1][2] == "Classify" else 640
        outputs, counts = run_without_data(model, side)
        self.macs = sum(counts["Global"].values()) // 2
        self.rows = [Row(module, macs_of(counts, i)) for i, module in enumerate(model.model)]
        for row, output in zip(self.rows, outputs, strict=True):
            row.output = output


def model_class(head: str) -> Any:
    name = next((model for word, model in MODELS.items() if head.removesuffix("26") == word), "DetectionModel")
    return getattr(tasks, name)


def without_initialisation(cls: Any, config: dict[str, Any]) -> Any:
    """The model, its weights left as they come: values do not matter, and filling millions takes seconds."""
    kept = {name: getattr(nn.init, name) for name in INITIALISERS}
    for name in INITIALISERS:
        setattr(nn.init, name, lambda tensor, *args, **kwargs: tensor)
    try:
        return cls(config, verbose=False)
    finally:
        for name, function in kept.items():
            setattr(nn.init, name, function)


def run_without_data(model: Any, side: int) -> tuple[list[list[int]], dict[str, Any]]:
    """One evaluation on the meta device: the first output of each row, and the counter's figures."""
    outputs: dict[int, list[int]] = {}
    for index, module in enumerate(model.model):
        module.register_forward_hook(lambda _, __, out, index=index: outputs.__setitem__(index, first_shape(out)))
    strides = {id(m): m.stride for m in model.modules() if isinstance(getattr(m, "stride", None), torch.Tensor)}
    model.to("meta")
    for module in model.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, torch.Tensor):
                setattr(module, name, value.to("meta"))
        if id(module) in strides:  # its values are read while the model runs
            module.stride = strides[id(module)]
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        model(torch.zeros(1, 3, side, side, device="meta"))
    return [outputs[i] for i in range(len(model.model))], counter.get_flop_counts()


def first_shape(output: Any) -> list[int]:
    while isinstance(output, (list, tuple)):
        output = output[0]
    return list(output.shape)


def macs_of(counts: dict[str, Any], index: int) -> int:
    names = [name for name in counts if name.endswith(f".model.{index}")]
    return sum(counts[names[0]].values()) // 2 if names else 0


def build(path: Path, scale: str, text: str | None = None) -> Built:
    """The model of a file at one scale."""
    config = yaml.safe_load(text if text is not None else text_of(path))
    config["scale"] = scale
    for row in config["backbone"] + config["head"]:
        if row[2] == "TorchVision":
            row[3][2] = None
    return Built(config)
