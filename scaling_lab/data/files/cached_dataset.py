"""A decoded dataset in a folder: memory-mapped images and labels of each part as .npy files, and about.json with their
digests, which are compared when the folder is opened.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scaling_lab.atomic import sync_file
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files.cache_space import ABOUT_FILE, hold_folder, mark_used
from scaling_lab.data.files.digests import Stamp, file_digest, file_stamp
from scaling_lab.data.summary import PARTS, Origin, SkippedFiles

ARRAYS: tuple[Literal["images"], Literal["labels"]] = ("images", "labels")

_verified: dict[Path, dict[str, Stamp]] = {}


def open_cached_dataset(folder: Path, verified: Mapping[str, Stamp] | None = None) -> InMemoryDataset:
    """Return the dataset cached in a folder, with memory-mapped arrays.

    All contents are compared with their digests once per process. A process that gets the dataset from another one
    trusts the other's check of files that nobody has written to since.

    Args:
        folder: The folder.
        verified: Stamps of the files when another process compared them.

    Raises:
        ValueError: If a file is missing, incomplete, unreadable or has other contents.
    """
    try:
        hold_folder(folder)
        about = _read_about(folder)
        _verify(folder, about["digests"], verified)
        splits = {part: Split(_map_array(folder, part, "images"), _map_array(folder, part, "labels")) for part in PARTS}
        dataset = InMemoryDataset(
            about["name"],
            about["classes"],
            splits["train"],
            splits["held_out"],
            splits["test"],
            skipped=about["skipped"],
            folder=folder,
            class_names=tuple(map(str, about["class_names"])),
            origin=_read_origin(about["origin"]),
        )
        known = {"fingerprint": about["fingerprint"], "_moments": (tuple(about["mean"]), tuple(about["std"]))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"cached dataset {folder} is damaged: {error}") from None
    vars(dataset).update(known)  # cached properties; computing them would read every page
    mark_used(folder)
    return dataset


def verified_stamps(folder: Path) -> dict[str, Stamp]:
    """Return the stamps of the files of a cached dataset when this process compared them with their digests."""
    return _verified[folder]


def _read_about(folder: Path) -> dict[str, Any]:
    about: dict[str, Any] = json.loads((folder / ABOUT_FILE).read_text())
    if about.pop("digest") != _digest_of(about):
        raise ValueError(f"{ABOUT_FILE} has another digest")
    return about


def _digest_of(about: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _verify(folder: Path, digests: Mapping[str, str], verified: Mapping[str, Stamp] | None) -> None:
    """Raise ValueError if a file has other contents than when it was written."""
    stamps = {name: file_stamp(folder / name) for name in digests}
    if stamps not in (verified, _verified.get(folder)):
        for name, digest in digests.items():
            if file_digest(folder / name).hex() != digest:
                raise ValueError(f"{name} has other contents than when it was written")
    _verified[folder] = stamps


def _map_array(folder: Path, part: str, array: Literal["images", "labels"]) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{part}_{array}.npy", mmap_mode="r", allow_pickle=False))


def _read_origin(content: Mapping[str, Any]) -> Origin:
    sides, skipped = content["sides"], tuple(SkippedFiles(**group) for group in content["skipped"])
    return Origin(content["parts"], tuple(sides) if sides else None, skipped)


def write_cached_dataset(folder: Path, dataset: InMemoryDataset) -> None:
    """Write a dataset into an empty folder, which is to be renamed to its name in the cache."""
    digests = {}
    for part in PARTS:
        for array in ARRAYS:
            name = f"{part}_{array}.npy"
            with (folder / name).open("wb") as file:
                np.save(file, getattr(getattr(dataset, part), array), allow_pickle=False)
                sync_file(file)
            digests[name] = file_digest(folder / name).hex()
    about = {
        "name": dataset.name,
        "classes": dataset.classes,
        "class_names": dataset.class_names,
        "fingerprint": dataset.fingerprint,
        "mean": dataset.mean,
        "std": dataset.std,
        "skipped": dataset.skipped,
        "origin": asdict(dataset.origin),
        "digests": digests,
    }
    with (folder / ABOUT_FILE).open("wb") as file:
        file.write(json.dumps({**about, "digest": _digest_of(about)}, indent=1).encode())
        sync_file(file)
