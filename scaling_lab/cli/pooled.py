"""Print verdicts over several settings."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from scaling_lab.analysis.pooling.pooled_pair import PooledBudget
from scaling_lab.analysis.text.pairs import format_p_cell
from scaling_lab.analysis.text.pooled import (
    describe_pooled,
    describe_pooled_method,
    format_here,
    format_pooled_mean,
    format_pooled_title,
    format_prediction,
    format_tau,
    summarize_pooled,
)
from scaling_lab.analysis.verdict_table import name_verdict
from scaling_lab.cli.notes import MethodNotes


def print_pooled(console: Console, budgets: Iterable[PooledBudget], notes: MethodNotes) -> None:
    """Print headline, table and notes of each budget that has a summary."""
    for budget in budgets:
        if any(pair.effect for pair in budget.pairs):
            print_budget(console, budget, notes)


def print_budget(console: Console, budget: PooledBudget, notes: MethodNotes) -> None:
    """Print headline, table and notes of one budget."""
    console.print(format_pooled_title(budget), style="bold")
    for sentence in summarize_pooled(budget):
        console.print(sentence)
    if any(pair.effect for pair in budget.pairs):
        console.print(make_pooled_rows(budget))
    method = describe_pooled_method(budget)
    notes.print("pooled", method)
    for sentence in describe_pooled(budget)[len(method) :]:
        console.print(sentence)
    console.print()


def make_pooled_rows(budget: PooledBudget) -> Table:
    """Return a table with one row per pair that has a summary."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    with_delta = budget.options.delta is not None
    unit = budget.pairs[0].metric.unit
    names = ["first", "second", "settings", f"{unit} (95 %)", "p (Holm)", *(["p alike"] if with_delta else [])]
    names += ["tau", "I²", "new setting", "these settings", "verdict"]
    for name in names:
        table.add_column(name, justify="left" if name in ("first", "second", "verdict") else "right")
    for pair in budget.pairs:
        if pair.effect:
            p_values = [format_p_cell(p) for p in (pair.p, pair.p_alike)]
            numbers = [str(pair.effect.count), format_pooled_mean(pair), *p_values[: 1 + with_delta], format_tau(pair)]
            numbers += [f"{100 * pair.effect.i_squared:.0f} %", format_prediction(pair), format_here(pair)]
            table.add_row(pair.first, pair.second, *numbers, name_verdict(pair))
    return table
