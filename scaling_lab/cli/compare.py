"""`scaling-lab compare`: which rules of a study differ at equal cost."""

import argparse
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_results_folder, make_parser
from scaling_lab.cli.notes import MethodNotes
from scaling_lab.cli.verdict_options import add_verdict_options, read_study

if TYPE_CHECKING:
    from rich.console import Console

    from scaling_lab.analysis.equal_cost import EqualCostComparison
    from scaling_lab.analysis.study_comparison import StudyComparison

_EXAMPLES = """\
scaling-lab compare results/quick
scaling-lab compare results/quick --equal latency --details
scaling-lab compare results/rules-reference --delta 0.5 --contrasts compound-depth,compound-width
scaling-lab compare results/rules-reference results/quick-reference"""


def add_compare(commands: Any) -> None:
    """Add the parser of `compare`."""
    parser = make_parser(commands, "compare", "show which rules of a study differ in accuracy at equal cost", _EXAMPLES)
    parser.set_defaults(command=run_compare)
    add_results_folder(parser, nargs="+", help="such as results/quick; verdicts over several are pooled")
    parser.add_argument(
        "--equal",
        default="flops",
        metavar="COST",
        help="flops (default: the requested budgets), params, activations, latency or train_seconds",
    )
    add_verdict_options(parser)
    parser.add_argument(
        "--with-unlearned", action="store_true", help="count networks at chance like any others (left out otherwise)"
    )
    parser.add_argument("--all", action="store_true", help="show the pairs that are no planned contrast, too")
    parser.add_argument("--details", action="store_true", help="add one sentence per pair")


def run_compare(options: argparse.Namespace) -> None:
    """Print the comparisons. Raises UserError."""
    if len(options.results) > 1:
        from scaling_lab.cli.compare_studies import compare_studies

        compare_studies(options)
        return
    (options.results,) = options.results
    _compare_study(options)


def _compare_study(options: argparse.Namespace) -> None:
    from scaling_lab.analysis.text.equal_cost import explain_no_comparison
    from scaling_lab.analysis.text.unlearned import describe_verdict_changes
    from scaling_lab.cli.pooled import print_pooled
    from scaling_lab.study.display.console import open_console

    study = read_study(options)
    folder = study.folder
    groups = study.groups  # all mistakes are raised before anything is printed
    console = open_console(140)
    notes = MethodNotes(console)
    for sentence in folder.unlearned:
        console.print(sentence)
    folder.record_look("compare")
    for group in groups:
        _print_group(console, group, options, notes)
    if options.equal == "flops":
        print_pooled(console, study.pooled, notes)
        _print_gains(console, study, notes)
        _print_lengths(console, study, notes)
    if not study.comparisons:
        console.print(explain_no_comparison(study.evidence, options.equal))
    if options.equal == "flops":
        _print_lr_sensitivity(console, study)
    for note in (*describe_verdict_changes(study.verdict_changes), *study.notes):
        console.print(note)


def _print_group(
    console: "Console", group: "EqualCostComparison", options: argparse.Namespace, notes: MethodNotes
) -> None:
    """Print a headline, the table of pairs and the notes of each comparison of a setting."""
    from scaling_lab.analysis.text.comparisons import (
        describe_comparison,
        describe_comparison_method,
        describe_unplanned,
        format_title,
    )
    from scaling_lab.analysis.text.equal_cost import describe_equal_cost
    from scaling_lab.analysis.text.headlines import summarize_comparison
    from scaling_lab.cli.compare_tables import make_pair_table

    for comparison in group.comparisons:
        console.print(format_title(comparison), style="bold")
        console.print(summarize_comparison(comparison))
        if comparison.pairs:
            console.print(make_pair_table(comparison, options.all))
            if comparison.options.delta is None:
                better = "First better: share of all pairs of their seeds in which the first rule is better."
                notes.print("better", [better])
            if not options.all and (sentence := describe_unplanned(comparison)):
                console.print(f"{sentence}; --all shows them.")
        sentences = describe_comparison(comparison)  # one per pair first
        for sentence in sentences[: len(comparison.pairs)] if options.details else ():
            console.print(sentence)
        method = describe_comparison_method(comparison)
        notes.print("comparison", method)
        for sentence in sentences[len(comparison.pairs) + len(method) :]:
            console.print(sentence)
        console.print()
    for sentence in describe_equal_cost(group) if group.cost != "flops" else ():
        console.print(f"{group.setting.family}: {sentence}")


def _print_gains(console: "Console", study: "StudyComparison", notes: MethodNotes) -> None:
    """Print the gains over the baseline."""
    from scaling_lab.analysis.text.gains import describe_gain_method, format_gains_title, summarize_gains
    from scaling_lab.cli.compare_tables import make_gains_table

    budgets = study.gains
    trained = {arm.times_flops for arm in study.evidence.arms if arm.cell} - {None}
    if trained and 1 not in trained:
        console.print("No gains over the baseline: it has no finished result (times_flops=1).")
    for gains in budgets:
        console.print(format_gains_title(gains), style="bold")
        console.print(summarize_gains(gains))
        console.print(make_gains_table(gains))
        notes.print("gains", [describe_gain_method(gains)])
        console.print()


def _print_lr_sensitivity(console: "Console", study: "StudyComparison") -> None:
    """Print the best learning rates, whether they move, and whether verdicts depend on them."""
    from scaling_lab.analysis.rates.slopes import fit_trends
    from scaling_lab.analysis.text.learning_rates import describe_trends, summarize_rates
    from scaling_lab.analysis.text.lr_sensitivity import describe_lr_sensitivity

    for sentence in (*summarize_rates(study.best_rates), *describe_trends(fit_trends(study.best_rates))):
        console.print(sentence)
    for sensitivity in study.lr_sensitivity:
        for sentence in describe_lr_sensitivity(sensitivity):
            console.print(sentence)


def _print_lengths(console: "Console", study: "StudyComparison", notes: MethodNotes) -> None:
    """Print whether verdicts change with the length of training."""
    from scaling_lab.analysis.lengths import compare_lengths
    from scaling_lab.analysis.text.lengths import describe_lengths, format_lengths_title, summarize_lengths

    for result in compare_lengths(study.budget_comparisons, study.looks):
        console.print(format_lengths_title(result), style="bold")
        console.print(summarize_lengths(result))
        notes.print("lengths", describe_lengths(result))
        console.print()
