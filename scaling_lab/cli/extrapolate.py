"""`scaling-lab extrapolate`: whether the smaller budgets of each rule predict the larger ones."""

import argparse
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from scaling_lab.cli.arguments import add_results_folder, make_parser
from scaling_lab.cli.verdict_options import add_scoring_options, read_study

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from scaling_lab.analysis.curves.held_out import HeldOutPrediction
    from scaling_lab.analysis.curves.predict import Prediction

_EXAMPLES = """\
scaling-lab extrapolate results/quick
scaling-lab extrapolate results/quick --forms
scaling-lab extrapolate results/quick --at 6,8"""


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
    parser.add_argument(
        "--at",
        metavar="BUDGETS",
        help="predict these budgets from all that were trained instead, such as 6,8, up to twice the largest",
    )


def run_extrapolate(options: argparse.Namespace) -> None:
    """Print what was predicted for each setting. Raises UserError."""
    from scaling_lab.analysis.curves.held_out import predict_held_out
    from scaling_lab.analysis.curves.predict import check_budgets, predict_budgets
    from scaling_lab.study.display.console import open_console

    budgets = check_budgets("--at", options.at.split(",")) if options.at is not None else None
    study = read_study(options)
    console = open_console(140)
    for sentence in study.folder.unlearned:
        console.print(sentence)
    if budgets is None:
        _print_held_out(console, predict_held_out(study.evidence.at_recipe_lr()), options.forms)
    else:
        _print_predictions(console, predict_budgets(study.evidence.at_recipe_lr(), budgets))
    for note in (*study.folder.notes, *study.evidence.notes):
        console.print(note)


def _print_held_out(console: "Console", predictions: "Sequence[HeldOutPrediction]", with_forms: bool) -> None:
    """Print sentences and a table of predictions for each setting."""
    from scaling_lab.analysis.text.extrapolation import describe_held_out

    for setting, sentences in describe_held_out(predictions).items():
        console.print(f"{setting.family}; {setting}", style="bold")
        table = _make_table((prediction for prediction in predictions if prediction.setting == setting), with_forms)
        if table.rows:
            console.print(table)
        for sentence in sentences:
            console.print(sentence)
        console.print()
    if not predictions:
        console.print("No held-out prediction: no rule has results at three budgets, the baseline included.")


def _print_predictions(console: "Console", predictions: "Sequence[Prediction]") -> None:
    """Print a table of predicted budgets for each setting, and why some are missing."""
    from rich.table import Table

    from scaling_lab.analysis.text.extrapolation import format_prediction
    from scaling_lab.formatting import TIMES

    for setting in dict.fromkeys(prediction.setting for prediction in predictions):
        console.print(f"{setting.family}; {setting}", style="bold")
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in ("rule", "fitted up to", "budget", "predicted (95 %)", "form, or why there is no prediction"):
            table.add_column(name, justify="left" if name.startswith(("rule", "form")) else "right")
        for prediction in (prediction for prediction in predictions if prediction.setting == setting):
            places = (f"{prediction.points[-1].times_flops:g}{TIMES}", f"{prediction.times_flops:g}{TIMES}")
            table.add_row(prediction.rule, *places, format_prediction(prediction), prediction.form or prediction.reason)
        console.print(table)
        console.print()
    if not predictions:
        console.print("No prediction: no rule has results.")


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
