"""Atomic writes: a reader sees the complete file or none. A draft is written, synced and moved into place. OSError
passes through."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def create_file(path: Path, content: bytes, drafts: Path) -> bool:
    """Write a new file and return True, or return False if the path exists.

    Args:
        path: the file.
        content: its bytes.
        drafts: folder for the draft, on the same file system.
    """
    with _draft(path, content, drafts) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    return True


def replace_file(path: Path, content: bytes, drafts: Path | None = None) -> None:
    """Write a file in place of any at the path.

    Args:
        path: the file.
        content: its bytes.
        drafts: folder for the draft, on the same file system; the file's own by default.
    """
    with _draft(path, content, drafts or path.parent) as draft:
        os.replace(draft, path)


def append_line(path: Path, line: str) -> None:
    """Append a line to a file. If the last line was cut short, start a new one, so that only the cut line is lost."""
    with path.open("ab+") as file:
        is_cut = file.tell() and not _ends_with_newline(file)
        file.write(b"\n" * bool(is_cut) + line.encode() + b"\n")


def _ends_with_newline(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


@contextmanager
def _draft(path: Path, content: bytes, folder: Path) -> Iterator[str]:
    """Context manager: the path of a synced draft, deleted afterwards."""
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix=f".{path.stem}.", suffix=".draft")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(draft).chmod(0o644)
        yield draft
    finally:
        Path(draft).unlink(missing_ok=True)
