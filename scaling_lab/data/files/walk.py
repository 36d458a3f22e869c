"""Walk a folder of images: its files and folders, without hidden ones and without following a link into a loop."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from scaling_lab.errors import UserError

MAX_DEPTH = 100  # folders in each other
ARCHIVER_FOLDER = "__MACOSX"  # which macOS adds to archives


@dataclass(frozen=True, slots=True)
class WalkedEntry:
    """An entry of a folder or of one below it.

    Attributes:
        name: Path inside the walked folder.
        kind: "hidden" is a file or a folder, which is not entered.
        entry: The entry itself.
    """

    name: str
    kind: Literal["file", "folder", "hidden"]
    entry: os.DirEntry[str]


def is_hidden(word: str) -> bool:
    """Return whether a file or folder is ignored for its name: a leading dot, or macOS's folder in archives."""
    return word.startswith(".") or word == ARCHIVER_FOLDER


def walk_folder(folder: Path) -> Iterator[WalkedEntry]:
    """Yield everything under a folder, in no order. Links to folders are followed.

    Raises:
        UserError: If a link leads to a folder that contains it, or folders are nested too deeply.
        OSError: If a folder cannot be read.
    """
    waiting: list[tuple[str, str, tuple[tuple[int, int], ...]]] = [(str(folder), "", ())]
    while waiting:
        path, prefix, ancestors = waiting.pop()
        status = os.stat(path)  # noqa: PTH116 - a Path for each of many folders would be slow
        identity = (status.st_dev, status.st_ino)
        if identity in ancestors:
            raise UserError(f"{folder}: {prefix.rstrip('/')} is a link to a folder that contains it; remove the link")
        if len(ancestors) >= MAX_DEPTH:
            top = prefix.partition("/")[0]
            raise UserError(f"{folder}: {top} has more than {MAX_DEPTH} folders in each other")
        with os.scandir(path) as entries:
            for entry in entries:
                name = prefix + entry.name
                if is_hidden(entry.name):
                    yield WalkedEntry(name, "hidden", entry)
                elif entry.is_dir():
                    yield WalkedEntry(name, "folder", entry)
                    waiting.append((entry.path, f"{name}/", (*ancestors, identity)))
                else:
                    yield WalkedEntry(name, "file", entry)
