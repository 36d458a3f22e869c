"""Overrides to axes, axes to composed configs.

Composing takes Hydra 0.1 s or more. So it composes once for each value of a group; combinations are put together from
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

from hydra_plugins.scaling_lab_plugins.gate import refuse_executable
from hydra_plugins.scaling_lab_plugins.mistakes import hydra_errors_translated
from scaling_lab.errors import ErrorCollector, UserError, unknown_name


@dataclass(frozen=True)
class ComposedConfig:
    """One question's config as plain values, the name chosen in each group, and the overrides that make it."""

    config: dict[str, Any]
    chosen: dict[str, Any]
    overrides: tuple[str, ...]


def parse_axes(lines: Sequence[str], loader: ConfigLoader) -> dict[str, list[str]]:
    """Overrides by key, each with one override a value; a later line of the same key takes the place of an earlier.

    Raises UserError for a sweep that cannot be enumerated or has no values.
    """
    found: dict[str, list[str]] = {}
    for override in OverridesParser.create(config_loader=loader).parse_overrides(list(lines)):
        bare = override.get_key_element().lstrip("+~")
        if override.is_interval_sweep():
            raise UserError(f"{override.input_line}: an interval cannot be gone through; range(...) can")
        if isinstance(override.value(), list) and bare in loader.list_groups(""):
            raise UserError(f"{override.input_line}: {bare} takes one name, or several with commas and no brackets")
        values = _values(override)
        if not values:
            raise UserError(f"{override.input_line}: nothing matches")
        found[bare] = values
    return found


def compose_axes(
    asked: Mapping[str, Sequence[str]], loader: ConfigLoader, master: DictConfig
) -> Iterator[ComposedConfig]:
    """The config of each combination of the axes' values; the last axis changes fastest.

    Raises Hydra's errors for what it cannot compose, and UserError for a group's file that sets more than its own node.
    """
    groups = [key for key in asked if key in loader.list_groups("")]
    if len(asked.get("study", ())) > 1:
        raise UserError("study cannot be swept: a study says itself what is swept")
    base = compose_first(asked, loader, master)
    of = {asked[group][0]: base for group in groups}
    for group in groups:
        for override in asked[group][1:]:
            lines = [override if key == group else asked[key][0] for key in asked]
            of[override] = loader.load_sweep_config(master, lines)
            refuse_executable(of[override])
            _only_own(group, override, base, of[override])
    swept = [key for key in asked if len(asked[key]) > 1]
    work, chosen = without_hydra(base), dict(base.hydra.runtime.choices)
    parser, before = OverridesParser.create(), {key: values[0] for key, values in asked.items()}
    parsed = {line: parser.parse_override(line) for key in swept if key not in groups for line in asked[key]}
    for now in (dict(zip(asked, values, strict=True)) for values in product(*asked.values())):
        changed = {key for key in swept if now[key] != before[key]}
        for group in changed & set(groups):
            work[group] = of[now[group]][group]
            chosen[group] = of[now[group]].hydra.runtime.choices[group]
        for key in swept:  # in the order given, as Hydra does; a group that changed has lost what was set in it
            if key not in groups and (key in changed or key.partition(".")[0] in changed):
                _set(work, parsed[now[key]])
        before = now
        yield ComposedConfig(to_plain(work), dict(chosen), tuple(now.values()))


def compose_first(asked: Mapping[str, Sequence[str]], loader: ConfigLoader, master: DictConfig) -> DictConfig:
    """The config of the first values of the axes. Raises UserErrors for every name that is in no group and every key
    that
    is no setting, where Hydra would tell the first."""
    wrong, groups = ErrorCollector(), [key for key in asked if key in loader.list_groups("")]
    for group in groups:
        options = loader.get_group_options(group)
        for line in asked[group]:
            name = line.partition("=")[2]
            with wrong.collect():
                if name.isidentifier() and name != "null" and name not in options:
                    raise unknown_name(group, name, options)
    lines = {key: values[0] for key, values in asked.items()}
    try:
        base = loader.load_sweep_config(master, list(lines.values()))
    except HydraException as error:
        chosen = {group: lines[group] for group in groups if lines[group] in _offered(group, loader)}
        for key, line in lines.items():
            if key.partition(".")[0] not in {*groups} - {*chosen}:  # what a group that is not there has, nobody knows
                with wrong.collect(), hydra_errors_translated():
                    loader.load_sweep_config(master, [*chosen.values(), line])
        if not wrong.messages:
            raise error
    wrong.raise_collected()
    refuse_executable(base)
    return base


def _offered(group: str, loader: ConfigLoader) -> set[str]:
    """The overrides that choose what is there."""
    return {f"{group}={name}" for name in loader.get_group_options(group)}


def without_hydra(config: DictConfig) -> DictConfig:
    """The config's own part."""
    own = config.copy()
    with open_dict(own):
        own.pop("hydra", None)
    return own


def to_plain(own: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """A config as plain values, interpolations resolved or as they stand."""
    return cast(dict[str, Any], OmegaConf.to_container(own, resolve=resolve))


def _values(override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    return [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]


def _set(work: DictConfig, override: Override) -> None:
    added = override.is_add() or override.is_force_add()
    OmegaConf.update(work, override.key_or_group, override.value(), merge=True, force_add=added)


def _only_own(group: str, override: str, base: DictConfig, other: DictConfig) -> None:
    """A group's file that also set something else would be put together wrongly; only a study may."""
    usual, found = (to_plain(config, resolve=False) for config in (base, other))
    for key in {*usual, *found} - {group, "hydra"}:
        if repr(usual.get(key)) != repr(found.get(key)):  # repr: a nan is the same nan
            raise UserError(f"{override} also sets {key}; in conf/{group} a file sets its own node only")
