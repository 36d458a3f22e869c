"""Interactive charts of a report, one file per idea: a table becomes a Vega-Lite specification."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scaling_lab.analysis.mixture import describe_hardware
from scaling_lab.analysis.scoring import BY_ACCURACY
from scaling_lab.analysis.study_comparison import StudyComparison
from scaling_lab.analysis.text.unlearned import describe_drawn
from scaling_lab.report.charts.accuracy_flops import make_accuracy_chart
from scaling_lab.report.charts.chart import Chart
from scaling_lab.report.charts.dataset import Dataset
from scaling_lab.report.charts.differences import make_difference_chart, make_difference_rows
from scaling_lab.report.charts.learning_curves import make_curve_chart, make_curve_rows
from scaling_lab.report.charts.network_rows import PanelNames, make_network_rows
from scaling_lab.report.charts.obtained import make_obtained_chart
from scaling_lab.report.histories import History

__all__ = ["Charts", "make_charts", "make_main_chart", "share_axes"]
FILTERS = {"panel": "family", "series": "rule", "budget": "budget", "seed": "seed"}
MAIN = "accuracy_flops"
SHOWN_PANELS = 6
"""Number of panels that are shown at first."""


@dataclass(frozen=True)
class Charts:
    """The charts of a page, with their rows.

    Attributes:
        charts: Charts by name, the main one first.
        datasets: Rows by the name that specifications have for them.
    """

    charts: Mapping[str, Chart]
    datasets: Mapping[str, Dataset]

    @property
    def filters(self) -> dict[str, list[str]]:
        """The values that each filter of the page can leave out, by the filter's name."""
        networks = self.datasets["networks"]
        values = {label: networks.values(name) for name, label in FILTERS.items()}
        values["budget"] = networks.values("budget", by="times")
        values["seed"].sort(key=int)
        values["rule"] = [rule for rule in values["rule"] if rule != "baseline"]
        return {label: of_filter for label, of_filter in values.items() if len(of_filter) > 1}

    def to_json(self) -> dict[str, Any]:
        """Return what the page's script needs."""
        return {
            "charts": {name: chart.to_json() for name, chart in self.charts.items()},
            "datasets": {name: rows.to_json() for name, rows in self.datasets.items()},
        }


def make_charts(
    study: StudyComparison, accuracies: pd.DataFrame, histories: Mapping[str, History], with_points: bool
) -> Charts:
    """Return the charts of a study that have something to show.

    Args:
        study: The study.
        accuracies: Its table `accuracy`.
        histories: History of each point, by key; those of some or all may be missing.
        with_points: Whether single points are shown, and not only the means of networks.
    """
    rules = list(dict.fromkeys(study.table["rule"]))
    networks = make_network_rows(study.table, accuracies, with_points)
    differences = make_difference_rows(study.budget_comparisons, PanelNames(study.table))
    curves = make_curve_rows(study.table, histories)
    metric, shares_axes = BY_ACCURACY.for_table(study.table).metric, share_axes(study.table)
    notes = [describe_drawn(study.table), *describe_hardware(study.table, "latency_seconds")]
    made = [
        make_accuracy_chart(networks, rules, metric, with_points, shares_axes, notes) if networks.rows else None,
        make_difference_chart(differences, study.budget_comparisons),
        make_curve_chart(curves, rules, shares_axes),
        make_obtained_chart(networks, rules),
    ]
    charts = {chart.name: chart for chart in made if chart}
    return Charts(charts, {"networks": networks, "differences": differences, "curves": curves})


def make_main_chart(table: pd.DataFrame, accuracies: pd.DataFrame, shares_axes: bool) -> Charts:
    """Return the main chart alone, of networks without single points.

    Args:
        table: One row per question.
        accuracies: The table `accuracy` of the same questions.
        shares_axes: Whether all panels have the same axes.
    """
    networks = make_network_rows(table, accuracies, with_points=False)
    rules = list(dict.fromkeys(table["rule"]))
    metric = BY_ACCURACY.for_table(table).metric
    notes = [describe_drawn(table), *describe_hardware(table, "latency_seconds")]
    chart = make_accuracy_chart(networks, rules, metric, False, shares_axes, notes) if networks.rows else None
    return Charts({MAIN: chart} if chart else {}, {"networks": networks})


def share_axes(table: pd.DataFrame) -> bool:
    """Return whether panels are about the same networks and images, so that their heights can be compared."""
    return bool(table["family"].nunique() == table["dataset"].nunique() == 1)
