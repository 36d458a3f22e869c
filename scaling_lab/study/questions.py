"""`make_question`: the settings of one question, checked, to the question and its values. No Hydra, no torch."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from math import isfinite
from typing import Any

from scaling_lab.config import registry
from scaling_lab.errors import ErrorCollector, UserError, unknown_name
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, ROUNDINGS, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule
from scaling_lab.store.schema import Question
from scaling_lab.study.lr_grid import check_lr_factor
from scaling_lab.study.plan import QuestionSpec
from scaling_lab.study.settings import (
    EXECUTION,
    LR_GRID,
    OPTIONS,
    PLAIN_SETTINGS,
    QUESTION_GROUPS,
    SWEEP_SETTINGS,
    build_choice,
    require_settings,
)

MAX_SEED = 2**32 - 1


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
    require_settings(config, (*PLAIN_SETTINGS, *OPTIONS, *EXECUTION, LR_GRID))
    values, plain = _checked_values(config, chosen)
    rule: Any = values["rule"]
    is_explicit = isinstance(rule, Multipliers)
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


def _checked_values(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the value of each group, and the plain settings. Raises UserErrors for all mistakes in both."""
    errors, values, plain = ErrorCollector(), dict[str, Any](), dict[str, Any]()
    for group in QUESTION_GROUPS:
        with errors.collect():
            values[group] = build_choice(group, config.get(group), str(chosen.get(group)))
    is_explicit = isinstance(values.get("rule"), Multipliers)
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
    return values, plain


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
