"""Decoding of image files to arrays with Pillow.

EXIF rotation is ignored, transparency is dropped, and of an animation the first frame is taken.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from scaling_lab.config.cores import usable_cores
from scaling_lab.data.files.entries import ImageEntry, read_images
from scaling_lab.data.summary import unusable_error
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable

IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "PPM")
MIN_SIDE = 4  # px of the shorter side
MAX_PIXELS = 64_000_000
MAX_ASPECT = 60  # so that an image resized to a shorter side of 1,024 px stays below MAX_PIXELS
GRAY_MODES = ("1", "L")
EIGHT_BIT_MODES = (*GRAY_MODES, "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "PA", "La", "RGBa", "RGBX", "HSV", "LAB")
IMAGES_PER_TASK = 64  # images passed to a thread at once
MIN_BYTES_FOR_THREADS = 2_000  # bytes per image; below, Python's lock makes threads slower than a single one
MAX_LISTED_CORRUPT = 3


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """Decoded images.

    Attributes:
        images: uint8 (n, channels, side, side) of the valid ones, in order.
        is_valid: bool, one per file.
        corrupt: Name and reason of the others.
        sides: Smallest and largest shorter side of the original images in pixels.
    """

    images: NDArray[np.uint8]
    is_valid: NDArray[np.bool_]
    corrupt: tuple[tuple[str, str], ...]
    sides: tuple[int, int]


def decode_image(content: bytes) -> Image.Image:
    """Return the image in its own size, in mode L if it is gray, else RGB.

    Raises:
        ValueError: If it cannot be decoded or has an unsupported size (`_check_dimensions`); the message is the reason.
    """
    try:
        with Image.open(BytesIO(content), formats=IMAGE_FORMATS) as image:
            _check_dimensions(*image.size)
            if image.mode not in EIGHT_BIT_MODES:
                raise ValueError(f"mode {image.mode}; only 8 bits per channel are supported")
            opaque = image.convert("RGBA") if image.mode == "P" and "transparency" in image.info else image
            return opaque.convert("L" if image.mode in GRAY_MODES else "RGB")
    except ValueError:
        raise
    except UnidentifiedImageError:
        raise ValueError(f"not one of {', '.join(IMAGE_FORMATS)}" if content else "empty") from None
    except Exception as error:  # decoders raise many types, a MemoryError for a damaged header too
        raise ValueError(" ".join(f"{error}".split()) or type(error).__name__) from None


def _check_dimensions(width: int, height: int) -> None:
    """Check the size in an image's header, before memory is taken for its pixels."""
    short, long = sorted((width, height))
    if short < MIN_SIDE:
        raise ValueError(f"{width} x {height} px; must be at least {MIN_SIDE} x {MIN_SIDE}")
    if width * height > MAX_PIXELS:
        raise ValueError(f"{width} x {height} px; must be at most {MAX_PIXELS:,} pixels")
    if long > MAX_ASPECT * short:
        raise ValueError(f"{width} x {height} px; must be at most {MAX_ASPECT} times as long as wide")


def resize_and_crop(image: Image.Image, side: int) -> Image.Image:
    """Return the image resized (bicubic, antialiased) to a shorter side of `side` px and center-cropped."""
    shorter = min(image.size)
    width, height = (max(side, round(length * side / shorter)) for length in image.size)
    resized = image.resize((width, height), Image.Resampling.BICUBIC) if shorter != side else image
    left, top = (resized.width - side) // 2, (resized.height - side) // 2
    return resized.crop((left, top, left + side, top + side))


