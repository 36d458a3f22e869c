"""Fitted scaling curves with their bands over the measured networks: one panel per family, one curve per rule."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import exp, log

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.curves.budgets import CurvePoint
from scaling_lab.analysis.curves.fit import EXTRAPOLATION, ScalingCurve, fit_curves
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.contrast import CONFIDENCE
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import LINE, draw_means, format_flops_axis, panel_name
from scaling_lab.report.figures.panels import make_panels, write_message
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.rule_labels import explain_labels, label_styles
from scaling_lab.report.figures.style import BASELINE, INK, SeriesStyle, figure_style, rule_styles

SMOOTH = 120
NO_FIT = "no curve: it needs four budgets,\nincluding the baseline"


class ScalingCurves(ReportFigure):
    """Fitted curves of accuracy over FLOPs, one panel per setting."""

    title = "Scaling curves"
    alt = "Test accuracy against FLOPs on a logarithmic axis with a fitted curve and a band for each scaling rule"
    needs = "four budgets of a rule, the baseline included"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any rule has a fitted curve. `accuracy_flops` shows the points alone."""
        return any(curve.law for curve in fit_curves(self.collect_evidence(table)))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw accuracy in percent over multiply-adds, on a logarithmic axis."""
        measured_points(table)
        metric = self.scoring.metric
        groups: dict[Setting, list[ScalingCurve]] = {}
        for curve in fit_curves(self.collect_evidence(table)):
            if curve.points:
                groups.setdefault(curve.setting, []).append(curve)
        drawn = [curve for panel_curves in groups.values() for curve in panel_curves]
        scaled = {curve.rule for curve in drawn if any(point.times_flops != 1 for point in curve.points)}
        styles = {rule: style for rule, style in rule_styles(table["rule"]).items() if rule in scaled}
        styles = label_styles(styles, table)
        start = any(point.times_flops == 1 for curve in drawn for point in curve.points)
        named = [BASELINE] * start + list(styles.values())
        with figure_style():
            figure, axes, left = make_panels(len(groups), 2.4, named, width=self.width)
            for ax, (setting, panel_curves) in zip(axes, groups.items(), strict=False):
                _panel(ax, panel_curves, styles)
                ax.set_title(panel_name(setting, list(groups)), fontweight="bold", pad=14)
            _same_height(axes[: len(groups)])
            for ax in left:
                ax.set_ylabel(metric.axis_label)
            if not groups:
                write_message(axes[0], "no finished result meets its budget")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: units, the fitted law, and what the bands cover."""
        metric, fitted = self.scoring.metric, fit_curves(self.collect_evidence(table))
        unit = metric.unit if metric.is_loss else "percent"
        seeds = {len(point.cell.seeds) for curve in fitted for point in curve.points}
        drawn = table[table["rule"].isin({curve.rule for curve in fitted if curve.points})]
        most = max(seeds, default=0)
        counts = f"{min(seeds)} to {most}" if len(seeds) > 1 else f"{most}"
        text = (
            f"Measured. {metric.label.capitalize()} in {unit} against FLOPs (multiply-adds, logarithmic axis). All "
            f"panels have the same vertical scale, but not the same offset.{explain_labels(drawn)} "
        )
        text += (
            f"Marks are means over {counts} seeds, bars span the lowest and the highest seed. "
            if most > 1
            else "One seed, so there is no spread to show. "
        )
        if not any(curve.law for curve in fitted):
            return f"{text}No curve is drawn: its three coefficients need four budgets, including the baseline."
        text += (
            "Curves are error = a + b FLOPs^\N{MINUS SIGN}c, fitted by weighted least squares to the networks that "
            "meet their budget; where the fit is not rejected they go on, dotted, to twice the largest measured FLOPs. "
        )
        if all(curve.law is None or curve.no_band_reason for curve in fitted):
            return f"{text}No bands: they need three seeds of each network."
        if not metric.has_answers:
            return f"{text}Bands are 95 % for other seeds and the same test images."
        return (
            f"{text}Bands are 95 % for other seeds and for the effect of other test images on one rule relative to the "
            "others. The effect of other test images on all networks together is given above each panel, in points."
        )


