"""Compact index of the images of a part: a million images in arrays, about 70 bytes per image."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.files.entries import ImageEntry


@dataclass(frozen=True, eq=False)
class ImageIndex:
    """Images on disk and their labels, in a fixed order. Made by `build_image_index`.

    Attributes:
        classes: Names of the classes.
        labels: int64 (n,), indices into `classes`.
        names: All names, concatenated, in UTF-8.
        ends: int64 (n,), the end of each name in `names`.
        files: Beginnings of file paths, and whether the image's name completes the path.
        file: int32 (n,), indices into `files`.
        offsets: int64 (n,), offset of each image in its file.
        sizes: int64 (n,), size of each image in bytes.
    """

    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    names: bytes
    ends: NDArray[np.int64]
    files: tuple[tuple[str, bool], ...]
    file: NDArray[np.int32]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def entry(self, index: int) -> ImageEntry:
        """Return the image at an index, counted from 0.

        Raises:
            IndexError: If there is no such image.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index is {index}; must be from 0 to {len(self) - 1}")
        name = self.names[self.ends[index - 1] if index else 0 : self.ends[index]].decode()
        start, ends_with_name = self.files[self.file[index]]
        return ImageEntry(
            name=name,
            label=self.classes[self.labels[index]],
            file=Path(start + name if ends_with_name else start),
            offset=int(self.offsets[index]),
            size=int(self.sizes[index]),
        )

    def subset(self, indices: NDArray[np.int64]) -> "ImageIndex":
        """Return the index of some of the images, in the order of `indices`."""
        starts = np.concatenate([[0], self.ends[:-1]])[indices]
        spans = zip(starts.tolist(), self.ends[indices].tolist(), strict=True)
        return replace(
            self,
            labels=self.labels[indices],
            names=b"".join(self.names[start:end] for start, end in spans),
            ends=np.cumsum(self.ends[indices] - starts, dtype=np.int64),
            file=self.file[indices],
            offsets=self.offsets[indices],
            sizes=self.sizes[indices],
        )

    @cached_property
    def fingerprint(self) -> bytes:
        """Digest of names, labels, sizes in bytes and order; independent of file locations and contents."""
        digest = sha256(repr((len(self), self.classes)).encode())
        for array in (self.ends, self.labels, self.sizes):
            digest.update(array.astype("<i8", copy=False).tobytes())
        digest.update(self.names)
        return digest.digest()


def build_image_index(entries: Sequence[ImageEntry], classes: Iterable[str]) -> ImageIndex:
    """Return the index of images, in their order.

    Raises:
        ValueError: If there are no images, or a label is not one of `classes`.
    """
    if not entries:
        raise ValueError("a part needs at least 1 image")
    classes = tuple(classes)
    number = {label: index for index, label in enumerate(classes)}
    if unknown := {entry.label for entry in entries} - set(number):
        raise ValueError(f"class {min(unknown)!r} is not one of the {len(classes)} classes of the training part")
    names = [entry.name.encode() for entry in entries]
    files: dict[tuple[str, bool], int] = {}
    return ImageIndex(
        classes=classes,
        labels=np.array([number[entry.label] for entry in entries], dtype=np.int64),
        names=b"".join(names),
        ends=np.cumsum([len(name) for name in names], dtype=np.int64),
        file=np.array([files.setdefault(_path_start(entry), len(files)) for entry in entries], dtype=np.int32),
        files=tuple(files),
        offsets=np.array([entry.offset for entry in entries], dtype=np.int64),
        sizes=np.array([entry.size for entry in entries], dtype=np.int64),
    )


def _path_start(entry: ImageEntry) -> tuple[str, bool]:
    """Return the path up to the image's name, which many images share; for a tar, its complete path."""
    path = str(entry.file)
    return (path.removesuffix(entry.name), True) if path.endswith(entry.name) else (path, False)
