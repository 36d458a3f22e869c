"""Crops of images of any size to square arrays, resized by Pillow's antialiased bicubic filter. No torch."""

from math import exp, log, sqrt
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CROP_ASPECTS = 3 / 4, 4 / 3
MAX_CROP_DRAWS = 10
CropBox = tuple[int, int, int, int]


def draw_crop_box(width: int, height: int, least: float, random: Random) -> CropBox:
    """Return a random part of an image: (left, top, right, bottom) in pixels.

    Its area is uniform in `least` .. 1 of the image's, its aspect ratio log-uniform in 3/4 .. 4/3, its position
    uniform. A box that does not fit is drawn again, up to 10 times in all; after that it is the largest centered box
    with an aspect ratio in that range. As in Szegedy et al., arXiv 1409.4842, section 6, and, with `least` 0.08,
    EfficientNet's training crop.
    """
    for _ in range(MAX_CROP_DRAWS):
        area = width * height * (least + (1 - least) * random.random())
        aspect = exp(log(CROP_ASPECTS[0]) + log(CROP_ASPECTS[1] / CROP_ASPECTS[0]) * random.random())
        box_width, box_height = round(sqrt(area * aspect)), round(sqrt(area / aspect))
        if 0 < box_width <= width and 0 < box_height <= height:
            left = int(random.random() * (width - box_width + 1))
            top = int(random.random() * (height - box_height + 1))
            return left, top, left + box_width, top + box_height
    aspect = min(max(width / height, CROP_ASPECTS[0]), CROP_ASPECTS[1])
    box_width, box_height = min(width, round(height * aspect)), min(height, round(width / aspect))
    left, top = (width - box_width) // 2, (height - box_height) // 2
    return left, top, left + box_width, top + box_height


def crop_randomly(image: Image.Image, side: int, least: float, random: Random) -> NDArray[np.uint8]:
    """Return a `draw_crop_box` of an image resized to uint8 (side, side, 3). Pixels outside the box have no effect."""
    box = draw_crop_box(*image.size, least, random)
    return np.asarray(image.crop(box).resize((side, side), Image.Resampling.BICUBIC))


def crop_center(image: Image.Image, side: int, border: int = 0) -> NDArray[np.uint8]:
    """Return the centered square of side / (side + border) of the shorter side, resized to uint8 (side, side, 3).

    If its edges are whole pixels, this equals resizing the shorter side to side + border and cropping the center;
    otherwise nothing is shifted by rounding. The rest of the image is not resized.
    """
    width, height = image.size
    length = min(width, height) * side / (side + border)
    left, top = (width - length) / 2, (height - length) / 2
    box = left, top, left + length, top + length
    return np.asarray(image.resize((side, side), Image.Resampling.BICUBIC, box=box))
