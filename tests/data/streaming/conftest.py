"""Images of many sizes, and their index."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scaling_lab.data.streaming.index import ImageIndex
from tests.data.streaming.sized_images import COUNT, opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """23 JPEGs of 3 classes and of many sizes, some grey."""
    for place in range(COUNT):
        generator = np.random.default_rng(place)
        pixels = generator.integers(0, 256, (20 + place, 41 - place, 3), dtype=np.uint8)
        where = tmp_path / "train" / "abc"[place % 3]
        where.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).convert("L" if place % 5 == 0 else "RGB").save(where / f"{place:02d}.jpg")
    return tmp_path


@pytest.fixture
def part(folder: Path) -> ImageIndex:
    return opened(folder)
