"""From the table to what is drawn: finished points in percent, panels, baselines, readable ticks."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, log10

import pandas as pd

PANEL = ["family", "dataset", "recipe"]
NETWORK = ["flops", "depths", "widths", "side"]
COLUMNS = [*PANEL, *NETWORK, "rule", "times_flops", "lr_times", "seed", "test_accuracy"]
STEPS = ((1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9), (1, 1.5, 2, 3, 4, 6, 8), (1, 2, 5), (1, 3), (1,))


def measured_points(table: pd.DataFrame, also: Iterable[str] = ()) -> pd.DataFrame:
    """Rows with a test accuracy, with `accuracy` in percent, at the recipe's own learning rate where that was tried.

    Raises ValueError naming the columns that are missing.
    """
    missing = [name for name in [*COLUMNS, *also] if name not in table.columns]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    accuracy = 100 * pd.to_numeric(table["test_accuracy"], errors="coerce").astype(float)
    times = pd.to_numeric(table["times_flops"], errors="coerce").astype(float)
    usual = (table["lr_times"] == 1).groupby([table[name] for name in PANEL], dropna=False).transform("any")
    kept = accuracy.notna() & ((table["lr_times"] == 1) | ~usual)
    return table.assign(accuracy=accuracy, times_flops=times)[kept]


def split_panels(points: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The points of each family with its name; data set and recipe are named too where there are several."""
    named = ["family", *(name for name in PANEL[1:] if points[name].nunique() > 1)]
    groups = points.groupby(named, sort=False, dropna=False)
    return [(" · ".join(map(str, name)), part) for name, part in groups]


def baseline_points(points: pd.DataFrame) -> pd.DataFrame:
    """The rows asked at 1x, each network and seed once."""
    return points[points["times_flops"] == 1].drop_duplicates(subset=[*PANEL, *NETWORK, "seed"])


def with_baseline(points: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Rows of a rule; a rule of budgets that has no row at 1x borrows the baseline of the same panel."""
    own = points[points["rule"] == rule]
    if (own["times_flops"] == 1).any() or own["times_flops"].isna().all():
        return own
    return pd.concat([baseline_points(points), own])


def flops_unit(flops: Iterable[float]) -> tuple[float, str]:
    """Divisor and word in which the largest number reads well."""
    largest = max(flops, default=0.0)
    return (1e9, "billion") if largest >= 2e9 else (1e6, "million")


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers in a range of a logarithmic axis, at most `most`, and never closer than a seventh of it."""
    found: list[float] = []
    for steps in STEPS:
        decades = range(floor(log10(low)), floor(log10(high)) + 1)
        found = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(found) <= most and _apart(found) >= log10(high / low) / 7:
            return found
    return found[:: -(-len(found) // most)]


def _apart(ticks: Sequence[float]) -> float:
    return min((log10(b / a) for a, b in pairwise(ticks)), default=float("inf"))
