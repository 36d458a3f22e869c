"""Comparisons as a table, a row a pair of rules; its columns are documented here and nowhere else."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison, RulePair

VERDICT_COLUMNS = {
    "family": "name of the baseline network",
    "dataset": "data set",
    "recipe": "name of the training recipe",
    "rounding": "paper (multiply and round) or fitted (solved to the budget)",
    "lr_times": "the recipe's learning rate is taken times this",
    "cost": "what is equal: flops (multiply-adds), params, activations, latency or train_seconds",
    "level": "of the cost: times the baseline's FLOPs, or the number of the others (latency, train_seconds: seconds)",
    "first": "the rule with the higher mean",
    "second": "the other rule",
    "difference": "of the means of their test accuracies, percentage points",
    "low": "lower end of the 95 % interval for other seeds and other test pictures, points; empty below three seeds",
    "high": "its upper end",
    "p": "by Holm, for all pairs of the comparison; empty where there is no interval",
    "verdict": "told apart, not told apart, same network, or no verdict",
    "improvement": "probability that a seed of the first is better than one of the second, ties by half",
    "seeds_first": "seeds of the first rule",
    "seeds_second": "seeds of the second",
    "welch_low": "cross-check: Welch's interval, for other seeds and the same test pictures, lower end, points",
    "welch_high": "its upper end",
    "unrest": "largest ratio of one network's cost by seed; above 1.2 there is no verdict at equal times",
    "more_seeds": "how many more of each rule would tell a difference of that size; empty where told, or beyond 200",
    "more_seconds": "what these would take on one worker",
    "more_pictures": "test pictures that would tell it at the present seeds; empty where told, or where no number does",
}

TEXT_COLUMNS = ("family", "dataset", "recipe", "rounding", "cost", "first", "second", "verdict")
INTEGER_COLUMNS = ("seeds_first", "seeds_second", "more_seeds", "more_pictures")


def make_verdict_table(comparisons: Iterable[RuleComparison]) -> pd.DataFrame:
    """Every pair of rules, columns as in COLUMNS; what is not there is missing, never 0."""
    rows = [_row(comparison, pair) for comparison in comparisons for pair in comparison.pairs]
    types = {
        name: "string" if name in TEXT_COLUMNS else "Int64" if name in INTEGER_COLUMNS else "Float64"
        for name in VERDICT_COLUMNS
    }
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS)).astype(types)


def name_verdict(pair: RulePair) -> str:
    """The verdict in a word or two."""
    if pair.is_same_network:
        return "same network"
    if pair.p is None:
        return "no verdict"
    return "told apart" if pair.is_significant else "not told apart"


def _row(comparison: RuleComparison, pair: RulePair) -> dict[str, Any]:
    where = vars(comparison.setting) | {name: getattr(comparison, name) for name in ("cost", "level", "cost_ratio")}
    found = {
        "first": pair.first,
        "second": pair.second,
        "difference": 100 * pair.difference,
        "p": pair.p,
        "verdict": name_verdict(pair),
        "improvement": None if pair.is_same_network else pair.improvement,
        "seeds_first": pair.seeds[0],
        "seeds_second": pair.seeds[1],
    }
    return where | found | _intervals(pair) | _more(pair)


def _intervals(pair: RulePair) -> dict[str, float]:
    if pair.estimate is None:
        return {}
    crossed, welch = pair.estimate.interval(), pair.estimate.welch_interval()
    ends = dict(zip(("low", "high", "welch_low", "welch_high"), (*crossed, *welch), strict=True))
    return {name: 100 * value for name, value in ends.items()}


def _more(pair: RulePair) -> dict[str, Any]:
    if pair.required_sample is None:
        return {}
    return {
        "more_seeds": pair.required_sample.extra_seeds,
        "more_seconds": pair.required_sample.seconds,
        "more_pictures": pair.required_sample.test_images,
    }
