"""Snapshot of a finished study in one file, `table.parquet`: its table with the checks that tell if it is current.
No torch.

Results never change, and a snapshot is only written when every question has a result. So it is current as long as the
plan has the same questions (it contains their digest) and every result file that exists has the same size. A snapshot
that is not current or damaged is ignored: it contains the SHA-256 of its own bytes, computed with zeros in that place.
"""

import hashlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scaling_lab.atomic import replace_file
from scaling_lab.store.results import Store, WriteError, to_json
from scaling_lab.store.schema import Plan

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    import pyarrow as pa

SNAPSHOT_FILE = "table.parquet"
METADATA_KEY = b"scaling_lab"
ZEROS = "0" * 64
SHA256_PATTERN = re.compile(rb'"sha256": "([0-9a-f]{64})"')  # as `json` writes it
RESULT_BYTES_COLUMN = "result_bytes"  # a column that only the snapshot has
SNAPSHOT_ERRORS = (OSError, ValueError, KeyError, TypeError)  # pyarrow's own errors are ValueErrors


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The table of a finished study.

    Attributes:
        study: Name of the study.
        commands: The command-line overrides of each command that has questions in its plan.
        rows: The table of `table.results_table`.
    """

    study: str
    commands: tuple[tuple[str, ...], ...]
    rows: "pd.DataFrame"


def write_snapshot(store: Store, plan: Plan, rows: "pd.DataFrame") -> "Path | None":
    """Write the snapshot of a finished study atomically.

    Args:
        rows: The table of `table.results_table`.

    Returns:
        The path of the snapshot; None, with nothing written, when a question has no result.

    Raises:
        WriteError: The file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows.empty or not (rows["state"] == "done").all():
        return None
    sizes = store.result_sizes()
    table = pa.Table.from_pandas(rows.assign(**{RESULT_BYTES_COLUMN: rows["key"].map(sizes)}), preserve_index=False)
    metadata = json.dumps({"questions": _plan_digest(plan), "sha256": ZEROS}).encode()
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {METADATA_KEY: metadata})
    path, file = store.folder / SNAPSHOT_FILE, io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    content = file.getvalue()
    try:
        replace_file(path, SHA256_PATTERN.sub(f'"sha256": "{_digest(content)}"'.encode(), content, count=1))
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
    return path


def read_snapshot(store: Store) -> Snapshot | None:
    """Return the snapshot of a folder; None when there is none or it is not current. A damaged one prints a line."""
    try:
        plan = json.loads((store.folder / "plan.json").read_bytes())
        table = _read_table(store, _entries_digest(plan))
        if table is None or not _is_current(store, table):
            return None
        from scaling_lab.store.table import TABLE_COLUMNS

        commands = tuple(tuple(map(str, command)) for command in (*plan.get("earlier_commands", ()), plan["asked"]))
        rows = table.to_pandas().reindex(columns=list(TABLE_COLUMNS))  # one of an older version has fewer
        return Snapshot(str(plan["study"]), commands, rows)
    except (*SNAPSHOT_ERRORS, RecursionError):
        return None


def snapshot_keys(store: Store, plan: Plan) -> frozenset[str]:
    """Return the keys of the results in a folder's snapshot; none when it is not current for the plan."""
    table = _read_table(store, _plan_digest(plan), ["key", RESULT_BYTES_COLUMN])
    return frozenset(table.column("key").to_pylist()) if table and _is_current(store, table) else frozenset()


def remove_outdated_snapshot(store: Store, plan: Plan) -> None:
    """Delete the snapshot of a plan when result files have changed: a later file could have the same size again."""
    table = _read_table(store, _plan_digest(plan), ["key", RESULT_BYTES_COLUMN])
    if table and not _is_current(store, table):
        (store.folder / SNAPSHOT_FILE).unlink(missing_ok=True)


def _is_current(store: Store, table: "pa.Table") -> bool:
    """Return whether each existing result file has the size that it had."""
    sizes = store.result_sizes()
    known = zip(table.column("key").to_pylist(), table.column(RESULT_BYTES_COLUMN).to_pylist(), strict=True)
    return all(sizes.get(key, size) == size for key, size in known)


def _read_table(store: Store, questions: str, columns: list[str] | None = None) -> "pa.Table | None":
    """Return the table of the snapshot when it is of these questions."""
    path = store.folder / SNAPSHOT_FILE
    if not path.is_file():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = path.read_bytes()
        _check_digest(content)
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            metadata = json.loads(file.metadata.metadata[METADATA_KEY])
            return file.read(columns=columns) if metadata["questions"] == questions else None
    except SNAPSHOT_ERRORS as error:
        print(f"ignoring {path}, which cannot be read: {' '.join(str(error).split())[:200]}", flush=True)
        return None


def _check_digest(content: bytes) -> None:
    """Raise a ValueError for damaged bytes. Called before anything else reads them."""
    recorded = SHA256_PATTERN.search(content)
    if recorded is None:
        raise ValueError("not a snapshot: it contains no SHA-256")
    if _digest(content[: recorded.start(1)] + ZEROS.encode() + content[recorded.end(1) :]) != recorded[1].decode():
        raise ValueError("damaged: the contents do not match the recorded SHA-256")


def _plan_digest(plan: Plan) -> str:
    return _entries_digest(json.loads(to_json(plan)))


def _entries_digest(plan: Mapping[str, Any]) -> str:
    """Return a digest of a plan's entries, which does not depend on the overrides."""
    return _digest(json.dumps(plan["entries"]).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