def _panel(ax: Axes, panel_curves: list[ScalingCurve], styles: dict[str, SeriesStyle]) -> None:
    points = [point for curve in panel_curves for point in curve.points]
    low, high, step = _extent(panel_curves, len(styles))
    for place, curve in enumerate(curve for curve in panel_curves if curve.rule in styles):
        style = styles[curve.rule]
        if curve.law:
            _curve(ax, curve, style)
        scaled = [point for point in curve.points if point.times_flops != 1]
        draw_means(ax, *_seeds(scaled), style, joined=False, weight=1.15 - 0.4 * place / len(styles))
        largest_flops = {p.times_flops: max(q.flops for q in points if q.times_flops == p.times_flops) for p in scaled}
        _spread(ax, scaled, [largest_flops[point.times_flops] * step ** (place + 1) for point in scaled], style)
    start = [point for point in points if point.times_flops == 1][:1]
    if start:
        draw_means(ax, *_seeds(start), BASELINE, joined=False, weight=1.2)
        _spread(ax, start, [start[0].flops / step], BASELINE)
    if not any(curve.law for curve in panel_curves):
        ax.margins(y=0.3)
        ax.text(0.5, 0.02, NO_FIT, transform=ax.transAxes, ha="center", va="bottom", color=INK, fontsize=7)
    ax.text(0.5, 1.01, _image_effect(panel_curves), transform=ax.transAxes, ha="center", va="bottom", fontsize=7)
    ax.set_xlim(low, high)
    format_flops_axis(ax, low, high, [point.flops for point in points])


def _curve(ax: Axes, curve: ScalingCurve, style: SeriesStyle) -> None:
    """Draw a curve: solid over the measured FLOPs, dotted up to the largest FLOPs at which it may be read."""
    inside = np.geomspace(curve.first_flops, curve.points[-1].flops, SMOOTH)
    outside = np.geomspace(curve.points[-1].flops, curve.valid_range[1], SMOOTH // 4)
    for at, linestyle, alpha in ((inside, "-", 0.2), (outside, (0, (1, 1.4)), 0.09)):
        ax.plot(
            at,
            curve.metric.restore(curve.accuracy(at)),
            color=style.color,
            linestyle=linestyle,
            linewidth=LINE,
            zorder=2.5,
        )
        band = curve.band(at, common=False)
        if band:
            low, high = map(curve.metric.restore, band)
            ax.fill_between(at, low, high, color=style.color, alpha=alpha, linewidth=0, zorder=1)


def _image_effect(panel_curves: list[ScalingCurve]) -> str:
    """Return the label for the effect of other test images on all networks of a panel alike."""
    noise = panel_curves[0].noise.draws
    if (
        noise is None
        or not panel_curves[0].metric.has_answers
        or not any(curve.law and curve.no_band_reason is None for curve in panel_curves)
    ):
        return ""
    half = 100 * float(np.quantile(np.abs(noise.common_image_shift), CONFIDENCE))
    return f"other test images shift all by \N{PLUS-MINUS SIGN}{half:.1f}"


def _same_height(axes: Iterable[Axes]) -> None:
    """Give every vertical axis the same height in points, around its middle."""
    limits = {ax: ax.get_ylim() for ax in axes}
    tall = max((high - low for low, high in limits.values()), default=0.0)
    for ax, (low, high) in limits.items():
        ax.set_ylim((low + high - tall) / 2, (low + high + tall) / 2)


def _spread(ax: Axes, points: Sequence[CurvePoint], at: Sequence[float], style: SeriesStyle) -> None:
    """Draw a bar from the lowest to the highest seed of each network."""
    measured = [p.cell.metric.restore(p.cell.accuracy) for p in points]
    low, high = [values.min() for values in measured], [values.max() for values in measured]
    ax.vlines(at, low, high, color=style.color, linewidth=1.3, alpha=0.5, zorder=2)


def _seeds(points: Sequence[CurvePoint]) -> tuple["pd.Series[float]", "pd.Series[float]"]:
    """Return the FLOPs and the measured value of every seed."""
    rows = [(p.flops, value) for p in points for value in p.cell.metric.restore(p.cell.accuracy)]
    frame = pd.DataFrame(rows, columns=["x", "y"], dtype=float)
    return frame["x"], frame["y"]


def _extent(panel_curves: list[ScalingCurve], rules: int) -> tuple[float, float, float]:
    """Return the limits of the axis and the factor between neighbouring bars of one budget."""
    flops = sorted({point.flops for curve in panel_curves for point in curve.points})
    last = flops[-1] * (EXTRAPOLATION if any(curve.law for curve in panel_curves) else 1.1)
    span = log(last / flops[0]) or log(2)
    gaps = [log(b / a) for a, b in pairwise(flops) if b / a > 1.2]
    step = min(0.03 * span, 0.5 * min(gaps, default=span) / max(1, rules))
    return flops[0] * exp(-0.07 * span), last * exp(0.05 * span), exp(step)
