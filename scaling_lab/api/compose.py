"""Settings of a study from Python values: conf/config.yaml, a prepared study, axes and single settings.

The command line composes the same files with Hydra; this module does not depend on it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import yaml

from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector, UserError, unknown_name

COMPOSED_GROUPS = ("family", "rule", "dataset", "recipe", "engine")
AXES = ("dataset", "recipe", "rounding", "family", "rule", "times_flops", "lr_times", "seed")
"""What can have several values; the last changes fastest."""
RANGE = re.compile(r"range\((\d+),\s*(\d+)(?:,\s*(\d+))?\)")


@dataclass(frozen=True)
class Composition:
    """Settings of a study before its axes are multiplied out.

    Attributes:
        plain: Settings that are no group, such as workers.
        axes: Values of each axis.
        engine: Name of the engine.
        settings: Further settings by their name on the command line, such as {"recipe.epochs": 1}.
    """

    plain: Mapping[str, Any]
    axes: Mapping[str, tuple[Any, ...]]
    engine: str
    settings: Mapping[str, Any]

    def with_settings(self, engine: str | None, settings: Mapping[str, Any]) -> "Composition":
        """Return these settings with others on top."""
        return replace(self, engine=engine or self.engine, settings={**self.settings, **settings})

    def overrides(self) -> list[str]:
        """Return axes and settings as on the command line, for the record in the plan."""
        axes = [f"{name}={','.join(map(str, values))}" for name, values in self.axes.items()]
        return [*axes, *(f"{name}={value}" for name, value in self.settings.items())]

    def configs(self) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Yield the plain config of each combination of axes, and the name chosen in each group."""
        for values in product(*(self.axes[name] for name in AXES)):
            chosen = {**dict(zip(AXES, values, strict=True)), "engine": self.engine}
            names = {group: str(chosen[group]) for group in COMPOSED_GROUPS}
            groups = {group: registry.read_yaml(group, name) for group, name in names.items()}
            config = {**deepcopy(dict(self.plain)), **chosen, **groups}
            for name, value in self.settings.items():
                _set(config, name, value)
            yield config, names


def compose(study: str | None, axes: Mapping[str, Any], settings: Mapping[str, Any]) -> Composition:
    """Return the composition of the defaults, a prepared study, axes and settings, later ones replacing earlier ones.

    Args:
        study: Name of a study in conf/study, or None.
        axes: One value, several, or None (the study's or the default) for each name of AXES.
        settings: Further settings by their name on the command line.

    Raises:
        UserError: Unknown study, an axis without values, or a study that trains nothing.
    """
    base = _read_config()
    defaults = {
        group: name for entry in base.pop("defaults") if isinstance(entry, dict) for group, name in entry.items()
    }
    base.pop("hydra", None)
    values: dict[str, Any] = {**base, **{group: defaults[group] for group in COMPOSED_GROUPS}}
    if study is not None:
        values |= _read_study(study)
    values |= {name: value for name, value in axes.items() if value is not None}
    for name in settings:
        if name in AXES:
            raise UserError(f"settings has {name}; use the argument {name}=... instead")
    plain = {name: value for name, value in values.items() if name not in (*AXES, "engine")}
    composition = Composition(
        plain, {name: _values(name, values[name]) for name in AXES}, str(values["engine"]), dict(settings)
    )
    errors = ErrorCollector()
    for group in COMPOSED_GROUPS:
        for name in composition.axes.get(group, (composition.engine,)):
            with errors.collect():
                registry.read_yaml(group, str(name))
    errors.raise_collected()
    return composition


def _read_config() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((registry.CONF / "config.yaml").read_text(encoding="utf-8"))
    return config


def _read_study(name: str) -> dict[str, Any]:
    """Return axes and settings of a prepared study."""
    content = registry.read_yaml("study", name)
    if content.get("do", "run") != "run":
        raise UserError(f"study {name} trains nothing; run it with `scaling-lab sweep study={name}`")
    params = content.pop("hydra", {}).get("sweeper", {}).get("params", {})
    groups = {}
    for entry in content.pop("defaults", []):
        ((key, value),) = entry.items()
        groups[key.removeprefix("override ").lstrip("/")] = value
    return {**groups, **content, **{key: _parse_axis(key, str(text)) for key, text in params.items()}}


def _parse_axis(name: str, text: str) -> list[Any]:
    """Return the values of an axis as a study writes them: `1,2` or `range(0,5)`."""
    if match := RANGE.fullmatch(text.strip()):
        return list(range(*(int(part) for part in match.groups() if part is not None)))
    if "(" in text or "[" in text:
        raise UserError(f"{name} is {text!r}; lab.plan reads lists and ranges only, give {name}=... instead")
    return [yaml.safe_load(part) for part in text.split(",") if part.strip()]


def _values(name: str, value: Any) -> tuple[Any, ...]:
    """Return one value or several as a tuple, NumPy's numbers as Python's."""
    several = (value,) if isinstance(value, str | Mapping) or not isinstance(value, Iterable) else tuple(value)
    if not several:
        raise UserError(f"{name} is empty; at least one value is required")
    return tuple(item.item() if hasattr(item, "item") else item for item in several)


def _set(config: dict[str, Any], name: str, value: Any) -> None:
    """Set `recipe.epochs` in its group, and `workers` at the top. Raises UserError for an unknown setting."""
    first, dot, rest = name.partition(".")
    if first not in config or (dot and not isinstance(config[first], dict)):
        raise unknown_name("setting", name, config)
    if dot:
        config[first] = {**config[first], rest: value}
    else:
        config[first] = value
