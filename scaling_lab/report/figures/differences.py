"""How far each rule lies below the one with the highest mean at its budget, with 95 % intervals."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scaling_lab.analysis.compare import RuleComparison, RulePair, compare_rules
from scaling_lab.analysis.evidence import collect_evidence
from scaling_lab.analysis.text.comparisons import find_leader, format_rule
from scaling_lab.formatting import TIMES
from scaling_lab.report.figures.points import measured_points
from scaling_lab.report.figures.style import COLUMN_WIDTH, INK, PAGE_WIDTH, figure_style, rule_styles

TITLE = "Difference from the rule with the highest mean"
ALT = "A row a rule, its test accuracy less that of the best rule at the same FLOPs, with a 95 % interval around it"
MEASURED = True
ACROSS = 2


def draw(table: pd.DataFrame) -> Figure:
    """Percentage points below the leader, a panel a family and budget. Raises ValueError naming a missing column."""
    measured_points(table)
    found = [(one, rows) for one in compare_rules(collect_evidence(table).at_recipe_lr()) if (rows := _rows(one))]
    columns = min(ACROSS, max(1, len(found)))
    lines = [found[at : at + columns] for at in range(0, len(found), columns)] or [[]]
    heights = [max((len(rows) for _, rows in line), default=1) for line in lines]
    with figure_style():
        size = (PAGE_WIDTH if columns > 1 else COLUMN_WIDTH, sum(0.21 * rows + 0.75 for rows in heights))
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.subplots(len(lines), columns, squeeze=False, sharex=True, height_ratios=[h + 2 for h in heights])
        for row, line in zip(axes, lines, strict=True):
            for ax in row[len(line) :]:
                ax.set_axis_off()
            for ax, (one, rows) in zip(row, line, strict=False):
                _panel(ax, one, rows)
        if not found:
            axes[0, 0].text(0.5, 0.5, "no two rules have results\nat one budget", ha="center", va="center", color=INK)
    return figure


def _rows(one: RuleComparison) -> list[tuple[str, RulePair | None]]:
    """The leader, and the others by their distance from it, each network once."""
    different = [pair for pair in one.pairs if not pair.is_same_network]
    if not different:
        return []
    best = find_leader(one)
    own = sorted((pair for pair in different if pair.first == best), key=lambda pair: pair.difference)
    return [(format_rule(best, one), None), *((format_rule(pair.second, one), pair) for pair in own)]


def _panel(ax: Axes, one: RuleComparison, rows: list[tuple[str, RulePair | None]]) -> None:
    looks = rule_styles([rule.split(" ")[0] for rule, _ in rows])
    ax.axvline(0, color=INK, linewidth=0.8, zorder=1)
    for place, (rule, pair) in enumerate(rows):
        look = looks[rule.split(" ")[0]]
        apart = pair is not None and pair.is_significant
        if pair is not None and pair.estimate:
            low, high = (-100 * end for end in pair.estimate.interval())
            ax.plot([low, high], [place, place], color=look.color, linewidth=2.2 if apart else 1.1, zorder=2)
        face = look.color if apart or pair is None else "white"
        value = -100 * pair.difference if pair else 0.0
        ax.plot(value, place, look.marker, color=look.color, markerfacecolor=face, markersize=5.5, zorder=3)
    ax.set_yticks(range(len(rows)), [rule for rule, _ in rows])
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.grid(axis="x")
    ax.grid(visible=False, axis="y")
    ax.set_title(f"{one.setting.family}, {one.level:g}{TIMES}", fontweight="bold")
    ax.tick_params(labelbottom=True)
    ax.set_xlabel("test accuracy, points from the leader")


def caption(table: pd.DataFrame) -> str:
    """What the intervals mean, and where there are none."""
    pairs = [pair for one in compare_rules(collect_evidence(table).at_recipe_lr()) for pair in one.pairs]
    few = any(pair.estimate is None and not pair.is_same_network for pair in pairs)
    without = " Where a rule has fewer than three seeds there is no interval, and no verdict." if few else ""
    if measured_points(table)["seed"].nunique() == 1:
        without = " One seed: no interval can be given, and no verdict."
    return (
        "Measured. Mean test accuracy of each rule less that of the rule with the highest mean, in percentage points, "
        "at the same measured FLOPs (multiply-adds). Lines are 95 % intervals of the difference for other seeds and "
        "other test pictures. Filled marks and thick lines: told apart from the leader (p < 0.05 by Holm, over all "
        "pairs of the comparison); hollow: not told apart. Rules that came to one network share a row." + without
    )
