"""`scaling-lab compare` with several results folders: the verdicts of each study in short, then those over all."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from scaling_lab.analysis.study_comparison import StudyComparison


def compare_studies(options: argparse.Namespace) -> None:
    """Print the comparisons. Raises UserError."""
    from scaling_lab.cli.notes import MethodNotes
    from scaling_lab.cli.pooled import print_budget
    from scaling_lab.cli.verdict_options import read_several
    from scaling_lab.study.display.console import open_console

    pooled = read_several(options)
    singles, budgets = pooled.comparisons, pooled.budgets  # all mistakes are raised before anything is printed
    pooled.record_looks("compare")
    console = open_console(140)
    notes = MethodNotes(console)
    for name, study in singles.items():
        _print_study(console, name, study)
    for budget in budgets:
        print_budget(console, budget, notes)
    if not budgets:
        console.print(pooled.no_verdict)
    for note in pooled.notes:
        console.print(note)


def _print_study(console: "Console", name: str, study: "StudyComparison") -> None:
    """Print the headline of each comparison of a study, and its notes."""
    from scaling_lab.analysis.text.comparisons import format_level
    from scaling_lab.analysis.text.equal_cost import explain_no_comparison
    from scaling_lab.analysis.text.headlines import summarize_comparison

    console.print(name, style="bold")
    for sentence in study.folder.unlearned:
        console.print(sentence)
    for comparison in study.comparisons:
        console.print(f"{format_level(comparison)}; {comparison.setting}. {summarize_comparison(comparison)}")
    if not study.comparisons:
        console.print(explain_no_comparison(study.evidence, study.equal))
    for note in study.notes:
        console.print(note)
    console.print()
