"""Pictures from bytes to arrays with Pillow.

EXIF rotation is not followed, transparency is dropped, of an animation the first picture is taken.
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
from scaling_lab.data.files.listing import ImageEntry, read_images
from scaling_lab.errors import UserError

IMAGE_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "PPM")
MIN_SIDE, MAX_PIXELS = 4, 64_000_000  # px of the shorter side, px in all
GRAY_MODES = ("1", "L")
EIGHT_BIT_MODES = (*GRAY_MODES, "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "PA", "La", "RGBa", "RGBX", "HSV", "LAB")
IMAGES_PER_TASK = 64  # pictures handed to a thread
MIN_BYTES_FOR_THREADS = 2_000  # bytes a picture; Python's lock makes threads slower than one with smaller ones
MAX_LISTED = 3


@dataclass(frozen=True, eq=False)
class DecodedImages:
    """`images`: uint8 (n, channels, side, side) of the good ones, in order; `good`: bool, one a member;
    `corrupt`: name and reason of the others."""

    images: NDArray[np.uint8]
    good: NDArray[np.bool_]
    corrupt: tuple[tuple[str, str], ...]


def decode_image(content: bytes) -> Image.Image:
    """The picture in its own size, in mode L if it is grey and RGB if not. Raises ValueError, with the reason, if it
    cannot be decoded or is under 4 px high or wide."""
    try:
        with Image.open(BytesIO(content), formats=IMAGE_FORMATS) as image:
            if min(image.size) < MIN_SIDE:
                raise ValueError(f"{image.width} x {image.height} px; at least {MIN_SIDE} x {MIN_SIDE} are needed")
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"{image.width} x {image.height} px, over {MAX_PIXELS:,} in all")
            if image.mode not in EIGHT_BIT_MODES:
                raise ValueError(f"mode {image.mode}; only 8 bits a channel are read")
            opaque = image.convert("RGBA") if image.mode == "P" and "transparency" in image.info else image
            return opaque.convert("L" if image.mode in GRAY_MODES else "RGB")
    except ValueError:
        raise
    except UnidentifiedImageError:
        raise ValueError(f"no {', '.join(IMAGE_FORMATS)}" if content else "empty") from None
    except Exception as error:  # whatever a decoder trips over
        raise ValueError(" ".join(f"{error}".split()) or type(error).__name__) from None


def resize_and_crop(image: Image.Image, side: int) -> Image.Image:
    """The picture with its shorter side resized to `side` px (bicubic, antialiased) and its centre cut out."""
    shorter = min(image.size)
    width, height = (max(side, round(length * side / shorter)) for length in image.size)
    resized = image.resize((width, height), Image.Resampling.BICUBIC) if shorter != side else image
    left, top = (resized.width - side) // 2, (resized.height - side) // 2
    return resized.crop((left, top, left + side, top + side))


def decode_images(members: Sequence[ImageEntry], side: int | None, skip: bool) -> DecodedImages:
    """All pictures as arrays of one side: `side`, else their own. One channel if all are grey, else three.

    Raises UserError for a corrupt picture if not `skip`, when none is left, and without `side` for one that is not
    square or of another size than the first.
    """
    row = {member.name: place for place, member in enumerate(members)}
    good, colour = np.zeros(len(members), dtype=bool), False
    corrupt: dict[int, tuple[str, str]] = {}
    images: NDArray[np.uint8] | None = None
    for member, pixels in _each(members, side):
        place = row[member.name]
        if isinstance(pixels, str):
            if not skip:
                raise UserError(f"{_told(member)} is corrupt: {pixels}; dataset.corrupt=skip leaves such pictures out")
            corrupt[place] = (member.name, pixels)
            continue
        if images is None:
            first = member
            images = _room(len(members), pixels)
        _check_size(member, pixels, first, images)
        images[place] = pixels
        good[place], colour = True, colour or pixels.shape[0] == 3
    if images is None:
        raise UserError(f"none of {len(members)} pictures can be decoded, such as {_told(members[0])}: {corrupt[0][1]}")
    images = images if colour else images[:, :1]
    return DecodedImages(images[good] if corrupt else images, good, tuple(corrupt[place] for place in sorted(corrupt)))


def summarize_corrupt(corrupt: Sequence[tuple[str, str]]) -> str:
    """How many were left out and the first of them, in a line."""
    first = "; ".join(f"{name}: {reason}" for name, reason in corrupt[:MAX_LISTED])
    return f"left out as corrupt: {len(corrupt):,} ({first}{'; ...' if len(corrupt) > MAX_LISTED else ''})"


def _each(members: Sequence[ImageEntry], side: int | None) -> Iterator[tuple[ImageEntry, NDArray[np.uint8] | str]]:
    """Every picture as (channels, height, width), or why it is corrupt; in the order in which they lie on the disk."""
    threads = usable_cores() if sum(member.size for member in members) > MIN_BYTES_FOR_THREADS * len(members) else 1
    lying = read_images(members)
    with ThreadPoolExecutor(threads) as pool:
        while handed := list(islice(lying, IMAGES_PER_TASK * threads)):
            parts = [handed[start : start + IMAGES_PER_TASK] for start in range(0, len(handed), IMAGES_PER_TASK)]
            arrays = chain.from_iterable(pool.map(lambda part: [_pixels(one, side) for _, one in part], parts))
            yield from zip((member for member, _ in handed), arrays, strict=True)


def _pixels(content: bytes, side: int | None) -> NDArray[np.uint8] | str:
    try:
        image = decode_image(content)
    except ValueError as error:
        return str(error)
    pixels = np.asarray(resize_and_crop(image, side) if side else image)
    return pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)


def _room(count: int, first: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An array for so many pictures of the first one's size."""
    needed = 2 * 3 * count * first[0].size
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > there:
        told = f"{count:,} pictures of {_size(first)} px need {needed / 1e9:,.1f} GB while they are read"
        raise UserError(f"{told}, and this machine has {there / 1e9:,.1f} GB; a smaller dataset.side=... needs less")
    return np.empty((count, 3, *first.shape[1:]), dtype=np.uint8)


def _check_size(member: ImageEntry, pixels: NDArray[np.uint8], first: ImageEntry, images: NDArray[np.uint8]) -> None:
    hint = "dataset.side=... makes all square and of one side"
    if pixels.shape[1] != pixels.shape[2]:
        raise UserError(f"{_told(member)} is {_size(pixels)} px, not square; {hint}")
    if pixels.shape[1:] != images.shape[2:]:
        raise UserError(f"{_told(member)} is {_size(pixels)} px, {first.name} is {_size(images)}; {hint}")


def _size(pixels: NDArray[np.uint8]) -> str:
    return f"{pixels.shape[-1]} x {pixels.shape[-2]}"


def _told(member: ImageEntry) -> str:
    return f"{member.file}" if member.file.as_posix().endswith(member.name) else f"{member.name} in {member.file}"
