"""Names of the parts of a dataset on disk, and which images belong to which part. For folders, tars and shards.

Names are compared without case. A part may be nested once in a folder of its own name, as in seg_train/seg_train.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scaling_lab.data.files.entries import ImageEntry
from scaling_lab.data.summary import SkipLog
from scaling_lab.errors import UserError

PART_NAMES: Mapping[str, tuple[str, ...]] = {
    "train": ("train", "training", "seg_train", "train_set", "training_set"),
    "val": ("val", "valid", "validation", "dev", "val_set", "validation_set"),
    "test": ("test", "testing", "seg_test", "eval", "test_set", "testing_set"),
}
PART_OF = {name: part for part, names in PART_NAMES.items() for name in names}
SHARD_NAME = re.compile(rf"({'|'.join(PART_OF)})-.*\.tar", re.IGNORECASE)
MAX_WRAPPERS = 8  # single folders around everything
MAX_NAMED = 3


@dataclass(frozen=True)
class GroupedImages:
    """Images by part.

    Attributes:
        parts: Labeled images by "train", "val" and "test"; by "" if class folders are at the root.
        places: Folder of each part.
    """

    parts: dict[str, list[ImageEntry]]
    places: dict[str, str]


def part_of(folder: str) -> str | None:
    """Return "train", "val" or "test" for the usual names of their folders, else None."""
    return PART_OF.get(folder.lower())


def group_by_part(path: object, entries: Sequence[ImageEntry], log: SkipLog) -> GroupedImages:
    """Return the images by part, each with the name of its class folder as label if it has none yet.

    Args:
        path: Of the folder or tar, for messages.
        entries: Images, without labels if they are in class folders.
        log: Takes images outside of parts and class folders.

    Raises:
        UserError: If two folders are the same part, or it is unclear whether folders next to train are parts.
    """
    entries = _strip_wrappers(entries)
    if not any(_is_in_part(entry) for entry in entries):
        labeled = [_with_class(entry, entry.name, log) for entry in entries]
        images = [entry for entry in labeled if entry.label]
        return GroupedImages({"": images} if images else {}, {"": "class folders"})
    folders: dict[str, list[ImageEntry]] = {}
    for entry in entries:
        folders.setdefault(entry.name.partition("/")[0], []).append(entry)
    grouped = GroupedImages({}, {})
    for folder, inside in folders.items():
        if part := part_of(folder):
            _add_part(path, grouped, part, folder, inside, log)
    others = [folder for folder in folders if not part_of(folder)]
    if set(grouped.parts) == {"train"} and (unclear := [name for name in others if "/" in folders[name][0].name]):
        raise UserError(
            f"{path} has {grouped.places['train']} and other folders with images, {', '.join(unclear[:MAX_NAMED])}; "
            "name them val or test, or move them elsewhere"
        )
    for folder in others:
        log.add("images in no part", folders[folder][0].name, len(folders[folder]))
    return grouped


def strip_folder(entries: Sequence[ImageEntry]) -> list[ImageEntry] | None:
    """Return the images without the single folder around all of them; None if that is a class folder or is missing."""
    within = [entry for entry in entries if "/" in entry.name or entry.label]
    folders = {entry.name.partition("/")[0] for entry in within}
    depth = min((entry.name.count("/") for entry in within), default=0)
    if len(folders) != 1 or depth < (1 if within[0].label else 2):
        return None
    return [replace(entry, name=entry.name.partition("/")[2]) for entry in within]


def _strip_wrappers(entries: Sequence[ImageEntry]) -> Sequence[ImageEntry]:
    """Remove single folders around the parts; around class folders, at most one."""
    inside: list[Sequence[ImageEntry]] = [entries]
    while not any(_is_in_part(entry) for entry in inside[-1]) and len(inside) < MAX_WRAPPERS:
        if (stripped := strip_folder(inside[-1])) is None:
            return inside[1] if len(inside) > 1 else entries
        inside.append(stripped)
    return inside[-1]


def _add_part(
    path: object, grouped: GroupedImages, part: str, folder: str, entries: Sequence[ImageEntry], log: SkipLog
) -> None:
    """Add the labeled images of a folder to its part."""
    start = f"{folder}/"
    nested = {entry.name.split("/")[1] for entry in entries if _is_deeper(entry, 2)}
    if len(nested) == 1 and part_of(inner := nested.pop()) == part:
        outside = [entry for entry in entries if not entry.name.startswith(f"{start}{inner}/")]
        if not any(_is_deeper(entry, 1) for entry in outside):
            start += f"{inner}/"
    labeled = [_with_class(entry, entry.name.removeprefix(start), log) for entry in entries]
    if images := [entry for entry in labeled if entry.label]:
        if part in grouped.parts:
            raise UserError(f"{path} has two folders for the part {part}, {grouped.places[part]} and {start}; keep one")
        grouped.parts[part], grouped.places[part] = images, start


def _with_class(entry: ImageEntry, inside: str, log: SkipLog) -> ImageEntry:
    """Return the image with its label, which is "" outside of class folders."""
    label = entry.label or inside.rpartition("/")[0].partition("/")[0]
    if not label:
        log.add("images outside of class folders", entry.name)
    return replace(entry, label=label)


def _is_in_part(entry: ImageEntry) -> bool:
    """Return whether an image is in a class folder of a part or a sample of a part; a class may be called `train`."""
    return part_of(entry.name.partition("/")[0]) is not None and _is_deeper(entry, 1)


def _is_deeper(entry: ImageEntry, folders: int) -> bool:
    """Return whether the image is in this many folders, and a class folder unless it has a label."""
    return entry.name.count("/") >= folders + (0 if entry.label else 1)


def check_same_classes(path: object, train: Iterable[str], test: Iterable[str]) -> None:
    """Raise UserError unless both parts have the same classes."""
    only_train, only_test = sorted(set(train) - set(test)), sorted(set(test) - set(train))
    sides = [
        f"{part} has no images of {', '.join(map(repr, missing[:MAX_NAMED]))}"
        + (f" and {len(missing) - MAX_NAMED} more" if len(missing) > MAX_NAMED else "")
        for part, missing in (("the test part", only_train), ("the training part", only_test))
        if missing
    ]
    if sides:
        raise UserError(f"{path}: {' and '.join(sides)}; both parts must have the same classes")
