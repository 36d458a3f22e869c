"""Best learning rates as tables. This file is the reference of their columns, which follow the setting."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.rates.best import BestRate
from scaling_lab.analysis.rates.slopes import RateTrend
from scaling_lab.analysis.tables import make_setting_table

RATE_COLUMNS = {
    "rule": "scaling rule, or baseline",
    "same_network": "other rules that led to the same network",
    "times_flops": "requested budget in times the baseline's FLOPs; empty for explicit multipliers",
    "d_got": "obtained multiplier of the depth; likewise w_got of the width, r_got of the side",
    "w_got": "obtained multiplier of the width",
    "r_got": "obtained multiplier of the side",
    "times_flops_got": "measured FLOPs over the baseline's",
    "held_out": "mean accuracy on the held-out images at this rate, percent; empty if a training diverged",
    "test": "mean score on the test images: percent of accuracy, nats of loss",
    "seeds": "number of seeds",
    "unlearned": "number of seeds at chance, collapsed or diverged",
    "is_best": "whether the rate is the best of those that were tried, by the held-out images",
    "share": "share of resamples in which it is best, 0 to 1; empty with too few seeds",
    "may_be_best": "whether it is not significantly worse than the best",
    "edge": "lowest or highest if the best rate of the network is at the edge of the grid",
    "vertex": "best rate of the network between those that were tried, in times the recipe's, by a parabola",
    "low": "lower end of its 95 % interval; empty if it is below the lowest rate, and with too few seeds",
    "high": "upper end; empty if it is above the highest rate",
    "peak_low": "least best rate if the accuracy has one peak, of any shape; empty likewise",
    "peak_high": "largest such rate",
}
SLOPE_COLUMNS = {
    "along": "depth, width, side (fitted together) or FLOPs",
    "slope": "doublings of the best rate per doubling of the multiplier; empty if unknown",
    "slope_low": "lower end of its 95 % interval",
    "slope_high": "upper end",
    "networks": "number of networks",
    "at_edge": "those whose best rate is at the edge of the grid, which draws slopes towards 0",
    "why_not": "reason why the slope is unknown",
}
EDGES = {-1: "lowest", 0: None, 1: "highest"}


def make_rate_table(rates: Iterable[BestRate]) -> pd.DataFrame:
    """Return a table with one row per network and learning rate (`lr_times`) and the columns `RATE_COLUMNS`."""
    rows = [row for rate in rates for row in _list_rows(rate)]
    return make_setting_table(
        rows,
        RATE_COLUMNS,
        text=("rule", "same_network", "edge"),
        booleans=("is_best", "may_be_best"),
        integers=("seeds", "unlearned"),
    )


def make_slope_table(trends: Iterable[RateTrend]) -> pd.DataFrame:
    """Return a table with one row per setting and multiplier and the columns `SLOPE_COLUMNS`."""
    rows = []
    for trend in trends:
        for slope in trend.slopes:
            low, high = slope.interval or (None, None)
            row = {"along": slope.along, "slope": slope.value, "slope_low": low, "slope_high": high}
            row |= {"networks": trend.networks, "at_edge": trend.at_edge, "why_not": slope.reason}
            rows.append(vars(trend.setting) | row)
    return make_setting_table(rows, SLOPE_COLUMNS, text=("along", "why_not"), integers=("networks", "at_edge"))


def _list_rows(rate: BestRate) -> list[dict[str, object]]:
    grid, (low, high) = rate.grid, rate.interval or (None, None)
    peak_low, peak_high = rate.peak or (None, None)
    rule, *others = grid.rules
    common = vars(grid.setting) | {
        "rule": rule,
        "same_network": ", ".join(others) or None,
        "times_flops": grid.times_flops,
        **{name: grid.multiplier(name) for name in ("d_got", "w_got", "r_got", "times_flops_got")},
        "edge": EDGES[rate.edge],
        "vertex": rate.vertex,
        "low": low,
        "high": high,
        "peak_low": peak_low,
        "peak_high": peak_high,
    }
    rows = []
    for factor in grid.tried:
        cell = grid.cells.get(factor)
        row: dict[str, object] = {"lr_times": factor, "unlearned": sum(grid.unlearned.get(factor, {}).values())}
        if cell:
            row |= {"held_out": 100 * rate.means[factor], "test": _mean_score(cell)}
            row |= {"seeds": len(cell.seeds), "is_best": factor == rate.best, "share": rate.shares.get(factor)}
            row |= {"may_be_best": factor in rate.may_be_best}
        rows.append(common | row)
    return rows


def _mean_score(cell: Cell) -> float:
    return float(cell.metric.restore(np.array(cell.accuracy.mean())))
