"""Files: atomic writes, where a reader sees the complete file or none, and opening without waiting for a pipe.

A draft is written, synced and moved into place. OSError passes through.
"""

import ctypes
import errno
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

DRAFT_SUFFIX = ".draft"
NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}  # of a file system without links
NO_SUCH_RENAME = {errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}
AT_FDCWD, RENAME_NOREPLACE = -100, 1


def open_regular(path: str | Path, flags: int = os.O_RDONLY) -> int:
    """Open a regular file without waiting for a pipe or device, and return its descriptor; usable as `opener`.

    Raises:
        OSError: it cannot be opened, or is not a regular file.
    """
    descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC, 0o666)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    raise OSError(errno.EINVAL, "not a regular file", str(path))


def create_file(path: Path, content: bytes, drafts: Path) -> bool:
    """Write a new file and return True, or return False if the path exists.

    Args:
        path: the file.
        content: its bytes.
        drafts: folder for the draft; where it is on another file system, the draft is written next to the file.
    """
    try:
        with _draft_path(path, drafts) as draft:
            with draft.open("xb") as file:
                file.write(content)
                sync_file(file)
            return _move_new(draft, path)
    except OSError as error:
        if error.errno != errno.EXDEV or drafts == path.parent:
            raise
    return create_file(path, content, path.parent)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in place of any at the path.

    Args:
        path: the file.
        content: its bytes.
    """
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Context manager: a file to write, which takes the place of any at the path when the block ends."""
    with _draft_path(path, path.parent) as draft:
        with draft.open("xb") as file:
            yield file
            sync_file(file)
        os.replace(draft, path)


def append_line(path: Path, line: str) -> None:
    """Append a line to a file. If the last line was cut short, start a new one, so that only the cut line is lost."""
    with os.fdopen(open_regular(path, os.O_RDWR | os.O_APPEND | os.O_CREAT), "rb+", buffering=0) as file:
        is_cut = file.seek(0, os.SEEK_END) and not _ends_with_newline(file)
        file.write(b"\n" * bool(is_cut) + line.encode() + b"\n")


def is_draft(name: str) -> bool:
    """Return whether a file's name is that of a draft, which stays when its writer is killed."""
    return name.startswith(".") and name.endswith(DRAFT_SUFFIX)


def file_system_time(folder: Path) -> float:
    """Return the time of the file system's clock; this machine's where nothing can be written."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:
        return time.time()


def _ends_with_newline(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _move_new(draft: Path, path: Path) -> bool:
    """Move a draft to a path and return True, or return False if the path exists.

    Without hard links (exFAT, SMB, FUSE) the kernel renames only if there is no such file. Where it cannot do that
    either, two processes that create one file in the same instant both succeed, and the later content stays.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
    else:
        return True
    failed = _rename_new(draft, path)
    if failed in NO_SUCH_RENAME:
        if os.path.lexists(path):
            return False
        os.replace(draft, path)
    elif failed not in (0, errno.EEXIST):
        raise OSError(failed, os.strerror(failed), str(path))
    return failed != errno.EEXIST


def _rename_new(draft: Path, path: Path) -> int:
    """Rename a file unless the new name exists; return 0 or the error's number."""
    rename = _renameat2()
    if rename is None:
        return errno.ENOSYS
    done = rename(AT_FDCWD, os.fsencode(draft), AT_FDCWD, os.fsencode(path), RENAME_NOREPLACE)
    return ctypes.get_errno() if done else 0


@cache
def _renameat2() -> Any:
    """Return the C library's renameat2, which Python does not have; None where it has none."""
    with suppress(OSError, AttributeError):
        function = ctypes.CDLL(None, use_errno=True).renameat2
        function.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_uint]
        return function
    return None


def sync_file(file: BinaryIO) -> None:
    """Write what was written to a file to the disk."""
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _draft_path(path: Path, folder: Path) -> Iterator[Path]:
    """Context manager: the path of a draft, deleted afterwards."""
    draft = folder / f".{path.stem}.{secrets.token_hex(8)}{DRAFT_SUFFIX}"
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)
