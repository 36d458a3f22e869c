"""The networks of a study by another measurement than their accuracy.

Only one number per seed is recorded of losses and top-5 accuracies, so variances are those of seeds, as in Welch's t:
intervals are for other seeds and the same test images.
"""

from dataclasses import replace
from math import isfinite

import numpy as np
import pandas as pd

from scaling_lab.analysis.cells import Cell
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.stats.contrast import select_seeds
from scaling_lab.formatting import pluralize


def score_evidence(evidence: Evidence, table: pd.DataFrame, metric: Metric) -> Evidence:
    """Return the evidence by a metric, without the seeds of which it was not recorded.

    Args:
        evidence: Evidence by accuracy, of `table`.
        table: One row per question.
        metric: The measurement.
    """
    if metric.has_answers:
        return evidence
    column = table[metric.column] if metric.column in table else pd.Series(np.nan, index=table.index)
    measured = zip(table["key"], pd.to_numeric(column).astype(float), strict=True)
    values = {str(key): value for key, value in measured if isfinite(value)}
    cells = {arm.cell.keys: arm.cell for arm in evidence.arms if arm.cell}
    scored = {keys: _score_cell(cell, values, metric) for keys, cell in cells.items()}
    arms = tuple(replace(arm, cell=scored[arm.cell.keys]) if arm.cell else arm for arm in evidence.arms)
    missing = len({key for keys in cells for key in keys} - values.keys())
    notes = evidence.notes
    if missing:
        verb = "has" if missing == 1 else "have"
        notes = (*notes, f"{pluralize(missing, 'result')} {verb} no {metric.label} and {_are(missing)} left out.")
    return replace(evidence, arms=arms, notes=notes)


def _score_cell(cell: Cell, values: dict[str, float], metric: Metric) -> Cell | None:
    pairs = [(seed, values[key]) for seed, key in zip(cell.seeds, cell.keys, strict=True) if key in values]
    if not pairs:
        return None
    scored = select_seeds(cell, tuple(seed for seed, _ in pairs))
    scores = np.array([metric.score(value) for _, value in pairs])
    return replace(scored, metric=metric, scores=scores, clusters=None)


def _are(number: int) -> str:
    return "is" if number == 1 else "are"
