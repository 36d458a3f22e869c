"""Difference of two rules against the length of training, with 95 % intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from scaling_lab.analysis.compare import compare_rules
from scaling_lab.analysis.lengths import LengthComparison, PairOverLengths, compare_lengths
from scaling_lab.formatting import MINUS, TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.panels import make_panels
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.style import INK, SeriesStyle, figure_style, rule_styles


class DifferencesOverLengths(ReportFigure):
    """Differences of pairs of rules after each number of epochs, one panel per family and budget."""

    title = "Differences of rules after shorter and longer training"
    alt = "For pairs of rules, the difference of their test scores against the epochs of training, with 95 % intervals"
    needs = "several lengths of training (recipe.epochs=4,8,16)"
    shows_verdicts = True

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether there are several lengths of training."""
        return bool(self._results(table))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw differences against epochs on a logarithmic axis."""
        measured_points(table)
        results = self._results(table)
        styles = _pair_styles(_list_pairs(results))
        with figure_style():
            legend = list(styles.values())
            figure, axes, left = make_panels(len(results), 2.4, legend, width=self.width, sharey=True)
            for ax, result in zip(axes, results, strict=False):
                _panel(ax, result, styles)
                name = panel_name(result.setting, [compared.setting for compared in results])
                ax.set_title(f"{name}, {result.level:g}{TIMES}", fontweight="bold")
            unit = results[0].metric.unit if results else "points"
            for ax in left:
                ax.set_ylabel(f"difference ({unit})")
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: which pairs, what the intervals mean, and what filled marks are."""
        which = "The planned pairs" if self.options.contrasts else "Each rule and the one that leads in the longest one"
        results = self._results(table)
        one_seed = explain_one_seed(table, "there are no intervals")
        metric = results[0].metric if results else None
        label = metric.label if metric else "test accuracy"
        images = "other seeds and other test images" if not metric or metric.has_answers else "other seeds"
        return (
            f"Measured. {which}: {label} of the first less that of the second, against the epochs of training. Lines "
            f"are 95 % intervals for {images}; filled marks: told apart (p < 0.05, Holm-corrected over the pairs of "
            f"one length); hollow marks: not told apart.{one_seed}"
        )

    def _results(self, table: pd.DataFrame) -> list[LengthComparison]:
        return compare_lengths(compare_rules(self.collect_evidence(table), self.options), self.looks)


def _list_drawn(result: LengthComparison) -> list[PairOverLengths]:
    """Return the planned pairs; without a plan those with the rule that leads in the longest training."""
    longest = result.comparisons[result.epochs[-1]]
    if longest.options.contrasts:
        return list(result.pairs)
    return [pair for pair in result.pairs if pair.first == result.pairs[0].first]


def _list_pairs(results: list[LengthComparison]) -> list[tuple[str, str]]:
    """Return the drawn pairs, each in the order in which it is first drawn: a difference has one sign in all panels."""
    pairs: dict[frozenset[str], tuple[str, str]] = {}
    for result in results:
        for pair in _list_drawn(result):
            pairs.setdefault(frozenset((pair.first, pair.second)), (pair.first, pair.second))
    return list(pairs.values())


def _pair_styles(pairs: list[tuple[str, str]]) -> dict[tuple[str, str], SeriesStyle]:
    """Return the colour and marker of each pair, where possible those of its second rule."""
    is_fan = len({first for first, _ in pairs}) == 1 or len({second for _, second in pairs}) == len(pairs)
    names = {pair: pair[1] if is_fan else f"{pair[0]} {MINUS} {pair[1]}" for pair in pairs}
    styles = rule_styles(names.values())
    return {
        pair: SeriesStyle(f"{pair[0]} {MINUS} {pair[1]}", styles[name].color, styles[name].marker)
        for pair, name in names.items()
    }


def _panel(ax: Axes, result: LengthComparison, styles: dict[tuple[str, str], SeriesStyle]) -> None:
    drawn = _list_drawn(result)
    ax.axhline(0, color=INK, linewidth=0.8, zorder=1)
    for place, pair in enumerate(drawn):
        is_turned = (pair.first, pair.second) not in styles
        style = styles[(pair.second, pair.first) if is_turned else (pair.first, pair.second)]
        scale = result.metric.scale * (-1 if is_turned else 1)
        shift = 1.03 ** (place - (len(drawn) - 1) / 2)  # intervals do not cover each other
        epochs, values = [at.epochs * shift for at in pair.at], [scale * at.value for at in pair.at]
        ax.plot(epochs, values, color=style.color, linewidth=1.0, zorder=2)
        for x, at in zip(epochs, pair.at, strict=True):
            face = style.color if at.winner else "white"
            ax.plot(
                x, scale * at.value, style.marker, color=style.color, markerfacecolor=face, markersize=4.8, zorder=3
            )
            if at.interval:
                ax.plot([x, x], [scale * end for end in at.interval], color=style.color, linewidth=1.0, zorder=2)
    ax.set_xscale("log")
    ax.xaxis.set_major_locator(FixedLocator(list(result.epochs)))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_xticklabels([str(epochs) for epochs in result.epochs])
    ax.set_xlabel("epochs")
