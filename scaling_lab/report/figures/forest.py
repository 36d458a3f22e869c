"""Forest plot: the difference of two rules in each setting, the mean over settings, and the range of a new one."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.markers import CARETLEFT, CARETRIGHT

from scaling_lab.analysis.metrics import ACCURACY
from scaling_lab.analysis.pooling.pool import pool_evidence
from scaling_lab.analysis.pooling.pooled_pair import PooledBudget, PooledPair
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.analysis.text.settings import list_setting_names
from scaling_lab.formatting import MINUS, TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import choose_width, count_columns, write_message
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.style import INK, FigureWidth, figure_style, rule_styles, shorten

MAX_PANELS = 12
MAX_MARGIN = 0.25
"""Largest part of the settings' range that a panel has beyond it on each side."""
MAX_RULE = 16
"""Longest name of a rule in a title, in characters."""
MAX_NAME = 24
"""Longest name of a setting, in characters, with which two panels fit side by side."""
POOLED_COLOR, SETTING_COLOR = "#D55E00", "#0072B2"


@dataclass(frozen=True)
class Panel:
    """A pair of rules at a budget.

    Attributes:
        level: The budget in times the baseline's FLOPs.
        pair: The pooled pair.
        is_turned: Whether the difference is drawn as second less first.
    """

    level: float
    pair: PooledPair
    is_turned: bool

    @property
    def first(self) -> str:
        """The rule from which the other is subtracted."""
        return self.pair.second if self.is_turned else self.pair.first

    @property
    def second(self) -> str:
        """The rule that is subtracted."""
        return self.pair.first if self.is_turned else self.pair.second

    @property
    def scale(self) -> float:
        """Factor from the pair's differences to what is drawn."""
        return -self.pair.metric.scale if self.is_turned else self.pair.metric.scale

    @property
    def pooled_ends(self) -> list[float]:
        """Ends of the interval of the mean and of the prediction."""
        effect = self.pair.effect
        return [] if effect is None else [*effect.interval(), *(effect.prediction() or ())]


