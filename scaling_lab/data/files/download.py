"""One file from the network: resumed where it was cut, and in its place only when its SHA-256 is right."""

import fcntl
import hashlib
import os
from http.client import HTTPException
from io import BufferedRandom
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from scaling_lab.errors import UserError

MAX_ATTEMPTS = 5
TIMEOUT_SECONDS = 30.0  # without a byte
CHUNK_BYTES = 1 << 20
RANGE_NOT_SATISFIABLE = 416  # HTTP's answer to a range after the end


def ensure_file(place: Path, url: str, sha256: str, size: int, download: bool) -> Path:
    """The file, fetched when it is not there and `download` asks for that. Raises UserError when it is not, and as
    `fetch` does."""
    if not isinstance(download, bool):
        raise UserError(f"download is {download!r}; it must be true or false")
    if place.is_file():
        return place
    if not download:
        get = f"dataset.path=... says where it is, dataset.download=true fetches it ({size / 1e6:,.1f} MB)"
        raise UserError(f"there is no {place}; {get}")
    return download_file(url, sha256, size, place)


def download_file(url: str, sha256: str, size: int, to: Path) -> Path:
    """Fetches `url`, of so many bytes and that sum, to `to`, which it returns.

    What has come lies in `to` with the suffix .part until it is whole; a later call goes on from there, where the
    server knows ranges. Raises UserError when there is no network, `to` cannot be written, or the bytes are others.
    """
    part = to.with_suffix(".part")
    print(f"fetching {url} ({size / 1e6:,.1f} MB) to {to} ...", flush=True)
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with part.open("a+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _fill(url, size, file, to)
            _check(url, sha256, size, file, part)
            os.fsync(file.fileno())
            os.replace(part, to)
    except BlockingIOError:
        raise UserError(f"another process is fetching {to}; wait for it") from None
    except OSError as error:
        raise UserError(f"{to} cannot be written: {error.strerror or error}") from None
    return to


def _fill(url: str, size: int, file: BufferedRandom, to: Path) -> None:
    """Asks for what is missing, some times over. Raises UserError when that does not come."""
    reason = ""
    for _ in range(MAX_ATTEMPTS):
        if (have := file.seek(0, os.SEEK_END)) >= size:
            return
        try:
            reason = _more(url, have, size, file)
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError) and error.code == RANGE_NOT_SATISFIABLE:
                return
            reason = str(getattr(error, "reason", "") or error) or type(error).__name__
    if (have := file.seek(0, os.SEEK_END)) < size:
        there = f"{have:,} of {size:,} bytes are there, and the same command goes on from them"
        raise UserError(f"{url} cannot be fetched ({reason}); {there}; or put the file at {to} by hand")


def _more(url: str, have: int, size: int, file: BufferedRandom) -> str:
    """Appends what the server sends, from byte `have` on if it knows ranges, else from the first."""
    asked = Request(url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    with urlopen(asked, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        if not answer.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            file.truncate(0)
        while file.tell() <= size and (piece := answer.read(CHUNK_BYTES)):
            file.write(piece)
    file.flush()
    return "the connection ended early"


def _check(url: str, sha256: str, size: int, file: BufferedRandom, part: Path) -> None:
    file.flush()
    file.seek(0)
    got = hashlib.file_digest(file, "sha256").hexdigest()
    have = file.tell()
    if (have, got) != (size, sha256):
        part.unlink()
        raise UserError(
            f"{url} is another file: {have:,} bytes of SHA-256 {got}, expected {size:,} of {sha256}; it was removed"
        )
