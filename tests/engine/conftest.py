"""Tiny points and a training that does not train."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from scaling_lab import choices
from scaling_lab.data.pictures import Pictures, Split
from scaling_lab.engine import processes
from scaling_lab.recipe import Recipe
from scaling_lab.records import DataRef, Point
from scaling_lab.resolved import resolve


@pytest.fixture(scope="session")
def pictures() -> Pictures:
    """Two pictures a part."""
    split = Split(np.zeros((2, 1, 8, 8), np.uint8), np.array([0, 1], np.int64))
    return Pictures("two", 2, split, split, split)


@pytest.fixture(scope="session")
def make_point() -> Callable[[int], Point]:
    """A point by its seed."""
    network = choices.call("family", choices.read("family", "mobilenet_v1_small"))
    return lambda seed: Point(network, DataRef("two", "0"), resolve(Recipe(batch=2), network, 2), seed)


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Puts `stand_in.py` on the path, of workers too; these need no torch then. Its folder."""
    monkeypatch.syspath_prepend(Path(__file__).parent)
    monkeypatch.setattr(processes, "PRELOADED", [])
    return Path(__file__).parent
