"""Prepare the table for drawing: finished points in percent, panels, baselines, axis ticks."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import floor, log10

import pandas as pd
from matplotlib.ticker import MaxNLocator

from scaling_lab.analysis.text.settings import drop_common_settings
from scaling_lab.analysis.unlearned.at_chance import find_unlearned
from scaling_lab.analysis.unlearned.kinds import find_collapsed
from scaling_lab.report.figures.style import wrap_names

PANEL = ["family", "dataset", "recipe"]
NETWORK = ["flops", "depths", "widths", "side"]
COLUMNS = [*PANEL, *NETWORK, "rule", "times_flops", "lr_times", "seed", "test_accuracy"]
_TICK_STEPS = (
    (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
    (1, 1.5, 2, 3, 4, 6, 8),
    (1, 1.5, 2.5, 4, 6),
    (1, 2, 5),
    (1, 3),
    (1,),
)


def measured_points(table: pd.DataFrame, also: Iterable[str] = ()) -> pd.DataFrame:
    """Return the rows of points above chance, with `accuracy` in percent, `times_flops` as float and `collapsed`.

    Where a panel has results at the recipe's own learning rate, those at other learning rates are left out.

    Args:
        table: one row per question.
        also: columns that must exist besides COLUMNS.

    Raises:
        ValueError: a column is missing; the message names it.
    """
    missing = [name for name in [*COLUMNS, *also] if name not in table.columns]
    if missing:
        raise ValueError(f"the table has no column {', '.join(missing)}")
    accuracy = 100 * pd.to_numeric(table["test_accuracy"], errors="coerce").astype(float)
    times = pd.to_numeric(table["times_flops"], errors="coerce").astype(float)
    usual = (table["lr_times"] == 1).groupby([table[name] for name in PANEL], dropna=False).transform("any")
    rows = accuracy.notna() & ~find_unlearned(table) & ((table["lr_times"] == 1) | ~usual)
    return table.assign(accuracy=accuracy, times_flops=times, collapsed=find_collapsed(table))[rows]


def explain_one_seed(table: pd.DataFrame, lack: str) -> str:
    """Return a sentence for captions on what is missing, such as "there are no bands"; empty with several seeds."""
    return f" One seed, so {lack}." if measured_points(table)["seed"].nunique() == 1 else ""


def split_panels(points: pd.DataFrame, with_families: bool = True) -> list[tuple[str, pd.DataFrame]]:
    """Return the name and points of each panel: the family, and dataset and recipe if there are several.

    Args:
        points: One row per question.
        with_families: Whether each family has a panel; otherwise they share one, whose name may be empty.
    """
    keys = [*(["family"] if with_families else []), *(name for name in PANEL[1:] if points[name].nunique() > 1)]
    if not keys:
        return [("", points)]
    short = {key: drop_common_settings(points[key].dropna().unique()) for key in keys if key != "family"}
    panels: dict[str, pd.DataFrame] = {}
    for values, part in points.groupby(keys, sort=False, dropna=False):
        names = [short.get(key, {}).get(str(value), value) for key, value in zip(keys, values, strict=True)]
        wrapped = wrap_names(names)
        panels["\n".join(map(str, names)) if wrapped in panels else wrapped] = part  # cut names can be alike
    return list(panels.items())


def baseline_points(points: pd.DataFrame) -> pd.DataFrame:
    """Return the rows at 1x, each network and seed once."""
    return points[points["times_flops"] == 1].drop_duplicates(subset=[*PANEL, *NETWORK, "seed"])


def with_baseline(points: pd.DataFrame, rule: str) -> pd.DataFrame:
    """Return the rows of a rule, with the baseline of the panel if the rule has budgets but no row at 1x."""
    rows = points[points["rule"] == rule]
    if (rows["times_flops"] == 1).any() or rows["times_flops"].isna().all():
        return rows
    return pd.concat([baseline_points(points), rows])


def flops_unit(flops: Iterable[float]) -> tuple[float, str]:
    """Return the divisor and its name (million, billion) that suit the largest number."""
    largest = max(flops, default=0.0)
    return (1e9, "billion") if largest >= 2e9 else (1e6, "million")


def log_ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Return round numbers in a range of a logarithmic axis: at most `most`, at least a seventh of it apart."""
    ticks: list[float] = []
    for steps in _TICK_STEPS:
        decades = range(floor(log10(low)), floor(log10(high)) + 1)
        ticks = [step * 10.0**decade for decade in decades for step in steps if low <= step * 10.0**decade <= high]
        if len(ticks) < 2 and steps is _TICK_STEPS[0]:  # a range so short that it is as good as linear
            return [float(tick) for tick in MaxNLocator(3).tick_values(low, high) if low <= tick <= high] or ticks
        if len(ticks) <= most and _smallest_gap(ticks) >= log10(high / low) / 7:
            return ticks
    return ticks[:: -(-len(ticks) // most)]


def _smallest_gap(ticks: Sequence[float]) -> float:
    return min((log10(b / a) for a, b in pairwise(ticks)), default=float("inf"))
