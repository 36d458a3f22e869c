"""Parse overrides to axes: the values of each key, counted before they are enumerated."""

from collections.abc import Mapping, Sequence
from math import ceil, isfinite
from typing import Any, cast

from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep, Override, RangeSweep
from omegaconf import DictConfig, OmegaConf

from scaling_lab.config import targets
from scaling_lab.errors import UserError
from scaling_lab.study.question_count import check_axis
from scaling_lab.study.settings import LISTS

Axes = Mapping[str, Sequence[str]]
"""Values of each key, as one override per value."""


def parse_axes(lines: Sequence[str], loader: ConfigLoader) -> dict[str, list[str]]:
    """Return the values of each key as overrides, one per value; a later line of a key replaces an earlier one.

    Raises:
        UserError: for a sweep that cannot be enumerated, has no values, or more than a study can have questions.
    """
    axes: dict[str, list[str]] = {}
    for override in OverridesParser.create(config_loader=loader).parse_overrides(list(lines)):
        key = override.get_key_element().lstrip("+~")
        if override.is_interval_sweep():
            raise UserError(f"{override.input_line}: an interval cannot be enumerated; use range(...)")
        if isinstance(override.value(), list) and key in loader.list_groups(""):
            raise UserError(f"{override.input_line}: {key} takes one name, or several with commas and no brackets")
        axes[key] = _values(key, override)
    return axes


def setting_group(key: str) -> str | None:
    """Return the group of a setting inside one, such as rule for `rule.alpha`; None for any other key."""
    group, dot, _ = key.partition(".")
    return group if dot and group in targets.PACKAGES else None


def to_plain(config: DictConfig, resolve: bool = True) -> dict[str, Any]:
    """Return a configuration as plain values, interpolations resolved or as written."""
    return cast(dict[str, Any], OmegaConf.to_container(config, resolve=resolve))


def _values(key: str, override: Override) -> list[str]:
    if not override.is_sweep_override():
        return [str(override.input_line)]
    sweep = cast(Any, override.value())
    if isinstance(sweep, RangeSweep):
        check_axis(str(override.input_line) if _range_length(sweep) < 1 else key, _range_length(sweep))
    elif isinstance(sweep, ChoiceSweep):
        check_axis(key, len(sweep.list))
        if key in LISTS:
            return [f"{override.get_key_element()}=[{','.join(override.sweep_string_iterator())}]"]
    values = [f"{override.get_key_element()}={value}" for value in override.sweep_string_iterator()]
    if not values:
        raise UserError(f"{override.input_line}: no name matches")
    return values


def _range_length(sweep: RangeSweep) -> int:
    """Return the number of values of `range(start,stop,step)`. Raises UserError if it has no end."""
    start, stop, step = (cast(float, number) for number in (sweep.start, sweep.stop, sweep.step))
    if not all(isfinite(number) for number in (start, stop, step)) or not step:
        raise UserError(f"range({start},{stop},{step}) is not finite; start, stop and step must be, and step not 0")
    if all(isinstance(number, int) for number in (start, stop, step)):
        return max(0, -(-(int(stop) - int(start)) // int(step)))
    return max(0, ceil((stop - start) / step))
