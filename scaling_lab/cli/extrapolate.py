"""`scaling-lab extrapolate`: whether the smaller budgets of each rule predict the larger ones."""

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_results_folder, make_parser
from scaling_lab.cli.verdict_options import add_scoring_options, read_study

if TYPE_CHECKING:
    from rich.table import Table

    from scaling_lab.analysis.curves.held_out import HeldOutPrediction

_EXAMPLES = """\
scaling-lab extrapolate results/quick
scaling-lab extrapolate results/quick --forms"""


def add_extrapolate(commands: Any) -> None:
    """Add the parser of `extrapolate`."""
    parser = make_parser(
        commands, "extrapolate", "predict larger budgets from smaller ones, and show by how much that misses", _EXAMPLES
    )
    parser.set_defaults(command=run_extrapolate)
    add_results_folder(parser)
    add_scoring_options(parser)
    parser.add_argument(
        "--forms", action="store_true", help="also show each form of curve, and those that are rejected"
    )


def run_extrapolate(options: argparse.Namespace) -> None:
    """Print sentences and a table of predictions for each setting. Raises UserError."""
    from scaling_lab.analysis.curves.held_out import predict_held_out
    from scaling_lab.analysis.text.extrapolation import describe_held_out
    from scaling_lab.study.display.console import open_console

    study = read_study(options)
    predictions = predict_held_out(study.evidence.at_recipe_lr())
    console = open_console(140)
    for sentence in study.folder.unlearned:
        console.print(sentence)
    for setting, sentences in describe_held_out(predictions).items():
        console.print(f"{setting.family}; {setting}", style="bold")
        table = _make_table((each for each in predictions if each.setting == setting), options.forms)
        if table.rows:
            console.print(table)
        for sentence in sentences:
            console.print(sentence)
        console.print()
    if not predictions:
        console.print("No held-out prediction: no rule has results at three budgets, the baseline included.")
    for note in (*study.folder.notes, *study.evidence.notes):
        console.print(note)


def _make_table(predictions: "Iterable[HeldOutPrediction]", with_forms: bool) -> "Table":
    """Return a table with one row per prediction."""
    from rich.table import Table

    from scaling_lab.analysis.text.extrapolation import format_form_prediction
    from scaling_lab.formatting import TIMES

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("rule", "form", "fitted to", "target", "predicted", "measured", "miss (95 %)", "p of the fit"):
        table.add_column(name, justify="left" if name in ("rule", "form") else "right")
    for prediction in predictions:
        fitted, target = (point.times_flops for point in (prediction.fitted[-1], prediction.target))
        for form in (*(prediction.forms if with_forms else ()), prediction.combined):
            if form is not None:
                place = (f"{fitted:g}{TIMES}", f"{target:g}{TIMES}")
                table.add_row(prediction.rule, form.form, *place, *format_form_prediction(form, prediction.metric))
    return table
