"""Specs of networks that torchvision does not have, against the same networks written with PyTorch's modules:
parameters, MACs, and the parameters and output shape of every layer with weights, in order. They are built without
memory, on the "meta" device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

import shapecalc
from shapecalc.network.plan import Plan

BATCH: Final = 2
#: modules that the spec, too, has as one layer
WHOLE: Final = (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.LSTM)

Weighted = list[tuple[int, tuple[int, ...]]]


# The networks. -------------------------------------------------------------------------------------------------------


def lenet5() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


def conv3d_small() -> nn.Module:
    return nn.Sequential(
        nn.Conv3d(1, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Conv3d(32, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Flatten(),
        nn.Linear(65536, 256),
        nn.ReLU(),
        nn.Linear(256, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )


def dcgan_generator() -> nn.Module:
    """As in PyTorch's tutorial."""
    layers: list[nn.Module] = []
    for before, after, stride, padding in [(100, 512, 1, 0), (512, 256, 2, 1), (256, 128, 2, 1), (128, 64, 2, 1)]:
        layers += [nn.ConvTranspose2d(before, after, 4, stride, padding, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def dcgan_discriminator() -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for width in (64, 128, 256):
        layers += [nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, bias=False), nn.Sigmoid())


class Unet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        widths = [64, 128, 256, 512, 1024]
        self.down = nn.ModuleList(self.double(i, o) for i, o in pairwise([1, *widths]))
        self.up = nn.ModuleList(nn.ConvTranspose2d(2 * w, w, 2, 2) for w in reversed(widths[:-1]))
        self.merge = nn.ModuleList(self.double(2 * w, w) for w in reversed(widths[:-1]))
        self.mask = nn.Conv2d(64, 2, 1)

    @staticmethod
    def double(i: int, o: int) -> nn.Module:
        return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.ReLU(), nn.Conv2d(o, o, 3, padding=1), nn.ReLU())

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for depth, double in enumerate(self.down):
            x = double(F.max_pool2d(x, 2) if depth else x)
            skips.append(x)
        for up, double, skip in zip(self.up, self.merge, reversed(skips[:-1]), strict=True):
            x = double(torch.cat([skip, up(x)], 1))
        return self.mask(x)


class Vae(nn.Module):
    """The sizes of pytorch/examples; softplus as in the spec."""

    def __init__(self) -> None:
        super().__init__()
        self.encode, self.mean, self.spread = nn.Linear(784, 400), nn.Linear(400, 20), nn.Linear(400, 20)
        self.widen, self.picture = nn.Linear(20, 400), nn.Linear(400, 784)

    def forward(self, image: Tensor, noise: Tensor) -> Tensor:
        encoded = F.relu(self.encode(image.flatten(1)))
        code = self.mean(encoded) + F.softplus(self.spread(encoded)) * noise
        return torch.sigmoid(self.picture(F.relu(self.widen(code)))).view(-1, 1, 28, 28)


class Tcn(nn.Module):
    """locuslab/TCN for sequential MNIST, without weight normalization."""

    def __init__(self) -> None:
        super().__init__()
        self.levels = nn.ModuleList()
        for level in range(8):
            before, d = (25 if level else 1), 2**level
            body = nn.Sequential(
                nn.ConstantPad1d((6 * d, 0), 0),
                nn.Conv1d(before, 25, 7, dilation=d),
                nn.ReLU(),
                nn.Dropout(0.05),
                nn.ConstantPad1d((6 * d, 0), 0),
                nn.Conv1d(25, 25, 7, dilation=d),
                nn.ReLU(),
                nn.Dropout(0.05),
            )
            self.levels.append(nn.ModuleList([body, nn.Identity() if level else nn.Conv1d(1, 25, 1)]))
        self.head = nn.Linear(25, 10)

    def forward(self, x: Tensor) -> Tensor:
        for body, shortcut in self.levels:
            x = F.relu(body(x) + shortcut(x))
        return self.head(x[:, :, -1])


