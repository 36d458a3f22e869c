"""Compose the configuration of each combination of the axes' values.

Hydra takes 0.1 s or more to compose. So it composes once for each value of a group; combinations are assembled from
those nodes, and plain values are set by update, at about a millisecond each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, OmegaConf, open_dict

from hydra_plugins.scaling_lab_plugins.axes import Axes, setting_group, to_plain
from hydra_plugins.scaling_lab_plugins.choices import Choices, compose_choices
from scaling_lab.study.question_count import check_questions


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


def compose_axes(axes: Axes, loader: ConfigLoader, master: DictConfig) -> Iterator[ComposedConfig]:
    """Yield the configuration of each combination of the axes' values; the last axis changes fastest.

    A setting inside a group, such as rule.alpha, is an axis of those values of the group that have it; the others are
    composed once.

    Args:
        axes: overrides by key, from `parse_axes`.
        loader: composes configurations, and checks them.
        master: the configuration without these overrides.

    Raises:
        UserError: for too many combinations, and as `compose_choices`.
        HydraException: for what Hydra cannot compose.
    """
    choices = compose_choices(axes, loader, master)
    check_questions(_count(axes, choices), {key: len(lines) for key, lines in axes.items()})
    swept = [key for key in axes if len(axes[key]) > 1]
    work, chosen = without_hydra(choices.base), dict(choices.base.hydra.runtime.choices)
    parser, previous = OverridesParser.create(), {key: values[0] for key, values in axes.items()}
    parsed = {line: parser.parse_override(line) for key in swept if key not in choices.nodes for line in axes[key]}
    for current in _combinations(axes, choices):
        changed = {key for key in swept if current[key] != previous[key]}
        for group in changed & choices.nodes.keys():
            work[group], chosen[group] = choices.nodes[group][current[group]]
        for key in swept:  # in the order given, as Hydra does; a group that changed has lost the values set in it
            is_value = key not in choices.nodes and choices.takes(key, current)
            if is_value and (key in changed or setting_group(key) in changed):
                _set(work, parsed[current[key]])
        previous = current
        applied = tuple(line for key, line in current.items() if choices.takes(key, current))
        yield ComposedConfig(to_plain(work), dict(chosen), applied)


def without_hydra(config: DictConfig) -> DictConfig:
    """Return a copy of the configuration without its node `hydra`."""
    copy = config.copy()
    with open_dict(copy):
        copy.pop("hydra", None)
    return copy


def _count(axes: Axes, choices: Choices) -> int:
    """Return the number of combinations."""
    plain = (len(lines) for key, lines in axes.items() if key not in choices.nodes and setting_group(key) is None)
    of_groups = (
        sum(prod(len(axes[key]) for key in keys) for keys in of_values.values())
        for of_values in choices.settings.values()
    )
    return prod(plain) * prod(of_groups)


def _combinations(axes: Axes, choices: Choices) -> list[dict[str, str]]:
    """Return an override for each key, once for each combination; the last key changes fastest. A setting that what is
    chosen does not take has its first value."""
    groups = [key for key in axes if key in choices.nodes]
    numbers: list[tuple[int, ...]] = []
    for lines in product(*(enumerate(axes[group]) for group in groups)):
        chosen = dict(zip(groups, lines, strict=True))
        overrides = {group: line for group, (_, line) in chosen.items()}
        places = [
            [chosen[key][0]] if key in chosen else range(len(lines) if choices.takes(key, overrides) else 1)
            for key, lines in axes.items()
        ]
        numbers.extend(product(*places))
    return [{key: axes[key][i] for key, i in zip(axes, places, strict=True)} for places in sorted(numbers)]


def _set(work: DictConfig, override: Override) -> None:
    is_addition = override.is_add() or override.is_force_add()
    OmegaConf.update(work, override.key_or_group, override.value(), merge=True, force_add=is_addition)
