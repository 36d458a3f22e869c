"""Cache of decoded datasets, so that images are decoded once and processes share their memory pages.

Each dataset has a folder with the images and labels of each part as .npy files, which are memory-mapped, and
about.json. A folder is written under a temporary name and renamed; several processes may do so at once. The cache may
be deleted at any time.
"""

import hashlib
import json
import logging
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import PARTS, InMemoryDataset, Split
from scaling_lab.data.files.listing import walk_files
from scaling_lab.errors import UserError

CACHE_FORMAT = 1
ABOUT_FILE = "about.json"
ARRAYS: tuple[Literal["images"], Literal["labels"]] = ("images", "labels")

logger = logging.getLogger(__name__)


def cache_folder(cache: str | None) -> Path:
    """Return the folder of cached datasets: `cache`, else scaling_lab in $XDG_CACHE_HOME or ~/.cache. Not created."""
    if cache is not None:
        return Path(cache).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "scaling_lab"  # noqa: PTH111


def fingerprint_source(path: Path) -> list[str | int]:
    """Return values that change with the path, size or modification time of a file or of any file in a folder.

    Dot files are ignored.

    Raises:
        UserError: If the path does not exist or cannot be read.
    """
    try:
        if not path.is_dir():
            status = path.stat()
            return [str(path.resolve()), status.st_size, status.st_mtime_ns]
        digest, count = hashlib.sha256(), 0
        for name, entry in sorted(walk_files(path), key=lambda pair: pair[0]):
            status, count = entry.stat(), count + 1
            digest.update(repr((name, status.st_size, status.st_mtime_ns)).encode())
        return [str(path.resolve()), count, digest.hexdigest()]
    except FileNotFoundError as error:
        raise UserError(f"there is no file or folder {error.filename or path}") from None
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None


def load_or_build_dataset(
    cache: str | None,
    stem: str,
    identity: Mapping[str, Any],
    build: Callable[[], tuple[InMemoryDataset, tuple[str, ...]]],
) -> InMemoryDataset:
    """Return the cached dataset, or build it and add it to the cache.

    If nothing can be written, that is logged and the dataset stays in memory.

    Args:
        cache: Cache folder; None uses the default.
        stem: Beginning of the folder's name.
        identity: Plain values that change whenever `build` would return another dataset.
        build: Returns the dataset and the names of its classes.
    """
    digest = hashlib.sha256(json.dumps([CACHE_FORMAT, identity], sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder(cache) / f"{stem}-{digest}"
    if folder.exists():
        try:
            return open_cached_dataset(folder)
        except ValueError as error:
            logger.warning("%s; building it again", error)
    dataset, classes = build()
    try:
        return _store(folder, dataset, classes)
    except OSError as error:
        logger.warning(
            "cannot write to the cache %s: %s; %s stays in memory", folder.parent, error.strerror, dataset.name
        )
        return dataset


def open_cached_dataset(folder: Path) -> InMemoryDataset:
    """Return the dataset cached in a folder, with memory-mapped arrays. File sizes are checked, contents are not.

    Raises:
        ValueError: If a file is missing, incomplete or unreadable.
    """
    try:
        about = json.loads((folder / ABOUT_FILE).read_text())
        for name, expected in about["bytes"].items():
            if (size := (folder / name).stat().st_size) != expected:
                raise ValueError(f"{name} has {size} bytes, expected {expected}")
        splits = {part: Split(_map_array(folder, part, "images"), _map_array(folder, part, "labels")) for part in PARTS}
        names = tuple(map(str, about["classes"]))
        dataset = InMemoryDataset(
            about["name"], len(names), **splits, skipped=about["skipped"], folder=folder, class_names=names
        )
        known = {"fingerprint": about["fingerprint"], "_moments": (tuple(about["mean"]), tuple(about["std"]))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"cached dataset {folder} is damaged: {error}") from None
    vars(dataset).update(known)  # cached properties; computing them would read every page
    return dataset


def load_or_build_array(path: Path, build: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return the array cached at `path`, memory-mapped, or build it and cache it there if that can be written."""
    with suppress(OSError, ValueError, EOFError):
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    array = build()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        try:
            with draft.open("wb") as file:
                np.save(file, array, allow_pickle=False)
                _sync(file)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return array


def _map_array(folder: Path, part: str, array: Literal["images", "labels"]) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{part}_{array}.npy", mmap_mode="r", allow_pickle=False))


def _store(folder: Path, dataset: InMemoryDataset, classes: tuple[str, ...]) -> InMemoryDataset:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        _write(draft, dataset, classes)
        return _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(draft: Path, dataset: InMemoryDataset, classes: tuple[str, ...]) -> None:
    sizes = {}
    for part in PARTS:
        for array in ARRAYS:
            name = f"{part}_{array}.npy"
            with (draft / name).open("wb") as file:
                np.save(file, getattr(getattr(dataset, part), array), allow_pickle=False)
                sizes[name] = _sync(file)
    about = {
        "name": dataset.name,
        "classes": classes,
        "fingerprint": dataset.fingerprint,
        "mean": dataset.mean,
        "std": dataset.std,
        "skipped": dataset.skipped,
        "bytes": sizes,
    }
    with (draft / ABOUT_FILE).open("wb") as file:
        file.write(json.dumps(about, indent=1).encode())
        _sync(file)


def _sync(file: BinaryIO) -> int:
    """Flush the file to the disk and return its size."""
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


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
