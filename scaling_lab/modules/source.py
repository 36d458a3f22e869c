"""The source of a factory: its file, the files of its folder that it imports, and their digest. Nothing is executed."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from scaling_lab.errors import UserError

DIGEST_LENGTH = 16


def source_digest(path: Path) -> str:
    """Return the first 16 hexadecimal digits of the SHA-256 of a file and the files of its folder that it imports.

    Raises:
        UserError: The file cannot be read or is no Python.
    """
    digest = hashlib.sha256()
    for file in sorted(imported_files(path)):
        digest.update(f"{file.relative_to(path.parent)}\0".encode() + _read(file) + b"\0")
    return digest.hexdigest()[:DIGEST_LENGTH]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def imported_files(path: Path) -> set[Path]:
    """Return the file and all files below its folder that it imports, directly or not."""
    files, waiting = set[Path](), [path]
    while waiting:
        file = waiting.pop()
        if file not in files:
            files.add(file)
            waiting += _imports(file, path.parent)
    return files


def _imports(file: Path, root: Path) -> Iterator[Path]:
    try:
        tree = ast.parse(_read(file))
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        raise UserError(f"{file}{line} is no Python: {error.args[0]}") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            start = file.parents[node.level - 1] if node.level else root
            parts = node.module.split(".") if node.module else []
            if start.is_relative_to(root):
                yield from _files(start, parts)
                for alias in node.names:
                    yield from _files(start, [*parts, alias.name])


def _files(folder: Path, parts: list[str]) -> Iterator[Path]:
    """Yield the files of a module in a folder: its own and those of the packages that it is in."""
    for count in range(1, len(parts) + 1):
        place = folder.joinpath(*parts[:count])
        yield from (file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file())
