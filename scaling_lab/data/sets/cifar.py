"""CIFAR-10 and CIFAR-100 from their binary archives (Krizhevsky 2009; https://www.cs.toronto.edu/~kriz/cifar.html).

Lossless, as published: 50,000 training and 10,000 test images of 32 x 32 px RGB. The last tenth of each class of the
training images is held out. The archives of Python pickles are not supported.
"""

from dataclasses import dataclass
from functools import cache as memoize
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import cache_folder, load_or_build_dataset
from scaling_lab.data.files.download import ensure_file
from scaling_lab.data.files.source import fingerprint_source
from scaling_lab.data.files.tar import COMPRESSED_TAR_SUFFIXES, TAR_SUFFIXES, list_tar, open_decompressed
from scaling_lab.data.fraction import check_fraction
from scaling_lab.data.settings import check_path
from scaling_lab.errors import UserError

IMAGE_SHAPE = (3, 32, 32)
CIFAR_IMAGE_BYTES = 3 * 32 * 32


@dataclass(frozen=True)
class CifarArchive:
    """A published archive.

    Attributes:
        name: Name of the dataset.
        url: Address of the archive.
        sha256: SHA-256 of the archive in hex.
        size: Size of the archive in bytes.
        train: Names of the training files in the archive.
        test: Name of the test file.
        classes: Name of the file of class names.
        label: Index of the label in a record.
        before: Number of bytes before the pixels of a record.
    """

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
        """File name of the archive."""
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


def cifar10(
    path: str | None = None, download: bool = False, fraction: float = 1, cache: str | None = None
) -> InMemoryDataset:
    """Return CIFAR-10: 45,000 training, 5,000 held-out and 10,000 test images of 10 classes.

    Args:
        path: cifar-10-binary.tar.gz, the folder it unpacks to, or a folder that contains either; None uses the
            download folder.
        download: Whether to download the archive (170 MB) if it does not exist.
        fraction: Share of the training images to train on: the first of each class, in file order.
        cache: Folder of cached datasets and downloads; None uses the default.

    Raises:
        UserError: If the archive does not exist or has unexpected content.
    """
    return _load(CIFAR10, path, download, check_fraction(fraction), cache)


def cifar100(
    path: str | None = None, download: bool = False, fraction: float = 1, cache: str | None = None
) -> InMemoryDataset:
    """Return CIFAR-100: 45,000 training, 5,000 held-out and 10,000 test images of its 100 fine classes.

    Arguments and errors are those of `cifar10`; the archive has 169 MB.
    """
    return _load(CIFAR100, path, download, check_fraction(fraction), cache)


@memoize
def _load(
    archive: CifarArchive, path: str | None, download: bool, fraction: float, cache: str | None
) -> InMemoryDataset:
    folder = check_path(path, archive.name) if path else cache_folder(cache) / "downloads"
    if folder.name.endswith((*TAR_SUFFIXES, *COMPRESSED_TAR_SUFFIXES)):
        source = ensure_file(folder, archive.url, archive.sha256, archive.size, download)
    elif unpacked := [*folder.glob(archive.test), *folder.glob(f"*/{archive.test}")]:
        source = unpacked[0].parent
    else:
        source = ensure_file(folder / archive.file, archive.url, archive.sha256, archive.size, download)
    identity = {"source": fingerprint_source(source)}
    return load_or_build_dataset(cache, archive.name, identity, lambda: _build(archive, source), fraction)


def _build(archive: CifarArchive, source: Path) -> InMemoryDataset:
    contents = _read_files(source, (*archive.train, archive.test, archive.classes))
    classes = tuple(line.strip() for line in contents[archive.classes].decode().splitlines() if line.strip())
    parts = {
        name: _parse_records(archive, source / name, contents[name], len(classes))
        for name in (*archive.train, archive.test)
    }
    images, labels = (np.concatenate([parts[name][index] for name in archive.train]) for index in (0, 1))
    train, held_out = hold_out(images, labels)
    test = Split(*parts[archive.test])
    return InMemoryDataset(archive.name, len(classes), train, held_out, test, class_names=classes)


def _read_files(source: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """Return the contents of these files in a folder, or in a tar under any folder."""
    contents: dict[str, bytes] = {}
    if source.is_dir():
        for name in names:
            if (source / name).is_file():
                with open_decompressed(source / name) as stream:
                    contents[name] = stream.read()
    else:
        entries = sorted(list_tar(source), key=lambda entry: entry.offset)
        with open_decompressed(source) as stream:
            for entry in entries:
                if (name := entry.name.rpartition("/")[2]) in names:
                    stream.seek(entry.offset)
                    contents[name] = stream.read(entry.size)
    if missing := [name for name in names if name not in contents]:
        raise UserError(
            f"{source} has no {', '.join(missing)}; only the binary version is supported; for class folders of images, "
            f"use dataset=image_folder dataset.path={source}"
        )
    return contents


def _parse_records(
    archive: CifarArchive, path: Path, content: bytes, classes: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    length = archive.before + CIFAR_IMAGE_BYTES
    if len(content) % length or not content:
        raise UserError(f"{path} ends early: {len(content):,} bytes are not a multiple of {length:,} bytes per image")
    records = np.frombuffer(content, np.uint8).reshape(-1, length)
    labels = records[:, archive.label].astype(np.int64)
    if labels.max() >= classes:
        raise UserError(f"{path} has a label {labels.max()}; must be < {classes}, the number of classes")
    return records[:, archive.before :].reshape(-1, *IMAGE_SHAPE), labels
