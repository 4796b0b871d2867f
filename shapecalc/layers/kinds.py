"""What kinds of layer there are, as rules and pictures ask for them: `layer.kinds & POOL`.

A type states its own in its definition, `class ReLU(InPlace, kinds=NONNEGATIVE | IDEMPOTENT)`, and has those of its
bases too. Its type name is one of its kinds as well, so that `{"Softmax"}` is a kind of one type.
"""

from __future__ import annotations

from typing import Final

Kinds = frozenset[str]


def kind(name: str) -> Kinds:
    return frozenset((name,))


CONVOLUTION: Final = kind("convolution")
TRANSPOSED: Final = kind("transposed convolution")
LINEAR: Final = kind("linear")
#: Recurrent and attention layers, which run along a sequence and may take the batch for it.
SEQUENCE: Final = kind("sequence")
UPSAMPLING: Final = kind("upsampling")

#: Pools with a fixed window: max, average and power average.
POOL: Final = kind("pool")
MAX_POOL: Final = kind("max pool")
AVERAGE_POOL: Final = kind("average pool")
ADAPTIVE_POOL: Final = kind("adaptive pool")
#: Layers over spatial axes that give channels and positions.
SPATIAL: Final = CONVOLUTION | TRANSPOSED | POOL | ADAPTIVE_POOL

NORM: Final = kind("norm")
#: Norms that average over each channel by itself.
CHANNEL_NORM: Final = kind("channel norm")
BATCH_NORM: Final = kind("batch norm")
#: Norms that average within one sample, over several channels.
SAMPLE_NORM: Final = kind("sample norm")

DROPOUT: Final = kind("dropout")
#: Layers that return their input while the network is applied.
PASSIVE: Final = kind("passive")
#: The same elements in the same order, in another shape.
RESHAPING: Final = kind("reshaping")
FLATTENING: Final = PASSIVE | RESHAPING
#: After these, axis 0 is not surely the batch, nor are the axes behind it still the spatial ones.
MOVES_AXES: Final = kind("moves axes")

ACTIVATION: Final = kind("activation")
SOFTMAX: Final = kind("softmax")
#: Softmaxes along an axis of choice, `dim`.
SOFTMAX_ALONG_DIM: Final = kind("softmax along dim")
#: Activations whose output is never negative.
NONNEGATIVE: Final = kind("nonnegative")
#: Activations whose output is between 0 and 1.
UNIT_INTERVAL: Final = kind("unit interval")
#: Activations that return their input where that is not negative.
IDENTITY_ABOVE_ZERO: Final = kind("identity above zero")
#: Activations that change nothing when they are applied a second time.
IDEMPOTENT: Final = kind("idempotent")
