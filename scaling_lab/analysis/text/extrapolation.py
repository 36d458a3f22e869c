"""Describe in sentences how well the smaller budgets of each rule predict the larger ones."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from scaling_lab.analysis.curves.budgets import format_budgets
from scaling_lab.analysis.curves.held_out import FormPrediction, HeldOutPrediction
from scaling_lab.analysis.curves.predict import Prediction
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.text.metrics import format_measured, format_signed_value, format_value
from scaling_lab.analysis.text.pairs import format_p_cell
from scaling_lab.formatting import DOTS, TIMES, join_words, pluralize

METHOD = (
    "A prediction uses the smaller budgets alone: the best of the forms that they do not rule out gives the value, and "
    "the interval reaches over all of these. A change of the law beyond the fitted budgets cannot be seen from them."
)


def describe_held_out(predictions: Iterable[HeldOutPrediction]) -> dict[Setting, list[str]]:
    """Return sentences on the predictions of each setting that has any, the overall result first."""
    by_setting: dict[Setting, list[HeldOutPrediction]] = {}
    for prediction in predictions:
        by_setting.setdefault(prediction.setting, []).append(prediction)
    return {setting: _describe_setting(of_setting) for setting, of_setting in by_setting.items()}


def format_step(prediction: HeldOutPrediction) -> str:
    """Return the largest fitted budget and the predicted one."""
    fitted, target = prediction.fitted[-1].times_flops, prediction.target.times_flops
    return f"up to {fitted:g}{TIMES} predict {target:g}{TIMES}"


def format_form_prediction(prediction: FormPrediction, metric: Metric) -> tuple[str, str, str, str]:
    """Return the predicted and the measured value, the miss with its interval, and p of the fit."""
    measured = prediction.accuracy + prediction.miss
    p_value = "" if prediction.fit_p is None else format_p_cell(prediction.fit_p)
    predicted = format_measured(prediction.accuracy, metric)
    return predicted, format_measured(measured, metric), format_miss(prediction, metric), p_value


def format_miss(prediction: FormPrediction, metric: Metric) -> str:
    """Return the miss without its unit, with its interval: `+1.2 (-0.6 ... +3.0)`, or `+1.2` without one."""
    if prediction.interval is None:
        return format_signed_value(prediction.miss, metric)
    low, high = (format_signed_value(end, metric) for end in prediction.interval)
    return f"{format_signed_value(prediction.miss, metric)} ({low} {DOTS} {high})"


def format_prediction(prediction: Prediction) -> str:
    """Return a predicted value with its interval: `61.2 % (60.1 ... 62.5)`; empty without one."""
    if prediction.accuracy is None or prediction.interval is None:
        return ""
    metric = prediction.metric
    low, high = sorted(float(metric.restore(np.array(end))) for end in prediction.interval)
    digits = 1 + metric.digits
    return f"{format_measured(prediction.accuracy, metric)} ({low:.{digits}f} {DOTS} {high:.{digits}f})"


def _describe_setting(predictions: Sequence[HeldOutPrediction]) -> list[str]:
    next_ones = [prediction for prediction in predictions if prediction.steps == 1]
    sentences = [*_summarize(next_ones)]
    for same_step in _group(next_ones, format_step):
        sentences += _describe_step(same_step)
    if sentences:
        sentences.append(METHOD)
    shown = [prediction for prediction in next_ones if prediction.combined]
    sentences += _explain_missing([prediction for prediction in next_ones if len(prediction.fitted) > 2 or not shown])
    off = {prediction.rule: prediction.off_rule for prediction in predictions if prediction.off_rule}
    if off and shown:
        places = join_words(f"{rule} at {format_budgets(budgets)}" for rule, budgets in off.items())
        sentences.append(f"Networks that are not their rule's, because rounding moved their shares: {places}.")
    return sentences


def _summarize(predictions: Sequence[HeldOutPrediction]) -> list[str]:
    combined = [prediction.combined for prediction in predictions if prediction.combined]
    if not combined:
        return []
    covered = sum(bool(prediction.is_covered) for prediction in combined)
    sizes = sorted(abs(prediction.miss) for prediction in combined)
    metric = predictions[0].metric
    return [
        f"One budget ahead, {covered} of {pluralize(len(combined), 'prediction')} agree with the measured "
        f"{metric.label}; misses are {format_value(sizes[0], metric)} to {format_value(sizes[-1], metric)} "
        f"{metric.unit}, in the median {format_value(float(np.median(sizes)), metric)}."
    ]


def _describe_step(predictions: Sequence[HeldOutPrediction]) -> list[str]:
    made = [(prediction.rule, prediction.combined) for prediction in predictions if prediction.combined]
    if not made:
        return []
    covered = [combined for _, combined in made if combined.is_covered]
    missed = [(rule, combined) for rule, combined in made if not combined.is_covered]
    metric = predictions[0].metric
    text = f"Fits to the budgets {format_step(predictions[0])} "
    if covered:
        largest = max(abs(combined.miss) for combined in covered)
        text += (
            f"within {format_value(largest, metric)} {metric.unit} in {len(covered)} of {pluralize(len(made), 'rule')}"
        )
    if missed:
        listed = join_words(f"{rule} by {format_miss(combined, metric)}" for rule, combined in missed)
        text += f"{', and miss' if covered else 'wrongly: they miss'} {listed} {metric.unit}"
    return [f"{text}."]


def _explain_missing(predictions: Sequence[HeldOutPrediction]) -> list[str]:
    missing = [prediction for prediction in predictions if prediction.combined is None]
    return [
        f"No prediction of {format_budgets({prediction.target.times_flops for prediction in same})} for "
        f"{join_words(dict.fromkeys(prediction.rule for prediction in same))}: {same[0].reason}."
        for same in _group(missing, lambda prediction: str(prediction.reason))
    ]


def _group(
    predictions: Iterable[HeldOutPrediction], name: Callable[[HeldOutPrediction], str]
) -> list[list[HeldOutPrediction]]:
    groups: dict[str, list[HeldOutPrediction]] = {}
    for prediction in predictions:
        groups.setdefault(name(prediction), []).append(prediction)
    return list(groups.values())
