"""Comparisons of training lengths as a table with one row per pair and length. This file is the reference of its
columns; they follow the setting: family, dataset, recipe (without settings in epochs), rounding, lr_times."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scaling_lab.analysis.lengths import LengthComparison, PairAtLength, PairOverLengths
from scaling_lab.analysis.tables import make_setting_table
from scaling_lab.analysis.verdict_table import name_verdict

LENGTH_COLUMNS = {
    "times_flops": "requested budget in times the baseline's FLOPs",
    "first": "a rule",
    "second": "the other rule",
    "epochs": "epochs of the training",
    "metric": "what is compared: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "difference": "how much better the first is: percentage points of accuracy, nats of loss; likewise where points "
    "are mentioned below",
    "low": "lower end of its 95 % interval, points; empty below three seeds",
    "high": "upper end",
    "p": "p value of the difference, adjusted by Holm's method for the pairs of this budget and length",
    "verdict": "as in the table verdicts",
    "winner": "the rule that is significantly better; empty if neither is",
    "change_from": "epochs of the shortest training, from which the change of the difference is measured; empty there",
    "change": "the difference less that of the shortest training, points",
    "change_low": "lower end of its 95 % interval",
    "change_high": "upper end",
    "change_p": "p value of the change, adjusted by Holm's method for all pairs and lengths of this budget",
}


def make_length_table(results: Iterable[LengthComparison]) -> pd.DataFrame:
    """Return a table with one row per pair and length; absent values are missing, never 0."""
    rows = [
        {**vars(result.setting), **_make_row(result, pair, at)}
        for result in results
        for pair in result.pairs
        for at in pair.at
    ]
    text, integers = ("first", "second", "metric", "verdict", "winner"), ("epochs", "change_from")
    return make_setting_table(rows, LENGTH_COLUMNS, text=text, integers=integers)


def _make_row(result: LengthComparison, pair: PairOverLengths, at: PairAtLength) -> dict[str, Any]:
    scale, estimate = result.metric.scale, at.change.estimate if at.change else None
    low, high = at.interval or (None, None)
    row = {
        "times_flops": result.level,
        "first": pair.first,
        "second": pair.second,
        "epochs": at.epochs,
        "metric": result.metric.name,
        "difference": scale * at.value,
        "low": None if low is None else scale * low,
        "high": None if high is None else scale * high,
        "p": at.pair.p,
        "verdict": name_verdict(at.pair),
        "winner": at.winner,
    }
    if at.change is None:
        return row
    row |= {"change_from": pair.at[0].epochs, "change": scale * (at.value - pair.at[0].value)}
    if estimate is None:
        return row
    low, high = estimate.interval()
    return row | {"change_low": scale * low, "change_high": scale * high, "change_p": at.change.p}
