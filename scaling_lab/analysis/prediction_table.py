"""Predictions of budgets that were not trained, as a table with one row per rule and budget."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lab.analysis.curves.predict import Prediction
from scaling_lab.analysis.tables import make_setting_table

PREDICTION_COLUMNS = {
    "rule": "scaling rule",
    "times_flops": "predicted budget, in times the baseline's FLOPs",
    "fitted": "number of fitted budgets, the baseline included",
    "fitted_to": "largest fitted budget",
    "metric": "what is predicted: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "form": "the form of curve that gives the value",
    "predicted": "predicted value: percent of accuracy, nats of loss",
    "low": "lower end of its 95 % interval for other seeds and test images, over all forms that are not ruled out",
    "high": "upper end",
    "why_not": "reason why there is no prediction",
}


def make_prediction_table(predictions: Iterable[Prediction]) -> pd.DataFrame:
    """Return a table with the columns `PREDICTION_COLUMNS`."""
    return make_setting_table(
        [vars(prediction.setting) | _values(prediction) for prediction in predictions],
        PREDICTION_COLUMNS,
        text=("rule", "metric", "form", "why_not"),
        integers=("fitted",),
    )


def _values(prediction: Prediction) -> dict[str, object]:
    def restore(score: float | None) -> float | None:
        return None if score is None else float(prediction.metric.restore(np.array(score)))

    ends = sorted(filter(None, map(restore, prediction.interval or ())))
    low, high = ends if ends else (None, None)
    return {
        "rule": prediction.rule,
        "times_flops": prediction.times_flops,
        "fitted": len(prediction.points),
        "fitted_to": prediction.points[-1].times_flops,
        "metric": prediction.metric.name,
        "form": prediction.form,
        "predicted": restore(prediction.accuracy),
        "low": low,
        "high": high,
        "why_not": prediction.reason,
    }
