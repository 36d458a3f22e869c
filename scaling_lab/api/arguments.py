"""Checks of the arguments of the Python interface, before anything is done with them."""

from collections.abc import Mapping
from math import inf
from numbers import Integral, Real
from pathlib import Path
from sys import float_info
from typing import Any

from scaling_lab.errors import UserError, unknown_name


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


def require_verdict_arguments(metric: object, contrasts: object = None) -> None:
    """Raise UserError unless the metric is a string, and the contrasts are one or None."""
    require_type("metric", metric, str, 'the name of a metric, such as "loss"')
    if contrasts is not None:
        require_type("contrasts", contrasts, str, 'pairs of rules, such as "compound-width,compound-depth"')


def to_folder(value: object) -> Path:
    """Return a results folder as a path. Raises UserError for anything but a string or a path."""
    require_type("results", value, (str, Path), 'the path of a results folder, such as "results/quick"')
    return Path(str(value))


def to_existing_folder(name: str, value: object) -> Path:
    """Return a folder as an absolute path. Raises UserError if there is no such folder."""
    require_type(name, value, (str, Path), "an existing folder")
    folder = Path(str(value))
    if not folder.is_dir():
        raise UserError(f"{name} is '{folder}'; must be an existing folder")
    return folder.absolute()


def require_count(name: str, value: object, largest: int) -> int:
    """Return an integer from 1 to `largest`. Raises UserError for anything else."""
    number = to_plain_number(value)
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= largest:
        raise UserError(f"{name} is {str(value)[:40]}; must be an integer from 1 to {largest:,}")
    return number


def require_plan_arguments(
    study: object, settings: object, axes: Mapping[str, object], unknown: Mapping[str, object]
) -> None:
    """Check the arguments of `lab.plan` that name no value yet.

    Args:
        study: Name of a prepared study, or None.
        settings: Values by the name of the setting, or None.
        axes: One value, or several, by the name of the axis.
        unknown: Arguments that `lab.plan` does not have.

    Raises:
        UserError: An unknown argument, a study or a name of a setting that is no string, or an axis of bytes or of more
            than one dimension.
    """
    for name in unknown:
        raise unknown_name("argument of lab.plan", name, ("study", *axes, "name", "settings"))
    if study is not None:
        require_type("study", study, str, "the name of a prepared study")
    if settings is not None:
        require_type("settings", settings, Mapping, "a mapping of settings by name")
        for name in settings if isinstance(settings, Mapping) else ():
            require_type("name of a setting", name, str, 'a string, such as "recipe.epochs"')
    for name, value in axes.items():
        items = value if isinstance(value, list | tuple) else ()
        is_nested = getattr(value, "ndim", 0) > 1 or any(getattr(item, "ndim", 0) > 0 for item in items)
        if isinstance(value, bytes) or is_nested:
            raise UserError(f"{name} is {str(value)[:80]!r}; must be one value, or a list of values")