class PooledForest(ReportFigure):
    """Differences of pairs of rules over the settings of a study."""

    title = "Differences of rules over settings"
    _pooled: tuple[pd.DataFrame, list[PooledBudget]] | None = None  # of the last table
    alt = "For pairs of rules, the difference in test accuracy in each setting with its interval, and the mean over all"
    needs = "a pair of rules with three seeds in two settings, such as two families"
    shows_verdicts = True

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw one panel per pair and budget."""
        measured_points(table)
        return draw_forest(self._budgets(table), self.width)

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what marks, diamonds and lines are."""
        one_seed = explain_one_seed(table, "there are no intervals")
        return describe_forest(self._budgets(table)) + one_seed

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether a pair has an interval in two settings."""
        return bool(_list_panels(self._budgets(table)))

    def _budgets(self, table: pd.DataFrame) -> list[PooledBudget]:
        if self._pooled is None or self._pooled[0] is not table:
            self._pooled = table, pool_evidence(self.collect_evidence(table), self.options)
        return self._pooled[1]


def draw_forest(budgets: Sequence[PooledBudget], width: FigureWidth | None = None) -> Figure:
    """Draw the pairs that have a summary, the budgets of a pair side by side, all on one axis of differences.

    Args:
        budgets: The pooled pairs of each budget.
        width: Width of the figure; by default a column for one panel and a page for several.
    """
    panels = _list_panels(budgets)
    names = list_setting_names(setting for budget in budgets for setting in budget.settings)
    longest = max(map(len, names.values()), default=0)
    inches = choose_width(2 if len(panels) > 1 or longest > MAX_NAME else 1, width)
    columns = count_columns(len(panels), inches, 2 if longest <= MAX_NAME else 1)
    lines = [panels[at : at + columns] for at in range(0, len(panels), columns)] or [[]]
    heights = [max((len(panel.pair.differences) + 1 for panel in line), default=2) for line in lines]
    with figure_style():
        size = (inches, sum(0.17 * rows + 0.36 for rows in heights) + 0.4)
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(lines), columns, squeeze=False, sharex=True, height_ratios=[h + 1 for h in heights])
        for row, line in zip(axes, lines, strict=True):
            for ax in row[len(line) :]:
                ax.set_axis_off()
            for ax, panel in zip(row, line, strict=False):
                _draw_panel(ax, panel, [shorten(names[difference.setting]) for difference in panel.pair.differences])
        if panels:
            _finish_axes([ax for row in axes for ax in row if ax.axison], panels, columns)
        else:
            write_message(axes[0, 0], "no two rules have an interval\nin two settings")
    return figure


def describe_forest(budgets: Sequence[PooledBudget]) -> str:
    """Return the caption of `draw_forest`."""
    count = sum(pair.effect is not None for budget in budgets for pair in budget.pairs)
    metrics = [pair.metric for budget in budgets for pair in budget.pairs]
    images = describe_images(min(metrics, key=lambda metric: metric.has_answers, default=ACCURACY))
    some = "" if count <= MAX_PANELS else f" The {MAX_PANELS} of {count} pairs with the smallest p values."
    return (
        "Measured. Mean of the first rule minus that of the second at equal measured FLOPs (multiply-adds), in each "
        f"setting with its 95 % interval over other seeds and {images}. Diamond: the mean over settings with "
        "its 95 % interval for all settings like these (random effects), filled if told apart from 0 (p < 0.05, "
        f"Holm-corrected over the pairs of the budget). Thin line: 95 % prediction interval of a new setting. Arrows: "
        f"it goes on beyond the panel.{some}"
    )


def _list_panels(budgets: Sequence[PooledBudget]) -> list[Panel]:
    """Return the pairs with a summary and their budgets, of many those with the smallest p, in the order of rules.

    A pair has one sign at all budgets: that of the first one.
    """
    summarized = [(budget.level, pair) for budget in budgets for pair in budget.pairs if pair.effect]
    summarized = sorted(summarized, key=lambda panel: 2.0 if panel[1].p is None else panel[1].p)[:MAX_PANELS]
    place = {
        rule: at for at, rule in enumerate(rule_styles(r for _, pair in summarized for r in (pair.first, pair.second)))
    }
    summarized.sort(key=lambda panel: (sorted((place[panel[1].first], place[panel[1].second])), panel[0]))
    signs: dict[frozenset[str], str] = {}
    return [
        Panel(level, pair, signs.setdefault(frozenset((pair.first, pair.second)), pair.first) != pair.first)
        for level, pair in summarized
    ]


def _draw_panel(ax: Axes, panel: Panel, names: list[str]) -> None:
    pair, scale, bottom = panel.pair, panel.scale, len(names)
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for place, difference in enumerate(pair.differences):
        ends = [scale * end for end in difference.interval]
        ax.plot(ends, [place, place], color=SETTING_COLOR, linewidth=1.1, zorder=2)
        ax.plot(scale * difference.value, place, "s", color=SETTING_COLOR, markersize=4, zorder=3)
    if pair.effect is not None:
        low, high = (scale * end for end in pair.effect.interval())
        face = POOLED_COLOR if pair.is_significant else "white"
        middle = scale * pair.effect.value
        corners = [(low, bottom), (middle, bottom - 0.3), (high, bottom), (middle, bottom + 0.3)]
        ax.fill(*zip(*corners, strict=True), facecolor=face, edgecolor=POOLED_COLOR, linewidth=1.1, zorder=3)
        if predicted := pair.effect.prediction():
            ends = [scale * end for end in predicted]
            ax.plot(ends, [bottom, bottom], color=POOLED_COLOR, linewidth=0.8, zorder=2)
    ax.set_yticks(range(bottom + 1), [*names, "over settings"])
    ax.set_ylim(bottom + 0.6, -0.6)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    first, second = shorten(panel.first, MAX_RULE), shorten(panel.second, MAX_RULE)
    ax.set_title(f"{first} {MINUS} {second}, {panel.level:g}{TIMES}", fontweight="bold", pad=3)


def _finish_axes(axes: Sequence[Axes], panels: Sequence[Panel], columns: int) -> None:
    """Give all panels one range, mark what goes beyond it, and label the lowest panels."""
    low, high = _limits(panels)
    axes[0].set_xlim(low, high)
    for ax, panel in zip(axes, panels, strict=True):
        ends = [panel.scale * end for end in panel.pooled_ends]
        bottom = len(panel.pair.differences)
        for edge, marker, is_cut in ((low, CARETLEFT, min(ends) < low), (high, CARETRIGHT, max(ends) > high)):
            if is_cut:  # the tip of the marker is at the edge
                ax.plot(edge, bottom, marker=marker, color=POOLED_COLOR, markersize=8, clip_on=False, zorder=4)
    metric = panels[0].pair.metric
    for ax in axes[-columns:]:
        ax.tick_params(labelbottom=True)
        ax.set_xlabel(f"difference in {metric.label} ({metric.unit})")


def _limits(panels: Sequence[Panel]) -> tuple[float, float]:
    """Return a range that has the settings' intervals and, of wider means and predictions, a part."""
    ends = [
        panel.scale * end for panel in panels for difference in panel.pair.differences for end in difference.interval
    ]
    low, high = min(0.0, *ends), max(0.0, *ends)
    margin = MAX_MARGIN * (high - low)
    pooled = [panel.scale * end for panel in panels for end in panel.pooled_ends]
    space = 0.04 * (high - low)
    return max(min([low, *pooled]), low - margin) - space, min(max([high, *pooled]), high + margin) + space
