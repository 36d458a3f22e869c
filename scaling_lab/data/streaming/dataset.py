"""Data sets that do not fit in memory: where the pictures lie. `stream_batches` reads them. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.listing import ImageEntry, list_images
from scaling_lab.data.files.listing import class_names as classes_of
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


@dataclass(frozen=True, eq=False)
class StreamedDataset:
    """A data set on disk, used as `pictures.Pictures` is. What is chosen is chosen on `held_out`; `test` is read once a
    point.

    `classes` is their number; `side` in pixels the largest that networks may ask for; `mean` and `std` are in 0 .. 1,
    one number a channel. corrupt: a training picture that cannot be decoded is fatal, or the next one is taken in its
    place and its name kept (skip). readers: processes that decode, 0 for none; they change no batch and are not in the
    fingerprint. ValueError for a value outside its range, naming it.
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
                raise ValueError(f"{name} is {value!r}; it must be a whole number of at least {least}")
        if self.corrupt not in get_args(OnCorrupt):
            raise ValueError(f"corrupt is {self.corrupt!r}; it must be one of {', '.join(get_args(OnCorrupt))}")
        for name in ("mean", "std"):
            values = getattr(self, name)
            if len(values) != COLOR_CHANNELS or not all(is_number(value) and 0 < value < 1 for value in values):
                raise ValueError(f"{name} is {values}; it must be {COLOR_CHANNELS} numbers between 0 and 1")

    @property
    def skipped(self) -> int:
        """Corrupt pictures that are left out: none, because another takes the place of each."""
        return 0

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.train.classes)

    @property
    def channels(self) -> int:
        """Number of colour channels: pictures without colour are given the same level in all three."""
        return COLOR_CHANNELS

    def normalize(self, batch: "Tensor") -> "Tensor":
        """Return uint8 (n, channels, h, w) normalized by `mean` and `std`: float32 in channels-last memory."""
        from scaling_lab.data.normalization import normalize_images  # imports torch

        return normalize_images(batch, self.mean, self.std)

    @cached_property
    def fingerprint(self) -> str:
        """16 hex digits that change with any name, label, size in bytes or order in any part, with mean and std.

        Of the pictures' bytes it knows only how many there are: to read all of ImageNet would take minutes.
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
    """The set at `path`: a folder, a tar or a folder of tars, as `listing` knows them, with a training and a test part.

    The test part is `test`, else `val`. held_out: the share of the training part that EfficientNet's authors held out
    (minival), or the part `val` of a set that has a test part, too. Each part is in the order of class and file name.
    name: None takes the path's. classes: how many there must be, None is any number. A set is listed once a process,
    and a line says so.
    Raises UserError for a path or a part that cannot be used, ValueError as `Streamed` does.
    """
    if not isinstance(path, str) or not path:
        raise UserError("a streamed set has no path; dataset.path=... names a folder or a tar")
    if held_out not in get_args(HeldOutSource):
        raise unknown_name("dataset.held_out", str(held_out), get_args(HeldOutSource))
    for what, values in (("mean", mean), ("std", std)):
        if not isinstance(values, list | tuple):
            raise UserError(f"dataset.{what} is {values!r}; it must be {COLOR_CHANNELS} numbers between 0 and 1")
    place = Path(path).expanduser()
    train, held, test = _parts(place, held_out)
    if classes is not None and classes != len(train.classes):
        raise UserError(f"{place} has {len(train.classes)} classes; dataset.classes is {classes}")
    name = name or f"streamed({place.resolve().name.removesuffix(TAR_SUFFIXES[0])})"
    return StreamedDataset(name, train, held, test, side, tuple(mean), tuple(std), corrupt, readers)


@cache
def _parts(place: Path, held_out: HeldOutSource) -> tuple[ImageIndex, ImageIndex, ImageIndex]:
    if place.is_file() and not is_uncompressed(place):
        raise UserError(f"{place} is compressed and can only be read from its start; unpack it to a .tar")
    print(f"listing {place} ..., once", flush=True)
    found = list_images(place)
    last = "test" if "test" in found else "val"
    for part in ("train", last, *(["val"] if held_out == "val" else [])):
        if part not in found:
            raise UserError(f"{place} has no part {part}; a streamed set needs train, and val, test or both")
    if held_out == last:
        raise UserError(f"held_out is val; that is the test part of {place}, which has no part test")
    names = classes_of(found["train"])
    parts = {part: _by_class(members, names) for part, members in found.items()}
    train, held = _without_minival(parts["train"]) if held_out == "minival" else (parts["train"], parts["val"])
    if bare := set(names) - {member.label for member in train}:
        raise UserError(f"{place}: all training pictures of class {min(bare)!r} are held out")
    return build_image_index(train, names), build_image_index(held, names), build_image_index(parts[last], names)


def _by_class(members: Sequence[ImageEntry], classes: Sequence[str]) -> list[ImageEntry]:
    """In the order of class and file name, whichever shard they lie in."""
    number = {label: place for place, label in enumerate(classes)}
    return sorted(members, key=lambda one: (number.get(one.label, len(number)), one.name.rpartition("/")[2], one.name))


def _without_minival(members: Sequence[ImageEntry]) -> tuple[list[ImageEntry], list[ImageEntry]]:
    """The others, and those held out."""
    held = set(select_minival(len(members)).tolist())
    return [m for i, m in enumerate(members) if i not in held], [members[i] for i in sorted(held)]
