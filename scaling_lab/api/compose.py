"""Settings of a study from Python values: conf/config.yaml, a prepared study, axes and single settings.

The command line composes the same files with Hydra; this module does not depend on it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import islice, product
from math import prod
from typing import Any

import yaml

from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.study.grids import common_axes, make_grids
from scaling_lab.study.overrides import format_override, search_path_override
from scaling_lab.study.question_count import MAX_QUESTIONS, check_axis, check_questions
from scaling_lab.study.settings import CUSTOM_STUDY, is_custom, unknown_setting

COMPOSED_GROUPS = ("family", "rule", "dataset", "recipe", "engine")
AXES = ("dataset", "recipe", "rounding", "family", "rule", "times_flops", "lr_times", "seed")
"""What can have several values; the last changes fastest."""
RANGE = re.compile(r"range\((\d+),\s*(\d+)(?:,\s*(\d+))?\)")

Grid = Mapping[str, tuple[Any, ...]]
"""Values of each of AXES, and of settings by their name on the command line, such as recipe.epochs."""


@dataclass(frozen=True)
class Composition:
    """Settings of a study before its axes are multiplied out.

    Attributes:
        study: Name of the study that the axes start from.
        plain: Settings that are no group, such as workers.
        grids: The study is the union of these.
        engine: Name of the engine.
        settings: Further settings by their name on the command line, such as {"recipe.epochs": 1}.
    """

    study: str
    plain: Mapping[str, Any]
    grids: tuple[Grid, ...]
    engine: str
    settings: Mapping[str, Any]

    def with_settings(self, engine: str | None, settings: Mapping[str, Any]) -> "Composition":
        """Return these settings with others on top."""
        return replace(self, engine=engine or self.engine, settings={**self.settings, **settings})

    def overrides(self) -> list[str]:
        """Return axes and settings as on the command line, for the record in the plan.

        Axes that differ between grids are left to the study.
        """
        axes = [format_override(name, values) for name, values in common_axes(self.grids).items()]
        settings = [format_override(name, (value,)) for name, value in self.settings.items()]
        return [*search_path_override(), f"study={self.study}", *axes, *settings]

    def configs(self) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Yield the plain config of each question, and the name chosen in each group.

        Raises:
            UserErrors: A setting that nothing has, or that none of the values of its group has.
        """
        errors, seen = ErrorCollector(), set[str]()
        for grid in self.grids:
            with errors.collect():
                self._check_settings(grid)
        errors.raise_collected()
        for grid in self.grids:
            for values in product(*(grid[name] for name in AXES)):
                chosen = {**dict(zip(AXES, values, strict=True)), "engine": self.engine}
                for config, names in self._configs_of(chosen, self._settings(grid)):
                    if len(self.grids) == 1 or repr(config) not in seen:
                        seen.add(repr(config))
                        yield config, names

    def _configs_of(self, chosen: Mapping[str, Any], settings: Grid) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """Yield the configs of one value per axis: one for each combination of settings that these values have."""
        names = {group: str(chosen[group]) for group in COMPOSED_GROUPS}
        groups = {group: registry.read_yaml(group, name) for group, name in names.items()}
        taken = {
            name: values
            for name, values in settings.items()
            if (group := name.partition(".")[0]) not in groups
            or name.partition(".")[2] in registry.setting_names(group, groups[group])
        }
        for values in product(*taken.values()):
            config = {**deepcopy(dict(self.plain)), **chosen, **deepcopy(groups)}
            for name, value in zip(taken, values, strict=True):
                _set(config, name, value)
            yield config, dict(names)

    def _settings(self, grid: Grid) -> Grid:
        return {name: values for name, values in grid.items() if name not in AXES} | {
            name: (value,) for name, value in self.settings.items()
        }

    def _check_settings(self, grid: Grid) -> None:
        for name in self._settings(grid):
            group, dot, setting = name.partition(".")
            if dot and group in COMPOSED_GROUPS:
                chosen = [self.engine] if group == "engine" else list(map(str, grid[group]))
                contents = {each: registry.read_yaml(group, each) for each in chosen}
                names_of = {each: registry.setting_names(group, content) for each, content in contents.items()}
                registry.check_setting(group, names_of, setting)


