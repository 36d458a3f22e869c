"""A question to the network and the point that answer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from scaling_lab.config.hyperparameters import resolve_hyperparameters as resolve_recipe
from scaling_lab.config.recipe import Recipe
from scaling_lab.data.streaming.dataset import Dataset
from scaling_lab.errors import UserError
from scaling_lab.networks.costs.cost import network_cost
from scaling_lab.networks.module_network import AnyNetwork
from scaling_lab.networks.scaling.fit import check_budget, fit_network
from scaling_lab.networks.scaling.fitted import FittedNetwork
from scaling_lab.networks.scaling.multipliers import Multipliers
from scaling_lab.networks.scaling.rounding import Rounding
from scaling_lab.networks.scaling.scale import ScalingRule
from scaling_lab.networks.tags import UntaggedClassError
from scaling_lab.store.plan_schema import Entry, Question
from scaling_lab.store.schema import DataRef, Point
from scaling_lab.study.labels import question_label


@dataclass(frozen=True, eq=False)
class QuestionSpec:
    """A question and the values that it names.

    Attributes:
        question: the question as it is stored.
        baseline: network with any number of classes and channels; the dataset's are used.
        rule: scaling rule, or explicit multipliers.
        rounding: how widths and depths are rounded.
        dataset: data to train and test on.
        recipe: training recipe.
        source: settings that `dataset` is built from, so that another machine can build it.
        family: settings of the family; empty if the family is not one of conf/ or of the user's code.
    """

    question: Question
    baseline: AnyNetwork
    rule: ScalingRule | Multipliers
    rounding: Rounding
    dataset: Dataset
    recipe: Recipe
    source: Mapping[str, Any]
    family: Mapping[str, Any] = field(default_factory=dict)


class InfeasibleError(ValueError):
    """No network answers a question, although its settings are no mistake."""


def resolve_question(spec: QuestionSpec) -> tuple[Entry, Point]:
    """Return the plan entry and the point of a question. Raises UserError if no network or no recipe answers it."""
    try:
        return try_question(spec)
    except (ValueError, UntaggedClassError) as error:
        raise UserError(f"{question_label(spec.question)}: {error}") from None


def try_question(spec: QuestionSpec) -> tuple[Entry, Point]:
    """Return the plan entry and the point of a question.

    Raises:
        InfeasibleError: No network answers it.
        ValueError: A mistake in the budget or in the recipe.
        UntaggedClassError: The network has a class without a tag.
    """
    question, dataset = spec.question, spec.dataset
    baseline = adapt_baseline(spec)
    if not isinstance(spec.rule, Multipliers):
        check_budget(question.times_flops)
    try:
        fitted = _fit(baseline, spec.rule, question.times_flops, spec.rounding)
    except ValueError as error:
        raise InfeasibleError(str(error)) from None
    scaled_recipe = replace(spec.recipe, lr=spec.recipe.lr * question.lr_times)
    recipe = resolve_recipe(scaled_recipe, fitted.network, len(dataset.train))
    point = Point(fitted.network, DataRef(dataset.name, dataset.fingerprint), recipe, question.seed)
    return _entry(question, point, fitted), point


def adapt_baseline(spec: QuestionSpec) -> AnyNetwork:
    """Return the baseline with the classes and channels of the dataset."""
    return replace(spec.baseline, classes=spec.dataset.classes, channels=spec.dataset.channels)


_fit: Callable[..., FittedNetwork] = lru_cache(maxsize=10_000)(fit_network)


def _entry(question: Question, point: Point, fitted: FittedNetwork) -> Entry:
    network, cost = point.network, network_cost(point.network)
    return Entry(
        question=question,
        key=point.key,
        flops=cost.flops,
        flops_fvcore=cost.flops_fvcore,
        params=cost.params,
        activations=cost.activations,
        depths=network.depths,
        widths=network.widths,
        side=network.side,
        times_flops_got=fitted.times_flops,
        d_got=fitted.obtained.d,
        w_got=fitted.obtained.w,
        r_got=fitted.obtained.r,
    )
