"""Gains, curves, FLOPs saved and shares as tables. This file is the reference of their columns.

All begin with the setting: family, dataset, recipe, rounding, lr_times. Accuracies are in percentage points, FLOPs are
multiply-adds, intervals are 95 % intervals; absent values are missing, never 0.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scaling_lab.analysis.curves.fit import ScalingCurve
from scaling_lab.analysis.curves.growth import Growth
from scaling_lab.analysis.curves.savings import FlopsSaving
from scaling_lab.analysis.gains import BaselineGain, BudgetGains
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.shares.surface import ShareSurface
from scaling_lab.analysis.verdict_table import name_verdict

GAIN_COLUMNS = {
    "rule": "scaling rule",
    "from_times": "budget at which the gain starts, in times the baseline's FLOPs",
    "to_times": "budget at which it ends",
    "gain": "gained per doubling of FLOPs: percentage points of accuracy, nats of loss",
    "gain_low": "lower end of its interval",
    "gain_high": "upper end",
    "metric": "what is measured: accuracy, top5 (top-5 accuracy) or loss (test loss)",
}
BASELINE_COLUMNS = {
    "times_flops": "requested budget in times the baseline's FLOPs",
    "rule": "scaling rule",
    "same_network": "other rules that led to the same network",
    "times_flops_got": "measured FLOPs over the baseline's",
    "metric": "what is compared: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "gain": "how much better than the baseline: percentage points of accuracy, nats of loss; likewise where points are "
    "mentioned below",
    "gain_low": "lower end of its interval; empty below three seeds",
    "gain_high": "upper end",
    "p": "p value adjusted by Holm's method for the rules of the budget",
    "delta": "smallest difference that matters, points; empty if not given",
    "p_alike": "p value of a difference of delta or more, adjusted likewise",
    "verdict": "better, worse, not told apart, or no verdict; with delta also alike, undecided, and better or worse by "
    "less than delta",
    "per_doubling": "points gained per doubling of measured FLOPs",
    "per_doubling_low": "lower end of its interval",
    "per_doubling_high": "upper end",
    "seeds": "number of seeds of the rule",
    "seeds_baseline": "number of seeds of the baseline",
}
CURVE_COLUMNS = {
    "rule": "scaling rule",
    "a": "limit of the error, 0 to 1, or of the loss for many FLOPs, in error = a + b FLOPs^-c",
    "b": "error above a at one multiply-add",
    "c": "exponent",
    "c_low": "lower end of its interval",
    "c_high": "upper end",
    "misfit": "p value of residuals as large as these under the fitted curve",
    "lowest_flops": "smallest FLOPs at which the curve is valid",
    "highest_flops": "largest FLOPs at which the curve is valid",
    "why_not": "reason why there is no curve",
    "metric": "what is measured: accuracy, top5 or loss",
}
SAVING_COLUMNS = {
    "reference": "rule whose accuracy at its largest budget is the target",
    "rule": "rule whose FLOPs for the target are estimated",
    "accuracy": "the target on the reference's curve: percent of accuracy, nats of loss",
    "flops": "FLOPs of the reference",
    "factor": "how many times fewer FLOPs the rule needs; empty if it needs more than twice its largest",
    "factor_low": "lower end of its interval; empty if the curve is not valid there",
    "factor_high": "upper end",
    "at_least": "whether the factor is only a lower bound",
    "metric": "what is measured: accuracy, top5 or loss",
}
SHARE_COLUMNS = {
    "times_flops": "budget, in times the baseline's FLOPs",
    "surface": "quadratic, or none: too few networks, or the fit was not tested or is rejected",
    "rule": "rule with a network nearby, whose requested shares are evaluated on the surface, or best",
    "depth_share": "share of the budget that goes to depth",
    "width_share": "share that goes to width",
    "resolution_share": "share that goes to resolution",
    "difference": "percentage points of accuracy, or nats of loss, from the best shares; negative where worse",
    "difference_low": "lower end of its interval; the intervals of a surface hold together in 95 %",
    "difference_high": "upper end",
    "extrapolated": "whether the best shares lie outside of the measured networks",
    "why_not": "reason why there is no surface",
    "metric": "what is measured: accuracy, top5 or loss",
}


def make_gain_table(growths: Iterable[Growth]) -> pd.DataFrame:
    """Return a table with one row per gain and the columns `GAIN_COLUMNS`."""
    rows = []
    for growth in growths:
        for gain in growth.gains:
            ends = gain.estimate.interval() if gain.estimate else (None, None)
            row = {"rule": growth.rule, "from_times": gain.start.times_flops, "to_times": gain.stop.times_flops}
            row |= {"metric": gain.metric.name}
            rows.append(vars(growth.setting) | row | _scaled_values("gain", gain.value, ends, gain.metric.scale))
    return make_setting_table(rows, GAIN_COLUMNS, text=("rule", "metric"))


def make_baseline_table(budgets: Iterable[BudgetGains]) -> pd.DataFrame:
    """Return a table with one row per network and budget and the columns `BASELINE_COLUMNS`."""
    rows = []
    for budget in budgets:
        for gain in budget.gains:
            pair, seeds = gain.pair, gain.pair.seeds
            row = vars(budget.setting) | {"times_flops": budget.times_flops, "rule": gain.rules[0]}
            row |= {"same_network": ", ".join(gain.rules[1:]) or None, "times_flops_got": gain.times_flops}
            row |= _scaled_values("gain", gain.value, gain.interval or (None, None), pair.metric.scale)
            row |= {"p": pair.p, "p_alike": pair.p_alike, "verdict": name_gain(gain), "metric": pair.metric.name}
            row |= {"delta": None if budget.delta is None else pair.metric.scale * budget.delta}
            if gain.per_doubling:
                value, low, high = gain.per_doubling
                row |= _scaled_values("per_doubling", value, (low, high), pair.metric.scale)
            first, second = reversed(seeds) if gain.value < 0 else seeds
            rows.append(row | {"seeds": first, "seeds_baseline": second})
    text, integers = ("rule", "same_network", "metric", "verdict"), ("seeds", "seeds_baseline")
    return make_setting_table(rows, BASELINE_COLUMNS, text=text, integers=integers)


def name_gain(gain: BaselineGain) -> str:
    """Return the verdict as in the column `verdict`."""
    if gain.pair.is_significant:
        return ("better" if gain.value > 0 else "worse") + " by less than delta" * gain.pair.is_alike
    return name_verdict(gain.pair)


def make_curve_table(curves: Iterable[ScalingCurve]) -> pd.DataFrame:
    """Return a table with one row per rule and the columns `CURVE_COLUMNS`."""
    rows = []
    for curve in curves:
        row = vars(curve.setting) | {"rule": curve.rule, "why_not": curve.reason, "metric": curve.metric.name}
        if curve.law is not None:
            c_low, c_high = curve.coefficient("c") or (None, None)
            lowest, highest = curve.valid_range
            row |= {"a": curve.a, "b": curve.b, "c": curve.c, "c_low": c_low, "c_high": c_high}
            row |= {"misfit": curve.misfit, "lowest_flops": lowest, "highest_flops": highest}
        rows.append(row)
    return make_setting_table(rows, CURVE_COLUMNS, text=("rule", "why_not", "metric"))


def make_saving_table(savings: Iterable[FlopsSaving]) -> pd.DataFrame:
    """Return a table with one row per pair of curves and the columns `SAVING_COLUMNS`."""
    rows = []
    for saving in savings:
        low, high = saving.interval or (None, None)
        row = {
            "reference": saving.reference,
            "rule": saving.other,
            "accuracy": float(saving.metric.restore(np.array(saving.accuracy))),
            "flops": saving.flops,
            "factor": saving.factor,
            "factor_low": low,
            "factor_high": high,
            "at_least": saving.is_lower_bound,
            "metric": saving.metric.name,
        }
        rows.append(vars(saving.setting) | row)
    return make_setting_table(rows, SAVING_COLUMNS, text=("reference", "rule", "metric"), booleans=("at_least",))


def make_share_table(surfaces: Iterable[ShareSurface]) -> pd.DataFrame:
    """Return a table with one row per rule and surface, the best shares first, and the columns `SHARE_COLUMNS`."""
    rows = []
    for surface in surfaces:
        kind = "quadratic" if surface.is_accepted else "none"
        metric = surface.metric
        common = vars(surface.setting) | {"times_flops": surface.times_flops, "surface": kind, "metric": metric.name}
        if surface.best is None:
            rows.append(common | {"why_not": surface.reason})
            continue
        best = {"rule": "best", "extrapolated": surface.is_extrapolated}
        rows.append(common | best | _share_values(surface.best))
        for standing in surface.standings:
            row = {"rule": standing.rule} | _share_values(standing.point)
            rows.append(
                common | row | _scaled_values("difference", standing.difference, standing.interval, metric.scale)
            )
    text = ("surface", "rule", "why_not", "metric")
    return make_setting_table(rows, SHARE_COLUMNS, text=text, booleans=("extrapolated",))


def _scaled_values(
    name: str, value: float, ends: tuple[float | None, float | None], scale: float
) -> dict[str, float | None]:
    low, high = (None if end is None else scale * end for end in ends)
    return {name: scale * value, f"{name}_low": low, f"{name}_high": high}


def _share_values(point: NDArray[np.float64]) -> dict[str, float]:
    depth, resolution = (float(share) for share in point)
    return {"depth_share": depth, "width_share": 1 - depth - resolution, "resolution_share": resolution}


def make_setting_table(
    rows: list[dict[str, Any]],
    columns: Mapping[str, str],
    text: tuple[str, ...],
    booleans: tuple[str, ...] = (),
    integers: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Return rows as a table of nullable types, which begins with the setting; columns are floats by default."""
    names = [*Setting.__dataclass_fields__, *columns]
    types = dict.fromkeys(names, "Float64") | dict.fromkeys(
        ("family", "dataset", "recipe", "rounding", *text), "string"
    )
    types |= dict.fromkeys(booleans, "boolean") | dict.fromkeys(integers, "Int64")
    return pd.DataFrame(rows, columns=names).astype(types)
