"""Files that are whole or not there: written as a draft, synced, and put in their place at once. OSError passes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def create_file(path: Path, content: bytes, drafts: Path) -> bool:
    """A new file, from a draft in that folder of the same file system; False when one of its name is there already."""
    with _drafted(path, content, drafts) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return False
    return True


def replace_file(path: Path, content: bytes, drafts: Path | None = None) -> None:
    """A file in the place of whatever has its name, from a draft in that folder, or beside it."""
    with _drafted(path, content, drafts or path.parent) as draft:
        os.replace(draft, path)


def append_line(path: Path, line: str) -> None:
    """A line at the end of a file; one that was cut short there takes no other with it."""
    with path.open("ab+") as file:
        cut = file.tell() and not _ends(file)
        file.write(b"\n" * bool(cut) + line.encode() + b"\n")


def _ends(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


@contextmanager
def _drafted(path: Path, content: bytes, folder: Path) -> Iterator[str]:
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
