"""Test accuracy against measured FLOPs: one panel per family, one line per rule, with the spread over seeds."""

from math import exp, log

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.text.seed_counts import format_seed_counts
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import THICK, draw_crosses, draw_means, draw_spread, format_flops_axis
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import (
    NETWORK,
    baseline_points,
    measured_points,
    split_panels,
    with_baseline,
)
from scaling_lab.report.figures.rule_labels import explain_labels, label_styles
from scaling_lab.report.figures.style import BASELINE, FAINT, SeriesStyle, figure_style, rule_styles

MARGIN = 0.1  # share of a panel's width that stays free on each side
MAX_ACCURACY = 100.0  # percent
MAX_STEP = 0.03  # largest distance between the bars of one budget, as a share of a panel's width
CHARACTER = 0.07  # inches of a character of a label, with the space next to it


class AccuracyFlops(ReportFigure):
    """Accuracy over FLOPs, one panel per family."""

    title = "Accuracy against measured FLOPs"
    alt = "Test accuracy against FLOPs on a logarithmic axis, one panel per family and one line per scaling rule"

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent over multiply-adds, on a logarithmic axis."""
        points = measured_points(table)
        scaled = set(points.loc[points["times_flops"] != 1, "rule"])
        styles = {rule: style for rule, style in rule_styles(table["rule"]).items() if rule in scaled}
        styles = label_styles(styles, table)
        named = [BASELINE] * (not baseline_points(points).empty) + list(styles.values())
        parts = split_panels(points)
        with figure_style():
            figure, axes, left = make_panels(len(parts), 2.15, named, width=self.width)
            tall = max((np.ptp(part["accuracy"]) for _, part in parts), default=1.0) or 1.0
            for ax, (name, part) in zip(axes, parts, strict=False):
                _panel(ax, part, styles, tall)
                ax.set_title(name, pad=14, fontweight="bold")
            for ax in left:
                ax.set_ylabel("test accuracy (%)")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, spread and budgets."""
        points = measured_points(table)
        spread = (
            f"Marks are means over {format_seed_counts(points)} seeds, bars span the lowest and the highest seed, dots "
            "are single seeds."
            if points["seed"].nunique() > 1
            else "One seed, so there is no spread to show."
        )
        if points["collapsed"].any():
            spread += " Crosses are collapsed seeds, which are part of the means."
        return (
            "Measured. Test accuracy in percent against the FLOPs of one image (multiply-adds of convolutions and "
            f"linear layers; logarithmic axis). {spread} All lines share the baseline. Faint vertical lines mark the "
            "requested budgets, as multiples of the baseline's FLOPs. Marks are placed at the obtained FLOPs; the bars "
            "and dots of a budget are drawn side by side to the right of its marks. All panels have the same vertical "
            f"scale, but not the same offset.{explain_labels(table)}"
        )


def _panel(ax: Axes, points: pd.DataFrame, styles: dict[str, SeriesStyle], tall: float) -> None:
    middle = (points["accuracy"].min() + points["accuracy"].max()) / 2
    top = min(middle + 0.58 * tall, max(points["accuracy"].max() + 0.08 * tall, MAX_ACCURACY))
    ax.set_ylim(top - 1.16 * tall, top)
    low, high, step = _extent(points["flops"].astype(float), len(styles))
    ax.set_xlim(low, high)
    _budgets(ax, points)
    for place, (rule, style) in enumerate(styles.items()):
        rule_rows = with_baseline(points, rule)
        joined = bool(rule_rows["times_flops"].notna().all())
        for part in [rule_rows] if joined else [part for _, part in rule_rows.groupby(NETWORK, sort=False)]:
            draw_means(
                ax, part["flops"].astype(float), part["accuracy"], style, joined, 1.5 - 0.7 * place / len(styles)
            )
        scaled = rule_rows[rule_rows["times_flops"] != 1]
        largest = scaled["times_flops"].map(points.groupby("times_flops")["flops"].max()).fillna(scaled["flops"])
        shifted = largest.astype(float) * step ** (place + 1)
        draw_spread(ax, shifted, scaled["accuracy"], style)
        draw_crosses(ax, shifted[scaled["collapsed"]], scaled.loc[scaled["collapsed"], "accuracy"], style)
    start = baseline_points(points)
    if not start.empty:
        draw_means(ax, start["flops"].astype(float), start["accuracy"], BASELINE, joined=False, weight=1.7)
        draw_spread(ax, start["flops"].astype(float), start["accuracy"], BASELINE, THICK)
        collapsed = start[start["collapsed"]]
        draw_crosses(ax, collapsed["flops"].astype(float), collapsed["accuracy"], BASELINE)
    format_flops_axis(ax, low, high, points["flops"])


def _extent(flops: "pd.Series[float]", rules: int) -> tuple[float, float, float]:
    """Return the limits of the axis and the factor between neighbouring bars of one budget.

    The factor shrinks until the bars of one budget take at most half of the distance to the next budget.
    """
    first, last = log(flops.min()), log(flops.max())
    span = max(last - first, log(1.5)) / (1 - 2 * MARGIN)
    gaps = [gap for gap in np.diff(np.sort(np.log(flops.unique()))) if gap > log(1.2)]
    step = min(MAX_STEP * span, 0.5 * min(gaps, default=span) / max(1, rules))
    bars = step * rules
    middle, half = (first + last + bars) / 2, max(span / 2, (last - first + bars) / 2 + MARGIN * span)
    return exp(middle - half), exp(middle + half), exp(step)


def _budgets(ax: Axes, points: pd.DataFrame) -> None:
    """Draw a faint line at each requested budget, with its label above it unless that of a larger one is there."""
    start = baseline_points(points)["flops"]
    if start.empty:
        return
    low, high = ax.get_xlim()
    inches = ax.bbox.width / ax.figure.dpi
    free = float("inf")  # left edge of the label drawn last, in inches
    for times in sorted(points["times_flops"].dropna().unique(), reverse=True):
        at, label = float(start.iloc[0]) * times, f"{times:g}{TIMES}"
        ax.axvline(at, color=FAINT, linewidth=0.8, zorder=0)
        middle, half = inches * log(at / low) / log(high / low), CHARACTER * len(label) / 2
        if middle + half < free:
            ax.text(at, 1.02, label, transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=7)
            free = middle - half
