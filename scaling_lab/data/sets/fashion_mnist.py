"""Fashion-MNIST, what of it lies in the package (`scripts/embed_fashion_mnist.py` made it)."""

from functools import cache
from pathlib import Path

import numpy as np

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out


@cache
def fashion_mnist_10k() -> InMemoryDataset:
    """Return the same with all 10,000 test pictures: those of `fashion_mnist` first, then the others in file order."""
    few = fashion_mnist()
    with np.load(Path(__file__).with_name("fashion_mnist_rest.npz"), allow_pickle=False) as file:
        images = np.concatenate([few.test.images, file["test_images"][:, None]])
        labels = np.concatenate([few.test.labels, file["test_labels"].astype(np.int64)])
    return InMemoryDataset("fashion_mnist_10k", 10, few.train, few.held_out, Split(images, labels))


@cache
def fashion_mnist() -> InMemoryDataset:
    """Return 9,000 training, 1,000 held-out and 2,000 test pictures: 10 classes, 1 channel, 28 pixels, as published.

    Loaded once a process.
    """
    with np.load(Path(__file__).with_suffix(".npz"), allow_pickle=False) as file:
        train, held_out = hold_out(file["train_images"][:, None], file["train_labels"].astype(np.int64))
        test = Split(file["test_images"][:, None], file["test_labels"].astype(np.int64))
    return InMemoryDataset("fashion_mnist", 10, train, held_out, test)
