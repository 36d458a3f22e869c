"""Compose each value of a group once, with the settings inside the group that it takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.errors import HydraException
from omegaconf import DictConfig

from hydra_plugins.scaling_lab_plugins.axes import Axes, setting_group, to_plain
from hydra_plugins.scaling_lab_plugins.hydra_errors import hydra_errors_translated
from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector, UserError

Configs = dict[str | None, DictConfig]
"""A configuration for each override of a group; for None if the group is not on the axes."""


@dataclass(frozen=True)
class Choices:
    """The values of groups that axes name.

    Attributes:
        base: configuration of the axes' first values.
        nodes: for each group on the axes and each of its overrides, the node of the group, with the first values of its
            settings, and the name chosen.
        settings: for each group and each of its overrides, the keys of the axes that are settings of that value. The
            override is None for a group that is not on the axes.
    """

    base: DictConfig
    nodes: Mapping[str, Mapping[str, tuple[Any, Any]]]
    settings: Mapping[str, Mapping[str | None, Sequence[str]]]

    def takes(self, key: str, overrides: Mapping[str, str]) -> bool:
        """Return whether the key is a setting of what these overrides choose: false for one inside a group that the
        chosen value of the group does not have."""
        group = setting_group(key)
        return group is None or key in self.settings[group][overrides.get(group)]


def compose_choices(axes: Axes, loader: ConfigLoader, master: DictConfig) -> Choices:
    """Return the values of the axes' groups.

    Args:
        axes: overrides by key.
        loader: composes configurations, and checks them.
        master: the configuration without these overrides.

    Raises:
        UserErrors: for every name that is in no group and every key that is no setting (Hydra reports only the first),
            a sweep over studies, and a file of a group that sets more than its own node.
        HydraException: for what Hydra cannot compose.
    """
    if len(axes.get("study", ())) > 1:
        raise UserError("study cannot be swept: each study has its own axes")
    errors, groups = ErrorCollector(), loader.list_groups("")
    unknown = {key for key in axes if key in groups and _has_unknown_name(key, axes[key], loader, errors)}
    axes = {key: lines for key, lines in axes.items() if not {key, setting_group(key)} & unknown}
    first = {key: lines[0] for key, lines in axes.items() if setting_group(key) is None}
    base = _compose_first(first, groups, loader, master, errors)
    configs: dict[str, Configs] = {}
    for group in dict.fromkeys(setting_group(key) or key for key in axes if setting_group(key) or key in groups):
        configs[group] = {axes[group][0] if group in axes else None: base}
        for line in axes.get(group, ())[1:]:
            configs[group][line] = loader.load_sweep_config(master, list((first | {group: line}).values()))
            _refuse_other_keys(group, line, base, configs[group][line])
    settings = {group: _settings(group, configs[group], axes, errors) for group in configs}
    errors.raise_collected()
    without = {tuple(first.values()): base}
    return _with_settings(axes, configs, settings, loader, master, without)


def _has_unknown_name(group: str, lines: Sequence[str], loader: ConfigLoader, errors: ErrorCollector) -> bool:
    options, before = loader.get_group_options(group), len(errors.messages)
    for line in lines:
        name = line.partition("=")[2].strip("'\"")
        with errors.collect():
            is_file = group == "family" and ".py" in name
            if is_file or (name.isidentifier() and name != "null" and name not in options):
                raise registry.unknown_choice(group, name, options)
    return len(errors.messages) > before


def _compose_first(
    first: Mapping[str, str], groups: Sequence[str], loader: ConfigLoader, master: DictConfig, errors: ErrorCollector
) -> DictConfig:
    """Return the configuration of these overrides; without those of plain settings if one of them is a mistake."""
    try:
        return loader.load_sweep_config(master, list(first.values()))
    except HydraException as error:
        chosen, before = [line for key, line in first.items() if key in groups], len(errors.messages)
        for key, line in first.items():
            if key not in groups:
                with errors.collect(), hydra_errors_translated():
                    loader.load_sweep_config(master, [*chosen, line])
        if len(errors.messages) == before:
            raise error
        return loader.load_sweep_config(master, chosen)


def _settings(group: str, configs: Configs, axes: Axes, errors: ErrorCollector) -> dict[str | None, list[str]]:
    """Return the keys that are settings of each value of a group. A key that is one of none of them is an error."""
    keys = [key for key in axes if setting_group(key) == group]
    names: dict[str | None, list[str]] = {line: [] for line in configs}
    if keys:
        names = {
            line: registry.setting_names(group, to_plain(config, False).get(group)) for line, config in configs.items()
        }
    chosen = [str(config.hydra.runtime.choices.get(group)) for config in configs.values()]
    for key in keys:
        with errors.collect():
            registry.check_setting(group, dict(zip(chosen, names.values(), strict=True)), key.split(".")[1])
    return {line: [key for key in keys if key.split(".")[1] in names[line]] for line in configs}


def _with_settings(
    axes: Axes,
    configs: Mapping[str, Configs],
    settings: Mapping[str, Mapping[str | None, Sequence[str]]],
    loader: ConfigLoader,
    master: DictConfig,
    composed: dict[tuple[str, ...], DictConfig],
) -> Choices:
    """Compose with the first values of settings inside groups, where they apply; what is in `composed` is not again."""
    first = {key: lines[0] for key, lines in axes.items()}

    def compose(lines: Mapping[str, str]) -> DictConfig:
        """Compose these overrides without the settings that what they choose does not take."""
        choices = Choices(master, {}, settings)
        taken = tuple(line for key, line in lines.items() if choices.takes(key, lines))
        if taken not in composed:
            with hydra_errors_translated():
                composed[taken] = loader.load_sweep_config(master, list(taken))
        return composed[taken]

    nodes: dict[str, dict[str, tuple[Any, Any]]] = {}
    for group in [key for key in axes if key in configs]:
        nodes[group] = {}
        for line in axes[group]:
            config = compose(first | {group: line}) if settings[group][line] else configs[group][line]
            nodes[group][line] = (config.get(group), config.hydra.runtime.choices.get(group))
    return Choices(compose(first), nodes, settings)


def _refuse_other_keys(group: str, override: str, base: DictConfig, other: DictConfig) -> None:
    """Raise UserError if a name of a group changes another key: combinations would be assembled wrongly. Only a study
    may do that."""
    usual, changed = (to_plain(config, resolve=False) for config in (base, other))
    for key in {*usual, *changed} - {group, "hydra"}:
        if repr(usual.get(key)) != repr(changed.get(key)):  # repr: nan equals nan
            raise UserError(f"{override} also sets {key}; a file in conf/{group} must set {group} only")
