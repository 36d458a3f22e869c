"""`lab.pool`: verdicts over several settings and results folders as a DataFrame."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from scaling_lab.api.arguments import require_type, require_verdict_arguments, to_folder
from scaling_lab.errors import UserError

if TYPE_CHECKING:
    import pandas as pd


def pool(
    results: str | Path | Iterable[str | Path],
    *,
    contrasts: str | None = None,
    delta: float | None = None,
    metric: str = "accuracy",
    with_unlearned: bool = False,
    mixed_devices: bool = False,
) -> "pd.DataFrame":
    """Return which rules differ over several families, data sets, recipes and studies at equal FLOPs.

    Args:
        results: One or several results folders, such as ["results/a", "results/b"].
        contrasts: Pairs of rules to test, such as "compound-width,compound-depth"; None are those on which the plans
            agree, or all.
        delta: Smallest difference that matters, in percentage points (nats of loss); None is that of the plans.
        metric: What is compared: accuracy, loss or top5.
        with_unlearned: Whether networks at chance count like any others; they are left out otherwise.
        mixed_devices: Whether results of several devices may be compared.

    Returns:
        Columns as described in `scaling_lab.analysis.pooling.table`: one row per pair and budget for the mean over
        settings, and one per setting. `attrs["notes"]` is what counts once, and what was left out.

    Raises:
        UserError: No folder, one that is given twice, does not exist or has no plan, no result in any, an unknown
            metric or rule, a delta out of range, or results of several devices.

    Examples:
        >>> import scaling_lab as lab
        >>> pooled = lab.pool(["results/rules-reference", "results/quick-reference"])
        >>> pooled.columns[:4].tolist()
        ['level', 'first', 'second', 'row']
    """
    from scaling_lab.analysis.pooling.studies import read_studies
    from scaling_lab.analysis.pooling.table import make_pooled_table

    require_verdict_arguments(metric, contrasts)
    if not isinstance(results, str | Path):
        require_type("results", results, Iterable, 'results folders, such as ["results/a", "results/b"]')
    folders = [to_folder(results)] if isinstance(results, str | Path) else list(map(to_folder, results))
    if not folders:
        raise UserError('results is empty; must be results folders, such as ["results/a", "results/b"]')
    studies = read_studies(
        folders, mixed_devices, contrasts=contrasts, delta=delta, metric=metric, with_unlearned=with_unlearned
    )
    table = make_pooled_table(studies.budgets)
    studies.record_looks("lab.pool")
    evidence = studies.evidence_by_study.values()
    table.attrs = {"notes": [*studies.notes, *(note for study in evidence for note in study.notes)]}
    return table
