"""The file of a snapshot: a Parquet table with the digest of the plan's questions and of its own bytes. No torch."""

import hashlib
import io
import json
import logging
import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scaling_lab.atomic import replace_file
from scaling_lab.store.files import read_file
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.results import Store, WriteError
from scaling_lab.store.writing import encode_plan

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

SNAPSHOT_FILE = "table.parquet"
METADATA_KEY = b"scaling_lab"
ZEROS = "0" * 64
SHA256_PATTERN = re.compile(rb'"sha256": "([0-9a-f]{64})"')  # as `json` writes it
STANDS_ALONE = "stands_alone"
MAX_SNAPSHOT_BYTES = 2**32
SNAPSHOT_ERRORS = (OSError, ValueError, KeyError, TypeError)  # pyarrow's own errors are ValueErrors
_USE_THREADS = False  # a process that ends just after a threaded read aborts: apache/arrow issue 34314

logger = logging.getLogger(__name__)


def write_snapshot_file(store: Store, plan: Plan, table: "pa.Table", stands_alone: bool) -> "Path":
    """Write the file atomically and return its path.

    Args:
        store: The results folder.
        plan: The plan whose questions the table answers.
        table: The table.
        stands_alone: Whether it counts without the result files.

    Raises:
        WriteError: The file cannot be written.
    """
    import pyarrow.parquet as pq

    metadata = json.dumps({"questions": plan_digest(plan), "sha256": ZEROS, STANDS_ALONE: stands_alone}).encode()
    table = table.replace_schema_metadata((table.schema.metadata or {}) | {METADATA_KEY: metadata})
    path, file = store.folder / SNAPSHOT_FILE, io.BytesIO()
    pq.write_table(table, file, compression="zstd")
    content = file.getvalue()
    try:
        replace_file(path, SHA256_PATTERN.sub(f'"sha256": "{_digest(content)}"'.encode(), content, count=1))
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
    return path


def read_snapshot_file(
    store: Store, questions: str, columns: list[str] | None = None
) -> "tuple[pa.Table, bool] | None":
    """Return the table and whether it stands alone; None if it is missing, damaged or of other questions.

    Args:
        store: The results folder.
        questions: Digest of the plan's entries.
        columns: Names of the columns to read, those that the file lacks left out; None for all.
    """
    path = store.folder / SNAPSHOT_FILE
    if not os.path.lexists(path):
        return None
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        content = read_file(path, MAX_SNAPSHOT_BYTES)
        _check_digest(content)
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            metadata = json.loads(file.metadata.metadata[METADATA_KEY])
            if metadata["questions"] != questions:
                return None
            return file.read(columns=columns, use_threads=_USE_THREADS), metadata.get(STANDS_ALONE) is True
    except SNAPSHOT_ERRORS as error:
        logger.warning("ignoring %s, which cannot be read: %s", path, " ".join(str(error).split())[:200])
        return None


def _check_digest(content: bytes) -> None:
    """Raise a ValueError for damaged bytes. Called before anything else reads them."""
    recorded = SHA256_PATTERN.search(content)
    if recorded is None:
        raise ValueError("not a snapshot: it contains no SHA-256")
    if _digest(content[: recorded.start(1)] + ZEROS.encode() + content[recorded.end(1) :]) != recorded[1].decode():
        raise ValueError("damaged: the contents do not match the recorded SHA-256")


def plan_digest(plan: Plan) -> str:
    """Return a digest of a plan's entries."""
    return entries_digest(json.loads(encode_plan(plan)))


def entries_digest(plan: Mapping[str, Any]) -> str:
    """Return a digest of a plan's entries, which does not depend on the overrides."""
    return _digest(json.dumps(plan["entries"]).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