def decode_images(entries: Sequence[ImageEntry], side: int | None, skip: bool) -> DecodedImages:
    """Return all images as one array: one channel if all are gray, else three.

    Args:
        entries: Images to decode.
        side: Side in px to resize and crop to; None keeps the images' own size.
        skip: Whether corrupt images are left out instead of raising.

    Raises:
        UserError: For a corrupt image unless `skip`; if no image can be decoded; without `side`, for an image that is
            not square or differs in size from the first.
    """
    row = {entry.name: index for index, entry in enumerate(entries)}
    is_valid, has_color = np.zeros(len(entries), dtype=bool), False
    corrupt: dict[int, tuple[str, str]] = {}
    images: NDArray[np.uint8] | None = None
    shortest, longest = MAX_PIXELS, 0
    for entry, decoded in _decode_all(entries, side):
        index = row[entry.name]
        if isinstance(decoded, str):
            if not skip:
                raise unusable_error(_location(entry), decoded)
            corrupt[index] = (entry.name, decoded)
            continue
        pixels, original = decoded
        shortest, longest = min(shortest, original), max(longest, original)
        if images is None:
            first = entry
            images = _allocate(len(entries), pixels)
        _check_size(entry, pixels, first, images)
        images[index] = pixels
        is_valid[index], has_color = True, has_color or pixels.shape[0] == 3
    if images is None:
        example = f"{_location(entries[0])}: {corrupt[0][1]}"
        raise UserError(f"none of {len(entries)} images can be decoded; the first is {example}")
    images = images if has_color else images[:, :1]
    reasons = tuple(corrupt[index] for index in sorted(corrupt))
    return DecodedImages(images[is_valid] if corrupt else images, is_valid, reasons, (shortest, longest))


def summarize_corrupt(corrupt: Sequence[tuple[str, str]]) -> str:
    """Return the number of corrupt images and the first of them, in one line."""
    first = "; ".join(f"{name}: {reason}" for name, reason in corrupt[:MAX_LISTED_CORRUPT])
    return f"left out as corrupt: {len(corrupt):,} ({first}{'; ...' if len(corrupt) > MAX_LISTED_CORRUPT else ''})"


def _decode_all(
    entries: Sequence[ImageEntry], side: int | None
) -> Iterator[tuple[ImageEntry, tuple[NDArray[np.uint8], int] | str]]:
    """Yield each image as (channels, height, width) and its original shorter side, or the reason why it is corrupt.

    The order is that on disk.
    """
    threads = usable_cores() if sum(entry.size for entry in entries) > MIN_BYTES_FOR_THREADS * len(entries) else 1
    contents = read_images(entries)
    with ThreadPoolExecutor(threads) as pool:
        while chunk := list(islice(contents, IMAGES_PER_TASK * threads)):
            tasks = [chunk[start : start + IMAGES_PER_TASK] for start in range(0, len(chunk), IMAGES_PER_TASK)]
            arrays = chain.from_iterable(
                pool.map(lambda task: [_decode_pixels(content, side) for _, content in task], tasks)
            )
            yield from zip((entry for entry, _ in chunk), arrays, strict=True)


def _decode_pixels(content: bytes, side: int | None) -> tuple[NDArray[np.uint8], int] | str:
    try:
        image = decode_image(content)
    except ValueError as error:
        return str(error)
    pixels = np.asarray(resize_and_crop(image, side) if side else image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1), min(image.size)


def _allocate(count: int, first: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return an array for `count` images of the first one's size."""
    needed = 2 * 3 * count * first[0].size
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > memory:
        raise UserError(
            f"decoding {count:,} images of {_format_size(first)} px needs {needed / 1e9:,.1f} GB; this machine has "
            f"{memory / 1e9:,.1f} GB of memory. A smaller dataset.side=... needs less"
        )
    return np.empty((count, 3, *first.shape[1:]), dtype=np.uint8)


def _check_size(entry: ImageEntry, pixels: NDArray[np.uint8], first: ImageEntry, images: NDArray[np.uint8]) -> None:
    hint = "dataset.side=... resizes all images to squares of one side"
    if pixels.shape[1] != pixels.shape[2]:
        raise UserError(f"{_location(entry)} is {_format_size(pixels)} px, not square; {hint}")
    if pixels.shape[1:] != images.shape[2:]:
        sizes = f"is {_format_size(pixels)} px, {first.name} is {_format_size(images)} px"
        raise UserError(f"{_location(entry)} {sizes}; {hint}")


def _format_size(pixels: NDArray[np.uint8]) -> str:
    return f"{pixels.shape[-1]} x {pixels.shape[-2]}"


def _location(entry: ImageEntry) -> str:
    file = str(entry.file)
    return make_printable(file if file.endswith(entry.name) else f"{entry.name} in {file}")
