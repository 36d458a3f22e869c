"""How far the rankings of rules at two places agree, with 95 % intervals of the true agreement."""

import pandas as pd
from matplotlib.figure import Figure

from scaling_lab.analysis.agreement import Agreement, measure_agreements
from scaling_lab.analysis.places import list_places
from scaling_lab.analysis.text.agreement import format_place
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.panels import choose_width
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.style import INK, PAGE_WIDTH, figure_style, shorten

MAX_ROWS = 45
_COLOR, _FAINT = "#0072B2", "#D55E00"


class RankingAgreement(ReportFigure):
    """The share of pairs of rules with the same sign at two budgets, lengths, data sets, families or recipes."""

    title = "Agreement of rankings"
    alt = "For every two settings, the share of pairs of rules with the same order in both, with a 95 % interval"
    needs = "two rules at several budgets, lengths, data sets, families or recipes, with three seeds"

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether the agreement of any two settings has an interval."""
        return any(agreement.every.interval for agreement in self._agreements(table))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw one row per two settings."""
        measured_points(table)
        rows = self._agreements(table)[:MAX_ROWS]
        families = len({agreement.first.setting.family for agreement in rows}) > 1
        with figure_style():
            width = choose_width(2 if families or len(rows) > 1 else 1, self.width)
            is_wide = width == PAGE_WIDTH
            height = (0.19 if is_wide else 0.3) * max(2, len(rows)) + 0.9
            figure = Figure(figsize=(width, height), layout="constrained")
            ax = figure.subplots()
            for place, agreement in enumerate(rows):
                count = agreement.every
                if count.interval:
                    ax.plot(
                        [100 * end for end in count.interval], [place, place], color=_COLOR, linewidth=1.3, zorder=2
                    )
                if count.share is not None:
                    ax.plot(100 * count.share, place, "o", color=_COLOR, markersize=4.8, zorder=4)
                if count.expected is not None:
                    ax.plot(100 * count.expected, place, "|", color=_FAINT, markersize=8, markeredgewidth=1.6, zorder=3)
            ax.axvline(50, color=INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
            ax.set_yticks(
                range(len(rows)), [_label(agreement, families, ", " if is_wide else ",\n") for agreement in rows]
            )
            ax.set_ylim(max(1, len(rows)) - 0.4, -0.6)
            ax.set_xlim(-3, 103)
            ax.grid(axis="x")
            ax.grid(visible=False, axis="y")
            label = "pairs of rules in the same order (%)"
            ax.set_xlabel(label if is_wide else label.replace(" in ", "\nin "))
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what marks, lines and ticks are."""
        agreements = self._agreements(table)
        more = f" The first {MAX_ROWS} of {len(agreements)} comparisons." if len(agreements) > MAX_ROWS else ""
        one_seed = explain_one_seed(table, "there are no intervals")
        return (
            "Measured. Dots: share of pairs of rules whose order by mean test score is the same in two settings. "
            "Lines: 95 % interval of the share of pairs with the same order in truth, for other seeds and "
            f"{describe_images(self.scoring.metric)}. Upright ticks: share that would have the same order, on average, "
            "if the true rankings were the same, because of noise. Half of the pairs (dashed) agree by chance."
            f"{more}{one_seed}"
        )

    def _agreements(self, table: pd.DataFrame) -> list[Agreement]:
        evidence = self.collect_at_every_lr(table)
        return measure_agreements(list_places("", evidence))


def _label(agreement: Agreement, with_family: bool, separator: str) -> str:
    first, second = (shorten(format_place(agreement, which)) for which in (0, 1))
    setting, axes = agreement.first.setting, agreement.axis.split("+")
    family = f"{shorten(setting.family)}: " if with_family and "family" not in axes else ""
    budget = "" if "budget" in axes else f" at {agreement.first.times_flops:g}\N{MULTIPLICATION SIGN}"
    return f"{family}{first}{separator}{second}{budget}"
