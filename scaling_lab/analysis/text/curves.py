"""Describe scaling curves, growth and FLOPs saved in sentences that claim no more than their intervals support."""

from scaling_lab.analysis.curves.fit import ScalingCurve, fit_curves
from scaling_lab.analysis.curves.growth import Gain, Growth, measure_growth
from scaling_lab.analysis.curves.savings import FlopsSaving, measure_savings
from scaling_lab.analysis.evidence import Evidence
from scaling_lab.analysis.metrics import Metric
from scaling_lab.analysis.setting import Setting
from scaling_lab.analysis.stats.noise import MIN_FIT_P
from scaling_lab.analysis.text.metrics import describe_images, format_measured, format_signed_value
from scaling_lab.formatting import DOTS, MINUS, TIMES, join_words


def describe_curves(evidence: Evidence) -> dict[Setting, list[str]]:
    """Return sentences on the curves, FLOPs saved and growth of each setting."""
    sentences: dict[Setting, list[str]] = {setting: [] for setting in evidence.settings}
    curves = fit_curves(evidence)
    unfitted: dict[tuple[Setting, str], list[str]] = {}
    for curve in curves:
        if curve.reason:
            unfitted.setdefault((curve.setting, curve.reason), []).append(curve.rule)
        else:
            sentences[curve.setting].append(describe_curve(curve))
    for (setting, reason), rules in unfitted.items():
        sentences[setting].append(f"No scaling curve for {join_words(rules)}: {reason}.")
    for saving in measure_savings(curves):
        sentences[saving.setting].append(describe_saving(saving))
    for growth in measure_growth(evidence):
        sentences[growth.setting] += describe_growth(growth)
    for of_setting in sentences.values():
        if any(DOTS in sentence for sentence in of_setting):
            of_setting.append(describe_intervals(evidence.metric))
    return sentences


def describe_intervals(metric: Metric) -> str:
    """Return a sentence on what the intervals of a fit are for."""
    return f"Brackets are 95 % intervals for other seeds and {describe_images(metric)}, each on its own."


def describe_curve(curve: ScalingCurve) -> str:
    """Return a sentence on the fit with its intervals, or on why there is none."""
    if curve.law is None:
        return f"No scaling curve for {curve.rule}: {curve.reason}."
    first, last, error = curve.points[0], curve.points[-1], "loss" if curve.metric.is_loss else "error"
    fitted = (
        f"{curve.rule}: {error} = a + b FLOPs^{MINUS}c over {len(curve.points)} budgets from "
        f"{first.times_flops:g}{TIMES} to {last.times_flops:g}{TIMES} (FLOPs are multiply-adds)"
    )
    if curve.is_flat:
        return f"{fitted}; the {error} does not fall with FLOPs, so the fit is a flat line."
    limits, exponents = curve.coefficient("a"), curve.coefficient("c")
    if limits is None or exponents is None:
        limit = f"{_format_limit(curve, curve.a)} {curve.metric.value_unit}"
        return f"{fitted}, c {curve.c:.2f}, a {limit}; no intervals, because {curve.no_band_reason}."
    text = (
        f"{fitted}, c {curve.c:.2f} ({exponents[0]:.2f} {DOTS} {exponents[1]:.2f}), a {_format_limit(curve, curve.a)} "
        f"({_format_limit(curve, limits[0])} {DOTS} {_format_limit(curve, limits[1])}) {curve.metric.value_unit}"
    )
    if curve.misfit is not None and curve.misfit < 0.05:
        p = "p < 0.001" if curve.misfit < 0.001 else f"p = {curve.misfit:.2g}"
        return f"{text}; the means deviate from it by more than their noise ({p}), so its intervals are not valid."
    if not curve.may_extrapolate:
        p = f"{text}; not read beyond the measured FLOPs, because the fit has only p = {curve.misfit or 0:.2g}"
        return f"{p} ({MIN_FIT_P:g} is needed)."
    return f"{text}."


