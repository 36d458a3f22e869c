"""Tiny points, and a replacement of training."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scaling_lab.config import registry
from scaling_lab.config.hyperparameters import resolve_hyperparameters
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study.executors import fork_server


@pytest.fixture(scope="session")
def pictures() -> InMemoryDataset:
    """A dataset with two images in each split."""
    split = Split(np.zeros((2, 1, 8, 8), np.uint8), np.array([0, 1], np.int64))
    return InMemoryDataset("two", 2, split, split, split)


@pytest.fixture(scope="session")
def make_point() -> Callable[[int], Point]:
    """Make a point by its seed."""
    network = registry.build_value("family", registry.read_yaml("family", "mobilenet_v1_small"))
    return lambda seed: Point(network, DataRef("two", "0"), resolve_hyperparameters(Recipe(batch=2), network, 2), seed)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put `stand_in.py` on the path, of workers too, which then need no torch; return its folder."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setattr(fork_server, "PRELOADED", [])
    return Path(__file__).parent
