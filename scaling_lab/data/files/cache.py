"""Data sets kept as arrays, so that pictures are decoded once and processes share their pages.

A folder a data set: images and labels of each part as .npy, which are mapped and not read, and about.json. It is
written beside its place and renamed into it; many processes may do so at once. It may be deleted at any time.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.dataset import InMemoryDataset, Split
from scaling_lab.data.files.listing import walk_files
from scaling_lab.errors import UserError

CACHE_FORMAT = 1
PARTS = ("train", "held_out", "test")
ABOUT_FILE = "about.json"


def cache_folder(cache: str | None) -> Path:
    """Where data sets are kept: `cache`, else scaling_lab in $XDG_CACHE_HOME or ~/.cache. Not made here."""
    if cache is not None:
        return Path(cache).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "scaling_lab"  # noqa: PTH111


def fingerprint_source(path: Path) -> list[str | int]:
    """Changes with the path, size or time of change of the file, or of any file in the folder but dot files.

    Raises UserError when it is not there or cannot be read.
    """
    try:
        if not path.is_dir():
            found = path.stat()
            return [str(path.resolve()), found.st_size, found.st_mtime_ns]
        digest, count = hashlib.sha256(), 0
        for name, entry in sorted(walk_files(path), key=lambda pair: pair[0]):
            found, count = entry.stat(), count + 1
            digest.update(repr((name, found.st_size, found.st_mtime_ns)).encode())
        return [str(path.resolve()), count, digest.hexdigest()]
    except FileNotFoundError as error:
        raise UserError(f"there is no file or folder {error.filename or path}") from None
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None


def load_or_build_dataset(
    cache: str | None,
    stem: str,
    identity: Mapping[str, Any],
    make: Callable[[], tuple[InMemoryDataset, tuple[str, ...]]],
) -> InMemoryDataset:
    """The data set that was kept under this stem and identity; else what `make` returns, then kept.

    `make` returns it with the names of its classes; identity is plain values that change whenever `make` would make
    another. Where nothing can be written the data set stays in memory, and a line says so.
    """
    digest = hashlib.sha256(json.dumps([CACHE_FORMAT, identity], sort_keys=True).encode()).hexdigest()[:16]
    folder = cache_folder(cache) / f"{stem}-{digest}"
    if folder.exists():
        try:
            return open_cached_dataset(folder)
        except ValueError as error:
            print(f"{error}; it is made again", flush=True)
    pictures, classes = make()
    try:
        return _keep(folder, pictures, classes)
    except OSError as error:
        print(f"nothing can be kept in {folder.parent} ({error.strerror}): {pictures.name} stays in memory", flush=True)
        return pictures


def open_cached_dataset(folder: Path) -> InMemoryDataset:
    """The data set kept in a folder; its arrays are mapped. Raises ValueError when it is not there, whole and readable.

    Sizes are checked, contents are not.
    """
    try:
        about = json.loads((folder / ABOUT_FILE).read_text())
        for name, size in about["bytes"].items():
            if (found := (folder / name).stat().st_size) != size:
                raise ValueError(f"{name} has {found} bytes, not {size}")
        splits = {part: Split(_mapped(folder, part, "images"), _mapped(folder, part, "labels")) for part in PARTS}
        made = InMemoryDataset(about["name"], len(about["classes"]), **splits, skipped=about["skipped"], folder=folder)
        known = {"fingerprint": about["fingerprint"], "_moments": (tuple(about["mean"]), tuple(about["std"]))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"what is kept in {folder} is damaged: {error}") from None
    vars(made).update(known)  # cached properties, which would read every page
    return made


def _mapped(folder: Path, part: str, what: str) -> NDArray[Any]:
    return np.asarray(np.load(folder / f"{part}_{what}.npy", mmap_mode="r", allow_pickle=False))


def _keep(folder: Path, pictures: InMemoryDataset, classes: tuple[str, ...]) -> InMemoryDataset:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        _write(draft, pictures, classes)
        return _in_place(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(draft: Path, pictures: InMemoryDataset, classes: tuple[str, ...]) -> None:
    sizes = {}
    for part in PARTS:
        for what in ("images", "labels"):
            name = f"{part}_{what}.npy"
            with (draft / name).open("wb") as file:
                np.save(file, getattr(getattr(pictures, part), what), allow_pickle=False)
                sizes[name] = _settled(file)
    about = {
        "name": pictures.name,
        "classes": classes,
        "fingerprint": pictures.fingerprint,
        "mean": pictures.mean,
        "std": pictures.std,
        "skipped": pictures.skipped,
        "bytes": sizes,
    }
    with (draft / ABOUT_FILE).open("wb") as file:
        file.write(json.dumps(about, indent=1).encode())
        _settled(file)


def _settled(file: BinaryIO) -> int:
    """The file's size, once it is on the disk."""
    file.flush()
    os.fsync(file.fileno())
    return file.tell()


def _in_place(draft: Path, folder: Path) -> InMemoryDataset:
    """Renames the draft; what another process put there meanwhile stays if it is whole, and gives way if not."""
    with suppress(OSError):
        os.rename(draft, folder)
        return open_cached_dataset(folder)
    with suppress(ValueError):
        return open_cached_dataset(folder)
    aside = draft.with_name(f"{draft.name}.old")
    os.rename(folder, aside)
    shutil.rmtree(aside, ignore_errors=True)
    os.rename(draft, folder)
    return open_cached_dataset(folder)


def load_or_build_array(path: Path, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """The array kept at `path`, mapped; else what `make` returns, then kept there where that can be written."""
    with suppress(OSError, ValueError, EOFError):
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    made = make()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        try:
            with draft.open("wb") as file:
                np.save(file, made, allow_pickle=False)
                _settled(file)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return made
