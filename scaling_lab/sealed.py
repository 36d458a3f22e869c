"""A finished study in one file, `table.parquet`: its table, with what the page says beside. No torch.

Results are written once, and a seal only when each question has one; so it is right for as long as the plan is the one
that it was made from, whose digest it holds.
"""

import hashlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.records import Plan
from scaling_lab.results import Store, WriteError, text
from scaling_lab.whole import replace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

NAME = "table.parquet"
META = b"scaling_lab"
BYTES = "result_bytes"  # a column of the seal alone
READ_WRONG = (OSError, ValueError, KeyError, TypeError)  # pyarrow's own errors are ValueErrors


@dataclass(frozen=True, eq=False)
class Sealed:
    """The table of a finished study: its name, the overrides that asked it, and rows as `table.table` gives them."""

    study: str
    asked: tuple[str, ...]
    rows: "pd.DataFrame"


def seal(store: Store, plan: Plan, rows: "pd.DataFrame") -> Path | None:
    """Writes the table of a plan, whole and at once; None, and nothing is written, when a question is not done.

    Raises WriteError.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    if rows.empty or not (rows["state"] == "done").all():
        return None
    about = {"study": plan.study, "asked": list(plan.asked), "plan": _digest(text(plan).encode())}
    sizes = store.sizes()
    whole = pa.Table.from_pandas(rows.assign(**{BYTES: rows["key"].map(sizes)}), preserve_index=False)
    whole = whole.replace_schema_metadata((whole.schema.metadata or {}) | {META: json.dumps(about).encode()})
    path, file = store.folder / NAME, io.BytesIO()
    pq.write_table(whole, file, compression="zstd")
    try:
        replace(path, file.getvalue())
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from None
    return path


def sealed(store: Store) -> Sealed | None:
    """The sealed table of a folder; None where there is none for its plan. A line tells of a damaged one."""
    try:
        plan = _digest((store.folder / "plan.json").read_bytes())
    except OSError:
        return None
    read = _read(store, plan, None)
    if read is None:
        return None
    table, about = read
    return Sealed(str(about["study"]), tuple(map(str, about["asked"])), table.drop_columns([BYTES]).to_pandas())


def sealed_keys(store: Store, plan: Plan) -> frozenset[str]:
    """The keys of the results that are in a folder's seal; none when it is not of this plan. One whose file has another
    size than when it was sealed is left out, as it must be read to be known."""
    read = _read(store, _digest(text(plan).encode()), ["key", BYTES])
    if read is None:
        return frozenset()
    sizes = store.sizes()
    known = zip(*(read[0].column(name).to_pylist() for name in ("key", BYTES)), strict=True)
    return frozenset(key for key, size in known if sizes.get(key, size) == size)


def _read(store: Store, plan: str, columns: list[str] | None) -> "tuple[pa.Table, dict[str, object]] | None":
    path = store.folder / NAME
    if not path.is_file():
        return None
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = json.loads(file.schema_arrow.metadata[META])
            return (file.read(columns=columns), about) if about["plan"] == plan else None
    except READ_WRONG as error:
        print(f"{path} cannot be read and is left out: {' '.join(str(error).split())[:200]}", flush=True)
        return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
