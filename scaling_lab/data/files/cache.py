"""Cache of decoded datasets, so that images are decoded once and processes share their memory pages.

Each dataset has a folder with the images and labels of each part as .npy files, which are memory-mapped, and about.json
with their digests, which are compared when the folder is opened. A folder is written under a temporary name and
renamed; several processes may do so at once. The cache may be deleted at any time.
"""

import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from scaling_lab.atomic import sync_file
from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files.cache_space import (
    ABOUT_FILE,
    LIMIT_VARIABLE,
    cache_limit,
    hold_folder,
    make_room,
    mark_used,
)
from scaling_lab.data.files.digests import Stamp, file_digest, file_stamp
from scaling_lab.data.found import PARTS, Origin, SkippedFiles
from scaling_lab.data.fraction import take_fraction

CACHE_FORMAT = 2
ARRAYS: tuple[Literal["images"], Literal["labels"]] = ("images", "labels")

_verified: dict[Path, dict[str, Stamp]] = {}

logger = logging.getLogger(__name__)


def cache_folder(cache: str | None) -> Path:
    """Return the folder of cached datasets: `cache`, else scaling_lab in $XDG_CACHE_HOME or ~/.cache. Not created."""
    if cache is not None:
        return Path(cache).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "scaling_lab"  # noqa: PTH111


def load_or_build_dataset(
    cache: str | None,
    stem: str,
    identity: Mapping[str, Any],
    build: Callable[[], InMemoryDataset],
    fraction: float = 1,
) -> InMemoryDataset:
    """Return the cached dataset, or build it and add it to the cache.

    If nothing can be written, that is logged and the dataset stays in memory.

    Args:
        cache: Cache folder; None uses the default.
        stem: Beginning of the folder's name.
        identity: Plain values that change whenever `build` would return another dataset.
        build: Returns the dataset.
        fraction: Share of the training images (`fraction.take_fraction`); each share is cached by itself.
    """
    if fraction != 1:
        return load_or_build_dataset(
            cache,
            stem,
            {**identity, "fraction": fraction},
            lambda: take_fraction(load_or_build_dataset(cache, stem, identity, build), fraction),
        )
    limit = cache_limit()
    digest = hashlib.sha256(json.dumps([CACHE_FORMAT, identity], sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder(cache) / f"{stem}-{digest}"
    if folder.exists():
        try:
            return open_cached_dataset(folder)
        except ValueError as error:
            logger.warning("%s; building it again", error)
    dataset = build()
    if (size := sum(split.images.nbytes for split in (dataset.train, dataset.held_out, dataset.test))) > limit:
        logger.warning(
            "%s takes %.1f GB, more than %s allows; it stays in memory", dataset.name, size / 1e9, LIMIT_VARIABLE
        )
        return dataset
    try:
        make_room(folder.parent, limit - size)
        return _store(folder, dataset)
    except OSError as error:
        logger.warning(
            "cannot write to the cache %s: %s; %s stays in memory", folder.parent, error.strerror, dataset.name
        )
        return dataset


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


def _store(folder: Path, dataset: InMemoryDataset) -> InMemoryDataset:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        _write(draft, dataset)
        return _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(draft: Path, dataset: InMemoryDataset) -> None:
    digests = {}
    for part in PARTS:
        for array in ARRAYS:
            name = f"{part}_{array}.npy"
            with (draft / name).open("wb") as file:
                np.save(file, getattr(getattr(dataset, part), array), allow_pickle=False)
                sync_file(file)
            digests[name] = file_digest(draft / name).hex()
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
    with (draft / ABOUT_FILE).open("wb") as file:
        file.write(json.dumps({**about, "digest": _digest_of(about)}, indent=1).encode())
        sync_file(file)


def _publish(draft: Path, folder: Path) -> InMemoryDataset:
    """Rename the draft. A folder that another process put there meanwhile stays if valid and is replaced if not."""
    with suppress(OSError):
        os.rename(draft, folder)
        return open_cached_dataset(folder)
    with suppress(ValueError):
        return open_cached_dataset(folder)
    damaged = draft.with_name(f"{draft.name}.old")
    os.rename(folder, damaged)
    shutil.rmtree(damaged, ignore_errors=True)
    os.rename(draft, folder)
    return open_cached_dataset(folder)
