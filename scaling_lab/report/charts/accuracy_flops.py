"""The main chart: accuracy against a cost, a panel per setting, a line per rule with its interval, a dot per seed."""

from collections.abc import Sequence

from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.report.charts.chart import Chart, Choice, Spec, color_scale, is_in, panel_facet, resolve_axes, tooltip
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.network_rows import BASE, LINE, MEAN, POINT

COSTS = {
    "FLOPs": ("flops", "FLOPs (multiply-adds)"),
    "parameters": ("params", "parameters"),
    "activations": ("activations", "activations"),
    "latency": ("latency", "latency of one image (ms)"),
}


def make_accuracy_chart(
    rows: Dataset, rules: Sequence[str], metric: Metric, with_points: bool, shares_axes: bool, notes: Sequence[str] = ()
) -> Chart:
    """Return the chart.

    Args:
        rows: The page's rows of networks and points.
        rules: Names of the rules.
        metric: Accuracy, with answers to each test image or without.
        with_points: Whether the rows have single seeds.
        shares_axes: Whether all panels have the same axes.
        notes: Sentences that end the caption.
    """
    costs = {label: (rows[name], title) for label, (name, title) in COSTS.items() if rows.values(name)}
    seeds = " Small dots are single seeds, of which the means and bands are made." if with_points else ""
    drag = " Drag in a panel to see its points alone in the table of points." if with_points else ""
    return Chart(
        name="accuracy_flops",
        title="Accuracy against cost",
        alt="Test accuracy against the cost of a network, one panel per family and one line per scaling rule",
        caption=(
            "Measured. Test accuracy in percent. Marks are means over seeds; bands are 95 % intervals of the mean, for "
            f"other seeds and {describe_images(metric)}, and need three seeds. All lines begin at the baseline. "
            f"FLOPs are multiply-adds.{seeds} Click a rule in the legend to see it alone; with the shift key, several."
            f"{drag}{''.join(f' {note}' for note in notes if note)}"
        ),
        spec=_make_spec(rows, rules, with_points) | {"resolve": resolve_axes(shares_axes)},
        choices=[Choice("x axis", "x", costs)] if len(costs) > 1 else [],
        has_log=True,
        panels=rows.values("panel"),
        selects=with_points,
    )


def _make_spec(rows: Dataset, rules: Sequence[str], with_points: bool) -> Spec:
    color, shape = color_scale(rules)
    legend = {"title": None, "orient": "top", "symbolOpacity": 1, "labelLimit": 240}
    x = {
        "field": rows["flops"],
        "type": "quantitative",
        "title": COSTS["FLOPs"][1],
        "scale": {"type": "log", "nice": False, "padding": 16},
    }
    x["axis"] = {"format": "~s", "labelOverlap": True, "tickCount": 5}
    y = {"type": "quantitative", "scale": {"zero": False, "nice": True}, "title": "test accuracy (%)"}
    series = {"field": rows["series"], "type": "nominal", "scale": color, "legend": legend}
    kind = f"datum.{rows['kind']}"
    line = {"filter": f"({kind} == '{LINE}' || {kind} == '{MEAN}') && isValid(datum.{rows['times']})"}
    by_budget = {"field": rows["times"], "type": "quantitative"}  # latency need not rise with it
    layers = [
        {
            "transform": [line, {"filter": f"isValid(datum.{rows['low']})"}],
            "mark": {"type": "area", "tooltip": None},
            "encoding": {
                "y": y | {"field": rows["low"]},
                "y2": {"field": rows["high"]},
                "opacity": _when_picked(0.14, 0.02),
            },
        },
        {
            "transform": [line],
            "mark": {"type": "line", "strokeWidth": 2, "tooltip": None},
            "encoding": {"y": y | {"field": rows["accuracy"]}, "order": by_budget, "opacity": _when_picked(1, 0.12)},
        },
        *([_make_dots(rows, y)] if with_points else []),
        _make_marks(rows, y, shape, legend),
    ]
    return {
        "data": {"name": "networks"},
        "transform": [{"filter": condition} for condition in _conditions(rows)],
        "facet": panel_facet(rows),
        "spec": {"layer": layers, "encoding": {"x": x, "color": series}},
    }


def _conditions(rows: Dataset) -> list[str]:
    is_base = f"datum.{rows['series']} == 'baseline'"
    return [
        is_in("pick_panel", rows["panel"]),
        f"{is_base} || {is_in('pick_rule', rows['series'])}",
        f"datum.{rows['kind']} == '{LINE}' || {is_in('pick_budget', rows['budget'])}",
        f"datum.{rows['kind']} != '{POINT}' || {is_in('pick_seed', rows['seed'])}",
    ]


def _when_picked(usual: float, other: float) -> Spec:
    return {"condition": {"param": "legend", "value": usual}, "value": other}


def _make_dots(rows: Dataset, y: Spec) -> Spec:
    shown = tooltip(
        (rows["series"], "rule", None),
        (rows["budget"], "budget", None),
        (rows["seed"], "seed", None),
        (rows["what"], "test accuracy", None),
        *_network_fields(rows),
        (rows["key"], "key", None),
    )
    return {
        "params": [{"name": "brush", "select": {"type": "interval"}}],
        "transform": [{"filter": f"datum.{rows['kind']} == '{POINT}'"}],
        "mark": {"type": "circle", "size": 34},
        "encoding": {"y": y | {"field": rows["accuracy"]}, "tooltip": shown, "opacity": _when_picked(0.5, 0.06)},
    }


def _make_marks(rows: Dataset, y: Spec, shape: Spec, legend: Spec) -> Spec:
    kind = f"datum.{rows['kind']}"
    shown = tooltip(
        (rows["series"], "rule", None),
        (rows["budget"], "budget", None),
        (rows["what"], "mean accuracy, 95 % interval", None),
        (rows["n"], "seeds", "d"),
        *_network_fields(rows),
    )
    return {
        "params": [
            {"name": "legend", "select": {"type": "point", "fields": [rows["series"]]}, "bind": "legend"},
        ],
        "transform": [{"filter": f"{kind} == '{MEAN}' || {kind} == '{BASE}'"}],
        "mark": {"type": "point", "filled": True, "size": 80, "strokeWidth": 1},
        "encoding": {
            "y": y | {"field": rows["accuracy"]},
            "shape": {"field": rows["series"], "type": "nominal", "scale": shape, "legend": legend},
            "tooltip": shown,
            "opacity": _when_picked(1, 0.12),
        },
    }


def _network_fields(rows: Dataset) -> list[tuple[str, str, str | None]]:
    return [
        (rows["flops"], "FLOPs (multiply-adds)", ",d"),
        (rows["params"], "parameters", ",d"),
        (rows["side"], "side in px", "d"),
        (rows["network"], "stages", None),
    ]
