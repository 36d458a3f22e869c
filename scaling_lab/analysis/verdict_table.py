"""Comparisons as a table, a row a pair of rules; its columns are documented here and nowhere else."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scaling_lab.analysis.compare import Comparison, Pair

COLUMNS = {
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

WORDS = ("family", "dataset", "recipe", "rounding", "cost", "first", "second", "verdict")
WHOLE = ("seeds_first", "seeds_second", "more_seeds", "more_pictures")


def verdicts(comparisons: Iterable[Comparison]) -> pd.DataFrame:
    """Every pair of rules, columns as in COLUMNS; what is not there is missing, never 0."""
    rows = [_row(comparison, pair) for comparison in comparisons for pair in comparison.pairs]
    types = {name: "string" if name in WORDS else "Int64" if name in WHOLE else "Float64" for name in COLUMNS}
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(types)


def verdict(pair: Pair) -> str:
    """The verdict in a word or two."""
    if pair.same:
        return "same network"
    if pair.p is None:
        return "no verdict"
    return "told apart" if pair.told_apart else "not told apart"


def _row(comparison: Comparison, pair: Pair) -> dict[str, Any]:
    where = vars(comparison.setting) | {name: getattr(comparison, name) for name in ("cost", "level", "unrest")}
    found = {
        "first": pair.first,
        "second": pair.second,
        "difference": 100 * pair.difference,
        "p": pair.p,
        "verdict": verdict(pair),
        "improvement": None if pair.same else pair.improvement,
        "seeds_first": pair.seeds[0],
        "seeds_second": pair.seeds[1],
    }
    return where | found | _intervals(pair) | _more(pair)


def _intervals(pair: Pair) -> dict[str, float]:
    if pair.estimate is None:
        return {}
    crossed, welch = pair.estimate.interval(), pair.estimate.welch()
    ends = dict(zip(("low", "high", "welch_low", "welch_high"), (*crossed, *welch), strict=True))
    return {name: 100 * value for name, value in ends.items()}


def _more(pair: Pair) -> dict[str, Any]:
    if pair.more is None:
        return {}
    return {"more_seeds": pair.more.seeds, "more_seconds": pair.more.seconds, "more_pictures": pair.more.pictures}
