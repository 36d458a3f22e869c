"""Parse overrides to axes, and compose the configurations of axes.

Hydra takes 0.1 s or more to compose. So it composes once for each value of a group; combinations are assembled from
those nodes, and plain values are set by update, at about a millisecond each.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.scaling_lab_plugins.hydra_errors import hydra_errors_translated
from scaling_lab.errors import ErrorCollector, UserError, unknown_name


@dataclass(frozen=True)
class ComposedConfig:
    """The configuration of one question.

    Attributes:
        config: its plain values, without `hydra`.
        chosen: the name chosen in each group.
        overrides: those that make it.
    """

    config: dict[str, Any]
    chosen: dict[str, Any]
    overrides: tuple[str, ...]


def parse_axes(lines: Sequence[str], loader: ConfigLoader) -> dict[str, list[str]]:
    """Return the values of each key as overrides, one per value; a later line of a key replaces an earlier one.

    Raises:
        UserError: for a sweep that cannot be enumerated or has no values.
    """
    axes: dict[str, list[str]] = {}
    for override in OverridesParser.create(config_loader=loader).parse_overrides(list(lines)):
        key = override.get_key_element().lstrip("+~")
        if override.is_interval_sweep():
            raise UserError(f"{override.input_line}: an interval cannot be enumerated; use range(...)")
        if isinstance(override.value(), list) and key in loader.list_groups(""):
            raise UserError(f"{override.input_line}: {key} takes one name, or several with commas and no brackets")
        values = _values(override)
        if not values:
            raise UserError(f"{override.input_line}: no name matches")
        axes[key] = values
    return axes


def compose_axes(
    axes: Mapping[str, Sequence[str]], loader: ConfigLoader, master: DictConfig
) -> Iterator[ComposedConfig]:
    """Yield the configuration of each combination of the axes' values; the last axis changes fastest.

    Args:
        axes: overrides by key, from `parse_axes`.
        loader: composes configurations, and checks them.
        master: the configuration without these overrides.

    Raises:
        UserError: for a sweep over studies, a file of a group that sets more than its own node, and as `compose_first`.
        HydraException: for what Hydra cannot compose.
    """
    groups = [key for key in axes if key in loader.list_groups("")]
    if len(axes.get("study", ())) > 1:
        raise UserError("study cannot be swept: each study has its own axes")
    base = compose_first(axes, loader, master)
    composed = {axes[group][0]: base for group in groups}
    for group in groups:
        for override in axes[group][1:]:
            lines = [override if key == group else axes[key][0] for key in axes]
            composed[override] = loader.load_sweep_config(master, lines)
            _refuse_other_keys(group, override, base, composed[override])
    swept = [key for key in axes if len(axes[key]) > 1]
    work, chosen = without_hydra(base), dict(base.hydra.runtime.choices)
    parser, previous = OverridesParser.create(), {key: values[0] for key, values in axes.items()}
    parsed = {line: parser.parse_override(line) for key in swept if key not in groups for line in axes[key]}
    for current in (dict(zip(axes, values, strict=True)) for values in product(*axes.values())):
        changed = {key for key in swept if current[key] != previous[key]}
        for group in changed & set(groups):
            work[group] = composed[current[group]][group]
            chosen[group] = composed[current[group]].hydra.runtime.choices[group]
        for key in swept:  # in the order given, as Hydra does; a group that changed has lost the values set in it
            if key not in groups and (key in changed or key.partition(".")[0] in changed):
                _set(work, parsed[current[key]])
        previous = current
        yield ComposedConfig(to_plain(work), dict(chosen), tuple(current.values()))


def compose_first(axes: Mapping[str, Sequence[str]], loader: ConfigLoader, master: DictConfig) -> DictConfig:
    """Return the configuration of the axes' first values.

    Raises:
        UserErrors: for every name that is in no group and every key that is no setting; Hydra reports only the first.
    """
    errors, groups = ErrorCollector(), [key for key in axes if key in loader.list_groups("")]
    for group in groups:
        options = loader.get_group_options(group)
        for line in axes[group]:
            name = line.partition("=")[2]
            with errors.collect():
                if name.isidentifier() and name != "null" and name not in options:
                    raise unknown_name(group, name, options)
    lines = {key: values[0] for key, values in axes.items()}
    try:
        base = loader.load_sweep_config(master, list(lines.values()))
    except HydraException as error:
        chosen = {group: lines[group] for group in groups if lines[group] in _offered(group, loader)}
        for key, line in lines.items():
            if key.partition(".")[0] not in {*groups} - {*chosen}:  # settings of an unknown name are unknown
                with errors.collect(), hydra_errors_translated():
                    loader.load_sweep_config(master, [*chosen.values(), line])
        if not errors.messages:
            raise error
    errors.raise_collected()
    return base


def without_hydra(config: DictConfig) -> DictConfig:
    """Return a copy of the configuration without its node `hydra`."""
    copy = config.copy()
    with open_dict(copy):
        copy.pop("hydra", None)
    return copy


def to_plain(config: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """Return a configuration as plain values, interpolations resolved or as written."""
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=resolve))


def _offered(group: str, loader: ConfigLoader) -> set[str]:
    return {f"{group}={name}" for name in loader.get_group_options(group)}


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def _set(work: DictConfig, override: Override) -> None:
    is_addition = override.is_add() or override.is_force_add()
    OmegaConf.update(work, override.key_or_group, override.value(), merge=True, force_add=is_addition)


def _refuse_other_keys(group: str, override: str, base: DictConfig, other: DictConfig) -> None:
    """Raise UserError if a name of a group changes another key: combinations would be assembled wrongly. Only a study
    may do that."""
    usual, changed = (to_plain(config, resolve=False) for config in (base, other))
    for key in {*usual, *changed} - {group, "hydra"}:
        if repr(usual.get(key)) != repr(changed.get(key)):  # repr: nan equals nan
            raise UserError(f"{override} also sets {key}; a file in conf/{group} must set {group} only")
