"""Build a question, the options and the executor of a sweep from a plain mapping of settings. No Hydra, no torch.

The mapping has the keys of conf/config.yaml; a group (family, rule, dataset, recipe, engine) is itself a mapping, as
in its yaml: `_target_` and keywords.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.config import registry
from scaling_lab.config.execution import ExecutionOptions
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError, unknown_name
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, ROUNDINGS, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule
from scaling_lab.store.schema import Question
from scaling_lab.study.lr_grid import check_lr_factor, expand_lr_grid
from scaling_lab.study.plan import QuestionSpec, Study, plan_study

if TYPE_CHECKING:
    from scaling_lab.study.executors.protocol import Executor

QUESTION_GROUPS = ("family", "rule", "dataset", "recipe")
PLAIN_SETTINGS = ("rounding", "times_flops", "seed", "lr_times")
EXECUTION = tuple(field.name for field in fields(ExecutionOptions) if field.name not in ("device", "code"))
OPTIONS = tuple(field.name for field in fields(SweepOptions) if field.name != "execution")
ENGINE = "engine"
LR_GRID = "lr_grid"
SWEEP_SETTINGS = (*QUESTION_GROUPS, *PLAIN_SETTINGS, *OPTIONS, *EXECUTION, LR_GRID, ENGINE)
MAX_SEED = 2**32 - 1


def make_sweep(
    configs: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]], overrides: Sequence[str]
) -> "tuple[SweepOptions, Study, Executor]":
    """Return what `run_sweep` takes.

    Args:
        configs: settings of each question, and the names chosen in its groups; at least one.
        overrides: the settings as the user wrote them, for the record.

    Raises:
        UserErrors: all mistakes in the settings, and those of planning; also if settings of the whole sweep differ
            between questions.
    """
    errors, specs, factors = ErrorCollector(), list[QuestionSpec](), list[Any]()
    with errors.collect():
        options, executor = _common_settings([config for config, _ in configs])
    with errors.collect():
        factors = _common_factors([config for config, _ in configs])
        expand_lr_grid([], factors)
    for config, chosen in configs:
        with errors.collect():
            specs.append(make_question(config, chosen))
    if errors.messages:
        with errors.collect():
            plan_study("", (), specs, configs[0][0].get("above_native") is True)
    errors.raise_collected()
    specs += expand_lr_grid(specs, factors)
    return options, plan_study(options.name, overrides, specs, options.above_native), executor


def _common_settings(configs: Sequence[Mapping[str, Any]]) -> "tuple[SweepOptions, Executor]":
    """Return the options and the executor of all questions. Raises UserErrors, also if they differ."""
    distinct = {_options_and_executor(config): None for config in configs}
    (options, executor), *others = distinct
    for other_options, other_executor in others:
        if other_executor != executor:
            raise UserError(f"{ENGINE} cannot be swept: it applies to the whole sweep")
        pairs = [(options, other_options), (options.execution, other_options.execution)]
        names = [name for a, b in pairs for name in vars(a) if getattr(a, name) != getattr(b, name)]
        name = next(name for name in names if name != "execution")
        raise UserError(f"{name} cannot be swept: it applies to the whole sweep")
    return options, executor


def _options_and_executor(config: Mapping[str, Any]) -> "tuple[SweepOptions, Executor]":
    errors = ErrorCollector()
    with errors.collect():
        executor = make_executor(config)
    with errors.collect():
        options = make_options(config)
    errors.raise_collected()
    return options, executor


def _common_factors(configs: Sequence[Mapping[str, Any]]) -> list[Any]:
    first, *others = (lr_factors(config) for config in configs)
    if any(other != first for other in others):
        raise UserError(f"{LR_GRID} cannot be swept: it applies to the whole sweep")
    return first


def make_question(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> QuestionSpec:
    """Return the question that these settings ask.

    Args:
        config: all settings.
        chosen: name chosen in each group.

    Raises:
        UserErrors: all mistakes in the settings of the question.
    """
    for key in config:
        if key not in SWEEP_SETTINGS:
            raise unknown_name("setting", str(key), SWEEP_SETTINGS)
    _require(config, (*PLAIN_SETTINGS, *OPTIONS, *EXECUTION, LR_GRID))
    errors, values = ErrorCollector(), dict[str, Any]()
    for group in QUESTION_GROUPS:
        with errors.collect():
            values[group] = _build(group, config.get(group), str(chosen.get(group)))
    rule: Any = values.get("rule")
    plain: dict[str, Any] = {}
    is_explicit = isinstance(rule, Multipliers)
    checks: dict[str, Callable[[Any], Any]] = {
        "rounding": _check_rounding,
        "times_flops": _check_budget,
        "seed": _check_seed,
        "lr_times": check_lr_factor,
    }
    for name, check in checks.items():
        with errors.collect():
            plain[name] = None if is_explicit and name == "times_flops" else check(config[name])
    errors.raise_collected()
    rounding, budget = PAPER if is_explicit else plain["rounding"], plain["times_flops"]
    names = {g: registry.display_name(g, str(chosen[g]), config[g]) for g in QUESTION_GROUPS if g != "dataset"}
    question = Question(
        family=names["family"],
        rule=str(chosen["rule"]) if is_explicit else names["rule"],
        rounding=rounding.name,
        times_flops=budget,
        **_requested_multipliers(rule, budget),
        dataset=values["dataset"].name,
        recipe=names["recipe"],
        seed=plain["seed"],
        lr_times=plain["lr_times"],
    )
    return QuestionSpec(
        question=question,
        baseline=values["family"],
        rule=rule,
        rounding=rounding,
        dataset=values["dataset"],
        recipe=values["recipe"],
        source=config["dataset"],
    )


def make_options(config: Mapping[str, Any]) -> SweepOptions:
    """Return the options of the whole sweep. Raises UserErrors for all mistakes in them."""
    _require(config, (*OPTIONS, *EXECUTION))
    for key in ("name", "results", "reports"):
        if config[key] is None:
            raise UserError(f"{key} is null; set it with {key}=...")
    plain = {key: config[key] for key in OPTIONS} | {"name": str(config["name"])}
    plain |= {key: Path(str(config[key])) for key in ("results", "reports")}
    errors, execution = ErrorCollector(), ExecutionOptions()
    with errors.collect():
        execution = ExecutionOptions(**{key: config[key] for key in EXECUTION})
    with errors.collect():
        options = SweepOptions(**plain, execution=execution)
    errors.raise_collected()
    return options


def make_executor(config: Mapping[str, Any]) -> "Executor":
    """Return the executor that `engine` chooses. Raises UserError for its settings."""
    executor: Executor = _build(ENGINE, config.get(ENGINE))
    return executor


def lr_factors(config: Mapping[str, Any]) -> list[Any]:
    """Return the learning rates of the grid, in multiples of the recipe's. Raises UserError if it is not a list."""
    _require(config, (LR_GRID,))
    if not isinstance(config[LR_GRID], list):
        raise UserError(f"{LR_GRID} is {config[LR_GRID]!r}; must be a list such as [0.5,2], or []")
    return list(config[LR_GRID])


