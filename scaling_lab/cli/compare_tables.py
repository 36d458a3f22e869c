"""Tables that `scaling-lab compare` prints."""

from rich.table import Table

from scaling_lab.analysis.compare import RuleComparison
from scaling_lab.analysis.gains import BudgetGains
from scaling_lab.analysis.tables import name_gain
from scaling_lab.analysis.text.gains import format_gain, format_per_doubling, format_rules
from scaling_lab.analysis.text.pairs import format_difference, format_p_value, format_seed_range
from scaling_lab.analysis.text.rule_names import name_pair
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.formatting import TIMES


def make_pair_table(comparison: RuleComparison) -> Table:
    """Return a table with one row per pair."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    delta = comparison.options.delta
    names = ["first", "second", f"{comparison.metric.unit} (95 %)", "p (Holm)", "first\nbetter", "verdict"]
    if delta is not None:
        names[4:4] = ["p alike"]
        names += ["extra seeds:\napart", "extra seeds:\nalike"]
    for name in names:
        table.add_column(name, justify="left" if name in ("first", "second", "verdict") else "right")
    for pair in (name_pair(pair, comparison) for pair in comparison.pairs):
        numbers = [""] * (3 if delta is None else 4)
        if not pair.is_same_network:
            p_values = [format_p_value(p).removeprefix("= ") for p in (pair.p, pair.p_alike)]
            numbers = [format_difference(pair), *p_values[: len(numbers) - 2], f"{100 * pair.improvement:.0f} %"]
        required = pair.required_seeds
        seeds = [format_seed_range(each) for each in (required.apart, required.alike)] if required else []
        table.add_row(pair.first, pair.second, *numbers, name_verdict(pair), *seeds)
    return table


def make_gains_table(gains: BudgetGains) -> Table:
    """Return a table with one row per network, compared with the baseline."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    unit = gains.gains[0].pair.metric.unit
    for name in ("rule", "FLOPs", f"{unit} (95 %)", "p (Holm)", "verdict", f"{unit} per doubling"):
        table.add_column(name, justify="left" if name in ("rule", "verdict") else "right")
    for gain in gains.gains:
        p_value = format_p_value(gain.pair.p).removeprefix("= ")
        numbers = (f"{gain.times_flops:.2f}{TIMES}", format_gain(gain), p_value)
        table.add_row(format_rules(gain), *numbers, name_gain(gain), format_per_doubling(gain))
    return table
