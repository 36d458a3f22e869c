"""Read files of results that were trained elsewhere as text, one row per training. No torch."""

import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from scaling_lab.errors import UserError
from scaling_lab.store.files import MAX_RECORD_BYTES, UNREADABLE, describe_error, read_file
from scaling_lab.store.imported import Source
from scaling_lab.study.imports.fields import LINE, SOURCE

MAX_COLUMNS = 10_000


def read_tables(paths: Sequence[Path]) -> tuple[list[tuple[Path, pd.DataFrame]], tuple[Source, ...]]:
    """Return the rows of CSV files as text, with their file and line, and the digests of the files.

    Raises:
        UserError: A file cannot be read, is empty, or has rows of another length than its header.
    """
    parts, sources = [], []
    for path in paths:
        content = read_bytes(path)
        parts.append((path, parse_csv(path.name, content)))
        sources.append(Source(path.name, hashlib.sha256(content).hexdigest()))
    return parts, tuple(sources)


def read_bytes(path: Path) -> bytes:
    """Return the bytes of a file. Raises UserError if it cannot be read."""
    try:
        return read_file(path, MAX_RECORD_BYTES)
    except UNREADABLE as error:
        raise UserError(f"{path} cannot be read: {describe_error(error)}") from None


def parse_csv(name: str, content: bytes) -> pd.DataFrame:
    """Return the rows of a CSV file as text.

    Raises:
        UserError: It is not a table.
    """
    try:
        text = content.decode("utf-8-sig")
        dialect = "\t" if "\t" in text.partition("\n")[0] and "," not in text.partition("\n")[0] else ","
        reader = csv.reader(io.StringIO(text), delimiter=dialect, strict=True)
        rows = [(reader.line_num, row) for row in reader if any(value.strip() for value in row)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{name} is not a CSV table: {error}") from None
    if not rows:
        raise UserError(f"{name} is empty; must have a header and one row per training")
    header = [column.strip() for column in rows[0][1]]
    if repeated := {column for column in header if column and header.count(column) > 1}:
        raise UserError(f"{name} has the column {sorted(repeated)[0]!r} more than once")
    if len(rows) == 1:
        raise UserError(f"{name} has a header and no rows")
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise UserError(f"{name} line {line} has {len(row)} values; its header has {len(header)} columns")
    table = pd.DataFrame([row for _, row in rows[1:]], columns=header, dtype=object)
    return table.assign(**{SOURCE: name, LINE: [f"line {line}" for line, _ in rows[1:]]})
