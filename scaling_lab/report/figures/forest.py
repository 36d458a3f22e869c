"""Forest plot: the difference of two rules in each setting, the mean over settings, and the range of a new one."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.pooling.pool import pool_evidence
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.text.pooled import list_setting_names
from scaling_lab.formatting import MINUS, TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.style import COLUMN_WIDTH, INK, PAGE_WIDTH, figure_style

MAX_PANELS = 12
MAX_MARGIN = 0.75
"""Largest part of the settings' range that a panel has beyond it on each side."""
MAX_NAME = 24
"""Longest name of a setting, in characters, with which two panels fit side by side."""
POOLED_COLOR, SETTING_COLOR = "#D55E00", "#0072B2"


class PooledForest(ReportFigure):
    """Differences of pairs of rules over the settings of a study."""

    title = "Differences of rules over settings"
    _pooled: tuple[pd.DataFrame, list[PooledBudget]] | None = None  # of the last table
    alt = "For pairs of rules, the difference in test accuracy in each setting with its interval, and the mean over all"

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw one panel per pair and budget."""
        measured_points(table)
        return draw_forest(self._budgets(table))

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what marks, diamonds and lines are."""
        one_seed = " One seed, so there are no intervals." if measured_points(table)["seed"].nunique() == 1 else ""
        return describe_forest(self._budgets(table)) + one_seed

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether a pair has an interval in two settings."""
        return bool(_list_panels(self._budgets(table)))

    def _budgets(self, table: pd.DataFrame) -> list[PooledBudget]:
        if self._pooled is None or self._pooled[0] is not table:
            self._pooled = table, pool_evidence(self.collect_evidence(table), self.options)
        return self._pooled[1]


def draw_forest(budgets: Sequence[PooledBudget]) -> Figure:
    """Draw the pairs that have a summary, those with the smallest p values first."""
    panels = _list_panels(budgets)[:MAX_PANELS]
    names = list_setting_names(setting for budget in budgets for setting in budget.settings)
    longest = max(map(len, names.values()), default=0)
    columns = 2 if len(panels) > 1 and longest <= MAX_NAME else 1
    lines = [panels[at : at + columns] for at in range(0, len(panels), columns)] or [[]]
    heights = [max((len(pair.differences) + 2 for _, pair in line), default=2) for line in lines]
    with figure_style():
        width = PAGE_WIDTH if columns > 1 or longest > MAX_NAME else COLUMN_WIDTH
        figure = Figure(figsize=(width, sum(0.2 * rows + 0.7 for rows in heights)), layout="constrained")
        axes = figure.subplots(len(lines), columns, squeeze=False, height_ratios=[h + 2 for h in heights])
        for row, line in zip(axes, lines, strict=True):
            for ax in row[len(line) :]:
                ax.set_axis_off()
            for ax, (level, pair) in zip(row, line, strict=False):
                _draw_panel(ax, level, pair, [names[difference.setting] for difference in pair.differences])
        if not panels:
            text = "no two rules have an interval\nin two settings"
            axes[0, 0].text(0.5, 0.5, text, ha="center", va="center", color=INK)
    return figure


def describe_forest(budgets: Sequence[PooledBudget]) -> str:
    """Return the caption of `draw_forest`."""
    count = len(_list_panels(budgets))
    some = "" if count <= MAX_PANELS else f" The {MAX_PANELS} of {count} pairs with the smallest p values."
    return (
        "Measured. Mean of the first rule minus that of the second at equal measured FLOPs (multiply-adds), in each "
        "setting with its 95 % interval over other seeds and other test images. Diamond: the mean over settings with "
        "its 95 % interval for all settings like these (random effects); filled if told apart from 0 (p < 0.05, "
        f"Holm-corrected over the pairs of the budget). Thin line: 95 % prediction interval of a new setting. Parts "
        f"beyond a panel are cut off.{some}"
    )


def _list_panels(budgets: Sequence[PooledBudget]) -> list[tuple[float, PooledPair]]:
    """Return the pairs with a summary and their budgets, the smallest p first, those without a test last."""
    panels = [(budget.level, pair) for budget in budgets for pair in budget.pairs if pair.effect]
    return sorted(panels, key=lambda panel: 2.0 if panel[1].p is None else panel[1].p)


def _draw_panel(ax: Axes, level: float, pair: PooledPair, names: list[str]) -> None:
    effect, scale = pair.effect, pair.metric.scale
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for place, difference in enumerate(pair.differences):
        low, high = (scale * end for end in difference.interval)
        ax.plot([low, high], [place, place], color=SETTING_COLOR, linewidth=1.1, zorder=2)
        ax.plot(scale * difference.value, place, "s", color=SETTING_COLOR, markersize=4, zorder=3)
    bottom = len(names)
    if effect is not None:
        low, high = (scale * end for end in effect.interval())
        face = POOLED_COLOR if pair.is_significant else "white"
        middle = scale * effect.value
        corners = [(low, bottom), (middle, bottom - 0.3), (high, bottom), (middle, bottom + 0.3)]
        ax.fill(*zip(*corners, strict=True), facecolor=face, edgecolor=POOLED_COLOR, linewidth=1.1, zorder=3)
        if predicted := effect.prediction():
            ends = [scale * end for end in predicted]
            ax.plot(ends, [bottom, bottom], color=POOLED_COLOR, linewidth=0.8, zorder=2)
    ax.set_xlim(_limits([end for each in pair.differences for end in each.interval], ax.get_xlim(), scale))
    ax.set_yticks(range(bottom + 1), [*names, "over settings"])
    ax.set_ylim(bottom + 0.7, -0.6)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_title(f"{pair.first} {MINUS} {pair.second}, {level:g}{TIMES}", fontweight="bold")
    ax.set_xlabel(f"{pair.metric.label}, difference in {pair.metric.unit}")


def _limits(ends: Sequence[float], limits: tuple[float, float], scale: float) -> tuple[float, float]:
    """Return limits of the axis that show the settings; of a wider mean or prediction, a part is cut off."""
    low, high = scale * min(0.0, *ends), scale * max(0.0, *ends)
    margin = MAX_MARGIN * (high - low)
    return max(limits[0], low - margin), min(limits[1], high + margin)
