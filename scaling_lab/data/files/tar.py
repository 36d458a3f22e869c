"""List the files of a tar with their offsets.

`tarfile` stops silently where a tar is truncated at a header; here that is an error.
"""

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import BufferedIOBase
from pathlib import Path

from scaling_lab.atomic import open_regular
from scaling_lab.errors import UserError

TAR_SUFFIXES, COMPRESSED_TAR_SUFFIXES = (".tar",), (".tar.gz", ".tgz")
TAR_BLOCK_BYTES = 512
TAR_CHUNK_BYTES = 1 << 20
MAX_CLASS_BYTES = 1024  # of a .cls file
MAX_HEADER_BYTES = 1 << 20  # of an extended header: long names and the like
EXTENDED_HEADERS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


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

    @property
    def base_name(self) -> str:
        """File name without folders."""
        return self.name.rpartition("/")[2]


class BoundedTarInfo(tarfile.TarInfo):
    """A header of a tar that refuses sizes which `tarfile` would read into memory or seek backwards for."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "BoundedTarInfo":
        """Return the header in a block of bytes."""
        info = super().frombuf(buf, encoding, errors)
        if info.size < 0 or (info.type in EXTENDED_HEADERS and info.size > MAX_HEADER_BYTES):
            raise tarfile.ReadError(f"a header with a size of {info.size:,} bytes")
        return info


def list_tar(tar: Path, check: Callable[[TarEntry], None] = lambda _: None) -> list[TarEntry]:
    """Return the files in a tar; of files with the same name the last, as unpacking would leave it.

    Hard links are followed. A compressed tar is read completely.

    Args:
        tar: The file.
        check: Called with each file before its bytes are passed; what it raises ends the listing.

    Raises:
        UserError: If the file is not a tar, damaged or truncated, or a class has a name of more than 1,024 bytes.
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
                text = _read_text(tar, stream, info) if name.endswith(".cls") else None
                is_regular = info.isreg() and not info.issparse()
                entries[name] = TarEntry(name, info.offset_data, info.size, text, is_regular)
                check(entries[name])
    return list(entries.values())


def is_uncompressed(file: Path) -> bool:
    """Return whether a file can be read from any offset; a compressed tar cannot."""
    return not file.name.endswith(COMPRESSED_TAR_SUFFIXES)


@contextmanager
def open_decompressed(file: Path) -> Iterator[BufferedIOBase]:
    """Context manager: open a regular file for reading, decompressing a compressed tar.

    Raises:
        UserError: If it is not a regular file, cannot be read, is damaged or truncated.
    """
    try:
        with open(file, "rb", opener=open_regular) as raw:
            if is_uncompressed(file):
                yield raw
            else:
                with gzip.open(raw) as stream:
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
        with tarfile.open(fileobj=stream, mode="r:", tarinfo=BoundedTarInfo) as archive:
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


def _read_text(tar: Path, stream: BufferedIOBase, info: tarfile.TarInfo) -> str:
    if info.size > MAX_CLASS_BYTES:
        raise UserError(
            f"{tar}: {info.name} has {info.size:,} bytes; the name of a class has at most {MAX_CLASS_BYTES:,}"
        )
    stream.seek(info.offset_data)
    return stream.read(info.size).decode(errors="replace").strip()


def _measure(stream: BufferedIOBase) -> int:
    """Return the size of a stream by reading it to its end."""
    stream.seek(0)
    while stream.read(TAR_CHUNK_BYTES):
        pass
    return stream.tell()
