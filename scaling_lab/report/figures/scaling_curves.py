"""Scaling curves with their bands over the measured networks: a panel a family, a curve a rule."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import ceil, exp, log

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from scaling_lab.analysis.curves.budgets import CurvePoint
from scaling_lab.analysis.curves.fit import EXTRAPOLATION, ScalingCurve, fit_curves
from scaling_lab.analysis.evidence import Setting, collect_evidence
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.report.figures.curve import LINE, draw_means, panel_name
from scaling_lab.report.figures.points import flops_unit, log_ticks, measured_points
from scaling_lab.report.figures.style import (
    BASELINE,
    COLUMN_WIDTH,
    INK,
    PAGE_WIDTH,
    SeriesStyle,
    add_legend,
    figure_style,
    legend_rows,
    rule_styles,
)

TITLE = "Scaling curves"
ALT = "Test accuracy against FLOPs on a logarithmic axis with a fitted curve and a band for each scaling rule"
MEASURED = True
ACROSS = 3
SMOOTH = 120
NO_FIT = "no curve: it needs four budgets,\nthe baseline included"


def shown(table: pd.DataFrame) -> bool:
    """Whether any rule has a curve; without one, the points alone are in another figure."""
    return any(curve.law for curve in fit_curves(collect_evidence(table).at_recipe_lr()))


def draw(table: pd.DataFrame) -> Figure:
    """Accuracy in percent over multiply-adds, logarithmic. Raises ValueError naming a missing column."""
    measured_points(table)
    groups: dict[Setting, list[ScalingCurve]] = {}
    for curve in fit_curves(collect_evidence(table).at_recipe_lr()):
        if curve.points:
            groups.setdefault(curve.setting, []).append(curve)
    scaled = {c.rule for own in groups.values() for c in own if any(p.times_flops != 1 for p in c.points)}
    looks = {rule: look for rule, look in rule_styles(table["rule"]).items() if rule in scaled}
    start = any(p.times_flops == 1 for own in groups.values() for c in own for p in c.points)
    named = [BASELINE] * start + list(looks.values())
    columns, rows = min(ACROSS, max(1, len(groups))), max(1, ceil(len(groups) / ACROSS))
    width = PAGE_WIDTH if columns > 1 else COLUMN_WIDTH
    with figure_style():
        height = (2.3 if columns > 1 else 2.7) * rows + 0.3 + 0.17 * legend_rows(named, width)
        figure = Figure(figsize=(width, height), layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        for ax, (setting, own) in zip(axes, groups.items(), strict=False):
            _panel(ax, own, looks)
            ax.set_title(panel_name(setting, list(groups)), fontweight="bold", pad=14)
        _same_height(axes[: len(groups)])
        for ax in axes[max(1, len(groups)) :]:
            ax.set_axis_off()
        for ax in axes[: len(groups) : columns]:
            ax.set_ylabel("test accuracy (%)")
        if not groups:
            _sentence(axes[0], "no finished result within its budget")
        add_legend(figure, named)
    return figure


def _panel(ax: Axes, own: list[ScalingCurve], looks: dict[str, SeriesStyle]) -> None:
    points = [point for curve in own for point in curve.points]
    low, high, step = _extent(own, len(looks))
    for place, curve in enumerate(curve for curve in own if curve.rule in looks):
        look = looks[curve.rule]
        if curve.law:
            _curve(ax, curve, look)
        scaled = [point for point in curve.points if point.times_flops != 1]
        draw_means(ax, *_seeds(scaled), look, joined=False, weight=1.15 - 0.4 * place / len(looks))
        dearest = {p.times_flops: max(q.flops for q in points if q.times_flops == p.times_flops) for p in scaled}
        _spread(ax, scaled, [dearest[point.times_flops] * step ** (place + 1) for point in scaled], look)
    start = [point for point in points if point.times_flops == 1][:1]
    if start:
        draw_means(ax, *_seeds(start), BASELINE, joined=False, weight=1.2)
        _spread(ax, start, [start[0].flops / step], BASELINE)
    if not any(curve.law for curve in own):
        ax.margins(y=0.3)
        ax.text(0.5, 0.02, NO_FIT, transform=ax.transAxes, ha="center", va="bottom", color=INK, fontsize=7)
    ax.text(0.5, 1.01, _pictures(own), transform=ax.transAxes, ha="center", va="bottom", fontsize=7)
    ax.set_xlim(low, high)
    divisor, word = flops_unit([point.flops for point in points])
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator([divisor * tick for tick in log_ticks(low / divisor, high / divisor)]))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / divisor:g}"))
    ax.set_xlabel(f"FLOPs ({word} multiply-adds)")


def _curve(ax: Axes, curve: ScalingCurve, look: SeriesStyle) -> None:
    """Solid where it was measured, dotted from there to the largest FLOPs that it may be read at."""
    inside = np.geomspace(curve.first_flops, curve.points[-1].flops, SMOOTH)
    beyond = np.geomspace(curve.points[-1].flops, curve.valid_range[1], SMOOTH // 4)
    for at, style, depth in ((inside, "-", 0.2), (beyond, (0, (1, 1.4)), 0.09)):
        ax.plot(at, 100 * curve.accuracy(at), color=look.color, linestyle=style, linewidth=LINE, zorder=2.5)
        band = curve.band(at, common=False)
        if band:
            ax.fill_between(at, 100 * band[0], 100 * band[1], color=look.color, alpha=depth, linewidth=0, zorder=1)


def _pictures(own: list[ScalingCurve]) -> str:
    """What other test pictures would do to all networks of a panel alike."""
    noise = own[0].noise.draws
    if noise is None or not any(curve.law and curve.no_band_reason is None for curve in own):
        return ""
    half = 100 * float(np.quantile(np.abs(noise.common_image_shift), CONFIDENCE))
    return f"other pictures move all by \N{PLUS-MINUS SIGN}{half:.1f}"


def _same_height(axes: Iterable[Axes]) -> None:
    """The same number of points on every vertical axis; each keeps its middle."""
    limits = {ax: ax.get_ylim() for ax in axes}
    tall = max((high - low for low, high in limits.values()), default=0.0)
    for ax, (low, high) in limits.items():
        ax.set_ylim((low + high - tall) / 2, (low + high + tall) / 2)


def _spread(ax: Axes, points: Sequence[CurvePoint], at: Sequence[float], look: SeriesStyle) -> None:
    """A bar from the lowest to the highest seed of each network."""
    ends = [(100 * p.cell.accuracy.min(), 100 * p.cell.accuracy.max()) for p in points]
    low, high = [end[0] for end in ends], [end[1] for end in ends]
    ax.vlines(at, low, high, color=look.color, linewidth=1.3, alpha=0.5, zorder=2)


def _seeds(points: Sequence[CurvePoint]) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """FLOPs and accuracy in percent of every seed."""
    rows = [(point.flops, 100 * one) for point in points for one in point.cell.accuracy]
    found = pd.DataFrame(rows, columns=["x", "y"], dtype=float)
    return found["x"], found["y"]


def _extent(own: list[ScalingCurve], rules: int) -> tuple[float, float, float]:
    """Limits of the axis, and the factor between neighbouring bars of one budget."""
    flops = sorted({point.flops for curve in own for point in curve.points})
    last = flops[-1] * (EXTRAPOLATION if any(curve.law for curve in own) else 1.1)
    span = log(last / flops[0]) or log(2)
    ways = [log(b / a) for a, b in pairwise(flops) if b / a > 1.2]
    step = min(0.03 * span, 0.5 * min(ways, default=span) / max(1, rules))
    return flops[0] * exp(-0.07 * span), last * exp(0.05 * span), exp(step)


def _sentence(ax: Axes, words: str) -> None:
    ax.set_axis_off()
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center", color=INK)


def caption(table: pd.DataFrame) -> str:
    """What is drawn, how the curves were fitted, and what the bands hold."""
    found = fit_curves(collect_evidence(table).at_recipe_lr())
    seeds = {len(point.cell.seeds) for curve in found for point in curve.points}
    many = max(seeds, default=0)
    spread = (
        f"Marks are means over {min(seeds)} to {many} seeds" if len(seeds) > 1 else f"Marks are means over {many} seeds"
    )
    said = (
        "Measured. Test accuracy in percent against FLOPs (multiply-adds, logarithmic axis); the vertical scale is the "
        "same in all panels, its offset is not. "
    )
    said += (
        f"{spread}, bars beside them reach from the lowest to the highest seed. "
        if many > 1
        else "One seed: no spread can be shown. "
    )
    if not any(curve.law for curve in found):
        return f"{said}No curve is drawn: its three coefficients need four budgets, the baseline included."
    said += (
        "Curves are error = a + b FLOPs^\N{MINUS SIGN}c, fitted by weighted least squares to the budgets met; "
        "dotted to twice the largest measured FLOPs. "
    )
    if all(curve.law is None or curve.no_band_reason for curve in found):
        return f"{said}No bands: they need three seeds of each network."
    return (
        f"{said}Bands are 95 % for other seeds and for what other test pictures would do to a rule against the others; "
        "what other pictures would do to all networks together stands above each panel, in points."
    )
