"""Contents of conf/, for both commands: names in a group, the yaml of a name, and the value built from it.

A file conf/<group>/<name>.yaml has a `_target_` (a class or function of the group's package) and its arguments. Hydra
composes the same files; this module does not depend on Hydra.
"""

import inspect
import os
import re
from ast import literal_eval
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scaling_lab.config.targets import call_target, import_target
from scaling_lab.config.value_checks import check_return_type, located_errors
from scaling_lab.errors import UserError, unknown_name
from scaling_lab.modules.names import CODE_GROUPS, MODULE, code_content, code_label, code_names

_PACKAGE = Path(__file__).resolve().parents[1]
# The yaml groups: inside the package where it is installed, next to it in a checkout.
CONF = _PACKAGE / "conf" if (_PACKAGE / "conf").is_dir() else _PACKAGE.parent / "conf"

# Settings that every value of a group takes, also where its `_target_` has no such argument. None is the value's own.
COMMON_SETTINGS = {"family": ("side",)}

SETTING_START = re.compile(r", (?=[A-Za-z_]\w*=)")  # between two settings of a display name

_search_path: tuple[Path, ...] = (CONF,)


def set_search_path(folders: Iterable[Path]) -> None:
    """Set the folders in which groups are looked up; the first one that has a name counts. The default is conf/ alone.

    run_sweep.py sets the folders that Hydra composes from: conf/, and those of `--config-dir` and `hydra.searchpath`.
    """
    global _search_path
    _search_path = tuple(folders) or (CONF,)


def search_path() -> tuple[Path, ...]:
    """Return the folders in which groups are looked up."""
    return _search_path


def list_names(group: str) -> list[str]:
    """Return the names in a group, sorted. Families that are code (`scaling_lab.modules.names`) are among them."""
    names = {path.stem for folder in _search_path for path in (folder / group).glob("*.yaml")}
    return sorted(names.union(code_names() if group == "family" else ()))


def read_yaml(group: str, name: str) -> dict[str, Any]:
    """Return the content of a name's yaml file, or the settings of a family that is code.

    Raises:
        UserError: if the group has no such name (suggests the nearest), or the file is not a mapping.
    """
    files = (folder / group / f"{name}.yaml" for folder in _search_path)
    if "/" not in name and (file := next((path for path in files if os.path.isfile(path)), None)):  # noqa: PTH113 - False for a name that is too long, where Path raises
        return deepcopy(_parse(file))
    if group == "family" and (content := code_content(name)) is not None:
        return content
    raise unknown_choice(group, name, [*list_names(group), *(CODE_GROUPS if group == "family" else ())])


def unknown_choice(group: str, name: str, existing: Iterable[str]) -> UserError:
    """Return the error for a name that a group lacks; for a file in the place of a family, how a file is named."""
    if group != "family" or not name.partition(":")[0].endswith(".py"):
        return unknown_name(group, name, existing)
    path, _, function = name.partition(":")
    factory = f" family.factory={function[:80]}" if function else ""
    return UserError(
        f"unknown family {name[:80]!r}; a sweep or plan takes family={MODULE} family.path={path[:80]}{factory}, and "
        f"cost and lab.cost take {path[:80]}:{function[:80] or 'make'}"
    )


def file_not_utf8() -> Path | None:
    """Return the first yaml file in the search path that is not UTF-8 text."""
    for path in (path for folder in _search_path for path in sorted(folder.rglob("*.yaml"))):
        try:
            path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return path
    return None


def build_value(group: str, content: Mapping[str, Any], name: str | None = None) -> Any:
    """Call `_target_` with the remaining keys and return the value.

    Args:
        group: such as "family".
        content: the keys, as in a yaml file of the group.
        name: of that file, for messages.

    Raises:
        UserError: as in `prepare_value`, and for what the value itself refuses.
    """
    return prepare_value(group, content, name)()


