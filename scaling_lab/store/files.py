"""Read files that may be damaged or forged: regular files of bounded size, JSON with bounded numbers. No torch.

Every file of a results folder is opened here. A reader takes the value, or leaves the file out with the reason.
"""

import json
import logging
import os
import re
from contextlib import suppress
from functools import cache
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from scaling_lab.atomic import open_regular
from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable

MAX_BYTES = 2**26  # of a result or failure
MAX_RECORD_BYTES = 2**30  # of a plan or a record of runs or submissions
MAX_INTEGER = 2**63 - 1
SAFE_DIGITS = len(str(MAX_INTEGER))  # an integer with fewer digits is below it
SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
UNREADABLE = (OSError, ValueError)

logger = logging.getLogger(__name__)


def read_file(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """Return the bytes of a regular file, without waiting for a pipe or device.

    Raises:
        OSError: It cannot be read, or is not a regular file.
        ValueError: It is larger than `max_bytes`.
    """
    with os.fdopen(open_regular(path), "rb", buffering=0) as file:
        status = os.fstat(file.fileno())
        if status.st_size > max_bytes:
            raise ValueError(f"{status.st_size:,} bytes; must be at most {max_bytes:,}")
        content = b""
        while part := file.read(status.st_size - len(content)):  # at most the size that it had when it was opened
            content += part
    return content


def parse_json(raw: bytes) -> Any:
    """Return the value of JSON text.

    Raises:
        ValueError: It is not JSON, a text is not UTF-8, an integer has more than 64 bits, a float is not finite, or it
            is nested too deeply.
    """
    try:
        value = _decoder().decode(raw.decode())
        if SURROGATE.search(raw):
            json.dumps(value, ensure_ascii=False).encode()  # fails for half a character
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def file_names(folder: Path) -> list[str]:
    """Return the names of the files in a folder; none if it does not exist.

    Raises:
        UserError: The folder cannot be read.
    """
    return [file.name for file in _scan(folder)]


def file_stats(folder: Path) -> dict[str, os.stat_result]:
    """Return the status of each file in a folder, by name; of a link without a target, its own.

    Raises:
        UserError: The folder or a file in it cannot be looked at.
    """
    stats = dict[str, os.stat_result]()
    for file in _scan(folder):
        try:
            stats[file.name] = file.stat()
        except OSError:
            with suppress(FileNotFoundError):  # deleted meanwhile
                stats[file.name] = _link_status(file)
    return stats


def _link_status(file: "os.DirEntry[str]") -> os.stat_result:
    try:
        return file.stat(follow_symlinks=False)
    except PermissionError as error:  # in a folder that can be listed and not entered
        raise UserError(f"{file.path} cannot be read: {error.strerror}") from None


def _scan(folder: Path) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as files:
            return list(files)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise UserError(f"{folder} cannot be read: {error.strerror}") from None


def describe_error(error: Exception) -> str:
    """Return why a file cannot be read, on one line of printable characters."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return make_printable(" ".join(text.split()))[:300]


@cache
def warn_left_out(path: Path, reason: str) -> None:
    """Log, once per process, that a file or a part of it is left out."""
    logger.warning("%s cannot be read (%s); left out", path, reason)


@cache
def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(parse_int=_parse_integer, parse_float=_parse_float, parse_constant=_refuse_constant)


def _parse_integer(text: str) -> int:
    if len(text) < SAFE_DIGITS:
        return int(text)
    if len(text) > len(str(MAX_INTEGER)) + 1 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"an integer of {len(text)} digits; must have at most 64 bits")
    return int(text)


def _parse_float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text[:40]} is larger than the largest floating-point number")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a finite number")
