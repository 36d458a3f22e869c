"""What a command prints in a file of its own (`--to`)."""

from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def write_csv(table: "pd.DataFrame", path: Path) -> None:
    """Write a table to a CSV file. Raises UserError if that is not possible."""
    from scaling_lab.store.csv_text import to_csv_text

    write_text(to_csv_text(table), path)


def write_text(text: str, path: Path) -> None:
    """Write a text to a file. Raises UserError if that is not possible."""
    from scaling_lab.atomic import replace_file

    try:
        replace_file(path, text.encode())
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
