"""Datasets that do not fit in memory: the locations of their images. `streaming.batches` reads them. No torch."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.listing import ImageEntry, class_names, list_images
from scaling_lab.data.files.tar import TAR_SUFFIXES, is_uncompressed
from scaling_lab.data.streaming.index import ImageIndex, build_image_index
from scaling_lab.data.streaming.minival import select_minival
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.validation import is_number

if TYPE_CHECKING:
    from torch import Tensor

OnCorrupt = Literal["fatal", "skip"]
HeldOutSource = Literal["minival", "val"]
COLOR_CHANNELS = 3

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class StreamedDataset:
    """A dataset on disk, used in the same way as an `InMemoryDataset`.

    Choices are made on `held_out`; `test` is read once per point.

    Attributes:
        name: Name of the dataset, part of a point's key.
        train: Index of the training part.
        held_out: Index of the part that choices are made on.
        test: Index of the test part.
        side: Largest side in pixels that a network may have.
        mean: Mean of the training images in 0 .. 1, one number per channel.
        std: Standard deviation of the training images in 0 .. 1, one number per channel.
        corrupt: What happens for a training image that cannot be decoded: `fatal` raises; `skip` replaces it by the
            next one and records its name.
        readers: Number of processes that decode; 0 decodes in the training process. It changes no batch and is not
            part of the fingerprint.

    Raises:
        ValueError: If a value is out of range; the message names it.
    """

    name: str
    train: ImageIndex
    held_out: ImageIndex
    test: ImageIndex
    side: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    corrupt: OnCorrupt = "fatal"
    readers: int = 2

    def __post_init__(self) -> None:
        for name, least in {"side": 1, "readers": 0}.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ValueError(f"{name} is {value!r}; must be an integer >= {least}")
        if self.corrupt not in get_args(OnCorrupt):
            raise ValueError(f"corrupt is {self.corrupt!r}; must be one of {', '.join(get_args(OnCorrupt))}")
        for name in ("mean", "std"):
            values = getattr(self, name)
            if len(values) != COLOR_CHANNELS or not all(is_number(value) and 0 < value < 1 for value in values):
                raise ValueError(f"{name} is {values}; must be {COLOR_CHANNELS} numbers between 0 and 1")

    @property
    def skipped(self) -> int:
        """Number of corrupt images that are left out: 0, because each is replaced by another."""
        return 0

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class, in the order of the labels."""
        return tuple(self.train.classes)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.train.classes)

    @property
    def channels(self) -> int:
        """Number of color channels; gray images have the same level in all three."""
        return COLOR_CHANNELS

    def normalize(self, batch: "Tensor") -> "Tensor":
        """Return uint8 (n, channels, h, w) normalized by `mean` and `std`: float32 in channels-last memory."""
        from scaling_lab.data.normalization import normalize_images  # imports torch

        return normalize_images(batch, self.mean, self.std)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any name, label, file size or order in any part, and with mean and std.

        The images' bytes are not read, because reading all of ImageNet would take minutes.
        """
        digest = sha256(repr((self.mean, self.std)).encode())
        for part in (self.train, self.held_out, self.test):
            digest.update(part.fingerprint)
        return digest.hexdigest()[:16]


Dataset = InMemoryDataset | StreamedDataset


def streamed_dataset(
    path: str | None,
    side: int,
    mean: Sequence[float],
    std: Sequence[float],
    name: str | None = None,
    classes: int | None = None,
    held_out: HeldOutSource = "minival",
    corrupt: OnCorrupt = "fatal",
    readers: int = 2,
) -> StreamedDataset:
    """Return the dataset at `path`, which needs a training and a test part; the test part is `test`, else `val`.

    The images of a part are sorted by class and file name. A path is listed once per process, which is logged.

    Args:
        path: A folder, a tar or a folder of tars, in a layout that `listing` supports.
        side: Largest side in pixels that a network may have.
        mean: Mean of the training images in 0 .. 1, one number per channel.
        std: Standard deviation of the training images in 0 .. 1, one number per channel.
        name: Name of the dataset; None derives it from the path.
        classes: Expected number of classes; None accepts any.
        held_out: `minival` holds out the share of the training part that EfficientNet's authors held out; `val` uses
            the part `val` of a dataset that also has a part `test`.
        corrupt: As in `StreamedDataset`.
        readers: As in `StreamedDataset`.

    Raises:
        UserError: If the path or a part cannot be used.
        ValueError: As in `StreamedDataset`.
    """
    if not isinstance(path, str) or not path:
        raise UserError("the streamed dataset has no path; set dataset.path=... to a folder or a tar")
    if held_out not in get_args(HeldOutSource):
        raise unknown_name("dataset.held_out", str(held_out), get_args(HeldOutSource))
    for setting, values in (("mean", mean), ("std", std)):
        if not isinstance(values, list | tuple):
            raise UserError(f"dataset.{setting} is {values!r}; must be {COLOR_CHANNELS} numbers between 0 and 1")
    source = Path(path).expanduser()
    train, held_out_part, test = _load_parts(source, held_out)
    if classes is not None and classes != len(train.classes):
        raise UserError(f"dataset.classes is {classes}; {source} has {len(train.classes)} classes")
    name = name or f"streamed({source.resolve().name.removesuffix(TAR_SUFFIXES[0])})"
    return StreamedDataset(name, train, held_out_part, test, side, tuple(mean), tuple(std), corrupt, readers)


@cache
def _load_parts(source: Path, held_out: HeldOutSource) -> tuple[ImageIndex, ImageIndex, ImageIndex]:
    if source.is_file() and not is_uncompressed(source):
        raise UserError(f"{source} is compressed and can only be read from its start; unpack it to a .tar")
    logger.info("listing %s", source)
    listed = list_images(source)
    test_part = "test" if "test" in listed else "val"
    for part in ("train", test_part, *(["val"] if held_out == "val" else [])):
        if part not in listed:
            raise UserError(f"{source} has no part {part}; a streamed dataset needs train, and val, test or both")
    if held_out == test_part:
        raise UserError(f"held_out is val, but that is the test part of {source}, which has no part test")
    classes = class_names(listed["train"])
    parts = {part: _sort_by_class(entries, classes) for part, entries in listed.items()}
    if held_out == "minival":
        train, held_out_part = _split_minival(parts["train"])
    else:
        train, held_out_part = parts["train"], parts["val"]
    if empty := set(classes) - {entry.label for entry in train}:
        raise UserError(f"{source}: all training images of class {min(empty)!r} are held out")
    return (
        build_image_index(train, classes),
        build_image_index(held_out_part, classes),
        build_image_index(parts[test_part], classes),
    )


def _sort_by_class(entries: Sequence[ImageEntry], classes: Sequence[str]) -> list[ImageEntry]:
    """Sort by class and file name, independently of shards."""
    number = {label: index for index, label in enumerate(classes)}

    def order(entry: ImageEntry) -> tuple[int, str, str]:
        return number.get(entry.label, len(number)), entry.name.rpartition("/")[2], entry.name

    return sorted(entries, key=order)


def _split_minival(entries: Sequence[ImageEntry]) -> tuple[list[ImageEntry], list[ImageEntry]]:
    """Return training images and held-out images."""
    selected = set(select_minival(len(entries)).tolist())
    train = [entry for index, entry in enumerate(entries) if index not in selected]
    return train, [entries[index] for index in sorted(selected)]
