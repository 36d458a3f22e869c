"""Accuracy over parameters, activations and latency: one row of panels per family."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.mixture import describe_hardware
from scaling_lab.formatting import join_words
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.network_curves import (
    describe_spread,
    draw_networks,
    find_unit,
    format_log_axis,
    network_means,
)
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import baseline_points, measured_points, split_panels, with_baseline
from scaling_lab.report.figures.style import BASELINE, SeriesStyle, figure_style, rule_styles

COSTS = {"params": "parameters ({})", "activations": "activations ({})", "latency_seconds": "latency ({})"}
"""Label of the axis of each cost; `{}` is the unit."""
DESCRIPTIONS = {
    "params": "trainable parameters",
    "activations": "activations (outputs of convolutions and linear layers of one image)",
    "latency_seconds": "latency (one image through the trained network, median of 20)",
}
MAX_ROWS = 6
MILLISECOND = 1e-3


class AccuracyCosts(ReportFigure):
    """Accuracy over the costs that are no FLOPs."""

    title = "Accuracy against parameters, activations and latency"
    alt = (
        "Test accuracy against parameters, activations and latency, one row of panels per family and one line per rule"
    )

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any cost is known, which imported results may lack."""
        return bool(measured_points(table, also=COSTS)[list(COSTS)].notna().any(axis=None))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent on logarithmic axes; costs without a value have no panel."""
        points = measured_points(table, also=COSTS)
        costs = _known_costs(points)
        parts = split_panels(points)[:MAX_ROWS]
        scaled = set(points.loc[points["times_flops"] != 1, "rule"])
        styles = {rule: style for rule, style in rule_styles(points["rule"]).items() if rule in scaled}
        panels = [(name, part, cost) for name, part in parts for cost in costs]
        with figure_style():
            legend = [BASELINE, *styles.values()]
            figure, axes, left = make_panels(len(panels), 2.1, legend, width=self.width or "page", most=len(costs))
            for ax, (name, part, cost) in zip(axes, panels, strict=False):
                _panel(ax, part, cost, styles)
                if cost == costs[0 if self.width == "column" else len(costs) // 2]:
                    ax.set_title(name, fontweight="bold")
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what the costs are, and the spread."""
        points = measured_points(table, also=COSTS)
        count = len(split_panels(points))
        some = f" The first {MAX_ROWS} of {count} settings." if count > MAX_ROWS else ""
        costs = join_words(DESCRIPTIONS[cost] for cost in _known_costs(points))
        return (
            f"Measured. Test accuracy in percent against {costs}, on logarithmic axes. "
            f"{describe_spread(points)}{_describe_latencies(points)}{some}"
        )


def _known_costs(points: pd.DataFrame) -> list[str]:
    return [cost for cost in COSTS if points[cost].notna().any()]


def _describe_latencies(points: pd.DataFrame) -> str:
    """Return the sentences on where latencies were measured and which are missing; empty without any."""
    known = points["latency_seconds"].notna()
    if not known.any():
        return ""
    mixed = "".join(f" {sentence}" for sentence in describe_hardware(points, "latency_seconds"))
    lacking = "" if known.all() else " Some results have no latency."
    return f" Latencies are medians over seeds with their range, on the machine that trained.{mixed}{lacking}"


def _panel(ax: Axes, points: pd.DataFrame, cost: str, styles: dict[str, SeriesStyle]) -> None:
    for rule, style in styles.items():
        rows = with_baseline(points, rule)
        networks = network_means(rows, cost)
        if not networks.empty:
            draw_networks(ax, networks, style, "-" if rows["times_flops"].notna().all() else "none")
    start = network_means(baseline_points(points), cost)
    if not start.empty:
        draw_networks(ax, start, BASELINE, size=5.2)
    divisor, unit = find_unit(points[cost].astype(float).dropna())
    if cost == "latency_seconds":
        divisor, unit = MILLISECOND, "ms"
    format_log_axis(ax, divisor, COSTS[cost].format(unit).replace(" ()", ""))
