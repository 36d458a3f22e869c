"""Checks of the arguments of the Python interface, before anything is done with them."""

from math import inf
from numbers import Integral, Real
from pathlib import Path
from sys import float_info
from typing import Any

from scaling_lab.errors import UserError


def to_plain_number(value: Any) -> Any:
    """Return a number of numpy or another library as int or float, and anything else as it is.

    An integer that no float can hold becomes infinite, which every check refuses.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return value
    if isinstance(value, Integral) and abs(int(value)) > float_info.max:
        return inf
    return int(value) if isinstance(value, Integral) else float(value)


def require_type(name: str, value: object, kinds: type | tuple[type, ...], allowed: str) -> None:
    """Raise UserError unless the argument is an instance of one of the kinds, which `allowed` names."""
    if not isinstance(value, kinds):
        raise UserError(f"{name} is {str(value)[:80]!r}; must be {allowed}")


def to_folder(value: object) -> Path:
    """Return a results folder as a path. Raises UserError for anything but a string or a path."""
    require_type("results", value, (str, Path), 'the path of a results folder, such as "results/quick"')
    return Path(str(value))


def require_count(name: str, value: object, largest: int) -> int:
    """Return an integer from 1 to `largest`. Raises UserError for anything else."""
    number = to_plain_number(value)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= largest:
        raise UserError(f"{name} is {str(value)[:40]}; must be an integer from 1 to {largest:,}")
    return number
