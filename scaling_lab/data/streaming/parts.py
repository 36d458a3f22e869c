"""The three parts of a streamed dataset from the listing of its folder or tar. No torch."""

import logging
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from scaling_lab.data.files.entries import ImageEntry, class_names
from scaling_lab.data.files.listing import Listing, list_images
from scaling_lab.data.files.parts import check_same_classes
from scaling_lab.data.files.tar import is_uncompressed
from scaling_lab.data.streaming.index import ImageIndex, build_image_index
from scaling_lab.data.streaming.minival import select_minival
from scaling_lab.data.summary import Origin, Part
from scaling_lab.errors import UserError

HeldOutSource = Literal["minival", "val"]

logger = logging.getLogger(__name__)


@cache
def load_parts(source: Path, held_out: HeldOutSource, skip: bool) -> tuple[ImageIndex, ImageIndex, ImageIndex, Origin]:
    """Return training, held-out and test part and their origin; a path is listed once per process.

    Args:
        source: Folder or tar.
        held_out: As in `streamed_dataset`.
        skip: Whether files that cannot be images are left out (`list_images`).

    Raises:
        UserError: If a part is missing or cannot be used.
    """
    if source.is_file() and not is_uncompressed(source):
        raise UserError(f"{source} is compressed and can only be read from its start; unpack it to a .tar")
    logger.info("listing %s", source)
    listing = list_images(source, skip)
    listed = listing.parts
    test_part = "test" if "test" in listed else "val"
    for part in ("train", test_part, *(["val"] if held_out == "val" else [])):
        if part not in listed:
            raise UserError(f"{source} has no part {part}; a streamed dataset needs train, and val, test or both")
    if held_out == test_part:
        raise UserError(f"held_out is val, but that is the test part of {source}, which has no part test")
    classes = class_names(listed["train"])
    check_same_classes(source, classes, class_names(listed[test_part]))
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
        _describe_origin(listing, held_out, test_part),
    )


def _describe_origin(listing: Listing, held_out: HeldOutSource, test_part: str) -> Origin:
    places = listing.places
    origins: dict[Part, str] = {"train": places["train"], "held_out": places["train"], "test": places[test_part]}
    if held_out == "minival":
        origins["train"] += ", without those held out"
        origins["held_out"] = f"20 of 1,024 images of {places['train']}"
        if test_part == "test" and "val" in listing.parts:
            unused = listing.parts["val"]
            reason = f"images of {places['val']}, which dataset.held_out=val would hold out"
            listing.log.add(reason, unused[0].name, len(unused))
    else:
        origins["held_out"] = places["val"]
    if test_part == "val":
        origins["test"] += ", because there is no test folder"
    return Origin(origins, skipped=listing.log.skipped())


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
