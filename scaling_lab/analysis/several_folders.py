"""Names of several results folders that are analysed together."""

from collections.abc import Sequence
from pathlib import Path

from scaling_lab.errors import UserError


def label_folders(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the folders by the name of each, or by its path if two names agree.

    Raises:
        UserError: A folder is given twice.
    """
    seen: dict[Path, Path] = {}
    for folder in folders:
        if (earlier := seen.setdefault(folder.resolve(), folder)) is not folder:
            also = "" if str(folder) == str(earlier) else f" (also as {earlier})"
            raise UserError(f"results folder {folder} is given twice{also}; each study counts once")
    names = [folder.resolve().name for folder in folders]
    return {
        name if names.count(name) == 1 else str(folder): folder for name, folder in zip(names, folders, strict=True)
    }
