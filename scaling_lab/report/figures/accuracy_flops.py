"""Test accuracy against measured FLOPs: a panel a family, a line a rule, the spread over seeds."""

from math import ceil, exp, log

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.curve import THICK, draw_means, draw_spread
from scaling_lab.report.figures.points import (
    NETWORK,
    baseline_points,
    flops_unit,
    log_ticks,
    measured_points,
    split_panels,
    with_baseline,
)
from scaling_lab.report.figures.style import (
    BASELINE,
    COLUMN_WIDTH,
    FAINT,
    PAGE_WIDTH,
    SeriesStyle,
    add_legend,
    figure_style,
    legend_rows,
    rule_styles,
)

TITLE = "Accuracy against measured FLOPs"
ALT = "Test accuracy against FLOPs on a logarithmic axis, a panel a family and a line a scaling rule"
MEASURED = True
ACROSS = 3
MARGIN = 0.1  # of a panel's width, free on both sides
APART = 0.03  # of a panel's width at most, between the bars of one budget


def draw(table: pd.DataFrame) -> Figure:
    """Accuracy in percent over multiply-adds, logarithmic. Raises ValueError naming a missing column."""
    points = measured_points(table)
    scaled = set(points.loc[points["times_flops"] != 1, "rule"])
    looks = {rule: look for rule, look in rule_styles(table["rule"]).items() if rule in scaled}
    named = [BASELINE] * (not baseline_points(points).empty) + list(looks.values())
    parts = split_panels(points)
    columns, rows = min(ACROSS, max(1, len(parts))), max(1, ceil(len(parts) / ACROSS))
    width = PAGE_WIDTH if columns > 1 else COLUMN_WIDTH
    with figure_style():
        height = 2.15 * rows + 0.35 + 0.17 * legend_rows(named, width)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        tall = max((np.ptp(part["accuracy"]) for _, part in parts), default=1.0) or 1.0
        for ax, (name, part) in zip(axes, parts, strict=False):
            _panel(ax, part, looks, tall)
            ax.set_title(name, pad=14, fontweight="bold")
        for ax in axes[len(parts) :]:
            ax.set_axis_off()
        for ax in axes[: len(parts) : columns]:
            ax.set_ylabel("test accuracy (%)")
        add_legend(figure, named)
    return figure


def _panel(ax: Axes, points: pd.DataFrame, looks: dict[str, SeriesStyle], tall: float) -> None:
    middle = (points["accuracy"].min() + points["accuracy"].max()) / 2
    ax.set_ylim(middle - 0.58 * tall, middle + 0.58 * tall)
    low, high, step = _extent(points["flops"].astype(float), len(looks))
    ax.set_xlim(low, high)
    _budgets(ax, points)
    for place, (rule, look) in enumerate(looks.items()):
        own = with_baseline(points, rule)
        joined = bool(own["times_flops"].notna().all())
        for part in [own] if joined else [part for _, part in own.groupby(NETWORK, sort=False)]:
            draw_means(ax, part["flops"].astype(float), part["accuracy"], look, joined, 1.5 - 0.7 * place / len(looks))
        scaled = own[own["times_flops"] != 1]
        dearest = scaled["times_flops"].map(points.groupby("times_flops")["flops"].max()).fillna(scaled["flops"])
        draw_spread(ax, dearest.astype(float) * step ** (place + 1), scaled["accuracy"], look)
    start = baseline_points(points)
    if not start.empty:
        draw_means(ax, start["flops"].astype(float), start["accuracy"], BASELINE, joined=False, weight=1.7)
        draw_spread(ax, start["flops"].astype(float), start["accuracy"], BASELINE, THICK)
    divisor, word = flops_unit(points["flops"])
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator([divisor * tick for tick in log_ticks(low / divisor, high / divisor)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / divisor:g}"))
    ax.set_xlabel(f"FLOPs ({word} multiply-adds)")


def _extent(flops: "pd.Series[float]", rules: int) -> tuple[float, float, float]:
    """Limits of the axis, and the factor between neighbouring bars of one budget.

    The step shrinks until the bars of one budget take half of the way to the next budget at most.
    """
    first, last = log(flops.min()), log(flops.max())
    span = max(last - first, log(1.5)) / (1 - 2 * MARGIN)
    ways = [way for way in np.diff(np.sort(np.log(flops.unique()))) if way > log(1.2)]
    step = min(APART * span, 0.5 * min(ways, default=span) / max(1, rules))
    beside = step * rules
    middle, half = (first + last + beside) / 2, max(span / 2, (last - first + beside) / 2 + MARGIN * span)
    return exp(middle - half), exp(middle + half), exp(step)


def _budgets(ax: Axes, points: pd.DataFrame) -> None:
    """A faint line where each asked budget lies, named above the panel."""
    start = baseline_points(points)["flops"]
    for times in sorted(points["times_flops"].dropna().unique()):
        if start.empty:
            return
        at = float(start.iloc[0]) * times
        ax.axvline(at, color=FAINT, linewidth=0.8, zorder=0)
        ax.text(at, 1.02, f"{times:g}{TIMES}", transform=ax.get_xaxis_transform(), ha="center", va="bottom", fontsize=7)


def caption(table: pd.DataFrame) -> str:
    """Units, spread and source of the figure."""
    seeds = measured_points(table)["seed"].nunique()
    spread = (
        f"Marks are means over {seeds} seeds, bars reach from the lowest to the highest seed, dots are single seeds."
        if seeds > 1
        else "One seed: no spread can be shown."
    )
    return (
        "Measured. Test accuracy in percent against the FLOPs of one picture (multiply-adds of convolutions and linear "
        f"layers; logarithmic axis). {spread} The baseline is shared by all lines. Faint vertical lines are the "
        "budgets asked, in times the baseline. Marks stand at the FLOPs really got; bars and dots of one budget stand "
        "to the right of its marks, side by side. The vertical scale is the same in all panels, its offset is not."
    )