def compose(study: str | None, axes: Mapping[str, Any], settings: Mapping[str, Any]) -> Composition:
    """Return the composition of the defaults, a prepared study, axes and settings, later ones replacing earlier ones.

    Args:
        study: Name of a study in conf/study. None is the default study, or if axes or settings name an axis of
            questions (`scaling_lab.study.settings.is_custom`), the study custom, which has no axes.
        axes: One value, several, or None (the study's or the default) for each name of AXES.
        settings: Further settings by their name on the command line.

    Raises:
        UserError: Unknown study, an axis without values or with too many, or a study that trains nothing.
    """
    base = _read_config()
    defaults = {
        group: name for entry in base.pop("defaults") if isinstance(entry, dict) for group, name in entry.items()
    }
    base.pop("hydra", None)
    given = {name: value for name, value in axes.items() if value is not None}
    for name in settings:
        if name in AXES:
            raise UserError(f"settings has {name}; use the argument {name}=... instead")
    if study is None:
        study = CUSTOM_STUDY if is_custom((*given, *settings)) else defaults["study"]
    of_study, grids = _read_study(study)
    values: dict[str, Any] = {
        **base,
        **{group: defaults[group] for group in COMPOSED_GROUPS},
        "name": study,
        **of_study,
    }
    inside = {name: value for name, value in of_study.items() if "." in name}
    composition = Composition(
        study,
        {name: value for name, value in values.items() if name not in (*AXES, *inside, "engine")},
        tuple(_make_grid({name: values[name] for name in AXES} | grid | given) for grid in grids),
        str(values["engine"]),
        inside | dict(settings),
    )
    errors = ErrorCollector()
    for group in COMPOSED_GROUPS:
        names = [name for grid in composition.grids for name in grid.get(group, (composition.engine,))]
        for name in dict.fromkeys(map(str, names)):
            with errors.collect():
                registry.read_yaml(group, name)
    errors.raise_collected()
    return composition


def _read_config() -> dict[str, Any]:
    config: dict[str, Any] = yaml.safe_load((registry.CONF / "config.yaml").read_text(encoding="utf-8"))
    return config


def _read_study(name: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the settings of a prepared study, those inside a group by names such as recipe.epochs, and its grids."""
    content = registry.read_yaml("study", name)
    if content.get("do", "run") != "run":
        raise UserError(f"study {name} trains nothing; run it with `scaling-lab sweep study={name}`")
    sweeper = content.pop("hydra", {}).get("sweeper", {})
    groups = {}
    for entry in content.pop("defaults", []):
        ((key, value),) = entry.items()
        groups[key.removeprefix("override ").lstrip("/")] = value
    grids = make_grids(sweeper.get("params"), sweeper.get("also"))
    for group in COMPOSED_GROUPS:
        inside = content.pop(group, {})
        content |= {f"{group}.{key}": value for key, value in inside.items()}
    return {**groups, **content}, [{key: _parse_axis(key, text) for key, text in grid.items()} for grid in grids]


def _parse_axis(name: str, text: str) -> Iterable[Any]:
    """Return the values of an axis as a study writes them: `1,2` or `range(0,5)`."""
    if match := RANGE.fullmatch(text.strip()):
        return range(*(int(part) for part in match.groups() if part is not None))
    if "(" in text or "[" in text:
        raise UserError(f"{name} is {text!r}; lab.plan reads lists and ranges only, give {name}=... instead")
    return [yaml.safe_load(part) for part in text.split(",") if part.strip()]


def _make_grid(axes: Mapping[str, Any]) -> Grid:
    """Return the values of each axis. Raises UserError for one without values, and for too many."""
    grid = {name: _values(name, value) for name, value in axes.items()}
    counts = {name: len(values) for name, values in grid.items()}
    check_questions(prod(counts.values()), counts)
    return grid


def _values(name: str, value: Any) -> tuple[Any, ...]:
    """Return one value or several as a tuple, NumPy's numbers as Python's; they are counted first."""
    if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
        value = (value,)
    if isinstance(value, range) and value:
        check_axis(name, abs(value[-1] - value[0]) // abs(value.step) + 1)
    values = tuple(islice(value, MAX_QUESTIONS + 1))
    check_axis(name, len(value) if isinstance(value, Sized) else len(values))
    return tuple(item.item() if hasattr(item, "item") else item for item in values)


def _set(config: dict[str, Any], name: str, value: Any) -> None:
    """Set `recipe.epochs` in its group, and `workers` at the top. Raises UserError for an unknown setting."""
    first, dot, rest = name.partition(".")
    if first not in config or (dot and not isinstance(config[first], dict)):
        raise unknown_setting(name, config)
    if dot:
        config[first] = {**config[first], rest: value}
    else:
        config[first] = value
