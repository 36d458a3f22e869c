"""Digests of large files, computed by all cores, and stamps that change when a file is written to."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from scaling_lab.config.cores import usable_cores

BLOCK_BYTES = 4 << 20
Stamp = tuple[int, int, int, int]  # inode, size in bytes, times of the last change of content and of status, in ns


def file_digest(path: Path, end: int | None = None) -> bytes:
    """Return 32 bytes: the SHA-256 of the SHA-256 of each block of 4 MiB, so that blocks are hashed side by side.

    Args:
        path: The file.
        end: Number of bytes to hash; None is the whole file.

    Raises:
        OSError: If it cannot be read.
    """
    with path.open("rb") as file, ThreadPoolExecutor(usable_cores()) as pool:
        size = os.fstat(file.fileno()).st_size if end is None else end

        def block_digest(start: int) -> bytes:
            block = os.pread(file.fileno(), min(BLOCK_BYTES, size - start), start)
            return hashlib.sha256(block).digest()

        return hashlib.sha256(b"".join(pool.map(block_digest, range(0, size, BLOCK_BYTES)))).digest()


def file_stamp(path: Path) -> Stamp:
    """Return values of which at least one changes when a program writes to the file. Raises OSError."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
