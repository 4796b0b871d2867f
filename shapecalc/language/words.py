"""What other frameworks call PyTorch's layer types, and the answer to an unknown type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from shapecalc.layers.names_table import NAMES
from shapecalc.layers.registry import lookup, normalized
from shapecalc.text.spelling import nearest

#: Keras, TensorFlow, ONNX, Caffe, Flax and everyday names -> what to write here.
FOREIGN: Final = {
    "dense": "linear",
    "fc": "linear",
    "fullyconnected": "linear",
    "innerproduct": "linear",
    "gemm": "linear",
    "conv": "conv2d",
    "convolution": "conv2d",
    "convolution1d": "conv1d",
    "convolution2d": "conv2d",
    "convolution3d": "conv3d",
    "conv1dtranspose": "convtranspose1d",
    "conv2dtranspose": "convtranspose2d",
    "conv3dtranspose": "convtranspose3d",
    "convtranspose": "convtranspose2d",
    "deconvolution": "convtranspose2d",
    "deconv": "convtranspose2d",
    "deconv2d": "convtranspose2d",
    "depthwiseconv2d": "conv2d` with `groups` equal to its input channels, such as `conv2d: {out: 64, k: 3, g: 64}",
    "separableconv2d": "conv2d` with `groups` equal to its input channels, and then `conv2d: {out: 64, k: 1}",
    "batchnormalization": "batchnorm2d",
    "batchnorm": "batchnorm2d",
    "bn": "batchnorm2d",
    "layernormalization": "layernorm",
    "groupnormalization": "groupnorm",
    "instancenormalization": "instancenorm2d",
    "lrn": "localresponsenorm",
    "maxpooling1d": "maxpool1d",
    "maxpooling2d": "maxpool2d",
    "maxpooling3d": "maxpool3d",
    "maxpool": "maxpool2d",
    "averagepooling1d": "avgpool1d",
    "averagepooling2d": "avgpool2d",
    "averagepooling3d": "avgpool3d",
    "averagepool": "avgpool2d",
    "avgpool": "avgpool2d",
    "globalaveragepooling1d": "adaptiveavgpool1d: 1",
    "globalaveragepooling2d": "adaptiveavgpool2d: 1",
    "globalaveragepooling3d": "adaptiveavgpool3d: 1",
    "globalaveragepool": "adaptiveavgpool2d: 1",
    "gap": "adaptiveavgpool2d: 1",
    "globalmaxpooling1d": "adaptivemaxpool1d: 1",
    "globalmaxpooling2d": "adaptivemaxpool2d: 1",
    "globalmaxpooling3d": "adaptivemaxpool3d: 1",
    "globalmaxpool": "adaptivemaxpool2d: 1",
    "upsampling1d": "upsample",
    "upsampling2d": "upsample",
    "upsampling3d": "upsample",
    "resize": "upsample",
    "zeropadding1d": "zeropad1d",
    "zeropadding2d": "zeropad2d",
    "zeropadding3d": "zeropad3d",
    "concatenate": "cat",
    "concat": "cat",
    "multiply": "mul",
    "average": "mean",
    "reducemean": "mean",
    "reducesum": "sum",
    "clip": "hardtanh",
    "activation": "relu",
    "swish": "silu",
    "spatialdropout1d": "dropout1d",
    "spatialdropout2d": "dropout2d",
    "spatialdropout3d": "dropout3d",
    "input": "input: [C, H, W]` at the top of the file, not a layer such as `relu",
    "inputlayer": "input: [C, H, W]` at the top of the file, not a layer such as `relu",
    "skip": "residual",
    "branch": "parallel",
    "depthtospace": "pixelshuffle",
    "spacetodepth": "pixelunshuffle",
}

COMPOSITES: Final = ("residual", "parallel", "sequential")


def suggestion(name: str, blocks: Iterable[str] = ()) -> str | None:
    """What was meant by an unknown type: a block of this file, the PyTorch name, or the nearest spelling."""
    bare = name.rpartition(".")[2]  # `keras.layers.Conv2D`
    foreign = FOREIGN.get(normalized(name)) or FOREIGN.get(normalized(bare))
    if foreign is not None:
        return foreign
    meant = lookup(bare) if bare != name else None
    if meant is not None:
        return meant.type if meant.function else meant.type.lower()
    near = nearest(name, [*blocks, *COMPOSITES])
    if near is not None:
        return near
    key = nearest(normalized(name), NAMES)
    cls = lookup(key) if key is not None else None
    return None if cls is None else cls.type.lower() if not cls.function else cls.type
