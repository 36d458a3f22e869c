"""Any folder or tar of class folders as a data set in memory."""

from collections import Counter
from collections.abc import Sequence
from functools import cache as once
from pathlib import Path

import numpy as np

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import fingerprint_source, load_or_build_dataset
from scaling_lab.data.files.decoding import MIN_SIDE, decode_images, summarize_corrupt
from scaling_lab.data.files.listing import ImageEntry, class_names, list_images
from scaling_lab.data.files.tar import COMPRESSED_TAR_SUFFIXES, TAR_SUFFIXES
from scaling_lab.errors import UserError, unknown_name

CORRUPT_CHOICES = ("fatal", "skip")
MAX_SIDE = 1024
HELD_OUT_ONE_IN, TESTED_ONE_IN = 10, 5
LOG_ABOVE_IMAGES = 5_000  # pictures


def image_folder(
    path: str | None = None, side: int | None = None, corrupt: str = "fatal", cache: str | None = None
) -> InMemoryDataset:
    """The pictures at `path`: a folder of class folders, a tar of such, or a folder of tars (`listing`).

    With train/ the test part is test/, else val/ or validation/; without those, and for class folders at the root, it
    is the last fifth of each class in name order. Of the training part the last tenth of each class is held out. side:
    pictures are resized and cut to it (`decoding.square`), None leaves them as they are. corrupt: `fatal` or `skip`.
    cache: where the decoded pictures are kept (`kept`). Classes are in the order of `listing.classes`.

    The same value for the same arguments within a process. Raises UserError for all that cannot be read so.
    """
    if not isinstance(path, str) or not path:
        raise UserError("image_folder has no path; dataset.path=... names a folder or a tar of class folders")
    if side is not None and (type(side) is not int or not MIN_SIDE <= side <= MAX_SIDE):
        raise UserError(f"side is {side!r}; it must be a whole number from {MIN_SIDE} to {MAX_SIDE}, or null")
    if corrupt not in CORRUPT_CHOICES:
        raise unknown_name("corrupt", str(corrupt), CORRUPT_CHOICES)
    return _image_folder(path, side, corrupt == "skip", cache)


@once
def _image_folder(path: str, side: int | None, skip: bool, cache: str | None) -> InMemoryDataset:
    place = Path(path).expanduser()
    stem = place.resolve().name
    for ending in (*COMPRESSED_TAR_SUFFIXES, *TAR_SUFFIXES):
        stem = stem.removesuffix(ending)
    name = f"image_folder({stem}{f', {side} px' if side else ''})"
    identity = {"source": fingerprint_source(place), "side": side, "skip": skip}
    return load_or_build_dataset(cache, stem, identity, lambda: _made(name, place, side, skip))


def _made(name: str, place: Path, side: int | None, skip: bool) -> tuple[InMemoryDataset, tuple[str, ...]]:
    train, test = _parts(place)
    named, members = class_names(train), [*train, *test]
    if len(members) > LOG_ABOVE_IMAGES:
        print(f"decoding {len(members):,} pictures of {place.name} ..., once", flush=True)
    found = decode_images(members, side, skip)
    trained = int(found.good[: len(train)].sum())
    if found.corrupt:
        print(f"{place}: {summarize_corrupt(found.corrupt)}", flush=True)
        left = [member for member, good in zip(members, found.good, strict=True) if good]
        _check_counts(place, named, left[:trained], left[trained:])
    numbers = {label: number for number, label in enumerate(named)}
    labels = np.array([numbers[member.label] for member in members], dtype=np.int64)[found.good]
    split = hold_out(found.images[:trained], labels[:trained], HELD_OUT_ONE_IN)
    tested = Split(found.images[trained:].copy(), labels[trained:])  # a view would keep the training pictures, too
    return InMemoryDataset(name, len(named), *split, tested, skipped=len(found.corrupt)), named


def _parts(place: Path) -> tuple[Sequence[ImageEntry], Sequence[ImageEntry]]:
    """Training and test pictures, each sorted by name."""
    found = list_images(place)
    train: Sequence[ImageEntry] = found.get("train", found.get("", ()))
    test: Sequence[ImageEntry] | None = found.get("test", found.get("val"))
    if test is None:
        train, test = _last_fifth(train)
    _check_counts(place, class_names(train), train, test)
    return train, test


def _last_fifth(members: Sequence[ImageEntry]) -> tuple[Sequence[ImageEntry], Sequence[ImageEntry]]:
    left = {label: count - count // TESTED_ONE_IN for label, count in Counter(one.label for one in members).items()}
    train: list[ImageEntry] = []
    test: list[ImageEntry] = []
    for member in members:
        left[member.label] -= 1
        (test if left[member.label] < 0 else train).append(member)
    return train, test


def _check_counts(place: Path, named: Sequence[str], train: Sequence[ImageEntry], test: Sequence[ImageEntry]) -> None:
    """Raises UserError unless both parts have these classes, the training part with enough to hold some out."""
    trained, tested = (Counter(member.label for member in part) for part in (train, test))
    for label in tested:
        if label not in named:
            raise UserError(f"{place}: class {label!r} is in the test part and not in the training part")
    for label in named:
        if trained[label] < HELD_OUT_ONE_IN:
            few = f"class {label!r} has {trained[label]} training pictures; {HELD_OUT_ONE_IN} are needed"
            raise UserError(f"{place}: {few}, because one in {HELD_OUT_ONE_IN} is held out")
        if not tested[label]:
            raise UserError(f"{place}: class {label!r} has no test picture")
