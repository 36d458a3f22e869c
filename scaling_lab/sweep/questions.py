"""A plain composed config to a question and the options of its sweep; checks every value on the way. No Hydra."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

from scaling_lab.config import registry
from scaling_lab.config.sweep_options import SweepOptions
from scaling_lab.errors import ErrorCollector, UserError, unknown_name
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, ROUNDINGS, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule
from scaling_lab.store.schema import Question
from scaling_lab.sweep import lr_grid
from scaling_lab.sweep.plan import QuestionSpec

GROUPS = ("family", "rule", "dataset", "recipe")
PLAIN = ("rounding", "times_flops", "seed", "lr_times")
RUN_BY = ("device", "workers", "workers_per_device", "deterministic", "compiled", "checkpoint_minutes", "lease_seconds")
POLICY = ("max_failures", "budget_hours", "same_version")
WHOLE_SWEEP = ("name", "do", *RUN_BY, *POLICY, "above_native", "results", "reports")
ENGINE = "engine"
GRID = "lr_grid"
SETTINGS = (*GROUPS, *PLAIN, *WHOLE_SWEEP, GRID, ENGINE)
LARGEST_SEED = 2**32 - 1


def make_question(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> QuestionSpec:
    """The question that a composed config is. chosen: the name chosen in each group. Raises UserErrors, all of them."""
    for key in config:
        if key not in SETTINGS:
            raise unknown_name("setting", str(key), SETTINGS)
    _all_there(config, (*PLAIN, *WHOLE_SWEEP, GRID))
    wrong, made = ErrorCollector(), dict[str, Any]()
    for group in GROUPS:
        with wrong.collect():
            made[group] = _value(group, config.get(group), str(chosen.get(group)))
    rule, plain = made.get("rule"), dict[str, Any]()
    explicit = isinstance(rule, Multipliers)
    checks = {"rounding": _rounding, "times_flops": _budget, "seed": _seed, "lr_times": lr_grid.check}
    for name, check in checks.items():
        with wrong.collect():
            plain[name] = None if explicit and name == "times_flops" else check(config[name])
    wrong.raise_collected()
    rounding, budget = PAPER if explicit else plain["rounding"], plain["times_flops"]
    told = {
        group: registry.display_name(group, str(chosen[group]), config[group]) for group in GROUPS if group != "dataset"
    }
    question = Question(
        family=told["family"],
        rule=str(chosen["rule"]) if explicit else told["rule"],
        rounding=rounding.name,
        times_flops=budget,
        **_multipliers(rule, budget),
        dataset=made["dataset"].name,
        recipe=told["recipe"],
        seed=plain["seed"],
        lr_times=plain["lr_times"],
    )
    return QuestionSpec(question, made["family"], rule, rounding, made["dataset"], made["recipe"], config["dataset"])


def make_options(config: Mapping[str, Any]) -> SweepOptions:
    """What is to be done with the questions, and where. Raises UserError."""
    _all_there(config, WHOLE_SWEEP)
    for key in ("name", "results", "reports"):
        if config[key] is None:
            raise UserError(f"the study has no {key}; {key}=... gives it one")
    plain = {key: config[key] for key in WHOLE_SWEEP} | {"name": str(config["name"])}
    plain |= {key: Path(str(config[key])) for key in ("results", "reports")}
    wrong = ErrorCollector()
    with wrong.collect():
        plain[ENGINE] = _value(ENGINE, config.get(ENGINE))
    with wrong.collect():
        made = SweepOptions(**plain)
    wrong.raise_collected()
    return made


def lr_factors(config: Mapping[str, Any]) -> list[Any]:
    """The learning rates of the grid, in times the recipe's. Raises UserError."""
    _all_there(config, (GRID,))
    if not isinstance(config[GRID], list):
        raise UserError(f"{GRID} is {config[GRID]!r}; it must be a list, such as [0.5,2], or []")
    return list(config[GRID])


def _all_there(config: Mapping[str, Any], keys: tuple[str, ...]) -> None:
    for key in keys:
        if key not in config:
            raise UserError(f"the setting {key} was taken away; {key}=... sets it")


def _value(group: str, what: Any, name: str | None = None) -> Any:
    if not isinstance(what, Mapping):
        raise UserError(f"no {group} is chosen; {group}=... chooses one of {', '.join(registry.list_names(group))}")
    return registry.build_value(group, what, name)


def _rounding(value: Any) -> Rounding:
    if not isinstance(value, str) or value not in ROUNDINGS:
        raise unknown_name("rounding", str(value), ROUNDINGS)
    return ROUNDINGS[value]


def _budget(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UserError(f"times_flops is {value!r}; it must be a number")
    if abs(value) > sys.float_info.max:
        raise UserError("times_flops is larger than any number a computer counts with")
    return float(value)


def _seed(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
        raise UserError(f"seed is {value!r}; it must be a whole number from 0 to {LARGEST_SEED}")
    return value


def _multipliers(rule: Any, budget: float | None) -> dict[str, float | None]:
    """d, w and r as asked; none for a rule that is no shares of a budget, and for a budget that will be refused."""
    if isinstance(rule, MultiplierRule) and budget is not None and isfinite(budget) and budget > 0:
        with suppress(ValueError):
            rule = rule.multipliers(budget)
    return {name: float(getattr(rule, name)) if isinstance(rule, Multipliers) else None for name in ("d", "w", "r")}
