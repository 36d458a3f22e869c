"""One array in a file that is memory-mapped and ends with a digest of what precedes."""

import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scaling_lab.atomic import replacing
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
    with suppress(OSError), replacing(path) as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        file.write(file_digest(Path(file.name)))
    return array


def _open_array(path: Path) -> NDArray[Any]:
    size = path.stat().st_size - DIGEST_BYTES
    with path.open("rb") as file:
        file.seek(max(0, size))
        digest = file.read()
    if size < 0 or file_digest(path, size) != digest:
        raise ValueError("its contents have another digest")
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