def _require(config: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in config:
            raise UserError(f"missing setting {key!r}; set it with {key}=...")


def _build(group: str, settings: Any, name: str | None = None) -> Any:
    if not isinstance(settings, Mapping):
        raise UserError(f"missing {group}; choose one with {group}=...: {', '.join(registry.list_names(group))}")
    return registry.build_value(group, settings, name)


def _check_rounding(value: Any) -> Rounding:
    if not isinstance(value, str) or value not in ROUNDINGS:
        raise unknown_name("rounding", str(value), ROUNDINGS)
    return ROUNDINGS[value]


def _check_budget(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"times_flops is {value!r}; must be a number")
    if abs(value) > sys.float_info.max:
        raise UserError("times_flops is larger than the largest floating-point number")
    return float(value)


def _check_seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_SEED:
        raise UserError(f"seed is {value!r}; must be an integer from 0 to {MAX_SEED}")
    return value


def _requested_multipliers(rule: Any, budget: float | None) -> dict[str, float | None]:
    """Return d, w and r as requested; None for a rule without multipliers, and for a budget that planning refuses."""
    if isinstance(rule, MultiplierRule) and budget is not None and isfinite(budget) and budget > 0:
        with suppress(ValueError):
            rule = rule.multipliers(budget)
    return {name: float(getattr(rule, name)) if isinstance(rule, Multipliers) else None for name in ("d", "w", "r")}
