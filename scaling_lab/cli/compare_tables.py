"""Tables that `scaling-lab compare` prints."""

from rich.table import Table

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.gains import BudgetGains
from scaling_lab.analysis.tables import name_gain
from scaling_lab.analysis.text.gains import format_gain, format_per_doubling, format_rules
from scaling_lab.analysis.text.pairs import format_difference, format_p_cell, format_seed_range
from scaling_lab.analysis.text.rule_names import name_pair
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.formatting import TIMES


def make_pair_table(comparison: RuleComparison, with_unplanned: bool = False) -> Table:
    """Return a table with one row per pair. With a delta, what decides takes the place of the share of better seeds.

    Args:
        comparison: The comparison.
        with_unplanned: Whether to show the pairs that are no planned contrast, after the others.
    """
    table = Table(box=None, header_style="bold", pad_edge=False)
    with_delta = comparison.options.delta is not None
    names = ["first", "second", f"{comparison.metric.unit} (95 %)", "p (Holm)"]
    names += ["p alike", "verdict", "extra seeds:\napart, alike"] if with_delta else ["first\nbetter", "verdict"]
    for name in names:
        table.add_column(name, justify="left" if name in ("first", "second", "verdict") else "right")
    others = [pair for pair in comparison.pairs if pair not in comparison.planned_pairs] if with_unplanned else []
    for pair in (name_pair(pair, comparison) for pair in (*comparison.planned_pairs, *others)):
        numbers = ["", "", ""]
        if not pair.is_same_network:
            p_value, p_alike = (format_p_cell(p) for p in (pair.p, pair.p_alike))
            numbers = [format_difference(pair), p_value, p_alike if with_delta else f"{100 * pair.improvement:.0f} %"]
        required = pair.required_seeds
        seeds = ", ".join(map(format_seed_range, (required.apart, required.alike))) if required else ""
        table.add_row(pair.first, pair.second, *numbers, name_verdict(pair), *([seeds] if with_delta else []))
    return table


def make_gains_table(gains: BudgetGains) -> Table:
    """Return a table with one row per network, compared with the baseline."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    unit = gains.gains[0].pair.metric.unit
    for name in ("rule", "FLOPs", f"{unit} (95 %)", "p (Holm)", "verdict", f"{unit} per doubling"):
        table.add_column(name, justify="left" if name in ("rule", "verdict") else "right")
    for gain in gains.gains:
        p_value = format_p_cell(gain.pair.p)
        numbers = (f"{gain.times_flops:.2f}{TIMES}", format_gain(gain), p_value)
        table.add_row(format_rules(gain), *numbers, name_gain(gain), format_per_doubling(gain))
    return table
