"""Decoding against Pillow asked directly, and cropping against torch."""

import io
import os
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from made_up import encoded, noise
from numpy.typing import NDArray
from PIL import Image
from torch.nn import functional

from scaling_lab.data.files import decoding
from scaling_lab.data.files.decoding import decode_image, decode_images, resize_and_crop, summarize_corrupt
from scaling_lab.data.files.entries import ImageEntry
from scaling_lab.data.sets.image_folder import MAX_SIDE
from scaling_lab.errors import UserError


def written(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def members(folder: Path, *contents: bytes) -> list[ImageEntry]:
    files = [folder / f"{place}.png" for place in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    return [ImageEntry(f"a/{file.name}", "a", file, 0, file.stat().st_size) for file in files]


def smooth(height: int, width: int) -> NDArray[np.uint8]:
    """A image without sharp edges, so that rounding is all in which two resizings differ."""
    y, x = np.mgrid[:height, :width] / 8
    waves = np.stack([np.sin(x + phase) * np.cos(y - phase) for phase in range(3)], axis=-1)
    return np.asarray(128 + 120 * waves).astype(np.uint8)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "CMYK", "L", "1", "LA"])
def test_every_mode_becomes_grey_or_rgb_as_pillow_makes_it(mode: str) -> None:
    original = Image.fromarray(noise(9, 7, 3)).convert(mode)
    content = written(original, "JPEG" if mode == "CMYK" else "PNG")
    decoded = decode_image(content)
    with Image.open(io.BytesIO(content)) as again:
        expected = again.convert("L" if mode in ("L", "1") else "RGB")
    assert decoded.mode == expected.mode
    assert np.array_equal(np.asarray(decoded), np.asarray(expected))


