"""From a picture of any size to square pixels: cropped and resized by Pillow's antialiased bicubic. No torch."""

from math import exp, log, sqrt
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROP_ASPECTS = 3 / 4, 4 / 3
MAX_CROP_DRAWS = 10
CropBox = tuple[int, int, int, int]


def draw_crop_box(width: int, height: int, least: float, random: Random) -> CropBox:
    """A random part of a picture: (left, top, right, bottom) in whole pixels.

    Its area is uniform in `least` .. 1 of the picture's, its aspect log-uniform in 3/4 .. 4/3, its place uniform. What
    does not fit is drawn again, 10 times in all; then it is the largest centred part of an aspect in that range. As in
    Szegedy et al., arXiv 1409.4842, section 6, and EfficientNet's training crop with `least` 0.08.
    """
    for _ in range(MAX_CROP_DRAWS):
        area = width * height * (least + (1 - least) * random.random())
        aspect = exp(log(CROP_ASPECTS[0]) + log(CROP_ASPECTS[1] / CROP_ASPECTS[0]) * random.random())
        wide, high = round(sqrt(area * aspect)), round(sqrt(area / aspect))
        if 0 < wide <= width and 0 < high <= height:
            left, top = int(random.random() * (width - wide + 1)), int(random.random() * (height - high + 1))
            return left, top, left + wide, top + high
    aspect = min(max(width / height, CROP_ASPECTS[0]), CROP_ASPECTS[1])
    wide, high = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - wide) // 2, (height - high) // 2
    return left, top, left + wide, top + high


def crop_randomly(picture: Image.Image, side: int, least: float, random: Random) -> NDArray[np.uint8]:
    """`random_box` of a picture, resized to uint8 (side, side, 3). Nothing outside the box reaches into it."""
    box = draw_crop_box(*picture.size, least, random)
    return np.asarray(picture.crop(box).resize((side, side), Image.Resampling.BICUBIC))


def crop_center(picture: Image.Image, side: int, border: int = 0) -> NDArray[np.uint8]:
    """The centred square of side / (side + border) of the shorter side, resized to uint8 (side, side, 3).

    Where that lies on whole pixels it is the shorter side resized to side + border and the middle cut out; elsewhere
    no rounding shifts it. The rest of the picture is not resized.
    """
    width, height = picture.size
    reach = min(width, height) * side / (side + border)
    left, top = (width - reach) / 2, (height - reach) / 2
    box = left, top, left + reach, top + reach
    return np.asarray(picture.resize((side, side), Image.Resampling.BICUBIC, box=box))
