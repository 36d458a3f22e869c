"""Chart of requested and obtained budgets: how far each network's FLOPs are from the FLOPs that its rule requested."""

from collections.abc import Sequence
from typing import Any

from scaling_lab.report.charts.chart import Chart, color_scale, is_in, tooltip
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.network_rows import MEAN


def make_obtained_chart(rows: Dataset, rules: Sequence[str]) -> Chart | None:
    """Return the chart; None if no network has a requested budget.

    Args:
        rows: The page's rows of networks and points.
        rules: Names of the rules.
    """
    if not rows.values("off_budget"):
        return None
    return Chart(
        name="obtained",
        title="Requested and obtained budgets",
        alt="For each network, how many percent its FLOPs are off the requested budget",
        caption=(
            "Obtained FLOPs (multiply-adds) of each network, in percent off the budget that its rule requested. The "
            "difference is due to whole blocks, channels and pixels; verdicts at equal FLOPs correct for it."
        ),
        spec={
            "data": {"name": "networks"},
            "transform": [
                {"filter": f"datum.{rows['kind']} == '{MEAN}' && isValid(datum.{rows['off_budget']})"},
                {"filter": is_in("pick_panel", rows["panel"])},
                {"filter": is_in("pick_rule", rows["series"])},
                {"filter": is_in("pick_budget", rows["budget"])},
            ],
            "height": 260,
            "layer": [
                {"mark": {"type": "rule", "strokeDash": [3, 3]}, "encoding": {"y": {"datum": 0}}},
                *({"mark": {"type": "rule", "opacity": 0}, "encoding": {"y": {"datum": end}}} for end in (-1, 1)),
                _make_marks(rows, rules),
            ],
        },
    )


def _make_marks(rows: Dataset, rules: Sequence[str]) -> dict[str, Any]:
    """Return the layer with a mark for each network."""
    color, shape = color_scale(rules, with_baseline=False)
    shown = tooltip(
        (rows["panel"], "family", None),
        (rows["series"], "rule", None),
        (rows["budget"], "requested", None),
        (rows["obtained"], "obtained", ".3f"),
        (rows["shares"], "depth/width/resolution, %", None),
        (rows["network"], "stages", None),
        (rows["side"], "side in px", "d"),
    )
    legend = {"title": None, "orient": "top", "symbolOpacity": 1, "labelLimit": 240}
    series = {"field": rows["series"], "type": "nominal", "legend": legend}
    y = {"field": rows["off_budget"], "type": "quantitative", "title": "obtained FLOPs, % off the budget"}
    x = {
        "field": rows["budget"],
        "type": "nominal",
        "sort": rows.values("budget", by="times"),
        "axis": {"labelAngle": 0},
    }
    return {
        "mark": {"type": "point", "filled": True, "size": 80},
        "encoding": {
            "x": x | {"title": "requested budget"},
            "xOffset": {"field": rows["series"], "type": "nominal"},
            "y": y | {"scale": {"padding": 12}},
            "color": series | {"scale": color},
            "shape": series | {"scale": shape},
            "tooltip": shown,
        },
    }
