"""A study's settings before its axes are multiplied out, and the settings of each of its questions."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector
from scaling_lab.study.grids import common_axes
from scaling_lab.study.overrides import format_override, search_path_override
from scaling_lab.study.settings import unknown_setting

COMPOSED_GROUPS = ("family", "rule", "dataset", "recipe", "engine")
AXES = ("dataset", "recipe", "rounding", "family", "rule", "times_flops", "lr_times", "seed")
"""What can have several values; the last changes fastest."""

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
                contents = {choice: registry.read_yaml(group, choice) for choice in chosen}
                names_of = {choice: registry.setting_names(group, content) for choice, content in contents.items()}
                registry.check_setting(group, names_of, setting)


def _set(config: dict[str, Any], name: str, value: Any) -> None:
    """Set `recipe.epochs` in its group, and `workers` at the top. Raises UserError for an unknown setting."""
    first, dot, rest = name.partition(".")
    if first not in config or (dot and not isinstance(config[first], dict)):
        raise unknown_setting(name, config)
    if dot:
        config[first] = {**config[first], rest: value}
    else:
        config[first] = value
