"""Pooled verdicts as a table: for each pair and budget one row for the summary, and one for each setting. This file is
the reference of its columns."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

from scaling_lab.analysis.pooling.differences import LeftOut, SettingDifference
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.stats.random_effects import RandomEffects
from scaling_lab.analysis.verdict_table import name_verdict

POOLED_COLUMNS = {
    "level": "budget in times the baseline's FLOPs (multiply-adds), the lowest of those within 1 %",
    "first": "the rule with the higher mean over settings",
    "second": "the other rule",
    "row": "pooled (the summary), setting (one that counts), or left out",
    "family": "name of the baseline network; empty in the row of the summary, as the next four",
    "dataset": "dataset",
    "recipe": "name of the training recipe",
    "rounding": "paper (multiply and round) or fitted (solved for the budget)",
    "lr_times": "factor of the recipe's learning rate",
    "metric": "what is compared: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "difference": "how much better the first is: percentage points of accuracy, nats of loss; likewise where points "
    "are mentioned below; of the summary: the mean over settings (random effects)",
    "low": "lower end of its 95 % interval, for other seeds and test images; of the summary: also for other settings",
    "high": "upper end",
    "settings": "number of settings of the summary; the next columns are for the summary alone",
    "predicted_low": "lower end of the 95 % interval for the true difference in a new setting; empty below three",
    "predicted_high": "upper end",
    "here": "plain mean of these settings, points",
    "here_low": "lower end of its 95 % interval for other seeds and test images, not for other settings",
    "here_high": "upper end",
    "tau": "standard deviation of the true differences between settings, points",
    "i_squared": "share of the variation between settings that noise does not explain, 0 to 1",
    "q": "Cochran's Q",
    "q_p": "p value of the hypothesis that the true difference is the same in all settings",
    "p": "p value of the mean, adjusted by Holm's method for all pairs of the budget and for looks",
    "delta": "smallest difference that matters, points; empty if not given",
    "p_alike": "p value of a mean difference of delta or more (two one-sided tests), adjusted likewise",
    "verdict": "of the mean, as in the table of verdicts",
    "reason": "why a setting is left out",
}
TEXT_COLUMNS = (*("first", "second", "row", "family", "dataset", "recipe", "rounding", "metric", "verdict", "reason"),)


def make_pooled_table(budgets: Iterable[PooledBudget]) -> pd.DataFrame:
    """Return a table with the columns `POOLED_COLUMNS`; absent values are missing, never 0.

    A pair without an interval in any setting has no row.
    """
    pairs = [(budget.level, pair) for budget in budgets for pair in budget.pairs if pair.differences]
    rows = [row for level, pair in pairs for row in _make_rows(level, pair)]
    types = dict.fromkeys(POOLED_COLUMNS, "Float64") | dict.fromkeys(TEXT_COLUMNS, "string") | {"settings": "Int64"}
    return pd.DataFrame(rows, columns=list(POOLED_COLUMNS)).astype(types)


def _make_rows(level: float, pair: PooledPair) -> list[dict[str, Any]]:
    common = {"level": level, "first": pair.first, "second": pair.second, "metric": pair.metric.name}
    rows = [_summary(pair, pair.effect)] if pair.effect else []
    rows += [_setting(pair, difference) for difference in pair.differences]
    rows += [_left_out(left_out) for left_out in pair.left_out]
    return [common | row for row in rows]


def _summary(pair: PooledPair, effect: RandomEffects) -> dict[str, Any]:
    scale = pair.metric.scale
    points: dict[str, float | None] = {"difference": effect.value, "tau": effect.tau, "delta": pair.delta}
    points |= dict(zip(("low", "high"), effect.interval(), strict=True))
    points |= dict(zip(("predicted_low", "predicted_high"), effect.prediction() or (None, None), strict=True))
    points |= dict(zip(("here", "here_low", "here_high"), pair.here or (None, None, None), strict=True))
    return {
        "row": "pooled",
        **{name: None if value is None else scale * value for name, value in points.items()},
        "settings": effect.count,
        "i_squared": effect.i_squared,
        "q": effect.q,
        "q_p": effect.q_p,
        "p": pair.p,
        "p_alike": pair.p_alike,
        "verdict": name_verdict(pair),
    }


def _setting(pair: PooledPair, difference: SettingDifference) -> dict[str, Any]:
    low, high = (pair.metric.scale * end for end in difference.interval)
    value = pair.metric.scale * difference.value
    return {"row": "setting", **vars(difference.setting), "difference": value, "low": low, "high": high}


def _left_out(left_out: LeftOut) -> dict[str, Any]:
    return {"row": "left out", **vars(left_out.setting), "reason": left_out.reason}
