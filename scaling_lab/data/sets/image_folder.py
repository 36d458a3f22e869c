"""Any folder or tar of class folders as a dataset in memory."""

import logging
from collections import Counter
from collections.abc import Sequence
from functools import cache as memoize
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
HELD_OUT_ONE_IN, TEST_ONE_IN = 10, 5
LOG_ABOVE_IMAGES = 5_000

logger = logging.getLogger(__name__)


def image_folder(
    path: str | None = None, side: int | None = None, corrupt: str = "fatal", cache: str | None = None
) -> InMemoryDataset:
    """Return the images at `path`: a folder of class folders, a tar of such a folder, or a folder of tars.

    With train/, the test part is test/, else val/ or validation/; without those, and for class folders at the root, it
    is the last fifth of each class in name order. The last tenth of each class of the training part is held out.
    Classes are in the order of `listing.class_names`. Within a process, equal arguments return the same object.

    Args:
        path: Folder or tar, in a layout that `listing` supports.
        side: Side in px to resize and crop to (`decoding.resize_and_crop`); None keeps the images' own size.
        corrupt: `fatal` raises for an image that cannot be decoded, `skip` leaves it out.
        cache: Folder of cached datasets; None uses the default.

    Raises:
        UserError: If a setting is invalid or the images cannot be used.
    """
    if not isinstance(path, str) or not path:
        raise UserError("image_folder has no path; set dataset.path=... to a folder or a tar of class folders")
    if side is not None and (type(side) is not int or not MIN_SIDE <= side <= MAX_SIDE):
        raise UserError(f"side is {side!r}; must be an integer from {MIN_SIDE} to {MAX_SIDE}, or null")
    if corrupt not in CORRUPT_CHOICES:
        raise unknown_name("corrupt", str(corrupt), CORRUPT_CHOICES)
    return _load(path, side, corrupt == "skip", cache)


@memoize
def _load(path: str, side: int | None, skip: bool, cache: str | None) -> InMemoryDataset:
    source = Path(path).expanduser()
    stem = source.resolve().name
    for suffix in (*COMPRESSED_TAR_SUFFIXES, *TAR_SUFFIXES):
        stem = stem.removesuffix(suffix)
    name = f"image_folder({stem}{f', {side} px' if side else ''})"
    identity = {"source": fingerprint_source(source), "side": side, "skip": skip}
    return load_or_build_dataset(cache, stem, identity, lambda: _build(name, source, side, skip))


def _build(name: str, source: Path, side: int | None, skip: bool) -> tuple[InMemoryDataset, tuple[str, ...]]:
    train, test = _list_train_and_test(source)
    classes, entries = class_names(train), [*train, *test]
    if len(entries) > LOG_ABOVE_IMAGES:
        logger.info("decoding %s images of %s", f"{len(entries):,}", source.name)
    decoded = decode_images(entries, side, skip)
    train_count = int(decoded.is_valid[: len(train)].sum())
    if decoded.corrupt:
        logger.warning("%s: %s", source, summarize_corrupt(decoded.corrupt))
        valid = [entry for entry, is_valid in zip(entries, decoded.is_valid, strict=True) if is_valid]
        _check_counts(source, classes, valid[:train_count], valid[train_count:])
    numbers = {label: number for number, label in enumerate(classes)}
    labels = np.array([numbers[entry.label] for entry in entries], dtype=np.int64)[decoded.is_valid]
    train_split, held_out = hold_out(decoded.images[:train_count], labels[:train_count], HELD_OUT_ONE_IN)
    # a copy, because a view would keep the training images in memory
    test_split = Split(decoded.images[train_count:].copy(), labels[train_count:])
    skipped = len(decoded.corrupt)
    return InMemoryDataset(name, len(classes), train_split, held_out, test_split, skipped=skipped), classes


def _list_train_and_test(source: Path) -> tuple[Sequence[ImageEntry], Sequence[ImageEntry]]:
    """Return training and test images, each sorted by name."""
    parts = list_images(source)
    train: Sequence[ImageEntry] = parts.get("train", parts.get("", ()))
    test: Sequence[ImageEntry] | None = parts.get("test", parts.get("val"))
    if test is None:
        train, test = _split_last_fifth(train)
    _check_counts(source, class_names(train), train, test)
    return train, test


def _split_last_fifth(entries: Sequence[ImageEntry]) -> tuple[Sequence[ImageEntry], Sequence[ImageEntry]]:
    counts = Counter(entry.label for entry in entries)
    remaining = {label: count - count // TEST_ONE_IN for label, count in counts.items()}
    train: list[ImageEntry] = []
    test: list[ImageEntry] = []
    for entry in entries:
        remaining[entry.label] -= 1
        (test if remaining[entry.label] < 0 else train).append(entry)
    return train, test


def _check_counts(
    source: Path, classes: Sequence[str], train: Sequence[ImageEntry], test: Sequence[ImageEntry]
) -> None:
    """Raise UserError unless both parts have all classes, and each has enough training images to hold some out."""
    train_counts, test_counts = (Counter(entry.label for entry in part) for part in (train, test))
    for label in test_counts:
        if label not in classes:
            raise UserError(f"{source}: class {label!r} is in the test part but not in the training part")
    for label in classes:
        if train_counts[label] < HELD_OUT_ONE_IN:
            raise UserError(
                f"{source}: class {label!r} has {train_counts[label]} training images; at least {HELD_OUT_ONE_IN} are "
                f"needed, because 1 in {HELD_OUT_ONE_IN} is held out"
            )
        if not test_counts[label]:
            raise UserError(f"{source}: class {label!r} has no test images")