def describe_saving(saving: FlopsSaving) -> str:
    """Return a sentence on how many times fewer FLOPs a rule needs, with the interval if known."""
    reached, beyond = format_measured(saving.accuracy, saving.metric), "below" if saving.metric.is_loss else "above"
    target = f"the {reached} of {saving.reference}'s curve at its largest budget"
    if saving.factor is None:
        within = "twice its largest FLOPs" if saving.may_extrapolate else "its measured FLOPs"
        return f"{saving.other} does not reach {target} within {within}{_format_factors(saving)}."
    if saving.is_lower_bound:
        return (
            f"{saving.other} reaches {target} with at least {saving.max_factor:.1f} times fewer FLOPs: its curve is "
            f"already {beyond} it at {'half ' * saving.may_extrapolate}its smallest network{_format_factors(saving)}."
        )
    factor = saving.factor
    times = f"{factor:.2f} times fewer" if factor >= 1 else f"{1 / factor:.2f} times more"
    doubt = "" if _is_significant(saving) else "; the data do not show whether it is fewer or more"
    return f"{saving.other} reaches {target} with {times} FLOPs{_format_factors(saving)}{doubt}."


def describe_growth(growth: Growth) -> list[str]:
    """Return a sentence on the gain of each doubling, then the verdict."""
    if not growth.gains:
        return [f"No gain per doubling of FLOPs for {growth.rule}: {growth.reason}."]
    gains = "; ".join(map(_format_gain, growth.gains))
    return [
        f"{growth.rule}, {_describe_unit(growth)} per doubling of FLOPs: {gains}.",
        f"{growth.rule}: {_describe_verdict(growth)}.",
    ]


def _format_limit(curve: ScalingCurve, limit: float) -> str:
    return f"{curve.metric.scale * limit:.{1 + curve.metric.digits}f}"


def _describe_unit(growth: Growth) -> str:
    metric = growth.gains[0].metric
    return f"{metric.unit} of loss saved" if metric.is_loss else metric.unit


def _describe_verdict(growth: Growth) -> str:
    if growth.reason:
        course = "loss is still falling" if growth.gains[0].metric.is_loss else "accuracy is still growing"
        return f"unknown whether {course}, because {growth.reason}"
    last = growth.gains[-1]
    if growth.saturates_from is None:
        return f"still {'falling' if last.metric.is_loss else 'growing'} at {last.stop.times_flops:g}{TIMES}"
    slow = [gain for gain in growth.gains if gain.start.flops >= growth.saturates_from.flops]
    start = f"from {growth.saturates_from.times_flops:g}{TIMES} on"
    if all(gain.is_below_zero for gain in slow):
        return f"{start}, {'loss rises' if last.metric.is_loss else 'accuracy falls'}"
    if not any(gain.is_above_zero for gain in slow):
        return f"{start}, no gain differs significantly from 0, which does not prove that there is none"
    if all(gain.is_above_zero for gain in slow):
        return f"{start}, every gain is below a quarter of the first"
    return f"{start}, every gain is below a quarter of the first or not significantly above 0"


def _format_gain(gain: Gain) -> str:
    step = f"{gain.start.times_flops:g}{TIMES} to {gain.stop.times_flops:g}{TIMES}"
    if gain.estimate is None:
        return f"{step} {format_signed_value(gain.value, gain.metric)}"
    low, high = (format_signed_value(end, gain.metric) for end in gain.estimate.interval())
    return f"{step} {format_signed_value(gain.value, gain.metric)} ({low} {DOTS} {high})"


def _format_factors(saving: FlopsSaving) -> str:
    if saving.interval is None:
        return " (no interval)"
    low, high = saving.interval
    if low is None and high is None:
        valid = f"{saving.min_factor:.2f} {DOTS} {saving.max_factor:.2f} times"
        return f" (95 %: outside of the factors at which the curve is valid, {valid})"
    if low is None:
        return f" (95 %: at most {high:.2f} times fewer; the lower end is not reached within the data)"
    if high is None:
        return f" (95 %: at least {low:.2f} times fewer)"
    return f" ({low:.2f} {DOTS} {high:.2f} times)"


def _is_significant(saving: FlopsSaving) -> bool:
    if saving.interval is None:
        return False
    low, high = saving.interval
    return (low is not None and low > 1) or (high is not None and high < 1)
