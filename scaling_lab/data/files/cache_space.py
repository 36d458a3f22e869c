"""The space that cached datasets take: a limit, removal of the least recently used, and clearing.

Only folders that this package has written are ever removed, and none that a process uses.
"""

import fcntl
import json
import logging
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from scaling_lab.atomic import open_regular
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable

LIMIT_VARIABLE = "SCALING_LAB_CACHE_GB"
DEFAULT_LIMIT_GB = 20
ABOUT_FILE = "about.json"
FOLDER_NAME = re.compile(r".+-[0-9a-f]{16}")
DRAFT_NAME = re.compile(r"\..+-[0-9a-f]{16}\.[0-9a-f]{8}(\.old)?")
DRAFT_SECONDS = 3600  # a draft that nobody has written to for so long was left by a killed process

_locked: dict[Path, tuple[int, int]] = {}  # inode and descriptor of each locked description

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CacheEntry:
    """A folder of the cache.

    Attributes:
        folder: Path of the folder.
        name: Name of the dataset; that of the folder if it cannot be read.
        size: Bytes of its files.
        last_used: Time of the last use in seconds since 1970.
        is_draft: Whether it is not complete: being written, or left by a killed process.
    """

    folder: Path
    name: str
    size: int
    last_used: float
    is_draft: bool


def cache_limit() -> int:
    """Return the largest size of the cache in bytes: $SCALING_LAB_CACHE_GB in GB, else 20 GB. Raises UserError."""
    text = os.environ.get(LIMIT_VARIABLE) or str(DEFAULT_LIMIT_GB)
    with suppress(ValueError):
        if isfinite(limit := float(text)) and limit >= 0:
            return int(limit * 1e9)
    raise UserError(f"the environment variable {LIMIT_VARIABLE} is {text!r}; must be a number of gigabytes, 0 or more")


def list_cache(root: Path) -> list[CacheEntry]:
    """Return the datasets and drafts in a cache folder, least recently used first. Empty if there is no such folder."""
    entries = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(root) as listing:
        for entry in listing:
            is_draft = DRAFT_NAME.fullmatch(entry.name) is not None
            is_dataset = FOLDER_NAME.fullmatch(entry.name) is not None and Path(entry.path, ABOUT_FILE).exists()
            if (is_draft or is_dataset) and entry.is_dir(follow_symlinks=False):
                with suppress(OSError):  # removed meanwhile
                    entries.append(_describe(Path(entry.path), is_draft))
    return sorted(entries, key=lambda entry: entry.last_used)


def hold_folder(folder: Path) -> None:
    """Keep other processes from removing a dataset of the cache until this process ends.

    Raises:
        ValueError: If it is being removed.
        OSError: If it has no description.
    """
    about = folder / ABOUT_FILE
    if (locked := _locked.get(folder)) and locked[0] == about.stat().st_ino:
        return
    descriptor = open_regular(about)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        inode = os.fstat(descriptor).st_ino
        if about.stat().st_ino != inode:
            raise ValueError("it is being removed")
    except BaseException:
        os.close(descriptor)
        raise
    if locked := _locked.pop(folder, None):
        os.close(locked[1])
    _locked[folder] = inode, descriptor


def mark_used(folder: Path) -> None:
    """Record that a dataset of the cache was used now."""
    with suppress(OSError):
        os.utime(folder)


def make_room(root: Path, limit: int) -> None:
    """Remove the least recently used datasets, and drafts of killed processes, until the cache is within the limit."""
    entries = list_cache(root)
    excess = sum(entry.size for entry in entries) - limit
    for entry in sorted(entries, key=lambda entry: not entry.is_draft):
        if (excess > 0 or entry.is_draft) and remove_entry(entry):
            excess -= entry.size
            if not entry.is_draft:
                logger.info("removed %s (%.1f GB) from the cache: %s", entry.name, entry.size / 1e9, LIMIT_VARIABLE)


def clear_cache(root: Path, names: Iterable[str] = ()) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove datasets from the cache.

    Args:
        root: Cache folder.
        names: Names of the datasets; empty removes all of them.

    Returns:
        What was removed, and what is in use and stays.
    """
    chosen = set(names)
    removed: list[CacheEntry] = []
    used: list[CacheEntry] = []
    for entry in list_cache(root):
        if not chosen or entry.name in chosen:
            (removed if remove_entry(entry) else used).append(entry)
    return removed, used


def remove_entry(entry: CacheEntry) -> bool:
    """Remove a folder of the cache and return True, or return False if a process uses it."""
    if entry.is_draft:
        if time.time() - entry.last_used < DRAFT_SECONDS:
            return False
        shutil.rmtree(entry.folder, ignore_errors=True)
        return True
    try:
        with (entry.folder / ABOUT_FILE).open("rb") as about:
            fcntl.flock(about, fcntl.LOCK_EX | fcntl.LOCK_NB)
            doomed = entry.folder.with_name(f".{entry.folder.name}.{secrets.token_hex(4)}.old")
            os.rename(entry.folder, doomed)
    except OSError:  # locked, or removed by another process
        return False
    shutil.rmtree(doomed, ignore_errors=True)
    return True


def _describe(folder: Path, is_draft: bool) -> CacheEntry:
    files = [entry.stat(follow_symlinks=False) for entry in os.scandir(folder)]
    times = [folder.stat().st_mtime, *([status.st_mtime for status in files] if is_draft else [])]
    name: object = None
    with suppress(OSError, ValueError, TypeError, KeyError, RecursionError):
        name = json.loads((folder / ABOUT_FILE).read_text())["name"]
    shown = make_printable(name) if isinstance(name, str) else folder.name
    return CacheEntry(folder, shown, sum(status.st_size for status in files), max(times), is_draft)
