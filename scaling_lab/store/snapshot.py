"""A finished study in one file, `table.parquet`: its table, with what the page says beside. No torch.

Results are written once, and a seal only when each question has one; so it is right for as long as the questions are
those that it was made from, whose digest it holds, and each result file that is there has the size that it had. It is
used whole or not at all, and only undamaged: it holds the SHA-256 of its own bytes, taken with zeros in that place.
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
RESULT_BYTES = "result_bytes"  # a column of the seal alone
SNAPSHOT_ERRORS = (OSError, ValueError, KeyError, TypeError)  # pyarrow's own errors are ValueErrors


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The table of a finished study: its name, the overrides that asked it, and rows as `table.table` gives them."""

    study: str
    overrides: tuple[str, ...]
    rows: "pd.DataFrame"


def write_snapshot(store: Store, plan: Plan, rows: "pd.DataFrame") -> "Path | None":
    """Writes the table of a plan, whole and at once; None, and nothing is written, when a question is not done.

    Raises WriteError.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows.empty or not (rows["state"] == "done").all():
        return None
    sizes = store.result_sizes()
    whole = pa.Table.from_pandas(rows.assign(**{RESULT_BYTES: rows["key"].map(sizes)}), preserve_index=False)
    about = json.dumps({"questions": _of(plan), "sha256": ZEROS}).encode()
    whole = whole.replace_schema_metadata((whole.schema.metadata or {}) | {METADATA_KEY: about})
    path, file = store.folder / SNAPSHOT_FILE, io.BytesIO()
    pq.write_table(whole, file, compression="zstd")
    content = file.getvalue()
    try:
        replace_file(path, SHA256_PATTERN.sub(f'"sha256": "{_digest(content)}"'.encode(), content, count=1))
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
    return path


def read_snapshot(store: Store) -> Snapshot | None:
    """The sealed table of a folder; None where there is none for its plan. A line tells of a damaged one."""
    try:
        plan = json.loads((store.folder / "plan.json").read_bytes())
        table = _read(store, _questions(plan))
        if table is None or not _current(store, table):
            return None
        return Snapshot(
            str(plan["study"]), tuple(map(str, plan["asked"])), table.drop_columns([RESULT_BYTES]).to_pandas()
        )
    except (*SNAPSHOT_ERRORS, RecursionError):
        return None


def snapshot_keys(store: Store, plan: Plan) -> frozenset[str]:
    """The keys of the results that are in a folder's seal, none when it is not of this plan and these results."""
    table = _read(store, _of(plan), ["key", RESULT_BYTES])
    return frozenset(table.column("key").to_pylist()) if table and _current(store, table) else frozenset()


def remove_outdated_snapshot(store: Store, plan: Plan) -> None:
    """Removes the seal of a plan whose results have changed since: one may come to have the same size again."""
    table = _read(store, _of(plan), ["key", RESULT_BYTES])
    if table and not _current(store, table):
        (store.folder / SNAPSHOT_FILE).unlink(missing_ok=True)


def _current(store: Store, table: "pa.Table") -> bool:
    """Whether each result that is there has the size that it had."""
    sizes = store.result_sizes()
    known = zip(table.column("key").to_pylist(), table.column(RESULT_BYTES).to_pylist(), strict=True)
    return all(sizes.get(key, size) == size for key, size in known)


def _read(store: Store, questions: str, columns: list[str] | None = None) -> "pa.Table | None":
    """The table where it is of these questions."""
    path = store.folder / SNAPSHOT_FILE
    if not path.is_file():
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = path.read_bytes()
        _refuse_damaged(content)
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            about = json.loads(file.metadata.metadata[METADATA_KEY])
            return file.read(columns=columns) if about["questions"] == questions else None
    except SNAPSHOT_ERRORS as error:
        print(f"{path} cannot be read and is left out: {' '.join(str(error).split())[:200]}", flush=True)
        return None


def _refuse_damaged(content: bytes) -> None:
    """Raises ValueError; nothing else looks at the bytes before."""
    held = SHA256_PATTERN.search(content)
    if held is None:
        raise ValueError("it is no seal: it holds no SHA-256")
    if _digest(content[: held.start(1)] + ZEROS.encode() + content[held.end(1) :]) != held[1].decode():
        raise ValueError("it is damaged: its contents do not match its SHA-256")


def _of(plan: Plan) -> str:
    return _questions(json.loads(to_json(plan)))


def _questions(plan: Mapping[str, Any]) -> str:
    """Digest of what was asked and what it came to, whatever else was said on the way."""
    return _digest(json.dumps(plan["entries"]).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
