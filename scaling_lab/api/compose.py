"""Settings of a study from Python values: conf/config.yaml, a prepared study, axes and single settings.

The command line composes the same files with Hydra; this module does not depend on it.
"""

import re
from collections.abc import Iterable, Mapping, Sized
from itertools import islice
from math import prod
from typing import Any

import yaml

from scaling_lab.api.composition import AXES, COMPOSED_GROUPS, Composition, Grid
from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector, UserError
from scaling_lab.study.grids import make_grids
from scaling_lab.study.question_count import MAX_QUESTIONS, check_axis, check_questions
from scaling_lab.study.settings import CUSTOM_STUDY, is_custom

RANGE = re.compile(r"range\((\d+),\s*(\d+)(?:,\s*(\d+))?\)")


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
    if "trust" in content:
        raise UserError(f"study {name} sets trust; must be given with the call, not by a configuration")
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
