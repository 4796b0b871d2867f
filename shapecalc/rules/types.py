"""Layer types by what they do, as rules ask for them."""

from __future__ import annotations

from typing import Final

CONVOLUTIONS: Final = frozenset({"Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d"})
TRANSPOSED: Final = frozenset({
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d",
    "LazyConvTranspose1d", "LazyConvTranspose2d", "LazyConvTranspose3d",
})  # fmt: skip
LINEAR: Final = frozenset({"Linear", "LazyLinear"})
MAX_POOLS: Final = frozenset({"MaxPool1d", "MaxPool2d", "MaxPool3d"})
AVG_POOLS: Final = frozenset({"AvgPool1d", "AvgPool2d", "AvgPool3d"})
LP_POOLS: Final = frozenset({"LPPool1d", "LPPool2d", "LPPool3d"})
POOLS: Final = MAX_POOLS | AVG_POOLS | LP_POOLS
ADAPTIVE_POOLS: Final = frozenset({
    "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveAvgPool3d",
    "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
})  # fmt: skip
BATCH_NORMS: Final = frozenset({
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm",
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d",
})  # fmt: skip
INSTANCE_NORMS: Final = frozenset({
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d",
    "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d",
})  # fmt: skip
#: Norms that average over each channel by itself.
CHANNEL_NORMS: Final = BATCH_NORMS | INSTANCE_NORMS
#: Norms that average within one sample.
OWN_VALUES: Final = frozenset({"GroupNorm", "LayerNorm", "RMSNorm"})
NORMS: Final = CHANNEL_NORMS | OWN_VALUES
DROPOUTS: Final = frozenset({"Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"})
#: Layers that give what they get while the network is applied.
PASSIVE: Final = DROPOUTS | {"Identity"}
RESHAPING: Final = frozenset({"Flatten", "Unflatten", "reshape", "view", "squeeze", "unsqueeze"})
FLATTENING: Final = PASSIVE | RESHAPING
SPATIAL: Final = CONVOLUTIONS | TRANSPOSED | POOLS | ADAPTIVE_POOLS
SOFTMAXES: Final = frozenset({"Softmax", "Softmax2d", "Softmin", "LogSoftmax"})
#: Activations whose output is never negative.
NONNEGATIVE: Final = frozenset(
    {"ReLU", "ReLU6", "Sigmoid", "Hardsigmoid", "Softplus", "Softmax", "Softmax2d", "Softmin"}
)
#: Activations that give what they get where that is not negative.
IDENTITY_ABOVE_ZERO: Final = frozenset({"ReLU", "LeakyReLU", "PReLU", "RReLU", "ELU", "CELU"})
#: Activations that change nothing when they are applied a second time.
IDEMPOTENT: Final = frozenset({"ReLU", "ReLU6", "Hardtanh", "Hardshrink", "LogSoftmax"})
SATURATING: Final = frozenset({"Sigmoid", "Tanh", "Softsign", "Hardsigmoid", "Hardtanh"})
ACTIVATIONS: Final = (
    NONNEGATIVE | IDENTITY_ABOVE_ZERO | IDEMPOTENT | SATURATING | SOFTMAXES
    | {"SiLU", "Mish", "Hardswish", "SELU", "GELU", "LogSigmoid", "Softshrink", "Tanhshrink", "Threshold"}
)  # fmt: skip
