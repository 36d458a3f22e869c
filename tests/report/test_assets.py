"""Images in pages: few bytes, and the colors of the figure."""

import base64
import io

import numpy as np
import pytest
from PIL import Image

from scaling_lab.report.assets import COLORS, inline_image


@pytest.fixture
def read_inlined(tmp_path):
    """Return a function that inlines pixels and returns the pixels of the inlined image, with its number of bytes."""

    def read(pixels):
        Image.fromarray(pixels).save(tmp_path / "image.png")
        address, width, height = inline_image(tmp_path / "image.png")
        assert (2 * width, 2 * height) == pixels.shape[1::-1]
        content = base64.b64decode(address.removeprefix("data:image/webp;base64,"))
        return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")), len(content)

    return read


def test_a_drawing_keeps_its_colors(read_inlined):
    pixels = np.full((200, 300, 3), 255, np.uint8)
    pixels[50:60], pixels[:, 100] = (0, 114, 178), (213, 94, 0)
    inlined, size = read_inlined(pixels)
    assert np.array_equal(inlined, pixels)
    assert size < 1000


def test_a_drawing_of_many_shades_keeps_its_rare_colors(read_inlined):
    rare = np.array([(213, 94, 0), (230, 159, 0), (204, 121, 167)], np.uint8)
    shades = np.arange(400)[:, None] % 256
    pixels = np.broadcast_to(np.stack([shades // 2 + 120, shades // 3 + 160, shades // 8 + 220], -1), (400, 400, 3))
    pixels = pixels.clip(0, 255).astype(np.uint8)
    for number, color in enumerate(rare):
        pixels[200 + 20 * number, 100:300] = color
    inlined, _ = read_inlined(pixels)
    assert np.abs(inlined[200:260:20, 200].astype(int) - rare).max() <= 4


def test_a_photograph_is_not_reduced_to_a_palette(read_inlined):
    y, x = np.mgrid[:400, :400]
    pixels = np.stack([x * 255 // 399, y * 255 // 399, (x + y) * 255 // 798], axis=-1).astype(np.uint8)
    inlined, _ = read_inlined(pixels)
    assert len(np.unique(inlined.reshape(-1, 3), axis=0)) > 10 * COLORS
    assert np.abs(inlined.astype(int) - pixels).mean() < 3
