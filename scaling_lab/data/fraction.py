"""A share of the training images, for studies of how accuracy depends on the amount of data."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.summary import Origin
from scaling_lab.errors import UserError
from scaling_lab.validation import is_number


def check_fraction(value: Any) -> float:
    """Return the setting as a float. Raises UserError unless it is above 0 and at most 1."""
    if not is_number(value) or not 0 < value <= 1:
        raise UserError(f"fraction is {value!r}; must be a number above 0 and at most 1")
    return float(value)


def first_of_each_class(labels: NDArray[np.int64], fraction: float) -> NDArray[np.int64]:
    """Return the indices of the first images of each class, ascending: a fraction of the class, at least 1.

    A smaller fraction is a subset of a larger one.

    Args:
        labels: int64 (n,), in file order.
        fraction: Above 0 and at most 1.
    """
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    rank = np.arange(len(labels)) - np.repeat(np.cumsum(counts) - counts, counts)  # within the class
    sizes = np.maximum(1, np.floor(fraction * counts + 0.5))
    return np.sort(order[rank < np.repeat(sizes, counts)])


def take_fraction(dataset: InMemoryDataset, fraction: float) -> InMemoryDataset:
    """Return the dataset with a fraction of its training images; held-out and test images are the same.

    The first images of each class are taken, in file order. Mean and standard deviation are those of these images. With
    a fraction of 1, the dataset itself is returned.
    """
    if fraction == 1:
        return dataset
    taken = first_of_each_class(dataset.train.labels, fraction)
    return replace(
        dataset,
        name=name_fraction(dataset.name, fraction),
        train=Split(dataset.train.images[taken], dataset.train.labels[taken]),
        folder=None,
        origin=describe_fraction(dataset.origin, fraction),
    )


def name_fraction(name: str, fraction: float) -> str:
    """Return the name of a dataset with a fraction of its training images: `cifar10(fraction=0.1)`."""
    if fraction == 1:
        return name
    start = f"{name[:-1]}, " if name.endswith(")") else f"{name}("
    return f"{start}fraction={fraction!r})"


def describe_fraction(origin: Origin, fraction: float) -> Origin:
    """Return the origin of a dataset with a fraction of its training images."""
    words = f"the first {100 * fraction:g} % of each class"
    if fraction == 1:
        return origin
    before = origin.parts.get("train")
    return replace(origin, parts={**origin.parts, "train": f"{words} of {before}" if before else words})
