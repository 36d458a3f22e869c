"""One array in a file that is memory-mapped and ends with a digest of what precedes."""

import logging
import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from scaling_lab.data.files.digests import file_digest

DIGEST_BYTES = 32

logger = logging.getLogger(__name__)


def load_or_build_array(path: Path, build: Callable[[], NDArray[Any]]) -> NDArray[Any]:
    """Return the array cached at `path`, memory-mapped, or build it and cache it there if that can be written.

    The file ends with a digest of what precedes; other contents are logged and built again.
    """
    try:
        return _open_array(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError, EOFError) as error:
        logger.warning("cached array %s is damaged: %s; building it again", path, error)
    array = build()
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with suppress(OSError):
        try:
            with draft.open("wb") as file:
                np.save(file, array, allow_pickle=False)
                file.flush()
                file.write(file_digest(draft))
                sync_file(file)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return array


def sync_file(file: BinaryIO) -> None:
    """Write the file to the disk."""
    file.flush()
    os.fsync(file.fileno())


def _open_array(path: Path) -> NDArray[Any]:
    size = path.stat().st_size - DIGEST_BYTES
    with path.open("rb") as file:
        file.seek(max(0, size))
        digest = file.read()
    if size < 0 or file_digest(path, size) != digest:
        raise ValueError("its contents have another digest")
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
