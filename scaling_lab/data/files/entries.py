"""Images that are not decoded yet: where their bytes are, which class they have, and how to read them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from scaling_lab.data.files.tar import is_uncompressed, open_decompressed
from scaling_lab.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".ppm", ".pgm")
MAX_IMAGE_BYTES = 256_000_000  # of a file; the largest image that is decoded has 64 million pixels


@dataclass(frozen=True, slots=True)
class ImageEntry:
    """An image that is not decoded yet.

    Attributes:
        name: Path inside the folder or tar, such as train/n01440764/x.JPEG; in a shard, prefixed by the shard's name.
        label: Name of the class folder, or the text of the sample's .cls file.
        file: File that holds the bytes: the image itself or the tar.
        offset: Offset of the image's bytes in that file; for a compressed tar, in its uncompressed stream.
        size: Size in bytes.
    """

    name: str
    label: str
    file: Path
    offset: int
    size: int


def is_image_name(name: str) -> bool:
    """Return whether a file name has the suffix of an image and no leading dot."""
    return name.lower().endswith(IMAGE_SUFFIXES) and not name.startswith(".")


def size_problem(size: int) -> str | None:
    """Return why a file of this many bytes is not read as an image, or None."""
    return None if size <= MAX_IMAGE_BYTES else f"{size:,} bytes; must be at most {MAX_IMAGE_BYTES:,}"


def class_names(entries: Iterable[ImageEntry]) -> tuple[str, ...]:
    """Return the labels that occur, sorted as text; sorted as numbers if all are integers."""
    labels = {entry.label for entry in entries}
    if all(re.fullmatch("[0-9]+", label) for label in labels):
        return tuple(sorted(labels, key=lambda label: (int(label), label)))
    return tuple(sorted(labels))


def read_image(entry: ImageEntry) -> bytes:
    """Return the bytes of one image.

    Raises:
        UserError: If its file does not exist, is compressed or truncated.
    """
    if not is_uncompressed(entry.file):
        raise UserError(f"{entry.file} is compressed and can only be read from its start; unpack it to a .tar")
    return next(read_images([entry]))[1]


def read_images(entries: Iterable[ImageEntry]) -> Iterator[tuple[ImageEntry, bytes]]:
    """Yield each image with its bytes, in the order of their location; a compressed tar is read once.

    Raises:
        UserError: As in `read_image`.
    """
    in_order = sorted(entries, key=lambda entry: (str(entry.file), entry.offset))
    for file, group in groupby(in_order, key=lambda entry: entry.file):
        with open_decompressed(file) as stream:
            for entry in group:
                stream.seek(entry.offset)
                content = stream.read(entry.size)
                if len(content) < entry.size:
                    size = entry.offset + len(content)
                    span = f"{entry.offset}..{entry.offset + entry.size}"
                    raise UserError(f"{file} ends early: {entry.name} needs bytes {span}, the file has {size}")
                yield entry, content
