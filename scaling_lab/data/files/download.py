"""Download of one file: resumed after an interruption, and renamed to its final path once its SHA-256 is verified."""

import fcntl
import hashlib
import logging
import os
from http.client import HTTPException
from io import BufferedRandom
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scaling_lab.errors import UserError

MAX_ATTEMPTS = 5
TIMEOUT_SECONDS = 30.0  # without receiving a byte
CHUNK_BYTES = 1 << 20
RANGE_NOT_SATISFIABLE = 416  # HTTP status for a range that starts after the end

logger = logging.getLogger(__name__)


def ensure_file(path: Path, url: str, sha256: str, size: int, download: bool) -> Path:
    """Return `path`; if the file does not exist and `download` is true, download it first.

    Raises:
        UserError: If the file does not exist and `download` is false; if `download` is not a boolean; as in
            `download_file`.
    """
    if not isinstance(download, bool):
        raise UserError(f"download is {download!r}; must be true or false")
    if path.is_file():
        return path
    if not download:
        hint = f"set its path with dataset.path=..., or download it ({size / 1e6:,.1f} MB) with dataset.download=true"
        raise UserError(f"there is no file {path}; {hint}")
    return download_file(url, sha256, size, path)


def download_file(url: str, sha256: str, size: int, target: Path) -> Path:
    """Download `url` to `target` and return `target`.

    An incomplete file has the suffix .part; a later call resumes it if the server supports ranges.

    Args:
        url: Address of the file.
        sha256: Expected SHA-256 in hex.
        size: Expected size in bytes.
        target: Path to write.

    Raises:
        UserError: If the server cannot be reached, `target` cannot be written, or the content is not the expected one.
    """
    part = target.with_suffix(".part")
    logger.info("downloading %s (%s MB) to %s", url, f"{size / 1e6:,.1f}", target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with part.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _complete(url, size, file, target)
            _verify(url, sha256, size, file, part)
            os.fsync(file.fileno())
            os.replace(part, target)
    except BlockingIOError:
        raise UserError(f"{target} is being downloaded by another process; wait until it is done") from None
    except OSError as error:
        raise UserError(f"{target} cannot be written: {error.strerror or error}") from None
    return target


def _complete(url: str, size: int, file: BufferedRandom, target: Path) -> None:
    """Request the missing bytes, several times if needed; UserError if they do not arrive."""
    reason = ""
    for _ in range(MAX_ATTEMPTS):
        if (received := file.seek(0, os.SEEK_END)) >= size:
            return
        try:
            reason = _append(url, received, size, file)
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError) and error.code == RANGE_NOT_SATISFIABLE:
                return
            reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    if (received := file.seek(0, os.SEEK_END)) < size:
        progress = f"{received:,} of {size:,} bytes are downloaded, and the same command resumes from there"
        raise UserError(f"{url} cannot be downloaded ({reason}); {progress}. Alternatively, put the file at {target}")


def _append(url: str, received: int, size: int, file: BufferedRandom) -> str:
    """Append what the server sends, from byte `received` on if it supports ranges, else from the start."""
    request = Request(url, headers={"Range": f"bytes={received}-"} if received else {})  # noqa: S310
    with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
        if not response.headers.get("Content-Range", "").startswith(f"bytes {received}-"):
            file.truncate(0)
        while file.tell() <= size and (chunk := response.read(CHUNK_BYTES)):
            file.write(chunk)
    file.flush()
    return "the connection ended early"


def _verify(url: str, sha256: str, size: int, file: BufferedRandom, part: Path) -> None:
    file.flush()
    file.seek(0)
    actual_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    actual_size = file.tell()
    if (actual_size, actual_sha256) != (size, sha256):
        part.unlink()
        raise UserError(
            f"{url} has unexpected content: {actual_size:,} bytes with SHA-256 {actual_sha256}, expected {size:,} "
            f"bytes with {sha256}; the download was deleted"
        )
