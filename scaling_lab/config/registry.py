"""What conf/ offers, for both front doors: the names in a group, what a name stands for, and the value that it makes.

A yaml in conf/<group>/ is a `_target_` (a class or function of the group's own package) and its keywords. Hydra
composes the same files; nothing here knows of it.
"""

import inspect
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import cache
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import yaml

from scaling_lab.errors import UserError, UserErrors, error_messages, unknown_name
from scaling_lab.networks.scaling.scale import ScalingRule

_PACKAGE = Path(__file__).resolve().parents[1]
# The yaml groups: inside the package where it is installed, beside it in a checkout.
CONF = _PACKAGE / "conf" if (_PACKAGE / "conf").is_dir() else _PACKAGE.parent / "conf"
PACKAGES = {
    "family": "scaling_lab.networks.families.",
    "rule": "scaling_lab.networks.scaling.",
    "dataset": "scaling_lab.data.",
    "recipe": "scaling_lab.config.recipe.",
    "engine": "scaling_lab.sweep.executors.",
}

# By name, so that who asks for a family imports no engine. A rule may also be anything with `network`.
VALUES = {
    "family": ("scaling_lab.networks.network.Network",),
    "rule": ("scaling_lab.networks.scaling.multipliers.Multipliers",),
    "dataset": ("scaling_lab.data.dataset.InMemoryDataset", "scaling_lab.data.streaming.dataset.StreamedDataset"),
    "recipe": ("scaling_lab.config.recipe.Recipe",),
    "engine": ("scaling_lab.sweep.executors.local.Local", "scaling_lab.sweep.executors.slurm.Slurm"),
}


def list_names(group: str) -> list[str]:
    """The names in a group, sorted."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def read_yaml(group: str, name: str) -> dict[str, Any]:
    """What a name stands for, as in its yaml. Raises UserError, with the near name, for one that is not there."""
    if name not in list_names(group):
        raise unknown_name(group, name, list_names(group))
    return deepcopy(_parsed(CONF / group / f"{name}.yaml"))


def build_value(group: str, what: Mapping[str, Any], name: str | None = None) -> Any:
    """The value: `_target_` called with the remaining keys. `name` is for messages.

    Raises UserError for a `_target_` outside the group's package, not defined in the module it names, or not said to
    make a value of the group; for a keyword that it does not take, and for what the value itself refuses.
    """
    told = f"{group} {name}" if name else group
    keywords = {key: value for key, value in what.items() if key != "_target_"}
    target = _target(group, what.get("_target_"), told)
    _refuse_other_values(group, target, told)
    parameters = inspect.signature(target).parameters
    for key in keywords:
        if key not in parameters:
            raise unknown_name(f"setting of {told}", str(key), parameters)
    missing = [p.name for p in parameters.values() if p.default is p.empty and p.name not in keywords]
    if missing:
        raise UserError(f"{told} lacks {', '.join(missing)}")
    try:
        return target(**keywords)
    except UserError as error:
        raise UserErrors(f"{told}: {message}" for message in error_messages(error)) from None
    except (ValueError, TypeError, OverflowError) as error:
        raise UserError(f"{told}: {error}") from None


def setting_names(group: str, what: Mapping[str, Any]) -> list[str]:
    """The keywords that a choice of the group takes, also those that its yaml leaves at their default. Raises
    UserError for a `_target_` that `build_value` refuses."""
    return list(inspect.signature(_target(group, what.get("_target_"), group)).parameters)


def display_name(group: str, name: str, what: Mapping[str, Any]) -> str:
    """The name, with the values that are not as in its yaml: `short` or `short(epochs=1)`."""
    usual = read_yaml(group, name) if name in list_names(group) else {}
    others = [f"{key}={value}" for key, value in what.items() if key not in usual or usual[key] != value]
    return f"{name}({', '.join(others)})" if others and usual else name


def _refuse_other_values(group: str, target: Callable[..., Any], told: str) -> None:
    """Raises UserError unless the target is a class of such values or a function annotated to return one. Nothing is
    called to find that out."""
    made = target if inspect.isclass(target) else get_type_hints(target).get("return")
    parts = get_args(made) if get_origin(made) in (Union, UnionType) else (made,)
    if not all(_is_value(group, part) for part in parts):
        name = getattr(made, "__name__", str(made))
        raise UserError(f"{told}: _target_ {target.__module__}.{target.__name__} makes a {name}, which is no {group}")


def _is_value(group: str, made: Any) -> bool:
    if group == "rule" and inspect.isclass(made) and issubclass(made, ScalingRule):
        return True
    return f"{getattr(made, '__module__', '')}.{getattr(made, '__qualname__', '')}" in VALUES[group]


@cache
def _parsed(path: Path) -> dict[str, Any]:
    told = f"conf/{path.parent.name}/{path.name}"
    try:
        what = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"{told} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(what, dict):
        raise UserError(f"{told} must hold a _target_ and its keywords")
    return what


def _target(group: str, target: Any, told: str) -> Callable[..., Any]:
    package = PACKAGES[group]
    if not isinstance(target, str) or not target.startswith(package):
        raise UserError(f"{told}: _target_ is {target!r}; it must be something of {package.rstrip('.')}")
    module_name, _, own = target.rpartition(".")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not module_name.startswith(error.name):
            raise
        raise UserError(f"{told}: there is no module {module_name}") from None
    found: Callable[..., Any] | None = getattr(module, own, None)
    if not callable(found) or getattr(found, "__module__", None) != module_name:
        defined = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == module_name]
        raise unknown_name(f"part of {module_name}", own, [n for n in defined if not n.startswith("_")])
    return found
