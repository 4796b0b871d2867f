"""The types of numbers, their spellings and their sizes."""

from __future__ import annotations

from typing import Final

#: Bytes of a number of each type.
DTYPE_BYTES: Final = {
    "fp64": 8,
    "fp32": 4,
    "tf32": 4,
    "fp16": 2,
    "bf16": 2,
    "fp8": 1,
    "int64": 8,
    "int32": 4,
    "int16": 2,
    "int8": 1,
    "uint8": 1,
    "bool": 1,
}
_PYTORCH_NAMES: Final = {
    "float64": "fp64",
    "double": "fp64",
    "float32": "fp32",
    "float": "fp32",
    "float16": "fp16",
    "half": "fp16",
    "bfloat16": "bf16",
    "float8": "fp8",
    "long": "int64",
    "int": "int32",
    "short": "int16",
}


def dtype_named(word: str) -> str | None:
    """The short name of a type that is given by it or as PyTorch calls it: `float16`, `torch.bfloat16`, `half`."""
    name = word.lower().removeprefix("torch.")
    name = _PYTORCH_NAMES.get(name, name)
    return name if name in DTYPE_BYTES else None
