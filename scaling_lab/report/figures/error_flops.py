"""Error over FLOPs on logarithmic axes: fitted curves with bands, and largest budgets as smaller ones predict them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from scaling_lab.analysis.curves.fit import ScalingCurve, fit_curves
from scaling_lab.analysis.curves.held_out import HeldOutPrediction, predict_held_out
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import format_flops_axis, panel_name
from scaling_lab.report.figures.panels import make_panels, write_message
from scaling_lab.report.figures.points import explain_one_seed, log_ticks, measured_points
from scaling_lab.report.figures.style import SeriesStyle, figure_style, rule_styles

SMOOTH = 80
SHIFT, MAX_SHIFT = 1.07, 1.3
"""Factor on the FLOPs between neighbouring predictions, drawn next to what was measured, and that of the last one."""
NOTHING = "no curve: it needs four budgets,\nincluding the baseline"


class ErrorFlops(ReportFigure):
    """Fitted error curves and held-out predictions, one panel per setting."""

    title = "Error against FLOPs, fitted and extrapolated"
    alt = "Test error against FLOPs on logarithmic axes: measured networks, fitted curves with bands, and predictions"
    needs = "four budgets of a rule, the baseline included"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any rule has a fitted curve."""
        return any(curve.law for curve in fit_curves(self.collect_evidence(table)))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw the error in percent, or the loss, over multiply-adds."""
        measured_points(table)
        evidence = self.collect_evidence(table)
        groups: dict[Setting, list[ScalingCurve]] = {}
        for curve in fit_curves(evidence):
            if curve.law:
                groups.setdefault(curve.setting, []).append(curve)
        predictions = _last_predictions(predict_held_out(evidence))
        styles = rule_styles(curve.rule for curves in groups.values() for curve in curves)
        with figure_style():
            figure, axes, left = make_panels(len(groups), 2.4, list(styles.values()), width=self.width)
            for ax, (setting, curves) in zip(axes, groups.items(), strict=False):
                predicted = [prediction for curve in curves if (prediction := predictions.get((setting, curve.rule)))]
                shift = min(SHIFT, MAX_SHIFT ** (1 / max(1, len(predicted))))
                for curve in curves:
                    _draw_curve(ax, curve, styles[curve.rule])
                for place, prediction in enumerate(predicted, start=1):
                    _draw_prediction(ax, prediction, styles[prediction.rule], shift**place)
                ends = [end for prediction in predicted for end in _ends(prediction)]
                _format_axes(ax, curves, ends, shift ** (len(predicted) + 1))
                ax.set_title(panel_name(setting, list(groups)), fontweight="bold")
            metric = self.scoring.metric
            for ax in left:
                ax.set_ylabel(metric.axis_label if metric.is_loss else "test error (%)")
            if not groups:
                write_message(axes[0], NOTHING)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: the law, bands, spread, and what the hollow marks are."""
        one_seed = explain_one_seed(table, "there are no bands")
        images = "for the effect of other test images on one rule relative to the others"
        if not self.scoring.metric.has_answers:
            images = describe_images(self.scoring.metric)
        what = self.scoring.metric.label if self.scoring.metric.is_loss else "Test error"
        return (
            f"Measured. {what.capitalize()} against FLOPs (multiply-adds), both logarithmic. Filled marks are means "
            "over seeds, bars span the lowest and the highest seed. Curves are error = a + b FLOPs^\N{MINUS SIGN}c, "
            f"fitted by weighted least squares; bands are 95 % for other seeds and {images}. Hollow marks, a little to "
            "the right: what the smaller budgets of a rule alone predict for its largest one, with the 95 % interval "
            f"over all forms that they do not rule out.{one_seed}"
        )


def _error(metric: Metric, score: float) -> float:
    """Return the error in percent, or the loss, of a score."""
    return metric.scale * (1 - score)


def _last_predictions(predictions: Sequence[HeldOutPrediction]) -> dict[tuple[Setting, str], HeldOutPrediction]:
    """Return the prediction of the largest budget of each rule from all smaller ones."""
    last = {(prediction.setting, prediction.rule): prediction for prediction in predictions if prediction.steps == 1}
    return {key: prediction for key, prediction in last.items() if prediction.combined and prediction.combined.interval}


def _draw_curve(ax: Axes, curve: ScalingCurve, style: SeriesStyle) -> None:
    metric = curve.metric
    at = np.geomspace(curve.first_flops, curve.points[-1].flops, SMOOTH)
    ax.plot(at, metric.scale * (1 - curve.accuracy(at)), color=style.color, zorder=2.5)
    if band := curve.band(at, common=False):
        low, high = (metric.scale * (1 - edge) for edge in band)
        ax.fill_between(at, low, high, color=style.color, alpha=0.18, linewidth=0, zorder=1)
    for point in curve.points:
        errors = [_error(metric, float(score)) for score in point.cell.accuracy]
        ax.plot([point.flops] * 2, [min(errors), max(errors)], color=style.color, linewidth=0.8, zorder=2)
        mean = _error(metric, point.accuracy)
        ax.plot(point.flops, mean, style.marker, color=style.color, markeredgecolor="white", zorder=3)


def _ends(prediction: HeldOutPrediction) -> list[float]:
    """Return the ends of the interval of the predicted error; empty without one."""
    combined, target = prediction.combined, prediction.target
    if combined is None or combined.interval is None:
        return []
    return [max(_error(prediction.metric, target.accuracy - miss), 0.0) for miss in combined.interval]


def _draw_prediction(ax: Axes, prediction: HeldOutPrediction, style: SeriesStyle, shift: float) -> None:
    at = prediction.target.flops * shift
    ax.plot([at, at], _ends(prediction), color=style.color, linewidth=1.1, zorder=2)
    if prediction.combined:
        predicted = _error(prediction.metric, prediction.combined.accuracy)
        ax.plot(at, predicted, style.marker, color=style.color, markerfacecolor="white", zorder=3)


def _format_axes(ax: Axes, curves: Sequence[ScalingCurve], predicted: Sequence[float], beyond: float) -> None:
    points = [point for curve in curves for point in curve.points]
    flops = [point.flops for point in points]
    errors = [_error(point.cell.metric, float(score)) for point in points for score in point.cell.accuracy]
    smallest = min(errors)
    errors += [end for end in predicted if end > smallest / 2]
    low, high = min(errors) / 1.12, max(errors) * 1.12
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    ax.yaxis.set_major_locator(FixedLocator(log_ticks(low, high, 6)))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
    right = max(flops) * beyond
    ax.set_xlim(min(flops) / 1.2, right)
    format_flops_axis(ax, min(flops) / 1.2, right, flops)
