"""What a data set is: three parts of labelled square pictures, and what is read off them."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Tensor

HISTOGRAM_CHUNK = 1000


@dataclass(frozen=True, eq=False)
class Split:
    """Pictures and their labels, in a fixed order; held as read-only views.

    `images` is uint8 (n, channels, side, side), `labels` int64 (n,). ValueError if they are not, or if there are none.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = self.images.shape
        if self.images.dtype != np.uint8 or self.images.ndim != 4 or shape[2] != shape[3] or 0 in shape:
            raise ValueError(f"images must be uint8 (n, channels, side, side), not {self.images.dtype} {shape}")
        if self.labels.dtype != np.int64 or self.labels.shape != shape[:1]:
            raise ValueError(f"labels must be int64 {shape[:1]}, not {self.labels.dtype} {self.labels.shape}")
        for name in ("images", "labels"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class InMemoryDataset:
    """A data set. What is chosen is chosen on `held_out`; `test` is read once a point.

    `classes` is their number; labels are 0 .. classes - 1. `skipped` corrupt pictures were left out. `folder` is where
    the parts lie as arrays (`kept` writes and maps them); such a value is pickled as that place, not as its pixels.
    ValueError if a label is outside that range or if the parts differ in channels or side.
    """

    name: str
    classes: int
    train: Split
    held_out: Split
    test: Split
    skipped: int = 0
    folder: Path | None = None

    def __post_init__(self) -> None:
        if not self.name:
            raise ValueError("a data set needs a name")
        if self.classes < 2:
            raise ValueError(f"{self.name}: {self.classes} classes; at least 2 are needed")
        for part, split in self._parts().items():
            if split.images.shape[1:] != self.train.images.shape[1:]:
                expected, found = self.train.images.shape[1:], split.images.shape[1:]
                raise ValueError(f"{self.name}: {part} pictures are {found}, training pictures {expected}")
            if split.labels.min() < 0 or split.labels.max() >= self.classes:
                raise ValueError(f"{self.name}: {part} has labels outside 0 .. {self.classes - 1}")

    def __reduce_ex__(self, protocol: SupportsIndex) -> Any:
        if self.folder is None:
            return super().__reduce_ex__(protocol)
        from scaling_lab.data.files.cache import open_cached_dataset  # which imports this module

        return open_cached_dataset, (self.folder,)

    @property
    def side(self) -> int:
        """Side length in pixels."""
        return int(self.train.images.shape[2])

    @property
    def channels(self) -> int:
        """Number of colour channels."""
        return int(self.train.images.shape[1])

    @property
    def mean(self) -> tuple[float, ...]:
        """Mean of the training pictures in 0 .. 1, one number a channel."""
        return self._moments[0]

    @property
    def std(self) -> tuple[float, ...]:
        """Standard deviation over all pixels of the training pictures in 0 .. 1, one number a channel."""
        return self._moments[1]

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
        return {"train": self.train, "held_out": self.held_out, "test": self.test}


def hold_out(images: NDArray[np.uint8], labels: NDArray[np.int64], every: int = 10) -> tuple[Split, Split]:
    """Split training pictures into (train, held_out): the last 1 / `every` of each class, in file order, is held out.

    Both keep the file order. A class whose size is no multiple of `every` gives the whole part below. ValueError if
    `every` is under 2 or a class would give nothing.
    """
    if every < 2:
        raise ValueError(f"every must be at least 2, not {every}")
    held = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        places = np.flatnonzero(labels == label)
        if len(places) < every:
            raise ValueError(f"class {label} has {len(places)} pictures, too few to hold out one in {every}")
        held[places[-(len(places) // every) :]] = True
    return Split(images[~held], labels[~held]), Split(images[held], labels[held])


def _histogram(pixels: NDArray[np.uint8]) -> NDArray[np.int64]:
    counts = np.zeros(256, dtype=np.int64)
    for start in range(0, len(pixels), HISTOGRAM_CHUNK):
        counts += np.bincount(pixels[start : start + HISTOGRAM_CHUNK].ravel(), minlength=256)
    return counts