class Crnn(nn.Module):
    """meijieru/crnn.pytorch with 37 classes, batch first."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate([(1, 64), (64, 128), (128, 256), (256, 256), (256, 512), (512, 512)]):
            layers += [nn.Conv2d(before, after, 3, 1, 1), *([nn.BatchNorm2d(after)] if k in (2, 4) else []), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if k < 2 else [nn.MaxPool2d(2, (2, 1), (0, 1))] if k in (3, 5) else []
        self.convs = nn.Sequential(*layers, nn.Conv2d(512, 512, 2), nn.BatchNorm2d(512), nn.ReLU())
        self.lstm1 = nn.LSTM(512, 256, bidirectional=True, batch_first=True)
        self.linear1 = nn.Linear(512, 256)
        self.lstm2 = nn.LSTM(256, 256, bidirectional=True, batch_first=True)
        self.linear2 = nn.Linear(512, 37)

    def forward(self, x: Tensor) -> Tensor:
        x = self.convs(x).squeeze(2).permute(0, 2, 1)
        return self.linear2(self.lstm2(self.linear1(self.lstm1(x)[0]))[0])


class EncoderLayer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.attention, self.norm1 = nn.MultiheadAttention(width, heads, batch_first=True), nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
        self.norm2 = nn.LayerNorm(width)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm1(x + self.attention(x, x, x, need_weights=False)[0])
        return self.norm2(x + self.mlp(x))


def transformer_encoder() -> nn.Module:
    return nn.Sequential(*(EncoderLayer(512, 8) for _ in range(6)))


class Bert(nn.Module):
    """The layers and names of the published checkpoints, with PyTorch's encoder layer."""

    def __init__(self) -> None:
        super().__init__()
        self.word, self.segment = nn.Embedding(30522, 768), nn.Embedding(2, 768)
        self.place = nn.Parameter(torch.zeros(512, 768))
        self.norm = nn.LayerNorm(768)
        make = nn.TransformerEncoderLayer
        self.layers = nn.ModuleList(make(768, 12, 3072, activation="gelu", batch_first=True) for _ in range(12))
        self.pooler = nn.Linear(768, 768)

    def forward(self, words: Tensor, segments: Tensor) -> Tensor:
        x = self.norm(self.word(words) + self.segment(segments) + self.place[: words.shape[1]])
        for layer in self.layers:
            x = layer(x)
        return torch.tanh(self.pooler(x[:, 0]))


