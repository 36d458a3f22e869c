"""How much better than predicted held-out budgets are, with 95 % intervals: one panel per setting."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.curves.held_out import HeldOutPrediction, predict_held_out
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.panels import make_panels, write_message
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.rule_labels import explain_labels, label_styles
from scaling_lab.report.figures.style import INK, SeriesStyle, figure_style, rule_styles

NOTHING = (
    "no prediction: it needs three seeds of each network, and a form\nthat is not rejected at three budgets or more"
)
MAX_STEPS = 8
"""Most pairs of fitted and predicted budget in a panel; where there are more, only the next budgets are drawn."""
WIDTH_OF_STEP = 0.8  # of the distance between two steps
LARGE_STEPS = 4  # most of them with labels of the usual size


class HeldOutMisses(ReportFigure):
    """Misses of combined predictions, by fitted and predicted budget."""

    title = "Held-out extrapolation"
    alt = "For each rule and predicted budget, how much better than predicted it is, with a 95 % interval"
    needs = "three seeds of each network at three budgets or more"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any budget is predicted."""
        return bool(self._predictions(table))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw how much better than predicted each network is."""
        measured_points(table)
        groups: dict[Setting, list[HeldOutPrediction]] = {}
        for prediction in self._predictions(table):
            groups.setdefault(prediction.setting, []).append(prediction)
        drawn = self._rules(table)
        styles = {rule: style for rule, style in rule_styles(table["rule"]).items() if rule in drawn}
        styles = label_styles(styles, table)
        with figure_style():
            width = self.width or "page"
            figure, axes, _ = make_panels(len(groups), 2.1, list(styles.values()), width=width, most=1)
            for ax, (setting, predictions) in zip(axes, groups.items(), strict=False):
                _panel(ax, predictions, styles)
                ax.set_title(panel_name(setting, list(groups)), fontweight="bold")
            if not groups:
                write_message(axes[0], NOTHING)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what is predicted from what, and what the intervals mean."""
        one_seed = explain_one_seed(table, "there are no intervals")
        metric = self.scoring.metric
        return (
            f"Measured. How much better the {metric.label} is than predicted from smaller budgets of the same rule "
            f"alone, in {metric.unit}. Left of each arrow is the largest fitted budget, right of it the predicted one, "
            "in times the baseline's FLOPs (multiply-adds). Filled marks: the next budget; hollow marks: one further "
            f"ahead. Lines are 95 % intervals for other seeds and {describe_images(metric)} over all forms of curve "
            f"that the fitted budgets do not rule out; each holds 0 if the prediction agrees."
            f"{explain_labels(table[table['rule'].isin(self._rules(table))])}{one_seed}"
        )

    def _rules(self, table: pd.DataFrame) -> set[str]:
        return {prediction.rule for prediction in self._predictions(table)}

    def _predictions(self, table: pd.DataFrame) -> list[HeldOutPrediction]:
        predictions = predict_held_out(self.collect_evidence(table))
        return [prediction for prediction in predictions if prediction.combined]


def _panel(ax: Axes, predictions: Sequence[HeldOutPrediction], styles: dict[str, SeriesStyle]) -> None:
    if len({_step(prediction) for prediction in predictions}) > MAX_STEPS:
        predictions = [prediction for prediction in predictions if prediction.steps == 1]
    steps = sorted({_step(prediction) for prediction in predictions})
    present = [rule for rule in styles if any(prediction.rule == rule for prediction in predictions)]
    ax.axhline(0, color=INK, linewidth=0.8, zorder=1)
    for prediction in predictions:
        combined, style = prediction.combined, styles[prediction.rule]
        if combined is None or combined.interval is None:
            continue
        offset = (present.index(prediction.rule) + 0.5) / len(present) - 0.5
        at = steps.index(_step(prediction)) + WIDTH_OF_STEP * offset
        low, high = (prediction.metric.scale * end for end in combined.interval)
        ax.plot([at, at], [low, high], color=style.color, linewidth=1.1, zorder=2)
        face = style.color if prediction.steps == 1 else "white"
        ax.plot(
            at,
            prediction.metric.scale * combined.miss,
            style.marker,
            color=style.color,
            markerfacecolor=face,
            markersize=4.5,
            zorder=3,
        )
    labels = [f"{fitted:g}{TIMES}\n\N{RIGHTWARDS ARROW} {to:g}{TIMES}" for fitted, to in steps]
    ax.set_xticks(range(len(steps)), labels, fontsize="small" if len(steps) > LARGE_STEPS else None)
    ax.set_xlim(-0.5, len(steps) - 0.5)
    ax.set_ylabel(f"better than\npredicted ({predictions[0].metric.unit})")


def _step(prediction: HeldOutPrediction) -> tuple[float, float]:
    return prediction.fitted[-1].times_flops, prediction.target.times_flops
