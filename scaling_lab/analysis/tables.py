"""Gains, curves and the triangle of shares as tables; their columns are documented here and nowhere else.

All begin with the setting: family, dataset, recipe, rounding, lr_times. Accuracies are in percentage points, FLOPs are
multiply-adds, ends of intervals are of 95 %; what is not there is missing, never 0.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from scaling_lab.analysis.curves.fit import ScalingCurve
from scaling_lab.analysis.curves.growth import Growth
from scaling_lab.analysis.curves.savings import FlopsSaving
from scaling_lab.analysis.evidence import Setting
from scaling_lab.analysis.shares.surface import ShareSurface

GAIN_COLUMNS = {
    "rule": "scaling rule",
    "from_times": "budget that the gain starts from, in times the baseline's FLOPs",
    "to_times": "budget that it reaches",
    "gain": "points won a doubling of FLOPs",
    "gain_low": "lower end of its interval",
    "gain_high": "upper end",
}
CURVE_COLUMNS = {
    "rule": "scaling rule",
    "a": "error that no FLOPs go below, 0 to 1, of error = a + b FLOPs^-c",
    "b": "error above a at one multiply-add",
    "c": "exponent",
    "c_low": "lower end of its interval",
    "c_high": "upper end",
    "misfit": "p of residuals as large as these if the curve were the truth",
    "lowest_flops": "least FLOPs that the curve may be read at",
    "highest_flops": "most",
    "why_not": "why there is no curve",
}
SAVING_COLUMNS = {
    "reference": "rule whose accuracy at its largest budget is asked for",
    "rule": "rule that comes to it",
    "accuracy": "that accuracy on the reference's curve, percent",
    "flops": "FLOPs that the reference needs",
    "factor": "how many times fewer the rule needs; empty where it does not come to it up to twice its largest FLOPs",
    "factor_low": "lower end of its interval; empty where it lies beyond the curve's reach",
    "factor_high": "upper end",
    "at_least": "whether the factor is only known to be at least this",
}
SHARE_COLUMNS = {
    "times_flops": "budget, in times the baseline's FLOPs",
    "surface": "quadratic, plane or none",
    "rule": "rule whose asked shares are looked up on the surface, or best",
    "depth_share": "share of the budget that goes to depth",
    "width_share": "to width",
    "resolution_share": "to resolution",
    "difference": "points from the best shares; of a plane from equal shares",
    "difference_low": "lower end of its interval",
    "difference_high": "upper end",
    "extrapolated": "whether these shares lie outside of the measured networks",
    "why_not": "why there is no surface",
}


def make_gain_table(found: Iterable[Growth]) -> pd.DataFrame:
    """A row a gain, columns as in GAINS."""
    rows = []
    for each in found:
        for gain in each.gains:
            ends = gain.estimate.interval() if gain.estimate else (None, None)
            told = {"rule": each.rule, "from_times": gain.start.times_flops, "to_times": gain.stop.times_flops}
            rows.append(_where(each.setting) | told | _points("gain", gain.value, ends))
    return _table(rows, GAIN_COLUMNS, ("rule",))


def make_curve_table(found: Iterable[ScalingCurve]) -> pd.DataFrame:
    """A row a rule, columns as in CURVES."""
    rows = []
    for each in found:
        row = _where(each.setting) | {"rule": each.rule, "why_not": each.reason}
        if each.law is not None:
            low, high = each.coefficient("c") or (None, None)
            least, most = each.valid_range
            row |= {"a": each.a, "b": each.b, "c": each.c, "c_low": low, "c_high": high, "misfit": each.misfit}
            row |= {"lowest_flops": least, "highest_flops": most}
        rows.append(row)
    return _table(rows, CURVE_COLUMNS, ("rule", "why_not"))


def make_saving_table(found: Iterable[FlopsSaving]) -> pd.DataFrame:
    """A row a pair of curves, columns as in SAVED."""
    rows = []
    for each in found:
        low, high = each.interval or (None, None)
        told = {"reference": each.reference, "rule": each.other, "accuracy": 100 * each.accuracy, "flops": each.flops}
        ends = {"factor": each.factor, "factor_low": low, "factor_high": high, "at_least": each.is_lower_bound}
        rows.append(_where(each.setting) | told | ends)
    return _table(rows, SAVING_COLUMNS, ("reference", "rule"), ("at_least",))


def make_share_table(found: Iterable[ShareSurface]) -> pd.DataFrame:
    """A row a rule and surface, the best shares first where there are any, columns as in SHARES."""
    rows = []
    for each in found:
        where = _where(each.setting) | {"times_flops": each.times_flops}
        where |= {"surface": ("none", "plane", "quadratic")[each.degree]}
        if not each.degree:
            rows.append(where | {"why_not": each.reason})
        if each.best is not None:
            rows.append(where | {"rule": "best", "extrapolated": each.extrapolated} | _shares(each.best))
        for standing in each.standings:
            told = {"rule": standing.rule, "extrapolated": standing.extrapolated} | _shares(standing.point)
            ends = standing.interval or (None, None)
            rows.append(where | told | _points("difference", standing.difference, ends))
    return _table(rows, SHARE_COLUMNS, ("surface", "rule", "why_not"), ("extrapolated",))


def _where(setting: Setting) -> dict[str, Any]:
    return dict(vars(setting))


def _points(name: str, value: float, ends: tuple[float | None, float | None]) -> dict[str, float | None]:
    low, high = (None if end is None else 100 * end for end in ends)
    return {name: 100 * value, f"{name}_low": low, f"{name}_high": high}


def _shares(point: Any) -> dict[str, float]:
    depth, resolution = (float(share) for share in point)
    return {"depth_share": depth, "width_share": 1 - depth - resolution, "resolution_share": resolution}


def _table(
    rows: list[dict[str, Any]], columns: Mapping[str, str], words: tuple[str, ...], truths: tuple[str, ...] = ()
) -> pd.DataFrame:
    names = [*Setting.__dataclass_fields__, *columns]
    text = {"family", "dataset", "recipe", "rounding", *words}
    types = {name: "string" if name in text else "boolean" if name in truths else "Float64" for name in names}
    return pd.DataFrame(rows, columns=names).astype(types)
