"""Crops against Pillow written out, and the distribution of random ones against what is documented."""

from random import Random

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from scipy import stats

from scaling_lab.data.streaming.crops import crop_center, crop_randomly, draw_crop_box


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311


def some_image(width: int, height: int, seed: int = 0) -> Image.Image:
    """Smooth noise, so that half a pixel of shift is not an image of its own."""
    coarse = np.random.default_rng(seed).integers(0, 256, (height // 8 + 2, width // 8 + 2, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def off(pixels: NDArray[np.uint8], other: Image.Image) -> NDArray[np.int64]:
    return np.abs(pixels.astype(np.int64) - np.asarray(other))


def test_boxes_are_uniform_in_area_in_the_logarithm_of_the_aspect_and_in_place() -> None:
    random, size = seeded(0), 4000
    boxes = np.array([draw_crop_box(size, size, 0.08, random) for _ in range(4000)])
    wide, high = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    area = wide * high / size**2
    always_fit = area <= 0.75  # the widest of them, 4/3, is as wide as the image
    area, wide, high, left, top = (values[always_fit] for values in (area, wide, high, boxes[:, 0], boxes[:, 1]))
    aspects = np.log(wide / high) / np.log(4 / 3)
    assert stats.kstest(area, stats.uniform(0.08, 0.67).cdf).pvalue > 0.01
    assert stats.kstest(aspects, stats.uniform(-1, 2).cdf).pvalue > 0.01
    for share in (left / (size - wide), top / (size - high)):
        assert stats.kstest(share[wide < 0.9 * size], stats.uniform(0, 1).cdf).pvalue > 0.01
    assert abs(np.corrcoef([area, aspects, left / (size - wide), top / (size - high)]) - np.eye(4)).max() < 0.06


@pytest.mark.parametrize("size", [(4, 4), (5, 300), (300, 5), (31, 40), (1, 1)])
@pytest.mark.parametrize("least", [0.08, 0.9, 1.0])
def test_boxes_are_inside(size: tuple[int, int], least: float) -> None:
    random = seeded(1)
    boxes = np.array([draw_crop_box(*size, least, random) for _ in range(300)])
    assert (boxes[:, :2] >= 0).all()
    assert (boxes[:, :2] < boxes[:, 2:]).all()
    assert (boxes[:, 2:] <= size).all()


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((100, 10), (43, 0, 56, 10)),
        ((10, 100), (0, 43, 10, 56)),
        ((10, 10), (0, 0, 10, 10)),
        ((12, 10), (0, 0, 12, 10)),
    ],
)
def test_what_never_fits_is_the_largest_centred_part_of_an_allowed_aspect(
    size: tuple[int, int], box: tuple[int, int, int, int]
) -> None:
    class Largest(Random):
        def random(self) -> float:
            return 1 - 2**-53  # the whole area at the widest aspect: too wide or too high for all of these

    assert draw_crop_box(*size, 0.08, Largest()) == box


@pytest.mark.parametrize(("misfits", "box"), [(9, (3, 3, 13, 13)), (10, (0, 0, 20, 20))])
def test_ten_boxes_are_tried(misfits: int, box: tuple[int, int, int, int]) -> None:
    class Told(Random):
        def random(self) -> float:
            return next(draws)

    # too wide so often; then a quarter of the area, square, at 3 of 0 .. 10 on both sides
    draws = iter([1 - 2**-53] * 2 * misfits + [(0.25 - 0.08) / 0.92, 0.5, 0.3, 0.3])
    assert draw_crop_box(20, 20, 0.08, Told()) == box


def test_every_place_of_a_box_is_as_likely() -> None:
    random = seeded(2)
    boxes = [draw_crop_box(5, 5, 0.08, random) for _ in range(6000)]
    lefts = np.bincount([left for left, _, right, _ in boxes if right - left == 3])
    tops = np.bincount([top for _, top, _, bottom in boxes if bottom - top == 3])
    for counts in (lefts, tops):
        assert len(counts) == 3
        assert stats.chisquare(counts).pvalue > 0.01


@pytest.mark.parametrize("least", [0.08, 0.5])
@pytest.mark.parametrize("side", [12, 48])
def test_a_random_crop_is_the_box_cut_out_and_resized(least: float, side: int) -> None:
    image = some_image(60, 41)
    for seed in range(5):
        box = draw_crop_box(60, 41, least, seeded(seed))
        expected = image.crop(box).resize((side, side), Image.Resampling.BICUBIC)
        assert off(crop_randomly(image, side, least, seeded(seed)), expected).max() == 0


def test_nothing_outside_the_box_reaches_into_a_crop() -> None:
    image = some_image(60, 41)
    left, top, right, bottom = draw_crop_box(60, 41, 0.08, seeded(3))
    framed = Image.new("RGB", image.size, "magenta")
    framed.paste(image.crop((left, top, right, bottom)), (left, top))
    assert np.array_equal(crop_randomly(image, 24, 0.08, seeded(3)), crop_randomly(framed, 24, 0.08, seeded(3)))


@pytest.mark.parametrize(
    ("size", "side", "border"),
    [((60, 40), 16, 4), ((40, 60), 16, 4), ((80, 80), 16, 4), ((60, 40), 20, 0), ((96, 64), 224, 32)],
)
def test_the_centre_crop_is_the_middle_of_the_whole_resized(size: tuple[int, int], side: int, border: int) -> None:
    shorter = side + border
    wide, high = (length * shorter // min(size) for length in size)
    left, top = (wide - side) // 2, (high - side) // 2
    image = some_image(*size)
    expected = image.resize((wide, high), Image.Resampling.BICUBIC).crop((left, top, left + side, top + side))
    assert off(crop_center(image, side, border), expected).max() <= 1


@pytest.mark.parametrize("size", [(61, 40), (40, 61), (33, 32)])
def test_the_centre_is_that_of_the_image_to_a_fraction_of_a_pixel(size: tuple[int, int]) -> None:
    image = some_image(*size)
    turned = Image.fromarray(crop_center(image.transpose(Image.Transpose.ROTATE_180), 20, 3))
    assert off(crop_center(image, 20, 3), turned.transpose(Image.Transpose.ROTATE_180)).max() <= 1


def test_a_square_of_the_side_is_left_as_it_is() -> None:
    image = some_image(32, 32)
    assert off(crop_center(image, 32), image).max() == 0


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (7, 1)])
def test_the_smallest_and_thinnest_images_give_whole_crops(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (10, 20, 30))
    for pixels in (crop_center(image, 24, 8), crop_randomly(image, 24, 0.08, seeded(0))):
        assert pixels.shape == (24, 24, 3)
        assert pixels.dtype == np.uint8
        assert (pixels == (10, 20, 30)).all()