def prepare_value(group: str, content: Mapping[str, Any], name: str | None = None) -> Callable[[], Any]:
    """Return the function that builds the value. Nothing is called yet, so no dataset is read.

    Args:
        group: such as "family".
        content: the keys, as in a yaml file of the group.
        name: of that file, for messages.

    Raises:
        UserError: for a `_target_` outside the group's package, not defined in the module it names, or not declared to
            return a value of the group; for an unknown or a missing argument.
    """
    label = f"{group} {name}" if name else group
    arguments = {key: value for key, value in content.items() if key != "_target_"}
    for key in COMMON_SETTINGS.get(group, ()):
        if arguments.get(key, ...) is None:
            del arguments[key]
    with located_errors(group, label):
        target = import_target(group, content.get("_target_"), label)
        check_return_type(group, target, label)
    parameters = inspect.signature(target).parameters
    allowed = _parameter_names(group, parameters)
    for key in arguments:
        if key not in allowed:
            raise unknown_name(f"setting of {label}", str(key), allowed)
    changes = {key: arguments.pop(key) for key in allowed if key in arguments and key not in parameters}
    missing = [p.name for p in parameters.values() if p.default is p.empty and p.name not in arguments]
    if missing:
        raise UserError(f"{label} lacks {', '.join(missing)}")
    return lambda: call_target(group, target, arguments, changes, label)


def setting_names(group: str, content: Any) -> list[str]:
    """Return the settings of a value of the group: the keys of its yaml, and the arguments that the yaml leaves out.

    Raises:
        UserError: for a `_target_` that `build_value` refuses.
    """
    if not is_chosen(group, content):
        return []
    arguments = inspect.signature(import_target(group, content.get("_target_"), group)).parameters
    return list(dict.fromkeys([*map(str, content), *_parameter_names(group, arguments)]))


def check_setting(group: str, names_of: Mapping[str, Iterable[str]], setting: str) -> None:
    """Raise UserError for a setting that none of the chosen values of a group has.

    Args:
        group: such as "rule".
        names_of: settings of each chosen value, by its name.
        setting: name of the setting, such as "alpha".
    """
    if not any(setting in names for names in names_of.values()):
        names = {name for own_names in names_of.values() for name in own_names} - {"_target_"}
        raise unknown_name(f"setting of {group} {', '.join(names_of)}", setting, names)


def display_name(group: str, name: str, content: Mapping[str, Any]) -> str:
    """Return the name with the values that differ from its yaml: `short` or `short(epochs=1)`.

    That of a family in a file of the user's is the name of its function: `my_nets.make_vgg`.
    """
    if group == "family" and (label := code_label(content)):
        return label
    usual: dict[str, Any] = {}
    with suppress(UserError):
        usual = read_yaml(group, name)
    changes = {key: value for key, value in content.items() if key not in usual or usual[key] != value}
    for key in COMMON_SETTINGS.get(group, ()):
        if (
            key in changes
            and usual
            and key not in usual
            and changes[key] in (None, getattr(build_value(group, usual, name), key))
        ):
            del changes[key]
    return f"{name}({', '.join(f'{key}={value}' for key, value in changes.items())})" if changes and usual else name


def parse_display_name(text: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the changed settings of what `display_name` returned. Nothing is executed."""
    name, bracket, rest = text.partition("(")
    settings = dict[str, Any]()
    for part in SETTING_START.split(rest.removesuffix(")")) if bracket else ():
        key, _, value = part.partition("=")
        try:
            settings[key] = literal_eval(value)
        except (ValueError, SyntaxError):  # a text without quotes
            settings[key] = value
    return name, settings


def is_chosen(group: str, content: Any) -> bool:
    """Return whether a group's settings name more than its common settings, which are there without a choice too."""
    return isinstance(content, Mapping) and not set(content) <= set(COMMON_SETTINGS.get(group, ()))


def _parameter_names(group: str, parameters: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*parameters, *COMMON_SETTINGS.get(group, ())]))


@cache
def _parse(path: Path) -> dict[str, Any]:
    folder = "conf" if path.parents[1] == CONF else path.parents[1]
    label = f"{folder}/{path.parent.name}/{path.name}"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{label} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise UserError(f"{label} must be a mapping of settings, not {type(content).__name__}")
    return content
