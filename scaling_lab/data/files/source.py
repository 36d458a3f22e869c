"""What identifies the files that a dataset is decoded from, without reading them."""

import hashlib
import os
from pathlib import Path

from scaling_lab.data.files.walk import walk_folder
from scaling_lab.errors import UserError


def fingerprint_source(path: Path) -> list[str | int]:
    """Return values that change with the path, size or modification time of a file or of any file in a folder.

    Dot files are ignored.

    Raises:
        UserError: If the path does not exist or cannot be read.
    """
    try:
        if not path.is_dir():
            status = path.stat()
            return [str(path.resolve()), status.st_size, status.st_mtime_ns]
        digest, count = hashlib.sha256(), 0
        files = (walked for walked in walk_folder(path) if walked.kind == "file")
        for walked in sorted(files, key=lambda file: file.name):
            status, count = _status(walked.entry), count + 1
            digest.update(repr((walked.name, status.st_size, status.st_mtime_ns)).encode())
        return [str(path.resolve()), count, digest.hexdigest()]
    except FileNotFoundError as error:
        raise UserError(f"there is no file or folder {error.filename or path}") from None
    except OSError as error:
        raise UserError(f"{error.filename or path} cannot be read: {error.strerror or error}") from None


def _status(entry: os.DirEntry[str]) -> os.stat_result:
    try:
        return entry.stat()
    except FileNotFoundError:  # a link to nothing
        return entry.stat(follow_symlinks=False)
