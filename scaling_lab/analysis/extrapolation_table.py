"""Held-out predictions as a table with one row per rule, form, fitted budgets and predicted budget."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from scaling_lab.analysis.curves.budgets import format_budgets
from scaling_lab.analysis.curves.held_out import COMBINED, FormPrediction, HeldOutPrediction
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.tables import make_setting_table

EXTRAPOLATION_COLUMNS = {
    "rule": "scaling rule",
    "form": "form of the curve (`scaling_lab.analysis.stats.curve_forms`): line, power, offset, quadratic or broken; "
    "combined: the best accepted form, with an interval over all forms that the fitted budgets do not rule out",
    "source": "the form that gives the predicted accuracy",
    "fitted": "number of fitted budgets, the smallest ones",
    "fitted_to": "largest fitted budget, in times the baseline's FLOPs",
    "target": "predicted budget",
    "steps": "how many budgets ahead it is",
    "target_flops": "measured FLOPs of the target",
    "metric": "what is measured: accuracy, top5 (top-5 accuracy) or loss (test loss)",
    "predicted": "predicted value: percent of accuracy, nats of loss",
    "measured": "measured value",
    "miss": "how much better the measured value is: percentage points of accuracy, nats of loss",
    "low": "lower end of its 95 % interval for other seeds and other test images (loss, top5: the same test images); "
    "empty below three seeds",
    "high": "upper end",
    "covered": "whether the interval holds 0; empty without an interval",
    "fit_p": "p value of the residuals at the fitted budgets; empty if they cannot test the form",
    "accepted": "whether the fit was tested and not rejected (p above 0.2)",
    "off_rule": "budgets, fitted or predicted, whose network is not the rule's, because rounding moved its shares",
    "why_not": "reason why there is no combined prediction",
}


def make_extrapolation_table(predictions: Iterable[HeldOutPrediction]) -> pd.DataFrame:
    """Return a table with the columns `EXTRAPOLATION_COLUMNS`, the combined prediction after the forms.

    Without a combined prediction its row has the measured accuracy and the reason.
    """
    rows = []
    for prediction in predictions:
        target, metric = prediction.target, prediction.metric
        common = vars(prediction.setting) | {
            "rule": prediction.rule,
            "fitted": len(prediction.fitted),
            "fitted_to": prediction.fitted[-1].times_flops,
            "target": target.times_flops,
            "steps": prediction.steps,
            "target_flops": target.flops,
            "metric": metric.name,
            "measured": float(metric.restore(np.array(target.accuracy))),
            "off_rule": format_budgets(prediction.off_rule) or None,
        }
        rows += [common | _values(form, metric) for form in prediction.forms]
        combined = _values(prediction.combined, metric) if prediction.combined else {"form": COMBINED}
        rows.append(common | combined | {"why_not": prediction.reason})
    return make_setting_table(
        rows,
        EXTRAPOLATION_COLUMNS,
        text=("rule", "form", "source", "metric", "off_rule", "why_not"),
        booleans=("covered", "accepted"),
        integers=("fitted", "steps"),
    )


def _values(prediction: FormPrediction, metric: Metric) -> dict[str, object]:
    low, high = prediction.interval or (None, None)
    return {
        "form": prediction.form,
        "source": prediction.source,
        "predicted": float(metric.restore(np.array(prediction.accuracy))),
        "miss": metric.scale * prediction.miss,
        "low": None if low is None else metric.scale * low,
        "high": None if high is None else metric.scale * high,
        "covered": prediction.is_covered,
        "fit_p": prediction.fit_p,
        "accepted": prediction.is_accepted,
    }
