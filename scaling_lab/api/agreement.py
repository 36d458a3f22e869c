"""`lab.agreement` and `lab.lengths`: whether rules rank alike at two places, and after longer training."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, require_verdict_arguments, to_folder

if TYPE_CHECKING:
    import pandas as pd


def agreement(
    results: str | Path | Sequence[str | Path], *, across: str | None = None, mixed_devices: bool = False
) -> "pd.DataFrame":
    """Return how far rankings of the same rules agree at two places: four rows per two places.

    A place is a budget in a setting of a study. Places are compared that differ in one axis: budget, length of
    training, recipe, learning rate, rounding, family or dataset.

    Args:
        results: Results folder, such as "results/quick", or several.
        across: Axes in which two places may differ together, such as "dataset,recipe"; None for one at a time.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.agreement_table`: for all pairs of rules, and for those told apart
        at the first place, the second and both, the share in the same order with the 95 % interval of the true share,
        and what would be expected if the true rankings were the same; Kendall's tau. `attrs["notes"]` is what is
        missing.

    Raises:
        UserError: No such folder, no plan in it, an unknown axis, or results of several devices.

    Examples:
        >>> import scaling_lab as lab
        >>> table = lab.agreement("results/rules-reference")
        >>> table.query("subset == 'all'")[["lr_times_first", "lr_times_second", "pairs", "same"]].values.tolist()
        [[1.0, 0.5, 15.0, 11.0], [1.0, 2.0, 15.0, 14.0], [0.5, 2.0, 15.0, 10.0]]
    """
    from scaling_lab.analysis.agreement_table import make_agreement_table
    from scaling_lab.analysis.study_agreement import read_study_agreement

    if across is not None:
        require_type("across", across, str, 'axes, such as "dataset,recipe"')
    folders = [results] if isinstance(results, str | Path) else list(results)
    studies = read_study_agreement([to_folder(folder) for folder in folders], across, mixed_devices, "across")
    table = make_agreement_table(studies.agreements)
    studies.record_looks("lab.agreement")
    table.attrs = {"notes": studies.notes}
    return table


def lengths(
    results: str | Path, *, contrasts: str | None = None, metric: str = "accuracy", mixed_devices: bool = False
) -> "pd.DataFrame":
    """Return the differences of rules after each number of epochs of a study: one row per pair, budget and length.

    Args:
        results: Results folder, such as "results/quick", of a study with several lengths (`recipe.epochs=4,8`).
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those of the plan, or all.
        metric: What is compared: accuracy, loss or top5.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.lengths_table`: difference and verdict at each length, and its
        change from the shortest training with a 95 % interval and p value. Empty for a study of one length.

    Raises:
        UserError: No such folder, no plan in it, an unknown metric or rule, or results of several devices.
    """
    from scaling_lab.analysis.lengths import compare_lengths
    from scaling_lab.analysis.lengths_table import make_length_table
    from scaling_lab.analysis.study_comparison import read_study_comparison

    require_verdict_arguments(metric, contrasts)
    study = read_study_comparison(to_folder(results), mixed_devices, contrasts=contrasts, metric=metric)
    table = make_length_table(compare_lengths(study.budget_comparisons, study.looks))
    study.folder.record_look("lab.lengths")
    table.attrs = {"notes": [*study.folder.unlearned, *study.folder.notes, *study.evidence.notes]}
    return table
