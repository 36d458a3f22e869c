"""The complete Fashion-MNIST, from the four published files."""

from functools import cache as memoize
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import cache_folder, load_or_build_dataset
from scaling_lab.data.files.download import ensure_file
from scaling_lab.data.files.idx import read_idx
from scaling_lab.data.files.source import fingerprint_source
from scaling_lab.data.fraction import check_fraction
from scaling_lab.data.sets.fashion_mnist import CLASS_NAMES
from scaling_lab.data.settings import check_path
from scaling_lab.errors import UserError

BASE_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
IDX_FILES = {  # SHA-256 and size in bytes of the gzipped files in Zalando's repository
    "train-images-idx3-ubyte": ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
    "train-labels-idx1-ubyte": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    "t10k-images-idx3-ubyte": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
    "t10k-labels-idx1-ubyte": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
}


def fashion_mnist_full(
    path: str | None = None, download: bool = False, fraction: float = 1, cache: str | None = None
) -> InMemoryDataset:
    """Return 54,000 training, 6,000 held-out and 10,000 test images of 10 classes, 28 x 28 px, gray.

    Args:
        path: Folder with the four IDX files, gzipped or not; None uses the download folder.
        download: Whether to download missing files, 31 MB in all.
        fraction: Share of the training images to train on: the first of each class, in file order.
        cache: Folder of cached datasets and downloads; None uses the default.

    Raises:
        UserError: If a file does not exist or cannot be read.
    """
    return _load(path, download, check_fraction(fraction), cache)


@memoize
def _load(path: str | None, download: bool, fraction: float, cache: str | None) -> InMemoryDataset:
    folder = check_path(path, "fashion_mnist_full") if path else cache_folder(cache) / "downloads" / "fashion-mnist"
    files = [_ensure_idx(folder, name, download) for name in IDX_FILES]
    identity = {"source": [fingerprint_source(file) for file in files]}
    return load_or_build_dataset(cache, "fashion_mnist_full", identity, lambda: _build(files), fraction)


def _ensure_idx(folder: Path, name: str, download: bool) -> Path:
    unpacked = folder / name
    if unpacked.is_file():
        return unpacked
    return ensure_file(folder / f"{name}.gz", f"{BASE_URL}/{name}.gz", *IDX_FILES[name], download)


def _build(files: list[Path]) -> InMemoryDataset:
    train, test = (_read_pair(*files[start : start + 2]) for start in (0, 2))
    splits = (*hold_out(*train), Split(*test))
    return InMemoryDataset("fashion_mnist_full", len(CLASS_NAMES), *splits, class_names=CLASS_NAMES)


def _read_pair(images_file: Path, labels_file: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        images, labels = read_idx(images_file), read_idx(labels_file)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from None
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"{images_file} {images.shape} and {labels_file} {labels.shape} must be n images and their n labels"
        )
    return images[:, None], labels.astype(np.int64)
