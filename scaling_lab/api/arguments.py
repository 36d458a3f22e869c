"""Checks of the arguments of the Python interface, before anything is done with them."""

from numbers import Integral, Real
from pathlib import Path
from typing import Any

from scaling_lab.errors import UserError


def to_plain_number(value: Any) -> Any:
    """Return a number of numpy or another library as int or float, and anything else as it is."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def require_type(name: str, value: object, kinds: type | tuple[type, ...], allowed: str) -> None:
    """Raise UserError unless the argument is an instance of one of the kinds, which `allowed` names."""
    if not isinstance(value, kinds):
        raise UserError(f"{name} is {str(value)[:80]!r}; must be {allowed}")


def to_folder(value: object) -> Path:
    """Return a results folder as a path. Raises UserError for anything but a string or a path."""
    require_type("results", value, (str, Path), 'the path of a results folder, such as "results/quick"')
    return Path(str(value))
