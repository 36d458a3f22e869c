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

    from scaling_lab.analysis.equal_cost import equal, nothing
    from scaling_lab.analysis.equal_cost import sentences as along
    from scaling_lab.analysis.evidence import evidence
    from scaling_lab.analysis.load import read
    from scaling_lab.analysis.lr_sensitivity import fairness
    from scaling_lab.analysis.lr_sensitivity import sentences as fair
    from scaling_lab.analysis.text.comparisons import headline, sentences, title

    folder = read(options.results, options.mixed_devices)
    found = evidence(folder.table)
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False, markup=False)
    whole = equal(found, options.equal)
    for each in whole:
        for comparison in each.comparisons:
            console.print(title(comparison), style="bold")
            console.print(headline(comparison))
            if comparison.pairs:
                console.print(_table(comparison))
            said = sentences(comparison)
            for sentence in said if options.details else said[len(comparison.pairs) :]:
                console.print(sentence)
            console.print()
        for sentence in along(each) if options.equal != "flops" else ():
            console.print(f"{each.setting.family}: {sentence}")
    if not any(each.comparisons for each in whole):
        console.print(nothing(found, options.equal))
    for each_fair in fairness(found) if options.equal == "flops" else ():
        for sentence in fair(each_fair):
            console.print(sentence)
    for note in (*folder.notes, *found.notes):
        console.print(note)


def _table(comparison: Any) -> Any:
    """Return a table with one row a pair."""
    from rich.table import Table

    from scaling_lab.analysis.text.pairs import difference, p_value
    from scaling_lab.analysis.verdict_table import verdict

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("first", "second", "points (95 %)", "p (Holm)", "better seed", "verdict", "extra seeds needed"):
        table.add_column(name, justify="left" if name in ("first", "second", "verdict") else "right")
    for pair in comparison.pairs:
        wins = "" if pair.same else f"{100 * pair.improvement:.0f} %"
        told = "" if pair.same else difference(pair)
        more = "" if pair.more is None else str(pair.more.seeds) if pair.more.seeds else "over 200"
        p = "" if pair.same else p_value(pair).removeprefix("= ")
        table.add_row(pair.first, pair.second, told, p, wins, verdict(pair), more)
    return table
