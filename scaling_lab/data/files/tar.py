"""List the files of a tar with their offsets.

`tarfile` stops silently where a tar is truncated at a header; here that is an error.
"""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path

from scaling_lab.errors import UserError

TAR_SUFFIXES, COMPRESSED_TAR_SUFFIXES = (".tar",), (".tar.gz", ".tgz")
TAR_BLOCK_BYTES = 512
TAR_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class TarEntry:
    """A file in a tar.

    Attributes:
        name: Path inside the tar.
        offset: Offset of its bytes in the uncompressed tar.
        size: Size in bytes.
        text: Content of a .cls file; None for others.
        is_regular: False for a symbolic link, a hard link without a target and a sparse file.
    """

    name: str
    offset: int
    size: int
    text: str | None
    is_regular: bool


def list_tar(tar: Path) -> list[TarEntry]:
    """Return the files in a tar; of files with the same name the last, as unpacking would leave it.

    Hard links are followed. A compressed tar is read completely.

    Raises:
        UserError: If the file is not a tar, damaged or truncated.
    """
    suffixes = (*TAR_SUFFIXES, *COMPRESSED_TAR_SUFFIXES)
    if not tar.name.endswith(suffixes):
        raise UserError(f"{tar} is neither a folder nor a tar ({', '.join(suffixes)})")
    entries: dict[str, TarEntry] = {}
    with open_decompressed(tar) as stream:
        for info in _read_headers(tar, stream):
            name = _clean_name(info.name)
            target = entries.get(_clean_name(info.linkname)) if info.islnk() else None
            if target:
                entries[name] = replace(target, name=name)
            elif not info.isdir():
                text = _read_text(stream, info) if name.endswith(".cls") else None
                is_regular = info.isreg() and not info.issparse()
                entries[name] = TarEntry(name, info.offset_data, info.size, text, is_regular)
    return list(entries.values())


def is_uncompressed(file: Path) -> bool:
    """Return whether a file can be read from any offset; a compressed tar cannot."""
    return not file.name.endswith(COMPRESSED_TAR_SUFFIXES)


@contextmanager
def open_decompressed(file: Path) -> Iterator[BufferedIOBase]:
    """Context manager: open a file for reading, decompressing a compressed tar.

    Raises:
        UserError: If it cannot be read, is damaged or truncated.
    """
    try:
        with file.open("rb") if is_uncompressed(file) else gzip.open(file) as stream:
            yield stream
    except EOFError:
        raise UserError(f"{file} ends early: its compressed stream has no end") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file} is damaged: {error}") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from None


def _read_headers(tar: Path, stream: BufferedIOBase) -> Iterator[tarfile.TarInfo]:
    last, end = "its start", 0
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            while (info := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep a kilobyte per file
                last = info.name
                blocks = -(-info.size // TAR_BLOCK_BYTES) if info.isreg() else 0
                end = info.offset_data + blocks * TAR_BLOCK_BYTES
                yield info
    except tarfile.ReadError as error:
        size = _measure(stream)
        if size < end:
            raise UserError(f"{tar} ends early: {last} needs bytes up to {end}, the file has {size}") from None
        raise UserError(f"{tar} is damaged or ends early: after {last}, byte {end} of {size}: {error}") from None
    _check_end(tar, stream, last, end)


def _check_end(tar: Path, stream: BufferedIOBase, last: str, end: int) -> None:
    """Check that a block of zeros follows the last file, and after it nothing but zeros."""
    stream.seek(end)
    block = stream.read(TAR_BLOCK_BYTES)
    if len(block) < TAR_BLOCK_BYTES:
        raise UserError(f"{tar} ends early: at byte {end + len(block)}, after {last}, without the end-of-archive block")
    while not any(block):
        if not (block := stream.read(TAR_CHUNK_BYTES)):
            return
    raise UserError(f"{tar} is damaged: the data after {last}, at byte {end}, is not a file")


def _clean_name(name: str) -> str:
    return "/".join(word for word in name.split("/") if word not in ("", "."))


def _read_text(stream: BufferedIOBase, info: tarfile.TarInfo) -> str:
    stream.seek(info.offset_data)
    return stream.read(info.size).decode(errors="replace").strip()


def _measure(stream: BufferedIOBase) -> int:
    """Return the size of a stream by reading it to its end."""
    stream.seek(0)
    while stream.read(TAR_CHUNK_BYTES):
        pass
    return stream.tell()
