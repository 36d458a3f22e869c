"""Checks of numbers that a user gives."""

import re
from math import isfinite
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether the value is a finite int or float; a bool is not, nor an integer that no float can hold."""
    try:
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    except OverflowError:
        return False


def is_integer(value: object, low: int, high: int) -> bool:
    """Return whether the value is an int from `low` to `high`; a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def parse_integer(text: str) -> int:
    """Return the integer written in digits 0 to 9, with or without a minus.

    `int` also reads 1_000, a plus, surrounding spaces and the digits of other scripts.

    Raises:
        ValueError: for any other text.
    """
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError(f"{text!r} is not an integer in digits 0 to 9")
    return int(text)
