"""The power of a plan in a sentence: which difference of two rules its seeds and test images would decide."""

from dataclasses import fields
from math import sqrt
from typing import TYPE_CHECKING

from scaling_lab.analysis.stats.contrast import MIN_SEEDS
from scaling_lab.analysis.stats.planned_power import LOUD_NOISE, QUIET_NOISE, AssumedNoise, smallest_decided
from scaling_lab.formatting import pluralize
from scaling_lab.store.plan_schema import Question
from scaling_lab.study.more_seeds import compared_rules, seeds_by_question
from scaling_lab.study.plan import Study

if TYPE_CHECKING:
    import pandas as pd

MIN_FREEDOM = 10
"""Smallest number of degrees of freedom of a measured spread: five networks of three seeds."""


def describe_power(study: Study, accuracies: "pd.DataFrame | None" = None) -> str:
    """Return a sentence on the difference that most comparisons of a plan would decide; empty without a comparison.

    Args:
        study: The planned questions.
        accuracies: Accuracies of the networks that learned, as `unlearned.read_accuracies` returns them. The spread
            of their seeds is used if it is known for all data sets, recipes and learning rates of the plan, and
            otherwise the spreads of two committed studies.
    """
    comparisons = _comparisons(study)
    if not comparisons:
        return ""
    seeds, pairs, images = min(comparisons, key=lambda shape: (shape[0], -shape[1], shape[2]))
    if seeds < MIN_SEEDS:
        return f"power: none, because a verdict needs {MIN_SEEDS} seeds of each network"
    rules = max(len(rules) for rules in compared_rules(study.plan).values())
    noises, spread = _noise(study, accuracies)
    now, later = (
        " to ".join(f"{100 * smallest_decided(count, images, pairs, rules, noise):.1f}" for noise in noises)
        for count in (seeds, 2 * seeds)
    )
    return (
        f"power: two rules {now} points apart are told apart in 4 of 5 such studies, with {2 * seeds} seeds those "
        f"{later} points apart ({pluralize(pairs, 'pair')} at a budget, {pluralize(seeds, 'seed')}, {images:,} test "
        f"images; if accuracies of one network spread by {spread})"
    )


def _noise(study: Study, accuracies: "pd.DataFrame | None") -> tuple[list[AssumedNoise], str]:
    """Return the lowest and the highest noise to assume, or the measured one, and its spread of seeds in words."""
    deviation = None if accuracies is None else _largest_deviation(study, accuracies)
    if deviation is None:
        low, high = (f"{100 * noise.seed_deviation:.2f}" for noise in (QUIET_NOISE, LOUD_NOISE))
        spread = f"{low} points, as in five epochs of Fashion-MNIST, to {high}, as in four of CIFAR-10"
        return [QUIET_NOISE, LOUD_NOISE], spread
    noise = AssumedNoise(seed_deviation=deviation, by_image=LOUD_NOISE.by_image)
    return [noise], f"{100 * deviation:.2f} points, as measured in this study"


def _largest_deviation(study: Study, accuracies: "pd.DataFrame") -> float | None:
    """Return the largest deviation over a plan's data sets, recipes and learning rates; None if one is unknown."""
    names = ["dataset", "recipe", "lr_times"]
    groups = dict(iter(accuracies.groupby(names, dropna=False)))
    trained = {tuple(getattr(entry.question, name) for name in names) for entry in study.plan.entries}
    deviations = [measure_deviation(groups[key]) if key in groups else None for key in trained]
    known = [deviation for deviation in deviations if deviation is not None]
    return max(known) if len(known) == len(deviations) else None


def measure_deviation(accuracies: "pd.DataFrame") -> float | None:
    """Return the standard deviation of the test accuracy over seeds, 0 to 1, pooled over networks.

    Args:
        accuracies: A row per question.

    Returns:
        The deviation; None with fewer than `MIN_FREEDOM` degrees of freedom, or if all seeds agree.
    """
    points = accuracies.drop_duplicates("key").dropna(subset="test_accuracy")
    networks = points.groupby([f.name for f in fields(Question) if f.name != "seed"], dropna=False)["test_accuracy"]
    variances, freedom = networks.var(), networks.count() - 1
    if freedom.sum() < MIN_FREEDOM:
        return None
    return sqrt((variances * freedom).sum() / freedom.sum()) or None


def _comparisons(study: Study) -> list[tuple[int, int, int]]:
    """Return seeds, number of tested pairs and test images of each setting and budget with several rules."""
    seeds = seeds_by_question(study.plan)
    images = {point.dataset.name: len(point.dataset.test) for point in study.points.values()}
    comparisons = []
    for common, rules in compared_rules(study.plan).items():
        pairs = [pair for pair in study.plan.verdicts.contrasts if set(pair) <= rules.keys()]
        count = len(pairs) if study.plan.verdicts.contrasts else len(rules) * (len(rules) - 1) // 2
        if count:
            fewest = min(len(seeds[question]) for question in rules.values())
            comparisons.append((fewest, count, images[common.dataset]))
    return comparisons
