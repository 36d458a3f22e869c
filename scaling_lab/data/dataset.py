"""Datasets in memory: three parts of labeled square images, and what is computed from them."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.summary import PARTS, DatasetSummary, Origin

if TYPE_CHECKING:
    from torch import Tensor

HISTOGRAM_CHUNK = 1000  # images


@dataclass(frozen=True, eq=False)
class Split:
    """Images and their labels in a fixed order, as read-only views.

    Attributes:
        images: uint8 (n, channels, side, side).
        labels: int64 (n,).

    Raises:
        ValueError: If dtype or shape differ from these, or n is 0.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = self.images.shape
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or shape[2] != shape[3] or 0 in shape:
            raise ValueError(f"images are {self.images.dtype} {shape}; must be uint8 (n, channels, side, side)")
        if self.labels.dtype != np.int64 or self.labels.shape != shape[:1]:
            raise ValueError(f"labels are {self.labels.dtype} {self.labels.shape}; must be int64 {shape[:1]}")
        for name in ("images", "labels"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class InMemoryDataset:
    """A dataset whose images are arrays, in memory or mapped from the cache.

    Choices are made on `held_out`; `test` is read once per point.

    Attributes:
        name: Name of the dataset, part of a point's key.
        classes: Number of classes; labels are 0 .. classes - 1.
        train: Training part.
        held_out: Part that choices are made on.
        test: Test part.
        skipped: Number of corrupt images that were left out.
        class_names: Name of each class, in the order of the labels; empty if not known.
        folder: Cache folder that holds the arrays, if any; such a dataset is pickled as this path, not as pixels.
        origin: Where the parts come from and which files were left out; not part of the fingerprint.

    Raises:
        ValueError: If a label is out of range, or the parts differ in channels or side.
    """

    name: str
    classes: int
    train: Split
    held_out: Split
    test: Split
    skipped: int = 0
    folder: Path | None = None
    class_names: tuple[str, ...] = ()
    origin: Origin = field(default_factory=Origin)

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("name is ''; a dataset needs a name")
        if self.classes < 2:
            raise ValueError(f"{self.name}: classes is {self.classes}; must be at least 2")
        for part, split in self._parts().items():
            if split.images.shape[1:] != self.train.images.shape[1:]:
                shape, expected = split.images.shape[1:], self.train.images.shape[1:]
                raise ValueError(f"{self.name}: {part} images are {shape}; training images are {expected}")
            if split.labels.min() < 0 or split.labels.max() >= self.classes:
                raise ValueError(f"{self.name}: {part} has labels outside 0 .. {self.classes - 1}")

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if self.folder is None:
            return super().__reduce_ex__(protocol)
        # imported here, because it imports this module
        from scaling_lab.data.files.cached_dataset import open_cached_dataset, verified_stamps

        return open_cached_dataset, (self.folder, verified_stamps(self.folder))

    @property
    def side(self) -> int:
        """Side length in pixels."""
        return int(self.train.images.shape[2])

    @property
    def channels(self) -> int:
        """Number of color channels."""
        return int(self.train.images.shape[1])

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of the training images in 0 .. 1, one number per channel."""
        return self._moments[0]

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation over all pixels of the training images in 0 .. 1, one number per channel."""
        return self._moments[1]

    @property
    def summary(self) -> DatasetSummary:
        """What was read of the dataset, for the plan to print: `dataset.summary.lines()`."""
        return DatasetSummary(
            name=self.name,
            parts=self.origin.summarize_parts({part: len(getattr(self, part)) for part in PARTS}),
            classes=self.classes,
            class_names=self.class_names,
            channels=self.channels,
            side=self.side,
            original_sides=self.origin.sides,
            skipped=self.origin.skipped,
        )

    def normalize(self, batch: "Tensor") -> "Tensor":
        """Return uint8 (n, channels, h, w) normalized by `mean` and `std`: float32 in channels-last memory."""
        from scaling_lab.data.normalization import normalize_images  # imports torch

        return normalize_images(batch, self.mean, self.std)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any pixel, label, shape or order in any of the three parts."""
        digest = hashlib.sha256()
        for split in self._parts().values():
            for array in (split.images, split.labels.astype("<i8", copy=False)):
                digest.update(repr(array.shape).encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]

    @cached_property
    def _moments(self) -> tuple[tuple[float, ...], tuple[float, ...]]:
        means, stds = [], []
        levels = np.arange(256) / 255
        for channel in range(self.channels):
            share = _histogram(self.train.images[:, channel]) / self.train.images[:, channel].size
            mean = float(share @ levels)
            means.append(mean)
            stds.append(float(np.sqrt(share @ (levels - mean) ** 2)))
        return tuple(means), tuple(stds)

    def _parts(self) -> dict[str, Split]:
        return {part: getattr(self, part) for part in PARTS}


def hold_out(images: NDArray[np.uint8], labels: NDArray[np.int64], every: int = 10) -> tuple[Split, Split]:
    """Split training images into (train, held_out): the last 1 / `every` of each class, in file order, is held out.

    Both keep the file order. The size of a class divided by `every` is rounded down.

    Raises:
        ValueError: If `every` is under 2, or a class has fewer than `every` images.
    """
    if every < 2:
        raise ValueError(f"every is {every}; must be at least 2")
    is_held_out = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        indices = np.flatnonzero(labels == label)
        if len(indices) < every:
            raise ValueError(f"class {label} has {len(indices)} images; at least {every} are needed to hold out 1")
        is_held_out[indices[-(len(indices) // every) :]] = True
    return Split(images[~is_held_out], labels[~is_held_out]), Split(images[is_held_out], labels[is_held_out])


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(pixels), HISTOGRAM_CHUNK):
        counts += np.bincount(pixels[start : start + HISTOGRAM_CHUNK].ravel(), minlength=256)
    return counts
