"""`lab.agreement`: whether rules rank alike at two places."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, to_folder

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
