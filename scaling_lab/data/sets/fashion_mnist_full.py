"""Fashion-MNIST, all of it, from the four files as published."""

from functools import cache as once
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import cache_folder, fingerprint_source, load_or_build_dataset
from scaling_lab.data.files.download import ensure_file
from scaling_lab.data.files.idx import read_idx
from scaling_lab.errors import UserError

BASE_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"
IDX_FILES = {  # SHA-256 and bytes, as in Zalando's repository, gzipped
    "train-images-idx3-ubyte": ("3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
    "train-labels-idx1-ubyte": ("a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    "t10k-images-idx3-ubyte": ("346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", 4_422_102),
    "t10k-labels-idx1-ubyte": ("67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", 5_148),
}
CLASS_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def fashion_mnist_full(path: str | None = None, download: bool = False, cache: str | None = None) -> InMemoryDataset:
    """All of it: 54,000 training, 6,000 held-out and 10,000 test pictures of 10 classes, 28 x 28, grey.

    path: a folder with the four IDX files, gzipped or not; None looks where a download is put. download: fetch those
    that are not there, 31 MB in all. cache: where the pictures and downloads are kept (`kept`).
    Raises UserError when a file is not there or cannot be read.
    """
    return _full(path, download, cache)


@once
def _full(path: str | None, download: bool, cache: str | None) -> InMemoryDataset:
    folder = Path(path).expanduser() if path else cache_folder(cache) / "downloads" / "fashion-mnist"
    files = [_file(folder, name, download) for name in IDX_FILES]
    return load_or_build_dataset(
        cache, "fashion_mnist_full", {"source": [fingerprint_source(file) for file in files]}, lambda: _read(files)
    )


def _file(folder: Path, name: str, download: bool) -> Path:
    unpacked = folder / name
    return (
        unpacked
        if unpacked.is_file()
        else ensure_file(folder / f"{name}.gz", f"{BASE_URL}/{name}.gz", *IDX_FILES[name], download)
    )


def _read(files: list[Path]) -> tuple[InMemoryDataset, tuple[str, ...]]:
    train, test = (_pair(*files[start : start + 2]) for start in (0, 2))
    return InMemoryDataset("fashion_mnist_full", len(CLASS_NAMES), *hold_out(*train), Split(*test)), CLASS_NAMES


def _pair(images: Path, labels: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    try:
        pictures, numbers = read_idx(images), read_idx(labels)
    except OSError as error:
        raise UserError(f"{error.filename} cannot be read: {error.strerror}") from None
    if pictures.ndim != 3 or numbers.shape != pictures.shape[:1]:
        raise ValueError(f"{images} {pictures.shape} and {labels} {numbers.shape} are not pictures and their labels")
    return pictures[:, None], numbers.astype(np.int64)
