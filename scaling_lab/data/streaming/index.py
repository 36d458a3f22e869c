"""Where the pictures of a part lie, packed: a million of them in arrays, about 70 bytes a picture."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.files.listing import ImageEntry


@dataclass(frozen=True, eq=False)
class ImageIndex:
    """Pictures on disk and their labels, in a fixed order. Made by `catalogued`.

    `labels` is int64 (n,), numbers of `classes`. `names` holds all names one after the other, `ends` where each ends.
    A picture's file is the beginning in `files` that `file` points to, followed by its name where that says so.
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

    def member(self, place: int) -> ImageEntry:
        """The picture at a place, from 0. IndexError where there is none."""
        if not 0 <= place < len(self):
            raise IndexError(f"there is no place {place} among {len(self)} pictures")
        name = self.names[self.ends[place - 1] if place else 0 : self.ends[place]].decode()
        start, named = self.files[self.file[place]]
        return ImageEntry(
            name=name,
            label=self.classes[self.labels[place]],
            file=Path(start + name if named else start),
            offset=int(self.offsets[place]),
            size=int(self.sizes[place]),
        )

    @cached_property
    def fingerprint(self) -> bytes:
        """Changes with any name, label, size in bytes or order; where the files lie and what they hold is not in it."""
        digest = sha256(repr((len(self), self.classes)).encode())
        for array in (self.ends, self.labels, self.sizes):
            digest.update(array.astype("<i8", copy=False).tobytes())
        digest.update(self.names)
        return digest.digest()


def build_image_index(members: Sequence[ImageEntry], classes: Iterable[str]) -> ImageIndex:
    """The members packed, in their order. ValueError for a label that is none of `classes`, and for no members."""
    if not members:
        raise ValueError("a part needs at least one picture")
    classes = tuple(classes)
    number = {label: place for place, label in enumerate(classes)}
    if strangers := {member.label for member in members} - set(number):
        raise ValueError(f"class {min(strangers)!r} is not among the {len(classes)} of the training part")
    names = [member.name.encode() for member in members]
    files: dict[tuple[str, bool], int] = {}
    return ImageIndex(
        classes=classes,
        labels=np.array([number[member.label] for member in members], dtype=np.int64),
        names=b"".join(names),
        ends=np.cumsum([len(name) for name in names], dtype=np.int64),
        file=np.array([files.setdefault(_beginning(member), len(files)) for member in members], dtype=np.int32),
        files=tuple(files),
        offsets=np.array([member.offset for member in members], dtype=np.int64),
        sizes=np.array([member.size for member in members], dtype=np.int64),
    )


def _beginning(member: ImageEntry) -> tuple[str, bool]:
    """What comes before the name in the file's path, which is shared by many; a tar's path as it is."""
    path = str(member.file)
    return (path.removesuffix(member.name), True) if path.endswith(member.name) else (path, False)
