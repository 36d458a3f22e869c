"""Difference of each rule from the rule with the highest mean at the same budget, with 95 % intervals."""

from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scaling_lab.analysis.compare import RuleComparison, compare_rules
from scaling_lab.analysis.rule_pairs import RulePair
from scaling_lab.analysis.text.headlines import find_leader
from scaling_lab.analysis.text.metrics import describe_images
from scaling_lab.analysis.text.rule_names import format_rule
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.base import ReportFigure
from scaling_lab.report.figures.curve import panel_name
from scaling_lab.report.figures.panels import choose_width, count_columns
from scaling_lab.report.figures.points import explain_one_seed, measured_points
from scaling_lab.report.figures.rule_labels import explain_labels
from scaling_lab.report.figures.style import INK, figure_style, rule_styles, shorten

_COLUMNS = 2
MAX_LINE, MAX_LINES = 34, 3
"""Longest line of a rule's label, in characters, and the most lines."""
ROW, LINE = 0.21, 0.12
"""Height of a row, and of each further line of its label, in inches."""


class LeaderDifferences(ReportFigure):
    """Differences from the leading rule, one panel per family and budget."""

    title = "Difference from the rule with the highest mean"
    alt = "For each rule, its test accuracy minus that of the leading rule at the same FLOPs, with a 95 % interval"
    needs = "two rules with results at one budget"
    shows_verdicts = True

    def is_shown(self, table: pd.DataFrame) -> bool:
        """Return whether two rules with different networks have results at one budget."""
        return any(_rows(comparison) for comparison in compare_rules(self.collect_evidence(table), self.options))

    def draw(self, table: pd.DataFrame) -> Figure:
        """Draw percentage points below the leader."""
        measured_points(table)
        panels = [
            (comparison, rows)
            for comparison in compare_rules(self.collect_evidence(table), self.options)
            if (rows := _rows(comparison))
        ]
        width = choose_width(len(panels), self.width)
        columns = count_columns(len(panels), width, _COLUMNS)
        lines = [panels[at : at + columns] for at in range(0, len(panels), columns)] or [[]]
        heights = [max((_height(*panel) for panel in line), default=ROW) for line in lines]
        with figure_style():
            figure = Figure(figsize=(width, sum(height + 0.55 for height in heights) + 0.35), layout="constrained")
            axes = figure.subplots(
                len(lines), columns, squeeze=False, sharex=True, height_ratios=[height + 0.42 for height in heights]
            )
            for row, line in zip(axes, lines, strict=True):
                for ax in row[len(line) :]:
                    ax.set_axis_off()
                for ax, (comparison, rows) in zip(row, line, strict=False):
                    _panel(ax, comparison, rows)
                    name = panel_name(comparison.setting, [panel.setting for panel, _ in panels])
                    ax.set_title(f"{name}, {comparison.level:g}{TIMES}", fontweight="bold", loc="right")
            for ax in [axes[at // columns, at % columns] for at in range(len(panels))][-columns:]:
                metric = self.scoring.metric
                ax.set_xlabel(f"{metric.label}\nminus leader's ({metric.unit})", loc="right")
            if not panels:
                axes[0, 0].text(
                    0.5, 0.5, "no two rules have results\nat one budget", ha="center", va="center", color=INK
                )
        return figure

    def caption(self, table: pd.DataFrame) -> str:
        """Return the caption: what the intervals mean, and where there are none."""
        comparisons = compare_rules(self.collect_evidence(table), self.options)
        pairs, metric = [pair for comparison in comparisons for pair in comparison.pairs], self.scoring.metric
        unit, images = metric.unit if metric.is_loss else "percentage points", describe_images(metric)
        few = any(pair.estimate is None and not pair.is_same_network for pair in pairs)
        missing = " A rule with fewer than three seeds has no interval and no verdict." if few else ""
        missing = explain_one_seed(table, "there are no intervals and no verdicts") or missing
        tested = "the planned" if self.options.contrasts else "all"
        return (
            f"Measured. Mean {metric.label} of each rule minus that of the rule with the {metric.best} mean, in "
            f"{unit}, at the same measured FLOPs (multiply-adds). Lines are 95 % intervals of the difference over "
            f"other seeds and {images}. Filled marks and thick lines: told apart from the leader (p < 0.05, "
            f"Holm-corrected over {tested} pairs of the comparison); hollow marks: not told apart. Rules that give the "
            f"same network share a row.{explain_labels(table)}" + missing
        )


def _rows(comparison: RuleComparison) -> list[tuple[str, RulePair | None]]:
    """Return the leader, then the other rules by their distance from it, each network once."""
    different = [pair for pair in comparison.pairs if not pair.is_same_network]
    if not different:
        return []
    best = find_leader(comparison)
    pairs = sorted((pair for pair in different if pair.first == best), key=lambda pair: pair.difference)
    return [(best, None), *((pair.second, pair) for pair in pairs)]


def _label(rule: str, comparison: RuleComparison) -> str:
    """Return the label of a row, in lines."""
    name = format_rule(rule, comparison).replace("= ", "=\N{NO-BREAK SPACE}")
    lines = wrap(name, MAX_LINE, break_long_words=False, break_on_hyphens=False)
    shown = [*lines[: MAX_LINES - 1], " ".join(lines[MAX_LINES - 1 :])]
    return "\n".join(shorten(line, MAX_LINE) for line in shown if line)


def _height(comparison: RuleComparison, rows: list[tuple[str, RulePair | None]]) -> float:
    """Return the height of a panel in inches: all rows have that of the one with the most lines."""
    lines = max(_label(rule, comparison).count("\n") for rule, _ in rows)
    return (ROW + LINE * lines) * len(rows)


def _panel(ax: Axes, comparison: RuleComparison, rows: list[tuple[str, RulePair | None]]) -> None:
    styles, metric = rule_styles([rule for rule, _ in rows]), comparison.metric
    scale = metric.scale if metric.is_loss else -metric.scale
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for place, (rule, pair) in enumerate(rows):
        style = styles[rule]
        apart = pair is not None and pair.is_significant
        if pair is not None and pair.estimate:
            low, high = (scale * end for end in pair.estimate.interval())
            ax.plot([low, high], [place, place], color=style.color, linewidth=2.2 if apart else 1.1, zorder=2)
        face = style.color if apart or pair is None else "white"
        value = scale * pair.difference if pair else 0.0
        ax.plot(value, place, style.marker, color=style.color, markerfacecolor=face, markersize=5.5, zorder=3)
    ax.set_yticks(range(len(rows)), [_label(rule, comparison) for rule, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.tick_params(labelbottom=True)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
