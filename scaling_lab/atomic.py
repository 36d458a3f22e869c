"""Atomic writes: a reader sees the complete file or none. A draft is written, synced and moved into place. OSError
passes through."""

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


def create_file(path: Path, content: bytes, drafts: Path) -> bool:
    """Write a new file and return True, or return False if the path exists.

    Args:
        path: the file.
        content: its bytes.
        drafts: folder for the draft; where it is on another file system, the draft is written next to the file.
    """
    try:
        with _draft(path, content, drafts) as draft:
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
    with _draft(path, content, path.parent) as draft:
        os.replace(draft, path)


def append_line(path: Path, line: str) -> None:
    """Append a line to a file. If the last line was cut short, start a new one, so that only the cut line is lost."""
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "rb+", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "Not a regular file")
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


@contextmanager
def _draft(path: Path, content: bytes, folder: Path) -> Iterator[Path]:
    """Context manager: the path of a synced draft, deleted afterwards. Its mode is the usual one of a new file."""
    draft = folder / f".{path.stem}.{secrets.token_hex(8)}{DRAFT_SUFFIX}"
    try:
        with draft.open("xb") as file:
            _write_synced(file, content)
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _write_synced(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())
