"""IDX, the file format of MNIST and similar datasets."""

import gzip
import zlib
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

UNSIGNED_BYTE = 8


def read_idx(path: Path) -> NDArray[np.uint8]:
    """Return the array of an IDX file of unsigned bytes, gzipped if its suffix is .gz; read-only.

    Raises:
        ValueError: If it is not such a file or is truncated; the message names the file.
        OSError: If it cannot be opened.
    """
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ValueError(f"{path} is damaged or ends early: {error}") from None
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise ValueError(f"{path} is not an IDX file of unsigned bytes (it starts with {content[:4].hex()})")
    start = 4 + 4 * content[3]
    if len(content) < start or content[3] == 0:
        raise ValueError(f"{path} ends early, in its header")
    shape, size = tuple(int(length) for length in np.frombuffer(content[4:start], ">u4")), len(content) - start
    if size != prod(shape):
        problem = "ends early" if size < prod(shape) else "is damaged"
        raise ValueError(f"{path} {problem}: its header has shape {shape}, but {size:,} bytes follow")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
