"""What counts as a number where values are checked."""

import re
from math import isfinite
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a finite whole or floating number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def parse_integer(text: str) -> int:
    """The whole number that a text of digits 0 to 9 is, a minus before them or none. Raises ValueError for any other.

    `int` also reads 1_000, a plus, spaces around, and the digits of every script.
    """
    if not re.fullmatch("-?[0-9]+", text):
        raise ValueError(f"{text!r} is no whole number in digits 0 to 9")
    return int(text)
