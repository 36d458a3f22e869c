"""CIFAR-10 and CIFAR-100 from their binary archives (Krizhevsky 2009; https://www.cs.toronto.edu/~kriz/cifar.html).

Lossless, as published: 50,000 training and 10,000 test pictures of 32 x 32 RGB. The training pictures' last tenth of
each class is held out. The archives of Python pickles are not read.
"""

from dataclasses import dataclass
from functools import cache as once
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import cache_folder, fingerprint_source, load_or_build_dataset
from scaling_lab.data.files.download import ensure_file
from scaling_lab.data.files.tar import COMPRESSED_TAR_SUFFIXES, TAR_SUFFIXES, list_tar, open_decompressed
from scaling_lab.errors import UserError

IMAGE_SHAPE = (3, 32, 32)
IMAGE_BYTES = 3 * 32 * 32


@dataclass(frozen=True)
class CifarArchive:
    """A set as published. label, before: the place of the label in a record, and how many bytes precede the pixels."""

    name: str
    url: str
    sha256: str
    size: int
    train: tuple[str, ...]
    test: str
    classes: str
    label: int
    before: int

    @property
    def file(self) -> str:
        """The archive's own name."""
        return self.url.rpartition("/")[2]


CIFAR10 = CifarArchive(
    "cifar10",
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    170_052_171,
    tuple(f"data_batch_{number}.bin" for number in range(1, 6)),
    "test_batch.bin",
    "batches.meta.txt",
    label=0,
    before=1,
)
CIFAR100 = CifarArchive(
    "cifar100",
    "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
    "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
    168_513_733,
    ("train.bin",),
    "test.bin",
    "fine_label_names.txt",
    label=1,
    before=2,
)


def cifar10(path: str | None = None, download: bool = False, cache: str | None = None) -> InMemoryDataset:
    """CIFAR-10: 45,000 training, 5,000 held-out, 10,000 test pictures of 10 classes.

    path: cifar-10-binary.tar.gz, the folder that it unpacks to, or a folder with either; None is where a download is
    put. download: fetch the archive (170 MB) if it is not there. cache: where the pictures and downloads are kept.
    Raises UserError when nothing is there, or something else.
    """
    return _cifar(CIFAR10, path, download, cache)


def cifar100(path: str | None = None, download: bool = False, cache: str | None = None) -> InMemoryDataset:
    """CIFAR-100: 45,000 training, 5,000 held-out, 10,000 test pictures of its 100 fine classes. As `cifar10`."""
    return _cifar(CIFAR100, path, download, cache)


@once
def _cifar(archive: CifarArchive, path: str | None, download: bool, cache: str | None) -> InMemoryDataset:
    folder = Path(path).expanduser() if path else cache_folder(cache) / "downloads"
    if folder.name.endswith((*TAR_SUFFIXES, *COMPRESSED_TAR_SUFFIXES)):
        place = ensure_file(folder, archive.url, archive.sha256, archive.size, download)
    elif unpacked := [*folder.glob(archive.test), *folder.glob(f"*/{archive.test}")]:
        place = unpacked[0].parent
    else:
        place = ensure_file(folder / archive.file, archive.url, archive.sha256, archive.size, download)
    return load_or_build_dataset(
        cache, archive.name, {"source": fingerprint_source(place)}, lambda: _made(archive, place)
    )


def _made(archive: CifarArchive, place: Path) -> tuple[InMemoryDataset, tuple[str, ...]]:
    found = _files(place, (*archive.train, archive.test, archive.classes))
    classes = tuple(line.strip() for line in found[archive.classes].decode().splitlines() if line.strip())
    parts = {
        name: _records(archive, place / name, found[name], len(classes)) for name in (*archive.train, archive.test)
    }
    images, labels = (np.concatenate([parts[name][which] for name in archive.train]) for which in (0, 1))
    return InMemoryDataset(archive.name, len(classes), *hold_out(images, labels), Split(*parts[archive.test])), classes


def _files(place: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """The contents of these files of a folder, or of a tar whatever the folder in it."""
    found: dict[str, bytes] = {}
    if place.is_dir():
        for name in names:
            if (place / name).is_file():
                with open_decompressed(place / name) as stream:
                    found[name] = stream.read()
    else:
        inside = sorted(list_tar(place), key=lambda one: one.offset)
        with open_decompressed(place) as stream:
            for one in inside:
                if (name := one.name.rpartition("/")[2]) in names:
                    stream.seek(one.offset)
                    found[name] = stream.read(one.size)
    if missing := [name for name in names if name not in found]:
        raise UserError(f"{place} has no {', '.join(missing)}; the binary version is read, no other")
    return found


def _records(
    archive: CifarArchive, told: Path, content: bytes, classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    length = archive.before + IMAGE_BYTES
    if len(content) % length or not content:
        raise UserError(
            f"{told} ends early: {len(content):,} bytes are no whole number of pictures of {length:,} bytes"
        )
    records = np.frombuffer(content, np.uint8).reshape(-1, length)
    labels = records[:, archive.label].astype(np.int64)
    if labels.max() >= classes:
        raise UserError(f"{told} has a label {labels.max()}; there are {classes} classes")
    return records[:, archive.before :].reshape(-1, *IMAGE_SHAPE), labels
