"""Options, executor and learning-rate grid of a sweep, from a plain mapping of settings. No Hydra, no torch.

The mapping has the keys of conf/config.yaml; a group (family, rule, dataset, recipe, engine) is itself a mapping, as
in its yaml: `_target_` and keywords.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.config import registry, targets
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError, unknown_name

if TYPE_CHECKING:
    from scaling_lab.study.executors.protocol import Executor

QUESTION_GROUPS = ("family", "rule", "dataset", "recipe")
PLAIN_SETTINGS = ("rounding", "times_flops", "seed", "lr_times")
QUESTION_AXES = ("family", "rule", *PLAIN_SETTINGS)  # and settings inside a family or a rule, such as rule.alpha
CUSTOM_STUDY = "custom"  # conf/study/custom.yaml, which has no axes
CHOSEN = ("device", "code", "processes", "nodes", "sync_batch_norm")  # by the executor and the sweep
EXECUTION = tuple(field.name for field in fields(ExecutionOptions) if field.name not in CHOSEN)
OPTIONS = tuple(field.name for field in fields(SweepOptions) if field.name != "execution")
ENGINE = "engine"
LR_GRID = "lr_grid"
LISTS = ("contrasts",)  # settings of a whole sweep with several values, which commas do not sweep
SWEEP_SETTINGS = (*QUESTION_GROUPS, *PLAIN_SETTINGS, *OPTIONS, *EXECUTION, LR_GRID, ENGINE)


def is_custom(names: Iterable[str]) -> bool:
    """Return whether a study that names these settings, and no study, has no axes but those that it names.

    It has if one of them is an axis of questions: family, rule, rounding, times_flops, seed, lr_times, or a setting
    inside a family or a rule. Other settings (recipe, dataset, do, workers, ...) keep the axes of the default study.
    """
    return any(name.partition(".")[0] in QUESTION_AXES for name in names)


def make_options(config: Mapping[str, Any]) -> SweepOptions:
    """Return the options of the whole sweep. Raises UserErrors for all mistakes in them."""
    require_settings(config, (*OPTIONS, *EXECUTION))
    for key in ("name", "results", "reports"):
        if config[key] is None:
            raise UserError(f"{key} is null; set it with {key}=...")
    plain = {key: config[key] for key in OPTIONS} | {"name": str(config["name"])}
    plain |= {key: Path(str(config[key])) for key in ("results", "reports")}
    plain["contrasts"] = as_list(config["contrasts"])
    errors, execution = ErrorCollector(), ExecutionOptions()
    with errors.collect():
        execution = ExecutionOptions(**{key: config[key] for key in EXECUTION})
    with errors.collect():
        options = SweepOptions(**plain, execution=execution)
    errors.raise_collected()
    return options


def make_executor(config: Mapping[str, Any]) -> "Executor":
    """Return the executor that `engine` chooses. Raises UserError for its settings."""
    executor: Executor = build_choice(ENGINE, config.get(ENGINE))
    return executor


def lr_factors(config: Mapping[str, Any]) -> list[Any]:
    """Return the learning rates of the grid, in multiples of the recipe's. Raises UserError if it is not a list."""
    require_settings(config, (LR_GRID,))
    if not isinstance(config[LR_GRID], list):
        raise UserError(f"{LR_GRID} is {config[LR_GRID]!r}; must be a list such as [0.5,2], or []")
    return list(config[LR_GRID])


def as_list(value: Any) -> tuple[Any, ...]:
    """Return the values of a setting that takes several: a list, a text with commas, or null."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(value) if isinstance(value, list | tuple) else () if value is None else (value,)


def require_settings(config: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    """Raise UserError for a setting that was removed."""
    for key in keys:
        if key not in config:
            raise UserError(f"missing setting {key!r}; set it with {key}=...")


def unknown_setting(name: str, config: Mapping[str, Any]) -> UserError:
    """Return the error for a setting that does not exist; it suggests settings inside groups too.

    Args:
        name: the unknown setting.
        config: the settings that it was to be one of.
    """
    names = {*SWEEP_SETTINGS, "study"}
    for group in targets.PACKAGES:
        with suppress(UserError):
            names |= {f"{group}.{inner}" for inner in registry.setting_names(group, config.get(group))}
    return unknown_name("setting", name, {setting for setting in names if not setting.endswith("._target_")})


def build_choice(group: str, settings: Any, name: str | None = None) -> Any:
    """Return the value of a group's choice. Raises UserError if nothing is chosen, and for mistakes in it."""
    return prepare_choice(group, settings, name)()


def prepare_choice(group: str, settings: Any, name: str | None = None) -> Callable[[], Any]:
    """Return the function that builds the value of a group's choice (`registry.prepare_value`).

    Raises:
        UserError: if nothing is chosen, or a setting's name is unknown.
    """
    if name is not None and settings is not None and not isinstance(settings, Mapping):
        raise UserError(f"{group} {name} is {type(settings).__name__}; must be a mapping of settings")
    if not registry.is_chosen(group, settings):
        raise UserError(f"missing {group}; choose one with {group}=...: {', '.join(registry.list_names(group))}")
    return registry.prepare_value(group, settings, name)
