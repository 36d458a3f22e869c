"""Datasets that do not fit in memory: the locations of their images. `streaming.batches` reads them. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Literal, get_args

from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.tar import TAR_SUFFIXES
from scaling_lab.data.fraction import check_fraction, describe_fraction, first_of_each_class, name_fraction
from scaling_lab.data.settings import check_path
from scaling_lab.data.streaming.index import ImageIndex
from scaling_lab.data.streaming.parts import HeldOutSource, load_parts
from scaling_lab.data.summary import PARTS, DatasetSummary, Origin
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.validation import is_number

if TYPE_CHECKING:
    from torch import Tensor

OnCorrupt = Literal["fatal", "skip"]
COLOR_CHANNELS = 3


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
        origin: Where the parts come from and which files were left out; not part of the fingerprint.

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
    origin: Origin = field(default_factory=Origin)

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

    @property
    def summary(self) -> DatasetSummary:
        """What was read of the dataset, for the plan to print: `dataset.summary.lines()`."""
        return DatasetSummary(
            name=self.name,
            parts=self.origin.summarize_parts({part: len(getattr(self, part)) for part in PARTS}),
            classes=self.classes,
            class_names=self.train.classes,
            channels=self.channels,
            side=self.side,
            original_sides=None,
            skipped=self.origin.skipped,
        )

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
    fraction: float = 1,
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
        fraction: Share of the training images to train on: the first of each class, in name order.
        readers: As in `StreamedDataset`.

    Raises:
        UserError: If the path or a part cannot be used.
        ValueError: As in `StreamedDataset`.
    """
    source = check_path(path, "the streamed dataset")
    _check_settings(held_out, mean, std)
    share = check_fraction(fraction)
    train, held_out_part, test, origin = load_parts(source, held_out, corrupt == "skip")
    if classes is not None and classes != len(train.classes):
        raise UserError(f"dataset.classes is {classes}; {source} has {len(train.classes)} classes")
    name = name or f"streamed({source.resolve().name.removesuffix(TAR_SUFFIXES[0])})"
    return StreamedDataset(
        name=name_fraction(name, share),
        train=train if share == 1 else train.subset(first_of_each_class(train.labels, share)),
        held_out=held_out_part,
        test=test,
        side=side,
        mean=tuple(mean),
        std=tuple(std),
        corrupt=corrupt,
        readers=readers,
        origin=describe_fraction(origin, share),
    )


def _check_settings(held_out: object, mean: object, std: object) -> None:
    """Raise UserError for settings that must be right before a path is listed."""
    if held_out not in get_args(HeldOutSource):
        raise unknown_name("dataset.held_out", str(held_out), get_args(HeldOutSource))
    for setting, values in (("mean", mean), ("std", std)):
        if not isinstance(values, list | tuple):
            raise UserError(f"dataset.{setting} is {values!r}; must be {COLOR_CHANNELS} numbers between 0 and 1")
