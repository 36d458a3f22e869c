"""`scaling-lab compare`: which rules of a study differ at equal cost."""

import argparse
import sys
from typing import Any

from scaling_lab.cli.arguments import add_mixed_devices, add_results_folder, make_parser

EXAMPLES = """\
scaling-lab compare results/quick
scaling-lab compare results/quick --equal latency --details"""


def add_compare(commands: Any) -> None:
    """Add the parser of `compare`."""
    parser = make_parser(commands, "compare", "show which rules of a study differ in accuracy at equal cost", EXAMPLES)
    parser.set_defaults(command=run_compare)
    add_results_folder(parser)
    add_mixed_devices(parser)
    parser.add_argument(
        "--equal",
        default="flops",
        metavar="COST",
        help="flops (default: the requested budgets), params, activations, latency or train_seconds",
    )
    parser.add_argument("--details", action="store_true", help="one sentence a pair, with the seeds or images missing")


def run_compare(options: argparse.Namespace) -> None:
    """Print the comparisons. Raises UserError."""
    from rich.console import Console

    from scaling_lab.analysis.equal_cost import compare_at_equal_cost
    from scaling_lab.analysis.evidence import collect_evidence
    from scaling_lab.analysis.load import read_results_folder
    from scaling_lab.analysis.lr_sensitivity import check_lr_sensitivity
    from scaling_lab.analysis.text.comparisons import describe_comparison, format_title, summarize_comparison
    from scaling_lab.analysis.text.equal_cost import describe_equal_cost, explain_no_comparison
    from scaling_lab.analysis.text.lr_sensitivity import describe_lr_sensitivity

    folder = read_results_folder(options.results, options.mixed_devices)
    found = collect_evidence(folder.table)
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False, markup=False)
    whole = compare_at_equal_cost(found, options.equal)
    for each in whole:
        for comparison in each.comparisons:
            console.print(format_title(comparison), style="bold")
            console.print(summarize_comparison(comparison))
            if comparison.pairs:
                console.print(_table(comparison))
            said = describe_comparison(comparison)
            for sentence in said if options.details else said[len(comparison.pairs) :]:
                console.print(sentence)
            console.print()
        for sentence in describe_equal_cost(each) if options.equal != "flops" else ():
            console.print(f"{each.setting.family}: {sentence}")
    if not any(each.comparisons for each in whole):
        console.print(explain_no_comparison(found, options.equal))
    for each_fair in check_lr_sensitivity(found) if options.equal == "flops" else ():
        for sentence in describe_lr_sensitivity(each_fair):
            console.print(sentence)
    for note in (*folder.notes, *found.notes):
        console.print(note)


def _table(comparison: Any) -> Any:
    """Return a table with one row a pair."""
    from rich.table import Table

    from scaling_lab.analysis.text.pairs import format_difference, format_p_value
    from scaling_lab.analysis.verdict_table import name_verdict

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("first", "second", "points (95 %)", "p (Holm)", "better seed", "verdict", "extra seeds needed"):
        table.add_column(name, justify="left" if name in ("first", "second", "verdict") else "right")
    for pair in comparison.pairs:
        wins = "" if pair.is_same_network else f"{100 * pair.improvement:.0f} %"
        told = "" if pair.is_same_network else format_difference(pair)
        required = pair.required_sample
        more = "" if required is None else str(required.extra_seeds or "over 200")
        p = "" if pair.is_same_network else format_p_value(pair).removeprefix("= ")
        table.add_row(pair.first, pair.second, told, p, wins, name_verdict(pair), more)
    return table
