"""Checks of settings that several datasets have."""

from pathlib import Path
from typing import Any

from scaling_lab.data.summary import is_utf8
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable

CORRUPT_CHOICES = ("fatal", "skip")


def check_path(value: Any, dataset: str) -> Path:
    """Return the path of a dataset, with ~ expanded.

    Args:
        value: The setting.
        dataset: Name of the dataset, for the message.

    Raises:
        UserError: If it is no text, empty, or not UTF-8: results name the dataset after its path.
    """
    if not isinstance(value, str) or not value:
        raise UserError(f"{dataset} has no path; set dataset.path=... to a folder or a tar of class folders")
    if not is_utf8(value):
        raise UserError(f"dataset.path is {make_printable(value)}, which is not UTF-8; rename the folder or file")
    return Path(value).expanduser()
