"""The bytes of the files of a results folder, and what happens to a file in the way. No torch."""

import json
import logging
import os
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError
from scaling_lab.formatting import make_printable
from scaling_lab.store.files import UNREADABLE, describe_error
from scaling_lab.store.integrity import with_checksum
from scaling_lab.store.plan_schema import DEFAULT_VERDICTS, Plan
from scaling_lab.store.reading import FailureRecord, read_result_file
from scaling_lab.store.schema import Result

logger = logging.getLogger(__name__)


def encode_plan(plan: Plan) -> bytes:
    """Return the content of a plan's file.

    Raises:
        UserError: A setting, such as a path, is not UTF-8, which neither table nor report can hold.
    """
    for text in (plan.study, *plan.asked, *{entry.question.dataset for entry in plan.entries}):
        if text != text.encode(errors="replace").decode():
            raise UserError(f"{ascii(text)[:200]} is not UTF-8; rename that file or folder")
    content = asdict(plan)
    if not plan.earlier_commands:  # the text of a plan of one command is that of older versions
        del content["earlier_commands"]
    if not plan.families:
        del content["families"]
    if plan.verdicts == DEFAULT_VERDICTS:
        del content["verdicts"]
    return _encode(content)


def encode_result(result: Result) -> bytes:
    """Return the content of a result's file, with its checksum."""
    return _encode(with_checksum(asdict(result)))


def encode_failure(key: str, reason: str) -> bytes:
    """Return the content of a failure's file."""
    return _encode(asdict(FailureRecord(key, make_printable(reason))))


def move_broken_aside(path: Path, key: str) -> bool:
    """Rename a result's file that cannot be read, and return whether there was one."""
    try:
        read_result_file(path, key)
    except FileNotFoundError:
        path.unlink(missing_ok=True)  # a link without a target
    except UNREADABLE as error:
        names = (path.with_name(f"{path.name}.broken.{number}") for number in count(1))
        aside = next(name for name in names if not os.path.lexists(name))
        path.rename(aside)
        logger.warning("%s cannot be read (%s); moved to %s", path, describe_error(error), aside.name)
    else:
        return False
    return True


def _encode(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, allow_nan=False) + "\n").encode()
