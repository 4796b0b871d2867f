"""The recorded figures of torchvision's networks against the torchvision that is installed."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.record_torchvision import MODELS, record, unpacked

RECORDS = unpacked()


@pytest.mark.skipif(find_spec("torchvision") is None, reason="torchvision is not installed")
@pytest.mark.parametrize("name", MODELS)
def test_the_record_is_what_torchvision_gives(name: str) -> None:
    assert record(name) == RECORDS[name]
