"""Cache of decoded datasets, so that images are decoded once and processes share their memory pages.

Each dataset has a folder (`cached_dataset`), which is written under a temporary name and renamed; several processes may
do so at once. The cache may be deleted at any time.
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
from typing import Any

from scaling_lab.data.dataset import InMemoryDataset
from scaling_lab.data.files.cache_space import (
    LIMIT_VARIABLE,
    cache_limit,
    make_room,
)
from scaling_lab.data.files.cached_dataset import open_cached_dataset, write_cached_dataset
from scaling_lab.data.fraction import take_fraction

CACHE_FORMAT = 2

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


def _store(folder: Path, dataset: InMemoryDataset) -> InMemoryDataset:
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    draft.mkdir(parents=True)
    try:
        write_cached_dataset(draft, dataset)
        return _publish(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


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
