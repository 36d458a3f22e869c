"""Chart of verdicts: for each pair of rules at a budget, the difference in accuracy with its interval."""

from collections.abc import Iterator, Sequence
from typing import Any

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.analysis.text.pairs import format_difference, format_p_cell
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.formatting import MINUS, TIMES
from scaling_lab.report.charts.chart import LABEL_BREAK, Chart, Spec, is_in, panel_facet, split_lines, tooltip
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.network_rows import PanelNames

MAX_PAIRS = 60
COLUMNS = ("label", "panel", "rule", "budget", "difference", "low", "high", "what", "p", "verdict", "is_apart")
LABEL_LINES = split_lines(LABEL_BREAK)
LABELS = {
    "labelLimit": 420,
    "labelExpr": f"[truncate({LABEL_LINES}[0], label_characters, 'center'), {LABEL_LINES}[1]]",
    "labelOffset": -7,
}
"""Two lines, the pair and its budget; a pair of more characters than the page's script allows is cut in the middle."""
APART_COLOR, OTHER_COLOR = "#D55E00", "#7a8490"


def make_difference_rows(comparisons: Sequence[RuleComparison], panels: PanelNames) -> Dataset:
    """Return a row for each pair with an interval that is to be tested; of very many, those with the smallest p."""
    rows = [row for comparison in comparisons for row in _list_rows(comparison, panels)]
    shown = {
        id(row) for row in sorted(rows, key=lambda row: 2.0 if row["p_value"] is None else row["p_value"])[:MAX_PAIRS]
    }
    return Dataset(COLUMNS, [row for row in rows if id(row) in shown])


def make_difference_chart(rows: Dataset, comparisons: Sequence[RuleComparison]) -> Chart | None:
    """Return the chart; None if no pair has an interval."""
    if not rows.rows:
        return None
    metric = comparisons[0].metric
    tested = sum(pair.estimate is not None for comparison in comparisons for pair in comparison.planned_pairs)
    some = f" The {MAX_PAIRS} of {tested} pairs with the smallest p values." if tested > MAX_PAIRS else ""
    return Chart(
        name="differences",
        title="Differences between rules at equal FLOPs",
        alt="For each pair of rules and budget, the difference in accuracy with its 95 % interval and a line at zero",
        caption=(
            f"Measured. {metric.label.capitalize()} of the first rule minus that of the second at equal FLOPs "
            f"(multiply-adds), in {metric.unit}, with 95 % intervals for other seeds and {describe_images(metric)}. "
            f"Filled: told apart (p < 0.05 after Holm's correction).{some}"
        ),
        spec=_make_spec(rows, f"difference in {metric.unit}"),
        panels=rows.values("panel"),
        labels=rows.values("label"),
    )


def _list_rows(comparison: RuleComparison, panels: PanelNames) -> Iterator[dict[str, Any]]:
    panel, budget = panels.name(vars(comparison.setting)), f"{comparison.level:g}{TIMES}"
    for pair in comparison.planned_pairs:
        if pair.estimate is None or pair.is_same_network:
            continue
        low, high = (pair.metric.scale * end for end in pair.estimate.interval())
        yield {
            "label": f"{pair.first} {MINUS} {pair.second}{LABEL_BREAK}{budget}",
            "panel": panel,
            "rule": pair.first,
            "budget": budget,
            "difference": pair.metric.scale * pair.difference,
            "low": low,
            "high": high,
            "what": format_difference(pair),
            "p": format_p_cell(pair.p),
            "p_value": pair.p,
            "verdict": name_verdict(pair),
            "is_apart": pair.is_significant,
        }


def _make_spec(rows: Dataset, title: str) -> Spec:
    apart = {"condition": {"test": f"datum.{rows['is_apart']}", "value": APART_COLOR}, "value": OTHER_COLOR}
    label: Spec = {"field": rows["label"], "type": "nominal", "sort": None, "title": None, "axis": LABELS}
    shown = tooltip(
        (rows["panel"], "network", None),
        (rows["label"], "pair", None),
        (rows["what"], title, None),
        (rows["p"], "p", None),
        (rows["verdict"], "verdict", None),
    )
    value = {"type": "quantitative", "title": title}
    layers = [
        {"mark": {"type": "rule", "strokeDash": [3, 3]}, "encoding": {"x": {"datum": 0}, "y": None}},
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {"x": value | {"field": rows["low"]}, "x2": {"field": rows["high"]}, "color": apart},
        },
        {
            "mark": {"type": "point", "size": 70, "strokeWidth": 2},
            "encoding": {
                "x": value | {"field": rows["difference"]},
                "color": apart,
                "fill": {"condition": {"test": f"datum.{rows['is_apart']}", "value": APART_COLOR}, "value": None},
            },
        },
    ]
    return {
        "data": {"name": "differences"},
        "transform": [
            {"filter": is_in("pick_panel", rows["panel"])},
            {"filter": is_in("pick_budget", rows["budget"])},
        ],
        "facet": panel_facet(rows),
        "spec": {"height": {"step": 34}, "encoding": {"y": label, "tooltip": shown}, "layer": layers},
        "resolve": {"scale": {"y": "independent"}},
    }
