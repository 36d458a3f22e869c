"""What counts as a number where values are checked."""

from math import isfinite
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[int | float]:
    """Whether this is a finite whole or floating number, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