class Pointnet(nn.Module):
    """charlesq34/pointnet's classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.input_points, self.input_dense = self.points(3, 64, 128, 1024), self.dense(1024, 512, 256)
        self.input_matrix = nn.Linear(256, 9)
        self.first = self.points(3, 64, 64)
        self.feature_points, self.feature_dense = self.points(64, 64, 128, 1024), self.dense(1024, 512, 256)
        self.feature_matrix = nn.Linear(256, 64 * 64)
        self.second = self.points(64, 64, 128, 1024)
        self.head = nn.Sequential(self.dense(1024, 512, 256), nn.Dropout(0.3), nn.Linear(256, 40))

    @staticmethod
    def points(*widths: int) -> nn.Module:
        pairs = pairwise(widths)
        return nn.Sequential(*(m for i, o in pairs for m in (nn.Conv1d(i, o, 1), nn.BatchNorm1d(o), nn.ReLU())))

    @staticmethod
    def dense(*widths: int) -> nn.Module:
        pairs = pairwise(widths)
        return nn.Sequential(*(m for i, o in pairs for m in (nn.Linear(i, o), nn.BatchNorm1d(o), nn.ReLU())))

    def forward(self, x: Tensor) -> Tensor:
        x = self.input_matrix(self.input_dense(self.input_points(x).amax(2))).view(-1, 3, 3) @ x
        x = self.first(x)
        x = self.feature_matrix(self.feature_dense(self.feature_points(x).amax(2))).view(-1, 64, 64) @ x
        return self.head(self.second(x).amax(2))


def mlp_100() -> nn.Module:
    widths = [784, *[256] * 99]
    hidden = [m for i, o in pairwise(widths) for m in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(256, 10))


class Convolutions(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            [
                nn.Conv2d(64, 64, 3, padding=1),
                nn.Conv2d(64, 64, 1),
                nn.Sequential(nn.Conv2d(64, 64, (3, 1), padding=(1, 0)), nn.Conv2d(64, 64, (1, 3), padding=(0, 1))),
                nn.Conv2d(64, 64, 3, padding=2, dilation=2),
                nn.Conv2d(64, 64, 3, padding=1, groups=64),
                nn.Conv2d(64, 64, 3, padding=1, groups=4),
                nn.Sequential(nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Conv2d(64, 64, 1)),
                nn.ConvTranspose2d(64, 64, 2, 2),
            ]
        )
        self.kernels = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 64 * 9 * 64)
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        kernels = self.kernels
        done = [branch(x) for branch in self.branches]
        dynamic = kernels(x).view(-1, 64, 9 * 64) @ F.unfold(x, 3, padding=1)
        return [*done, dynamic.unflatten(2, x.shape[2:])]


class Unpooling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Sequential(nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
            for i, o in [(3, 16), (16, 32), (32, 32), (32, 16)]
        )
        self.mask = nn.Conv2d(16, 4, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, first = F.max_pool2d(self.convs[0](x), 2, return_indices=True)
        x, second = F.max_pool2d(self.convs[1](x), 2, return_indices=True)
        x = self.convs[3](F.max_unpool2d(self.convs[2](x), second, 2))
        return self.mask(F.max_unpool2d(x, first, 2))


class Pooling(nn.Module):
    def forward(self, x: Tensor) -> list[Tensor]:
        return [
            F.max_pool2d(x, 2),
            F.max_pool2d(x, 2, ceil_mode=True),
            F.max_pool2d(x, 3, 2),
            F.max_pool2d(x, 3, 2, 1),
            F.max_pool2d(x, 2, padding=1, ceil_mode=True),
            F.avg_pool2d(x, 2, ceil_mode=True),
            F.adaptive_avg_pool2d(x, 3),
        ]


MAKERS: Final[dict[str, Callable[[], nn.Module]]] = {
    "lenet5": lenet5,
    "conv3d_small": conv3d_small,
    "unet": Unet,
    "unpooling": Unpooling,
    "pooling": Pooling,
    "dcgan_generator": dcgan_generator,
    "dcgan_discriminator": dcgan_discriminator,
    "vae": Vae,
    "tcn": Tcn,
    "crnn": Crnn,
    "transformer_encoder": transformer_encoder,
    "bert_base": Bert,
    "pointnet": Pointnet,
    "mlp_100": mlp_100,
    "convolutions": Convolutions,
    "linear_regression": lambda: nn.Linear(8, 1),
    "logistic_regression": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 10), nn.Softmax(1)),
}


# The comparison. -----------------------------------------------------------------------------------------------------


def parts(module: nn.Module) -> Iterator[nn.Module]:
    """The modules that are one layer of the spec."""
    children = [] if isinstance(module, WHOLE) else list(module.children())
    if not children:
        yield module
    for child in children:
        yield from parts(child)


def run(module: nn.Module, inputs: list[Tensor]) -> tuple[Weighted, int, list[tuple[int, ...]]]:
    """Layers with weights in order of execution, MACs, output shapes."""
    layers: Weighted = []

    def saw(part: nn.Module, args: Any, out: Any) -> None:
        params = sum(p.numel() for p in part.parameters())
        if params:
            layers.append((params, tuple((out[0] if isinstance(out, tuple) else out).shape)))

    for part in parts(module):
        part.register_forward_hook(saw)
    flops = FlopCounterMode(display=False)
    with flops, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        out = module(*inputs)
    shapes = [tuple(t.shape) for t in (out if isinstance(out, list) else [out])]
    return layers, flops.get_total_flops() // 2, shapes


def tensors(plan: Plan) -> list[Tensor]:
    """Inputs of the plan's shapes; whole numbers where the network looks them up."""
    lookup = any(row.type == "Embedding" for row in plan.layers)
    return [torch.zeros(shape, dtype=torch.long if lookup else torch.float) for shape in plan.inputs.values()]


@pytest.fixture
def slow_attention() -> Iterator[None]:
    """Attention as its matrix products, which are counted, instead of in one piece."""
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    yield
    torch.backends.mha.set_fastpath_enabled(fast)


@pytest.mark.usefixtures("slow_attention")
@pytest.mark.parametrize("name", MAKERS)
def test_network(name: str) -> None:
    plan = shapecalc.plan(name, batch=BATCH)
    with torch.device("meta"):
        module = MAKERS[name]().eval()
        layers, macs, outputs = run(module, tensors(plan))
    rows = [r for r in plan.layers if r.kind == "layer" and r.params and r.type != "parameter"]
    assert [(r.params, r.out_shapes[0]) for r in rows] == layers
    assert plan.totals["params"] == sum(p.numel() for p in module.parameters())
    assert plan.totals["buffers"] == sum(b.numel() for b in module.buffers())
    assert plan.totals["macs"] == macs
    assert list(plan.outputs.values())[: len(outputs)] == outputs


def test_encoder_layer_is_pytorchs() -> None:
    """The layer that transformer_encoder.yaml spells out has the figures of the catalogue's and of torch.nn's."""
    row = next(r for r in shapecalc.plan("transformer_encoder", batch=BATCH).layers if r.type == "layer")
    made = shapecalc.layer("TransformerEncoderLayer", (BATCH, 128, 512), d_model=512, nhead=8, batch_first=True)
    assert (row.params, row.macs) == (made.params, made.macs)
    assert row.params == sum(p.numel() for p in nn.TransformerEncoderLayer(512, 8).parameters())
