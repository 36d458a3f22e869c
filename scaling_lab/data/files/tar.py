"""What a tar holds and where. `tarfile` stops without a word where a tar is cut at a header; here that is an error."""

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
    """A file in a tar. offset, size: of its bytes in the uncompressed tar; text: of a .cls; whole: not so for a
    symbolic link, a hard link to nothing and a file with holes."""

    name: str
    offset: int
    size: int
    text: str | None
    whole: bool


def list_tar(tar: Path) -> list[TarEntry]:
    """The files in a tar; of a name that is there twice the last, as unpacking would leave it. Hard links are followed.

    A compressed tar is read through. Raises UserError for what is no tar, a damaged one or one that ends early.
    """
    if not tar.name.endswith((*TAR_SUFFIXES, *COMPRESSED_TAR_SUFFIXES)):
        raise UserError(f"{tar} is no folder and no tar ({', '.join((*TAR_SUFFIXES, *COMPRESSED_TAR_SUFFIXES))})")
    found: dict[str, TarEntry] = {}
    with open_decompressed(tar) as stream:
        for info in _headers(tar, stream):
            name, linked = _tidy(info.name), found.get(_tidy(info.linkname)) if info.islnk() else None
            if linked:
                found[name] = replace(linked, name=name)
            elif not info.isdir():
                text = _text(stream, info) if name.endswith(".cls") else None
                whole = info.isreg() and not info.issparse()
                found[name] = TarEntry(name, info.offset_data, info.size, text, whole)
    return list(found.values())


def is_uncompressed(file: Path) -> bool:
    """Whether a file's bytes can be read from any place on: not those of a compressed tar."""
    return not file.name.endswith(COMPRESSED_TAR_SUFFIXES)


@contextmanager
def open_decompressed(file: Path) -> Iterator[BufferedIOBase]:
    """The file's bytes, uncompressed. Raises UserError when it cannot be read, is damaged or ends early."""
    try:
        with file.open("rb") if is_uncompressed(file) else gzip.open(file) as stream:
            yield stream
    except EOFError:
        raise UserError(f"{file} ends early: its compressed stream has no end") from None
    except (zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{file} is damaged: {error}") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror or error}") from None


def _headers(tar: Path, stream: BufferedIOBase) -> Iterator[tarfile.TarInfo]:
    last, end = "its start", 0
    try:
        with tarfile.open(fileobj=stream, mode="r:") as archive:
            while (info := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep a kilobyte a file
                last, end = (
                    info.name,
                    info.offset_data + (-(-info.size // TAR_BLOCK_BYTES) * TAR_BLOCK_BYTES if info.isreg() else 0),
                )
                yield info
    except tarfile.ReadError as error:
        has = _length(stream)
        if has < end:
            raise UserError(f"{tar} ends early: {last} needs bytes up to {end}, the file has {has}") from None
        raise UserError(f"{tar} is damaged or ends early: after {last}, byte {end} of {has}: {error}") from None
    _check_end(tar, stream, last, end)


def _check_end(tar: Path, stream: BufferedIOBase, last: str, end: int) -> None:
    """After the last file there must be a block of zeros, and then nothing but zeros."""
    stream.seek(end)
    follows = stream.read(TAR_BLOCK_BYTES)
    if len(follows) < TAR_BLOCK_BYTES:
        raise UserError(
            f"{tar} ends early: at byte {end + len(follows)}, after {last}, without the mark of a tar's end"
        )
    while not any(follows):
        if not (follows := stream.read(TAR_CHUNK_BYTES)):
            return
    raise UserError(f"{tar} is damaged: after {last}, byte {end}, follows something that is no file")


def _tidy(name: str) -> str:
    return "/".join(word for word in name.split("/") if word not in ("", "."))


def _text(stream: BufferedIOBase, info: tarfile.TarInfo) -> str:
    stream.seek(info.offset_data)
    return stream.read(info.size).decode(errors="replace").strip()


def _length(stream: BufferedIOBase) -> int:
    stream.seek(0)
    while stream.read(TAR_CHUNK_BYTES):
        pass
    return stream.tell()
