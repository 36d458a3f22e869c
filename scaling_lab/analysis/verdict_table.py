"""Comparisons as a table with one row per pair of rules. This file is the reference of its columns."""

from collections.abc import Iterable
from typing import Any, Protocol

import pandas as pd

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.formatting import format_split
from scaling_lab.networks.scaling.obtained import ObtainedShares

VERDICT_COLUMNS = {
    "family": "name of the baseline network",
    "dataset": "dataset",
    "recipe": "name of the training recipe",
    "rounding": "paper (multiply and round) or fitted (solved for the budget)",
    "lr_times": "factor of the recipe's learning rate",
    "cost": "what is equal: flops (multiply-adds), params, activations, latency or train_seconds",
    "level": "of the cost: in times the baseline's FLOPs, or in its unit (latency, train_seconds: seconds)",
    "first": "the rule with the higher mean",
    "second": "the other rule",
    "shares_first": "shares of depth/width/resolution that the first rule obtained, percent; empty without shares",
    "shares_second": "likewise of the second",
    "off_first": "whether a share of the first is more than 10 off the requested one, so that it is not this rule",
    "off_second": "likewise of the second",
    "metric": "what is compared: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "difference": "how much better the first is: percentage points of accuracy, nats of loss; likewise where points "
    "are mentioned below",
    "low": "lower end of its 95 % interval for other seeds and test images (loss, top5: the same test images), points; "
    "empty below three seeds",
    "high": "upper end",
    "p": "p value adjusted by Holm's method for all pairs of the comparison and for looks; empty without an interval",
    "looks": "number of looks at the data of the pair, this one included; empty without a p value",
    "delta": "smallest difference that matters, points; empty if not given",
    "p_alike": "p value of a difference of delta or more (two one-sided tests), adjusted likewise; empty without delta",
    "verdict": "told apart (p < 0.05), not told apart, same network, not planned, or no verdict; with delta also alike "
    "(p_alike < 0.05), differs by less than delta (told apart and alike), and undecided instead of not told apart",
    "improvement": "probability that a seed of the first is better than one of the second, ties counted half",
    "seeds_first": "number of seeds of the first rule",
    "seeds_second": "number of seeds of the second",
    "welch_low": "cross-check: lower end of Welch's interval, for other seeds and the same test images, points",
    "welch_high": "upper end",
    "unrest": "largest ratio of one network's costs over seeds; above 1.2 there is no verdict at equal times",
    "apart_seeds_low": "extra seeds of each rule that would tell a difference of delta apart in four of five "
    "repetitions, if the noise is as low as the results allow (80 % range); empty if over 200, with a verdict, and "
    "without delta",
    "apart_seeds_high": "the same if it is as high",
    "alike_seeds_low": "extra seeds of each rule that would find equal rules alike, if it is as low",
    "alike_seeds_high": "the same if it is as high",
    "seconds_per_seed": "time that one more seed of each rule takes on one worker, seconds; empty where seeds are",
}

SEED_COLUMNS = ("apart_seeds_low", "apart_seeds_high", "alike_seeds_low", "alike_seeds_high")
TEXT_COLUMNS = (
    *("family", "dataset", "recipe", "rounding", "cost", "first", "second", "metric", "verdict"),
    *("shares_first", "shares_second"),
)
BOOLEAN_COLUMNS = ("off_first", "off_second")
INTEGER_COLUMNS = ("looks", "seeds_first", "seeds_second", *SEED_COLUMNS)


def make_verdict_table(comparisons: Iterable[RuleComparison]) -> pd.DataFrame:
    """Return a table with one row per pair and the columns `VERDICT_COLUMNS`; absent values are missing, never 0."""
    rows = [_make_row(comparison, pair) for comparison in comparisons for pair in comparison.pairs]
    types = dict.fromkeys(VERDICT_COLUMNS, "Float64") | dict.fromkeys(TEXT_COLUMNS, "string")
    types |= dict.fromkeys(INTEGER_COLUMNS, "Int64") | dict.fromkeys(BOOLEAN_COLUMNS, "boolean")
    return pd.DataFrame(rows, columns=list(VERDICT_COLUMNS)).astype(types)


class Tested(Protocol):
    """Two rules in one setting or over several; the properties are those of `RulePair`."""

    @property
    def is_same_network(self) -> bool: ...
    @property
    def is_planned(self) -> bool: ...
    @property
    def p(self) -> float | None: ...
    @property
    def p_alike(self) -> float | None: ...
    @property
    def is_significant(self) -> bool: ...
    @property
    def is_alike(self) -> bool: ...


def name_verdict(pair: Tested) -> str:
    """Return the verdict as in the column `verdict`."""
    if pair.is_same_network:
        return "same network"
    if pair.p is None:
        return "no verdict" if pair.is_planned else "not planned"
    if pair.p_alike is None:
        return "told apart" if pair.is_significant else "not told apart"
    if pair.is_alike:
        return "differs by less than delta" if pair.is_significant else "alike"
    return "told apart" if pair.is_significant else "undecided"


def _make_row(comparison: RuleComparison, pair: RulePair) -> dict[str, Any]:
    return {
        **vars(comparison.setting),
        "cost": comparison.cost,
        "level": comparison.level,
        "unrest": comparison.cost_ratio,
        "first": pair.first,
        "second": pair.second,
        **_share_values("first", comparison.shares.get(pair.first)),
        **_share_values("second", comparison.shares.get(pair.second)),
        "metric": pair.metric.name,
        "difference": pair.metric.scale * pair.difference,
        "p": pair.p,
        "looks": None if pair.p is None else pair.looks,
        "p_alike": pair.p_alike,
        "delta": None if pair.delta is None else pair.metric.scale * pair.delta,
        "verdict": name_verdict(pair),
        "improvement": None if pair.is_same_network else pair.improvement,
        "seeds_first": pair.seeds[0],
        "seeds_second": pair.seeds[1],
        **_interval_values(pair),
        **_required_values(pair),
    }


def _share_values(which: str, shares: ObtainedShares | None) -> dict[str, Any]:
    return {f"shares_{which}": format_split(shares.obtained), f"off_{which}": shares.is_off} if shares else {}


def _interval_values(pair: RulePair) -> dict[str, float]:
    if pair.estimate is None:
        return {}
    ends = (*pair.estimate.interval(), *pair.estimate.welch_interval())
    names = ("low", "high", "welch_low", "welch_high")
    return {name: pair.metric.scale * end for name, end in zip(names, ends, strict=True)}


def _required_values(pair: RulePair) -> dict[str, Any]:
    required = pair.required_seeds
    if required is None:
        return {}
    numbers = (required.apart.low, required.apart.high, required.alike.low, required.alike.high)
    return dict(zip(SEED_COLUMNS, numbers, strict=True)) | {"seconds_per_seed": required.seconds}
