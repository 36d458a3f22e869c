"""`lab.predict`: the accuracy of budgets that were not trained."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, require_verdict_arguments, to_folder

if TYPE_CHECKING:
    import pandas as pd


def predict(
    results: str | Path, times_flops: float | Iterable[float], *, metric: str = "accuracy", mixed_devices: bool = False
) -> "pd.DataFrame":
    """Return the accuracy of each rule at budgets that were not trained, predicted from all that were.

    Args:
        results: Results folder, such as "results/quick".
        times_flops: Budgets in times the baseline's FLOPs (multiply-adds), up to twice the largest that was trained.
        metric: What is predicted: accuracy, loss or top5.
        mixed_devices: Whether results of several devices may be analysed together.

    Returns:
        One row per rule and budget, with the columns that `scaling_lab.analysis.prediction_table` describes. `why_not`
        is the reason where there is no prediction, such as fewer than three budgets. `attrs["notes"]` has what was
        left out.

    Raises:
        UserError: No such folder, no plan in it, a budget that is not above 0, an unknown metric, or results of several
            devices.

    Examples:
        >>> import scaling_lab as lab
        >>> lab.predict("results/rules-reference", 4)["predicted"].isna().all()  # two budgets allow no prediction
        True
    """
    from scaling_lab.analysis.curves.predict import check_budgets, predict_budgets
    from scaling_lab.analysis.prediction_table import make_prediction_table
    from scaling_lab.analysis.study_comparison import read_study_comparison

    require_verdict_arguments(metric)
    if isinstance(times_flops, str) or not isinstance(times_flops, float | int | Iterable):
        require_type("times_flops", times_flops, float, "a budget such as 8, or several")
    budgets = check_budgets("times_flops", [times_flops] if isinstance(times_flops, float | int) else times_flops)
    study = read_study_comparison(to_folder(results), mixed_devices, metric=metric)
    table = make_prediction_table(predict_budgets(study.evidence.at_recipe_lr(), budgets))
    table.attrs = {"notes": [*study.folder.unlearned, *study.folder.notes, *study.evidence.notes]}
    return table
