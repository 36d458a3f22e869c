"""Checks of the fields of a record, which may come from a damaged or forged file. No torch."""

import re
from collections.abc import Mapping
from typing import Any

MAX_COUNT = 10**9  # images, points, workers
MAX_SECONDS = 10**9  # thirty years
_KEY = re.compile("[0-9a-z]{1,64}", re.ASCII)
# Types of what a result's provenance has under these names. Other names may have any number, text or boolean.
_PROVENANCE_TYPES = {
    **dict.fromkeys(("device", "torch", "python", "processor", "system", "commit", "finished"), str),
    **dict.fromkeys(("code", "precision", "instruction_set"), str),
    **dict.fromkeys(("threads", "cores", "at_once", "resumed", "skipped", "processes"), int),
    **dict.fromkeys(("compiled", "sync_batch_norm"), bool),
}


def require_range(record: object, low: float, high: float, *names: str) -> None:
    """Check that fields are numbers in a range, both ends included.

    Args:
        record: The record.
        names: Names of its fields. None is allowed.

    Raises:
        ValueError: A number is outside. The message names it.
    """
    for name in names:
        value = getattr(record, name)
        if value is not None and not low <= value <= high:
            raise ValueError(f"{name} is {value}; must be from {low:g} to {high:g}")


def require_positive(record: object, *names: str) -> None:
    """Check that fields are above 0. None is allowed.

    Raises:
        ValueError: A number is not. The message names it.
    """
    for name in names:
        value = getattr(record, name)
        if value is not None and not value > 0:
            raise ValueError(f"{name} is {value}; must be above 0")


def require_key(key: str) -> None:
    """Check that a key may be part of a file's name.

    Raises:
        ValueError: It may not.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"key is {key[:80]!r}; must be digits and small letters")


def require_provenance(provenance: Mapping[str, Any]) -> None:
    """Check the types of a result's provenance.

    Raises:
        ValueError: A value is a list, an object, or of another type than results have under that name.
    """
    for name, value in provenance.items():
        expected = _PROVENANCE_TYPES.get(name)
        if value is not None and type(value) not in ((expected,) if expected else (str, int, float, bool)):
            known = expected.__name__ if expected else "number, text or boolean"
            raise ValueError(f"provenance {name} is {str(value)[:40]!r}; must be a {known}")