def test_a_palette_with_transparency_is_read_without_a_warning() -> None:
    original = Image.fromarray(noise(9, 7, 3)).convert("P")
    content = written(original, transparency=bytes(range(256)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decoded = decode_image(content)
    assert np.array_equal(np.asarray(decoded), np.asarray(original.convert("RGB")))


def test_exif_rotation_is_not_followed() -> None:
    original = Image.fromarray(noise(8, 12, 3))
    exif = Image.Exif()
    exif[0x0112] = 6
    decoded = decode_image(written(original, exif=exif))
    assert np.array_equal(np.asarray(decoded), np.asarray(original))


JPEG = encoded(noise(40, 40, 3), "JPEG")


def header_of_png(width: int, height: int) -> bytes:
    """Return a PNG that has no pixels, so that reading any would fail in another way."""
    chunks = (b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"IDAT")
    framed = (struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize(("width", "height"), [(4, 15_000_000), (15_000_000, 4), (4, 241), (8001, 8001)])
def test_the_size_is_bounded_before_pixels_are_read(width: int, height: int) -> None:
    with pytest.raises(ValueError, match=f"{width} x {height} px; must be at most"):
        decode_image(header_of_png(width, height))


def test_the_longest_images_that_are_read_stay_below_the_bound_when_resized() -> None:
    image = Image.fromarray(noise(240, 4, 3))
    assert resize_and_crop(decode_image(written(image)), 8).size == (8, 8)
    assert decoding.MAX_ASPECT * MAX_SIDE**2 <= decoding.MAX_PIXELS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<html>", "not one of JPEG, PNG, BMP, WEBP, PPM"),
        (JPEG[: len(JPEG) // 2], "truncated"),
        (JPEG[:100], "Truncated File Read"),
        (encoded(noise(20, 20, 3))[:-300], "truncated|broken"),
        (encoded(noise(1, 1, 3)), "1 x 1 px; must be at least 4 x 4"),
        (encoded(noise(30, 3, 3)), "3 x 30 px; must be at least 4 x 4"),
        (encoded(noise(30, 40, 3)), "40 x 30 px; must be at most 1,000"),
        (written(Image.fromarray(np.arange(64, dtype=np.uint16).reshape(8, 8))), "mode I;16; only 8 bits"),
        (written(Image.fromarray(noise(8, 8, 3)), "TIFF"), "not one of JPEG"),
    ],
    ids=["empty", "text", "half", "header", "cut", "1x1", "narrow", "large", "16 bits", "tiff"],
)
def test_what_cannot_be_used_says_why(content: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MAX_PIXELS", 1000 if "1,000" in message else 10_000)
    with pytest.raises(ValueError, match=message) as refused:
        decode_image(content)
    assert str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("height", "width", "side"), [(60, 41, 20), (41, 60, 17), (30, 30, 12), (9, 14, 16), (8, 8, 16)]
)
def test_the_shorter_side_is_resized_and_the_centre_cut_out(height: int, width: int, side: int) -> None:
    pixels = smooth(height, width)
    cropped = np.asarray(resize_and_crop(Image.fromarray(pixels), side)).astype(int)
    shorter = min(height, width)
    size = [max(side, round(length * side / shorter)) for length in (height, width)]
    batch = torch.tensor(pixels).permute(2, 0, 1)[None].float()
    resized = (
        functional.interpolate(batch, size, mode="bicubic", antialias=True).round().clamp(0, 255)[0].permute(1, 2, 0)
    )
    top, left = ((length - side) // 2 for length in size)
    assert np.abs(cropped - resized[top : top + side, left : left + side].numpy()).max() <= 1


def test_a_square_of_that_side_is_left_as_it_is() -> None:
    image = Image.fromarray(noise(11, 11, 3))
    assert np.array_equal(np.asarray(resize_and_crop(image, 11)), np.asarray(image))
    wide = Image.fromarray(noise(11, 15, 3))
    assert np.array_equal(np.asarray(resize_and_crop(wide, 11)), np.asarray(wide)[:, 2:13])


@pytest.mark.parametrize("threads", [1, 3])
def test_images_keep_their_order_with_any_number_of_threads(
    threads: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "usable_cores", lambda: threads)
    monkeypatch.setattr(decoding, "MIN_BYTES_FOR_THREADS", 0)
    monkeypatch.setattr(decoding, "IMAGES_PER_TASK", 2)
    arrays = [noise(6, 6, 3, seed=seed) for seed in range(11)]
    order = members(tmp_path, *(encoded(array) for array in arrays))[::-1]
    decoded = decode_images(order, None, skip=False)
    assert np.array_equal(decoded.images, np.stack(arrays[::-1]).transpose(0, 3, 1, 2))
    assert decoded.is_valid.all()
    assert decoded.corrupt == ()
    assert decoded.sides == (6, 6)


def test_only_a_set_that_is_grey_throughout_has_one_channel(tmp_path: Path) -> None:
    grey, colour = noise(6, 6), noise(6, 6, 3)
    decoded = decode_images(members(tmp_path, *[encoded(grey)] * 3), None, skip=False).images
    assert np.array_equal(decoded, np.stack([grey] * 3)[:, None])
    mixed = decode_images(members(tmp_path, encoded(grey), encoded(colour)), None, skip=False).images
    assert np.array_equal(mixed, np.stack([np.stack([grey] * 3), colour.transpose(2, 0, 1)]))


def test_a_corrupt_image_is_fatal_and_named_or_left_out_and_counted(tmp_path: Path) -> None:
    arrays = [noise(6, 6, 3, seed=seed) for seed in range(4)]
    there = members(tmp_path, b"", *(encoded(array) for array in arrays), encoded(noise(2, 6, 3)))
    with pytest.raises(UserError, match=r"0\.png is corrupt: empty; dataset\.corrupt=skip"):
        decode_images(there, None, skip=False)
    decoded = decode_images(there, None, skip=True)
    assert np.array_equal(decoded.images, np.stack(arrays).transpose(0, 3, 1, 2))
    assert decoded.is_valid.tolist() == [False, True, True, True, True, False]
    assert decoded.corrupt == (("a/0.png", "empty"), ("a/5.png", "6 x 2 px; must be at least 4 x 4"))
    assert summarize_corrupt(decoded.corrupt) == (
        "left out as corrupt: 2 (a/0.png: empty; a/5.png: 6 x 2 px; must be at least 4 x 4)"
    )
    assert summarize_corrupt([("x", "y")] * 1234) == "left out as corrupt: 1,234 (x: y; x: y; x: y; ...)"
    with pytest.raises(UserError, match=r"none of 2 .*0\.png: empty"):
        decode_images(members(tmp_path, b"", b"x"), None, skip=True)


@pytest.mark.parametrize("skip", [False, True])
def test_images_of_unlike_sizes_need_a_side(skip: bool, tmp_path: Path) -> None:
    there = members(tmp_path, encoded(noise(6, 6, 3)), encoded(noise(8, 8, 3)), encoded(noise(6, 8, 3)))
    with pytest.raises(UserError, match=r"1\.png is 8 x 8 px, a/0\.png is 6 x 6 px; dataset\.side="):
        decode_images(there, None, skip)
    with pytest.raises(UserError, match=r"2\.png is 8 x 6 px, not square; dataset\.side=\.\.\."):
        decode_images(there[2:], None, skip)
    resized = decode_images(there, 6, skip)
    assert resized.images.shape == (3, 3, 6, 6)
    assert resized.sides == (6, 8)


def test_more_than_fits_is_reported_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}.__getitem__)
    there = members(tmp_path, *[encoded(noise(8, 8, 3))] * 3)
    assert len(decode_images(there, 256, skip=False).images) == 3
    with pytest.raises(UserError, match=r"3 images of 600 x 600 px needs 0\.0 GB; .* dataset\.side="):
        decode_images(there, 600, skip=False)
