"""`scaling-lab agree`: whether the rules rank alike at two budgets, lengths, data sets, families or studies."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_mixed_devices, add_results_folder, make_parser
from scaling_lab.cli.output_file import write_csv

if TYPE_CHECKING:
    from rich.console import Console

    from scaling_lab.analysis.agreement import Agreement

_EXAMPLES = """\
scaling-lab agree results/rules-reference
scaling-lab agree results/rules-reference results/quick-reference --across family,dataset --details
scaling-lab agree results/rules-reference --to agreement.csv"""


def add_agree(commands: Any) -> None:
    """Add the parser of `agree`."""
    summary = "show whether rules rank alike at two budgets, lengths, data sets, families or learning rates"
    parser = make_parser(commands, "agree", summary, _EXAMPLES)
    parser.set_defaults(command=run_agree)
    add_results_folder(parser, nargs="+", help="one or several, such as results/quick")
    add_mixed_devices(parser)
    parser.add_argument(
        "--across",
        metavar="AXES",
        help="compare settings that differ in these axes together: budget, length, recipe, lr_times, rounding, family, "
        "dataset; with commas (default: in any one of them)",
    )
    parser.add_argument("--details", action="store_true", help="add sentences on each comparison")
    parser.add_argument("--to", type=Path, metavar="FILE", help="also write the table as a CSV file")


def run_agree(options: argparse.Namespace) -> None:
    """Print the agreement of rankings. Raises UserError."""
    from scaling_lab.analysis.agreement_table import make_agreement_table
    from scaling_lab.analysis.study_agreement import read_study_agreement
    from scaling_lab.analysis.text.agreement import describe_agreement_method, summarize_agreements
    from scaling_lab.study.display.console import open_console

    studies = read_study_agreement(options.results, options.across, options.mixed_devices)
    agreements = studies.agreements
    studies.record_looks("agree")
    if options.to:
        write_csv(make_agreement_table(agreements), options.to)
    console = open_console(160)
    if agreements:
        for axis in dict.fromkeys(agreement.axis for agreement in agreements):
            same_axis = [agreement for agreement in agreements if agreement.axis == axis]
            console.print(*summarize_agreements(same_axis), style="bold")
            _print_agreements(console, same_axis, options.details)
        console.print(describe_agreement_method(agreements))
    else:
        console.print(
            "No two settings or budgets have two rules in common; --across compares settings that differ more."
        )
    for note in studies.notes:
        console.print(note)


def _print_agreements(console: "Console", agreements: "list[Agreement]", with_details: bool) -> None:
    """Print a table with a row per two places, then their sentences."""
    from rich.table import Table

    from scaling_lab.analysis.text.agreement import (
        describe_agreement,
        format_agreement_title,
        format_kendall_tau,
        format_share,
    )
    from scaling_lab.analysis.text.pairs import format_p_cell

    table = Table(box=None, header_style="bold", pad_edge=False)
    names = (
        "settings",
        "rules",
        "pairs in the same order",
        "told apart\nat the first",
        "expected if\nthe same",
        "p",
        "tau",
    )
    for name in names:
        table.add_column(name, justify="left" if name == "settings" else "right")
    for agreement in agreements:
        expected = "" if agreement.every.expected is None else f"{100 * agreement.every.expected:.0f} %"
        p_same = "" if agreement.every.p_same is None else format_p_cell(agreement.every.p_same)
        apart = (
            f"{agreement.apart_at_first.same} of {agreement.apart_at_first.pairs}"
            if agreement.apart_at_first.pairs
            else ""
        )
        title, rules = format_agreement_title(agreement), str(len(agreement.rules))
        table.add_row(
            title, rules, format_share(agreement.every), apart, expected, p_same, format_kendall_tau(agreement)
        )
    console.print(table)
    console.print()
    for agreement in agreements if with_details else ():
        console.print(format_agreement_title(agreement), style="bold")
        for sentence in describe_agreement(agreement):
            console.print(sentence)
        console.print()
