"""Networks that did not learn: at chance, collapsed, or diverged.

At chance: the test accuracy is not above that of the best constant answer (`scaling_lab.store.chance`). Such results
are left out of every average (`scaling_lab.analysis.unlearned.at_chance`).

Collapsed: a seed that learned, but far less than the same network with other seeds. It is kept in averages and named.
With three or more seeds above chance, a seed collapsed if it is below their median by more than `COLLAPSE_SHARE` of it
and by more than `COLLAPSE_SPREADS` times the spread above the median, which a collapse cannot widen. `python
benchmarks/coverage.py --section collapse` measures how often ordinary seeds are flagged.

Diverged: training stopped because the loss was no longer finite, so the point has failed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scaling_lab.analysis.evidence import ARM_COLUMNS
from scaling_lab.analysis.unlearned.at_chance import find_unlearned

COLLAPSE_SHARE = 0.3
COLLAPSE_SPREADS = 10.0
MIN_SIBLINGS = 3
"""Seeds above chance of one network, the collapsed one included, that are needed to call it a collapse."""
DIVERGENCE = "FloatingPointError:"
"""Start of the reason of a failure because the loss was no longer finite (`scaling_lab.training.loop`)."""
UNLEARNED_KINDS = ("at chance", "collapsed", "diverged")
BASELINE = "baseline"


@dataclass(frozen=True)
class LearningCount:
    """How many networks of a rule learned.

    Attributes:
        rule: Scaling rule; `baseline` for the network of all rules at 1x.
        trained: Points that were trained to the end or diverged.
        at_chance: Those whose accuracy is not above chance.
        collapsed: Those far below other seeds of the same network.
        diverged: Those whose loss was no longer finite.
    """

    rule: str
    trained: int
    at_chance: int
    collapsed: int
    diverged: int

    @property
    def unlearned(self) -> int:
        """Points that did not learn for any of the three reasons."""
        return self.at_chance + self.collapsed + self.diverged

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the exact binomial interval (Clopper and Pearson 1934) of the rate, 0 to 1."""
        from scipy.stats import binomtest

        ends = binomtest(self.unlearned, self.trained).proportion_ci(confidence, method="exact")
        return float(ends.low), float(ends.high)


def find_collapsed(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Return which rows have a result that learned far less than other seeds of the same network."""
    accuracy = pd.to_numeric(rows["test_accuracy"], errors="coerce").where(~find_unlearned(rows)).astype(float)
    collapsed = pd.Series(False, index=rows.index)
    networks = [rows[name] for name in ARM_COLUMNS]
    far = accuracy < (1 - COLLAPSE_SHARE) * accuracy.groupby(networks, sort=False, dropna=False).transform("median")
    if far.any():
        is_suspect = far.groupby(networks, sort=False, dropna=False).transform("any") & accuracy.notna()
        suspects = accuracy[is_suspect].groupby([rows.loc[is_suspect, name] for name in ARM_COLUMNS], dropna=False)
        for _, values in suspects:
            collapsed[values.index] = collapsed_seeds(values.to_numpy())
    return collapsed


def collapsed_seeds(accuracies: Iterable[float]) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    """Return which seeds of one network collapsed, from their test accuracies."""
    values = np.asarray(list(accuracies), dtype=float)
    median = float(np.median(values)) if values.size else 0.0
    above = values[values > median]
    spread = float(np.sqrt(np.sum((above - median) ** 2) / max(1, len(values) // 2)))
    least = max(COLLAPSE_SHARE * median, COLLAPSE_SPREADS * spread)
    return (median - values > least) & (values.size >= MIN_SIBLINGS)


def has_diverged(reason: str) -> bool:
    """Return whether a point failed because its loss was no longer finite, from the reason of the failure."""
    return reason.startswith(DIVERGENCE)


def find_kinds(rows: pd.DataFrame, failures: Mapping[str, str] | None = None) -> "pd.Series[str]":
    """Return for each row one of `UNLEARNED_KINDS`; empty for a network that learned, and without a result.

    Args:
        rows: Table with one row per question.
        failures: Reason of each failed point, by key.
    """
    diverged = rows["key"].isin([key for key, reason in (failures or {}).items() if has_diverged(reason)])
    diverged &= ~_is_finished(rows)
    kinds = np.select([find_unlearned(rows), find_collapsed(rows), diverged], UNLEARNED_KINDS, "")
    return pd.Series(kinds, index=rows.index)


def classify_points(rows: pd.DataFrame, failures: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Return the rows of the points that were trained, each once, with the column `unlearned` of `find_kinds`."""
    rows = rows.assign(unlearned=find_kinds(rows, failures))
    return rows[_is_finished(rows) | (rows["unlearned"] == "diverged")].drop_duplicates("key")


def _is_finished(rows: pd.DataFrame) -> "pd.Series[bool]":
    return pd.to_numeric(rows["test_accuracy"], errors="coerce").notna()


def count_unlearned(points: pd.DataFrame) -> list[LearningCount]:
    """Return the counts of each rule of `classify_points`, the baseline first, then in the table's order."""
    names = points["rule"].where(points["times_flops"] != 1, BASELINE)
    rules = sorted(dict.fromkeys(names), key=lambda rule: rule != BASELINE)
    counts = []
    for rule in rules:
        kinds = points.loc[names == rule, "unlearned"].tolist()
        at_chance, collapsed, diverged = (kinds.count(kind) for kind in UNLEARNED_KINDS)
        counts.append(LearningCount(rule, len(kinds), at_chance, collapsed, diverged))
    return counts
