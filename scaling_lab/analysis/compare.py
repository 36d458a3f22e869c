"""Which rules can be told apart at equal measured FLOPs, and which cannot.

Networks of one family, data set, recipe, rounding and budget are compared by their mean test accuracy over seeds. With
three seeds or more, a pair has a Welch interval that holds for all pairs of its comparison at once (Bonferroni); with
fewer there is no interval and no verdict. The intervals count the noise of seeds, not that of the test pictures.
"""

from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import Any

import pandas as pd
from scipy.stats import t as student

from scaling_lab.fit import TOLERANCE, TOLERANCE_WITHOUT_WIDTH

ENOUGH = 3
CONFIDENCE = 0.95
WHERE = ["family", "dataset", "recipe", "rounding", "times_flops"]


@dataclass(frozen=True)
class Pair:
    """Two rules at one budget; `first` has the higher mean. All numbers but the seeds are percentage points.

    spread: what the seeds of one rule alone differ by, the larger of the two; None where neither has two seeds.
    interval: of the difference; None with fewer than three seeds each, or when no seed differs from another.
    same: both rules came to the same networks.
    """

    first: str
    second: str
    difference: float
    seeds: tuple[int, int]
    spread: float | None
    interval: tuple[float, float] | None
    same: bool

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]


@dataclass(frozen=True)
class Comparison:
    """The rules of one family at one budget, and the names of those off the budget or without a result.

    sampling: standard error of one network's accuracy from the number of test pictures, in points; None without any.
    """

    family: str
    dataset: str
    recipe: str
    rounding: str
    times_flops: float
    rules: tuple[str, ...]
    pairs: tuple[Pair, ...]
    off_budget: tuple[str, ...]
    without_result: tuple[str, ...]
    test_pictures: int | None
    sampling: float | None


def compare(table: pd.DataFrame) -> list[Comparison]:
    """One comparison a family, data set, recipe, rounding and budget other than 1x, with or without results."""
    asked = table[table["times_flops"].notna() & (table["times_flops"] != 1)]
    return [_comparison(where, rows) for where, rows in asked.groupby(WHERE, sort=False, dropna=False)]


def _comparison(where: Any, rows: pd.DataFrame) -> Comparison:
    met = on_budget(rows)
    done = rows[met & rows["test_accuracy"].notna()].drop_duplicates(subset=["rule", "key"])
    groups = {str(rule): own for rule, own in done.groupby("rule", sort=False)}
    every = list(combinations(groups, 2))
    tested = sum(min(len(groups[a]), len(groups[b])) >= ENOUGH for a, b in every)
    off = tuple(rows.loc[~met, "rule"].drop_duplicates())
    absent = tuple(rule for rule in rows["rule"].drop_duplicates() if rule not in groups and rule not in off)
    pictures = int(done["test_pictures"].min()) if len(done) else None
    mean = float(done["test_accuracy"].mean()) if len(done) else 0.0
    sampling = 100 * sqrt(mean * (1 - mean) / pictures) if pictures else None
    pairs = tuple(_pair(a, groups[a], b, groups[b], tested) for a, b in every)
    family, dataset, recipe, rounding, times = where
    whole = (tuple(groups), pairs, off, absent, pictures, sampling)
    return Comparison(family, dataset, recipe, rounding, times, *whole)


def on_budget(rows: pd.DataFrame) -> "pd.Series[bool]":
    """Whether the FLOPs got are the FLOPs asked: within 2 %, or 5 % for a rule that asks for no width."""
    no_width = rows["w"].isna() | (rows["w"] == 1)
    tolerance = no_width.map({True: TOLERANCE_WITHOUT_WIDTH, False: TOLERANCE}).astype(float)
    return (rows["times_flops_got"].astype(float) / rows["times_flops"].astype(float) - 1).abs() <= tolerance + 1e-9


def _pair(a: str, rows_a: pd.DataFrame, b: str, rows_b: pd.DataFrame, tested: int) -> Pair:
    if rows_b["test_accuracy"].mean() > rows_a["test_accuracy"].mean():
        a, rows_a, b, rows_b = b, rows_b, a, rows_a
    x, y = 100 * rows_a["test_accuracy"].astype(float), 100 * rows_b["test_accuracy"].astype(float)
    spreads = [float(values.max() - values.min()) for values in (x, y) if len(values) > 1]
    interval = _welch(x, y, tested) if min(len(x), len(y)) >= ENOUGH else None
    same = set(rows_a["key"]) == set(rows_b["key"])
    return Pair(a, b, float(x.mean() - y.mean()), (len(x), len(y)), max(spreads, default=None), interval, same)


def _welch(x: "pd.Series[float]", y: "pd.Series[float]", tested: int) -> tuple[float, float] | None:
    """Interval of the difference of means without equal variances, at a confidence shared among the tested pairs."""
    parts = [float(values.var()) / len(values) for values in (x, y)]
    error = sqrt(sum(parts))
    if error == 0:
        return None
    freedom = sum(parts) ** 2 / sum(part**2 / (len(v) - 1) for part, v in zip(parts, (x, y), strict=True))
    reach = error * float(student.ppf(1 - (1 - CONFIDENCE) / (2 * tested), freedom))
    difference = float(x.mean() - y.mean())
    return difference - reach, difference + reach
