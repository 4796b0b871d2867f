"""Everything here builds models with the ultralytics package: marked, and left out where that is not installed."""

from __future__ import annotations

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

import pytest

HERE = Path(__file__).parent
installed = all(find_spec(name) for name in ("torch", "torchvision", "ultralytics"))
collect_ignore_glob = [] if installed else ["test_*.py"]


def prepare() -> None:
    """No settings in the home directory, no network; and a torchvision whose binary operators do not load (one built
    for other hardware) can be imported once their names are declared."""
    os.environ.setdefault("YOLO_CONFIG_DIR", tempfile.mkdtemp())
    os.environ.setdefault("YOLO_OFFLINE", "1")
    os.environ.setdefault("YOLO_VERBOSE", "false")
    try:
        import torchvision  # noqa: F401
    except RuntimeError:
        import torch

        for name in ("nms", "qnms"):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


if installed:
    prepare()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.ultralytics)
