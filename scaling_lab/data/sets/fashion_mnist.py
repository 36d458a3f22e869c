"""Fashion-MNIST: the subset that is part of this package, made by `scripts/embed_fashion_mnist.py`."""

from functools import cache
from pathlib import Path

import numpy as np

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.fraction import check_fraction, take_fraction

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


def fashion_mnist_10k(fraction: float = 1) -> InMemoryDataset:
    """Return the subset with all 10,000 test images: those of `fashion_mnist` first, then the others in file order.

    Args:
        fraction: Share of the training images to train on: the first of each class, in file order.
    """
    return _take("fashion_mnist_10k", check_fraction(fraction))


def fashion_mnist(fraction: float = 1) -> InMemoryDataset:
    """Return 9,000 training, 1,000 held-out and 2,000 test images: 10 classes, 1 channel, 28 x 28 px, as published.

    Loaded once per process.

    Args:
        fraction: Share of the training images to train on: the first of each class, in file order.
    """
    return _take("fashion_mnist", check_fraction(fraction))


@cache
def _take(name: str, fraction: float) -> InMemoryDataset:
    return take_fraction(_load_10k() if name == "fashion_mnist_10k" else _load(), fraction)


@cache
def _load() -> InMemoryDataset:
    with np.load(Path(__file__).with_name("fashion_mnist.npz"), allow_pickle=False) as file:
        train, held_out = hold_out(file["train_images"][:, None], file["train_labels"].astype(np.int64))
        test = Split(file["test_images"][:, None], file["test_labels"].astype(np.int64))
    return InMemoryDataset("fashion_mnist", 10, train, held_out, test, class_names=CLASS_NAMES)


@cache
def _load_10k() -> InMemoryDataset:
    subset = _load()
    with np.load(Path(__file__).with_name("fashion_mnist_rest.npz"), allow_pickle=False) as file:
        images = np.concatenate([subset.test.images, file["test_images"][:, None]])
        labels = np.concatenate([subset.test.labels, file["test_labels"].astype(np.int64)])
    test = Split(images, labels)
    return InMemoryDataset("fashion_mnist_10k", 10, subset.train, subset.held_out, test, class_names=CLASS_NAMES)
