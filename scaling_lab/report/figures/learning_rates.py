"""Accuracy on the held-out images against the learning rate, a line per network: one panel per setting and budget."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.rates.best import BestRate, find_best_rates
from scaling_lab.analysis.rates.grids import collect_grids
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.unlearned.at_chance import with_unlearned
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.panels import make_panels, write_message
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.style import BASELINE, SeriesStyle, figure_style, rule_styles

NOTHING = "no network was trained at several learning rates"
SHIFT = 1.015
"""Factor from the bar of one network to that of the next."""
Panel = tuple[Setting, float]
"""A setting and a budget; NaN for explicit multipliers."""


class LearningRates(ReportFigure):
    """Accuracy on the held-out images of each network at each learning rate."""

    title = "Learning rates"
    alt = "For each network, accuracy on the held-out images against the learning rate"
    needs = "networks trained at several learning rates (lr_times=0.5,1,2)"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether any network was trained at several learning rates."""
        return table["lr_times"].nunique() > 1 and bool(_find_rates(table))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw a line per network, with filled marks at the rates that may be best."""
        measured_points(table)
        panels = _list_panels(_find_rates(table))
        rates = [rate for of_panel in panels.values() for rate in of_panel]
        styles = rule_styles(rate.grid.rules[0] for rate in rates if not _is_baseline(rate))
        shown = [*([BASELINE] if any(map(_is_baseline, rates)) else []), *styles.values()]
        with figure_style():
            figure, axes, left = make_panels(len(panels), 2.2, shown, width=self.width)
            for ax, ((setting, times), of_panel) in zip(axes, panels.items(), strict=False):
                _draw_panel(ax, of_panel, styles)
                at = "" if pd.isna(times) else f" at {times:g}{TIMES}"
                ax.set_title(f"{panel_name(setting, [panel for panel, _ in panels])}{at}", fontweight="bold")
            for ax in left:
                ax.set_ylabel("held-out accuracy (%)")
            if not panels:
                write_message(axes[0], NOTHING)
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what is drawn, and what the marks mean."""
        few = "" if all(rate.interval for rate in _find_rates(table)) else " Without enough seeds all marks are filled."
        one_seed = explain_one_seed(table, "all marks are filled")
        return (
            "Measured. Mean accuracy on the held-out images, which choose the best learning rate, in percent, against "
            "the learning rate in times the recipe's; bars span the lowest and the highest seed. Filled marks: rates "
            "that are the best or cannot be told from it; "
            f"hollow marks: significantly worse (one-sided t tests, adjusted for the rates of the network). "
            f"Rules that led to the same network have one line, in the style of the first.{one_seed or few}"
        )


def _find_rates(table: pd.DataFrame) -> list[BestRate]:
    return find_best_rates(collect_grids(collect_evidence(with_unlearned(table)), table), resamples=2)


def _is_baseline(rate: BestRate) -> bool:
    return rate.grid.times_flops == 1


def _list_panels(rates: Sequence[BestRate]) -> dict[Panel, list[BestRate]]:
    """Return the networks of each setting and budget; the baseline is in all panels of its setting."""
    panels: dict[Panel, list[BestRate]] = {}
    for rate in sorted(rates, key=_is_baseline):
        budgets = [times for setting, times in panels if setting == rate.grid.setting]
        own = float("nan") if rate.grid.times_flops is None else rate.grid.times_flops
        same = next((times for times in budgets if times == own or (pd.isna(times) and pd.isna(own))), own)
        for times in budgets if _is_baseline(rate) and budgets else [same]:
            panels.setdefault((rate.grid.setting, times), []).append(rate)
    return panels


def _draw_panel(ax: Axes, rates: Sequence[BestRate], styles: dict[str, SeriesStyle]) -> None:
    factors = sorted({factor for rate in rates for factor in rate.grid.factors})
    for place, rate in enumerate(rates):
        style = BASELINE if _is_baseline(rate) else styles[rate.grid.rules[0]]
        accuracy = {factor: 100 * mean for factor, mean in rate.means.items()}
        seeds = [100 * rate.grid.held_out(factor) for factor in accuracy]
        shifted = [factor * SHIFT ** (place - (len(rates) - 1) / 2) for factor in accuracy]  # bars do not cover others
        ends = [min(values) for values in seeds], [max(values) for values in seeds]
        ax.vlines(shifted, *ends, color=style.color, linewidth=0.8, alpha=0.7, zorder=1)
        ax.plot(list(accuracy), list(accuracy.values()), color=style.color, zorder=2)
        for factor, value in accuracy.items():
            face = style.color if factor in rate.may_be_best else "white"
            ax.plot(factor, value, style.marker, color=style.color, markerfacecolor=face, zorder=3)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(factors))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel(f"learning rate ({TIMES} the recipe's)")
