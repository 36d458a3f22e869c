"""The `_target_` of a yaml file: the class or function of this package that it names, and the value that it makes."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any

from scaling_lab.config.moved_targets import present_target
from scaling_lab.config.value_checks import check_value, located_errors
from scaling_lab.errors import UserError, UserErrors, error_messages, unknown_name

PACKAGES = {
    "family": ("scaling_lab.networks.families.", "scaling_lab.modules.families."),
    "rule": ("scaling_lab.networks.scaling.",),
    "dataset": ("scaling_lab.data.",),
    "recipe": ("scaling_lab.config.recipe.",),
    "engine": ("scaling_lab.study.executors.",),
}


def import_target(group: str, target: Any, label: str) -> Callable[..., Any]:
    """Return the class or function that a `_target_` names.

    Args:
        group: such as "family".
        target: the text of the `_target_`.
        label: for messages.

    Raises:
        UserError: it is not defined in the module that it names, or that is outside the group's package.
    """
    packages = PACKAGES[group]
    present = present_target(target) if isinstance(target, str) else ""
    if not present.startswith(packages):
        allowed = " or ".join(package.rstrip(".") for package in packages)
        raise UserError(f"{label}: _target_ is {target!r}; must be a class or function of {allowed}")
    module_name, _, name = present.rpartition(".")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise
        raise UserError(f"{label}: there is no module {module_name}") from None
    value: Callable[..., Any] | None = getattr(module, name, None)
    if not callable(value) or getattr(value, "__module__", None) != module_name:
        defined = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module_name]
        raise unknown_name(f"part of {module_name}", name, [n for n in defined if not n.startswith("_")])
    return value


def call_target(
    group: str, target: Callable[..., Any], arguments: Mapping[str, Any], changes: Mapping[str, Any], label: str
) -> Any:
    """Return what the target makes of its arguments, with these of its fields changed."""
    with located_errors(group, label):
        try:
            value = target(**arguments)
            check_value(group, value, target)
            return replace(value, **changes) if changes else value
        except UserError as error:
            raise UserErrors(f"{label}: {message}" for message in error_messages(error)) from None
        except (ValueError, TypeError, OverflowError) as error:
            raise UserError(f"{label}: {error}") from None
