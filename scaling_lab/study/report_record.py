"""Record of what a sweep has written last, `report.json` in the results folder: it shows whether files were changed.

No torch.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from scaling_lab.atomic import replace_file
from scaling_lab.store.files import MAX_RECORD_BYTES, UNREADABLE, parse_json, read_file
from scaling_lab.store.looks import LOOK_COUNT, read_looks
from scaling_lab.store.results import RECORD_FILE, TABLE_FILE, Store, WriteError


def record_report(store: Store, report_folder: Path) -> None:
    """Write the digests of the table and of all files of the report, and the number of looks. Raises WriteError."""
    path = store.folder / RECORD_FILE
    recorded = {LOOK_COUNT: len(read_looks(store)), **_digests(store, report_folder)}
    try:
        replace_file(path, (json.dumps(recorded, indent=1) + "\n").encode())
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None


def is_as_recorded(store: Store, report_folder: Path) -> bool:
    """Return whether the table and every file of the report are there and as they were recorded."""
    with suppress(*UNREADABLE):
        recorded = parse_json(read_file(store.folder / RECORD_FILE))
        digests = _digests(store, report_folder)
        if not digests or not isinstance(recorded, dict):
            return False
        return {name: digest for name, digest in recorded.items() if name != LOOK_COUNT}.items() <= digests.items()
    return False


def _digests(store: Store, report_folder: Path) -> dict[str, str]:
    files = {TABLE_FILE: store.folder / TABLE_FILE}
    files |= {f"report/{path.relative_to(report_folder)}": path for path in sorted(_list_files(report_folder))}
    return {name: hashlib.sha256(read_file(path, MAX_RECORD_BYTES)).hexdigest() for name, path in files.items()}


def _list_files(report_folder: Path) -> Iterator[Path]:
    """Yield the files of a report, without the drafts of other sweeps, which may end at any time."""
    for folder, folders, names in os.walk(report_folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(folder, name) for name in names if not name.startswith("."))
