"""Read one file of a results folder into the value that it was written from. No torch.

Each function raises one of `files.UNREADABLE` for a file that is damaged, with the reason.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from scaling_lab.store.decode import decode
from scaling_lab.store.files import MAX_RECORD_BYTES, UNREADABLE, describe_error, parse_json, read_file, warn_left_out
from scaling_lab.store.integrity import check_result, without_checksum
from scaling_lab.store.plan_schema import Plan
from scaling_lab.store.schema import Result

Record = TypeVar("Record")


@dataclass(frozen=True)
class FailureRecord:
    """A failure of a point: the content of its file.

    Attributes:
        key: Key of the point.
        reason: What was raised, and where.
    """

    key: str
    reason: str


def read_plan_file(path: Path) -> Plan:
    """Return the plan in a file."""
    return decode(Plan, parse_json(read_file(path, MAX_RECORD_BYTES)))


def read_result_file(path: Path, key: str) -> Result:
    """Return the result of a point; the file must contain that of this key, unchanged since it was written."""
    content = parse_json(read_file(path))
    result = decode(Result, without_checksum(content) if isinstance(content, dict) else content)
    if result.key != key:
        raise ValueError(f"it contains the result of {result.key[:40]}")
    check_result(result)
    return result


def read_failure_file(path: Path, key: str) -> str:
    """Return the reason of a point's failure; the file must contain that of this key."""
    failure = decode(FailureRecord, parse_json(read_file(path)))
    if failure.key != key:
        raise ValueError(f"it contains the failure of {failure.key[:40]}")
    return failure.reason


def read_records(path: Path, kind: type[Record]) -> list[Record]:
    """Return the records of a file with one on each line; raises nothing.

    A file that cannot be read and lines that cannot be read are left out, with a warning.
    """
    records, reasons = list[Record](), list[str]()
    try:
        lines = read_file(path, MAX_RECORD_BYTES).splitlines()
    except FileNotFoundError:
        return []
    except UNREADABLE as error:
        warn_left_out(path, describe_error(error))
        return []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            records.append(decode(kind, parse_json(line)))
        except ValueError as error:
            reasons.append(f"line {number}: {describe_error(error)}")
    if reasons:
        more = f", and {len(reasons) - 1} more lines" if len(reasons) > 1 else ""
        warn_left_out(path, reasons[0] + more)
    return records
