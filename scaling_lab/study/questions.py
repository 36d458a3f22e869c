"""The settings of one question, checked, to the question and its values. No Hydra, no torch."""

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from typing import Any

from scaling_lab.config import registry
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import ErrorCollector, UserError, unknown_name
from scaling_lab.modules.trust import trust_settings
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import PAPER, ROUNDINGS, Rounding
from scaling_lab.networks.scaling.scale import MultiplierRule
from scaling_lab.store.plan_schema import Question
from scaling_lab.study.lr_grid import check_lr_factor
from scaling_lab.study.resolve_question import QuestionSpec
from scaling_lab.study.settings import (
    EXECUTION,
    LR_GRID,
    OPTIONS,
    PLAIN_SETTINGS,
    QUESTION_GROUPS,
    SWEEP_SETTINGS,
    prepare_choice,
    require_settings,
    unknown_setting,
)

MAX_SEED = 2**32 - 1


@dataclass(frozen=True, eq=False)
class CheckedQuestion:
    """A question whose settings are checked and whose dataset is not read yet.

    Attributes:
        config: all settings.
        chosen: name chosen in each group.
        values: value of each group except the dataset.
        plain: values of the settings that are no group.
        load_dataset: reads the dataset, which may decode all its images; raises UserError if it cannot be used.
    """

    config: Mapping[str, Any]
    chosen: Mapping[str, Any]
    values: Mapping[str, Any]
    plain: Mapping[str, Any]
    load_dataset: Callable[[], Dataset]

    @property
    def source(self) -> Mapping[str, Any]:
        """Settings of the dataset."""
        source: Mapping[str, Any] = self.config["dataset"]
        return source

    def with_dataset(self, dataset: Dataset) -> QuestionSpec:
        """Return the question about this dataset."""
        rule, plain, config = self.values["rule"], self.plain, self.config
        is_explicit = isinstance(rule, Multipliers)
        rounding, budget = PAPER if is_explicit else plain["rounding"], plain["times_flops"]
        names = {g: registry.display_name(g, str(self.chosen[g]), config[g]) for g in self.values}
        question = Question(
            family=names["family"],
            rule=str(self.chosen["rule"]) if is_explicit else names["rule"],
            rounding=rounding.name,
            times_flops=budget,
            **_requested_multipliers(rule, budget),
            dataset=dataset.name,
            recipe=names["recipe"],
            seed=plain["seed"],
            lr_times=plain["lr_times"],
        )
        return QuestionSpec(
            question=question,
            baseline=self.values["family"],
            rule=rule,
            rounding=rounding,
            dataset=dataset,
            recipe=self.values["recipe"],
            source=self.source,
            family=config["family"],
        )


def make_question(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> QuestionSpec:
    """Return the question that these settings ask, with its dataset read.

    Args:
        config: all settings.
        chosen: name chosen in each group.

    Raises:
        UserErrors: as in `check_question`, and if the dataset cannot be used.
    """
    checked = check_question(config, chosen)
    return checked.with_dataset(checked.load_dataset())


def check_question(config: Mapping[str, Any], chosen: Mapping[str, Any]) -> CheckedQuestion:
    """Check the settings of a question without reading its dataset.

    Args:
        config: all settings.
        chosen: name chosen in each group.

    Raises:
        UserErrors: all mistakes in the settings of the question, except values that the dataset itself refuses.
    """
    if "study" in config:
        raise UserError(f"study {chosen.get('study')} must begin with the line `# @package _global_`")
    for key in config:
        if key not in SWEEP_SETTINGS:
            raise unknown_setting(str(key), config)
    require_settings(config, (*PLAIN_SETTINGS, *OPTIONS, *EXECUTION, LR_GRID))
    if config["trust"] is True:
        trust_settings(config.get("family"))
    errors, values, plain = ErrorCollector(), dict[str, Any](), dict[str, Any]()
    for group in QUESTION_GROUPS:
        with errors.collect():
            prepared = prepare_choice(group, config.get(group), str(chosen.get(group)))
            values[group] = prepared if group == "dataset" else prepared()
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
    load_dataset = values.pop("dataset")
    return CheckedQuestion(config, chosen, values, plain, load_dataset)


def read_datasets(checked: Sequence[CheckedQuestion], errors: ErrorCollector) -> list[QuestionSpec]:
    """Return the questions whose dataset can be read; collect the mistakes of the others.

    Each dataset is read once. After another mistake, files of the user are not read: decoding them may take minutes.
    """
    has_mistake = bool(errors.messages)
    datasets: dict[str, Dataset | None] = {}
    for question in checked:
        source = repr(dict(question.source))
        if source in datasets or (has_mistake and "path" in question.source):
            continue
        datasets[source] = None
        with errors.collect():
            datasets[source] = question.load_dataset()
    pairs = [(question, datasets.get(repr(dict(question.source)))) for question in checked]
    return [question.with_dataset(dataset) for question, dataset in pairs if dataset is not None]


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
