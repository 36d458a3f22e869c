"""Any folder or tar of class folders as a dataset in memory."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as memoize
from pathlib import Path

import numpy as np

from scaling_lab.data.dataset import InMemoryDataset, Split, hold_out
from scaling_lab.data.files.cache import load_or_build_dataset
from scaling_lab.data.files.decoding import MIN_SIDE, decode_images, summarize_corrupt
from scaling_lab.data.files.entries import ImageEntry, class_names
from scaling_lab.data.files.listing import list_images
from scaling_lab.data.files.parts import check_same_classes
from scaling_lab.data.files.source import fingerprint_source
from scaling_lab.data.files.tar import COMPRESSED_TAR_SUFFIXES, TAR_SUFFIXES
from scaling_lab.data.fraction import check_fraction
from scaling_lab.data.settings import CORRUPT_CHOICES, check_path
from scaling_lab.data.summary import Origin, Part, SkipLog
from scaling_lab.errors import UserError, unknown_name

MAX_SIDE = 1024
HELD_OUT_ONE_IN, TEST_ONE_IN = 10, 5
LOG_ABOVE_IMAGES = 5_000

logger = logging.getLogger(__name__)


def image_folder(
    path: str | None = None,
    side: int | None = None,
    corrupt: str = "fatal",
    fraction: float = 1,
    cache: str | None = None,
) -> InMemoryDataset:
    """Return the images at `path`: a folder of class folders, a tar of such a folder, or a folder of tars.

    With train/, the test part is test/, else val/ (`parts.PART_NAMES` has their other names); without those, and for
    class folders at the root, it is the last fifth of each class in name order. The last tenth of each class of the
    training part is held out. Classes are in the order of `entries.class_names`. Within a process, equal arguments
    return the same object.

    Args:
        path: Folder or tar, in a layout that `listing` supports.
        side: Side in px to resize and crop to (`decoding.resize_and_crop`); None keeps the images' own size.
        corrupt: `fatal` raises for an image that cannot be decoded, `skip` leaves it out.
        fraction: Share of the training images to train on: the first of each class, in name order.
        cache: Folder of cached datasets; None uses the default.

    Raises:
        UserError: If a setting is invalid or the images cannot be used.
    """
    source = check_path(path, "image_folder")
    if side is not None and (type(side) is not int or not MIN_SIDE <= side <= MAX_SIDE):
        raise UserError(f"side is {side!r}; must be an integer from {MIN_SIDE} to {MAX_SIDE}, or null")
    if corrupt not in CORRUPT_CHOICES:
        raise unknown_name("corrupt", str(corrupt), CORRUPT_CHOICES)
    return _load(source, side, corrupt == "skip", check_fraction(fraction), cache)


@memoize
def _load(source: Path, side: int | None, skip: bool, fraction: float, cache: str | None) -> InMemoryDataset:
    stem = source.resolve().name
    for suffix in (*COMPRESSED_TAR_SUFFIXES, *TAR_SUFFIXES):
        stem = stem.removesuffix(suffix)
    name = f"image_folder({stem}{f', {side} px' if side else ''})"
    identity = {"source": fingerprint_source(source), "side": side, "skip": skip}
    return load_or_build_dataset(cache, stem, identity, lambda: _build(name, source, side, skip), fraction)


@dataclass(frozen=True, eq=False)
class _Listed:
    """Training and test images, each sorted by name, where they come from, and what was left out."""

    train: Sequence[ImageEntry]
    test: Sequence[ImageEntry]
    origins: Mapping[Part, str]
    log: SkipLog


def _build(name: str, source: Path, side: int | None, skip: bool) -> InMemoryDataset:
    listed = _list_train_and_test(source, skip)
    train, log = listed.train, listed.log
    classes, entries = class_names(train), [*train, *listed.test]
    if len(entries) > LOG_ABOVE_IMAGES:
        logger.info("decoding %s images of %s", f"{len(entries):,}", source.name)
    decoded = decode_images(entries, side, skip)
    train_count = int(decoded.is_valid[: len(train)].sum())
    log.unusable.extend(decoded.corrupt)
    if log.unusable:
        logger.warning("%s: %s", source, summarize_corrupt(log.unusable))
        valid = [entry for entry, is_valid in zip(entries, decoded.is_valid, strict=True) if is_valid]
        _check_counts(source, valid[:train_count], valid[train_count:])
    numbers = {label: number for number, label in enumerate(classes)}
    labels = np.array([numbers[entry.label] for entry in entries], dtype=np.int64)[decoded.is_valid]
    train_split, held_out = hold_out(decoded.images[:train_count], labels[:train_count], HELD_OUT_ONE_IN)
    # a copy, because a view would keep the training images in memory
    test_split = Split(decoded.images[train_count:].copy(), labels[train_count:])
    return InMemoryDataset(
        name,
        len(classes),
        train_split,
        held_out,
        test_split,
        skipped=len(log.unusable),
        class_names=classes,
        origin=Origin(listed.origins, decoded.sides, log.skipped()),
    )


def _list_train_and_test(source: Path, skip: bool) -> _Listed:
    listing = list_images(source, skip)
    parts, places = listing.parts, listing.places
    name = "train" if "train" in parts else ""
    train: Sequence[ImageEntry] = parts[name]
    test: Sequence[ImageEntry]
    place = places[name]
    test_name = next((part for part in ("test", "val") if part in parts), None)
    if test_name is None:
        train, test = _split_last_fifth(train)
        place = f"the first four fifths of each class of {place}"
        test_origin = f"the last fifth of each class of {places[name]}, because there is no test or val folder"
    else:
        test, test_origin = parts[test_name], places[test_name]
        if test_name == "val":
            test_origin += ", because there is no test folder"
    if test_name == "test" and "val" in parts:
        reason = f"images of {places['val']}, because the held-out part is a tenth of the training part"
        listing.log.add(reason, parts["val"][0].name, len(parts["val"]))
    _check_counts(source, train, test)
    held_out = f"the last tenth of each class of {place}"
    origins: dict[Part, str] = {"train": f"{place}, without those held out", "held_out": held_out, "test": test_origin}
    return _Listed(train, test, origins, listing.log)


def _split_last_fifth(entries: Sequence[ImageEntry]) -> tuple[Sequence[ImageEntry], Sequence[ImageEntry]]:
    counts = Counter(entry.label for entry in entries)
    remaining = {label: count - count // TEST_ONE_IN for label, count in counts.items()}
    train: list[ImageEntry] = []
    test: list[ImageEntry] = []
    for entry in entries:
        remaining[entry.label] -= 1
        (test if remaining[entry.label] < 0 else train).append(entry)
    return train, test


def _check_counts(source: Path, train: Sequence[ImageEntry], test: Sequence[ImageEntry]) -> None:
    """Raise UserError unless both parts have all classes, and each has enough training images to hold some out."""
    train_counts = Counter(entry.label for entry in train)
    for label in class_names(train):
        if train_counts[label] < HELD_OUT_ONE_IN:
            raise UserError(
                f"{source}: class {label!r} has {train_counts[label]} training images; at least {HELD_OUT_ONE_IN} are "
                f"needed, because 1 in {HELD_OUT_ONE_IN} is held out"
            )
    check_same_classes(source, train_counts, {entry.label for entry in test})
